//! Finds the objects of an export whose kind, namespace or name a user has changed.
//!
//! A changed namespace or name is an edit like any other: the object is adopted, and the edit stays. An object of another kind has
//! other fields, so it cannot be merged.

use std::collections::{BTreeSet, HashSet};

use super::adoption::{Adoption, Candidate, JinasComponent, is_workload};
use super::flows::Placing;
use super::generated::Generated;
use super::recognition::{Graphs, config_maps, exported_namespace, graphs, is_same_part, runs_component_of, whole_executor};
use crate::finding::{Code, Finding};
use crate::krm::meta::Meta;
use crate::krm::{ObjectRef, effective_namespace};
use crate::manifests::Object;
use crate::plan::PORT;
use crate::yaml::Node;

/// An object that Jina exports for a Flow and that the list does not have under its kind, namespace and name.
#[derive(Clone, Copy)]
pub struct Missing<'j, 'r> {
    /// The name of the component.
    pub component: &'j str,
    /// The object.
    pub object: &'j Object<'r>,
}

impl<'l> Adoption<'l, '_> {
    /// The namespace for which Jina has exported the workloads in the namespace of a Flow: without a namespace, that is `default`, as for
    /// kubectl. `None` if they do not agree.
    pub fn exported_for(&self, flow: &Placing) -> Option<String> {
        let own = effective_namespace(&flow.namespace);
        let items = self.signed.iter().filter_map(|index| self.candidate(*index, flow));
        let here = items.filter(|item| effective_namespace(&item.meta.namespace) == own);
        let named: BTreeSet<String> = here.filter_map(|item| exported_namespace(&item.node).map(str::to_owned)).collect();
        let mut named = named.into_iter();
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether an export in the package of a Flow has a workload with a name.
    pub fn has_workload(&self, flow: &Placing, name: &str) -> bool {
        self.signed.iter().filter_map(|index| self.candidate(*index, flow)).any(|item| item.meta.name == name)
    }

    /// Finds missing objects under another kind, namespace or name. `taken` are the namespaces of the other JinaFlows.
    pub(super) fn find_displaced(
        &mut self,
        flow: &Placing,
        jinas: &[JinasComponent<'_>],
        missing: &[Missing<'_, '_>],
        taken: &BTreeSet<&str>,
    ) {
        let own = effective_namespace(&flow.namespace);
        let mut free = self.strangers(&self.signed, flow, taken);
        let others = namespaces_of_others(&free, own, jinas, missing);
        free.retain(|item| !others.contains(effective_namespace(&item.meta.namespace)));
        let (workloads, rest): (Vec<_>, Vec<_>) = missing.iter().copied().partition(|missing| is_workload(missing.object));
        let found = workloads.into_iter().map(|missing| {
            let jinas = &missing.object.node;
            let is_it = |item: &&Candidate<'l>| runs_component_of(&item.node, jinas) && is_same_part(&item.node, jinas);
            (missing, free.iter().filter(is_it).cloned().collect::<Vec<_>>())
        });
        let found: Vec<(Missing<'_, '_>, Vec<Candidate<'l>>)> = found.filter(|(_, items)| !items.is_empty()).collect();
        let is_adopted = self.adopted.iter().any(|item| item.flow() == Some(flow.key()));
        if !is_adopted && let Some(finding) = elsewhere(flow, &found) {
            if let Some(first) = found.iter().flat_map(|(_, items)| items).next() {
                self.report(first.index, &first.meta, finding);
            }
            return;
        }
        for (missing, items) in found {
            self.adopt_displaced(flow, missing, &items);
        }
        self.find_beside(flow, &rest, taken, &others);
    }

    /// Adopts the workload that runs a component, or reports why it cannot be adopted.
    fn adopt_displaced(&mut self, flow: &Placing, missing: Missing<'_, '_>, items: &[Candidate<'l>]) {
        let Some(item) = items.first() else { return };
        let wanted = ObjectRef::of(&missing.object.node);
        let has = ObjectRef::of(&item.node);
        let finding = match items.get(1) {
            Some(second) => Some(runs_twice(item, second, &wanted)),
            None if has.kind != wanted.kind || has.group() != wanted.group() => Some(another_kind(&has, &missing.object.node)),
            None if !is_of_namespace(item, &missing.object.node, flow) => Some(another_namespace(item, &wanted)),
            None => None,
        };
        match finding {
            Some(finding) => self.report(item.index, &item.meta, finding),
            None => self.adopt(flow, missing.component, missing.object, item.clone()),
        }
    }

    /// Finds the other objects of the components whose workloads were found.
    fn find_beside(&mut self, flow: &Placing, missing: &[Missing<'_, '_>], taken: &BTreeSet<&str>, others: &HashSet<String>) {
        let all: Vec<usize> = if missing.is_empty() { Vec::new() } else { (0..self.list.items.len()).collect() };
        let strangers = self.strangers(&all, flow, taken);
        for Missing { component, object } in missing {
            let of_component = |item: &&Generated<'_>| {
                item.flow() == Some(flow.key()) && item.owner.as_ref().is_some_and(|owner| owner.component == *component)
            };
            let workload = self.adopted.iter().filter(of_component).find(|item| item.node.at("spec.template").is_some());
            let Some(workload) = workload.map(|item| item.node.clone()) else { continue };
            // The workload proves what the object itself may not show any more.
            if self.take(flow, component, object, |_| true) {
                continue;
            }
            let is_it = |item: &&Candidate<'l>| {
                let namespace = effective_namespace(&item.meta.namespace);
                !self.rendered.contains(&item.index) && !others.contains(namespace) && is_beside(&item.node, &object.node, &workload)
            };
            let mut found = strangers.iter().filter(is_it);
            if let (Some(item), None) = (found.next(), found.next()) {
                let item = item.clone();
                self.adopt(flow, component, object, item);
            }
        }
    }

    /// The items in the package of a JinaFlow that no JinaFlow has rendered, outside of the namespaces of other JinaFlows.
    fn strangers(&self, indices: &[usize], flow: &Placing, taken: &BTreeSet<&str>) -> Vec<Candidate<'l>> {
        let own = effective_namespace(&flow.namespace);
        let is_free = |item: &Candidate<'_>| {
            let namespace = effective_namespace(&item.meta.namespace);
            namespace == own || !taken.contains(namespace)
        };
        indices.iter().filter_map(|index| self.candidate(*index, flow)).filter(is_free).collect()
    }
}

