//! Fields of the JinaFlow that are fields of a workload or of its pods.

use super::side::{Find, Side, string};
use crate::import::tree::empty;
use crate::yaml::Node;

/// `replicas`.
pub fn replicas(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_workload("spec.replicas").into_iter();
    let is_number = |node: &Node<'_>| string(node).is_none() && node.as_text().is_some_and(|text| text.parse::<u32>().is_ok_and(|n| n > 0));
    found.filter_map(|found| Some(Find::one(&["replicas"], found.new.filter(|new| is_number(new))?.clone(), vec![found.key]))).collect()
}

/// A field whose value is the string in a field of the pods with the same name.
fn same_string(side: &Side<'_>, name: &'static str) -> Vec<Find> {
    let found = side.of_pods(name).into_iter();
    found.filter_map(|found| Some(Find::one(&[name], string(found.new?)?.to_owned().into(), vec![found.key]))).collect()
}

/// `serviceAccountName`.
pub fn service_account(side: &Side<'_>) -> Vec<Find> {
    same_string(side, "serviceAccountName")
}

/// `priorityClassName`.
pub fn priority_class(side: &Side<'_>) -> Vec<Find> {
    same_string(side, "priorityClassName")
}

/// `nodeSelector`.
pub fn node_selector(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_pods("nodeSelector.*").into_iter();
    let one = |name: &str, new: &Node<'_>, key| Some(Find::one(&["nodeSelector", name], string(new)?.to_owned().into(), vec![key]));
    found.filter_map(|found| one(found.names.first()?, found.new?, found.key)).collect()
}

/// `affinity`.
pub fn affinity(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_pods("affinity").into_iter();
    found.filter_map(|found| Some(Find::one(&["affinity"], found.new?.clone(), vec![found.key]))).collect()
}

/// `tolerations`, which are found only all together: Kubernetes gives the entries of the list no names.
pub fn tolerations(side: &Side<'_>) -> Vec<Find> {
    let all = |list: &Node<'static>, key| {
        let mut names: Vec<String> = Vec::new();
        let mut fields = Vec::new();
        for entry in list.as_list().filter(|list| !list.is_empty())? {
            let taint = string(entry.get("key")?)?;
            let number = names.iter().filter(|name| *name == taint).count();
            names.push(taint.to_owned());
            let name = if number == 0 { taint.to_owned() } else { format!("{taint}-{}", number + 1) };
            let mut value = empty();
            if name != taint {
                value.set("key", taint.to_owned().into());
            }
            // The operator follows from the value.
            if entry.text_at("operator") != if entry.get("value").is_some() { "Equal" } else { "Exists" } {
                value.set("operator", entry.get("operator")?.clone());
            }
            for (field, of) in [("value", "value"), ("effect", "effect"), ("seconds", "tolerationSeconds")] {
                if let Some(of) = entry.get(of) {
                    value.set(field, of.clone());
                }
            }
            fields.push((vec!["tolerations".to_owned(), name], value));
        }
        Some(Find { fields, edits: vec![key] })
    };
    side.of_pods("tolerations").into_iter().filter_map(|found| all(found.new?, found.key)).collect()
}

/// `topologySpread`, for spreads of the component's own pods.
pub fn topology_spread(side: &Side<'_>) -> Vec<Find> {
    let one = |entry: &Node<'static>, key| {
        let selector = entry.at("labelSelector.matchLabels")?.as_map()?;
        let [(label, name)] = selector else { return None };
        if label.as_text() != Some("app") || name.as_text() != Some(&side.component.name) {
            return None;
        }
        let mut value = empty();
        if entry.text_at("maxSkew") != "1" {
            value.set("maxSkew", entry.get("maxSkew")?.clone());
        }
        if entry.text_at("whenUnsatisfiable") != "ScheduleAnyway" {
            value.set("whenUnsatisfiable", entry.get("whenUnsatisfiable")?.clone());
        }
        Some(Find::one(&["topologySpread", string(entry.get("topologyKey")?)?], value, vec![key]))
    };
    side.of_pods("topologySpreadConstraints.[]").into_iter().filter_map(|found| one(found.new?, found.key)).collect()
}

/// `imagePullSecrets`.
pub fn pull_secrets(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_pods("imagePullSecrets.[]").into_iter();
    let one = |entry: &Node<'_>, key| Some(Find::one(&["imagePullSecrets", string(entry.get("name")?)?], empty(), vec![key]));
    found.filter_map(|found| one(found.new?, found.key)).collect()
}

/// `rollingUpdate`.
pub fn rolling_update(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_workload("spec.strategy.rollingUpdate.*").into_iter();
    let known = |name: &str| ["maxSurge", "maxUnavailable"].contains(&name);
    let one = |name: &str, new: &Node<'static>, key| known(name).then(|| Find::one(&["rollingUpdate", name], new.clone(), vec![key]));
    found.filter_map(|found| one(found.names.first()?, found.new?, found.key)).collect()
}

/// `securityProfile`, which sets the `securityContext` of the pod and of all containers.
pub fn security_profile(side: &Side<'_>) -> Vec<Find> {
    let pods = side.of_pods("securityContext").into_iter().find_map(|found| Some((found.new?, found.key)));
    let of_containers = side.of_all_containers("securityContext");
    let (Some((new, key)), [containers]) = (pods, of_containers.as_slice()) else { return Vec::new() };
    let profile = if new.get("runAsNonRoot").is_some() { "restricted" } else { "baseline" };
    let keys = std::iter::once(key).chain(containers.keys.iter().cloned());
    vec![Find::one(&["securityProfile"], Node::plain(profile), keys.collect())]
}

/// The annotation of pods in the mesh Linkerd that has the time of `drainSeconds`.
const PROXY: &str = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";

/// `drainSeconds`, which sets `preStop` of all containers and a longer grace period of the pod.
pub fn drain_seconds(side: &Side<'_>) -> Vec<Find> {
    let grace = side.of_pods("terminationGracePeriodSeconds").into_iter().next();
    let of_containers = side.of_all_containers("lifecycle.preStop.exec.command");
    let (Some(grace), [stops]) = (grace, of_containers.as_slice()) else { return Vec::new() };
    let command = stops.new.as_list().and_then(<[_]>::last).and_then(string);
    let Some(seconds) = command.and_then(|command| command.strip_prefix("sleep ")?.parse::<u32>().ok()) else { return Vec::new() };
    let of_proxy = side.of_workload("spec.template.metadata.annotations.*").into_iter();
    let of_proxy = of_proxy.filter(|found| found.names.first() == Some(&PROXY)).map(|found| found.key);
    let keys = stops.keys.iter().cloned().chain([grace.key]).chain(of_proxy);
    vec![Find::one(&["drainSeconds"], Node::plain(seconds.to_string()), keys.collect())]
}
