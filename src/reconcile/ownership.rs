//! The annotation by which a generated object is known again.

use memchr::memmem::Finder;

use crate::config::GROUP;

/// `flow.jina.ai/object: FLOW/COMPONENT/ROLE`, such as `search/indexer-head/Service`.
///
/// It holds what an object is, not what it is called: a later mutator may rename it, move it to another namespace or
/// file, and it is still found.
pub const OBJECT: &str = "flow.jina.ai/object";

/// What a generated object is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// `metadata.name` of its `JinaFlow`.
    pub flow: String,
    /// Kubernetes name of its component.
    pub component: String,
    /// Its role within the component.
    pub role: String,
}

impl Owner {
    /// Reads the annotation's value.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split('/');
        let owner = Owner { flow: parts.next()?.to_owned(), component: parts.next()?.to_owned(), role: parts.next()?.to_owned() };
        parts.next().is_none().then_some(owner)
    }

    /// The annotation's value.
    pub fn value(&self) -> String {
        format!("{}/{}/{}", self.flow, self.component, self.role)
    }
}

/// Finds texts that can hold anything of ours: a `JinaFlow`, or an object with the annotation.
#[derive(Debug)]
pub struct Ours(Finder<'static>);

impl Default for Ours {
    fn default() -> Self {
        Self(Finder::new(GROUP))
    }
}

impl Ours {
    /// Whether a text is worth reading.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.0.find(text.as_bytes()).is_some()
    }
}
