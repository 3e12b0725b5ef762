//! Pods, and the programs and ports of their containers.

use std::collections::{HashMap, HashSet};

use super::command::{self, JinaRole, Runs};
use super::object::{SeenObject, first_few};
use super::proxies::Proxy;
use super::words::{self, Word};
use crate::finding::{FieldPath, shortened};
use crate::yaml::View;

/// The default of `--port-monitoring`.
const PORT_MONITORING: u16 = 9090;

/// A container, and the facts about Jina in it.
#[derive(Debug)]
pub struct SeenContainer<'o> {
    /// The whole container.
    pub view: View<'o>,
    /// The path of the container in the object.
    pub path: FieldPath,
    /// The role, if the container runs Jina while the pod serves.
    pub role: Option<JinaRole>,
    /// The program that the container runs.
    pub runs: Runs,
    /// The command line.
    pub words: Vec<Word<'o>>,
    /// The ports on which the container listens.
    pub ports: Vec<ListeningPort>,
    /// Whether the container may listen on other ports too.
    pub may_listen_anywhere: bool,
    /// Whether the container ends before the pod serves.
    pub ends_before_serving: bool,
    /// The mesh, if the container is its sidecar.
    pub proxy: Option<Proxy>,
    /// The place of the executor among its shards, if it has several shards.
    pub shard: Option<Shard>,
    /// Whether the gateway does not wait for the executor.
    pub is_floating: bool,
}

/// The place of an executor among its shards.
#[derive(Debug)]
pub struct Shard {
    /// `--shard-id`.
    pub id: String,
    /// `--shards`.
    pub count: usize,
}

/// A port on which a container listens.
#[derive(Debug, Clone, Copy)]
pub struct ListeningPort {
    /// The number of the port.
    pub port: u16,
    /// The index of the word that sets the port, unless the port is only declared.
    pub word: Option<usize>,
    /// Whether the port serves only metrics.
    pub is_metrics: bool,
    /// Whether the port is declared for UDP or SCTP only.
    pub is_not_tcp: bool,
    /// The schemes of the protocol on the port, the preferred one first; `None` if the protocol is unknown.
    pub schemes: Option<&'static [&'static str]>,
}

/// An object that runs pods.
#[derive(Debug)]
pub struct SeenWorkload<'o> {
    /// The position of the object.
    pub object: usize,
    /// The path of the pod spec.
    pub path: &'static str,
    /// The pod template, or the pod itself.
    pub template: Option<View<'o>>,
    /// The pod spec.
    pub spec: View<'o>,
    /// The labels of the pods.
    pub labels: Option<View<'o>>,
    /// The containers, including init containers.
    pub containers: Vec<SeenContainer<'o>>,
    /// The name of the executor from `--name`, without the part that marks a head.
    pub jina_name: Option<String>,
    /// The index of the container with the main role.
    main: Option<usize>,
    /// The container of Jina that serves requests on each port, and the schemes of the protocol on the port.
    serving: HashMap<u16, (usize, Option<&'static [&'static str]>)>,
    /// The container without Jina that declares each port.
    declaring: HashMap<u16, usize>,
    /// All ports on which a container listens.
    served: HashSet<u16>,
    /// The numbers of ports by their names, as Services find them.
    named: HashMap<&'o str, u16>,
    /// The names of each port.
    names: HashMap<u16, Vec<&'o str>>,
    /// Whether a container of Jina may listen on any port.
    jina_may_listen_anywhere: bool,
    /// Whether any container may listen on any port.
    may_listen_anywhere: bool,
    /// Whether it is certain that no container runs Jina.
    is_stranger: bool,
}

/// The container that listens on a port of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// A container of Jina, by its index.
    Jina(usize),
    /// A container of Jina that may listen on any port.
    Anywhere,
    /// A container beside a container of Jina, by its index.
    Sidecar(usize),
    /// No container, although Jina runs in the pod.
    Nobody,
    /// Unknown: no container is known to run Jina, and the image or a script decides.
    Unknown,
    /// No container runs Jina.
    Stranger,
}

