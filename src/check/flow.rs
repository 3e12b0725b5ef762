//! The Flow: who dials whom, and that everybody is dialled.

use super::address::{self, Host};
use super::cluster::{Cluster, Index, Object, named};
use super::external::Near;
use super::pod::{Container, Role};
use super::words::{RUNTIME, Variables};
use super::{Edge, Report};
use crate::finding::Finding;
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
    container: &'c Container<'o>,
    variables: Variables,
}

/// Every address that a gateway or a head dials, the graph and the shards.
pub fn addresses(cluster: &Cluster<'_>, report: &mut Report) {
    for (workload, known) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[known.object];
        for container in known.containers.iter().filter(|container| container.role.is_some()) {
            let dialler = Dialler { cluster, workload, container, variables: container.variables(cluster, object) };
            match container.role {
                Some(Role::Gateway) => dialler.gateway(report),
                Some(Role::Head) => dialler.head(report),
                _ => {}
            }
            dialler.neighbours(report);
        }
    }
}

impl<'o> Dialler<'_, 'o> {
    fn object(&self) -> &Object<'o> {
        &self.cluster.objects[self.cluster.workloads[self.workload].object]
    }

    fn tell(&self, report: &mut Report, finding: Finding) {
        report.push(self.cluster.workloads[self.workload].object, finding);
    }

    /// An option whose value is JSON, with the place of its word.
    fn json(&self, option: &str, report: &mut Report) -> Option<(usize, Node<'static>)> {
        let (place, text) = self.container.values(option).into_iter().next()?;
        // A variable may stand within a text of the JSON, or for all of it.
        let expanded = || self.variables.expanded(text);
        match serde_json::from_str(text).or_else(|_| serde_json::from_str(&expanded())) {
            Ok(node) => Some((place, node)),
            Err(_) if expanded().contains(RUNTIME) => None,
            Err(error) => {
                let finding = Finding::error(self.container.path_of(place), format!("is no JSON for {option}: {error}"));
                self.tell(report, finding.got(text).mend("correct it"));
                None
            }
        }
    }

    fn gateway(&self, report: &mut Report) {
        let addresses = self.json("--deployments-addresses", report);
        let graph = self.json("--graph-description", report);
        let dialled = addresses.as_ref().and_then(|(_, node)| node.as_map()).unwrap_or_default();
        if let Some((place, _)) = addresses {
            for (name, list) in dialled {
                let name = name.as_text().unwrap_or_default();
                for text in texts(list) {
                    self.reach(text, place, name, report);
                }
            }
        }
        let Some((place, graph)) = graph else { return };
        let mut names = Index::default();
        let mut known = Index::default();
        for (name, _) in dialled {
            known.add([name.as_text().unwrap_or_default(), "", ""], 0);
        }
        let differs = |name: &str, place: usize, message: &str, option: &str, report: &mut Report| {
            let finding = Finding::error(self.container.path_of(place), format!("names `{name}`, which {message}"));
            self.tell(report, finding.got(name).mend(format!("add it to {option}, or take it out here")));
        };
        for (name, list) in graph.as_map().unwrap_or_default() {
            for name in name.as_text().into_iter().chain(texts(list)) {
                let words = [name, "", ""];
                if ENDS.contains(&name) || !names.get(words).is_empty() {
                    continue;
                }
                names.add(words, 0);
                if known.get(words).is_empty() {
                    differs(name, place, "has no address", "--deployments-addresses", report);
                }
            }
        }
        for name in dialled.iter().filter_map(|(name, _)| name.as_text()).filter(|name| names.get([name, "", ""]).is_empty()) {
            let place = addresses.as_ref().map_or(place, |(place, _)| *place);
            differs(name, place, "is not in the graph", "--graph-description", report);
        }
    }

    fn head(&self, report: &mut Report) {
        let Some((place, list)) = self.json("--connection-list", report) else { return };
        let shards = list.as_map().unwrap_or_default();
        let path = || self.container.path_of(place);
        let mut is_there = vec![false; shards.len()];
        for id in shards.iter().filter_map(|(id, _)| id.as_text()?.parse::<usize>().ok()) {
            if let Some(is_there) = is_there.get_mut(id) {
                *is_there = true;
            }
        }
        if let Some(missing) = is_there.iter().position(|is_there| !is_there) {
            let finding = Finding::error(path(), format!("has no address of shard {missing}, and {} addresses", shards.len()));
            self.tell(report, finding.mend(format!("number them from 0 to {}", shards.len() - 1)));
        }
        if let Some((place, text)) = self.container.values("--shards").first()
            && text.parse() != Ok(shards.len())
        {
            let finding = Finding::error(self.container.path_of(*place), format!("is not the number of addresses, {}", shards.len()));
            self.tell(report, finding.got(text).mend("list every shard in --connection-list, once"));
        }
        let own = self.cluster.workloads[self.workload].jina_name().unwrap_or_default();
        for (id, addresses) in shards {
            let id = id.as_text().unwrap_or_default();
            for text in texts(addresses) {
                let Some(reached) = self.reach(text, place, &format!("{own}-{id}"), report) else { continue };
                let Some((container, Role::Worker)) = self.cluster.main(reached) else { continue };
                // An executor that is told nothing is shard 0.
                let found = shard(container).map_or("0", |(id, _)| id);
                if found != id {
                    let label = self.cluster.label(reached);
                    let finding = Finding::error(path(), format!("reaches {label} for shard {id}, which is shard {found}"));
                    self.tell(report, finding.got(text).mend(format!("give {label} --shard-id {id}, or dial the Service of shard {id}")));
                }
            }
        }
    }

    /// What runs before and after the shards is in the same pod.
    fn neighbours(&self, report: &mut Report) {
        for option in ["--uses-before-address", "--uses-after-address"] {
            for (place, text) in self.container.values(option) {
                let expanded = self.variables.expanded(text);
                let (host, port) = address::split(&expanded);
                if address::host(host, self.cluster) != Host::Pod {
                    self.reach(text, place, option.trim_start_matches('-'), report);
                    continue;
                }
                let containers = self.cluster.workloads[self.workload].containers.iter();
                let mut others = containers.filter(|other| !std::ptr::eq(*other, self.container));
                if !others.any(|other| port.is_some_and(|port| other.has_port(port))) {
                    let finding = Finding::error(self.container.path_of(place), "is a port on which no other container of the pod listens");
                    self.tell(report, finding.got(&*expanded).mend("correct the port, or add the container"));
                }
            }
        }
    }

    /// Follows an address to the workload that it reaches, and says where it is lost. `whom` is the executor meant.
    fn reach(&self, text: &str, place: usize, whom: &str, report: &mut Report) -> Option<usize> {
        let address = self.variables.expanded(text);
        let (host, port) = address::split(&address);
        let lost = match address::host(host, self.cluster) {
            Host::Pod | Host::Elsewhere => Ok(None),
            Host::Unset(variable) => {
                let is_late = self.variable(variable).is_some();
                let why = if is_late { "is set behind the variable that uses it" } else { "has no value" };
                let finding = Finding::error(self.container.path_of(place), format!("dials `{whom}` by $({variable}), which {why}"));
                Err(finding.got(text).mend(if is_late { "move it before that" } else { "add it to `env`: the name of the Service" }))
            }
            Host::Service(name, namespace) => self.service(name, namespace, port, whom, &|| self.place(text, place)),
        };
        let (to, is_broken) = match lost {
            Ok(to) => (to, false),
            Err(finding) => {
                let got = if finding.got.is_some() { finding } else { finding.got(&*address) };
                self.tell(report, got);
                (None, true)
            }
        };
        let is_broken = is_broken || to.is_some_and(|(_, is_broken)| is_broken);
        let to = to.map(|(to, _)| to);
        report.edges.push(Edge { from: self.workload, address, to, is_broken });
        to
    }

    /// The workload behind a Service, and whether something was lost on the way that the Service is told.
    fn service(
        &self,
        name: &str,
        namespace: Option<&str>,
        port: Option<u16>,
        whom: &str,
        path: &dyn Fn() -> String,
    ) -> Result<Option<(usize, bool)>, Finding> {
        let cluster = self.cluster;
        let own = self.object().namespace;
        let wanted = namespace.unwrap_or(own);
        let Some(id) = cluster.all("Service", wanted, name).first() else {
            if cluster.external.has("Service", name) || super::external::External::of_annotation(self.object().node).0.has("Service", name)
            {
                return Ok(None);
            }
            return Err(self.missing(name, namespace, whom, path()));
        };
        let service = &cluster.objects[*id];
        let Ok(place) = cluster.services.binary_search(id) else { return Ok(None) };
        let text = |field: &str| service.spec(field).and_then(Node::as_text);
        if text("type") == Some("ExternalName") {
            return Ok(None);
        }
        let is_headless = text("clusterIP") == Some("None");
        let ports = service.spec("ports").and_then(Node::as_list).unwrap_or_default();
        let numbers = || ports.iter().filter_map(|port| port.get("port")?.as_text());
        if let Some(port) = port.filter(|port| !is_headless && !numbers().any(|text| text.parse() == Ok(*port))) {
            let known = numbers().collect::<Vec<_>>().join(", ");
            let finding = Finding::error(path(), format!("dials `{whom}` at port {port}, which Service/{name} does not have"));
            return Err(finding.mend(format!("it has {known}: dial that, or add the port to the Service")));
        }
        let &[reached] = cluster.selected[place].as_slice() else { return Ok(None) };
        let target = &cluster.workloads[reached];
        let label = cluster.label(reached);
        if let Some(port) = port.filter(|port| is_headless && !target.serves(*port)) {
            let message = format!("dials `{whom}` at port {port}, on which {label} does not listen, and Service/{name} is headless");
            return Err(Finding::error(path(), message).mend(format!("dial a port on which it does: {}", target.shown_ports())));
        }
        let others = cluster.by_jina_name.get([service.namespace, whom, ""]);
        if let Some(meant) = others.first().filter(|_| !others.contains(&reached)) {
            let message = format!("dials `{whom}` and reaches {label}, which is another executor");
            let meant = cluster.front(*meant).map_or_else(|| cluster.label(*meant), |front| format!("Service/{}", front.name));
            return Err(Finding::error(path(), message).mend(format!("dial {meant}")));
        }
        Ok(Some((reached, false)))
    }

    fn missing(&self, name: &str, namespace: Option<&str>, whom: &str, path: String) -> Finding {
        let cluster = self.cluster;
        let own = self.object().namespace;
        let wanted = namespace.unwrap_or(own);
        if let Some(other) = cluster.namespace_of("Service", name) {
            let message = format!("dials `{whom}` in {}, and Service/{name} is in {}", named(wanted), named(other));
            let finding = Finding::error(path, message);
            return if other == own {
                finding.mend(format!("dial it without a namespace: {name}"))
            } else {
                finding.mend("give all objects of the Flow one namespace")
            };
        }
        let is_variable = path.contains(".env[");
        let finding = Finding::error(path, format!("dials `{whom}` at Service/{name}, which is not there"));
        let meant = cluster.by_jina_name.get([own, whom, ""]).first().and_then(|workload| cluster.front(*workload));
        let meant = meant.map(|front| Near { name: front.name, is_renamed: true });
        let declared = format!("say that it is provided elsewhere: --external service/{name}");
        finding.mend(match meant.or_else(|| cluster.near("Service", own, name)) {
            Some(Near { name: near, is_renamed: true }) => {
                let how = if is_variable {
                    "write that; where kustomize renames, list kustomizeconfig.yaml under `configurations:`"
                } else {
                    "write that: no rename reaches a name within a text"
                };
                format!("its Service is `{near}`; {how}")
            }
            Some(near) => format!("did you mean `{}`? Otherwise {declared}", near.name),
            None => format!("add it, or {declared}"),
        })
    }

    /// Where an address is written: in the variable that it is made of, or in the argument.
    fn place(&self, text: &str, place: usize) -> String {
        let variable = text.split_once("$(").and_then(|(_, rest)| rest.split_once(')')).and_then(|(name, _)| self.variable(name));
        match variable {
            Some(index) => format!("{}.env[{index}].value", self.container.path),
            None => self.container.path_of(place),
        }
    }

    fn variable(&self, name: &str) -> Option<usize> {
        let env = self.container.node.get("env").and_then(Node::as_list).unwrap_or_default();
        env.iter().rposition(|entry| entry.get("name").and_then(Node::as_text) == Some(name))
    }
}

