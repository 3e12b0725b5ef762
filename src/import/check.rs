//! Whether objects are one complete export that can be imported.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Address;
use super::changed;
use super::export::{Executor, Export};
use super::graph::Graph;
use super::identity::label;
use super::old;
use super::problem::Problem;
use super::workload::Workload;
use crate::check::exclusive_fields;
use crate::finding::{Code, Finding};
use crate::jina::options::Opt;
use crate::jina::value::{Value, from_python_json};
use crate::krm::ObjectRef;
use crate::plan::kubernetes_name;
use crate::yaml::Node;

/// The most names in a message.
const MOST_NAMES: usize = 10;

/// The problems of an export. `export` has the workloads of `objects`.
pub fn problems(export: &Export<'_>, objects: &[Node<'_>]) -> Vec<Problem> {
    let mut problems = old::problems(objects);
    if !problems.is_empty() {
        return problems;
    }
    if export.workloads().next().is_none() {
        return vec![(None, nothing(objects))];
    }
    if let Some(rendered) = export.workloads().find(|workload| is_ours(workload.root)) {
        let message = "was rendered by jinaflow, not exported by Jina";
        let fix = "keep the JinaFlow or the Flow from which it was rendered; `jinaflow init` starts from a Flow";
        return vec![(Some(rendered.object), Code::ExportExpected.error("", message).fix(fix))];
    }
    problems.extend(duplicates(objects));
    let several = several_flows(export);
    if several.is_some() {
        problems.extend(several.map(|finding| (None, finding)));
        return problems;
    }
    let services = Services::of(objects);
    match export.gateways.first() {
        Some(gateway) => problems.extend(of_gateway(gateway, export, objects, &services)),
        None if export.executors.len() > 1 => {
            let names = names(export.executors.iter().map(|executor| executor.name.as_str()));
            let message = format!("has {} executors, but not the gateway that calls them: {names}", export.executors.len());
            let fix = "add the file of the gateway; without it, the order of the executors is not known";
            problems.push((None, Code::IncompleteExport.error("", message).fix(fix)));
        }
        None => {}
    }
    for executor in &export.executors {
        problems.extend(of_executor(executor, &services));
    }
    problems.extend(export.workloads().filter_map(changed::image));
    problems.extend(beside_workloads(export, objects, &services));
    problems.extend(exclusive(objects));
    problems
}

/// Problems of fields that exclude each other. An API server refuses such an object, so it runs nowhere.
fn exclusive(objects: &[Node<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, findings) in exclusive_fields(objects) {
        let label = objects.get(place).map(label);
        problems.extend(findings.into_iter().map(|finding| (Some(place), finding.got(label.as_deref().unwrap_or_default()))));
    }
    problems
}

/// The Services: their names, each with its namespaces.
struct Services<'o>(BTreeMap<&'o str, Vec<&'o str>>);

impl<'o> Services<'o> {
    fn of(objects: &'o [Node<'o>]) -> Self {
        let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for object in objects.iter().filter(|object| object.text_at("kind") == "Service") {
            services.entry(object.text_at("metadata.name")).or_default().push(object.text_at("metadata.namespace"));
        }
        Self(services)
    }

    /// The problem of an address that names no Service; a short form has no namespace.
    fn problem(&self, opt: Opt, text: &str) -> Option<Finding> {
        let address = Address::of(text);
        let namespaces = self.0.get(address.host.split('.').next().unwrap_or_default());
        let Some(namespaces) = namespaces else {
            return Some(broken(opt, text).fix("correct the address, or add the Service that it names"));
        };
        let (_, namespace) = address.service().filter(|(_, namespace)| !namespace.is_empty())?;
        if namespaces.iter().any(|known| known.is_empty() || *known == namespace) {
            return None;
        }
        let own = namespaces.first().copied().unwrap_or_default();
        let fix = format!(
            "the Service is in `{own}`: write `{own}` for `{namespace}` in all arguments and variables of the export, or move the objects \
             back to `{namespace}`"
        );
        Some(broken(opt, text).fix(fix))
    }
}

/// Whether jinaflow has rendered an object, and not as Jina exports it.
fn is_ours(object: &Node<'_>) -> bool {
    let labels = object.map_at("metadata.labels");
    labels.iter().any(|(name, _)| name.as_text().is_some_and(|name| name.starts_with("flow.jina.ai/")))
}

