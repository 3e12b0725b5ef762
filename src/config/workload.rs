//! The settings of the pods of one component, as Rust types after the layers are merged.

pub use super::choices::{ProbeStyle, Security};
use super::fields::{LAYER, PDB, ROLLING_UPDATE, STORAGE, default_of};
pub use super::values::Fragment;
use crate::jina::setting::Protocol;
use crate::yaml::Node;

/// The settings of the pods of one component.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// `labels`.
    pub labels: Vec<(String, String)>,
    /// `annotations`.
    pub annotations: Vec<(String, String)>,
    /// `env`.
    pub env: Vec<(String, String)>,
    /// `envFromSecret`.
    pub env_from_secret: Vec<SecretKey>,
    /// `configMaps` and `secrets`.
    pub sources: Vec<Source>,
    /// `resources`.
    pub resources: Option<Fragment>,
    /// `imagePullPolicy`.
    pub pull_policy: String,
    /// `imagePullSecrets`.
    pub pull_secrets: Vec<String>,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// `securityProfile`.
    pub security: Security,
    /// `hostUsers`, if it is set.
    pub host_users: Option<bool>,
    /// `nodeSelector`.
    pub node_selector: Vec<(String, String)>,
    /// `tolerations`, in the form of Kubernetes.
    pub tolerations: Vec<Fragment>,
    /// `affinity`.
    pub affinity: Option<Fragment>,
    /// `topologySpread`.
    pub topology_spread: Vec<TopologySpread>,
    /// `priorityClassName`.
    pub priority_class: Option<String>,
    /// `rollingUpdate`.
    pub rolling_update: RollingUpdate,
    /// `drainSeconds`.
    pub drain: Option<i64>,
    /// `probes`.
    pub probes: Option<ProbeStyle>,
    /// `configFile`.
    pub config_file: String,
    /// `replicas`.
    pub replicas: Option<i64>,
    /// `models`.
    pub models: Vec<Model>,
    /// `storage`.
    pub storage: Option<Claims>,
    /// `autoscale`.
    pub autoscale: Option<Autoscale>,
    /// `pdb`.
    pub pdb: Pdb,
    /// `trafficDistribution`.
    pub traffic_distribution: Option<String>,
    /// `expose`.
    pub expose: Option<Expose>,
    /// `ingress`.
    pub ingress: Option<Ingress>,
    /// `httpRoute`.
    pub http_route: Option<Route>,
    /// `grpcRoute`.
    pub grpc_route: Option<Route>,
    /// `podTemplate`.
    pub pod_template: Option<Fragment>,
    /// The approximate size in bytes of the settings in the objects of a component.
    pub bytes: usize,
}

/// A variable from a key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretKey {
    /// The name of the variable.
    pub variable: String,
    /// The name of the Secret.
    pub secret: String,
    /// The key in the Secret.
    pub key: String,
}

/// The spread of pods over the values of a node label.
#[derive(Debug, Clone, PartialEq)]
pub struct TopologySpread {
    /// The key of the label.
    pub key: String,
    /// `maxSkew`.
    pub max_skew: Fragment,
    /// `whenUnsatisfiable`.
    pub when_unsatisfiable: Fragment,
}

/// `rollingUpdate`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RollingUpdate {
    /// `maxSurge`, if it is set.
    pub surge: Option<Fragment>,
    /// `maxUnavailable`, if it is set.
    pub unavailable: Option<Fragment>,
}

impl RollingUpdate {
    /// `maxSurge`, or its default.
    pub fn surge_or_default(&self) -> Fragment {
        self.surge.clone().unwrap_or_else(|| Node::plain(default_of(ROLLING_UPDATE, "maxSurge")))
    }

    /// `maxUnavailable`, or its default. A Deployment that adds no pod must remove one.
    pub fn unavailable_or_default(&self) -> Fragment {
        let default = if self.surge.as_ref().is_some_and(is_zero) { "1" } else { "0" };
        self.unavailable.clone().unwrap_or_else(|| Node::plain(default))
    }
}

