//! Pods, and what runs in their containers.

use std::collections::{HashMap, HashSet};

use super::command::{self, Role, Runs};
use super::fields::{at, list, text};
use super::object::{Object, few};
use super::proxies::Proxy;
use super::words::{self, Word};
use crate::finding::shortened;
use crate::yaml::Node;

/// Jina's own for metrics, where nothing else is said.
const PORT_MONITORING: u16 = 9090;

/// A container, and what Jina is told in it.
#[derive(Debug)]
pub struct Container<'o> {
    /// All of it.
    pub node: &'o Node<'o>,
    /// Its path in the object.
    pub path: String,
    /// What it does, where it runs Jina.
    pub role: Option<Role>,
    /// What it runs.
    pub runs: Runs,
    /// Its command line.
    pub words: Vec<Word<'o>>,
    /// The ports that it listens on.
    pub ports: Vec<Listening>,
    /// Whether it may listen on more than that.
    pub is_open: bool,
    /// Whether it has ended when the pod serves.
    pub is_over: bool,
    /// The mesh whose sidecar it is.
    pub proxy: Option<Proxy>,
    /// Its number among shards, and how many there are, where there are several.
    pub shard: Option<(String, usize)>,
    /// Whether the gateway does not wait for it.
    pub is_floating: bool,
}

/// A port that a container listens on.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// Its number.
    pub port: u16,
    /// The place of the word that says so, where it is not only declared.
    pub place: Option<usize>,
    /// Whether only metrics are there.
    pub is_metrics: bool,
    /// Whether it is declared for UDP or SCTP alone.
    pub is_not_tcp: bool,
    /// The schemes of what is spoken there, the one to write first; nothing where nobody knows.
    pub schemes: Option<&'static [&'static str]>,
}

/// An object that runs pods.
#[derive(Debug)]
pub struct Workload<'o> {
    /// Its place among the objects.
    pub object: usize,
    /// Where its pods' spec is.
    pub path: &'static str,
    /// The pods' template, or the pod.
    pub template: Option<&'o Node<'o>>,
    /// The pods' spec.
    pub spec: &'o Node<'o>,
    /// The pods' labels.
    pub labels: Option<&'o Node<'o>>,
    /// Its containers, those that start first as well.
    pub containers: Vec<Container<'o>>,
    /// What `--name` calls the executor, without the part of a head.
    pub jina_name: Option<String>,
    /// The place of the Jina container that it is there for.
    main: Option<usize>,
    /// Which container of Jina serves requests on a port, and what it speaks there.
    serving: HashMap<u16, (usize, Option<&'static [&'static str]>)>,
    /// Which container besides declares a port.
    declaring: HashMap<u16, usize>,
    /// Every port that somebody listens on.
    served: HashSet<u16>,
    /// The numbers of ports by their names, as Services find them.
    named: HashMap<&'o str, u16>,
    /// The names of a port.
    names: HashMap<u16, Vec<&'o str>>,
    /// Whether a container of Jina may listen anywhere.
    has_open_jina: bool,
    /// Whether any container may.
    has_open: bool,
    /// Whether none of its containers runs Jina, for certain.
    is_stranger: bool,
}

/// Who listens on a port of a workload's pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// A container of Jina, by its place.
    Jina(usize),
    /// A container of Jina that may listen anywhere.
    Anywhere,
    /// A container beside one of Jina, by its place.
    Sidecar(usize),
    /// Nobody, where another port has a container of Jina.
    Nobody,
    /// What the image or a script decides: no container is known to run Jina.
    Unknown,
    /// No container runs Jina.
    Stranger,
}

