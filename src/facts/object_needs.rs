//! What objects need that are not pods: namespaces, classes, issuers, gateways, metrics, and definitions of their own kinds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::claims::{Claim, of_each_pod};
use super::needs::{DEFAULT, Need, Needs, Wanted};
use super::pod_needs;
use crate::check::{Cluster, SeenObject, calls};
use crate::yaml::View;

/// The API groups that each Kubernetes has.
const BUILT_IN: [&str; 23] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Kinds that references name, without those that have a branch of their own.
const KINDS: [&str; 14] = [
    "ClusterIssuer",
    "ClusterRole",
    "ClusterSecretStore",
    "ClusterTriggerAuthentication",
    "Deployment",
    "Gateway",
    "Issuer",
    "PersistentVolumeClaim",
    "Role",
    "SecretStore",
    "Service",
    "StatefulSet",
    "TriggerAuthentication",
    "VolumeSnapshot",
];

/// Roles that each Kubernetes has; it also has those that start with `system:`.
const ROLES: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

/// The APIs of metrics, each with the sources of a HorizontalPodAutoscaler that read it.
const METRICS: [(&str, &[&str]); 3] = [
    ("v1beta1.metrics.k8s.io", &["Resource", "ContainerResource"]),
    ("v1beta1.custom.metrics.k8s.io", &["Pods", "Object"]),
    ("v1beta1.external.metrics.k8s.io", &["External"]),
];

/// The needs of a side, sorted, without images.
pub fn needs(cluster: &Cluster<'_>) -> BTreeSet<Need> {
    prerequisites(cluster).into_keys().collect()
}

/// The needs of a side, each with the objects that need it.
pub fn prerequisites(cluster: &Cluster<'_>) -> BTreeMap<Need, Wanted> {
    let mut needs = Needs { cluster, found: BTreeMap::new() };
    let mut defined: HashSet<(&str, &str)> = HashSet::new();
    for object in cluster.objects.iter().filter(|object| object.kind() == "CustomResourceDefinition") {
        defined.insert((object.view.text_at("spec.group"), object.view.text_at("spec.names.kind")));
    }
    for workload in &cluster.workloads {
        pod_needs::add(&mut needs, &cluster.objects[workload.object], workload);
        for claim in of_each_pod(&cluster.objects[workload.object], workload) {
            add_storage_class(&mut needs, claim.class.as_deref(), workload.object);
        }
        let (object, id) = (&cluster.objects[workload.object], workload.object);
        for claim in workload.spec.list_at("volumes").iter().filter_map(|volume| volume.at("ephemeral.volumeClaimTemplate")) {
            Own { object, id, needs: &mut needs }.add_volume_of_claim(claim);
        }
    }
    for (id, object) in cluster.objects.iter().enumerate().filter(|(_, object)| !object.kind().is_empty()) {
        needs.add("Namespace", "", object.namespace(), id);
        let group = object.group();
        if !BUILT_IN.contains(&group) && group != crate::config::GROUP && !defined.contains(&(group, object.kind())) {
            needs.add("CustomResourceDefinition", "", &format!("{} of {group}", object.kind()), id);
        }
        Own { object, id, needs: &mut needs }.add_all();
    }
    for edge in calls(cluster).iter().filter(|edge| edge.to.is_none() && edge.service.is_none()) {
        needs.add("address", "", &edge.address, cluster.workloads[edge.from].object);
    }
    needs.found
}

fn add_storage_class(needs: &mut Needs<'_, '_>, class: Option<&str>, by: usize) {
    match class {
        Some(class) => needs.add("StorageClass", "", class, by),
        None if has_default(needs.cluster, "StorageClass", "storageclass.kubernetes.io/is-default-class") => {}
        None => needs.add("StorageClass", "", DEFAULT, by),
    }
}

fn has_default(cluster: &Cluster<'_>, kind: &str, annotation: &str) -> bool {
    let annotations =
        cluster.objects.iter().filter(|object| object.kind() == kind).filter_map(|object| object.view.at("metadata.annotations"));
    annotations.filter_map(|annotations| annotations.get(annotation)).any(|value| value.text() == "true")
}