/// The namespaces of exports that are not of the Flow: they have a component that is already found, or the gateway of another
/// Flow.
fn namespaces_of_others(free: &[Candidate<'_>], own: &str, jinas: &[JinasComponent<'_>], missing: &[Missing<'_, '_>]) -> HashSet<String> {
    let workloads = || jinas.iter().flat_map(|component| &component.objects).filter(|object| is_workload(object));
    let is_missing = |object: &Object<'_>| missing.iter().any(|missing| std::ptr::eq(missing.object, object));
    let is_of_another = |item: &&Candidate<'_>| {
        workloads().any(|object| {
            runs_component_of(&item.node, &object.node)
                && is_same_part(&item.node, &object.node)
                && (!is_missing(object) || graphs(&item.node, &object.node) != Graphs::Alike)
        })
    };
    let elsewhere = free.iter().filter(|item| effective_namespace(&item.meta.namespace) != own);
    elsewhere.filter(is_of_another).map(|item| effective_namespace(&item.meta.namespace).to_owned()).collect()
}

/// Whether a workload was exported into the namespace of the Flow, or is there.
fn is_of_namespace(item: &Candidate<'_>, jinas: &Node<'_>, flow: &Placing) -> bool {
    let is_there = effective_namespace(&item.meta.namespace) == effective_namespace(&flow.namespace);
    is_there || exported_namespace(&item.node).is_some_and(|namespace| Some(namespace) == exported_namespace(jinas))
}

/// Whether an object that is not a workload is the object of a component, under another namespace or name.
fn is_beside(object: &Node<'_>, jinas: &Node<'_>, workload: &Node<'_>) -> bool {
    let (own, wanted) = (ObjectRef::of(object), ObjectRef::of(jinas));
    if own.kind != wanted.kind || own.group() != wanted.group() {
        return false;
    }
    let is_with_workload = effective_namespace(own.namespace) == effective_namespace(ObjectRef::of(workload).namespace);
    let same = |path: &str| object.at(path).is_some() && object.at(path).map(Node::shown) == jinas.at(path).map(Node::shown);
    match own.kind {
        "ConfigMap" => {
            let is_used = own.name == wanted.name || is_with_workload && config_maps(workload).any(|name| name == own.name);
            is_used && object.at("data.worker_class").is_some()
        }
        "Service" => (own.name == wanted.name || is_with_workload) && same("spec.selector.app"),
        _ => (own.name == wanted.name || is_with_workload) && same("spec.selector.matchLabels.app"),
    }
}

