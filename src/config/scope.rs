//! Settings of the Flow as a whole: mesh, monitoring, network policies, the Namespace and patches.

use super::choices::{Callee, Mesh, MonitorKind};
use super::fields::SPEC;
use super::kubernetes::Kubernetes;
use super::values::{Entry, Fragment, Values};
use crate::finding::{Code, Findings, Path};
use crate::yaml::Node;

/// Settings of the Flow as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// `mesh`.
    pub mesh: Option<Mesh>,
    /// `kubernetesVersion`, if it is set.
    pub kubernetes: Option<Kubernetes>,
    /// `monitoring`.
    pub monitoring: Option<Monitoring>,
    /// `telemetry`, as options of the Flow's `with`.
    pub telemetry: Vec<(&'static str, String)>,
    /// `networkPolicy`.
    pub network: Option<NetworkPolicy>,
    /// `namespace`: labels and annotations.
    pub namespace: Option<(Texts, Texts)>,
    /// `external`: `KIND/NAME`, in the form of `jinaflow check`.
    pub external: Vec<String>,
    /// `patches`, in the order of their names.
    pub patches: Vec<Patch>,
    /// The approximate size in bytes of these settings in each component.
    pub bytes: usize,
}

/// Names with their values.
pub type Texts = Vec<(String, String)>;

/// `spec.monitoring`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitoring {
    /// Whether the object is a PodMonitor, not a ServiceMonitor.
    pub of_pods: bool,
    /// Labels for Prometheus.
    pub labels: Texts,
    /// Time between two scrapes.
    pub interval: Option<String>,
    /// The address of Prometheus.
    pub prometheus: Option<String>,
}

/// `spec.networkPolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Clients that may call the gateway; empty for all clients.
    pub callers: Vec<Peer>,
    /// Clients that may read the metrics; empty for all clients.
    pub scrapers: Vec<Peer>,
    /// Other servers that pods may call, each with its port, if connections are limited.
    pub egress: Option<Vec<(Peer, Option<i64>)>>,
}

/// A client or a server in the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The name of the entry.
    pub name: String,
    /// Labels of the peer's namespace.
    pub namespace: Texts,
    /// Labels of the peer's pods.
    pub pods: Texts,
    /// The range of the peer's addresses.
    pub cidr: Option<String>,
}

/// An entry of `spec.patches`.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// The name of the patch.
    pub name: String,
    /// `target`: fields of an object, and the values that these fields must have.
    pub target: Texts,
    /// `json`: the operations of a JSON Patch (RFC 6902).
    pub json: Option<Fragment>,
    /// `jsonMergePatch`: a JSON Merge Patch (RFC 7386).
    pub json_merge: Option<Fragment>,
    /// `merge`: a strategic merge patch.
    pub merge: Option<Fragment>,
}

impl Scope {
    /// Whether every cluster for which the manifests are rendered has what a version of Kubernetes has.
    pub fn has(&self, version: Kubernetes) -> bool {
        self.kubernetes.unwrap_or(Kubernetes::DEFAULT) >= version
    }

