//! The end of a pod: time for callers to look elsewhere and for requests to finish, before Jina hears of it.
//!
//! At SIGTERM Jina cancels what is running (`server.stop(grace=None)`), so that everything has to be over by then.

use super::{Target, object, texts};
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::plan::Component;
use crate::yaml::Node;

/// Seconds that a pod drains where nothing is said.
const DEFAULT: i64 = 30;
/// Seconds between SIGTERM and SIGKILL.
const REST: i64 = 10;
/// The first minor version of Kubernetes in which a pod can wait without a shell (KEP-3960).
const NATIVE_SLEEP: u32 = 30;

/// Seconds of draining, where they are ours to decide.
fn seconds(component: &Component, target: &Target<'_>) -> Option<i64> {
    component.workload.drain.or(target.corrections.has(Correction::DrainTime).then_some(DEFAULT))
}

/// The action before SIGTERM; Jina's own waits two seconds.
pub fn pre_stop<'c>(component: &Component, target: &Target<'c>) -> Option<Node<'c>> {
    let seconds = seconds(component, target);
    match seconds.unwrap_or(2) {
        0 => None,
        seconds if target.scope.kubernetes.is_some_and(|minor| minor >= NATIVE_SLEEP) => {
            Some(object([("sleep", object([("seconds", seconds.into())]))]))
        }
        seconds => {
            Some(object([("exec", object([("command", texts(["/bin/sh".to_owned(), "-c".to_owned(), format!("sleep {seconds}")]))]))]))
        }
    }
}

/// `terminationGracePeriodSeconds`: longer than the draining.
pub fn grace(component: &Component, target: &Target<'_>) -> Option<i64> {
    seconds(component, target).map(|seconds| seconds.saturating_add(REST))
}

/// The annotation by which a mesh's proxy stays as long as the pod drains.
pub fn of_proxy<'c>(component: &Component, target: &Target<'c>) -> Option<(&'static str, Node<'c>)> {
    let seconds = seconds(component, target)?;
    match target.mesh {
        Mesh::None => None,
        Mesh::Linkerd => Some(("config.alpha.linkerd.io/proxy-wait-before-exit-seconds", seconds.to_string().into())),
        Mesh::Istio => {
            let config = format!("{{\"holdApplicationUntilProxyStarts\": true, \"terminationDrainDuration\": \"{seconds}s\"}}");
            Some(("proxy.istio.io/config", config.into()))
        }
    }
}