/// An object, and what it needs.
struct Own<'n, 'c, 'o> {
    object: &'n SeenObject<'o>,
    id: usize,
    needs: &'n mut Needs<'c, 'o>,
}

impl<'o> Own<'_, '_, 'o> {
    fn add_all(&mut self) {
        let view = self.object.view;
        match self.object.kind() {
            "PersistentVolumeClaim" => self.add_claim(view),
            "StatefulSet" => {
                for claim in view.list_at("spec.volumeClaimTemplates").iter() {
                    self.add_volume_of_claim(claim);
                }
                self.add_here("Service", view.text_at("spec.serviceName"));
            }
            "Service" if view.text_at("spec.type") == "LoadBalancer" => {
                let class = view.text_at("spec.loadBalancerClass");
                self.add_global("load balancer", if class.is_empty() { DEFAULT } else { class });
            }
            "Ingress" => self.add_ingress(view),
            "Gateway" => self.add_gateway(view),
            kind if kind.ends_with("Route") && self.object.group() == "gateway.networking.k8s.io" => self.add_route(view),
            "HorizontalPodAutoscaler" => self.add_autoscaler(view),
            "ScaledObject" => self.add_scaled_object(view),
            "TriggerAuthentication" => {
                for (kind, list) in [("Secret", "spec.secretTargetRef"), ("ConfigMap", "spec.configMapTargetRef")] {
                    for entry in view.list_at(list).iter() {
                        let (name, key) = (entry.text_at("name"), entry.text_at("key"));
                        self.needs.add_key(kind, self.object.namespace(), name, key, self.id);
                    }
                }
            }
            "RoleBinding" | "ClusterRoleBinding" => self.add_role(view),
            "Certificate" => self.add_object(view.at("spec.issuerRef"), "Issuer", ""),
            "ExternalSecret" => {
                let sources = ["spec.data", "spec.dataFrom"].into_iter().flat_map(|list| view.list_at(list).iter());
                for store in sources.filter_map(|source| source.at("sourceRef.storeRef")).chain(view.at("spec.secretStoreRef")) {
                    self.add_object(Some(store), "SecretStore", "");
                }
            }
            "VaultStaticSecret" | "VaultDynamicSecret" => self.add_here("VaultAuth", view.text_at("spec.vaultAuthRef")),
            "ServiceAccount" => {
                for secret in view.list_at("imagePullSecrets").iter() {
                    self.add_here("Secret", secret.text_at("name"));
                }
            }
            "ResourceClaim" => self.add_devices(view.at("spec.devices")),
            "ResourceClaimTemplate" => self.add_devices(view.at("spec.spec.devices")),
            "RuntimeClass" => self.add_global("container runtime", view.text_at("handler")),
            "PodMonitor" | "ServiceMonitor" => {
                for list in ["spec.endpoints", "spec.podMetricsEndpoints"] {
                    for endpoint in view.list_at(list).iter() {
                        self.add_credentials(endpoint);
                    }
                }
            }
            _ => {}
        }
    }

    fn add_here(&mut self, kind: &'static str, name: &str) {
        self.needs.add(kind, self.object.namespace(), name, self.id);
    }

    fn add_global(&mut self, kind: &'static str, name: &str) {
        self.needs.add(kind, "", name, self.id);
    }

    /// Adds an object that a reference with `kind`, `name` and `namespace` names.
    fn add_object(&mut self, reference: Option<View<'_>>, default: &'static str, kind_of_cluster: &str) {
        let Some(reference) = reference else { return };
        let (kind, name, namespace) = (reference.text_at("kind"), reference.text_at("name"), reference.text_at("namespace"));
        let namespace = if namespace.is_empty() { self.object.namespace() } else { namespace };
        let kind = if kind.is_empty() { default } else { kind };
        let namespace = if kind.starts_with("Cluster") || kind == kind_of_cluster { "" } else { namespace };
        match KINDS.iter().find(|known| **known == kind) {
            Some(known) => self.needs.add(known, namespace, name, self.id),
            None if self.needs.cluster.find(kind, namespace, name).is_none() && !name.is_empty() => {
                self.needs.add("object", namespace, &format!("{kind}/{name}"), self.id);
            }
            None => {}
        }
    }