/// An existing ConfigMap or Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whether the object is a Secret.
    pub is_secret: bool,
    /// The name of the object.
    pub name: String,
    /// The prefix of the variables, if the keys of the object become variables.
    pub env: Option<String>,
    /// The folder of the files, if the keys of the object become files.
    pub mount_path: Option<String>,
    /// Whether pods start without the object.
    pub optional: bool,
    /// Whether the object exists elsewhere, so that `jinaflow check` does not report it as missing.
    pub external: bool,
}

impl Source {
    /// The field that declares the object.
    pub fn field(&self) -> &'static str {
        if self.is_secret { "secrets" } else { "configMaps" }
    }
}

/// An entry of `models`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name of the model.
    pub name: String,
    /// The image with the files.
    pub image: String,
    /// The folder where the files are mounted.
    pub mount_path: String,
}

impl Model {
    /// The name of the volume.
    pub fn volume(&self) -> String {
        format!("model-{}", self.name)
    }
}

/// `storage`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// `size`.
    pub size: Option<String>,
    /// `className`.
    pub class: Option<String>,
    /// `accessModes`.
    pub access_modes: Vec<String>,
    /// `mountPath`.
    pub mount_path: Option<String>,
    /// `existingClaim`.
    pub existing: Option<String>,
    /// `retention`.
    pub retention: Option<Retention>,
}

/// `storage.retention`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// `whenDeleted`, if it is set.
    pub deleted: Option<String>,
    /// `whenScaled`, if it is set.
    pub scaled: Option<String>,
}

impl Claims {
    /// The default of `size`.
    pub fn default_size() -> &'static str {
        default_of(STORAGE, "size")
    }
}

/// `autoscale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscale {
    /// The lowest number of replicas.
    pub min: i64,
    /// The highest number of replicas.
    pub max: i64,
    /// The target, in percent of the requested CPU.
    pub cpu: Option<i64>,
    /// The target, in percent of the requested memory.
    pub memory: Option<i64>,
    /// The target, as the average memory use of a pod.
    pub memory_average: Option<String>,
    /// The target, in requests per second for each pod.
    pub requests_per_second: Option<i64>,
    /// The target, in requests that a pod processes at the same time.
    pub concurrency: Option<i64>,
    /// The time for which the load must be lower before pods are removed.
    pub scale_down: Option<i64>,
    /// The percentage by which the load may differ from the target.
    pub tolerance: Option<i64>,
    /// `spec.behavior` of the HorizontalPodAutoscaler.
    pub behavior: Option<Fragment>,
    /// Settings of a ScaledObject, which replaces the HorizontalPodAutoscaler.
    pub keda: Option<Keda>,
}

impl Autoscale {
    /// The field of a target that KEDA reads from Prometheus, if there is one.
    pub fn prometheus_target(&self) -> Option<&'static str> {
        match (self.requests_per_second, self.concurrency) {
            (Some(_), _) => Some("requestsPerSecond"),
            (None, Some(_)) => Some("concurrency"),
            (None, None) => None,
        }
    }

    /// Whether the autoscaler is a ScaledObject of KEDA.
    pub fn is_of_keda(&self) -> bool {
        self.keda.is_some() || self.prometheus_target().is_some()
    }
}

/// `autoscale.keda`.
#[derive(Debug, Clone, PartialEq)]
pub struct Keda {
    /// `triggers`.
    pub triggers: Vec<Trigger>,
    /// `pollingInterval`.
    pub polling: Option<i64>,
    /// `cooldownPeriod`.
    pub cooldown: Option<i64>,
}

/// An entry of `autoscale.keda.triggers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// KEDA's name of the scaler.
    pub kind: String,
    /// Settings of the scaler.
    pub metadata: Vec<(String, String)>,
    /// The name of a TriggerAuthentication.
    pub authentication: Option<String>,
}

/// `pdb`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pdb {
    /// `enabled`, if it is set.
    pub enabled: Option<bool>,
    /// `minAvailable`.
    pub min_available: Option<Fragment>,
    /// `maxUnavailable`.
    pub max_unavailable: Option<Fragment>,
    /// `unhealthyPodEvictionPolicy`, if it is set.
    pub unhealthy: Option<String>,
}

impl Pdb {
    /// `maxUnavailable`, or its default.
    pub fn max_unavailable_or_default(&self) -> Fragment {
        self.max_unavailable.clone().unwrap_or_else(|| Node::plain(default_of(PDB, "maxUnavailable")))
    }