    /// Reads the fields of a `spec` that was checked before.
    pub fn read(spec: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Self {
        let spec = Values::of(spec, SPEC);
        let monitoring = |fields: Values<'_, '_>| Monitoring {
            of_pods: fields.choice_or_default("kind", MonitorKind::parse) == Some(MonitorKind::PodMonitor),
            labels: fields.strings("labels"),
            interval: fields.text("interval"),
            prometheus: fields.text("prometheus"),
        };
        let enabled = |name: &str, switch: &str| spec.below(name).filter(|fields| fields.flag_or_default(switch));
        let bytes = ["monitoring", "networkPolicy"].into_iter().filter(|name| spec.below(name).is_some());
        Self {
            mesh: spec.choice("mesh", Mesh::parse),
            kubernetes: kubernetes_version(&spec, path, findings),
            monitoring: spec.below("monitoring").map(monitoring),
            telemetry: spec.below("telemetry").map(|fields| telemetry(fields, &path.key("telemetry"), findings)).unwrap_or_default(),
            network: enabled("networkPolicy", "enabled").map(|fields| network_policy(fields, &path.key("networkPolicy"), findings)),
            namespace: enabled("namespace", "create").map(|fields| (fields.strings("labels"), fields.strings("annotations"))),
            external: spec.below("external").map(external).unwrap_or_default(),
            patches: patches(&spec, path, findings),
            bytes: bytes.map(|name| spec.weight(name)).sum(),
        }
    }
}

/// The annotation of a workload with the objects that exist elsewhere, such as `secret/hf,configmap/x`.
pub const EXTERNAL: &str = "flow.jina.ai/external";

/// The kinds of objects that other objects refer to by name, each with its field in `external`.
pub const EXTERNAL_KINDS: [(&str, &str); 5] = [
    ("Secret", "secrets"),
    ("ConfigMap", "configMaps"),
    ("Service", "services"),
    ("PersistentVolumeClaim", "persistentVolumeClaims"),
    ("ServiceAccount", "serviceAccounts"),
];

/// The most patches. Each patch is compared with every object.
const MOST_PATCHES: usize = 1000;

fn kubernetes_version(spec: &Values<'_, '_>, path: &Path<'_>, findings: &mut Findings) -> Option<Kubernetes> {
    let version = spec.text("kubernetesVersion").filter(|version| !version.is_empty())?;
    let known = Kubernetes::parse(&version).filter(|version| *version >= Kubernetes::OLDEST);
    if known.is_none() {
        let message = format!("must be a version of Kubernetes from {} on", Kubernetes::OLDEST);
        let finding = Code::UnsupportedKubernetesVersion.error(path.key("kubernetesVersion"), message).got(version);
        findings.push(finding.fix("write it in quotes, such as \"1.36\""));
    }
    known
}

fn patches(spec: &Values<'_, '_>, path: &Path<'_>, findings: &mut Findings) -> Vec<Patch> {
    let mut patches: Vec<Patch> = spec.entries("patches").map(patch).collect();
    if patches.len() > MOST_PATCHES {
        let finding = Code::TooLarge.error(path.key("patches"), format!("has more than {MOST_PATCHES} entries"));
        findings.push(finding.got(patches.len().to_string()).fix("patch the objects with kustomize"));
        patches.clear();
    }
    patches.sort_by(|one, other| one.name.cmp(&other.name));
    patches
}

fn patch(Entry { name, values }: Entry<'_, '_>) -> Patch {
    Patch {
        name,
        target: values.strings("target"),
        json: values.fragment("json"),
        json_merge: values.fragment("jsonMergePatch"),
        merge: values.fragment("merge"),
    }
}

/// The options of the Flow with which every process sends traces and metrics.
fn telemetry(fields: Values<'_, '_>, path: &Path<'_>, findings: &mut Findings) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    for (kind, switch, host, port) in [
        ("traces", "tracing", "traces_exporter_host", "traces_exporter_port"),
        ("metrics", "metrics", "metrics_exporter_host", "metrics_exporter_port"),
    ] {
        let Some(collector) = fields.below(kind) else { continue };
        let Some(name) = collector.text("host") else {
            // A host of the wrong type was reported before.
            if !collector.has("host") {
                let finding = Code::MissingField.error(path.key(kind).key("host"), "is required: without it nothing is sent");
                findings.push(finding.fix("write the host name of the collector, such as `host: collector.observability`"));
            }
            continue;
        };
        options.extend([(switch, "true".to_owned()), (host, name), (port, collector.int_or_default("port").to_string())]);
    }
    options
}

fn network_policy(fields: Values<'_, '_>, path: &Path<'_>, findings: &mut Findings) -> NetworkPolicy {
    let mut policy = NetworkPolicy { callers: Vec::new(), scrapers: Vec::new(), egress: None };
    for entry in fields.entries("allowFrom") {
        check_peer(&entry, &path.key("allowFrom"), findings);
        let peers = match entry.values.choice_or_default("to", Callee::parse) {
            Some(Callee::Metrics) => &mut policy.scrapers,
            Some(Callee::Gateway) | None => &mut policy.callers,
        };
        peers.push(peer(&entry));
    }
    let egress = fields.below("egress").filter(|egress| egress.flag_or_default("enabled"));
    policy.egress = egress.map(|egress| {
        let mut peers = Vec::new();
        for entry in egress.entries("allowTo") {
            check_peer(&entry, &path.key("egress").key("allowTo"), findings);
            peers.push((peer(&entry), entry.values.int("port")));
        }
        peers
    });
    policy
}

/// Reports an entry with addresses and labels. A peer of a NetworkPolicy has either an `ipBlock` or selectors
/// (`ValidateNetworkPolicyPeer` in `k8s.io/kubernetes/pkg/apis/networking/validation`).
fn check_peer(Entry { name, values }: &Entry<'_, '_>, path: &Path<'_>, findings: &mut Findings) {
    let selects = ["namespace", "namespaceLabels", "podLabels"].into_iter().filter(|field| values.has(field));
    let selects: Vec<String> = selects.map(|field| format!("`{field}`")).collect();
    if values.has("cidr") && !selects.is_empty() {
        let selects = selects.join(" and ");
        let message = format!("cannot be set together with {selects}: a NetworkPolicy selects either addresses or pods");
        let finding = Code::ConflictingFields.error(path.key(name).key("cidr"), message);
        findings.push(finding.fix(format!("write two entries: one with `cidr`, and one with another name and {selects}")));
    }
}

/// The client or server of an entry. An entry without labels and addresses selects the pods of the namespace with the
/// entry's name.
fn peer(Entry { name, values }: &Entry<'_, '_>) -> Peer {
    let namespace_label = |name: String| ("kubernetes.io/metadata.name".to_owned(), name);
    let mut namespace = values.strings("namespaceLabels");
    namespace.extend(values.text("namespace").map(namespace_label));
    let (pods, cidr) = (values.strings("podLabels"), values.text("cidr"));
    if namespace.is_empty() && pods.is_empty() && cidr.is_none() {
        namespace.push(namespace_label(name.clone()));
    }
    Peer { name: name.clone(), namespace, pods, cidr }
}

fn external(fields: Values<'_, '_>) -> Vec<String> {
    let of_kind = |(kind, field): (&str, &str)| {
        let kind = kind.to_ascii_lowercase();
        fields.names(field).into_iter().map(|name| format!("{kind}/{name}")).collect::<Vec<_>>()
    };
    EXTERNAL_KINDS.into_iter().flat_map(of_kind).collect()
}
