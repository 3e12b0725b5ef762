//! The pod template of Deployments and `StatefulSets`.

use super::labels::{add_labels, label_value, metadata, texts};
use super::{COMPONENT, Target, configmap, container, drain, object, security, selector, volumes};
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::config::lists;
use crate::config::scope::EXTERNAL;
use crate::plan::{Component, Process, Role};
use crate::yaml::{Data, Node};

/// The label from which a pod learns the name of its executor in the Flow.
pub const NODE_LABEL: &str = "jina_deployment_name";

/// The volume of an inline configuration.
pub const CONFIG_VOLUME: &str = "config";

/// The annotation by which pods are replaced when what they read has changed.
const CONFIG_HASH: &str = "flow.jina.ai/config-hash";

/// `metadata` of a Deployment or StatefulSet.
pub fn workload_metadata<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut metadata = metadata(&component.name, component, target);
    let external = external(component, target);
    if !external.is_empty() {
        let mut annotations = texts(&component.workload.annotations);
        annotations.set(EXTERNAL, external.join(",").into());
        metadata.set("annotations", annotations);
    }
    metadata
}

/// What the pods refer to and somebody else provides, as `KIND/NAME`.
fn external(component: &Component, target: &Target<'_>) -> Vec<String> {
    let sources = component.workload.sources.iter().map(|source| {
        let kind = if source.is_secret { "secret" } else { "configmap" };
        (format!("{kind}/{}", source.name), source.external)
    });
    let secrets = component.containers.iter().flat_map(|c| &c.secrets).map(|secret| &secret.secret);
    let secrets = secrets.chain(&component.pull_secrets).map(|name| (format!("secret/{name}"), false));
    let foreign = component.foreign.iter().filter(|_| target.corrections.has(Correction::ObjectLabels));
    let claim = component.storage.iter().filter_map(|storage| storage.existing.as_ref());
    let account = component.workload.service_account.iter().map(|name| (format!("serviceaccount/{name}"), false));
    let known = foreign.map(|name| format!("service/{name}")).chain(claim.map(|name| format!("persistentvolumeclaim/{name}")));
    let others = known.map(|name| (name, true)).chain(account);
    let mut names: Vec<String> = sources
        .chain(secrets)
        .chain(others)
        .filter(|(name, external)| *external || target.scope.external.contains(name))
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Labels, what a mesh is told, and the containers; the user's own part over all of it.
pub fn template<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let workload = &component.workload;
    let containers: Vec<Node<'c>> = component.containers.iter().map(|c| container::container(component, c, target)).collect();
    let mut spec = object([("containers", containers.into())]);
    let mut set = |name: &'static str, value: Option<Node<'c>>| value.into_iter().for_each(|value| spec.set(name, value));
    let list = |entries: Vec<Node<'c>>| (!entries.is_empty()).then(|| entries.into());
    set("imagePullSecrets", list(component.pull_secrets.iter().map(|name| object([("name", name.as_str().into())])).collect()));
    set("volumes", list(volumes::volumes(component)));
    set("serviceAccountName", workload.service_account.as_deref().map(Node::from));
    let has_token = workload.service_account.is_some() || !target.corrections.has(Correction::NoApiToken);
    set("automountServiceAccountToken", (!has_token).then(|| Node::field("false")));
    set("securityContext", security::of_pod(workload.security));
    set("terminationGracePeriodSeconds", drain::grace(component, target).map(Node::from));
    set("nodeSelector", (!workload.node_selector.is_empty()).then(|| texts(&workload.node_selector)));
    set("tolerations", list(workload.tolerations.clone()));
    set("affinity", workload.affinity.clone());
    set(
        "topologySpreadConstraints",
        list(workload.topology_spread.iter().map(|(key, fields)| spread(key, fields, component, target)).collect()),
    );
    set("priorityClassName", workload.priority_class.as_deref().map(Node::from));
    let mut metadata = object([("labels", labels(component, target))]);
    let annotations = annotations(component, target);
    if annotations.as_map().is_some_and(|annotations| !annotations.is_empty()) {
        metadata.set("annotations", annotations);
    }
    let mut template = object([("metadata", metadata), ("spec", spec)]);
    if let Some(part) = &workload.pod_template {
        lists::merge("", &mut template, of_these_containers(part.clone(), component));
    }
    template
}

/// A part of a template without what it says of containers that only other pods of the executor have: the head's are not those
/// of its shards.
fn of_these_containers<'c>(mut part: Node<'c>, component: &Component) -> Node<'c> {
    let is_elsewhere = |container: &Node<'_>| {
        let name = container.get("name").and_then(Node::as_text);
        let is = |process: Process| name == Some(process.name());
        [Process::UsesBefore, Process::UsesAfter].into_iter().any(is)
            && container.get("image").is_none()
            && !component.containers.iter().any(|container| is(container.process))
    };
    let containers = part.get_mut("spec").and_then(|spec| spec.get_mut("containers"));
    if let Some(Data::List(containers)) = containers.map(|containers| &mut containers.data) {
        containers.retain(|container| !is_elsewhere(container));
    }
    part
}

fn spread<'c>(key: &'c str, fields: &'c Node<'static>, component: &'c Component, target: &Target<'c>) -> Node<'c> {
    object([
        ("maxSkew", fields.get("maxSkew").cloned().unwrap_or_else(|| 1.into())),
        ("topologyKey", key.into()),
        ("whenUnsatisfiable", fields.get("whenUnsatisfiable").cloned().unwrap_or_else(|| "ScheduleAnyway".into())),
        ("labelSelector", object([("matchLabels", selector(&component.name, target))])),
    ])
}

fn annotations<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut annotations = object([]);
    if target.mesh == Mesh::Linkerd {
        annotations.set("linkerd.io/inject", "enabled".into());
    }
    if target.corrections.has(Correction::ConfigHash) {
        annotations.set(CONFIG_HASH, configmap::fingerprint(component).into());
    }
    if let Some((name, value)) = drain::of_proxy(component, target) {
        annotations.set(name, value);
    }
    if let (Data::Map(known), Data::Map(own)) = (&mut annotations.data, texts(&component.workload.annotations).data) {
        known.retain(|(name, _)| own.iter().all(|(other, _)| other.as_text() != name.as_text()));
        known.extend(own);
    }
    annotations
}

fn labels<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let (pod_type, shard) = match component.role {
        Role::Gateway => ("GATEWAY", String::new()),
        Role::Head => ("HEAD", String::new()),
        Role::Worker(shard) => ("WORKER", shard.to_string()),
    };
    let mut labels = object([
        ("app", component.name.as_str().into()),
        (NODE_LABEL, label_value(&component.node).into()),
        ("shard_id", shard.into()),
        ("pod_type", pod_type.into()),
    ]);
    if target.corrections.has(Correction::OwnSelectors) {
        labels.set(COMPONENT, component.name.as_str().into());
    }
    if let Some(namespace) = target.literal_namespace() {
        labels.set("ns", namespace.into());
    }
    if target.mesh == Mesh::Istio {
        labels.set("sidecar.istio.io/inject", "true".into());
    }
    if let Data::Map(pairs) = &mut labels.data {
        add_labels(pairs, component, target);
    }
    labels
}