/// The finding about an export whose workloads are all in one namespace that is not the namespace of the Flow. Its objects would stay
/// beside the rendered ones.
fn elsewhere(flow: &Placing, found: &[(Missing<'_, '_>, Vec<Candidate<'_>>)]) -> Option<Finding> {
    let items = || found.iter().flat_map(|(missing, items)| items.iter().map(move |item| (missing, item)));
    let (_, first) = items().next()?;
    let namespace = first.meta.namespace.as_str();
    let is_elsewhere = effective_namespace(namespace) != effective_namespace(&flow.namespace);
    let are_proven = || items().all(|(missing, item)| is_of_namespace(item, &missing.object.node, flow));
    // Objects without a namespace get the namespace of the apply, so they may be of the namespace that their arguments have.
    if !is_elsewhere || items().any(|(_, item)| item.meta.namespace != namespace) || namespace.is_empty() && are_proven() {
        return None;
    }
    let of_flow = match flow.namespace.as_str() {
        "" => "the Flow has no namespace".to_owned(),
        namespace => format!("the Flow is in `{namespace}`"),
    };
    let finding = if namespace.is_empty() {
        let message = format!("is missing, and {of_flow}: the export would stay beside the rendered objects");
        let exported = exported_namespace(&first.node).unwrap_or("default");
        let fix = format!("set the namespace of the JinaFlow to `{exported}` (`--k8s-namespace` of an export), for which Jina exported it");
        Code::ExportOfAnotherFlow.error("metadata.namespace", message).fix(fix)
    } else {
        let message = format!("is not the namespace of the Flow: {of_flow}, and the export would stay beside the rendered objects");
        let fix = format!("set the namespace of the JinaFlow to `{namespace}` (`--k8s-namespace` of an export), or remove the export");
        Code::ExportOfAnotherFlow.error("metadata.namespace", message).got(namespace).fix(fix)
    };
    Some(finding)
}

/// The finding about two workloads that run the same component, of which none has its name.
fn runs_twice(one: &Candidate<'_>, other: &Candidate<'_>, wanted: &ObjectRef<'_>) -> Finding {
    let Meta { kind, name, .. } = other.meta.reference();
    let place = other.meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
    let ObjectRef { kind: wanted_kind, name: wanted_name, .. } = wanted;
    let message =
        format!("runs the same component as the {kind} `{name}`{place}, and neither is the {wanted_kind} `{wanted_name}` of the Flow");
    let finding = Code::ExportBroken.error("metadata.name", message).got(&one.meta.name);
    finding.fix(format!("name the one that follows the Flow `{wanted_name}`, in the namespace of the Flow"))
}

/// The finding about a workload of another kind.
fn another_kind(has: &ObjectRef<'_>, jinas: &Node<'_>) -> Finding {
    let ObjectRef { api_version, kind, namespace, name } = ObjectRef::of(jinas);
    let (path, got) = if has.kind == kind { ("apiVersion", has.api_version) } else { ("kind", has.kind) };
    let message = format!("differs from the {kind} `{name}` of the Flow, which would be written beside this object");
    let mut fix = format!("set `apiVersion: {api_version}` and `kind: {kind}`");
    if let Some(executor) = whole_executor(jinas) {
        let external = format!("{{name: {executor}, external: true, host: {name}.{namespace}.svc, port: {PORT}}}");
        fix.push_str(&format!("; or, to keep the object as your own, replace the executor in the Flow with `{external}`"));
    }
    Code::ExportBroken.error(path, message).got(got).fix(fix)
}

/// The finding about a workload in another namespace, for which it was also exported.
fn another_namespace(item: &Candidate<'_>, wanted: &ObjectRef<'_>) -> Finding {
    let ObjectRef { kind, namespace, name, .. } = wanted;
    let message = format!("is not the namespace of the Flow: the {kind} `{name}` would be written again into `{namespace}`");
    let fix = format!("set it to `{namespace}` if the object is of this Flow; or move the object to another folder");
    Code::ExportOfAnotherFlow.error("metadata.namespace", message).got(&item.meta.namespace).fix(fix)
}