    /// `unhealthyPodEvictionPolicy`, or its default.
    pub fn unhealthy_or_default(&self) -> &str {
        self.unhealthy.as_deref().unwrap_or(default_of(PDB, "unhealthyPodEvictionPolicy"))
    }
}

/// `expose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expose {
    /// The type of the Service.
    pub kind: String,
    /// The name of the Service; made from the name of the component if not set.
    pub name: Option<String>,
    /// The port of the Service.
    pub port: i64,
    /// The port on the nodes.
    pub node_port: Option<i64>,
    /// The protocol that clients use; the first protocol if not set.
    pub protocol: Option<Protocol>,
    /// Annotations of the Service.
    pub annotations: Vec<(String, String)>,
}

/// `ingress`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// The IngressClass.
    pub class: Option<String>,
    /// `hosts`.
    pub hosts: Vec<Host>,
    /// The protocol of the gateway; the first protocol if not set.
    pub protocol: Option<Protocol>,
    /// Annotations of the Ingress.
    pub annotations: Vec<(String, String)>,
}

/// An entry of `ingress.hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The host name.
    pub name: String,
    /// The prefix of the paths.
    pub path: String,
    /// The Secret with the certificate.
    pub tls: Option<String>,
}

/// `httpRoute` or `grpcRoute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `gateways`.
    pub gateways: Vec<Parent>,
    /// `hostnames`.
    pub hostnames: Vec<String>,
    /// The protocol of the gateway.
    pub protocol: Protocol,
    /// The share of the requests, if it is set.
    pub weight: Option<i64>,
    /// Other Services that get a share of the requests.
    pub backends: Vec<Backend>,
    /// The seconds after which a request ends.
    pub timeout: Option<i64>,
    /// Annotations of the route.
    pub annotations: Vec<(String, String)>,
}

/// A Service that gets a share of the requests of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The name of the Service.
    pub service: String,
    /// The namespace of the Service; the namespace of the Flow if not set.
    pub namespace: Option<String>,
    /// The port of the Service; the port of the gateway if not set.
    pub port: Option<i64>,
    /// The share of the requests.
    pub weight: i64,
}

/// A Gateway that a route is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The name of the Gateway.
    pub name: String,
    /// The namespace of the Gateway; the namespace of the Flow if not set.
    pub namespace: Option<String>,
    /// The listener of the Gateway; all listeners if not set.
    pub section: Option<String>,
}

impl Workload {
    /// Whether the containers request devices: resources whose names have a domain, such as `nvidia.com/gpu`.
    pub fn has_devices(&self) -> bool {
        let limits = self.resources.as_ref().map(|resources| resources.map_at("limits")).unwrap_or_default();
        limits.iter().any(|(name, _)| name.as_text().is_some_and(|name| name.contains('/')))
    }

    /// The mount paths of `configMaps`, `secrets` and `models`, each with its field and the name of its entry, and of
    /// `storage`, which has no entries.
    pub fn mounts(&self) -> impl Iterator<Item = (&'static str, Option<&str>, &str)> {
        let of_claim = self.storage.iter().map(|storage| ("storage", None, storage.mount_path.as_deref()));
        let of_sources = self.sources.iter().map(|source| (source.field(), Some(&*source.name), source.mount_path.as_deref()));
        let of_models = self.models.iter().map(|model| ("models", Some(&*model.name), Some(&*model.mount_path)));
        of_claim.chain(of_sources).chain(of_models).filter_map(|(field, entry, folder)| Some((field, entry, folder?)))
    }

    /// Whether a rolling update creates more pods than `replicas`.
    pub fn surges(&self) -> bool {
        self.rolling_update.surge.as_ref().is_none_or(|surge| !is_zero(surge))
    }

    /// The default of `drainSeconds`.
    pub fn default_drain() -> i64 {
        default_of(LAYER, "drainSeconds").parse().unwrap_or_default()
    }
}

/// Whether a share is `0` or `0%`.
pub fn is_zero(share: &Node<'_>) -> bool {
    share.as_text().is_some_and(|text| text.trim_end_matches('%').parse() == Ok(0))
}
