//! Adoption of an export of Jina: the objects that Jina exports for each Flow, the objects of a list that are edited copies of
//! them, and what a cluster needs where the export runs.

use std::collections::BTreeSet;

use super::rendering::Rendering;
use crate::compare::{Leaving, commands_after, commands_before, leaving};
use crate::config::{JinaFlow, Settings};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::flow::Flow;
use crate::krm::{Caller, ResourceList, effective_namespace};
use crate::manifests::Object;
use crate::manifests::labels::COMPONENT;
use crate::plan::{Budget, Component};
use crate::reconcile::{Adoption, Fate, FlowKey, Generated, ItemFinding, JinasComponent, Placing, Reconciled, Strip};
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

/// The warning about objects of a JinaFlow that a cluster refuses to change: the selectors of workloads, and the address of a Service.
/// With the commands, the old pods serve requests until the new pods are ready. `compat` is how a user turns `compat` on.
pub fn needs_delete(list: &ResourceList<'_>, outcome: &Reconciled, flow: &FlowKey, compat: &str) -> Option<Finding> {
    let mut refused: Vec<Leaving> = Vec::new();
    for (index, _) in outcome.reselected.iter().filter(|(_, key)| key == flow) {
        let (Some(item), Some(Fate::Replaced(text))) = (list.items.get(*index), outcome.fates.get(*index)) else { continue };
        let before = item.read().ok().and_then(|document| document.root);
        let after = yaml::read(text).ok().and_then(|document| document.root).and_then(first);
        let (Some(before), Some(after)) = (before, after) else { continue };
        // An API server refuses the names of inspecting components, so they run nowhere.
        if !before.text_at("metadata.name").starts_with('-') {
            refused.extend(leaving(&before, &after));
        }
    }
    let is_service = |object: &&Leaving| object.identity.kind == "Service";
    let names: BTreeSet<&str> = refused.iter().filter(|object| !is_service(object)).map(|object| object.identity.name.as_str()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let services = match refused.iter().filter(is_service).count() {
        0 => String::new(),
        1 => "the new address of 1 Service".to_owned(),
        count => format!("the new addresses of {count} Services"),
    };
    let what = match (names.is_empty(), services.is_empty()) {
        (true, true) => return None,
        (true, false) => services,
        (false, true) => format!("the new selectors of {names}"),
        (false, false) => format!("the new selectors of {names}, and {services}"),
    };
    let message = format!("a cluster in which these objects run refuses {what}");
    let mut fix =
        "if they run, run the commands below; `jinaflow diff OLD NEW` shows all changes, with the manifests of the last apply as OLD"
            .to_owned();
    let leaves_compat =
        |object: &Leaving| object.labels.as_ref().is_some_and(|labels| labels.added.iter().any(|[name, _]| name == COMPONENT));
    if refused.iter().any(leaves_compat) {
        fix.push_str("; to keep the selectors and Services of Jina, ");
        fix.push_str(compat);
    }
    Some(Code::AdoptionNeedsDelete.warning("metadata.name", message).fix(fix).with_block(commands(&refused)))
}

/// The commands around an apply. No command deletes data.
fn commands(refused: &[Leaving]) -> String {
    let mut lines = commands_before(refused);
    lines.push("# now apply, and wait until the new pods are ready".to_owned());
    lines.extend(commands_after(refused));
    let stateful = refused.iter().filter(|object| object.has_other_kind && object.identity.kind == "StatefulSet");
    let names: Vec<&str> = stateful.map(|object| object.identity.name.as_str()).collect();
    if !names.is_empty() {
        lines.push(format!("# the claims of {} stay with their data: kubectl get persistentvolumeclaims", names.join(", ")));
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