impl<'o> Workload<'o> {
    /// Reads an object that has containers: a workload of Kubernetes, or anything else with a pod template.
    pub fn of(object: &Object<'o>, id: usize) -> Option<Self> {
        let Object { node, kind, group, .. } = *object;
        let (path, template) = match kind {
            "Pod" => ("spec", ""),
            "CronJob" => ("spec.jobTemplate.spec.template.spec", "spec.jobTemplate.spec.template"),
            // Knative makes pods with labels and names of its own.
            _ if group == "serving.knative.dev" => return None,
            _ => ("spec.template.spec", "spec.template"),
        };
        let spec = at(node, path)?;
        spec.get("containers")?.as_list()?;
        let template = if template.is_empty() { Some(node) } else { at(node, template) };
        let mut containers = Vec::new();
        for field in ["containers", "initContainers"] {
            for (index, container) in list(spec, field).iter().enumerate() {
                containers.push(Container::of(container, format!("{path}.{field}[{index}]"), field == "initContainers"));
            }
        }
        let labels = template.and_then(|template| at(template, "metadata.labels"));
        let mut workload = Self {
            object: id,
            path,
            template,
            spec,
            labels,
            containers,
            jina_name: None,
            main: None,
            serving: HashMap::new(),
            declaring: HashMap::new(),
            served: HashSet::new(),
            named: HashMap::new(),
            names: HashMap::new(),
            has_open_jina: false,
            has_open: false,
            is_stranger: false,
        };
        workload.index();
        Some(workload)
    }

    fn index(&mut self) {
        let roles = self.containers.iter().enumerate().filter_map(|(place, container)| Some((container.role?, place)));
        self.main = roles.min().map(|(_, place)| place);
        for (place, container) in self.containers.iter().enumerate().filter(|(_, container)| !container.is_over) {
            for listening in &container.ports {
                match container.role {
                    Some(_) if listening.is_metrics => {}
                    Some(_) => {
                        self.serving.entry(listening.port).or_insert((place, listening.schemes));
                    }
                    None if container.proxy.is_none() => {
                        self.declaring.entry(listening.port).or_insert(place);
                    }
                    None => {}
                }
                self.served.insert(listening.port);
            }
            self.served.extend(container.proxy.iter().flat_map(|proxy| proxy.ports()));
            for port in list(container.node, "ports") {
                let (name, Some(number)) = (text(port, "name"), text(port, "containerPort").parse().ok()) else { continue };
                if !name.is_empty() && is_tcp(port) {
                    self.named.entry(name).or_insert(number);
                    self.names.entry(number).or_default().push(name);
                }
            }
        }
        let name = self.main().and_then(|(container, _)| container.value("--name")?.split('/').next());
        self.jina_name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        let has_open_jina = self.running().any(|container| container.role.is_some() && container.is_open);
        // Outside of Jina, declaring a port is a courtesy.
        let has_open = self.main.is_none() || self.running().any(|container| container.role.is_none() || container.is_open);
        let is_stranger = self.running().all(|container| container.runs == Runs::Other);
        (self.has_open_jina, self.has_open, self.is_stranger) = (has_open_jina, has_open, is_stranger);
    }

    /// The Jina container that it is there for.
    pub fn main(&self) -> Option<(&Container<'o>, Role)> {
        let container = self.containers.get(self.main?)?;
        Some((container, container.role?))
    }

    /// Whether none of its containers runs Jina, for certain.
    pub fn is_stranger(&self) -> bool {
        self.is_stranger
    }

