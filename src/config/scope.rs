//! What concerns the Flow as a whole: mesh, monitoring, network policies, its Namespace, patches.

use super::field::{Whose, check_value};
use super::fields::SPEC;
use super::workload::{Fragment, entries, int, is_set, names, text, texts};
use crate::finding::{Finding, Findings, Path};
use crate::yaml::Node;

/// `spec.mesh`: who spreads requests over replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mesh {
    /// gRPC itself, over headless Services.
    None,
    /// Linkerd, whose proxies are asked for by an annotation, as Jina's export does.
    Linkerd,
    /// Istio.
    Istio,
}

impl Mesh {
    /// The words of `spec.mesh`.
    pub const WORDS: &'static [&'static str] = &["none", "linkerd", "istio"];
}

/// What concerns the Flow as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// `mesh`.
    pub mesh: Option<Mesh>,
    /// `kubernetesVersion`: the minor version.
    pub kubernetes: Option<u32>,
    /// `monitoring`.
    pub monitoring: Option<Monitoring>,
    /// `telemetry`: options of the Flow's `with`.
    pub telemetry: Vec<(&'static str, String)>,
    /// `networkPolicy`.
    pub network: Option<NetworkPolicy>,
    /// `namespace`: labels and annotations.
    pub namespace: Option<(Texts, Texts)>,
    /// `external`: kind and name, as `jinaflow check` takes them.
    pub external: Vec<String>,
    /// `patches`, in the order of their names.
    pub patches: Vec<Patch>,
    /// What of it each component has, in bytes, roughly.
    pub bytes: usize,
}

/// Names with their texts.
pub type Texts = Vec<(String, String)>;

/// `spec.monitoring`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitoring {
    /// Whether it is a PodMonitor.
    pub of_pods: bool,
    /// Labels for Prometheus.
    pub labels: Texts,
    /// Time between two scrapes.
    pub interval: Option<String>,
}

/// `spec.networkPolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Who may call the gateway; empty for everybody.
    pub callers: Vec<Peer>,
    /// Who may read the metrics; empty for everybody.
    pub scrapers: Vec<Peer>,
    /// What else pods may call, with its port, where that is limited.
    pub egress: Option<Vec<(Peer, Option<i64>)>>,
}

/// Somebody in the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Labels of its namespace.
    pub namespace: Texts,
    /// Labels of its pods.
    pub pods: Texts,
    /// Its addresses.
    pub cidr: Option<String>,
}

/// One of `spec.patches`.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// Its name.
    pub name: String,
    /// `target`: fields and what they have to be.
    pub target: Texts,
    /// `json`.
    pub json: Option<Fragment>,
    /// `jsonMergePatch`.
    pub json_merge: Option<Fragment>,
    /// `merge`.
    pub merge: Option<Fragment>,
}

impl Scope {
    /// Reads what stands beside the Flow and its layers.
    pub fn read(spec: &Node<'static>, path: &Path<'_>, findings: &mut Findings) -> Self {
        for field in SPEC {
            let Some(node) = spec.get(field.name).filter(|node| !node.is_null()) else { continue };
            check_value(node, &field.shape, Whose::EVERYWHERE, &path.key(field.name), findings);
        }
        let field = |name: &str| spec.get(name).filter(|node| node.as_map().is_some());
        let is_wanted = |fields: &&Node<'static>, switch: &str| is_set(fields, switch).unwrap_or(true);
        let mut patches: Vec<Patch> = entries(spec, "patches").map(|(name, fields)| patch(name, fields)).collect();
        if patches.len() > MOST_PATCHES {
            let finding = Finding::error(path.key("patches"), format!("are more than {MOST_PATCHES}")).got(patches.len().to_string());
            findings.push(finding.fix("patch the objects with kustomize"));
            patches.clear();
        }
        patches.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            mesh: match text(spec, "mesh").as_deref() {
                Some("none") => Some(Mesh::None),
                Some("linkerd") => Some(Mesh::Linkerd),
                Some("istio") => Some(Mesh::Istio),
                _ => None,
            },
            kubernetes: text(spec, "kubernetesVersion").and_then(|version| {
                let minor = minor(&version).filter(|minor| *minor >= OLDEST_KUBERNETES);
                if minor.is_none() {
                    let finding = Finding::error(path.key("kubernetesVersion"), "is no version of Kubernetes from 1.27 on").got(version);
                    findings.push(finding.fix("write it in quotes, such as \"1.30\""));
                }
                minor
            }),
            monitoring: field("monitoring").map(|fields| Monitoring {
                of_pods: text(fields, "kind").as_deref() == Some("PodMonitor"),
                labels: texts(fields, "labels"),
                interval: text(fields, "interval"),
            }),
            telemetry: field("telemetry").map(telemetry).unwrap_or_default(),
            network: field("networkPolicy").filter(|fields| is_wanted(fields, "enabled")).map(network_policy),
            namespace: field("namespace")
                .filter(|fields| is_wanted(fields, "create"))
                .map(|fields| (texts(fields, "labels"), texts(fields, "annotations"))),
            external: field("external").map(external).unwrap_or_default(),
            patches,
            bytes: ["monitoring", "networkPolicy"].into_iter().filter_map(field).map(Node::weight).sum(),
        }
    }
}

