//! The pod template of Deployments and StatefulSets, and the other fields of both kinds.

use super::labels::{COMPONENT, NODE_LABEL, add_labels, label_value};
use super::maker::Maker;
use super::nodes::{mapping, string_map, strings};
use super::{configmap, container, drain, security, volumes};
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::config::lists;
use crate::config::scope::EXTERNAL;
use crate::config::workload::TopologySpread;
use crate::plan::{Component, Process};
use crate::yaml::{Data, Node};

/// The fields with the containers of a pod.
const SIDECARS: &str = "initContainers";
const CONTAINERS: &str = "containers";

/// The annotation that changes with the configuration of a pod, so that Kubernetes replaces the pod.
const CONFIG_HASH: &str = "flow.jina.ai/config-hash";

/// `metadata` of a Deployment or StatefulSet.
pub fn workload_metadata<'c>(maker: &Maker<'c>) -> Node<'c> {
    let mut metadata = maker.metadata(&maker.component.name);
    let external = external(maker);
    if !external.is_empty() {
        let mut annotations = string_map(&maker.component.workload.annotations);
        annotations.set(EXTERNAL, external.join(",").into());
        metadata.set("annotations", annotations);
    }
    metadata
}

/// A `spec` with the number of pods. If an autoscaler decides the number, the `spec` has no number.
pub fn spec_with_replicas<'c>(component: &Component) -> Node<'c> {
    match component.workload.autoscale {
        None => mapping([("replicas", component.replicas.into())]),
        Some(_) => mapping([]),
    }
}

/// A rolling update that keeps at least the requested number of pods by default.
pub fn rolling_update(component: &Component) -> Node<'_> {
    let update = &component.workload.rolling_update;
    let settings = mapping([("maxSurge", update.surge_or_default()), ("maxUnavailable", update.unavailable_or_default())]);
    mapping([("type", "RollingUpdate".into()), ("rollingUpdate", settings)])
}

/// The objects that the pods use and that the Flow does not create, as `KIND/NAME`.
fn external(maker: &Maker<'_>) -> Vec<String> {
    let Maker { component, target } = maker;
    let sources = component.workload.sources.iter().map(|source| {
        let kind = if source.is_secret { "secret" } else { "configmap" };
        (format!("{kind}/{}", source.name), source.external)
    });
    let secrets = component.containers.iter().flat_map(|c| &c.secrets).map(|secret| &secret.secret);
    let secrets = secrets.chain(&component.pull_secrets).map(|name| (format!("secret/{name}"), false));
    let services = component.foreign.iter().filter(|_| maker.has(Correction::ObjectLabels)).map(|name| format!("service/{name}"));
    let claims = component.storage.iter().filter_map(|storage| storage.existing.as_ref());
    let claims = claims.map(|name| format!("persistentvolumeclaim/{name}"));
    let routes = component.workload.http_route.iter().chain(&component.workload.grpc_route);
    let backends = routes.flat_map(|route| &route.backends).map(|backend| format!("service/{}", backend.service));
    let always_external = services.chain(claims).chain(backends).map(|name| (name, true));
    let account = component.workload.service_account.iter().map(|name| (format!("serviceaccount/{name}"), false));
    let all = sources.chain(secrets).chain(always_external).chain(account);
    let mut names: Vec<String> =
        all.filter(|(name, is_external)| *is_external || target.scope.external.contains(name)).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    names
}

/// The pod template: labels, annotations for a mesh and containers, merged with the user's `podTemplate`.
pub fn template<'c>(maker: &Maker<'c>) -> Node<'c> {
    let component = maker.component;
    let workload = &component.workload;
    let (sidecars, containers): (Vec<_>, Vec<_>) = component.containers.iter().partition(|container| maker.is_sidecar(container));
    let of = |containers: Vec<_>| containers.into_iter().map(|container| container::container(maker, container)).collect::<Vec<Node<'c>>>();
    let mut spec = mapping([]);
    if !sidecars.is_empty() {
        spec.set(SIDECARS, of(sidecars).into());
    }
    spec.set(CONTAINERS, of(containers).into());
    let mut set = |name: &'static str, value: Option<Node<'c>>| value.into_iter().for_each(|value| spec.set(name, value));
    let list = |entries: Vec<Node<'c>>| (!entries.is_empty()).then(|| entries.into());
    set("imagePullSecrets", list(component.pull_secrets.iter().map(|name| mapping([("name", name.as_str().into())])).collect()));
    set("volumes", list(volumes::volumes(component)));
    set("serviceAccountName", workload.service_account.as_deref().map(Node::from));
    let has_token = workload.service_account.is_some() || !maker.has(Correction::NoApiToken);
    set("automountServiceAccountToken", (!has_token).then(|| Node::field("false")));
    set("enableServiceLinks", maker.has(Correction::NoServiceLinks).then(|| Node::field("false")));
    set("hostUsers", workload.host_users.map(|is_host| Node::field(if is_host { "true" } else { "false" })));
    set("securityContext", security::of_pod(workload.security));
    set("terminationGracePeriodSeconds", drain::grace(maker).map(Node::from));
    set("nodeSelector", (!workload.node_selector.is_empty()).then(|| string_map(&workload.node_selector)));
    set("tolerations", list(workload.tolerations.clone()));
    set("affinity", workload.affinity.clone());
    let spreads = workload.topology_spread.iter().map(|settings| spread(settings, maker));
    set("topologySpreadConstraints", list(spreads.collect()));
    set("priorityClassName", workload.priority_class.as_deref().map(Node::from));
    let mut metadata = mapping([("labels", labels(maker))]);
    let annotations = annotations(maker);
    if annotations.as_map().is_some_and(|annotations| !annotations.is_empty()) {
        metadata.set("annotations", annotations);
    }
    let mut template = mapping([("metadata", metadata), ("spec", spec)]);
    if let Some(part) = &workload.pod_template {
        lists::merge("", &mut template, for_these_containers(part.clone(), maker));
    }
    template
}

