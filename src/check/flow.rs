//! Checks the calls between the parts of a Flow, and that every part is called.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use super::address::{self, Host};
use super::client::{Client, GivenAddress};
use super::cluster::Cluster;
use super::command::{JinaRole, Runs};
use super::graph::{ENDS, Fault, Graph};
use super::object::SeenObject;
use super::pod::Listener;
use super::report::Report;
use super::variables::{MOST_OF_A_CONTAINER, Variables};
use crate::finding::{Code, Finding};
use crate::yaml::{Node, View};

/// The label and annotation with the version of Jina in an image.
const VERSION: &str = "flow.jina.ai/jina-version";

/// The bytes that references to variables may add in all containers together.
const MOST_EXPANDED: usize = 32 * MOST_OF_A_CONTAINER;

/// Options with the addresses of executors that run before and after shards.
const NEIGHBORS: [&str; 2] = ["--uses-before-address", "--uses-after-address"];

/// Checks every address that a gateway or a head calls, the graph and the shards.
pub fn calls(cluster: &Cluster<'_>, report: &mut Report) {
    let left = Cell::new(MOST_EXPANDED);
    for (workload, known) in cluster.workloads.iter().enumerate() {
        let id = known.object;
        let object = &cluster.objects[id];
        for container in &known.containers {
            let Some(role) = container.role else { continue };
            let has_neighbors = NEIGHBORS.iter().any(|option| container.has(option));
            if role == JinaRole::Worker && !has_neighbors {
                continue;
            }
            let allowed = left.get().min(MOST_OF_A_CONTAINER);
            let variables = Variables::of(container.view, cluster, object, allowed);
            let client = Client { cluster, workload, object, id, container, variables };
            match role {
                JinaRole::Gateway => check_gateway(&client, report),
                JinaRole::Head => check_head(&client, report),
                JinaRole::Worker => {}
            }
            check_neighbors(&client, report);
            left.set(left.get() - (allowed - client.variables.left()));
        }
    }
}

/// The string of a scalar; empty for anything else.
fn text<'n>(node: &'n Node<'_>) -> &'n str {
    node.as_text().unwrap_or_default()
}

/// The entries of a list. A single value is the only entry.
fn one_or_several<'n>(node: &'n Node<'n>) -> &'n [Node<'n>] {
    node.as_list().unwrap_or(std::slice::from_ref(node))
}

fn check_gateway(client: &Client<'_, '_>, report: &mut Report) {
    let addresses = client.json("--deployments-addresses", report);
    let graph = client.json("--graph-description", report);
    let (word, called) = match &addresses {
        Some((word, node)) => (Some(*word), node.as_map().unwrap_or_default()),
        None => (None, [].as_slice()),
    };
    let mut reached: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (name, node) in called {
        for address in one_or_several(node) {
            let given = GivenAddress { written: text(address), word: word.unwrap_or_default(), executor: text(name) };
            let workload = client.follow(given, report);
            reached.entry(text(name)).or_insert(workload);
        }
        reached.entry(text(name)).or_insert(None);
    }
    check_swapped(client, word.unwrap_or_default(), &reached, report);
    let Some((graph_word, graph)) = graph else {
        if !called.is_empty() && !client.container.has("--graph-description") {
            let finding = Code::InvalidArgument.error(client.container.path.key("args"), "need --graph-description to call any executor");
            client.report(finding.fix("restore it: {\"start-gateway\": [\"…\"], …}"), "", report);
        }
        return;
    };
    let push = |Fault { code, message, got, fix }: Fault, report: &mut Report| {
        client.report(code.error(client.container.path_of(graph_word), message).fix(fix), &got, report);
    };
    let graph = match Graph::of(&graph) {
        Ok(graph) => graph,
        Err(fault) => return push(fault, report),
    };
    let differs = |name: &str, word: usize, message: &str, option: &str, report: &mut Report| {
        let path = client.container.path_of(word);
        let finding = Code::GraphAndAddressesDiffer.error(path, format!("has `{name}`, which {message}"));
        client.report(finding.fix(format!("add it to {option}, or remove it here")), name, report);
    };
    for name in graph.names.iter().filter(|name| !reached.contains_key(*name)) {
        differs(name, graph_word, "has no address", "--deployments-addresses", report);
    }
    let known: HashSet<&str> = graph.names.iter().copied().collect();
    for name in called.iter().map(|(name, _)| text(name)).filter(|name| !known.contains(name) && !ENDS.contains(name)) {
        differs(name, word.unwrap_or(graph_word), "is not in the graph", "--graph-description", report);
    }
    let is_floating = |name: &str| Some(client.cluster.main((*reached.get(name)?)?)?.0.is_floating);
    for fault in graph.faults(is_floating, |name| reached.contains_key(name)) {
        push(fault, report);
    }
}