impl<'o> SeenWorkload<'o> {
    /// Reads an object that has containers: a workload of Kubernetes, or any other object with a pod template.
    pub fn of(object: &SeenObject<'o>, id: usize) -> Option<Self> {
        let view = object.view;
        let (path, template) = match object.kind() {
            "Pod" => ("spec", ""),
            "CronJob" => ("spec.jobTemplate.spec.template.spec", "spec.jobTemplate.spec.template"),
            // Knative creates pods with other labels and names.
            _ if object.group() == "serving.knative.dev" => return None,
            _ => ("spec.template.spec", "spec.template"),
        };
        let spec = view.at(path)?;
        spec.get("containers")?.as_list()?;
        let template = if template.is_empty() { Some(view) } else { view.at(template) };
        let mut containers = Vec::new();
        for field in ["containers", "initContainers"] {
            for (index, container) in spec.list_at(field).iter().enumerate() {
                let path = FieldPath::from(path).key(field).index(index);
                containers.push(SeenContainer::of(container, path, field == "initContainers"));
            }
        }
        let labels = template.and_then(|template| template.at("metadata.labels"));
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
            jina_may_listen_anywhere: false,
            may_listen_anywhere: false,
            is_stranger: false,
        };
        workload.index();
        Some(workload)
    }

    fn index(&mut self) {
        let roles = self.containers.iter().enumerate().filter_map(|(place, container)| Some((container.role?, place)));
        self.main = roles.min().map(|(_, place)| place);
        for (place, container) in self.containers.iter().enumerate().filter(|(_, container)| !container.ends_before_serving) {
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
            for port in container.view.list_at("ports").iter() {
                let (name, Some(number)) = (port.text_at("name"), port.text_at("containerPort").parse().ok()) else { continue };
                if !name.is_empty() && is_tcp(port) {
                    self.named.entry(name).or_insert(number);
                    self.names.entry(number).or_default().push(name);
                }
            }
        }
        let name = self.main().and_then(|(container, _)| container.value("--name")?.split('/').next());
        self.jina_name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        let jina_may_listen_anywhere = self.running().any(|container| container.role.is_some() && container.may_listen_anywhere);
        // Other programs need not declare the ports on which they listen.
        let others_may = self.running().any(|container| container.role.is_none() || container.may_listen_anywhere);
        let is_stranger = self.running().all(|container| container.runs == Runs::Other);
        self.jina_may_listen_anywhere = jina_may_listen_anywhere;
        self.may_listen_anywhere = self.main.is_none() || others_may;
        self.is_stranger = is_stranger;
    }

    /// The container with the main role of the pod, and that role.
    pub fn main(&self) -> Option<(&SeenContainer<'o>, JinaRole)> {
        let container = self.containers.get(self.main?)?;
        Some((container, container.role?))
    }

    /// The path of the pod spec.
    pub fn spec_path(&self) -> FieldPath {
        FieldPath::from(self.path)
    }

    /// Whether it is certain that no container runs Jina.
    pub fn is_stranger(&self) -> bool {
        self.is_stranger
    }

    /// The containers that run while the pod serves, without the sidecars of a mesh.
    pub fn running(&self) -> impl Iterator<Item = &SeenContainer<'o>> {
        self.containers.iter().filter(|container| !container.ends_before_serving && container.proxy.is_none())
    }

    /// The container that listens on a port of the pods.
    pub fn listener(&self, port: u16) -> Listener {
        match (self.serving.get(&port), self.declaring.get(&port)) {
            (Some((place, _)), _) => Listener::Jina(*place),
            _ if self.main.is_none() && self.is_stranger => Listener::Stranger,
            _ if self.main.is_none() => Listener::Unknown,
            _ if self.jina_may_listen_anywhere => Listener::Anywhere,
            (None, Some(place)) => Listener::Sidecar(*place),
            (None, None) => Listener::Nobody,
        }
    }

    /// The schemes of the protocol that Jina serves on a port, the preferred one first; `None` if the protocol is unknown.
    pub fn schemes(&self, port: u16) -> Option<&'static [&'static str]> {
        self.serving.get(&port)?.1
    }

    /// Whether a container listens on a port, as far as that is known.
    pub fn serves(&self, port: u16) -> bool {
        self.served.contains(&port) || self.may_listen_anywhere
    }

    /// Whether a probe of a container is answered on a port, as far as that is known.
    pub fn answers(&self, container: &SeenContainer<'_>, port: u16) -> bool {
        container.role.is_none() || container.may_listen_anywhere || self.served.contains(&port)
    }

    /// The ports on which the containers listen, for messages.
    pub fn shown_ports(&self) -> String {
        let ports: Vec<String> =
            self.containers.iter().flat_map(|container| &container.ports).map(|listening| listening.port.to_string()).collect();
        if ports.is_empty() { "no port".to_owned() } else { first_few(ports.iter().map(String::as_str)) }
    }

    /// The number of a port that is given by number or name.
    pub fn port(&self, port: &str) -> Option<u16> {
        port.parse().ok().or_else(|| self.named.get(port).copied())
    }

    /// The names of a port.
    pub fn names_of(&self, port: u16) -> &[&'o str] {
        self.names.get(&port).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a container of Jina serves requests or metrics on a port.
    pub fn is_of_jina(&self, port: u16) -> bool {
        let jina = self.containers.iter().filter(|container| container.role.is_some());
        jina.flat_map(|container| &container.ports).any(|listening| listening.port == port)
    }
}

/// Whether a port of a container or Service has the protocol TCP, the default.
pub fn is_tcp(port: View<'_>) -> bool {
    matches!(port.text_at("protocol"), "" | "TCP")
}

