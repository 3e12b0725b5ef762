//! The components of a Flow, as far as layers and fields need them.

use crate::plan::{self, Role};

/// One workload of the Flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The Kubernetes name.
    pub name: String,
    /// The name of the executor in the Flow, or `gateway`.
    pub executor: String,
    /// The role in the Flow.
    pub role: Role,
    /// The names of the containers that run Jina; the first one is the process itself.
    pub containers: Vec<&'static str>,
    /// The protocols that the component serves, from port 8080 on.
    pub protocols: Vec<&'static str>,
}

impl Component {
    /// A planned component.
    pub fn of(component: &plan::Component) -> Self {
        Self {
            name: component.name.clone(),
            executor: component.node.clone(),
            role: component.role,
            containers: component.containers.iter().map(|container| container.process.name()).collect(),
            protocols: component.protocols.iter().map(|protocol| protocol.scheme()).collect(),
        }
    }
}
