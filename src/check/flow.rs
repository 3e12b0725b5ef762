//! The Flow: who dials whom, and that everybody is dialled.

use super::address::{self, Host};
use super::cluster::{Cluster, Index, Object, named};
use super::external::{External, Near};
use super::fields::{at, list, plain, text};
use super::pod::{Container, Role};
use super::words::{RUNTIME, Variables};
use super::{Edge, Report};
use crate::finding::{Finding, Findings};
use crate::yaml::Node;

/// Labels and annotations that say which Jina is in an image.
const VERSION: &str = "flow.jina.ai/jina-version";

/// The ends of every graph (`jina/serve/runtimes/gateway/graph/topology_graph.py`).
const ENDS: [&str; 2] = ["start-gateway", "end-gateway"];

/// A container that dials.
struct Dialler<'c, 'o> {
    cluster: &'c Cluster<'o>,
    /// Its place among the workloads.
    workload: usize,
    object: &'c Object<'o>,
    /// Its place among the objects.
    id: usize,
    container: &'c Container<'o>,
    variables: Variables,
}

/// Every address that a gateway or a head dials, the graph and the shards.
pub fn addresses(cluster: &Cluster<'_>, report: &mut Report) {
    for (workload, known) in cluster.workloads.iter().enumerate() {
        let id = known.object;
        let object = &cluster.objects[id];
        for container in &known.containers {
            let Some(role) = container.role else { continue };
            let variables = Variables::of(container.node, cluster, object);
            let dialler = Dialler { cluster, workload, object, id, container, variables };
            match role {
                Role::Gateway => dialler.gateway(report),
                Role::Head => dialler.head(report),
                Role::Worker => {}
            }
            dialler.neighbours(report);
        }
    }
}