/// One text or several.
fn texts<'n>(node: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    node.as_list().unwrap_or(std::slice::from_ref(node)).iter().filter_map(Node::as_text)
}

/// The number of a shard, and of how many, where there are several.
pub fn shard<'c>(container: &'c Container<'_>) -> Option<(&'c str, usize)> {
    let value = |option| container.values(option).into_iter().next().map(|(_, text)| text);
    let id = value("--shard-id");
    let of = value("--shards").and_then(|text| text.parse().ok()).unwrap_or(1);
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
    for id in (0..cluster.workloads.len()).filter(|id| cluster.main(*id).is_some_and(|(_, role)| role == Role::Gateway)) {
        with_gateway.add([cluster.of_workload(id).namespace, "", ""], 0);
    }
    for id in (0..cluster.workloads.len()).filter(|id| !is_reached[*id]) {
        let Some((container, role)) = cluster.main(id) else { continue };
        let object = cluster.of_workload(id);
        let finding = match shard(container) {
            _ if role == Role::Gateway => {
                if cluster.front(id).is_some() || cluster.external.has("Service", object.name) {
                    continue;
                }
                Finding::warning("", "is a gateway that no Service leads to").mend("add a Service that selects its pods")
            }
            _ if !torn.get([object.namespace, "", ""]).is_empty() => continue,
            Some((shard, of)) if role == Role::Worker && of > 1 => {
                let finding = Finding::error("", format!("is shard {shard} of {of}, and no head dials it"));
                finding.mend("add it to --connection-list of its head, or remove it")
            }
            _ if !with_gateway.get([object.namespace, "", ""]).is_empty() => {
                let finding = Finding::warning("", format!("is {} that nothing here dials", article(role)));
                finding.mend("add it to --deployments-addresses of a gateway, or remove it")
            }
            _ => continue,
        };
        report.push(cluster.workloads[id].object, finding);
    }
}

