//! Adoption of an export of Jina: the objects that Jina exports for each Flow, the objects of a list that are edited copies of
//! them, and what a cluster needs where the export runs.

use std::collections::{BTreeMap, BTreeSet};

use super::rendering::Rendering;
use crate::compare::is_refused;
use crate::config::{JinaFlow, Settings};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::flow::Flow;
use crate::krm::{Caller, ObjectRef, ResourceList, effective_namespace};
use crate::manifests::Object;
use crate::manifests::labels::COMPONENT;
use crate::plan::{Budget, Component};
use crate::reconcile::{Adoption, Fate, FlowKey, Generated, ItemFinding, JinasComponent, Placing, Reconciled, SIGN, Strip};
use crate::yaml::{self, Data, Node};

/// Adds the objects of Jina's exports to the generated items of a list, and returns findings about exports that cannot be adopted.
/// `namespaces` are the namespaces of all JinaFlows in the list, and `strip` removes what a server has added to an object.
pub fn adopt<'l>(
    list: &'l ResourceList<'_>,
    caller: Caller,
    generated: &mut Vec<Generated<'l>>,
    flows: &[(&Placing, &JinaFlow)],
    namespaces: &[&str],
    strip: Strip,
) -> Vec<ItemFinding> {
    let Some(mut adoption) = Adoption::of(list, caller, generated, strip) else { return Vec::new() };
    for (placing, config) in flows.iter().filter(|(placing, _)| !placing.components.is_empty()) {
        let Some((flow, settings)) = config.as_jina_reads_it() else { continue };
        // With compat, what an export for another namespace has stays as an edit, so that nothing changes.
        let exported = adoption.exported_for(placing).filter(|_| !placing.is_of_jina);
        let own = effective_namespace(&placing.namespace);
        let Some(rendering) = export(flow, settings, exported.as_deref().unwrap_or(own)) else { continue };
        let inspecting = rendering.components().iter().filter(|component| is_inspecting(component)).map(name);
        let inspecting: Vec<&str> = inspecting.filter(|name| adoption.has_workload(placing, &format!("-{name}"))).collect();
        let components = rendering.objects().map(|(component, mut objects)| {
            for Object { node, .. } in &mut objects {
                for name in &inspecting {
                    write_name(node, name);
                }
                if let Some(metadata) = node.get_mut("metadata") {
                    metadata.set("namespace", own.to_owned().into());
                }
            }
            JinasComponent { name: component.name.clone(), objects }
        });
        let components: Vec<JinasComponent<'_>> = components.collect();
        let others = flows.iter().filter(|(other, _)| other.key() != placing.key());
        let others = others.map(|(other, _)| other.namespace.as_str()).chain(namespaces.iter().copied());
        let taken: BTreeSet<&str> = others.map(effective_namespace).collect();
        adoption.find(placing, &components, &taken);
    }
    adoption.finish(generated)
}

/// Whether Jina has added a component that passes the inspected data on. Jina gives its objects names that start with a dash, which
/// an API server refuses, so a user may have removed the dash.
fn is_inspecting(component: &Component) -> bool {
    component.node.starts_with("_aux_")
}

fn name(component: &Component) -> &str {
    &component.name
}

/// Writes the name of an inspecting component as Jina does: with a dash before it.
fn write_name(node: &mut Node<'_>, name: &str) {
    match &mut node.data {
        Data::Scalar(scalar) => {
            let is_name = scalar.text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            // An address has a scheme, or is a string of its own.
            let hosts = ["//", "\""].map(|start| format!("{start}{name}."));
            if is_name {
                scalar.text = format!("-{}", scalar.text).into();
            } else if hosts.iter().any(|host| scalar.text.contains(host)) {
                let written = |text: String, host: &String| text.replace(host, &host.replace(name, &format!("-{name}")));
                scalar.text = hosts.iter().fold(scalar.text.to_string(), written).into();
            }
        }
        Data::List(entries) => entries.iter_mut().for_each(|entry| write_name(entry, name)),
        Data::Map(pairs) => pairs.iter_mut().for_each(|(_, value)| write_name(value, name)),
    }
}

