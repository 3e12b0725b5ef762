//! Sidecars of meshes, as `istioctl kube-inject` and `linkerd inject` write them into pods.
//!
//! The sidecars declare only one or two of their ports, and Istio's sidecar answers the probes of the other containers.

use super::words::basename;
use crate::yaml::View;

/// The sidecar of a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// Istio (<https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>).
    Istio,
    /// Linkerd (<https://linkerd.io/2/reference/proxy-configuration/>).
    Linkerd,
}

/// The port on which Istio's sidecar answers probes of other containers, unless an annotation changes the port.
const STATUS_PORT: &str = "15020";
const STATUS_PORT_ANNOTATION: &str = "status.sidecar.istio.io/port";

/// Names of ports that pods have only after a mesh has injected its sidecar.
pub const PORT_NAMES: [&str; 3] = ["http-envoy-prom", "linkerd-admin", "linkerd-proxy"];

impl Proxy {
    /// The mesh, if a container is its sidecar.
    pub fn of(container: View<'_>) -> Option<Self> {
        let image = container.text_at("image").split('@').next().unwrap_or_default();
        let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
        match container.text_at("name") {
            "istio-proxy" => Some(Proxy::Istio),
            "linkerd-proxy" => Some(Proxy::Linkerd),
            _ if basename(repository) == "proxyv2" => Some(Proxy::Istio),
            _ if repository.ends_with("linkerd/proxy") => Some(Proxy::Linkerd),
            _ => None,
        }
    }

    /// The ports on which the sidecar listens, declared or not.
    pub fn ports(self) -> &'static [u16] {
        match self {
            Proxy::Istio => &[15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090],
            Proxy::Linkerd => &[4140, 4143, 4190, 4191],
        }
    }
}

/// A JSON list of everything that Istio injected into pods; empty if it injected nothing.
pub fn injected(template: Option<View<'_>>) -> &str {
    let annotations = template.and_then(|template| template.at("metadata.annotations"));
    annotations.and_then(|node| node.get("sidecar.istio.io/status")).map(View::text).unwrap_or_default()
}

/// Whether a probe goes to Istio's sidecar, which forwards it to the container.
pub fn is_rewritten(probe: View<'_>, template: Option<View<'_>>) -> bool {
    let annotations = template.and_then(|template| template.at("metadata.annotations"));
    let status = annotations.and_then(|node| node.get(STATUS_PORT_ANNOTATION)?.as_text()).unwrap_or(STATUS_PORT);
    probe.text_at("httpGet.port") == status && probe.text_at("httpGet.path").starts_with("/app-health/")
}

/// Labels and annotations that add the sidecar of a mesh, or that route the traffic of pods through a mesh.
const INJECTED: [&str; 8] = [
    "sidecar.istio.io/inject",
    "istio-injection",
    "istio.io/rev",
    "inject.istio.io/templates",
    "istio.io/dataplane-mode",
    "linkerd.io/inject",
    "consul.hashicorp.com/connect-inject",
    "kuma.io/sidecar-injection",
];

/// Whether a pod template or a namespace enables a mesh.
pub fn is_injected(template: Option<View<'_>>) -> bool {
    ["metadata.labels", "metadata.annotations"].iter().any(|path| {
        let node = template.and_then(|template| template.at(path));
        node.is_some_and(|node| INJECTED.iter().any(|key| node.get(key).is_some()))
    })
}