    /// The containers that run while the pod serves, without those of a mesh.
    pub fn running(&self) -> impl Iterator<Item = &Container<'o>> {
        self.containers.iter().filter(|container| !container.is_over && container.proxy.is_none())
    }

    /// Who listens on a port of the pods.
    pub fn listener(&self, port: u16) -> Listener {
        match (self.serving.get(&port), self.declaring.get(&port)) {
            (Some((place, _)), _) => Listener::Jina(*place),
            _ if self.main.is_none() && self.is_stranger => Listener::Stranger,
            _ if self.main.is_none() => Listener::Unknown,
            _ if self.has_open_jina => Listener::Anywhere,
            (None, Some(place)) => Listener::Sidecar(*place),
            (None, None) => Listener::Nobody,
        }
    }

    /// The schemes of what Jina speaks on a port, the one to write first; nothing where nobody knows.
    pub fn schemes(&self, port: u16) -> Option<&'static [&'static str]> {
        self.serving.get(&port)?.1
    }

    /// Whether somebody listens on a port, as far as anybody knows.
    pub fn serves(&self, port: u16) -> bool {
        self.served.contains(&port) || self.has_open
    }

    /// Whether a probe of one of its containers is answered.
    pub fn answers(&self, container: &Container<'_>, port: u16) -> bool {
        container.role.is_none() || container.is_open || self.served.contains(&port)
    }

    /// The ports that it serves, for messages.
    pub fn shown_ports(&self) -> String {
        let ports: Vec<String> =
            self.containers.iter().flat_map(|container| &container.ports).map(|listening| listening.port.to_string()).collect();
        if ports.is_empty() { "no port".to_owned() } else { few(ports.iter().map(String::as_str)) }
    }

    /// The number of a port that may be given by its name.
    pub fn port(&self, port: &str) -> Option<u16> {
        port.parse().ok().or_else(|| self.named.get(port).copied())
    }

    /// The names that a port has.
    pub fn names_of(&self, port: u16) -> &[&'o str] {
        self.names.get(&port).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a container of Jina serves requests or metrics on a port.
    pub fn is_of_jina(&self, port: u16) -> bool {
        let jina = self.containers.iter().filter(|container| container.role.is_some());
        jina.flat_map(|container| &container.ports).any(|listening| listening.port == port)
    }
}

/// Whether a port of a container or of a Service is one of TCP.
pub fn is_tcp(port: &Node<'_>) -> bool {
    matches!(text(port, "protocol"), "" | "TCP")
}

impl<'o> Container<'o> {
    fn of(node: &'o Node<'o>, path: String, is_first: bool) -> Self {
        let words = words::words(node);
        let runs = command::runs(&words);
        // An init container that always restarts is a sidecar.
        let is_over = is_first && text(node, "restartPolicy") != "Always";
        let proxy = Proxy::of(node);
        let (ports, shard) = (Vec::new(), None);
        let mut container = Self { node, path, role: None, runs, words, ports, is_open: false, is_over, proxy, shard, is_floating: false };
        if is_over {
            return container;
        }
        if let Runs::Jina(role) = container.runs {
            container.role = Some(role);
        }
        container.is_floating = container.has("--floating");
        container.listen();
        let shard = container.value("--shard-id");
        let of = container.value("--shards").and_then(|text| text.parse().ok()).unwrap_or(1);
        container.shard = (of > 1 || shard.is_some()).then(|| (shard.unwrap_or("0").to_owned(), of));
        container
    }

