//! `spec.patches`: applies all patches of a Flow to its objects.

use std::collections::{HashMap, VecDeque};

use super::lost_container::LostContainer;
use super::objects::{Object, objects};
use super::patch;
use super::target::Target;
use crate::config::scope::Patch;
use crate::finding::{Code, FieldPath, Finding, Findings, Path};
use crate::plan::{Budget, Component, Role};
use crate::yaml::{Node, kubernetes_value};

/// The patched objects of each component, in the order of the components. The value is `None` if a component needs no
/// check: the component has no `podTemplate`, and no patch can match its objects. Stops early when the budget is spent.
///
/// Patches are checked while they are applied. A Flow with an error in `findings` must not be emitted.
pub fn patched(
    components: &[Component],
    target: &Target<'_>,
    budget: &mut Budget,
    findings: &mut Findings,
) -> Vec<Option<Vec<Object<'static>>>> {
    let mut patches = Patches::of(&target.scope.patches);
    let mut by_component = Vec::with_capacity(components.len());
    for component in components {
        if component.workload.pod_template.is_none() && !patches.may_be_for(component) {
            by_component.push(None);
            continue;
        }
        let mut own = Vec::new();
        for Object { role, mut node } in objects(component, target) {
            let lost = LostContainer::find(&node, component);
            findings.extend(lost.map(|lost| lost.finding(pod_template(component), &role, component)));
            patches.apply(&mut node, &role, component, findings);
            if !budget.take_bytes(node.weight()) {
                return by_component;
            }
            own.push(Object { role, node: node.into_owned() });
        }
        by_component.push(Some(own));
    }
    patches.report_unused(findings);
    by_component
}

/// The path of a component's `podTemplate`.
fn pod_template(component: &Component) -> FieldPath {
    let (spec, executors) = (Path::root("spec"), Path::root("spec.executors"));
    let entry = if component.role == Role::Gateway { spec.key("gateway") } else { executors.key(&component.node) };
    entry.key("podTemplate").into()
}

/// The fields by which the targets of patches are indexed, with the best field first. The empty string is for a target
/// without fields.
const INDEXED: [&str; 6] = ["component", "executor", "name", "kind", "role", ""];

/// The patches of a Flow, in the order of their names.
struct Patches<'p> {
    all: &'p [Patch],
    uses: Vec<Use>,
    /// The places of patches by one field of their target and its value, so that an object is compared with few patches.
    by_target: HashMap<(&'static str, &'p str), Vec<usize>>,
    /// Whether the target of a patch may be any component.
    has_any_component: bool,
}

/// The effect of a patch on the objects so far.
#[derive(Clone, Copy, Default)]
struct Use {
    has_target: bool,
    has_effect: bool,
    /// Whether a finding about the patch exists. A patch is reported only for the first object to which it does not
    /// apply.
    is_reported: bool,
}

