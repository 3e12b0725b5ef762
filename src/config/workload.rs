//! What the layers say about the pods of one component, together and typed.

use super::field::flag;
use super::layers::Stack;
use super::together;
use crate::finding::Findings;
use crate::yaml::{Data, Node};

/// A part of an object in Kubernetes' own fields, as it was written.
pub type Fragment = Node<'static>;

/// What the layers say about the pods of one component. Everything may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workload {
    /// `labels`.
    pub labels: Vec<(String, String)>,
    /// `annotations`.
    pub annotations: Vec<(String, String)>,
    /// `env`.
    pub env: Vec<(String, String)>,
    /// `envFromSecret`: variable, Secret and key.
    pub env_from_secret: Vec<(String, String, String)>,
    /// `configMaps` and `secrets`.
    pub sources: Vec<Source>,
    /// `resources`.
    pub resources: Option<Fragment>,
    /// `imagePullPolicy`.
    pub pull_policy: Option<String>,
    /// `imagePullSecrets`.
    pub pull_secrets: Vec<String>,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// `securityProfile`.
    pub security: Security,
    /// `nodeSelector`.
    pub node_selector: Vec<(String, String)>,
    /// `tolerations`, each as Kubernetes has it.
    pub tolerations: Vec<Fragment>,
    /// `affinity`.
    pub affinity: Option<Fragment>,
    /// `topologySpread`: key of the nodes' label, and its settings.
    pub topology_spread: Vec<(String, Fragment)>,
    /// `priorityClassName`.
    pub priority_class: Option<String>,
    /// `rollingUpdate`: surge and unavailable.
    pub rolling_update: (Option<Fragment>, Option<Fragment>),
    /// `drainSeconds`.
    pub drain: Option<i64>,
    /// `probes`.
    pub probes: Option<ProbeStyle>,
    /// `configFile`.
    pub config_file: Option<String>,
    /// `replicas`.
    pub replicas: Option<i64>,
    /// `storage`.
    pub storage: Option<Claims>,
    /// `autoscale`.
    pub autoscale: Option<Autoscale>,
    /// `pdb`.
    pub pdb: Pdb,
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
    /// What all of it comes to in the objects of a component, in bytes, roughly.
    pub bytes: usize,
}

/// A ConfigMap or Secret that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whether it is a Secret.
    pub is_secret: bool,
    /// Its name.
    pub name: String,
    /// What variables made of it begin with, when there are any.
    pub env: Option<String>,
    /// Where its keys are files.
    pub mount_path: Option<String>,
    /// Whether pods start without it.
    pub optional: bool,
    /// Whether somebody else provides it.
    pub external: bool,
}

impl Source {
    /// The field in which it stands.
    pub fn field(&self) -> &'static str {
        if self.is_secret { "secrets" } else { "configMaps" }
    }
}

/// `securityProfile`, by the levels of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Nothing is said.
    #[default]
    None,
    /// No privileges beyond what the image starts with.
    Baseline,
    /// What Pod Security admission asks for at its level `restricted`.
    Restricted,
}

/// `probes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStyle {
    /// The kubelet's own gRPC probes.
    Grpc,
    /// HTTP.
    Http,
    /// `jina ping`.
    Ping,
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
}

/// `autoscale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscale {
    /// Fewest replicas.
    pub min: i64,
    /// Most replicas.
    pub max: i64,
    /// Percent of the requested CPU.
    pub cpu: Option<i64>,
    /// Percent of the requested memory.
    pub memory: Option<i64>,
    /// `spec.behavior` of the HorizontalPodAutoscaler.
    pub behavior: Option<Fragment>,
    /// The ScaledObject in its place.
    pub keda: Option<Keda>,
}

/// `autoscale.keda`.
#[derive(Debug, Clone, PartialEq)]
pub struct Keda {
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// `pollingInterval`.
    pub polling: Option<i64>,
    /// `cooldownPeriod`.
    pub cooldown: Option<i64>,
}

/// One of `autoscale.keda.triggers`: type, settings, TriggerAuthentication.
pub type Trigger = (String, Vec<(String, String)>, Option<String>);

/// `pdb`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pdb {
    /// Whether there is one, where somebody says so.
    pub enabled: Option<bool>,
    /// `minAvailable`.
    pub min_available: Option<Fragment>,
    /// `maxUnavailable`.
    pub max_unavailable: Option<Fragment>,
    /// `unhealthyPodEvictionPolicy`.
    pub unhealthy: Option<String>,
}

/// `expose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expose {
    /// The Service's type.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: i64,
    /// The port of nodes.
    pub node_port: Option<i64>,
    /// What it leads to.
    pub protocol: Option<String>,
    /// Its annotations.
    pub annotations: Vec<(String, String)>,
}

