//! The stable codes of findings.
//!
//! A code names a kind of finding, so that tests, `results`, documentation and scripts do not depend on the wording of a
//! message. `functions/jinaflow/codes.md` says of each what causes it, with an example, and how to fix it;
//! `jinaflow explain CODE` prints that.

use std::fmt;

/// Defines the codes, each with its name.
macro_rules! codes {
    ($($code:ident = $name:literal,)*) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "functions/jinaflow/codes.md documents each, and a test holds that")]
        pub enum Code {
            $($code,)*
        }

        impl Code {
            /// All codes, in the order of their documentation.
            pub const ALL: &[Code] = &[$(Code::$code,)*];

            /// The name that users see: words with dashes between them.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    // Anything: what every module may use.
    UnknownField = "unknown-field",
    MissingField = "missing-field",
    WrongType = "wrong-type",
    ValueNotAllowed = "value-not-allowed",
    ValueOutOfRange = "value-out-of-range",
    InvalidName = "invalid-name",
    DuplicateName = "duplicate-name",
    FieldWithoutEffect = "field-without-effect",
    TooLarge = "too-large",

    // Text: YAML and ResourceLists.

    // The Flow language.

    // Fields of a JinaFlow.

    // The plan: ports, names, shards, arguments.

    // Manifests and patches.

    // Rendering: what meets what is there.

    // Reconciling: edits, conflicts, ownership.

    // The function.

    // The command line.

    // Checking manifests.

    // Not yet classified.
    Unclassified = "unclassified",
}

impl Code {
    /// The code of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