/// The warning about adopted objects of a JinaFlow that a cluster refuses to change: the selectors of workloads, and the address of
/// a Service. With the commands, the pods of the export serve requests until the new pods are ready.
pub fn needs_delete(list: &ResourceList<'_>, outcome: &Reconciled, flow: &FlowKey) -> Option<Finding> {
    let mut refused: Vec<Refused> = Vec::new();
    for (index, _) in outcome.adopted.iter().filter(|(_, key)| key == flow) {
        let (Some(item), Some(Fate::Replaced(text))) = (list.items.get(*index), outcome.fates.get(*index)) else { continue };
        let before = item.read().ok().and_then(|document| document.root);
        let after = yaml::read(text).ok().and_then(|document| document.root).and_then(first);
        let (Some(before), Some(after)) = (before, after) else { continue };
        // An API server refuses the names of inspecting components, so they run nowhere.
        if before.text_at("metadata.name").starts_with('-') {
            continue;
        }
        let is_other = before.text_at("kind") != after.text_at("kind");
        if is_other || is_refused(&before, &after) {
            refused.push(Refused::of(&before, &after));
        }
    }
    let workloads: Vec<&Refused> = refused.iter().filter(|object| object.kind != "service").collect();
    let names: BTreeSet<&str> = workloads.iter().map(|object| object.name.as_str()).collect();
    let services = refused.iter().filter(|object| object.kind == "service").count();
    if refused.is_empty() {
        return None;
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let message = match (workloads.len(), services) {
        (0, count) => format!("changes {count} Services in a way that a cluster refuses where the export runs"),
        (_, 0) => format!("changes the selectors of {names}, which a cluster refuses where the export runs"),
        (_, count) => format!("changes the selectors of {names} and {count} Services, which a cluster refuses where the export runs"),
    };
    let fix = "where it runs, run the commands below around the next apply, and compare first: jinaflow diff EXPORT PACKAGE; \
               to keep the selectors and Services of Jina, set `spec.compat: jina-3.34`";
    Some(Code::AdoptionNeedsDelete.warning("metadata.name", message).fix(fix).with_block(commands(&refused)))
}

/// An object that a cluster refuses to change.
struct Refused {
    /// The kind, as an argument of kubectl.
    kind: String,
    namespace: String,
    name: String,
    /// The labels that select the pods of the export, and the labels that select the new pods.
    labels: [Vec<String>; 2],
}

impl Refused {
    fn of(before: &Node<'_>, after: &Node<'_>) -> Self {
        let pairs = |object: &Node<'_>| -> Vec<String> {
            let labels = object.map_at("spec.selector.matchLabels").iter();
            labels.map(|(name, value)| format!("{}={}", name.shown(), value.shown())).collect()
        };
        let ObjectRef { kind, namespace, name, .. } = ObjectRef::of(before);
        let labels = [pairs(before), pairs(after)];
        Self { kind: kind.to_ascii_lowercase(), namespace: namespace.to_owned(), name: name.to_owned(), labels }
    }
}

/// The commands around an apply. An orphaned pod serves on, and the new Services find it by its new labels. An orphaned ReplicaSet
/// stays until it is deleted.
fn commands(refused: &[Refused]) -> String {
    let mut lines = Vec::new();
    let flag = |namespace: &str| if namespace.is_empty() { String::new() } else { format!(" --namespace {namespace}") };
    for Refused { namespace, labels: [old, new], .. } in refused.iter().filter(|object| object.kind != "service") {
        if !old.is_empty() && !new.is_empty() && old != new {
            lines.push(format!("kubectl label pods{} --selector {} {}", flag(namespace), old.join(","), new.join(" ")));
        }
    }
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for Refused { kind, namespace, name, .. } in refused {
        groups.entry((namespace, kind)).or_default().push(name);
    }
    for ((namespace, kind), names) in &groups {
        let orphan = if *kind == "service" { "" } else { " --cascade=orphan" };
        lines.push(format!("kubectl delete {kind}{} {}{orphan}", flag(namespace), names.join(" ")));
    }
    lines.push("# now apply, and wait until the new pods are ready".to_owned());
    let namespaces: BTreeSet<&str> = groups.keys().filter(|(_, kind)| *kind == "deployment").map(|(namespace, _)| *namespace).collect();
    for namespace in namespaces {
        lines.push(format!("kubectl delete replicaset{} --selector '{SIGN},!{COMPONENT}'", flag(namespace)));
    }
    lines.join("\n")
}

/// The object in the text of an item, which may be an entry of a list.
fn first(root: Node<'_>) -> Option<Node<'_>> {
    match root.data {
        Data::List(entries) => entries.into_iter().next(),
        _ => Some(root),
    }
}

/// The export of a Flow by Jina into a namespace.
fn export(flow: &Flow, settings: Settings, namespace: &str) -> Option<Rendering> {
    let settings = Settings { namespace: Some(namespace.to_owned()), ..settings };
    Rendering::with(flow, &settings, &Path::root("spec.flow"), &mut Budget::default(), &mut Findings::default())
}
