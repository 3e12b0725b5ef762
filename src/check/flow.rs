//! The Flow: who dials whom, and that everybody is dialled.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use super::address::{self, Host};
use super::cluster::Cluster;
use super::command::{Role, Runs};
use super::external::Near;
use super::fields::{at, list, plain, text};
use super::graph::{ENDS, Fault, Graph};
use super::labels::Selector;
use super::object::{Object, few, named};
use super::pod::{Container, Listener, Workload};
use super::variables::{MOST_OF_A_CONTAINER, Variables};
use super::words::RUNTIME;
use super::{Edge, Report};
use crate::finding::Finding;
use crate::yaml::Node;

/// Labels and annotations that say which Jina is in an image.
const VERSION: &str = "flow.jina.ai/jina-version";

/// Bytes that references to variables may add in all containers together.
const MOST_EXPANDED: usize = 32 * MOST_OF_A_CONTAINER;

/// Names that stand for another name, one behind the other.
const MOST_ALIASES: usize = 4;

/// A container that dials.
struct Dialler<'c, 'o> {
    cluster: &'c Cluster<'o>,
    /// Its place among the workloads.
    workload: usize,
    object: &'c Object<'o>,
    /// Its place among the objects.
    id: usize,
    container: &'c Container<'o>,
    variables: Variables<'c>,
}

/// Where an address leads that is one of the cluster's.
struct Reached {
    workload: usize,
    /// The place among the Services.
    service: usize,
    /// The port at the pod.
    port: Option<u16>,
    listener: Listener,
}

/// Why an address leads nowhere.
enum Lost {
    /// What is wrong, and what to do: about the name that is dialled, which may be that of a variable.
    Here(String, String),
    /// What is wrong, and the name that the Service has now.
    Renamed(String, String),
    /// The same about what stands around the name.
    Written(String, String),
    /// It is told of another object.
    Elsewhere,
}

/// Every address that a gateway or a head dials, the graph and the shards.
pub fn addresses(cluster: &Cluster<'_>, report: &mut Report) {
    let left = Cell::new(MOST_EXPANDED);
    for (workload, known) in cluster.workloads.iter().enumerate() {
        let id = known.object;
        let object = &cluster.objects[id];
        for container in &known.containers {
            let Some(role) = container.role else { continue };
            let has_neighbours = NEIGHBOURS.iter().any(|option| container.has(option));
            if role == Role::Worker && !has_neighbours {
                continue;
            }
            let allowed = left.get().min(MOST_OF_A_CONTAINER);
            let variables = Variables::of(container.node, cluster, object, allowed);
            let dialler = Dialler { cluster, workload, object, id, container, variables };
            match role {
                Role::Gateway => dialler.gateway(report),
                Role::Head => dialler.head(report),
                Role::Worker => {}
            }
            dialler.neighbours(report);
            left.set(left.get() - (allowed - dialler.variables.left()));
        }
    }
}

/// What runs before and after shards.
const NEIGHBOURS: [&str; 2] = ["--uses-before-address", "--uses-after-address"];

impl Dialler<'_, '_> {
    fn error(&self, path: String, message: impl Into<Box<str>>, got: &str, mend: impl Into<Box<str>>, report: &mut Report) {
        let finding = Finding::error(path, message).fix(mend);
        report.push(self.id, if got.is_empty() { finding } else { finding.got(got) });
    }

    /// An option whose value is JSON, with the place of its word.
    fn json(&self, option: &str, report: &mut Report) -> Option<(usize, Node<'static>)> {
        let &(place, given) = self.container.values(option).first()?;
        // A variable may stand within a text of the JSON, or for all of it.
        let mut read = serde_json::from_str(given);
        let expanded = self.variables.expanded(given);
        if read.is_err() {
            read = serde_json::from_str(&expanded);
        }
        match read {
            Ok(node) => return Some((place, node)),
            Err(_) if expanded.contains(RUNTIME) => {}
            Err(error) => {
                self.error(self.container.path_of(place), format!("is no JSON for {option}: {error}"), given, "correct it", report);
            }
        }
        None
    }