    fn add_claim(&mut self, claim: View<'_>) {
        self.add_volume_of_claim(claim);
        if claim.text_at("spec.volumeName").is_empty() {
            let class = Claim::of("", claim.get("spec")).class;
            add_storage_class(self.needs, class.as_deref(), self.id);
        }
    }

    /// A claim without a class, and a claim of one volume, need a volume that an administrator creates.
    fn add_volume_of_claim(&mut self, claim: View<'_>) {
        let bound = claim.at("metadata.annotations").and_then(|annotations| annotations.get("pv.kubernetes.io/bound-by-controller"));
        let volume = claim.text_at("spec.volumeName");
        if bound.is_none() {
            self.add_global("PersistentVolume", volume);
        }
        let is_without_class = Claim::of("", claim.get("spec")).class.is_some_and(|class| class.is_empty());
        if is_without_class && volume.is_empty() && !self.needs.cluster.has_any("PersistentVolume", "") {
            // The claims of ephemeral volumes have the name of their pod.
            let name = match claim.text_at("metadata.name") {
                "" => self.object.name(),
                name => name,
            };
            self.add_global("PersistentVolume", &format!("(without a class, for {name})"));
        }
        self.add_global("VolumeAttributesClass", claim.text_at("spec.volumeAttributesClassName"));
        self.add_object(claim.at("spec.dataSourceRef").or_else(|| claim.at("spec.dataSource")), "VolumeSnapshot", "");
    }

    /// Whether cert-manager creates the Secrets of the object, and the issuer that it needs.
    fn add_issuer(&mut self) -> bool {
        let annotation = |name: &str| {
            self.object.view.at("metadata.annotations").and_then(|annotations| annotations.get(name)).map(View::text).unwrap_or_default()
        };
        let (of_cluster, own) = (annotation("cert-manager.io/cluster-issuer"), annotation("cert-manager.io/issuer"));
        self.add_global("ClusterIssuer", of_cluster);
        self.add_here("Issuer", own);
        !(of_cluster.is_empty() && own.is_empty())
    }

    fn add_ingress(&mut self, ingress: View<'o>) {
        let older = ingress.at("metadata.annotations").and_then(|annotations| annotations.get("kubernetes.io/ingress.class"));
        match (ingress.text_at("spec.ingressClassName"), older) {
            ("", Some(older)) => self.add_global("Ingress controller", older.text()),
            ("", None) if has_default(self.needs.cluster, "IngressClass", "ingressclass.kubernetes.io/is-default-class") => {}
            ("", None) => self.add_global("IngressClass", DEFAULT),
            (class, _) => self.add_global("IngressClass", class),
        }
        if !self.add_issuer() {
            for tls in ingress.list_at("spec.tls").iter() {
                self.add_here("Secret", tls.text_at("secretName"));
            }
        }
        let paths = ingress.list_at("spec.rules");
        let paths = paths.iter().flat_map(|rule| rule.list_at("http.paths").iter()).filter_map(|path| path.get("backend"));
        for backend in paths.chain(ingress.at("spec.defaultBackend")) {
            self.add_here("Service", backend.text_at("service.name"));
            self.add_object(backend.get("resource"), "object", "");
        }
    }

    fn add_gateway(&mut self, gateway: View<'o>) {
        self.add_global("GatewayClass", gateway.text_at("spec.gatewayClassName"));
        if self.add_issuer() {
            return;
        }
        for listener in gateway.list_at("spec.listeners").iter() {
            for secret in listener.list_at("tls.certificateRefs").iter() {
                let namespace = secret.text_at("namespace");
                let namespace = if namespace.is_empty() { self.object.namespace() } else { namespace };
                if ["", "Secret"].contains(&secret.text_at("kind")) {
                    self.needs.add("Secret", namespace, secret.text_at("name"), self.id);
                }
            }
        }
    }