/// `ingress`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// The IngressClass.
    pub class: Option<String>,
    /// Hosts: name, beginning of paths, Secret with the certificate.
    pub hosts: Vec<(String, String, Option<String>)>,
    /// What it leads to.
    pub protocol: Option<String>,
    /// Its annotations.
    pub annotations: Vec<(String, String)>,
}

/// `httpRoute` or `grpcRoute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Gateways: name, namespace, listener.
    pub gateways: Vec<(String, Option<String>, Option<String>)>,
    /// Host names.
    pub hostnames: Vec<String>,
    /// What it leads to.
    pub protocol: Option<String>,
    /// Its annotations.
    pub annotations: Vec<(String, String)>,
}

impl Workload {
    /// Reads merged layers, of which each has been checked for itself.
    pub fn read(fields: &Node<'static>, stack: &Stack<'_>, findings: &mut Findings) -> Self {
        let fragment = |name: &str| fields.get(name).cloned();
        let mut sources = sources(fields, "configMaps", false);
        sources.extend(sources_of_secrets(fields));
        let rolling = fields.get("rollingUpdate");
        let workload = Self {
            labels: texts(fields, "labels"),
            annotations: texts(fields, "annotations"),
            env: texts(fields, "env"),
            env_from_secret: entries(fields, "envFromSecret")
                .filter_map(|(name, source)| Some((name, text(source, "name")?, text(source, "key")?)))
                .collect(),
            sources,
            resources: fragment("resources"),
            pull_policy: text(fields, "imagePullPolicy"),
            pull_secrets: names(fields, "imagePullSecrets"),
            service_account: text(fields, "serviceAccountName"),
            security: match text(fields, "securityProfile").as_deref() {
                Some("baseline") => Security::Baseline,
                Some("restricted") => Security::Restricted,
                _ => Security::None,
            },
            node_selector: texts(fields, "nodeSelector"),
            tolerations: entries(fields, "tolerations").map(|(key, entry)| toleration(&key, entry)).collect(),
            affinity: fragment("affinity"),
            topology_spread: entries(fields, "topologySpread").map(|(key, entry)| (key, entry.clone())).collect(),
            priority_class: text(fields, "priorityClassName"),
            rolling_update: (rolling.and_then(|r| r.get("maxSurge")).cloned(), rolling.and_then(|r| r.get("maxUnavailable")).cloned()),
            drain: int(fields, "drainSeconds"),
            probes: match text(fields, "probes").as_deref() {
                Some("grpc") => Some(ProbeStyle::Grpc),
                Some("http") => Some(ProbeStyle::Http),
                Some("ping") => Some(ProbeStyle::Ping),
                _ => None,
            },
            config_file: text(fields, "configFile"),
            replicas: int(fields, "replicas"),
            storage: fields.get("storage").map(claims),
            autoscale: fields.get("autoscale").map(autoscale),
            pdb: fields.get("pdb").map(pdb).unwrap_or_default(),
            expose: fields.get("expose").map(expose),
            ingress: fields.get("ingress").map(ingress),
            http_route: fields.get("httpRoute").map(route),
            grpc_route: fields.get("grpcRoute").map(route),
            pod_template: fragment("podTemplate"),
            bytes: {
                let weight = |name: &str| fields.get(name).map_or(0, Node::weight);
                // Labels are on every object, resources on every container.
                fields.weight() + 7 * (weight("labels") + weight("annotations")) + 2 * weight("resources")
            },
        };
        together::check(&workload, fields, stack, findings);
        workload
    }

    /// Whether a container asks for devices, whose names have a domain (`nvidia.com/gpu`).
    pub fn has_devices(&self) -> bool {
        let limits = self.resources.as_ref().and_then(|resources| resources.get("limits")).and_then(Node::as_map).unwrap_or_default();
        limits.iter().any(|(name, _)| name.as_text().is_some_and(|name| name.contains('/')))
    }

    /// Whether a rolling update asks for more pods than there are otherwise.
    pub fn surges(&self) -> bool {
        self.rolling_update.0.as_ref().is_none_or(|surge| !is_zero(surge))
    }
}

/// `0` or `0%`.
pub fn is_zero(share: &Node<'_>) -> bool {
    share.as_text().is_some_and(|text| text.trim_end_matches('%').parse() == Ok(0))
}

/// A text, number or boolean below a mapping.
pub fn text(fields: &Node<'_>, name: &str) -> Option<String> {
    fields.get(name).and_then(Node::as_text).map(str::to_owned)
}

/// A whole number below a mapping.
pub fn int(fields: &Node<'_>, name: &str) -> Option<i64> {
    fields.get(name)?.as_text()?.parse().ok()
}

/// The entries of a mapping below a mapping.
pub fn entries<'n>(fields: &'n Node<'static>, name: &str) -> impl Iterator<Item = (String, &'n Node<'static>)> {
    fields.get(name).and_then(Node::as_map).unwrap_or_default().iter().map(|(key, value)| (key.shown(), value))
}

