//! Checks entries of mappings: names that replace a field, fields of one entry that depend on each other, and how many
//! entries there can be.

use std::ops::RangeInclusive;

use super::fields::{LAYER, SPEC};
use super::formats::{Format, NAMESPACE, SERVICE_NAME, TAINT_KEY};
use super::stack::Stack;
use super::values::{Entry, Values};
use crate::finding::{Code, FieldPath, Finding, Findings, Path};
use crate::yaml::Node;

/// The most Gateways, host names and backends of a route (`ParentRefs`, `Hostnames` and `BackendRefs` of the Gateway API). The
/// gateway of the Flow is a backend too.
const MOST_OF_A_ROUTE: [(&str, usize); 3] = [("gateways", 32), ("hostnames", 16), ("backends", 15)];

/// Checks the names of clients and servers in `networkPolicy`. If no field selects the pods, the name is that of a namespace.
pub fn check_peers(spec: &Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    let Some(policy) = Values::of(spec, SPEC).below("networkPolicy") else { return };
    let path = path.key("networkPolicy");
    let mut check = |entry: &Entry<'_, '_>, path: &Path<'_>| {
        let is_selected = entry.values.has("cidr")
            || entry.values.has("namespace")
            || ["namespaceLabels", "podLabels"].iter().any(|labels| !entry.values.strings(labels).is_empty());
        if !is_selected {
            findings.extend(wrong_name(&NAMESPACE, &entry.name, path.key(&entry.name), "namespace"));
        }
    };
    policy.entries("allowFrom").for_each(|entry| check(&entry, &path.key("allowFrom")));
    if let Some(egress) = policy.below("egress") {
        egress.entries("allowTo").for_each(|entry| check(&entry, &path.key("egress").key("allowTo")));
    }
}

/// The error for the name of an entry that is not a valid value of the field that it replaces.
fn wrong_name(format: &Format, name: &str, path: impl Into<FieldPath>, field: &str) -> Option<Finding> {
    if (format.is_valid)(name) {
        return None;
    }
    let message = format!("is not a valid {}, and it is used as one because `{field}` is not set", format.noun);
    Some(Code::InvalidName.error(path, message).got(name).fix(format!("set `{field}` below it, or correct the name")))
}

/// Checks the entries of merged layers.
pub fn check(merged: &Node<'static>, stack: &Stack<'_>, findings: &mut Findings) {
    let fields = Values::of(merged, LAYER);
    let path = |field: &str, below: &[&str]| below.iter().fold(stack.path(field), |path, name| path.key(name));
    let mut wrong = Vec::new();
    for toleration in fields.entries("tolerations") {
        wrong.extend(check_toleration(&toleration, |below| path("tolerations", &[&[&*toleration.name], below].concat())));
    }
    if let Some(storage) = fields.below("storage") {
        let modes = storage.names("accessModes");
        if modes.len() > 1 && modes.iter().any(|mode| mode == ALONE) {
            let message = format!("has `{ALONE}` and other access modes, which Kubernetes does not allow together");
            let finding = Code::ConflictingFields.error(path("storage.accessModes", &[]), message).got(modes.join(", "));
            wrong.push(finding.fix(format!("write `accessModes: {{{ALONE}: {{}}}}`; `null` removes a mode of a weaker layer")));
        }
    }
    let node_port = fields.below("expose").and_then(|expose| expose.int("nodePort"));
    if let Some(port) = node_port.filter(|port| PORTS.contains(port) && !NODE_PORTS.contains(port)) {
        let (least, most) = (NODE_PORTS.start(), NODE_PORTS.end());
        let message = format!("is not between {least} and {most}, and an API server without `--service-node-port-range` refuses it");
        let finding = Code::ValueOutOfRange.warning(path("expose.nodePort", &[]), message).got(port.to_string());
        wrong.push(finding.fix(format!("set it to a number from {least} to {most}, or ignore this if the API server has another range")));
    }
    for name in ["httpRoute", "grpcRoute"] {
        let Some(route) = fields.below(name) else { continue };
        for backend in route.entries("backends").filter(|backend| !backend.values.has("service")) {
            wrong.extend(wrong_name(&SERVICE_NAME, &backend.name, path(name, &["backends", &backend.name]), "service"));
        }
        for (field, most) in MOST_OF_A_ROUTE {
            let count = route.names(field).len();
            if count > most {
                let finding = Code::ValueOutOfRange.error(path(name, &[field]), format!("must have at most {most} entries"));
                wrong.push(finding.got(count.to_string()).fix("remove entries, or write a route of your own for the others"));
            }
        }
    }
    for finding in wrong {
        findings.push_once_for_each_place(finding);
    }
}

/// The numbers of ports.
const PORTS: RangeInclusive<i64> = 1..=65535;

/// The ports on nodes (<https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport>).
const NODE_PORTS: RangeInclusive<i64> = 30000..=32767;

/// The access mode that is the only one of a claim (`ValidatePersistentVolumeClaimSpec`).
const ALONE: &str = "ReadWriteOncePod";

/// Checks the fields of a toleration together (`ValidateTolerations`).
fn check_toleration(entry: &Entry<'_, '_>, path: impl Fn(&[&str]) -> FieldPath) -> Vec<Finding> {
    let Entry { name, values } = entry;
    let mut wrong = Vec::new();
    let key = values.text("key").unwrap_or_else(|| name.clone());
    let operator = values.text("operator").unwrap_or_else(|| if values.has("value") { "Equal" } else { "Exists" }.to_owned());
    if !values.has("key") {
        wrong.extend(wrong_name(&TAINT_KEY, name, path(&[]), "key"));
    }
    if key.is_empty() && operator == "Equal" {
        let message = "is empty, which means all keys, and then the operator must be `Exists`";
        wrong.push(Code::ConflictingFields.error(path(&["key"]), message).fix("write the key, or `operator: Exists` without a value"));
    }
    if let Some(value) = values.text("value").filter(|value| !value.is_empty() && operator == "Exists") {
        let message = "is not allowed with the operator `Exists`, which matches every value";
        wrong.push(Code::ConflictingFields.error(path(&["value"]), message).got(value).fix("remove it, or write `operator: Equal`"));
    }
    if let Some(seconds) = values.text("seconds").filter(|_| values.text("effect").as_deref() != Some("NoExecute")) {
        let message = "is allowed only with the effect `NoExecute`";
        wrong.push(Code::ConflictingFields.error(path(&["seconds"]), message).got(seconds).fix("add `effect: NoExecute`, or remove it"));
    }
    wrong
}
