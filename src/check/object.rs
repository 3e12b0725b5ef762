//! An object, and how messages name it.

use std::collections::HashSet;

use crate::finding::shortened;
use crate::krm::ObjectRef;
use crate::krm::annotations::LOCAL_CONFIG;
use crate::yaml::View;

/// The prefix of jinaflow's labels and annotations.
const JINAFLOW_PREFIX: &str = "flow.jina.ai/";

/// An object with its identity.
#[derive(Debug, Clone, Copy)]
pub struct SeenObject<'o> {
    /// The whole object.
    pub view: View<'o>,
    /// The identity. `kind` is empty if the object is not for a cluster.
    id: ObjectRef<'o>,
}

impl<'o> SeenObject<'o> {
    /// Reads the identity of an object. Strings that many objects share are those of the first object that has them, so that
    /// comparisons do not read the whole input again and again.
    pub fn of(view: View<'o>, shared: &mut HashSet<&'o str>) -> Self {
        let mut share = |text: &'o str| {
            shared.get(text).copied().unwrap_or_else(|| {
                shared.insert(text);
                text
            })
        };
        let mut id = ObjectRef {
            api_version: share(view.text_at("apiVersion")),
            kind: share(view.text_at("kind")),
            namespace: share(view.text_at("metadata.namespace")),
            name: view.text_at("metadata.name"),
        };
        if is_local(view) || id.api_version.is_empty() || id.name.is_empty() {
            id.kind = "";
        }
        Self { view, id }
    }

    /// `kind`; empty if the object is not for a cluster.
    pub fn kind(&self) -> &'o str {
        self.id.kind
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &'o str {
        self.id.group()
    }

    /// `metadata.namespace`; empty if it is not set.
    pub fn namespace(&self) -> &'o str {
        self.id.namespace
    }

    /// `metadata.name`.
    pub fn name(&self) -> &'o str {
        self.id.name
    }

    /// Kind and name for messages. Long names are shortened, because an invalid object may have one.
    pub fn label(&self) -> String {
        format!("{}/{}", shortened(self.kind()), shortened(self.name()))
    }

    /// Whether the object has a label or an annotation of jinaflow.
    pub fn is_rendered(&self) -> bool {
        let mut keys = ["metadata.labels", "metadata.annotations"].into_iter().flat_map(|path| self.view.map_at(path).keys());
        keys.any(|key| key.starts_with(JINAFLOW_PREFIX))
    }
}

/// Whether an object is marked as not for a cluster.
pub fn is_local(object: View<'_>) -> bool {
    let value = object.at("metadata.annotations").and_then(|annotations| annotations.get(LOCAL_CONFIG));
    value.is_some_and(|value| value.text() != "false")
}

/// The message and the fix for a JinaFlow that is not marked as local.
pub const NOT_LOCAL: (&str, &str) = (
    "do not keep the JinaFlow local: kubectl apply and kpt live apply fail, because clusters have no such kind",
    "add config.kubernetes.io/local-config: \"true\"",
);

/// A namespace for messages.
pub fn namespace_label(namespace: &str) -> String {
    if namespace.is_empty() { "no namespace".to_owned() } else { format!("namespace `{}`", shortened(namespace)) }
}

/// The first few of many names, so that a message stays short.
pub fn first_few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const MOST: usize = 10;
    let mut names = names.filter(|name| !name.is_empty());
    let mut shown: Vec<String> = names.by_ref().take(MOST).map(shortened).collect();
    if names.next().is_some() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
