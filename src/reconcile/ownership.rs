//! The annotation that identifies a generated object.

use memchr::memmem::Finder;

use crate::config::GROUP;

/// `flow.jina.ai/object: FLOW/COMPONENT/ROLE`, such as `search/indexer-head/Service`.
///
/// It does not depend on the name of the object. A later function may rename the object or move it to another namespace or
/// file, and the object is still found.
pub const OBJECT: &str = "flow.jina.ai/object";

/// The identity of a generated object.
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

/// Finds documents that may be a `JinaFlow` or an object with the annotation.
#[derive(Debug)]
pub struct Ours(Finder<'static>);

impl Default for Ours {
    fn default() -> Self {
        Self(Finder::new(GROUP))
    }
}

impl Ours {
    /// Whether a document must be read.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.0.find(text.as_bytes()).is_some()
    }
}
