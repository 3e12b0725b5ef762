//! Pods, and what runs in their containers.

use super::cluster::{Cluster, Object};
use super::words::{self, Variables, Word};
use crate::yaml::Node;

/// What a container of Jina does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `jina gateway`.
    Gateway,
    /// `jina executor` in front of shards.
    Head,
    /// Any other `jina executor`.
    Worker,
}

impl Role {
    /// What messages call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Gateway => "gateway",
            Role::Head => "head",
            Role::Worker => "executor",
        }
    }
}

/// A container, and what Jina is told in it.
#[derive(Debug)]
pub struct Container<'o> {
    /// All of it.
    pub node: &'o Node<'o>,
    /// Its path in the object.
    pub path: String,
    /// What it does, where it runs Jina.
    pub role: Option<Role>,
    /// Its command line.
    pub words: Vec<Word<'o>>,
    /// The ports that it listens on, each with the place of the word that says so.
    pub ports: Vec<(u16, Option<usize>)>,
    /// Whether it may listen on more than that.
    pub is_open: bool,
}

/// An object that runs pods.
#[derive(Debug)]
pub struct Workload<'o> {
    /// Its place among the objects.
    pub object: usize,
    /// Where its pods' spec is.
    pub path: &'static str,
    /// The pods' spec.
    pub spec: &'o Node<'o>,
    /// The pods' labels.
    pub labels: Option<&'o Node<'o>>,
    /// Its containers, those that start first as well.
    pub containers: Vec<Container<'o>>,
}

impl<'o> Workload<'o> {
    /// Reads an object, if it runs pods. It is known by its form: there are many kinds.
    #[must_use]
    pub fn of(known: &Object<'o>, object: usize) -> Option<Self> {
        let Object { node, kind, group, .. } = *known;
        let (template, path) = match kind {
            "" => return None,
            "Pod" => (node, "spec"),
            "CronJob" => (known.spec("jobTemplate")?.get("spec")?.get("template")?, "spec.jobTemplate.spec.template.spec"),
            // Knative makes pods with labels and names of its own.
            _ if group == "serving.knative.dev" => return None,
            _ => (known.spec("template")?, "spec.template.spec"),
        };
        let spec = template.get("spec")?;
        spec.get("containers")?.as_list()?;
        let labels = template.get("metadata").and_then(|m| m.get("labels"));
        let mut containers = Vec::new();
        for list in ["containers", "initContainers"] {
            for (index, container) in spec.get(list).and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
                containers.push(Container::of(container, format!("{path}.{list}[{index}]"), list == "initContainers"));
            }
        }
        Some(Self { object, path, spec, labels, containers })
    }

    /// The Jina container that it is there for.
    #[must_use]
    pub fn main(&self) -> Option<(&Container<'o>, Role)> {
        self.containers.iter().filter_map(|container| Some((container, container.role?))).min_by_key(|(_, role)| *role)
    }

    /// Whether a port is served by one of its containers; whoever may listen on anything may listen on this.
    #[must_use]
    pub fn serves(&self, port: u16) -> bool {
        let is_foreign = self.main().is_none();
        self.containers.iter().any(|container| container.has_port(port) || (is_foreign && container.is_open))
    }

    /// The ports that it serves, for messages.
    #[must_use]
    pub fn shown_ports(&self) -> String {
        let ports = self.containers.iter().flat_map(|container| &container.ports).map(|(port, _)| port.to_string());
        let ports: Vec<String> = ports.collect();
        if ports.is_empty() { "no port".to_owned() } else { ports.join(", ") }
    }

    /// The number of a port that may be given by its name.
    #[must_use]
    pub fn port(&self, port: &Node<'_>) -> Option<u16> {
        let text = port.as_text()?;
        text.parse().ok().or_else(|| self.containers.iter().find_map(|container| container.named_port(text)))
    }

    /// What `--name` calls the executor, without the part of a head.
    #[must_use]
    pub fn jina_name(&self) -> Option<&str> {
        let (container, _) = self.main()?;
        let (_, name) = container.values("--name").into_iter().next()?;
        Some(name.split('/').next().unwrap_or_default()).filter(|name| !name.is_empty())
    }
}