/// A part of a template with `uses-before` and `uses-after` in the list where the pod has them, and without those that only
/// other pods of the executor have: the pod of a head has other containers than the pods of shards.
fn for_these_containers<'c>(mut part: Node<'c>, maker: &Maker<'c>) -> Node<'c> {
    let Some(spec) = part.get_mut("spec") else { return part };
    let mut own = Vec::new();
    for list in [SIDECARS, CONTAINERS] {
        let Some(Data::List(containers)) = spec.get_mut(list).map(|containers| &mut containers.data) else { continue };
        containers.retain(|container| {
            let process = [Process::UsesBefore, Process::UsesAfter].into_iter().find(|process| is_named(container, process.name()));
            let Some(process) = process.filter(|_| container.get("image").is_none()) else { return true };
            let known = maker.component.containers.iter().find(|container| container.process == process);
            let place = known.map(|container| if maker.is_sidecar(container) { SIDECARS } else { CONTAINERS });
            own.extend(place.filter(|place| *place != list).map(|place| (place, container.clone())));
            place == Some(list)
        });
    }
    for (list, container) in own {
        match spec.get_mut(list).map(|containers| &mut containers.data) {
            Some(Data::List(containers)) => containers.push(container),
            _ => spec.set(list, vec![container].into()),
        }
    }
    part
}

fn is_named(container: &Node<'_>, name: &str) -> bool {
    container.get("name").and_then(Node::as_text) == Some(name)
}

fn spread<'c>(settings: &'c TopologySpread, maker: &Maker<'c>) -> Node<'c> {
    let mut spread = mapping([
        ("maxSkew", settings.max_skew.clone()),
        ("topologyKey", settings.key.as_str().into()),
        ("whenUnsatisfiable", settings.when_unsatisfiable.clone()),
        ("labelSelector", maker.label_selector()),
    ]);
    // Every tested version has `matchLabelKeys`. A StatefulSet has no label `pod-template-hash`. With its own label,
    // `controller-revision-hash`, the pods that a partition keeps at the older version would not count.
    if maker.component.storage.is_none() && maker.has(Correction::EvenRollouts) {
        spread.set("matchLabelKeys", strings(["pod-template-hash"]));
    }
    spread
}

fn annotations<'c>(maker: &Maker<'c>) -> Node<'c> {
    let mut annotations = mapping([]);
    if maker.target.mesh == Mesh::Linkerd {
        annotations.set("linkerd.io/inject", "enabled".into());
    }
    if maker.has(Correction::ConfigHash) {
        annotations.set(CONFIG_HASH, configmap::fingerprint(maker.component).into());
    }
    if let Some((name, value)) = drain::proxy_annotation(maker) {
        annotations.set(name, value);
    }
    if let (Data::Map(known), Data::Map(own)) = (&mut annotations.data, string_map(&maker.component.workload.annotations).data) {
        known.retain(|(name, _)| own.iter().all(|(other, _)| other.as_text() != name.as_text()));
        known.extend(own);
    }
    annotations
}

fn labels<'c>(maker: &Maker<'c>) -> Node<'c> {
    let Maker { component, target } = maker;
    let shard = component.role.shard().map(|shard| shard.to_string()).unwrap_or_default();
    let node = label_value(&component.node);
    let mut labels = if maker.has(Correction::ReadLabels) {
        mapping([("app", component.name.as_str().into()), (NODE_LABEL, node.into())])
    } else {
        mapping([
            ("app", component.name.as_str().into()),
            (NODE_LABEL, node.into()),
            ("shard_id", shard.into()),
            ("pod_type", component.role.word().to_ascii_uppercase().into()),
        ])
    };
    if maker.has(Correction::OwnSelectors) {
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