fn article(role: Role) -> &'static str {
    if role == Role::Head { "a head" } else { "an executor" }
}

/// One version of Jina in a Flow, as far as images say theirs.
pub fn versions(cluster: &Cluster<'_>, report: &mut Report) {
    let mut gateway: Vec<Option<usize>> = vec![None; cluster.workloads.len()];
    // From gateways to heads, and from heads to shards, whichever are met first.
    for _ in 0..2 {
        for edge in &report.edges {
            let is_gateway = cluster.main(edge.from).is_some_and(|(_, role)| role == Role::Gateway);
            if let Some(to) = edge.to {
                gateway[to] = gateway[to].or(if is_gateway { Some(edge.from) } else { gateway[edge.from] });
            }
        }
    }
    for (id, gateway) in gateway.iter().enumerate() {
        let Some((gateway, (first, _))) = gateway.and_then(|gateway| Some((gateway, cluster.main(gateway)?))) else { continue };
        let Some(wanted) = version(cluster.of_workload(gateway), first, None) else { continue };
        let object = cluster.of_workload(id);
        for container in cluster.workloads[id].containers.iter().filter(|container| container.role.is_some()) {
            let Some(found) = version(object, container, Some(first)).filter(|found| *found != wanted) else { continue };
            let message = format!("is Jina {found}, and its gateway {} is Jina {wanted}", cluster.label(gateway));
            let finding = Finding::warning(format!("{}.image", container.path), message);
            let finding = finding.got(image(container)).mend("use one version throughout");
            report.push(cluster.workloads[id].object, finding);
        }
    }
}

fn image<'c>(container: &Container<'c>) -> &'c str {
    container.node.get("image").and_then(Node::as_text).unwrap_or_default()
}

/// The version of Jina in a container: what a label or an annotation says, else the tag of Jina's image, or of the
/// gateway's when that is somebody's own.
fn version<'c>(object: &Object<'c>, container: &Container<'c>, gateway: Option<&Container<'_>>) -> Option<&'c str> {
    let metadata = object.node.get("metadata");
    let said = ["labels", "annotations"].into_iter().find_map(|field| metadata?.get(field)?.get(VERSION)?.as_text());
    let parts = |image: &'c str| {
        let image = image.split('@').next().unwrap_or_default();
        let (repository, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
        let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
        let version = &tag[..end];
        (version.starts_with("3.") && version.split('.').count() == 3).then_some((repository, version))
    };
    said.or_else(|| {
        let (repository, version) = parts(image(container))?;
        let is_gateways = gateway.is_none_or(|gateway| image(gateway).strip_prefix(repository).is_some_and(|rest| rest.starts_with(':')));
        (is_gateways || repository.ends_with("jinaai/jina")).then_some(version)
    })
}
