//! Finds changes to containers that run Jina. Pods do not work without these containers, so a patch or a `podTemplate`
//! must not remove a container of Jina.

use crate::finding::{Code, FieldPath, Finding};
use crate::plan::Component;
use crate::yaml::Node;

/// A change to the containers of a workload after which the pods do not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LostContainer {
    /// A container that runs Jina is removed.
    Removed { name: String },
    /// A field of a container that runs Jina is removed.
    WithoutField { name: String, field: &'static str },
    /// An added container has no image.
    WithoutImage { name: String },
}

impl LostContainer {
    /// Finds the first problem of a workload. Other objects have no containers.
    pub fn find(object: &Node<'_>, component: &Component) -> Option<Self> {
        if !["Deployment", "StatefulSet"].contains(&object.text_at("kind")) {
            return None;
        }
        let pod = |list: &str| object.at("spec.template.spec").map(|spec| spec.list_at(list)).unwrap_or_default();
        let containers = || pod("containers").iter().chain(pod("initContainers"));
        let has = |container: &Node<'_>, field: &str| container.get(field).is_some_and(|value| !value.is_null());
        for name in component.containers.iter().map(|container| container.process.name()) {
            let lost = |container: &&Node<'_>| ["image", "args"].into_iter().find(|field| !has(container, field));
            let mut named = containers().filter(|container| container.text_at("name") == name);
            // A patch of the wrong list adds a second container of this name.
            let Some(container) = named.clone().find(|container| lost(container).is_none()).or_else(|| named.next()) else {
                return Some(Self::Removed { name: name.to_owned() });
            };
            if let Some(field) = lost(&container) {
                return Some(Self::WithoutField { name: name.to_owned(), field });
            }
        }
        let added = containers().find(|container| !has(container, "image"))?;
        Some(Self::WithoutImage { name: added.text_at("name").to_owned() })
    }

    /// A finding about the field that causes the change.
    pub fn finding(self, path: FieldPath, role: &str, component: &Component) -> Finding {
        let workload = format!("the {role} of `{}`", component.name);
        let keep = "write `merge`, which keeps the fields that it does not mention";
        match self {
            Self::Removed { name } => {
                let message = format!("removes the container `{name}`, which runs Jina, from {workload}");
                Code::JinaContainerRemoved.error(path, message).fix(keep)
            }
            Self::WithoutField { name, field } => {
                let message = format!("removes `{field}` from the container `{name}`, which runs Jina, in {workload}");
                Code::JinaContainerRemoved.error(path, message).fix(keep)
            }
            Self::WithoutImage { name } => {
                let known: Vec<&str> = component.containers.iter().map(|container| container.process.name()).collect();
                let message = format!("adds the container `{name}` without an image to {workload}");
                let fix = if known.contains(&name.as_str()) {
                    "write it in the other list of the pod: `initContainers`, or `containers` below Kubernetes 1.29 and with a mesh"
                        .to_owned()
                } else {
                    format!("add its `image`, or use the name of an existing container: {}", known.join(", "))
                };
                Code::ContainerWithoutImage.error(path, message).fix(fix)
            }
        }
    }
}