    fn gateway(&self, report: &mut Report) {
        let addresses = self.json("--deployments-addresses", report);
        let graph = self.json("--graph-description", report);
        let dialled = addresses.as_ref().and_then(|(_, node)| node.as_map()).unwrap_or_default();
        let mut reached: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for (name, node) in dialled {
            let place = addresses.as_ref().map_or(0, |(place, _)| *place);
            for text in several(node) {
                let workload = self.reach(plain(text), place, plain(name), report);
                reached.entry(plain(name)).or_insert(workload);
            }
            reached.entry(plain(name)).or_insert(None);
        }
        for (name, reached_one) in &reached {
            // Two names may lead to one executor, but not in its place.
            let target = reached_one.and_then(|id| self.cluster.workloads[id].jina_name.as_deref());
            let runs = |id: &Option<usize>, name: &str| id.is_some_and(|id| self.cluster.workloads[id].jina_name.as_deref() == Some(name));
            let is_swapped = |target: &str| target != *name && reached.get(target).is_some_and(|own| !runs(own, target));
            if let Some(target) = target.filter(|target| is_swapped(target)) {
                let place = addresses.as_ref().map_or(0, |(place, _)| *place);
                let message = format!("dials `{name}` and reaches executor `{target}`, for which another address is dialled");
                self.error(self.container.path_of(place), message, name, "swap the two addresses", report);
            }
        }
        let Some((place, graph)) = graph else {
            if !dialled.is_empty() && !self.container.has("--graph-description") {
                let message = "has no --graph-description, and so calls none of its executors";
                self.error(format!("{}.args", self.container.path), message, "", "restore it: {\"start-gateway\": [\"…\"], …}", report);
            }
            return;
        };
        let told = |fault: Fault, report: &mut Report| {
            self.error(self.container.path_of(place), fault.message, &fault.got, fault.mend, report);
        };
        let graph = match Graph::of(&graph) {
            Ok(graph) => graph,
            Err(fault) => return told(fault, report),
        };
        for name in graph.names.iter().filter(|name| !reached.contains_key(*name)) {
            self.differs(name, place, "has no address", "--deployments-addresses", report);
        }
        let known: HashSet<&str> = graph.names.iter().copied().collect();
        for name in dialled.iter().map(|(name, _)| plain(name)).filter(|name| !known.contains(name) && !ENDS.contains(name)) {
            let place = addresses.as_ref().map_or(place, |(place, _)| *place);
            self.differs(name, place, "is not in the graph", "--graph-description", report);
        }
        let is_floating = |name: &str| Some(self.cluster.main((*reached.get(name)?)?)?.0.is_floating);
        for fault in graph.faults(is_floating, |name| reached.contains_key(name)) {
            told(fault, report);
        }
    }

    fn differs(&self, name: &str, place: usize, message: &str, option: &str, report: &mut Report) {
        let mend = format!("add it to {option}, or take it out here");
        self.error(self.container.path_of(place), format!("names `{name}`, which {message}"), name, mend, report);
    }

    fn head(&self, report: &mut Report) {
        let Some((place, addresses)) = self.json("--connection-list", report) else { return };
        let shards = addresses.as_map().unwrap_or_default();
        let path = self.container.path_of(place);
        let number = shards.len();
        let mut is_there = vec![false; number];
        for (id, _) in shards {
            if let Some(is_there) = plain(id).parse().ok().and_then(|id: usize| is_there.get_mut(id)) {
                *is_there = true;
            }
        }
        if let Some(missing) = is_there.iter().position(|is_there| !is_there) {
            let message = format!("has no address of shard {missing}, and {number} addresses");
            self.error(path.clone(), message, "", format!("number them from 0 to {}", number - 1), report);
        }
        if let Some((place, given)) = self.container.values("--shards").first()
            && given.parse() != Ok(number)
        {
            let message = format!("is not the number of addresses, {number}");
            self.error(self.container.path_of(*place), message, given, "list every shard in --connection-list, once", report);
        }
        let own = self.cluster.workloads[self.workload].jina_name.as_deref().unwrap_or_default();
        for (id, node) in shards {
            let id = plain(id);
            for address in several(node) {
                let Some(reached) = self.reach(plain(address), place, &format!("{own}-{id}"), report) else { continue };
                let Some((container, Role::Worker)) = self.cluster.main(reached) else { continue };
                // An executor that is told nothing is shard 0.
                let found = container.shard.as_ref().map_or("0", |(id, _)| id);
                if found != id {
                    let label = self.cluster.label(reached);
                    let message = format!("reaches {label} for shard {id}, which is shard {found}");
                    let mend = format!("give {label} --shard-id {id}, or dial the Service of shard {id}");
                    self.error(path.clone(), message, plain(address), mend, report);
                }
            }
        }
    }

