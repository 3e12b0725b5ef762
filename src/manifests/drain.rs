//! The end of a pod: before SIGTERM, callers get time to choose another pod and requests get time to finish.
//!
//! At SIGTERM Jina cancels all running requests (`server.stop(grace=None)`), so requests must finish before SIGTERM.

use super::maker::Maker;
use super::nodes::{mapping, strings};
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::config::kubernetes::Kubernetes;
use crate::config::workload::Workload;
use crate::yaml::Node;

/// Seconds between SIGTERM and SIGKILL.
const GRACE_AFTER_SIGTERM: i64 = 10;
/// Seconds that a pod waits in Jina's export.
const JINA_WAIT: i64 = 2;

/// Seconds that the pod drains; `None` for the wait of Jina's export.
fn seconds(maker: &Maker<'_>) -> Option<i64> {
    maker.component.workload.drain.or(maker.has(Correction::DrainTime).then(Workload::default_drain))
}

/// The `preStop` action, which runs before SIGTERM.
pub fn pre_stop<'c>(maker: &Maker<'c>) -> Option<Node<'c>> {
    match seconds(maker).unwrap_or(JINA_WAIT) {
        0 => None,
        seconds if sleeps_natively(maker) => Some(mapping([("sleep", mapping([("seconds", seconds.into())]))])),
        seconds => {
            let command = strings(["/bin/sh".to_owned(), "-c".to_owned(), format!("sleep {seconds}")]);
            Some(mapping([("exec", mapping([("command", command)]))]))
        }
    }
}

/// Whether the kubelet itself waits. Under `compat`, a version that the user sets allows it.
fn sleeps_natively(maker: &Maker<'_>) -> bool {
    let is_wanted = maker.has(Correction::NativeSleep) || maker.target.scope.kubernetes.is_some();
    is_wanted && maker.target.scope.has(Kubernetes::SLEEP)
}

/// `terminationGracePeriodSeconds`, which is longer than the drain time.
pub fn grace(maker: &Maker<'_>) -> Option<i64> {
    seconds(maker).map(|seconds| seconds.saturating_add(GRACE_AFTER_SIGTERM))
}

/// The annotation that keeps the proxy of a mesh running while the pod drains.
pub fn proxy_annotation<'c>(maker: &Maker<'c>) -> Option<(&'static str, Node<'c>)> {
    let seconds = seconds(maker)?;
    match maker.target.mesh {
        Mesh::None => None,
        Mesh::Linkerd => Some(("config.alpha.linkerd.io/proxy-wait-before-exit-seconds", seconds.to_string().into())),
        Mesh::Istio => {
            let config = format!("{{\"holdApplicationUntilProxyStarts\": true, \"terminationDrainDuration\": \"{seconds}s\"}}");
            Some(("proxy.istio.io/config", config.into()))
        }
    }
}