/// The finding about objects without a workload of Jina.
fn nothing(objects: &[Node<'_>]) -> Finding {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for object in objects {
        *kinds.entry(object.text_at("kind")).or_default() += 1;
    }
    let found: Vec<String> = kinds.iter().filter(|(kind, _)| !kind.is_empty()).map(|(kind, count)| format!("{count} {kind}")).collect();
    let is_flow = objects.iter().any(|object| ["jtype", "executors", "pods"].iter().any(|field| object.get(field).is_some()));
    let is_ours = objects.iter().any(|object| object.text_at("apiVersion").starts_with("flow.jina.ai/"));
    let (message, fix) = match (is_ours, found.is_empty(), is_flow) {
        (true, ..) => ("is a JinaFlow, not an export of Jina".to_owned(), "render it: it needs no import"),
        (_, true, true) => ("is a Flow, not an export of Jina".to_owned(), "run `jinaflow init` with it"),
        (_, true, false) => ("has no Kubernetes objects".to_owned(), "name the folder or file that `jina export kubernetes` has written"),
        _ => (
            format!("has no workload that runs `jina gateway` or `jina executor`, only {}", found.join(", ")),
            "name the folder or file that `jina export kubernetes` has written",
        ),
    };
    Code::ExportExpected.error("", message).fix(fix)
}

/// Findings about objects that are there twice.
fn duplicates(objects: &[Node<'_>]) -> Vec<Problem> {
    let mut seen: BTreeMap<[String; 4], usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        let ObjectRef { kind, name, namespace, .. } = ObjectRef::of(object);
        // kustomize treats an object without a namespace as one of this namespace.
        let namespace = if namespace == "default" { "" } else { namespace };
        let key = [ObjectRef::of(object).group(), kind, namespace, name].map(str::to_owned);
        let Some(first) = seen.insert(key, place).filter(|_| !name.is_empty()) else { continue };
        for place in [first, place] {
            let message = "is there twice, and it is not known which of the two applies";
            let finding = Code::DuplicateObject.error("", message).got(format!("{kind}/{name}"));
            problems.push((Some(place), finding.fix("remove one of them")));
        }
    }
    problems
}

/// The finding about workloads of several Flows.
fn several_flows(export: &Export<'_>) -> Option<Finding> {
    let namespaces: BTreeSet<&str> = export.workloads().map(|workload| workload.namespace.as_str()).collect();
    let gateways: BTreeSet<(&str, &str)> = export.gateways.iter().map(|gateway| (gateway.namespace.as_str(), gateway.name)).collect();
    let message = if namespaces.len() > 1 {
        format!("has workloads of Jina in several namespaces: {}", names(namespaces.into_iter()))
    } else if gateways.len() > 1 {
        format!("has several gateways: {}", names(gateways.into_iter().map(|(_, name)| name)))
    } else {
        return None;
    };
    Some(Code::SeveralFlows.error("", message).fix("import each Flow on its own: name the folder or the files of one Flow"))
}