impl<'p> Patches<'p> {
    fn of(patches: &'p [Patch]) -> Self {
        let mut by_target: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, patch) in patches.iter().enumerate() {
            let value = |name: &str| patch.target.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
            let key = INDEXED.into_iter().find_map(|field| Some((field, value(field)?))).unwrap_or_default();
            by_target.entry(key).or_default().push(place);
        }
        let has_any_component = by_target.keys().any(|(field, _)| matches!(*field, "name" | "kind" | ""));
        Self { all: patches, uses: vec![Use::default(); patches.len()], by_target, has_any_component }
    }

    /// Whether a patch may be for an object of this component.
    fn may_be_for(&self, component: &Component) -> bool {
        let keys = [("component", &*component.name), ("executor", &*component.node), ("role", component.role.word())];
        self.has_any_component || keys.iter().any(|key| self.by_target.contains_key(key))
    }

    /// The places of patches that may be for an object, starting with the place `from`.
    fn candidates(&self, object: &Node<'_>, component: &Component, from: usize) -> VecDeque<usize> {
        let value = |field: &str| match field {
            "component" => component.name.as_str(),
            "executor" => component.node.as_str(),
            "name" => object.text_at("metadata.name"),
            "kind" => object.text_at("kind"),
            "role" => component.role.word(),
            _ => "",
        };
        let keys = INDEXED.map(|field| (field, value(field)));
        let mut places: Vec<usize> = keys.iter().filter_map(|key| self.by_target.get(key)).flatten().copied().collect();
        places.retain(|place| *place >= from);
        places.sort_unstable();
        places.into()
    }

    /// Applies all patches that are for an object.
    fn apply(&mut self, object: &mut Node<'_>, role: &str, component: &Component, findings: &mut Findings) {
        let mut candidates = self.candidates(object, component, 0);
        if candidates.is_empty() {
            return;
        }
        let mut lost = LostContainer::find(object, component);
        while let Some(place) = candidates.pop_front() {
            let (patch, used) = (&self.all[place], &mut self.uses[place]);
            if !is_for(patch, object, component) {
                continue;
            }
            used.has_target = true;
            let (kind, name) = (object.text_at("kind").to_owned(), object.text_at("metadata.name").to_owned());
            let before = (!used.has_effect).then(|| kubernetes_value(object));
            let result = patch::apply(object, patch);
            let lost_before = std::mem::replace(&mut lost, LostContainer::find(object, component));
            let finding = match result {
                Err(error) => Some(does_not_apply(patch, role, component, &error)),
                Ok(()) if object.text_at("kind") != kind => Some(changes_kind(patch, role, component, object)),
                Ok(()) if lost == lost_before => None,
                Ok(()) => lost.clone().map(|lost| lost.finding(path(patch), role, component)),
            };
            used.has_effect |= finding.is_some() || before.is_some_and(|before| kubernetes_value(object) != before);
            if let Some(finding) = finding.filter(|_| !used.is_reported) {
                used.is_reported = true;
                findings.push(finding);
            }
            if object.text_at("metadata.name") != name {
                candidates = self.candidates(object, component, place + 1);
            }
        }
    }

    /// Reports each patch that has no content, matches no object, or has no effect.
    fn report_unused(self, findings: &mut Findings) {
        for (patch, used) in self.all.iter().zip(self.uses) {
            if patch.json.is_none() && patch.json_merge.is_none() && patch.merge.is_none() {
                let finding = Code::PatchWithoutContent.error(path(patch), "has no patch");
                findings.push(finding.fix("add `merge`, `json` or `jsonMergePatch`"));
            } else if !used.has_target {
                let target: Vec<String> = patch.target.iter().map(|(field, value)| format!("{field}: {value}")).collect();
                let finding = Code::PatchWithoutTarget.error(path(patch).key("target"), "matches no object of this Flow");
                findings.push(finding.got(target.join(", ")).fix("use a kind and a name from the output without the patch"));
            } else if !used.has_effect {
                let finding = Code::PatchWithoutEffect.warning(path(patch), "has no effect: the objects already have these values");
                findings.push(finding.fix("remove it, or compare it with the output without the patch"));
            }
        }
    }
}

fn is_for(patch: &Patch, object: &Node<'_>, component: &Component) -> bool {
    patch.target.iter().all(|(field, value)| match field.as_str() {
        "executor" => component.node == *value,
        "role" => component.role.word() == value,
        "component" => component.name == *value,
        "kind" => object.text_at("kind") == value,
        _ => object.text_at("metadata.name") == value,
    })
}

fn path(patch: &Patch) -> FieldPath {
    Path::root("spec.patches").key(&patch.name).into()
}

fn does_not_apply(patch: &Patch, role: &str, component: &Component, error: &str) -> Finding {
    let message = format!("does not apply to the {role} of `{}`: {error}", component.name);
    Code::PatchNotApplicable.error(path(patch), message).fix("compare it with the object in the output without the patch")
}

/// The error for a patch that changes the kind of an object. The next render would not recognize the object, and would
/// add another object.
fn changes_kind(patch: &Patch, role: &str, component: &Component, object: &Node<'_>) -> Finding {
    let finding = Code::PatchChangesKind.error(path(patch), format!("changes the kind of the {role} of `{}`", component.name));
    finding.got(object.text_at("kind")).fix("remove `kind` from the patch")
}
