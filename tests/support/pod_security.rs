//! Pods that break one rule of Pod Security admission each, and what `jinaflow check` says about them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::field_cases::answer;
use super::{label, program, run};

/// Changes of a pod that passes both levels, the levels that refuse it, and the end of the path that is reported.
pub type Case = (&'static [(&'static str, &'static str)], &'static [&'static str], &'static str);

const BOTH: &[&str] = &["baseline", "restricted"];
const RESTRICTED: &[&str] = &["restricted"];
const NONE: &[&str] = &[];

/// A container with all that `restricted` requires, and one field that both levels refuse.
const PRIVILEGED: &str = r#"[{"name": "c", "image": "x", "securityContext":
    {"privileged": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]"#;

/// Each field with its value; `-` means a new entry of a list.
pub const CASES: &[Case] = &[
    (&[], NONE, ""),
    (&[("spec/hostNetwork", "true")], BOTH, "spec.hostNetwork"),
    (&[("spec/hostNetwork", "false")], NONE, ""),
    (&[("spec/hostPID", "true")], BOTH, "spec.hostPID"),
    (&[("spec/hostIPC", "true")], BOTH, "spec.hostIPC"),
    (&[("spec/volumes/-", r#"{"name": "v", "hostPath": {"path": "/x"}}"#)], BOTH, "].hostPath"),
    (&[("spec/volumes/-", r#"{"name": "v", "nfs": {"path": "/x", "server": "s"}}"#)], RESTRICTED, "].nfs"),
    (&[("spec/volumes/-", r#"{"name": "v", "image": {"reference": "x"}}"#)], NONE, ""),
    (&[("spec/volumes/-", r#"{"name": "v"}"#)], NONE, ""),
    (&[("spec/securityContext/sysctls", r#"[{"name": "kernel.msgmax", "value": "1"}]"#)], BOTH, "sysctls[0].name"),
    (&[("spec/securityContext/sysctls", r#"[{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]"#)], NONE, ""),
    (&[("spec/securityContext/seLinuxOptions", r#"{"type": "spc_t"}"#)], BOTH, "spec.securityContext.seLinuxOptions.type"),
    (&[("spec/securityContext/seLinuxOptions", r#"{"type": "container_engine_t"}"#)], NONE, ""),
    (&[("spec/securityContext/seLinuxOptions", r#"{"user": "u"}"#)], BOTH, "spec.securityContext.seLinuxOptions.user"),
    (
        &[("spec/containers/0/securityContext/seLinuxOptions", r#"{"role": "r"}"#)],
        BOTH,
        "containers[0].securityContext.seLinuxOptions.role",
    ),
    (&[("spec/securityContext/seccompProfile/type", r#""Unconfined""#)], BOTH, "spec.securityContext.seccompProfile.type"),
    (&[("spec/securityContext/seccompProfile", "null")], RESTRICTED, "spec"),
    (
        &[("spec/containers/0/securityContext/seccompProfile", r#"{"type": "Unconfined"}"#)],
        BOTH,
        "containers[0].securityContext.seccompProfile.type",
    ),
    (&[("spec/securityContext/appArmorProfile", r#"{"type": "Unconfined"}"#)], BOTH, "spec.securityContext.appArmorProfile.type"),
    (
        &[("spec/containers/0/securityContext/appArmorProfile", r#"{"type": "Unconfined"}"#)],
        BOTH,
        "containers[0].securityContext.appArmorProfile.type",
    ),
    (&[("spec/containers/0/securityContext/appArmorProfile", r#"{"type": "RuntimeDefault"}"#)], NONE, ""),
    (
        &[("metadata/annotations/container.apparmor.security.beta.kubernetes.io~1executor", r#""unconfined""#)],
        BOTH,
        "metadata.annotations[\"container.apparmor.security.beta.kubernetes.io/executor\"]",
    ),
    (&[("spec/securityContext/windowsOptions", r#"{"hostProcess": true}"#)], BOTH, "spec.securityContext.windowsOptions.hostProcess"),
    (&[("spec/securityContext/runAsUser", "0")], RESTRICTED, "spec.securityContext.runAsUser"),
    (&[("spec/containers/0/securityContext/runAsUser", "0")], RESTRICTED, "containers[0].securityContext.runAsUser"),
    (&[("spec/securityContext/runAsNonRoot", "null")], RESTRICTED, "spec"),
    (
        &[("spec/securityContext/runAsNonRoot", "false"), ("spec/containers/0/securityContext/runAsNonRoot", "true")],
        RESTRICTED,
        "spec.securityContext.runAsNonRoot",
    ),
    (&[("spec/securityContext/runAsNonRoot", "null"), ("spec/containers/0/securityContext/runAsNonRoot", "true")], NONE, ""),
    (&[("spec/containers/0/securityContext/runAsNonRoot", "false")], RESTRICTED, "containers[0].securityContext.runAsNonRoot"),
    (&[("spec/hostUsers", "false"), ("spec/securityContext/runAsUser", "0"), ("spec/securityContext/runAsNonRoot", "null")], NONE, ""),
    (&[("spec/containers/0/securityContext/privileged", "true")], BOTH, "containers[0].securityContext.privileged"),
    (
        &[("spec/containers/0/securityContext/allowPrivilegeEscalation", "true")],
        RESTRICTED,
        "containers[0].securityContext.allowPrivilegeEscalation",
    ),
    (&[("spec/containers/0/securityContext/allowPrivilegeEscalation", "null")], RESTRICTED, "spec"),
    (&[("spec/containers/0/securityContext/capabilities/drop", r#"["NET_RAW"]"#)], RESTRICTED, "spec"),
    (&[("spec/containers/0/securityContext/capabilities/add", r#"["NET_BIND_SERVICE"]"#)], NONE, ""),
    (&[("spec/containers/0/securityContext/capabilities/add", r#"["CHOWN"]"#)], RESTRICTED, "capabilities.add[0]"),
    (&[("spec/containers/0/securityContext/capabilities/add", r#"["NET_ADMIN"]"#)], BOTH, "capabilities.add[0]"),
    (&[("spec/containers/0/securityContext/procMount", r#""Unmasked""#)], BOTH, "containers[0].securityContext.procMount"),
    (
        &[("spec/hostUsers", "false"), ("spec/containers/0/securityContext/procMount", r#""Unmasked""#)],
        RESTRICTED,
        "containers[0].securityContext.procMount",
    ),
    (&[("spec/containers/0/ports", r#"[{"containerPort": 8080, "hostPort": 8080}]"#)], BOTH, "ports[0].hostPort"),
    (&[("spec/containers/0/livenessProbe", r#"{"httpGet": {"host": "x", "port": 8080}}"#)], BOTH, "livenessProbe.httpGet.host"),
    (&[("spec/containers/0/readinessProbe", r#"{"tcpSocket": {"host": "x", "port": 8080}}"#)], BOTH, "readinessProbe.tcpSocket.host"),
    (&[("spec/containers/0/startupProbe", r#"{"tcpSocket": {"host": "", "port": 8080}}"#)], NONE, ""),
    (
        &[("spec/containers/0/lifecycle", r#"{"preStop": {"httpGet": {"host": "x", "port": 8080}}}"#)],
        BOTH,
        "lifecycle.preStop.httpGet.host",
    ),
    (&[("spec/initContainers", r#"[{"name": "i", "image": "x"}]"#)], RESTRICTED, "spec"),
    (&[("spec/initContainers", PRIVILEGED)], BOTH, "initContainers[0].securityContext.privileged"),
    (&[("spec/ephemeralContainers", PRIVILEGED)], BOTH, "ephemeralContainers[0].securityContext.privileged"),
];

/// Sets a field. Mappings and lists above it are created.
fn set(pod: &mut Value, pointer: &str, value: Value) {
    let mut place = pod;
    for step in pointer.split('/') {
        let step = step.replace("~1", "/");
        if step == "-" {
            let list = place.as_array_mut().unwrap();
            list.push(Value::Null);
            place = list.last_mut().unwrap();
        } else if let Ok(index) = step.parse::<usize>() {
            place = &mut place[index];
        } else {
            place = &mut place[step];
        }
    }
    *place = value;
}

/// A Namespace with a level, whose name is the level.
pub fn namespace(level: &str) -> Value {
    let labels = json!({"pod-security.kubernetes.io/enforce": level});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": level, "labels": labels}})
}

/// The pod of each case in a Namespace, with the number of the case in its name.
pub fn pods(level: &str) -> Vec<Value> {
    let rendered = answer("defaults: {securityProfile: restricted}").list();
    let objects = rendered["items"].as_array().unwrap();
    let deployment = objects.iter().find(|object| label(object) == "Deployment/encoder").unwrap();
    let pod = |(number, (changes, ..)): (usize, &Case)| {
        let mut pod = deployment["spec"]["template"].clone();
        pod["apiVersion"] = "v1".into();
        pod["kind"] = "Pod".into();
        pod["metadata"]["name"] = format!("case-{number}").into();
        pod["metadata"]["namespace"] = level.into();
        for (pointer, value) in *changes {
            set(&mut pod, pointer, serde_json::from_str(value).unwrap());
        }
        pod
    };
    CASES.iter().enumerate().map(pod).collect()
}

/// The paths that `jinaflow check` reports for each pod in a Namespace.
pub fn reported(level: &str) -> BTreeMap<String, Vec<String>> {
    let mut items = pods(level);
    let names = items.iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned());
    let mut reported: BTreeMap<String, Vec<String>> = names.map(|name| (name, Vec::new())).collect();
    items.push(namespace(level));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let checked = run(program(&["check", "-"]), list.as_bytes());
    for line in checked.findings() {
        let Some(line) = line.strip_prefix("error[pod-security-violated]: Pod/") else { continue };
        let (name, rest) = line.split_once(": ").unwrap();
        let (path, _) = rest.split_once(": ").unwrap();
        reported.get_mut(name).unwrap().push(path.to_owned());
    }
    reported
}