    /// What runs before and after the shards is in the same pod.
    fn neighbours(&self, report: &mut Report) {
        let pod = &self.cluster.workloads[self.workload];
        for option in NEIGHBOURS {
            for (place, given) in self.container.values(option) {
                let expanded = self.variables.expanded(given);
                let (host, port) = address::split(&expanded);
                if address::host(host, self.object.namespace, self.cluster) != Host::Pod {
                    self.reach(given, place, option.trim_start_matches('-'), report);
                    continue;
                }
                let is_other = |place: usize| pod.containers.get(place).is_some_and(|other| !std::ptr::eq(other, self.container));
                let is_there = match pod.listener(port.unwrap_or_default()) {
                    Listener::Jina(place) => is_other(place),
                    Listener::Sidecar(place) => is_other(place) && pod.containers[place].runs == Runs::Unknown,
                    Listener::Anywhere => true,
                    _ => false,
                };
                if !is_there {
                    let message = "is a port on which no other container of the pod listens";
                    let mend = "correct the port, or add the container";
                    self.error(self.container.path_of(place), message, &expanded, mend, report);
                }
            }
        }
    }

    /// Follows an address to the workload that it reaches, and says where it is lost. `whom` is the executor meant.
    fn reach(&self, given: &str, place: usize, whom: &str, report: &mut Report) -> Option<usize> {
        let address = self.variables.expanded(given);
        let (host, port) = address::split(&address);
        let host = address::host(host, self.object.namespace, self.cluster);
        let mut edge =
            Edge { from: self.workload, address: String::new(), to: None, service: None, port, is_broken: false, is_name: false };
        let reached = match host {
            Host::Pod => Ok(None),
            Host::Number(number) => match self.cluster.service_at(number) {
                Some(found) => self.lead(found.name, Some(found.namespace), port, (given, &address, place, whom), report),
                None => Ok(None),
            },
            Host::Elsewhere => {
                edge.is_name = !address.contains(RUNTIME);
                Ok(None)
            }
            Host::Unset(variable) => {
                let (why, mend) = match self.variables.place(variable) {
                    Some(_) => ("is set behind the variable that uses it", "move it before that"),
                    None => ("has no value", "add it to `env`: the name of the Service"),
                };
                let path = self.container.path_of(place);
                self.error(path, format!("dials `{whom}` by $({variable}), which {why}"), given, mend, report);
                Err(())
            }
            Host::Service(name, namespace) => {
                edge.is_name = true;
                self.lead(name, namespace, port, (given, &address, place, whom), report)
            }
        };
        match reached {
            Ok(Some(found)) => {
                (edge.to, edge.service, edge.port) = (Some(found.workload), Some(found.service), found.port);
                edge.is_broken = found.listener == Listener::Stranger;
                if matches!(found.listener, Listener::Stranger | Listener::Unknown) {
                    report.strangers.entry(found.workload).or_insert_with(|| (self.workload, address.clone()));
                }
            }
            Ok(None) => {}
            Err(()) => edge.is_broken = true,
        }
        let to = edge.to;
        edge.address = address;
        report.edges.push(edge);
        to
    }

    /// Where a Service leads that is dialled, unless that is lost, which is told.
    fn lead(
        &self,
        name: &str,
        namespace: Option<&str>,
        port: Option<u16>,
        (given, address, place, whom): (&str, &str, usize, &str),
        report: &mut Report,
    ) -> Result<Option<Reached>, ()> {
        let found = self.service(name, namespace, port, whom, MOST_ALIASES, report);
        let found = found.and_then(|found| match found {
            Some(found) => self.judged(&found, address, whom).map(|()| Some(found)),
            None => Ok(None),
        });
        found.map_err(|lost| {
            let (path, message, mend) = match lost {
                Lost::Here(message, mend) => (self.place(given, place), message, mend),
                Lost::Renamed(message, name) => {
                    let way = if self.variable(given).is_some() { BY_VARIABLE } else { BY_TEXT };
                    (self.place(given, place), message, format!("its Service is `{name}`; write that{way}"))
                }
                Lost::Written(message, mend) => (self.container.path_of(place), message, mend),
                Lost::Elsewhere => return,
            };
            self.error(path, format!("dials `{whom}` {message}"), address, mend, report);
        })
    }