/// Texts by their names.
pub fn texts(fields: &Node<'static>, name: &str) -> Vec<(String, String)> {
    entries(fields, name).map(|(key, value)| (key, value.shown())).collect()
}

/// Names that stand there.
pub fn names(fields: &Node<'static>, name: &str) -> Vec<String> {
    entries(fields, name).map(|(key, _)| key).collect()
}

/// Whether a flag is set.
pub fn is_set(fields: &Node<'_>, name: &str) -> Option<bool> {
    fields.get(name).and_then(flag)
}

fn sources(fields: &Node<'static>, field: &str, is_secret: bool) -> Vec<Source> {
    let source = |(name, entry): (String, &Node<'static>)| Source {
        is_secret,
        name,
        env: is_set(entry, "env").unwrap_or_default().then(|| text(entry, "prefix").unwrap_or_default()),
        mount_path: text(entry, "mountPath"),
        optional: is_set(entry, "optional").unwrap_or_default(),
        external: is_set(entry, "external").unwrap_or_default(),
    };
    entries(fields, field).map(source).collect()
}

fn sources_of_secrets(fields: &Node<'static>) -> Vec<Source> {
    sources(fields, "secrets", true)
}

/// A mapping of what is there.
fn fragment<const N: usize>(pairs: [(&'static str, Option<Fragment>); N]) -> Fragment {
    Data::Map(pairs.into_iter().filter_map(|(name, value)| Some((Node::field(name), value?))).collect()).into()
}

fn toleration(key: &str, entry: &Node<'static>) -> Fragment {
    let given = |name: &str| entry.get(name).cloned();
    let operator = given("operator").unwrap_or_else(|| if entry.get("value").is_some() { "Equal".into() } else { "Exists".into() });
    fragment([
        ("key", Some(text(entry, "key").unwrap_or_else(|| key.to_owned()).into())),
        ("operator", Some(operator)),
        ("value", text(entry, "value").map(Node::from)),
        ("effect", given("effect")),
        ("tolerationSeconds", given("seconds")),
    ])
}

fn claims(fields: &Node<'static>) -> Claims {
    Claims {
        size: text(fields, "size"),
        class: text(fields, "className"),
        access_modes: names(fields, "accessModes"),
        mount_path: text(fields, "mountPath"),
        existing: text(fields, "existingClaim"),
    }
}

fn autoscale(fields: &Node<'static>) -> Autoscale {
    let keda = fields.get("keda").map(|keda| Keda {
        triggers: entries(keda, "triggers")
            .map(|(name, trigger)| (text(trigger, "type").unwrap_or(name), texts(trigger, "metadata"), text(trigger, "authentication")))
            .collect(),
        polling: int(keda, "pollingSeconds"),
        cooldown: int(keda, "cooldownSeconds"),
    });
    let memory = int(fields, "memory");
    Autoscale {
        min: int(fields, "min").unwrap_or(1),
        max: int(fields, "max").unwrap_or(1),
        cpu: int(fields, "cpu").or(if memory.is_none() && keda.is_none() { Some(80) } else { None }),
        memory,
        behavior: fields.get("behavior").cloned(),
        keda,
    }
}

fn pdb(fields: &Node<'static>) -> Pdb {
    Pdb {
        enabled: is_set(fields, "enabled"),
        min_available: fields.get("minAvailable").cloned(),
        max_unavailable: fields.get("maxUnavailable").cloned(),
        unhealthy: text(fields, "unhealthyPodEvictionPolicy"),
    }
}

fn expose(fields: &Node<'static>) -> Expose {
    Expose {
        kind: text(fields, "type").unwrap_or_else(|| "LoadBalancer".to_owned()),
        name: text(fields, "name").unwrap_or_else(|| "gateway-exposed".to_owned()),
        port: int(fields, "port").unwrap_or(80),
        node_port: int(fields, "nodePort"),
        protocol: text(fields, "protocol"),
        annotations: texts(fields, "annotations"),
    }
}

fn ingress(fields: &Node<'static>) -> Ingress {
    let host = |(name, host): (String, &Node<'static>)| (name, text(host, "path").unwrap_or_else(|| "/".to_owned()), text(host, "tls"));
    Ingress {
        class: text(fields, "className"),
        hosts: entries(fields, "hosts").map(host).collect(),
        protocol: text(fields, "protocol"),
        annotations: texts(fields, "annotations"),
    }
}

fn route(fields: &Node<'static>) -> Route {
    let parent = |(name, parent): (String, &Node<'static>)| (name, text(parent, "namespace"), text(parent, "sectionName"));
    Route {
        gateways: entries(fields, "gateways").map(parent).collect(),
        hostnames: names(fields, "hostnames"),
        protocol: text(fields, "protocol"),
        annotations: texts(fields, "annotations"),
    }
}