impl<'o> Container<'o> {
    fn of(node: &'o Node<'o>, path: String, is_first: bool) -> Self {
        let words = words::words(node);
        // An init container that always restarts is a sidecar; any other is gone when the pod serves.
        let is_gone = is_first && node.get("restartPolicy").and_then(Node::as_text) != Some("Always");
        let mut container = Self { node, path, role: None, words, ports: Vec::new(), is_open: false };
        if !is_gone {
            container.role = container.role();
            container.ports = container.ports();
            container.is_open = container.ports.is_empty();
        }
        container
    }

    fn role(&self) -> Option<Role> {
        let basename = |place: usize| self.words.get(place).map(|word| word.text.rsplit('/').next().unwrap_or_default());
        let has = |option: &str| self.words.iter().any(|word| word.text.split('=').next() == Some(option));
        let has_value = |option, value: &str| self.values(option).iter().any(|(_, given)| given.eq_ignore_ascii_case(value));
        let jina = (0..self.words.len()).find(|place| basename(*place) == Some("jina"));
        // The image's own entrypoint may be `jina`.
        let command = jina.map_or(0, |place| place + 1);
        match basename(command) {
            Some("gateway") => Some(Role::Gateway),
            // Whoever sets this option for an executor has it on its shards as well.
            Some("executor" | "pod") if has("--connection-list") && !has("--uses") => Some(Role::Head),
            Some("executor" | "pod") if has_value("--pod-role", "HEAD") || has_value("--runtime-cls", "HeadRuntime") => Some(Role::Head),
            Some("executor" | "pod") => Some(Role::Worker),
            _ if has("--deployments-addresses") || has("--graph-description") => Some(Role::Gateway),
            _ if has("--connection-list") => Some(Role::Head),
            _ => None,
        }
    }

    /// What the arguments say. Other ports that the container declares are believed when those of the arguments are
    /// among them.
    fn ports(&self) -> Vec<(u16, Option<usize>)> {
        let declared = self.declared();
        if self.role.is_none() {
            return declared;
        }
        let numbers = |option| {
            let values = self.values(option);
            values.into_iter().filter_map(|(place, port)| Some((port.parse().ok()?, Some(place)))).collect::<Vec<(u16, _)>>()
        };
        let monitoring = numbers("--port-monitoring");
        let mut ports = numbers("--port");
        let is_current = ports.iter().all(|(port, _)| declared.iter().any(|(other, _)| other == port));
        let is_known = |ports: &[(u16, Option<usize>)], port| ports.iter().any(|(known, _)| *known == port);
        if is_current {
            let more: Vec<_> = declared.into_iter().filter(|(port, _)| !is_known(&ports, *port) && !is_known(&monitoring, *port)).collect();
            ports.extend(more);
        }
        if self.words.iter().any(|word| word.text == "--monitoring") {
            ports.extend(monitoring);
        }
        ports
    }

    fn declared(&self) -> Vec<(u16, Option<usize>)> {
        let ports = self.node.get("ports").and_then(Node::as_list).unwrap_or_default();
        ports.iter().filter_map(|port| Some((port.get("containerPort")?.as_text()?.parse().ok()?, None))).collect()
    }

    fn named_port(&self, name: &str) -> Option<u16> {
        let mut ports = self.node.get("ports").and_then(Node::as_list).unwrap_or_default().iter();
        ports.find(|port| port.get("name").and_then(Node::as_text) == Some(name))?.get("containerPort")?.as_text()?.parse().ok()
    }

    /// Whether it listens on a port.
    #[must_use]
    pub fn has_port(&self, port: u16) -> bool {
        self.ports.iter().any(|(known, _)| *known == port)
    }

    /// The values of an option, each with the place of its word.
    #[must_use]
    pub fn values(&self, option: &str) -> Vec<(usize, &str)> {
        words::values(&self.words, option)
    }

    /// The path of a word.
    #[must_use]
    pub fn path_of(&self, place: usize) -> String {
        match self.words.get(place) {
            Some(Word { list, index, .. }) => format!("{}.{list}[{index}]", self.path),
            None => self.path.clone(),
        }
    }

    /// Its variables.
    #[must_use]
    pub fn variables(&self, cluster: &Cluster<'_>, object: &Object<'_>) -> Variables {
        Variables::of(self.node, cluster, object)
    }
}