/// Problems of the graph and its addresses.
fn of_gateway(gateway: &Workload<'_>, export: &Export<'_>, objects: &[Node<'_>], services: &Services<'_>) -> Vec<Problem> {
    let graph = Graph::of(&gateway.argv);
    let at = Some(gateway.object);
    let mut problems = Vec::new();
    for opt in graph.unreadable.iter().filter(|opt| [Opt::DeploymentsAddresses, Opt::GraphDescription].contains(opt)) {
        let message = format!("has an argument `{}` that is not JSON", opt.row().argument);
        problems.push((at, Code::BrokenAddress.error("", message).fix("write the JSON of the export again")));
    }
    for (node, addresses) in &graph.nodes {
        let first = Address::of(addresses.first().map(String::as_str).unwrap_or_default());
        let name = kubernetes_name(node);
        let is_own = first.service().is_some_and(|(service, namespace)| {
            namespace == gateway.namespace && (service == name || service.strip_suffix("-head") == Some(&name))
        });
        match export.executor(node) {
            None if is_own => problems.push(changed::workload(&name, objects).unwrap_or_else(|| {
                let finding = missing(&format!("the executor `{node}`, which the gateway calls"));
                (at, finding)
            })),
            Some(_) => {
                let address = addresses.first().map(String::as_str).unwrap_or_default();
                problems.extend(services.problem(Opt::DeploymentsAddresses, address).map(|finding| (at, finding)));
            }
            None => {}
        }
    }
    if graph.unreadable.is_empty() {
        for node in graph.without_address() {
            let message = format!("names `{node}` in the graph of the gateway, which has no address");
            let fix = format!("add its address to `{}`, or remove it from the graph", Opt::DeploymentsAddresses.row().argument);
            problems.push((at, Code::IncompleteExport.error("", message).fix(fix)));
        }
        for executor in &export.executors {
            if !graph.nodes.iter().any(|(node, _)| *node == executor.name) {
                let message = format!("has the executor `{}`, which the gateway does not call", executor.name);
                let fix = "remove its objects, or import it on its own";
                problems.push((at, Code::IncompleteExport.error("", message).fix(fix)));
            }
        }
    }
    problems
}

/// Problems of the shards of an executor.
fn of_executor(executor: &Executor<'_>, services: &Services<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let some = executor.heads.iter().chain(&executor.workers).next();
    let shards = some.and_then(|workload| workload.argv.number(Opt::Shards)).unwrap_or(1);
    let at = some.map(|workload| workload.object);
    let has = |shard: i64| executor.workers.iter().any(|worker| worker.role.shard().map(i64::from) == Some(shard));
    let lost: Vec<String> = (0..shards).filter(|shard| !has(*shard)).take(MOST_NAMES + 1).map(|shard| shard.to_string()).collect();
    if shards == 1 && !lost.is_empty() {
        problems.push((at, missing(&format!("the workload of the executor `{}`", executor.name))));
    } else if !lost.is_empty() {
        let what = if lost.len() == 1 { "shard" } else { "shards" };
        problems.push((at, missing(&format!("{what} {} of the executor `{}`", names(lost.iter().map(String::as_str)), executor.name))));
    }
    if shards > 1 && executor.heads.is_empty() {
        problems.push((at, missing(&format!("the head of the executor `{}`", executor.name))));
    }
    // The addresses of missing shards name no Service either.
    for head in executor.heads.iter().filter(|_| lost.is_empty()) {
        let connections = head.argv.word(Opt::ConnectionList).and_then(from_python_json);
        for (_, address) in pairs(connections.as_ref()) {
            let finding = services.problem(Opt::ConnectionList, &address.to_str());
            problems.extend(finding.map(|finding| (Some(head.object), finding)));
        }
    }
    problems
}

fn pairs(value: Option<&Value>) -> &[(Value, Value)] {
    match value {
        Some(Value::Map(pairs)) => pairs,
        _ => &[],
    }
}

/// Problems of workloads without their Service or ConfigMap.
fn beside_workloads(export: &Export<'_>, objects: &[Node<'_>], services: &Services<'_>) -> Vec<Problem> {
    let maps: BTreeSet<&str> =
        objects.iter().filter(|object| object.text_at("kind") == "ConfigMap").map(|object| object.text_at("metadata.name")).collect();
    let mut lost: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut problems = Vec::new();
    for workload in export.workloads() {
        let map = format!("{}-configmap", workload.name);
        let is_complete = services.0.contains_key(workload.name) && maps.contains(map.as_str());
        if let Some(problem) = changed::name(workload).filter(|_| !is_complete) {
            problems.push(problem);
            continue;
        }
        if !services.0.contains_key(workload.name) {
            lost.entry("Service").or_default().push(workload.name.to_owned());
        }
        if !maps.contains(map.as_str()) {
            lost.entry("ConfigMap").or_default().push(map);
        }
    }
    let missing = |(kind, lost): (&&str, &Vec<String>)| (None, missing(&format!("the {kind} {}", names(lost.iter().map(String::as_str)))));
    problems.extend(lost.iter().map(missing));
    problems
}

fn missing(what: &str) -> Finding {
    let finding = Code::IncompleteExport.error("", format!("does not have {what}"));
    finding.fix("name all files of the export; from a cluster: kubectl get deploy,sts,svc,cm -o yaml")
}

fn broken(opt: Opt, address: &str) -> Finding {
    let message = format!("has an address in `{}` that names no Service of the export", opt.row().argument);
    Code::BrokenAddress.error("", message).got(address)
}

/// Names in a message.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.collect();
    let more = if all.len() > MOST_NAMES { ", …" } else { "" };
    let shown: Vec<&str> = all.into_iter().take(MOST_NAMES).collect();
    format!("{}{more}", shown.join(", "))
}