/// Reports swapped addresses. Two names may lead to one executor, unless the executor also has its own name and address.
fn check_swapped(client: &Client<'_, '_>, word: usize, reached: &BTreeMap<&str, Option<usize>>, report: &mut Report) {
    let jina_name = |id: usize| client.cluster.workloads[id].jina_name.as_deref();
    for (name, workload) in reached {
        let target = workload.and_then(jina_name);
        let runs = |id: &Option<usize>, name: &str| id.is_some_and(|id| jina_name(id) == Some(name));
        let is_swapped = |target: &str| target != *name && reached.get(target).is_some_and(|own| !runs(own, target));
        if let Some(target) = target.filter(|target| is_swapped(target)) {
            let message = format!("calls `{name}` and reaches executor `{target}`, which has another address");
            let finding = Code::WrongExecutorReached.error(client.container.path_of(word), message);
            client.report(finding.fix("swap the two addresses"), name, report);
        }
    }
}

fn check_head(client: &Client<'_, '_>, report: &mut Report) {
    let Some((word, addresses)) = client.json("--connection-list", report) else { return };
    let shards = addresses.as_map().unwrap_or_default();
    let path = || client.container.path_of(word);
    let count = shards.len();
    let mut has_address = vec![false; count];
    for (id, _) in shards {
        if let Some(has_address) = text(id).parse().ok().and_then(|id: usize| has_address.get_mut(id)) {
            *has_address = true;
        }
    }
    if let Some(missing) = has_address.iter().position(|has_address| !has_address) {
        let message = format!("has {count} addresses, but none for shard {missing}");
        let finding = Code::ShardsIncomplete.error(path(), message);
        client.report(finding.fix(format!("number the shards from 0 to {}", count - 1)), "", report);
    }
    if let Some((word, given)) = client.container.values("--shards").first()
        && given.parse() != Ok(count)
    {
        let finding = Code::ShardsIncomplete.error(client.container.path_of(*word), format!("must be the number of addresses, {count}"));
        client.report(finding.fix("list every shard once in --connection-list"), given, report);
    }
    let own = client.cluster.workloads[client.workload].jina_name.as_deref().unwrap_or_default();
    for (id, node) in shards {
        let id = text(id);
        let executor = format!("{own}-{id}");
        for address in one_or_several(node) {
            let given = GivenAddress { written: text(address), word, executor: &executor };
            let Some(reached) = client.follow(given, report) else { continue };
            let Some((container, JinaRole::Worker)) = client.cluster.main(reached) else { continue };
            // The default of `--shard-id` is 0.
            let found = container.shard.as_ref().map_or("0", |shard| &shard.id);
            if found != id {
                let label = client.cluster.label(reached);
                let finding =
                    Code::WrongExecutorReached.error(path(), format!("calls shard {id} and reaches {label}, which is shard {found}"));
                let fix = format!("set --shard-id {id} of {label}, or call the Service of shard {id}");
                client.report(finding.fix(fix), text(address), report);
            }
        }
    }
}