impl Dialler<'_, '_> {
    /// An option whose value is JSON, with the place of its word.
    #[inline(never)]
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
                let (path, message) = (self.container.path_of(place), format_args!("is no JSON for {option}: {error}"));
                report.error(self.id, format_args!("{path}"), message, given, format_args!("correct it"));
            }
        }
        None
    }

    fn gateway(&self, report: &mut Report) {
        let addresses = self.json("--deployments-addresses", report);
        let graph = self.json("--graph-description", report);
        let dialled = addresses.as_ref().and_then(|(_, node)| node.as_map()).unwrap_or_default();
        let mut known = Index::default();
        for (name, node) in dialled {
            known.add([plain(name), "", ""], 0);
            for text in several(node) {
                self.reach(plain(text), addresses.as_ref().map_or(0, |(place, _)| *place), plain(name), report);
            }
        }
        let Some((place, graph)) = graph else { return };
        let mut names = Index::default();
        for (name, node) in graph.as_map().unwrap_or_default() {
            for name in std::iter::once(name).chain(several(node)).map(plain).filter(|name| !ENDS.contains(name)) {
                if !names.has(name) && !known.has(name) {
                    self.differs(name, place, "has no address", "--deployments-addresses", report);
                }
                names.add([name, "", ""], 0);
            }
        }
        for (name, _) in dialled {
            if !names.has(plain(name)) {
                let place = addresses.as_ref().map_or(place, |(place, _)| *place);
                self.differs(plain(name), place, "is not in the graph", "--graph-description", report);
            }
        }
    }

    fn differs(&self, name: &str, place: usize, message: &str, option: &str, report: &mut Report) {
        let path = self.container.path_of(place);
        let mend = format_args!("add it to {option}, or take it out here");
        report.error(self.id, format_args!("{path}"), format_args!("names `{name}`, which {message}"), name, mend);
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
            let message = format_args!("has no address of shard {missing}, and {number} addresses");
            report.error(self.id, format_args!("{path}"), message, "", format_args!("number them from 0 to {}", number - 1));
        }
        if let Some((place, given)) = self.container.values("--shards").first()
            && given.parse() != Ok(number)
        {
            let path = self.container.path_of(*place);
            let message = format_args!("is not the number of addresses, {number}");
            report.error(self.id, format_args!("{path}"), message, given, format_args!("list every shard in --connection-list, once"));
        }
        let own = self.cluster.workloads[self.workload].jina_name().unwrap_or_default();
        for (id, node) in shards {
            let id = plain(id);
            for address in several(node) {
                let Some(reached) = self.reach(plain(address), place, &format!("{own}-{id}"), report) else { continue };
                let Some((container, Role::Worker)) = self.cluster.main(reached) else { continue };
                // An executor that is told nothing is shard 0.
                let found = shard(container).map_or("0", |(id, _)| id);
                if found != id {
                    let label = self.cluster.label(reached);
                    let message = format_args!("reaches {label} for shard {id}, which is shard {found}");
                    let mend = format_args!("give {label} --shard-id {id}, or dial the Service of shard {id}");
                    report.error(self.id, format_args!("{path}"), message, plain(address), mend);
                }
            }
        }
    }

    /// What runs before and after the shards is in the same pod.
    fn neighbours(&self, report: &mut Report) {
        for option in ["--uses-before-address", "--uses-after-address"] {
            for (place, given) in self.container.values(option) {
                let expanded = self.variables.expanded(given);
                let (host, port) = address::split(&expanded);
                if address::host(host, self.cluster) != Host::Pod {
                    self.reach(given, place, option.trim_start_matches('-'), report);
                    continue;
                }
                let mut containers = self.cluster.workloads[self.workload].containers.iter();
                let port = port.unwrap_or_default();
                if !containers.any(|other| !std::ptr::eq(other, self.container) && other.has_port(port)) {
                    let path = self.container.path_of(place);
                    let message = format_args!("is a port on which no other container of the pod listens");
                    report.error(
                        self.id,
                        format_args!("{path}"),
                        message,
                        &expanded,
                        format_args!("correct the port, or add the container"),
                    );
                }
            }
        }
    }

    /// Follows an address to the workload that it reaches, and says where it is lost. `whom` is the executor meant.
    #[inline(never)]
    fn reach(&self, given: &str, place: usize, whom: &str, report: &mut Report) -> Option<usize> {
        let address = self.variables.expanded(given);
        let (host, port) = address::split(&address);
        let reached = match address::host(host, self.cluster) {
            Host::Pod | Host::Elsewhere => Ok(None),
            Host::Unset(variable) => {
                let path = self.container.path_of(place);
                let (why, mend) = match self.variable(variable) {
                    Some(_) => ("is set behind the variable that uses it", "move it before that"),
                    None => ("has no value", "add it to `env`: the name of the Service"),
                };
                let finding = Finding::error(path, format!("dials `{whom}` by $({variable}), which {why}"));
                Err(finding.got(given).mend(mend))
            }
            Host::Service(name, namespace) => self.service(name, namespace, port, whom).map_err(|lost| {
                let finding = Finding::error(self.place(given, place), format!("dials `{whom}` {}", lost.0));
                let is_variable = finding.path.contains(".env[");
                finding.got(&*address).mend(if is_variable { lost.1 } else { lost.1.replace(BY_VARIABLE, BY_TEXT) })
            }),
        };
        let (to, is_broken) = match reached {
            Ok(to) => (to, false),
            Err(finding) => {
                report.push(self.id, finding);
                (None, true)
            }
        };
        report.edges.push(Edge { from: self.workload, address, to, is_broken });
        to
    }

    /// The workload behind a Service, or what is wrong and how to mend it.
    fn service(&self, name: &str, namespace: Option<&str>, port: Option<u16>, whom: &str) -> Result<Option<usize>, (String, String)> {
        let cluster = self.cluster;
        let wanted = namespace.unwrap_or(self.object.namespace);
        let Some(id) = cluster.place("Service", wanted, name) else {
            let own = External::of_annotation(self.object.node, &mut Findings::default());
            let is_external = cluster.external.has("Service", name) || own.has("Service", name);
            return if is_external { Ok(None) } else { Err(self.missing(name, wanted, whom)) };
        };
        let service = cluster.objects[id].node;
        let place = cluster.services.binary_search(&id).unwrap_or_default();
        if text(service, "spec.type") == "ExternalName" {
            return Ok(None);
        }
        let is_headless = text(service, "spec.clusterIP") == "None";
        let known: Vec<&str> = list(service, "spec.ports").iter().map(|port| text(port, "port")).collect();
        let shown = port.map(|port| port.to_string()).unwrap_or_default();
        if port.is_some() && !is_headless && !known.contains(&&*shown) {
            let mend = format!("it has {}: dial that, or add the port to the Service", known.join(", "));
            return Err((format!("at port {shown}, which Service/{name} does not have"), mend));
        }
        let &[reached] = cluster.selected[place].as_slice() else { return Ok(None) };
        let target = &cluster.workloads[reached];
        let label = cluster.label(reached);
        if is_headless && port.is_some_and(|port| !target.serves(port)) {
            let message = format!("at port {shown}, on which {label} does not listen, and Service/{name} is headless");
            return Err((message, format!("dial a port on which it does: {}", target.shown_ports())));
        }
        let others = cluster.by_jina_name.get([cluster.objects[id].namespace, whom, ""]);
        if let Some(meant) = others.first().filter(|_| !others.contains(&reached)) {
            let meant = cluster.front(*meant).map_or_else(|| cluster.label(*meant), |front| format!("Service/{}", front.name));
            return Err((format!("and reaches {label}, which is another executor"), format!("dial {meant}")));
        }
        Ok(Some(reached))
    }

    fn missing(&self, name: &str, wanted: &str, whom: &str) -> (String, String) {
        let (cluster, own) = (self.cluster, self.object.namespace);
        if let Some(other) = cluster.namespace_of("Service", name) {
            let message = format!("in {}, and Service/{name} is in {}", named(wanted), named(other));
            let mend = if other == own { "dial it without a namespace: " } else { "give all objects of the Flow one namespace" };
            return (message, mend.to_owned() + if other == own { name } else { "" });
        }
        let meant = cluster.by_jina_name.get([own, whom, ""]).first().and_then(|workload| cluster.front(*workload));
        let meant = meant.map(|front| Near { name: front.name, is_renamed: true }).or_else(|| cluster.near("Service", own, name));
        let declared = format!("say that it is provided elsewhere: --external service/{name}");
        let mend = match meant {
            Some(Near { name, is_renamed: true }) => format!("its Service is `{name}`; write that{BY_VARIABLE}"),
            Some(near) => format!("did you mean `{}`? Otherwise {declared}", near.name),
            None => format!("add it, or {declared}"),
        };
        (format!("at Service/{name}, which is not there"), mend)
    }

    /// Where an address is written: in the variable that it is made of, or in the argument.
    fn place(&self, given: &str, place: usize) -> String {
        let variable = given.split_once("$(").and_then(|(_, rest)| rest.split_once(')'));
        match variable.and_then(|(name, _)| self.variable(name)) {
            Some(index) => format!("{}.env[{index}].value", self.container.path),
            None => self.container.path_of(place),
        }
    }

    fn variable(&self, name: &str) -> Option<usize> {
        list(self.container.node, "env").iter().rposition(|entry| text(entry, "name") == name)
    }
}

