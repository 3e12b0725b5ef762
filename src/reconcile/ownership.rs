//! The annotation that identifies a generated object.

use memchr::memmem::Finder;

use crate::config::GROUP;

/// The annotation `flow.jina.ai/object: FLOW/COMPONENT/ROLE`; an example of its value is `search/indexer-head/Service`.
///
/// The value does not depend on the name of the object. So the object is still found after a later function has renamed it,
/// or moved it to another namespace or file.
pub const OBJECT: &str = "flow.jina.ai/object";

/// The identity of a generated object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// `metadata.name` of the `JinaFlow`.
    pub flow: String,
    /// The Kubernetes name of the component.
    pub component: String,
    /// The role of the object within the component, such as `Service`.
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

/// Searches text for signs of a `JinaFlow` or of an object with the annotation, so that other documents need not be parsed.
#[derive(Debug)]
pub struct Ours(Finder<'static>);

impl Default for Ours {
    fn default() -> Self {
        Self(Finder::new(GROUP))
    }
}

impl Ours {
    /// Whether a document may be a `JinaFlow` or have the annotation, so that it must be parsed.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.0.find(text.as_bytes()).is_some()
    }
}
