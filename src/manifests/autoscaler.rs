//! `autoscaling/v2 HorizontalPodAutoscaler` and `keda.sh/v1alpha1 ScaledObject`, which decide the number of replicas.

use super::maker::Maker;
use super::nodes::{mapping, string_map};
use super::promql;
use crate::config::lists::merge_layer;
use crate::config::workload::{Autoscale, Trigger};
use crate::plan::Component;
use crate::yaml::Node;

/// The kind of the autoscaler, which is also the role of the object.
pub fn kind(autoscale: &Autoscale) -> &'static str {
    if autoscale.is_of_keda() { "ScaledObject" } else { "HorizontalPodAutoscaler" }
}

pub fn autoscaler<'c>(maker: &Maker<'c>, autoscale: &'c Autoscale) -> Node<'c> {
    let component = maker.component;
    let (version, spec) = if autoscale.is_of_keda() {
        ("keda.sh/v1alpha1", scaled(maker, autoscale))
    } else {
        ("autoscaling/v2", horizontal(component, autoscale))
    };
    maker.object(version, kind(autoscale), &component.name, spec)
}

fn scale_target(component: &Component) -> Node<'_> {
    let kind = if component.storage.is_some() { "StatefulSet" } else { "Deployment" };
    mapping([("apiVersion", "apps/v1".into()), ("kind", kind.into()), ("name", component.name.as_str().into())])
}

/// The target for a resource that is measured.
struct Target<'c> {
    resource: &'static str,
    /// The type of the target in a metric of a HorizontalPodAutoscaler.
    kind: &'static str,
    /// The field of the target in such a metric.
    field: &'static str,
    value: Node<'c>,
}

fn targets(autoscale: &Autoscale) -> impl Iterator<Item = Target<'_>> {
    let percent = |resource, percent: Option<i64>| {
        Some(Target { resource, kind: "Utilization", field: "averageUtilization", value: percent?.into() })
    };
    let average = autoscale.memory_average.as_ref();
    let average = average.map(|value| Target { resource: "memory", kind: "AverageValue", field: "averageValue", value: value.into() });
    [percent("cpu", autoscale.cpu), percent("memory", autoscale.memory), average].into_iter().flatten()
}

/// `behavior`, with the time of `scaleDownSeconds` and with the tolerance.
fn behavior(autoscale: &Autoscale) -> Option<Node<'_>> {
    let mut behavior = autoscale.behavior.clone();
    let mut add = |direction: &'static str, field: &'static str, value: Node<'static>| {
        let mut weakest = mapping([(direction, mapping([(field, value)]))]);
        merge_layer(&mut weakest, behavior.take().unwrap_or_else(|| mapping([])));
        behavior = Some(weakest);
    };
    if let Some(percent) = autoscale.tolerance {
        // Kubernetes writes the quantity 0.05 as 50m.
        let share = format!("{}m", percent.saturating_mul(10));
        add("scaleUp", "tolerance", share.clone().into());
        add("scaleDown", "tolerance", share.into());
    }
    if let Some(seconds) = autoscale.scale_down {
        add("scaleDown", "stabilizationWindowSeconds", seconds.into());
    }
    behavior
}

fn horizontal<'c>(component: &'c Component, autoscale: &'c Autoscale) -> Node<'c> {
    let metric = |Target { resource, kind, field, value }: Target<'c>| {
        let target = mapping([("type", kind.into()), (field, value)]);
        mapping([("type", "Resource".into()), ("resource", mapping([("name", resource.into()), ("target", target)]))])
    };
    let mut spec = mapping([
        ("scaleTargetRef", scale_target(component)),
        ("minReplicas", autoscale.min.into()),
        ("maxReplicas", autoscale.max.into()),
        ("metrics", targets(autoscale).map(metric).collect::<Vec<_>>().into()),
    ]);
    if let Some(behavior) = behavior(autoscale) {
        spec.set("behavior", behavior);
    }
    spec
}

fn scaled<'c>(maker: &Maker<'c>, autoscale: &'c Autoscale) -> Node<'c> {
    let of_resource = |Target { resource, kind, value, .. }: Target<'c>| {
        let metadata = mapping([("value", value.shown().into())]);
        mapping([("type", resource.into()), ("metricType", kind.into()), ("metadata", metadata)])
    };
    let mut triggers: Vec<Node<'c>> = targets(autoscale).map(of_resource).collect();
    triggers.extend(of_prometheus(maker, autoscale));
    let keda = autoscale.keda.as_ref();
    triggers.extend(keda.into_iter().flat_map(|keda| &keda.triggers).map(trigger));
    let mut spec = mapping([
        ("scaleTargetRef", scale_target(maker.component)),
        ("minReplicaCount", autoscale.min.into()),
        ("maxReplicaCount", autoscale.max.into()),
        ("triggers", triggers.into()),
    ]);
    // KEDA creates a HorizontalPodAutoscaler with this behavior.
    if let Some(behavior) = behavior(autoscale) {
        let config = mapping([("behavior", behavior)]);
        spec.set("advanced", mapping([("horizontalPodAutoscalerConfig", config)]));
    }
    let polling = keda.and_then(|keda| keda.polling);
    for (name, seconds) in [("pollingInterval", polling), ("cooldownPeriod", keda.and_then(|keda| keda.cooldown))] {
        if let Some(seconds) = seconds {
            spec.set(name, seconds.into());
        }
    }
    spec
}

/// A threshold that no load reaches, so that a trigger only decides whether there is a pod.
const UNREACHABLE: &str = "1000000000";

/// The triggers for `requestsPerSecond` and `concurrency`.
fn of_prometheus<'c>(maker: &Maker<'c>, autoscale: &Autoscale) -> Vec<Node<'c>> {
    let address = maker.target.scope.monitoring.as_ref().and_then(|monitoring| monitoring.prometheus.as_deref());
    let trigger = |query: String, threshold: String| {
        let metadata = [("serverAddress", address.unwrap_or_default().into()), ("query", query.into()), ("threshold", threshold.into())];
        mapping([("type", "prometheus".into()), ("metadata", mapping(metadata))])
    };
    let rate = autoscale.requests_per_second.map(|target| trigger(promql::requests_per_second(maker), target.to_string()));
    let concurrency = autoscale.concurrency.map(|target| trigger(promql::concurrency(maker), target.to_string()));
    let mut triggers: Vec<Node<'c>> = rate.into_iter().chain(concurrency).collect();
    // A component without pods reports no requests; its caller does.
    if autoscale.min == 0 && !triggers.is_empty() {
        triggers.extend(promql::requests_of_caller(maker).map(|query| trigger(query, UNREACHABLE.to_owned())));
    }
    triggers
}

fn trigger(trigger: &Trigger) -> Node<'_> {
    let mut node = mapping([("type", trigger.kind.as_str().into()), ("metadata", string_map(&trigger.metadata))]);
    if let Some(name) = &trigger.authentication {
        node.set("authenticationRef", mapping([("name", name.as_str().into())]));
    }
    node
}