/// How a name gets right that stands in a variable, and one within a text.
const BY_VARIABLE: &str = "; where kustomize renames, list kustomizeconfig.yaml under `configurations:`";
const BY_TEXT: &str = ": no rename reaches a name within a text";

/// One value or several.
fn several<'n>(node: &'n Node<'n>) -> &'n [Node<'n>] {
    node.as_list().unwrap_or(std::slice::from_ref(node))
}

/// The number of a shard, and of how many, where there are several.
#[inline(never)]
pub fn shard<'c>(container: &'c Container<'_>) -> Option<(&'c str, usize)> {
    let id = container.value("--shard-id");
    let of = container.value("--shards").and_then(|text| text.parse().ok()).unwrap_or(1);
    (of > 1 || id.is_some()).then_some((id.unwrap_or("0"), of))
}

/// Executors that nobody dials, and gateways that no Service leads to. Where an address is lost, that has been said.
pub fn unreached(cluster: &Cluster<'_>, report: &mut Report) {
    let mut is_reached = vec![false; cluster.workloads.len()];
    let mut torn = Index::default();
    let mut with_gateway = Index::default();
    for edge in &report.edges {
        match edge.to {
            Some(to) => is_reached[to] = true,
            None if edge.is_broken => torn.add([cluster.of_workload(edge.from).namespace, "", ""], 0),
            None => {}
        }
    }
    for id in 0..cluster.workloads.len() {
        if cluster.role(id) == Some(Role::Gateway) {
            with_gateway.add([cluster.of_workload(id).namespace, "", ""], 0);
        }
    }
    for id in (0..cluster.workloads.len()).filter(|id| !is_reached[*id]) {
        let Some((container, role)) = cluster.main(id) else { continue };
        let (namespace, object) = (cluster.of_workload(id).namespace, cluster.workloads[id].object);
        let path = format_args!("");
        if role == Role::Gateway {
            if cluster.front(id).is_none() {
                let mend = format_args!("add a Service that selects its pods");
                report.warning(object, path, format_args!("is a gateway that no Service leads to"), "", mend);
            }
            continue;
        }
        if torn.has(namespace) {
            continue;
        }
        match shard(container) {
            Some((shard, of)) if role == Role::Worker && of > 1 => {
                let message = format_args!("is shard {shard} of {of}, and no head dials it");
                report.error(object, path, message, "", format_args!("add it to --connection-list of its head, or remove it"));
            }
            _ if with_gateway.has(namespace) => {
                let mend = format_args!("add it to --deployments-addresses of a gateway, or remove it");
                report.warning(object, path, format_args!("runs a Jina {} that nothing here dials", role.word()), "", mend);
            }
            _ => {}
        }
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
        let wanted = version(cluster.of_workload(gateway), image, image);
        for container in cluster.workloads[id].containers.iter().filter(|container| container.role.is_some()) {
            let own = text(container.node, "image");
            let found = version(cluster.of_workload(id), own, image);
            if found != wanted && !found.is_empty() && !wanted.is_empty() {
                let message = format_args!("is Jina {found}, and its gateway {} is Jina {wanted}", cluster.label(gateway));
                let path = format_args!("{}.image", container.path);
                report.warning(cluster.workloads[id].object, path, message, own, format_args!("use one version throughout"));
            }
        }
    }
}

/// The version of Jina in a container: what a label or an annotation says, else the tag of Jina's image, or of the
/// gateway's when that is somebody's own. Empty where nobody knows.
fn version<'c>(object: &Object<'c>, image: &'c str, gateway: &str) -> &'c str {
    for path in ["metadata.labels", "metadata.annotations"] {
        if let Some(said) = at(object.node, path).and_then(|node| node.get(VERSION)) {
            return plain(said);
        }
    }
    let image = image.split('@').next().unwrap_or_default();
    let (repository, tag) = image.rsplit_once(':').unwrap_or_default();
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let is_jinas = repository.ends_with("jinaai/jina") || gateway.strip_prefix(repository).is_some_and(|rest| rest.starts_with(':'));
    let is_version = tag.starts_with("3.") && tag[..end].split('.').count() == 3;
    if is_jinas && is_version { &tag[..end] } else { "" }
}