/// The annotation of a workload that names what somebody else provides: `secret/hf,configmap/x`.
pub const EXTERNAL: &str = "flow.jina.ai/external";

/// The kinds that objects refer to by name, and their fields in `external`.
pub const EXTERNAL_KINDS: [(&str, &str); 5] = [
    ("Secret", "secrets"),
    ("ConfigMap", "configMaps"),
    ("Service", "services"),
    ("PersistentVolumeClaim", "persistentVolumeClaims"),
    ("ServiceAccount", "serviceAccounts"),
];

/// Each is held against every object.
const MOST_PATCHES: usize = 1000;

/// The oldest minor version that the manifests are held against.
const OLDEST_KUBERNETES: u32 = 27;

/// `1.30` → 30.
fn minor(version: &str) -> Option<u32> {
    version.trim_start_matches('v').strip_prefix("1.")?.split('.').next()?.parse().ok()
}

/// Options of the Flow by which every process sends what it has to tell.
fn telemetry(fields: &Node<'static>) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    for (kind, switch, host, port) in [
        ("traces", "tracing", "traces_exporter_host", "traces_exporter_port"),
        ("metrics", "metrics", "metrics_exporter_host", "metrics_exporter_port"),
    ] {
        let Some(collector) = fields.get(kind) else { continue };
        let Some(name) = text(collector, "host") else { continue };
        options.extend([(switch, "true".to_owned()), (host, name), (port, int(collector, "port").unwrap_or(4317).to_string())]);
    }
    options
}

fn network_policy(fields: &Node<'static>) -> NetworkPolicy {
    let mut policy = NetworkPolicy { callers: Vec::new(), scrapers: Vec::new(), egress: None };
    for (name, from) in entries(fields, "allowFrom") {
        let peers = if text(from, "to").as_deref() == Some("metrics") { &mut policy.scrapers } else { &mut policy.callers };
        peers.push(peer(&name, from));
    }
    let egress = fields.get("egress").filter(|egress| is_set(egress, "enabled").unwrap_or(true));
    policy.egress = egress.map(|egress| entries(egress, "allowTo").map(|(name, to)| (peer(&name, to), int(to, "port"))).collect());
    policy
}

/// Somebody; with nothing said, the namespace of that name.
fn peer(name: &str, fields: &Node<'static>) -> Peer {
    let mut namespace = texts(fields, "namespaceLabels");
    namespace.extend(text(fields, "namespace").map(|name| ("kubernetes.io/metadata.name".to_owned(), name)));
    let (pods, cidr) = (texts(fields, "podLabels"), text(fields, "cidr"));
    if namespace.is_empty() && pods.is_empty() && cidr.is_none() {
        namespace.push(("kubernetes.io/metadata.name".to_owned(), name.to_owned()));
    }
    Peer { namespace, pods, cidr }
}

fn external(fields: &Node<'static>) -> Vec<String> {
    let of = |(kind, field): (&str, &str)| {
        let kind = kind.to_ascii_lowercase();
        names(fields, field).into_iter().map(|name| format!("{kind}/{name}")).collect::<Vec<_>>()
    };
    EXTERNAL_KINDS.into_iter().flat_map(of).collect()
}

fn patch(name: String, fields: &Node<'static>) -> Patch {
    let part = |name: &str| fields.get(name).filter(|part| !part.is_null()).cloned();
    Patch { name, target: texts(fields, "target"), json: part("json"), json_merge: part("jsonMergePatch"), merge: part("merge") }
}