    fn add_route(&mut self, route: View<'_>) {
        for parent in route.list_at("spec.parentRefs").iter() {
            self.add_object(Some(parent), "Gateway", "");
        }
        for rule in route.list_at("spec.rules").iter() {
            for backend in rule.list_at("backendRefs").iter() {
                self.add_object(Some(backend), "Service", "");
            }
            for filter in rule.list_at("filters").iter() {
                self.add_object(filter.at("requestMirror.backendRef"), "Service", "");
                self.add_object(filter.get("extensionRef"), "object", "");
            }
        }
    }

    fn add_autoscaler(&mut self, scaler: View<'_>) {
        self.add_object(scaler.at("spec.scaleTargetRef"), "Deployment", "");
        let metrics = scaler.list_at("spec.metrics");
        let kinds: Vec<&str> = metrics.iter().map(|metric| metric.text_at("type")).collect();
        // Without metrics, Kubernetes scales by the processor time.
        for (api, sources) in METRICS {
            if kinds.iter().any(|kind| sources.contains(kind)) || (kinds.is_empty() && sources.contains(&"Resource")) {
                self.add_global("APIService", api);
            }
        }
    }

    fn add_scaled_object(&mut self, scaler: View<'_>) {
        self.add_object(scaler.at("spec.scaleTargetRef"), "Deployment", "");
        for trigger in scaler.list_at("spec.triggers").iter() {
            if ["cpu", "memory"].contains(&trigger.text_at("type")) {
                self.add_global("APIService", METRICS[0].0);
            }
            self.add_global("address", trigger.text_at("metadata.serverAddress"));
            self.add_object(trigger.get("authenticationRef"), "TriggerAuthentication", "");
        }
    }

    fn add_role(&mut self, binding: View<'_>) {
        let (kind, name) = (binding.text_at("roleRef.kind"), binding.text_at("roleRef.name"));
        match kind {
            "ClusterRole" if ROLES.contains(&name) || name.starts_with("system:") => {}
            "ClusterRole" => self.add_global("ClusterRole", name),
            "Role" => self.add_here("Role", name),
            _ => {}
        }
    }

    /// Adds the classes of the devices that a claim requests.
    fn add_devices(&mut self, devices: Option<View<'_>>) {
        for request in devices.map(|devices| devices.list_at("requests")).unwrap_or_default().iter() {
            // The first versions of the API have the class in the request.
            for class in [request.text_at("deviceClassName"), request.text_at("exactly.deviceClassName")] {
                self.add_global("DeviceClass", class);
            }
            for choice in request.list_at("firstAvailable").iter() {
                self.add_global("DeviceClass", choice.text_at("deviceClassName"));
            }
        }
    }

    /// Adds the Secrets with which Prometheus reads metrics.
    fn add_credentials(&mut self, endpoint: View<'_>) {
        let paths = [
            "bearerTokenSecret",
            "authorization.credentials",
            "basicAuth.username",
            "basicAuth.password",
            "oauth2.clientSecret",
            "oauth2.clientId.secret",
            "tlsConfig.ca.secret",
            "tlsConfig.cert.secret",
            "tlsConfig.keySecret",
        ];
        for reference in paths.into_iter().filter_map(|path| endpoint.at(path)).filter(|reference| reference.text_at("optional") != "true")
        {
            self.needs.add_key("Secret", self.object.namespace(), reference.text_at("name"), reference.text_at("key"), self.id);
        }
        for path in ["oauth2.clientId.configMap", "tlsConfig.ca.configMap", "tlsConfig.cert.configMap"] {
            if let Some(reference) = endpoint.at(path).filter(|reference| reference.text_at("optional") != "true") {
                self.needs.add_key("ConfigMap", self.object.namespace(), reference.text_at("name"), reference.text_at("key"), self.id);
            }
        }
    }
}
