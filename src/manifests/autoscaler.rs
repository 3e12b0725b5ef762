//! `autoscaling/v2 HorizontalPodAutoscaler` and `keda.sh/v1alpha1 ScaledObject`: who decides how many replicas there are.

use super::labels::{metadata, texts};
use super::{Target, object};
use crate::config::workload::{Autoscale, Keda};
use crate::plan::Component;
use crate::yaml::Node;

/// The autoscaler of a component, and its kind.
pub fn autoscaler<'c>(component: &'c Component, autoscale: &'c Autoscale, target: &Target<'c>) -> (&'static str, Node<'c>) {
    let (version, kind, spec) = match &autoscale.keda {
        None => ("autoscaling/v2", "HorizontalPodAutoscaler", horizontal(component, autoscale)),
        Some(keda) => ("keda.sh/v1alpha1", "ScaledObject", scaled(component, autoscale, keda)),
    };
    let metadata = metadata(&component.name, component, target);
    (kind, object([("apiVersion", version.into()), ("kind", kind.into()), ("metadata", metadata), ("spec", spec)]))
}

fn scale_target(component: &Component) -> Node<'_> {
    let kind = if component.storage.is_some() { "StatefulSet" } else { "Deployment" };
    object([("apiVersion", "apps/v1".into()), ("kind", kind.into()), ("name", component.name.as_str().into())])
}

/// What is measured, and the percentage that is aimed at.
fn aims(autoscale: &Autoscale) -> impl Iterator<Item = (&'static str, i64)> {
    let percent = |name, aim: Option<i64>| aim.map(|percent| (name, percent));
    [percent("cpu", autoscale.cpu), percent("memory", autoscale.memory)].into_iter().flatten()
}

fn horizontal<'c>(component: &'c Component, autoscale: &'c Autoscale) -> Node<'c> {
    let metric = |(name, percent): (&'static str, i64)| {
        let aim = object([("type", "Utilization".into()), ("averageUtilization", percent.into())]);
        object([("type", "Resource".into()), ("resource", object([("name", name.into()), ("target", aim)]))])
    };
    let mut spec = object([
        ("scaleTargetRef", scale_target(component)),
        ("minReplicas", autoscale.min.into()),
        ("maxReplicas", autoscale.max.into()),
        ("metrics", aims(autoscale).map(metric).collect::<Vec<_>>().into()),
    ]);
    if let Some(behavior) = &autoscale.behavior {
        spec.set("behavior", behavior.clone());
    }
    spec
}

fn scaled<'c>(component: &'c Component, autoscale: &'c Autoscale, keda: &'c Keda) -> Node<'c> {
    let utilization = |(name, percent): (&'static str, i64)| {
        let metadata = object([("value", percent.to_string().into())]);
        object([("type", name.into()), ("metricType", "Utilization".into()), ("metadata", metadata)])
    };
    let mut triggers: Vec<Node<'c>> = aims(autoscale).map(utilization).collect();
    triggers.extend(keda.triggers.iter().map(|(kind, metadata, authentication)| {
        let mut trigger = object([("type", kind.as_str().into()), ("metadata", texts(metadata))]);
        if let Some(name) = authentication {
            trigger.set("authenticationRef", object([("name", name.as_str().into())]));
        }
        trigger
    }));
    let mut spec = object([
        ("scaleTargetRef", scale_target(component)),
        ("minReplicaCount", autoscale.min.into()),
        ("maxReplicaCount", autoscale.max.into()),
        ("triggers", triggers.into()),
    ]);
    // KEDA makes a HorizontalPodAutoscaler, and hands this on to it.
    if let Some(behavior) = &autoscale.behavior {
        let of_autoscaler = object([("behavior", behavior.clone())]);
        spec.set("advanced", object([("horizontalPodAutoscalerConfig", of_autoscaler)]));
    }
    for (name, seconds) in [("pollingInterval", keda.polling), ("cooldownPeriod", keda.cooldown)] {
        if let Some(seconds) = seconds {
            spec.set(name, seconds.into());
        }
    }
    spec
}