    /// What the arguments of Jina say, and what is declared. Other ports that a container of Jina declares are believed when
    /// those of the arguments are among them.
    fn listen(&mut self) {
        let declared = list(self.node, "ports").iter().filter_map(|node| {
            let port = text(node, "containerPort").parse().ok()?;
            Some(Listening { port, place: None, is_metrics: false, is_not_tcp: !is_tcp(node), schemes: None })
        });
        let declared: Vec<Listening> = declared.collect();
        if self.role.is_none() {
            self.is_open = declared.is_empty() && self.proxy.is_none();
            self.ports = declared;
            return;
        }
        let spoken = self.spoken();
        let said = |option: &str, is_metrics: bool| {
            let values = self.values(option).into_iter().enumerate();
            let listening = |(index, (place, port)): (usize, (usize, &str))| {
                let one_for_all = spoken.first().filter(|_| spoken.len() == 1);
                let schemes = spoken.get(index).or(one_for_all).copied().flatten().filter(|_| !is_metrics);
                Some(Listening { port: port.parse().ok()?, place: Some(place), is_metrics, is_not_tcp: false, schemes })
            };
            values.map(listening).collect::<Vec<_>>()
        };
        let requests = said("--port", false);
        // A variable, or something that a shell fills in, or a Flow that reads its own file.
        let is_known = requests.iter().all(Option::is_some) && !requests.is_empty();
        let is_random = requests.is_empty() && self.words.iter().any(|word| ["gateway", "executor", "pod"].contains(&&*word.text));
        let requests: Vec<Listening> = requests.into_iter().flatten().collect();
        let mut metrics: Vec<Listening> = said("--port-monitoring", true).into_iter().flatten().collect();
        if metrics.is_empty() {
            metrics.push(Listening { port: PORT_MONITORING, place: None, is_metrics: true, is_not_tcp: false, schemes: None });
        }
        let is_declared: HashSet<u16> = declared.iter().map(|listening| listening.port).collect();
        let of_metrics: HashSet<u16> = metrics.iter().map(|listening| listening.port).collect();
        let mut known: HashSet<u16> = requests.iter().map(|listening| listening.port).collect();
        let has_more = !is_random && requests.iter().all(|listening| is_declared.contains(&listening.port));
        self.is_open = !is_known && !is_random && declared.is_empty();
        self.ports = requests;
        // Where metrics are elsewhere by the arguments, what is declared for them is out of date.
        let are_moved = of_metrics.iter().all(|port| !is_declared.contains(port));
        let outdated: HashSet<u16> = list(self.node, "ports")
            .iter()
            .filter(|port| ["monitoring", "metrics"].iter().any(|word| text(port, "name").contains(word)))
            .filter_map(|port| text(port, "containerPort").parse().ok())
            .collect();
        let is_outdated = |port: u16| are_moved && (port == PORT_MONITORING || outdated.contains(&port));
        for listening in declared.into_iter().filter(|_| has_more) {
            if !of_metrics.contains(&listening.port) && !is_outdated(listening.port) && known.insert(listening.port) {
                self.ports.push(listening);
            }
        }
        if self.words.iter().any(|word| word.text == "--monitoring") {
            self.ports.extend(metrics);
        }
    }

    /// The schemes of `--protocol`, which has one for each port, or one for all.
    fn spoken(&self) -> Vec<Option<&'static [&'static str]>> {
        let mut protocols = self.values("--protocol");
        protocols.extend(self.values("--protocols"));
        if protocols.is_empty() {
            protocols.push((0, "GRPC"));
        }
        let has_tls = self.has("--ssl-certfile") && self.has("--ssl-keyfile");
        let schemes = |protocol: &str| -> Option<&'static [&'static str]> {
            Some(match (protocol.to_ascii_uppercase().as_str(), has_tls) {
                ("GRPC", false) => &["grpc"],
                ("GRPC", true) => &["grpcs"],
                ("HTTP", false) => &["http"],
                ("HTTP", true) => &["https"],
                ("WEBSOCKET", false) => &["ws", "websocket"],
                ("WEBSOCKET", true) => &["wss", "websockets"],
                _ => return None,
            })
        };
        protocols.iter().map(|(_, protocol)| schemes(protocol)).collect()
    }

    /// What messages call it.
    pub fn name(&self) -> String {
        shortened(text(self.node, "name"))
    }

    /// The values of an option, each with the place of its word.
    pub fn values(&self, option: &str) -> Vec<(usize, &str)> {
        words::values(&self.words, option)
    }

    /// The first value of an option.
    pub fn value(&self, option: &str) -> Option<&str> {
        self.values(option).first().map(|(_, value)| *value)
    }

    /// Whether an option is given, with a value or without.
    pub fn has(&self, option: &str) -> bool {
        self.words.iter().any(|word| word.text.split('=').next() == Some(option))
    }

    /// The path of a word.
    pub fn path_of(&self, place: usize) -> String {
        match self.words.get(place) {
            Some(Word { list, index, .. }) => format!("{}.{list}[{index}]", self.path),
            None => self.path.clone(),
        }
    }
}