/// Executors that run before and after shards, usually in the same pod.
fn check_neighbors(client: &Client<'_, '_>, report: &mut Report) {
    let pod = &client.cluster.workloads[client.workload];
    for option in NEIGHBORS {
        for (word, written) in client.container.values(option) {
            let expanded = client.variables.expanded(written);
            let (host, port) = address::split(&expanded);
            if address::host(host, client.object.namespace(), client.cluster) != Host::Pod {
                client.follow(GivenAddress { written, word, executor: option.trim_start_matches('-') }, report);
                continue;
            }
            let is_other = |place: usize| pod.containers.get(place).is_some_and(|other| !std::ptr::eq(other, client.container));
            let is_served = match pod.listener(port.unwrap_or_default()) {
                Listener::Jina(place) => is_other(place),
                Listener::Sidecar(place) => is_other(place) && pod.containers[place].runs == Runs::Unknown,
                Listener::Anywhere => true,
                _ => false,
            };
            if !is_served {
                let message = "is a port on which no other container of the pod listens";
                let finding = Code::PortNotServed.error(client.container.path_of(word), message);
                client.report(finding.fix("correct the port, or add the container"), &expanded, report);
            }
        }
    }
}

/// Reports executors that are never called, and gateways without a Service. In a namespace with broken addresses, only the
/// broken addresses are reported.
pub fn uncalled(cluster: &Cluster<'_>, report: &mut Report) {
    let mut is_called = vec![false; cluster.workloads.len()];
    let mut broken_namespaces: HashSet<&str> = HashSet::new();
    for edge in &report.edges {
        match edge.to {
            Some(to) => is_called[to] = true,
            None if edge.is_broken => drop(broken_namespaces.insert(cluster.object_of(edge.from).namespace())),
            None => {}
        }
    }
    let gateways = (0..cluster.workloads.len()).filter(|id| cluster.role(*id) == Some(JinaRole::Gateway));
    let gateway_namespaces: HashSet<&str> = gateways.map(|id| cluster.object_of(id).namespace()).collect();
    let exposed = exposed_ports(cluster);
    for id in (0..cluster.workloads.len()).filter(|id| !is_called[*id]) {
        let Some((container, role)) = cluster.main(id) else { continue };
        let (namespace, object) = (cluster.object_of(id).namespace(), cluster.workloads[id].object);
        if role == JinaRole::Gateway {
            if let Some(finding) = uncalled_gateway(cluster, id, &exposed) {
                report.push(object, finding);
            }
            continue;
        }
        if broken_namespaces.contains(namespace) {
            continue;
        }
        match &container.shard {
            Some(shard) if role == JinaRole::Worker && shard.count > 1 => {
                let message = format!("is shard {} of {}, but no head calls it", shard.id, shard.count);
                let finding = Code::ShardsIncomplete.error("", message);
                report.push(object, finding.fix("add it to --connection-list of its head, or remove it"));
            }
            _ if gateway_namespaces.contains(namespace) => {
                let message = format!("runs a Jina {} that no gateway or head calls", role.word());
                let finding = Code::ExecutorNotCalled.warning("", message);
                report.push(object, finding.fix("add it to --deployments-addresses of a gateway, or remove it"));
            }
            _ => {}
        }
    }
}

fn uncalled_gateway(cluster: &Cluster<'_>, id: usize, exposed: &HashSet<(usize, u16)>) -> Option<Finding> {
    let (container, _) = cluster.main(id)?;
    if cluster.front(id).is_none() {
        let finding = Code::GatewayWithoutService.warning("", "is a gateway without a Service");
        return Some(finding.fix("add a Service that selects its pods"));
    }
    let is_missing = |port: u16| !exposed.contains(&(id, port));
    let mut ports = container.ports.iter().filter(|listening| !listening.is_metrics && is_missing(listening.port));
    let (port, word) = ports.find_map(|listening| Some((listening.port, listening.word?)))?;
    let finding = Code::GatewayWithoutService.warning(container.path_of(word), "is a port of the gateway that is in no Service");
    Some(finding.got(port.to_string()).fix("add it to a Service that selects the pods, or remove it"))
}

/// The ports of gateways to which a Service leads. An unknown name of a port is reported about the Service.
fn exposed_ports(cluster: &Cluster<'_>) -> HashSet<(usize, u16)> {
    let mut exposed = HashSet::new();
    for service in &cluster.services {
        let view = cluster.objects[service.object].view;
        for workload in service.selected.iter().filter(|id| cluster.role(**id) == Some(JinaRole::Gateway)) {
            for port in view.list_at("spec.ports").iter() {
                let target = if port.get("targetPort").is_some() { port.text_at("targetPort") } else { port.text_at("port") };
                exposed.extend(cluster.workloads[*workload].port(target).map(|number| (*workload, number)));
            }
        }
    }
    exposed
}

