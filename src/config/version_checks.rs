//! Checks which fields and which results of a render need another version of Kubernetes than the JinaFlow has.

use super::field::{Field, Shape};
use super::fields::{LAYER, SPEC, find};
use super::formats::VARIABLE_NAME;
use super::kubernetes::Kubernetes;
use super::object_names::is_variable;
use crate::finding::{Code, Finding, Findings, Path};
use crate::yaml::Node;

/// The fields of `behavior` with a tolerance, which an older API server drops without a message.
const TOLERANCES: [&str; 2] = ["scaleUp.tolerance", "scaleDown.tolerance"];

/// Fields of pods that older API servers refuse or drop without a message.
const OF_PODS: [(&str, Kubernetes); 3] =
    [("hostUsers", Kubernetes::USER_NAMESPACES), ("resources", Kubernetes::POD_RESOURCES), ("resourceClaims", Kubernetes::RESOURCE_CLAIMS)];

/// What a render for a newer version changes without a field.
static CHANGES: [(Kubernetes, &str); 2] = [
    (Kubernetes::SIDECARS, "`uses_before` and `uses_after` start before their head and end after it"),
    (Kubernetes::SLEEP, "pods wait without a shell before they stop"),
];

/// Reports the fields of a `spec` that a version of Kubernetes lacks.
pub fn check(spec: &Node<'_>, version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    check_fields(spec, SPEC, version, path, findings);
}

fn check_fields(node: &Node<'_>, fields: &'static [Field], version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    for (key, value) in node.as_map().unwrap_or_default().iter().filter(|(_, value)| !value.is_null()) {
        let name = key.shown();
        let Some(field) = find(fields, &name) else { continue };
        let path = path.key(&name);
        if let Some(since) = field.since.filter(|since| *since > version) {
            findings.push(too_new(since, version, &path).at(key.mark));
            continue;
        }
        match field.name {
            "behavior" => check_behavior(value, version, &path, findings),
            "podTemplate" => check_pods(value.get("spec"), version, &path.key("spec"), findings),
            "merge" | "jsonMergePatch" => check_patch(value, version, &path, findings),
            _ => {}
        }
        if version < Kubernetes::ANY_VARIABLE {
            match field.name {
                "prefix" => findings.extend(value.as_text().and_then(|prefix| any_variable(prefix, &path)).map(|f| f.at(value.mark))),
                "envFromSecret" => {
                    let entries = value.as_map().unwrap_or_default().iter().filter(|(_, value)| !value.is_null());
                    let names = entries.map(|(key, _)| (key.shown(), key.mark));
                    findings.extend(names.filter_map(|(name, mark)| Some(any_variable(&name, &path.key(&name))?.at(mark))));
                }
                _ => {}
            }
        }
        match &field.shape {
            Shape::Fields(below) => check_fields(value, below, version, &path, findings),
            Shape::Map(below) => check_entries(value, below, version, &path, findings),
            Shape::Layer(_) => check_fields(value, LAYER, version, &path, findings),
            Shape::Layers(_) => check_entries(value, LAYER, version, &path, findings),
            _ => {}
        }
    }
}

fn check_entries(node: &Node<'_>, fields: &'static [Field], version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    for (key, value) in node.as_map().unwrap_or_default() {
        check_fields(value, fields, version, &path.key(&key.shown()), findings);
    }
}

/// Reports what an older version ignores in the behavior of an autoscaler.
fn check_behavior(behavior: &Node<'_>, version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    let since = Kubernetes::AUTOSCALER_TOLERANCE;
    if version < since && TOLERANCES.iter().any(|tolerance| behavior.at(tolerance).is_some()) {
        findings.push(ignored("a `tolerance`", since, path).at(behavior.mark));
    }
}

