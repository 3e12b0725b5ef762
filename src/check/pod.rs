//! Pods, and what runs in their containers.

use super::cluster::Object;
use super::fields::{at, list, text};
use super::words::{self, Word};
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
    #[inline(never)]
    pub fn of(known: &Object<'o>, object: usize) -> Option<Self> {
        let Object { node, kind, group, .. } = *known;
        let (path, labels) = match kind {
            "Pod" => ("spec", "metadata.labels"),
            "CronJob" => ("spec.jobTemplate.spec.template.spec", "spec.jobTemplate.spec.template.metadata.labels"),
            // Knative makes pods with labels and names of its own.
            _ if group == "serving.knative.dev" => return None,
            _ => ("spec.template.spec", "spec.template.metadata.labels"),
        };
        let spec = at(node, path)?;
        spec.get("containers")?.as_list()?;
        let mut containers = Vec::new();
        for field in ["containers", "initContainers"] {
            for (index, container) in list(spec, field).iter().enumerate() {
                containers.push(Container::of(container, format!("{path}.{field}[{index}]"), field == "initContainers"));
            }
        }
        Some(Self { object, path, spec, labels: at(node, labels), containers })
    }

    /// The Jina container that it is there for.
    #[must_use]
    pub fn main(&self) -> Option<(&Container<'o>, Role)> {
        self.containers.iter().filter_map(|container| Some((container, container.role?))).min_by_key(|(_, role)| *role)
    }

    /// Whether a port is served by one of its containers; whoever may listen on anything may listen on this.
    #[inline(never)]
    #[must_use]
    pub fn serves(&self, port: u16) -> bool {
        let is_foreign = self.main().is_none();
        self.containers.iter().any(|container| container.has_port(port) || (is_foreign && container.is_open))
    }

    /// The ports that it serves, for messages.
    #[inline(never)]
    #[must_use]
    pub fn shown_ports(&self) -> String {
        let mut shown = String::new();
        for (port, _) in self.containers.iter().flat_map(|container| &container.ports) {
            shown.push_str(if shown.is_empty() { "" } else { ", " });
            shown.push_str(&port.to_string());
        }
        if shown.is_empty() { "no port".to_owned() } else { shown }
    }

    /// The number of a port that may be given by its name.
    #[inline(never)]
    #[must_use]
    pub fn port(&self, port: &str) -> Option<u16> {
        let ports = self.containers.iter().flat_map(|container| list(container.node, "ports"));
        let mut named = ports.filter(|known| text(known, "name") == port);
        port.parse().ok().or_else(|| text(named.next()?, "containerPort").parse().ok())
    }

    /// What `--name` calls the executor, without the part of a head.
    #[must_use]
    pub fn jina_name(&self) -> Option<&str> {
        let (container, _) = self.main()?;
        container.value("--name")?.split('/').next().filter(|name| !name.is_empty())
    }
}

impl<'o> Container<'o> {
    #[inline(never)]
    fn of(node: &'o Node<'o>, path: String, is_first: bool) -> Self {
        let words = words::words(node);
        // An init container that always restarts is a sidecar; any other is gone when the pod serves.
        let is_gone = is_first && text(node, "restartPolicy") != "Always";
        let mut container = Self { node, path, role: None, words, ports: Vec::new(), is_open: false };
        if !is_gone {
            container.role = container.role();
            container.ports = container.ports();
            container.is_open = container.ports.is_empty();
        }
        container
    }

    #[inline(never)]
    fn role(&self) -> Option<Role> {
        let basename = |place: usize| self.words.get(place).map(|word| word.text.rsplit('/').next().unwrap_or_default());
        let has = |option: &str| self.words.iter().any(|word| word.text.split('=').next() == Some(option));
        let has_value = |option, value: &str| self.value(option).is_some_and(|given| given.eq_ignore_ascii_case(value));
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
    #[inline(never)]
    fn ports(&self) -> Vec<(u16, Option<usize>)> {
        let declared: Vec<u16> = list(self.node, "ports").iter().filter_map(|port| text(port, "containerPort").parse().ok()).collect();
        let mut ports = Vec::new();
        if self.role.is_some() {
            self.add_ports("--port", &mut ports);
        }
        let mut monitoring = Vec::new();
        self.add_ports("--port-monitoring", &mut monitoring);
        if ports.iter().all(|(port, _)| declared.contains(port)) {
            for port in declared {
                let is_monitoring = self.role.is_some() && monitoring.iter().any(|(known, _)| *known == port);
                if !is_monitoring && ports.iter().all(|(known, _)| *known != port) {
                    ports.push((port, None));
                }
            }
        }
        if self.role.is_some() && self.words.iter().any(|word| word.text == "--monitoring") {
            ports.extend(monitoring);
        }
        ports
    }

    #[inline(never)]
    fn add_ports(&self, option: &str, ports: &mut Vec<(u16, Option<usize>)>) {
        for (place, port) in self.values(option) {
            if let Ok(port) = port.parse() {
                ports.push((port, Some(place)));
            }
        }
    }

    /// Whether it listens on a port.
    #[must_use]
    pub fn has_port(&self, port: u16) -> bool {
        self.ports.iter().any(|(known, _)| *known == port)
    }

    /// The values of an option, each with the place of its word.
    #[inline(never)]
    #[must_use]
    pub fn values(&self, option: &str) -> Vec<(usize, &str)> {
        words::values(&self.words, option)
    }

    /// The first value of an option.
    #[inline(never)]
    #[must_use]
    pub fn value(&self, option: &str) -> Option<&str> {
        self.values(option).first().map(|(_, value)| *value)
    }

    /// The path of a word.
    #[inline(never)]
    #[must_use]
    pub fn path_of(&self, place: usize) -> String {
        match self.words.get(place) {
            Some(Word { list, index, .. }) => format!("{}.{list}[{index}]", self.path),
            None => self.path.clone(),
        }
    }
}