    /// The workload behind a Service, or what is wrong and how to mend it; nothing where that is not ours to know.
    fn service(
        &self,
        name: &str,
        namespace: Option<&str>,
        port: Option<u16>,
        whom: &str,
        aliases: usize,
        report: &mut Report,
    ) -> Result<Option<Reached>, Lost> {
        let cluster = self.cluster;
        let own = self.object.namespace;
        let mut wanted = namespace.unwrap_or(own);
        // What is declared and here all the same is judged where Jina runs behind it.
        let is_external = cluster.external.has("Service", name) || cluster.own_external[self.workload].has("Service", name);
        // Objects without a namespace may be meant for the one that the address names.
        if own.is_empty() && !cluster.has_namespace(wanted) {
            wanted = own;
        }
        let Some(service) = cluster.service(wanted, name) else {
            return if is_external { Ok(None) } else { Err(self.missing(name, wanted, whom)) };
        };
        if !is_external {
            report.dialled.insert(service.object);
        }
        let object = &cluster.objects[service.object];
        let node = object.node;
        if text(node, "spec.type") == "ExternalName" {
            let host = address::host(text(node, "spec.externalName"), wanted, cluster);
            // Objects without a namespace may be meant for the one that it names.
            let is_here =
                |namespace: &str, name: &str| cluster.has_namespace(namespace) || (own.is_empty() && cluster.service(own, name).is_some());
            return match host {
                Host::Service(name, Some(namespace)) if aliases > 0 && is_here(namespace, name) => {
                    self.service(name, Some(namespace), port, whom, aliases - 1, report)
                }
                _ => Ok(None),
            };
        }
        let meant = cluster.by_jina_name(object.namespace, whom);
        if Selector::of_service(node).is_none() {
            if let Some(meant) = meant.filter(|_| !is_external && !cluster.has_endpoints(object.namespace, name)) {
                let label = cluster.label(meant);
                let labels = cluster.workloads[meant].labels.map(Node::shown).unwrap_or_default();
                let message = format!("is missing, and {} dials {label} by this Service", cluster.label(self.workload));
                let finding = Finding::error("spec.selector", message);
                report.push_once(service.object, finding.fix(format!("the pods of {label} have {labels}")));
                return Err(Lost::Elsewhere);
            }
            return Ok(None);
        }
        let is_headless = text(node, "spec.clusterIP") == "None";
        let shown = port.map(|port| port.to_string()).unwrap_or_default();
        let entry = service.ports.get(&*shown).or_else(|| service.not_tcp.get(&*shown));
        let entry = entry.and_then(|index| list(node, "spec.ports").get(*index));
        if port.is_some() && !is_headless && entry.is_none() {
            let known = few(list(node, "spec.ports").iter().map(|port| text(port, "port")));
            let mend = format!("it has {known}: dial that, or add the port to the Service");
            return Err(Lost::Here(format!("at port {shown}, which Service/{name} does not have"), mend));
        }
        let reached = match service.selected.as_slice() {
            [] => return if is_external || !service.is_known { Ok(None) } else { Err(Lost::Elsewhere) },
            [one] => *one,
            [first, second, ..] if cluster.role(*first).or(cluster.role(*second)).is_some() => return Ok(None),
            [first, ..] => *first,
        };
        let target = &cluster.workloads[reached];
        if is_external && target.main().is_none() {
            report.exempt.insert(reached);
            return Ok(None);
        }
        let label = cluster.label(reached);
        let at_pod = match entry.filter(|_| !is_headless).map(|entry| (entry, text(entry, "targetPort"))) {
            Some((_, target_port)) if !target_port.is_empty() => match target.port(target_port) {
                Some(number) => Some(number),
                // The Service names no port of the pods.
                None => return Err(Lost::Elsewhere),
            },
            _ => port,
        };
        let is_tcp = service.ports.contains_key(&*shown);
        if port.is_some() && !is_headless && !is_tcp {
            // Where it leads to Jina, that is told of the Service.
            let protocol = entry.map(|entry| text(entry, "protocol")).unwrap_or_default();
            let message = format!("at port {shown}, which Service/{name} has for {protocol} alone");
            let is_told = at_pod.is_some_and(|port| target.is_of_jina(port));
            return Err(if is_told { Lost::Elsewhere } else { Lost::Here(message, "write `protocol: TCP` there".to_owned()) });
        }
        let listener = at_pod.map_or(Listener::Anywhere, |port| target.listener(port));
        let listener = if target.main().is_none() { target.listener(at_pod.unwrap_or_default()) } else { listener };
        if is_headless && listener == Listener::Nobody {
            let message = format!("at port {shown}, on which {label} does not listen, and Service/{name} is headless");
            return Err(Lost::Here(message, format!("dial a port on which it does: {}", target.shown_ports())));
        }
        if listener == Listener::Nobody {
            let at_pod = at_pod.unwrap_or_default();
            if !target.serves(at_pod) {
                // As it is told of the Service.
                return Err(Lost::Elsewhere);
            }
            let message = format!("at port {shown}, which leads to port {at_pod} of {label}, where nothing of Jina listens");
            return Err(Lost::Here(message, format!("it listens on {}", target.shown_ports())));
        }
        let is_meant = target.jina_name.as_deref() == Some(whom) && cluster.of_workload(reached).namespace == object.namespace;
        if let Some(meant) = meant.filter(|_| !is_meant && target.main().is_some()) {
            let meant = cluster.front(meant).map_or_else(|| cluster.label(meant), |front| format!("Service/{}", front.name));
            return Err(Lost::Here(format!("and reaches {label}, which is another executor"), format!("dial {meant}")));
        }
        let service = cluster.service_of.get(&service.object).copied().unwrap_or_default();
        Ok(Some(Reached { workload: reached, service, port: at_pod, listener }))
    }

