//! Sidecars of meshes, as `istioctl kube-inject` and `linkerd inject` write them into pods.
//!
//! They declare one or two of their ports, and Istio's answers for the probes of the other containers.

use super::fields::{at, text};
use super::words::basename;
use crate::yaml::Node;

/// A mesh's sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// <https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>
    Istio,
    /// <https://linkerd.io/2/reference/proxy-configuration/>
    Linkerd,
}

/// Where Istio's sidecar answers for other containers, unless an annotation says otherwise.
const STATUS_PORT: &str = "15020";
const STATUS_PORT_ANNOTATION: &str = "status.sidecar.istio.io/port";

/// Names of ports that are in pods only once a mesh has been there.
pub const PORT_NAMES: [&str; 3] = ["http-envoy-prom", "linkerd-admin", "linkerd-proxy"];

impl Proxy {
    /// The mesh whose sidecar a container is.
    pub fn of(container: &Node<'_>) -> Option<Self> {
        let image = text(container, "image").split('@').next().unwrap_or_default();
        let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
        match text(container, "name") {
            "istio-proxy" => Some(Proxy::Istio),
            "linkerd-proxy" => Some(Proxy::Linkerd),
            _ if basename(repository) == "proxyv2" => Some(Proxy::Istio),
            _ if repository.ends_with("linkerd/proxy") => Some(Proxy::Linkerd),
            _ => None,
        }
    }

    /// The ports on which it listens, declared or not.
    pub fn ports(self) -> &'static [u16] {
        match self {
            Proxy::Istio => &[15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090],
            Proxy::Linkerd => &[4140, 4143, 4190, 4191],
        }
    }
}

/// What Istio says that it has brought into pods, as JSON; empty where it has brought nothing.
pub fn injected<'n>(template: Option<&'n Node<'n>>) -> &'n str {
    let annotations = template.and_then(|template| at(template, "metadata.annotations"));
    annotations.and_then(|node| node.get("sidecar.istio.io/status")?.as_text()).unwrap_or_default()
}

/// Whether a probe asks Istio's sidecar to ask the container.
pub fn is_rewritten(probe: &Node<'_>, template: Option<&Node<'_>>) -> bool {
    let annotations = template.and_then(|template| at(template, "metadata.annotations"));
    let status = annotations.and_then(|node| node.get(STATUS_PORT_ANNOTATION)?.as_text()).unwrap_or(STATUS_PORT);
    text(probe, "httpGet.port") == status && text(probe, "httpGet.path").starts_with("/app-health/")
}

/// Labels and annotations by which a mesh adds its sidecar, or takes over what pods send and get.
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

/// Whether a mesh is asked to take part in pods, by their template, or in a namespace.
pub fn is_injected(template: Option<&Node<'_>>) -> bool {
    ["metadata.labels", "metadata.annotations"].iter().any(|path| {
        let node = template.and_then(|template| at(template, path));
        node.is_some_and(|node| INJECTED.iter().any(|key| node.get(key).is_some()))
    })
}