/// Reports pods that call Services but use the name server of the node, which cannot resolve the names of Services.
pub fn name_servers(cluster: &Cluster<'_>, report: &mut Report) {
    let mut previous = None;
    let mut found = Vec::new();
    for edge in report.edges.iter().filter(|edge| edge.is_name && edge.service.is_some()) {
        if previous == Some(edge.from) {
            continue;
        }
        let workload = &cluster.workloads[edge.from];
        let policy = workload.spec.text_at("dnsPolicy");
        let is_on_host = workload.spec.text_at("hostNetwork") == "true" && matches!(policy, "" | "ClusterFirst");
        if policy == "Default" || is_on_host {
            previous = Some(edge.from);
            let (message, right) = match policy {
                "Default" => ("uses the name server of the node, which does not know Services", "ClusterFirst"),
                _ => ("falls back to the name server of the node, which does not know Services", "ClusterFirstWithHostNet"),
            };
            let finding = Code::DnsPolicyMismatch.error(workload.spec_path().key("dnsPolicy"), message).propose(right);
            found.push((workload.object, if policy.is_empty() { finding } else { finding.got(policy) }));
        }
    }
    for (object, finding) in found {
        report.push(object, finding);
    }
}

/// Checks that all parts of a Flow have the same version of Jina, as far as their images show it.
pub fn versions(cluster: &Cluster<'_>, report: &mut Report) {
    let mut gateways: Vec<Option<usize>> = vec![None; cluster.workloads.len()];
    // The first pass goes from gateways to heads, and the second pass from heads to shards. The edges may be in any order.
    for _ in 0..2 {
        for edge in &report.edges {
            if let Some(to) = edge.to {
                let from = if cluster.role(edge.from) == Some(JinaRole::Gateway) { Some(edge.from) } else { gateways[edge.from] };
                gateways[to] = gateways[to].or(from);
            }
        }
    }
    for (id, gateway) in gateways.into_iter().enumerate() {
        let Some((gateway, (first, _))) = gateway.and_then(|gateway| Some((gateway, cluster.main(gateway)?))) else { continue };
        let image = first.view.text_at("image");
        let wanted = stated_version(cluster.object_of(gateway)).unwrap_or_else(|| image_version(image, image));
        let stated = stated_version(cluster.object_of(id));
        for container in cluster.workloads[id].containers.iter().filter(|container| container.role.is_some()) {
            let own = container.view.text_at("image");
            let found = stated.unwrap_or_else(|| image_version(own, image));
            if found != wanted && !found.is_empty() && !wanted.is_empty() {
                let message = format!("has Jina {found}, but its gateway {} has Jina {wanted}", cluster.label(gateway));
                let finding = Code::JinaVersionsDiffer.warning(container.path.key("image"), message).got(own);
                report.push(cluster.workloads[id].object, finding.fix("use the same version everywhere"));
            }
        }
    }
}

/// The version of Jina in a label or annotation.
fn stated_version<'o>(object: &SeenObject<'o>) -> Option<&'o str> {
    let objects = ["metadata.labels", "metadata.annotations"];
    objects.iter().find_map(|path| object.view.at(path)?.get(VERSION)).map(View::text)
}

/// The version of Jina in the tag of an image that is Jina's or from the repository of the gateway. Empty if it is unknown.
fn image_version<'c>(image: &'c str, gateway: &str) -> &'c str {
    let image = image.split('@').next().unwrap_or_default();
    let (repository, tag) = image.rsplit_once(':').unwrap_or_default();
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let is_of_jina = repository.ends_with("jinaai/jina") || gateway.strip_prefix(repository).is_some_and(|rest| rest.starts_with(':'));
    let is_version = tag.starts_with("3.") && tag[..end].split('.').count() == 3;
    if is_of_jina && is_version { &tag[..end] } else { "" }
}