    /// Whether a container of Jina understands what is sent to it.
    fn judged(&self, found: &Reached, address: &str, whom: &str) -> Result<(), Lost> {
        let workload = &self.cluster.workloads[found.workload];
        let label = self.cluster.label(found.workload);
        let scheme = address::scheme(address);
        let has_tls = ["grpcs", "https", "wss"].contains(&scheme);
        match found.listener {
            Listener::Jina(_) => {
                let Some(spoken) = workload.schemes(found.port.unwrap_or_default()) else { return Ok(()) };
                let given = if scheme.is_empty() { "grpc" } else { scheme };
                if spoken.contains(&given) {
                    return Ok(());
                }
                let what = match (spoken[0], has_tls) {
                    ("grpc", true) => "gRPC without TLS",
                    ("grpc", false) => "gRPC",
                    ("grpcs", _) => "gRPC with TLS",
                    ("http", _) => "HTTP without TLS",
                    ("https", _) => "HTTP with TLS",
                    ("ws", _) => "WebSocket without TLS",
                    _ => "WebSocket with TLS",
                };
                let message = format!("by {given}://, and {label} serves {what}");
                Err(Lost::Written(message, format!("write {}://", spoken[0])))
            }
            // Something that takes TLS off is the one thing that may stand before an executor in its pod.
            Listener::Sidecar(place) if !(has_tls && workload.containers[place].runs == Runs::Unknown) => {
                let name = workload.containers[place].name();
                let port = found.port.unwrap_or_default();
                let message = format!("and reaches port {port} of container `{name}` of {label}, which does not run Jina for `{whom}`");
                Err(Lost::Here(message, format!("Jina listens on {}", shown_jina(workload))))
            }
            _ => Ok(()),
        }
    }

    fn missing(&self, name: &str, wanted: &str, whom: &str) -> Lost {
        let (cluster, own) = (self.cluster, self.object.namespace);
        if let Some(other) = cluster.namespace_of("Service", name) {
            let message = format!("in {}, and Service/{name} is in {}", named(wanted), named(other));
            let mend = if other == own { "dial it without a namespace: " } else { "give all objects of the Flow one namespace" };
            return Lost::Here(message, mend.to_owned() + if other == own { name } else { "" });
        }
        let meant = cluster.by_jina_name(own, whom).and_then(|workload| cluster.front(workload));
        let meant = meant.map(|front| Near { name: front.name, is_renamed: true }).or_else(|| cluster.near("Service", own, name));
        let declared = format!("say that it is provided elsewhere: --external service/{name}");
        let message = format!("at Service/{name}, which is not there");
        match meant {
            Some(Near { name, is_renamed: true }) => Lost::Renamed(message, name.to_owned()),
            Some(near) => Lost::Here(message, format!("did you mean `{}`? Otherwise {declared}", near.name)),
            None => Lost::Here(message, format!("add it, or {declared}")),
        }
    }

