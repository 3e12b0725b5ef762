//! `autoscaling/v2 HorizontalPodAutoscaler` and `keda.sh/v1alpha1 ScaledObject`, which decide the number of replicas.

use super::maker::Maker;
use super::nodes::{mapping, string_map};
use crate::config::workload::{Autoscale, Keda, Trigger};
use crate::plan::Component;
use crate::yaml::Node;

/// The kind of the autoscaler, which is also the role of the object.
pub fn kind(autoscale: &Autoscale) -> &'static str {
    if autoscale.keda.is_some() { "ScaledObject" } else { "HorizontalPodAutoscaler" }
}

pub fn autoscaler<'c>(maker: &Maker<'c>, autoscale: &'c Autoscale) -> Node<'c> {
    let component = maker.component;
    let (version, spec) = match &autoscale.keda {
        None => ("autoscaling/v2", horizontal(component, autoscale)),
        Some(keda) => ("keda.sh/v1alpha1", scaled(component, autoscale, keda)),
    };
    maker.object(version, kind(autoscale), &component.name, spec)
}

fn scale_target(component: &Component) -> Node<'_> {
    let kind = if component.storage.is_some() { "StatefulSet" } else { "Deployment" };
    mapping([("apiVersion", "apps/v1".into()), ("kind", kind.into()), ("name", component.name.as_str().into())])
}

/// The resources that are measured, and the target percentage of each.
fn targets(autoscale: &Autoscale) -> impl Iterator<Item = (&'static str, i64)> {
    let percent = |name, percent: Option<i64>| percent.map(|percent| (name, percent));
    [percent("cpu", autoscale.cpu), percent("memory", autoscale.memory)].into_iter().flatten()
}

fn horizontal<'c>(component: &'c Component, autoscale: &'c Autoscale) -> Node<'c> {
    let metric = |(name, percent): (&'static str, i64)| {
        let target = mapping([("type", "Utilization".into()), ("averageUtilization", percent.into())]);
        mapping([("type", "Resource".into()), ("resource", mapping([("name", name.into()), ("target", target)]))])
    };
    let mut spec = mapping([
        ("scaleTargetRef", scale_target(component)),
        ("minReplicas", autoscale.min.into()),
        ("maxReplicas", autoscale.max.into()),
        ("metrics", targets(autoscale).map(metric).collect::<Vec<_>>().into()),
    ]);
    if let Some(behavior) = &autoscale.behavior {
        spec.set("behavior", behavior.clone());
    }
    spec
}

fn scaled<'c>(component: &'c Component, autoscale: &'c Autoscale, keda: &'c Keda) -> Node<'c> {
    let utilization = |(name, percent): (&'static str, i64)| {
        let metadata = mapping([("value", percent.to_string().into())]);
        mapping([("type", name.into()), ("metricType", "Utilization".into()), ("metadata", metadata)])
    };
    let mut triggers: Vec<Node<'c>> = targets(autoscale).map(utilization).collect();
    triggers.extend(keda.triggers.iter().map(trigger));
    let mut spec = mapping([
        ("scaleTargetRef", scale_target(component)),
        ("minReplicaCount", autoscale.min.into()),
        ("maxReplicaCount", autoscale.max.into()),
        ("triggers", triggers.into()),
    ]);
    // KEDA creates a HorizontalPodAutoscaler with this behavior.
    if let Some(behavior) = &autoscale.behavior {
        let config = mapping([("behavior", behavior.clone())]);
        spec.set("advanced", mapping([("horizontalPodAutoscalerConfig", config)]));
    }
    for (name, seconds) in [("pollingInterval", keda.polling), ("cooldownPeriod", keda.cooldown)] {
        if let Some(seconds) = seconds {
            spec.set(name, seconds.into());
        }
    }
    spec
}

fn trigger(trigger: &Trigger) -> Node<'_> {
    let mut node = mapping([("type", trigger.kind.as_str().into()), ("metadata", string_map(&trigger.metadata))]);
    if let Some(name) = &trigger.authentication {
        node.set("authenticationRef", mapping([("name", name.as_str().into())]));
    }
    node
}
