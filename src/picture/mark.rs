//! What an apply does to a workload, as a picture shows it.

/// The effect of an apply on a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mark {
    /// Nothing, or the picture is not about a change.
    #[default]
    None,
    /// The workload is new.
    Added,
    /// The workload is no longer in the manifests.
    Removed,
    /// All pods are replaced.
    Restarts,
    /// The workload changes, and no pod is replaced.
    Changed,
    /// The API server refuses the change.
    Refused,
}

/// The identity of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkloadName<'o> {
    /// `kind`.
    pub kind: &'o str,
    /// `metadata.namespace`; empty if it is not set.
    pub namespace: &'o str,
    /// `metadata.name`.
    pub name: &'o str,
}

impl Mark {
    /// All marks that are shown.
    pub const SHOWN: [Mark; 5] = [Mark::Added, Mark::Removed, Mark::Restarts, Mark::Changed, Mark::Refused];

    /// The symbol and the word of the mark, because colors are not enough. Empty for no mark.
    pub fn words(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Added => "+ added",
            Mark::Removed => "− removed",
            Mark::Restarts => "⟳ restarts",
            Mark::Changed => "± changed",
            Mark::Refused => "✗ refused",
        }
    }

    /// The name of the class in styles.
    pub fn class(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Added => "added",
            Mark::Removed => "removed",
            Mark::Restarts => "restarts",
            Mark::Changed => "changed",
            Mark::Refused => "refused",
        }
    }

    /// A color that is visible on light and on dark pages.
    pub fn color(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Added => "#2da44e",
            Mark::Removed => "#848d97",
            Mark::Restarts => "#d4800f",
            Mark::Changed => "#4f8fde",
            Mark::Refused => "#e5484d",
        }
    }
}