    /// Where an address is written: in the variable that it is made of, or in the argument.
    fn place(&self, given: &str, place: usize) -> String {
        match self.variable(given) {
            Some(index) => format!("{}.env[{index}].value", self.container.path),
            None => self.container.path_of(place),
        }
    }

    /// The index in `env` of the first variable of an address.
    fn variable(&self, given: &str) -> Option<usize> {
        let (name, _) = given.split_once("$(")?.1.split_once(')')?;
        self.variables.place(name)
    }
}

/// The ports on which containers of Jina serve requests, for messages.
fn shown_jina(workload: &Workload<'_>) -> String {
    let jina = workload.containers.iter().filter(|container| container.role.is_some());
    let ports: Vec<String> = jina
        .flat_map(|container| &container.ports)
        .filter(|listening| !listening.is_metrics)
        .map(|listening| listening.port.to_string())
        .collect();
    few(ports.iter().map(String::as_str))
}

/// How a rename reaches a name: that of a variable, and one within an argument.
const BY_VARIABLE: &str = "; where kustomize renames, list kustomizeconfig.yaml under `configurations:`";
const BY_TEXT: &str = ": no rename reaches a name within a text";

/// One value or several.
fn several<'n>(node: &'n Node<'n>) -> &'n [Node<'n>] {
    node.as_list().unwrap_or(std::slice::from_ref(node))
}

/// Executors that nobody dials, and gateways that no Service leads to. Where an address is lost, that has been said.
pub fn unreached(cluster: &Cluster<'_>, report: &mut Report) {
    let mut is_reached = vec![false; cluster.workloads.len()];
    let mut torn: HashSet<&str> = HashSet::new();
    let mut with_gateway: HashSet<&str> = HashSet::new();
    for edge in &report.edges {
        match edge.to {
            Some(to) => is_reached[to] = true,
            None if edge.is_broken => drop(torn.insert(cluster.of_workload(edge.from).namespace)),
            None => {}
        }
    }
    for id in 0..cluster.workloads.len() {
        if cluster.role(id) == Some(Role::Gateway) {
            with_gateway.insert(cluster.of_workload(id).namespace);
        }
    }
    let led = led(cluster);
    for id in (0..cluster.workloads.len()).filter(|id| !is_reached[*id]) {
        let Some((container, role)) = cluster.main(id) else { continue };
        let (namespace, object) = (cluster.of_workload(id).namespace, cluster.workloads[id].object);
        if role == Role::Gateway {
            if cluster.front(id).is_none() {
                let finding = Finding::warning("", "is a gateway that no Service leads to");
                report.push(object, finding.fix("add a Service that selects its pods"));
                continue;
            }
            let missing = container.ports.iter().find(|port| port.place.is_some() && !port.is_metrics && !led.contains(&(id, port.port)));
            if let Some((port, place)) = missing.and_then(|port| Some((port.port, port.place?))) {
                let finding = Finding::warning(container.path_of(place), "is a port of the gateway that no Service leads to");
                report.push(object, finding.got(port.to_string()).fix("add it to a Service that selects its pods, or stop serving it"));
            }
            continue;
        }
        if torn.contains(namespace) {
            continue;
        }
        match &container.shard {
            Some((shard, of)) if role == Role::Worker && *of > 1 => {
                let finding = Finding::error("", format!("is shard {shard} of {of}, and no head dials it"));
                report.push(object, finding.fix("add it to --connection-list of its head, or remove it"));
            }
            _ if with_gateway.contains(namespace) => {
                let finding = Finding::warning("", format!("runs a Jina {} that nothing here dials", role.word()));
                report.push(object, finding.fix("add it to --deployments-addresses of a gateway, or remove it"));
            }
            _ => {}
        }
    }
}