/// Reports what an older version lacks in `spec` of pods.
fn check_pods(spec: Option<&Node<'_>>, version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    let Some(spec) = spec else { return };
    let is_set = |name: &str| spec.get(name).is_some_and(|value| !value.is_null());
    for (name, since) in OF_PODS.into_iter().filter(|(name, since)| *since > version && is_set(name)) {
        findings.push(ignored(&format!("`{name}`"), since, path).at(spec.mark));
    }
    let since = Kubernetes::IMAGE_VOLUMES;
    if version < since && spec.list_at("volumes").iter().any(|volume| volume.get("image").is_some()) {
        findings.push(ignored("a volume of an `image`", since, path).at(spec.mark));
    }
}

/// Reports what an older version lacks in a patch.
fn check_patch(change: &Node<'_>, version: Kubernetes, path: &Path<'_>, findings: &mut Findings) {
    let spec = path.key("spec");
    check_pods(change.at("spec.template.spec"), version, &spec.key("template").key("spec"), findings);
    if let Some(behavior) = change.at("spec.behavior") {
        check_behavior(behavior, version, &spec.key("behavior"), findings);
    }
    // `PreferClose` is older than the other values.
    let since = Kubernetes::TRAFFIC_DISTRIBUTION;
    let wanted = change.at("spec.trafficDistribution").and_then(Node::as_text).filter(|wanted| *wanted != "PreferClose");
    if version < since && wanted.is_some() {
        findings.push(ignored("`trafficDistribution`", since, &spec).at(change.mark));
    }
}

fn ignored(what: &str, since: Kubernetes, path: &Path<'_>) -> Finding {
    let message = format!("has {what}, which Kubernetes ignores or refuses before {since}");
    Code::FieldTooNew.warning(path, message).fix(fix(since))
}

/// The error for the name of a variable that only newer versions accept.
fn any_variable(name: &str, path: &Path<'_>) -> Option<Finding> {
    if !(VARIABLE_NAME.is_valid)(name) || is_variable(name) {
        return None;
    }
    let message = format!("has characters that Kubernetes accepts in the name of a variable only from {} on", Kubernetes::ANY_VARIABLE);
    Some(Code::FieldTooNew.error(path, message).got(name).fix("use letters, digits, `_`, `-` and `.`, without a digit first"))
}

fn too_new(since: Kubernetes, version: Kubernetes, path: &Path<'_>) -> Finding {
    let message = format!("needs Kubernetes {since}, but the manifests are for {version} and later");
    Code::FieldTooNew.error(path, message).fix(fix(since))
}

fn fix(since: Kubernetes) -> String {
    format!("set `kubernetesVersion: \"{since}\"` if all your clusters have it, or remove the field")
}

/// The names of the fields that a version lacks, each with its version.
fn lacking(fields: &'static [Field], above: &str, version: Kubernetes, names: &mut Vec<String>) {
    for field in fields {
        let name = format!("{above}{}", field.name);
        names.extend(field.since.filter(|since| *since > version).map(|since| format!("`{name}` ({since})")));
        if let Shape::Fields(below) = field.shape {
            lacking(below, &format!("{name}."), version, names);
        }
    }
}

/// Information about a version that the Kubernetes project no longer supports, with what a newer version changes.
pub fn support(version: Kubernetes, path: &Path<'_>) -> Option<Finding> {
    let (oldest, newest) = Kubernetes::SUPPORTED;
    if version >= oldest {
        return None;
    }
    let message =
        format!("is no longer supported by the Kubernetes project, which supports {oldest} to {newest} ({})", Kubernetes::SUPPORTED_IN);
    let changes = CHANGES.iter().filter(|(since, _)| *since > version).map(|(since, change)| format!("from {since} on {change}"));
    let mut says: Vec<String> = changes.collect();
    let mut fields = Vec::new();
    lacking(SPEC, "", version, &mut fields);
    lacking(LAYER, "", version, &mut fields);
    says.push(format!("newer versions have the fields {}", fields.join(", ")));
    let fix = format!("set the version of your oldest cluster: {}", says.join("; "));
    Some(Code::KubernetesOutOfSupport.info(path.key("kubernetesVersion"), message).got(version.to_string()).fix(fix))
}