impl<'o> SeenContainer<'o> {
    fn of(view: View<'o>, path: FieldPath, is_init: bool) -> Self {
        let words = words::words(view);
        let mut container = Self {
            view,
            path,
            role: None,
            runs: command::runs(&words),
            words,
            ports: Vec::new(),
            may_listen_anywhere: false,
            // An init container that always restarts is a sidecar.
            ends_before_serving: is_init && view.text_at("restartPolicy") != "Always",
            proxy: Proxy::of(view),
            shard: None,
            is_floating: false,
        };
        if container.ends_before_serving {
            return container;
        }
        if let Runs::Jina(role) = container.runs {
            container.role = Some(role);
        }
        container.is_floating = container.has("--floating");
        container.find_ports();
        let id = container.value("--shard-id");
        let count = container.value("--shards").and_then(|count| count.parse().ok()).unwrap_or(1);
        container.shard = (count > 1 || id.is_some()).then(|| Shard { id: id.unwrap_or("0").to_owned(), count });
        container
    }

    /// Finds the ports from the arguments of Jina and from the declared ports. Further declared ports of a container of
    /// Jina count only if the container also declares the ports of its arguments.
    fn find_ports(&mut self) {
        let declared = self.view.list_at("ports").iter().filter_map(|port| {
            let number = port.text_at("containerPort").parse().ok()?;
            Some(ListeningPort { port: number, word: None, is_metrics: false, is_not_tcp: !is_tcp(port), schemes: None })
        });
        let declared: Vec<ListeningPort> = declared.collect();
        if self.role.is_none() {
            self.may_listen_anywhere = declared.is_empty() && self.proxy.is_none();
            self.ports = declared;
            return;
        }
        let protocols = self.schemes();
        let ports_of_option = |option: &str, is_metrics: bool| {
            let values = self.values(option).into_iter().enumerate();
            let listening = |(index, (word, port)): (usize, (usize, &str))| {
                let one_for_all = protocols.first().filter(|_| protocols.len() == 1);
                let schemes = protocols.get(index).or(one_for_all).copied().flatten().filter(|_| !is_metrics);
                Some(ListeningPort { port: port.parse().ok()?, word: Some(word), is_metrics, is_not_tcp: false, schemes })
            };
            values.map(listening).collect::<Vec<_>>()
        };
        let requests = ports_of_option("--port", false);
        // If the arguments do not show the port, a variable or a shell sets the port, or a Flow reads its own file.
        let is_known = requests.iter().all(Option::is_some) && !requests.is_empty();
        let is_random = requests.is_empty() && self.words.iter().any(|word| ["gateway", "executor", "pod"].contains(&&*word.text));
        let requests: Vec<ListeningPort> = requests.into_iter().flatten().collect();
        let mut metrics: Vec<ListeningPort> = ports_of_option("--port-monitoring", true).into_iter().flatten().collect();
        if metrics.is_empty() {
            metrics.push(ListeningPort { port: PORT_MONITORING, word: None, is_metrics: true, is_not_tcp: false, schemes: None });
        }
        let is_declared: HashSet<u16> = declared.iter().map(|listening| listening.port).collect();
        let of_metrics: HashSet<u16> = metrics.iter().map(|listening| listening.port).collect();
        let mut known: HashSet<u16> = requests.iter().map(|listening| listening.port).collect();
        let has_more = !is_random && requests.iter().all(|listening| is_declared.contains(&listening.port));
        self.may_listen_anywhere = !is_known && !is_random && declared.is_empty();
        self.ports = requests;
        // If the arguments move the metrics to another port, the declared port for metrics is out of date.
        let are_moved = of_metrics.iter().all(|port| !is_declared.contains(port));
        let ports = self.view.list_at("ports").iter();
        let outdated: HashSet<u16> = ports
            .filter(|port| ["monitoring", "metrics"].iter().any(|word| port.text_at("name").contains(word)))
            .filter_map(|port| port.text_at("containerPort").parse().ok())
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

    /// The schemes of `--protocol`, which has one value for each port or one for all.
    fn schemes(&self) -> Vec<Option<&'static [&'static str]>> {
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

    /// The name for messages.
    pub fn name(&self) -> String {
        shortened(self.view.text_at("name"))
    }

    /// The values of an option, each with the index of its word.
    pub fn values(&self, option: &str) -> Vec<(usize, &str)> {
        words::values(&self.words, option)
    }

    /// The first value of an option.
    pub fn value(&self, option: &str) -> Option<&str> {
        self.values(option).first().map(|(_, value)| *value)
    }

    /// Whether an option is set, with or without a value.
    pub fn has(&self, option: &str) -> bool {
        self.words.iter().any(|word| word.text.split('=').next() == Some(option))
    }

    /// The path of a word.
    pub fn path_of(&self, word: usize) -> FieldPath {
        match self.words.get(word) {
            Some(Word { list, index, .. }) => self.path.key(list.field()).index(*index),
            None => self.path.clone(),
        }
    }
}