/// The ports of gateways to which a Service leads. A name that leads nowhere is told of the Service.
fn led(cluster: &Cluster<'_>) -> HashSet<(usize, u16)> {
    let mut led = HashSet::new();
    for service in &cluster.services {
        let node = cluster.objects[service.object].node;
        for workload in service.selected.iter().filter(|id| cluster.role(**id) == Some(Role::Gateway)) {
            for port in list(node, "spec.ports") {
                let target = if port.get("targetPort").is_some() { text(port, "targetPort") } else { text(port, "port") };
                led.extend(cluster.workloads[*workload].port(target).map(|number| (*workload, number)));
            }
        }
    }
    led
}

/// Pods that dial Services and ask a name server that knows none of them.
pub fn names(cluster: &Cluster<'_>, report: &mut Report) {
    let mut told = None;
    let mut found = Vec::new();
    for edge in report.edges.iter().filter(|edge| edge.is_name && edge.service.is_some()) {
        if told == Some(edge.from) {
            continue;
        }
        let workload = &cluster.workloads[edge.from];
        let policy = text(workload.spec, "dnsPolicy");
        let is_on_node = text(workload.spec, "hostNetwork") == "true" && matches!(policy, "" | "ClusterFirst");
        if policy == "Default" || is_on_node {
            told = Some(edge.from);
            let (message, right) = match policy {
                "Default" => ("asks the node's name server, which knows no Service", "ClusterFirst"),
                _ => ("is that of the node on the host's network, and its name server knows no Service", "ClusterFirstWithHostNet"),
            };
            let finding = Finding::error(format!("{}.dnsPolicy", workload.path), message).propose(right);
            found.push((workload.object, if policy.is_empty() { finding } else { finding.got(policy) }));
        }
    }
    for (object, finding) in found {
        report.push(object, finding);
    }
}

/// One version of Jina in a Flow, as far as images say theirs.
pub fn versions(cluster: &Cluster<'_>, report: &mut Report) {
    let mut gateways: Vec<Option<usize>> = vec![None; cluster.workloads.len()];
    // From gateways to heads, and from heads to shards, whichever are met first.
    for _ in 0..2 {
        for edge in &report.edges {
            if let Some(to) = edge.to {
                let from = if cluster.role(edge.from) == Some(Role::Gateway) { Some(edge.from) } else { gateways[edge.from] };
                gateways[to] = gateways[to].or(from);
            }
        }
    }
    for (id, gateway) in gateways.into_iter().enumerate() {
        let Some((gateway, (first, _))) = gateway.and_then(|gateway| Some((gateway, cluster.main(gateway)?))) else { continue };
        let image = text(first.node, "image");
        let wanted = said_version(cluster.of_workload(gateway)).unwrap_or_else(|| version(image, image));
        let said = said_version(cluster.of_workload(id));
        for container in cluster.workloads[id].containers.iter().filter(|container| container.role.is_some()) {
            let own = text(container.node, "image");
            let found = said.unwrap_or_else(|| version(own, image));
            if found != wanted && !found.is_empty() && !wanted.is_empty() {
                let message = format!("is Jina {found}, and its gateway {} is Jina {wanted}", cluster.label(gateway));
                let finding = Finding::warning(format!("{}.image", container.path), message).got(own);
                report.push(cluster.workloads[id].object, finding.fix("use one version throughout"));
            }
        }
    }
}

/// The version of Jina that a label or an annotation says.
fn said_version<'o>(object: &Object<'o>) -> Option<&'o str> {
    ["metadata.labels", "metadata.annotations"].iter().find_map(|path| at(object.node, path)?.get(VERSION).map(plain))
}

/// The version of Jina by the tag of its image, or of the gateway's when that is somebody's own. Empty where nobody knows.
fn version<'c>(image: &'c str, gateway: &str) -> &'c str {
    let image = image.split('@').next().unwrap_or_default();
    let (repository, tag) = image.rsplit_once(':').unwrap_or_default();
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let is_jinas = repository.ends_with("jinaai/jina") || gateway.strip_prefix(repository).is_some_and(|rest| rest.starts_with(':'));
    let is_version = tag.starts_with("3.") && tag[..end].split('.').count() == 3;
    if is_jinas && is_version { &tag[..end] } else { "" }
}
