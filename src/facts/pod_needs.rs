//! What pods need: Secrets and ConfigMaps with their keys, claims, classes, devices, nodes.

use super::needs::Needs;
use crate::check::{SeenObject, SeenWorkload};
use crate::yaml::View;

/// Adds what the pods of a workload need.
pub fn add(needs: &mut Needs<'_, '_>, object: &SeenObject<'_>, workload: &SeenWorkload<'_>) {
    let (namespace, spec) = (object.namespace(), workload.spec);
    let mut pods = Pods { needs, namespace, by: workload.object };
    // The injector of a sidecar also creates what the sidecar refers to.
    for container in workload.containers.iter().filter(|container| container.proxy.is_none()) {
        pods.add_container(container.view);
    }
    for volume in spec.list_at("volumes").iter() {
        pods.add_volume(volume);
    }
    for secret in spec.list_at("imagePullSecrets").iter() {
        pods.add_here("Secret", secret.text_at("name"));
    }
    let account = spec.text_at("serviceAccountName");
    // The older name of the field.
    pods.add_here("ServiceAccount", if account.is_empty() { spec.text_at("serviceAccount") } else { account });
    for claim in spec.list_at("resourceClaims").iter() {
        pods.add_here("ResourceClaim", claim.text_at("resourceClaimName"));
        pods.add_here("ResourceClaimTemplate", claim.text_at("resourceClaimTemplateName"));
    }
    for (kind, field) in [("PriorityClass", "priorityClassName"), ("RuntimeClass", "runtimeClassName"), ("scheduler", "schedulerName")] {
        pods.add_global(kind, spec.text_at(field));
    }
    // Pods of Kubernetes have the name of their node.
    if object.kind() != "Pod" {
        pods.add_global("Node", spec.text_at("nodeName"));
    }
    pods.add_profiles(spec);
    pods.add_nodes(spec);
    if let Some(mesh) = mesh(workload.template) {
        pods.add_global("sidecar injector", mesh);
    }
}

struct Pods<'n, 'c, 'o> {
    needs: &'n mut Needs<'c, 'o>,
    namespace: &'n str,
    by: usize,
}

impl Pods<'_, '_, '_> {
    fn add_here(&mut self, kind: &'static str, name: &str) {
        self.needs.add(kind, self.namespace, name, self.by);
    }

    fn add_global(&mut self, kind: &'static str, name: &str) {
        self.needs.add(kind, "", name, self.by);
    }

    /// Adds an object and the keys of it that a reference names. Optional references need nothing.
    fn add_keys(&mut self, kind: &'static str, name: &str, reference: View<'_>) {
        if reference.text_at("optional") == "true" {
            return;
        }
        let items = reference.list_at("items");
        let keys = items.iter().map(|item| item.text_at("key")).chain([reference.text_at("key")]);
        let keys: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
        for key in if keys.is_empty() { [""].as_slice() } else { &keys } {
            self.needs.add_key(kind, self.namespace, name, key, self.by);
        }
    }

    fn add_container(&mut self, container: View<'_>) {
        let values = container.list_at("env");
        let values = values.iter().filter_map(|entry| entry.get("valueFrom"));
        for source in values.chain(container.list_at("envFrom").iter()) {
            for (kind, field) in
                [("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef"), ("Secret", "secretRef"), ("ConfigMap", "configMapRef")]
            {
                if let Some(reference) = source.get(field) {
                    self.add_keys(kind, reference.text_at("name"), reference);
                }
            }
        }
        for amounts in ["resources.requests", "resources.limits"] {
            for name in container.map_at(amounts).keys().filter(|name| is_of_devices(name)) {
                self.add_global("resource", name);
            }
        }
        self.add_profiles(container);
    }

    fn add_volume(&mut self, volume: View<'_>) {
        let sources = volume.list_at("projected.sources");
        for source in sources.iter().chain([volume]) {
            if let Some(secret) = source.get("secret") {
                // A projected Secret has `name`.
                let name = secret.text_at("secretName");
                self.add_keys("Secret", if name.is_empty() { secret.text_at("name") } else { name }, secret);
            }
            if let Some(map) = source.get("configMap") {
                self.add_keys("ConfigMap", map.text_at("name"), map);
            }
            if source.text_at("clusterTrustBundle.optional") != "true" {
                self.add_global("ClusterTrustBundle", source.text_at("clusterTrustBundle.name"));
            }
        }
        self.add_here("PersistentVolumeClaim", volume.text_at("persistentVolumeClaim.claimName"));
        self.add_global("CSIDriver", volume.text_at("csi.driver"));
        self.add_here("SecretProviderClass", volume.text_at("csi.volumeAttributes.secretProviderClass"));
        // Storage systems have their password in a Secret.
        for (_, source) in volume.as_map().unwrap_or_default().iter() {
            self.add_here("Secret", source.text_at("secretRef.name"));
            self.add_here("Secret", source.text_at("nodePublishSecretRef.name"));
        }
        self.add_here("Secret", volume.text_at("azureFile.secretName"));
    }

    /// Adds the files of security profiles, which have to be on the node.
    fn add_profiles(&mut self, owner: View<'_>) {
        self.add_global("seccomp profile", owner.text_at("securityContext.seccompProfile.localhostProfile"));
        self.add_global("AppArmor profile", owner.text_at("securityContext.appArmorProfile.localhostProfile"));
    }

    fn add_nodes(&mut self, spec: View<'_>) {
        for (name, value) in spec.map_at("nodeSelector").iter() {
            self.add_global("node label", &format!("{}={}", name.text(), value.text()));
        }
        let terms = spec.list_at("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
        let shown = terms.iter().map(|term| {
            let parts = ["matchExpressions", "matchFields"].into_iter().flat_map(|field| term.list_at(field).iter());
            parts.map(expression).collect::<Vec<_>>().join(" and ")
        });
        let shown: Vec<String> = shown.filter(|term| !term.is_empty()).collect();
        self.add_global("node label", &shown.join(" or "));
    }
}

/// An expression of a node affinity, as labels are selected on the command line.
fn expression(expression: View<'_>) -> String {
    let values: Vec<&str> = expression.list_at("values").iter().map(View::text).collect();
    let (key, values) = (expression.text_at("key"), values.join(","));
    match expression.text_at("operator") {
        "In" if !values.contains(',') => format!("{key}={values}"),
        "In" => format!("{key} in ({values})"),
        "NotIn" => format!("{key} notin ({values})"),
        "Exists" => key.to_owned(),
        "DoesNotExist" => format!("!{key}"),
        "Gt" => format!("{key}>{values}"),
        "Lt" => format!("{key}<{values}"),
        other => format!("{key} {other} {values}"),
    }
}

/// Whether a plugin of the node provides a resource, or an administrator reserves it.
fn is_of_devices(name: &str) -> bool {
    name.contains('/') || name.starts_with("hugepages-")
}

/// The mesh whose injector adds a sidecar to the pods.
fn mesh(template: Option<View<'_>>) -> Option<&'static str> {
    let value = |field: &str, name: &str| template.and_then(|template| template.at(field)?.get(name)).map(View::text);
    let (labels, annotations) = ("metadata.labels", "metadata.annotations");
    if ["enabled", "ingress"].contains(&value(annotations, "linkerd.io/inject").unwrap_or_default()) {
        return Some("linkerd");
    }
    let is_istio = [labels, annotations].into_iter().any(|field| value(field, "sidecar.istio.io/inject") == Some("true"));
    is_istio.then_some("istio")
}
