//! What `jinaflow summary` lists as needed: one row for each kind, and each name that rendered objects refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::support::{documents, jinaflow, program, recorded, root, run, tree};

/// A kind, objects that refer to a thing of the kind, and the object that satisfies the reference; `Null` if a set of objects cannot
/// contain the thing.
type Row = (&'static str, Vec<Value>, Value);

fn summary(objects: &[Value]) -> Value {
    let input = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let out = run(program(&["summary", "-", "--output", "json"]), input.as_bytes());
    assert_eq!(out.code, 0, "{}", out.stderr);
    serde_json::from_str(&out.stdout).unwrap()
}

/// The needed things of a kind.
fn needs(objects: &[Value], kind: &str) -> Vec<Value> {
    summary(objects)["prerequisites"].as_array().unwrap().iter().filter(|need| need["kind"] == kind).cloned().collect()
}

fn deployment(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{"name": "c", "image": "i:1"}]);
    }
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {"spec": spec}}})
}

fn object(version: &str, kind: &str, name: &str, more: &Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    for (field, value) in more.as_object().unwrap() {
        match (object.get_mut(field), value.as_object()) {
            (Some(Value::Object(known)), Some(added)) => known.extend(added.clone()),
            _ => object[field] = value.clone(),
        }
    }
    object
}

fn named(version: &str, kind: &str) -> Value {
    object(version, kind, "x", &json!({}))
}

fn pods() -> Vec<Row> {
    let of_pod = |kind: &'static str, spec: Value, there: Value| (kind, vec![deployment(&spec)], there);
    let env = |kind: &'static str, source: Value, there: Value| {
        of_pod(kind, json!({"containers": [{"name": "c", "image": "i:1", "env": [{"name": "V", "valueFrom": source}]}]}), there)
    };
    let env_from = |kind: &'static str, source: Value| {
        of_pod(kind, json!({"containers": [{"name": "c", "image": "i:1", "envFrom": [source]}]}), named("v1", kind))
    };
    let volume = |kind: &'static str, source: Value, there: Value| {
        let mut volume = json!({"name": "v"});
        volume.as_object_mut().unwrap().extend(source.as_object().unwrap().clone());
        of_pod(kind, json!({"volumes": [volume]}), there)
    };
    let projected = |kind: &'static str, source: Value, there: Value| volume(kind, json!({"projected": {"sources": [source]}}), there);
    let with = |kind: &str, fields: Value| object("v1", kind, "x", &fields);
    let mut injected = deployment(&json!({}));
    injected["spec"]["template"]["metadata"] = json!({"annotations": {"linkerd.io/inject": "enabled"}});
    let mut istio = deployment(&json!({}));
    istio["spec"]["template"]["metadata"] = json!({"labels": {"sidecar.istio.io/inject": "true"}});
    vec![
        env("Secret", json!({"secretKeyRef": {"name": "x", "key": "k"}}), with("Secret", json!({"stringData": {"k": "v"}}))),
        env("ConfigMap", json!({"configMapKeyRef": {"name": "x", "key": "k"}}), with("ConfigMap", json!({"data": {"k": "v"}}))),
        env_from("Secret", json!({"secretRef": {"name": "x"}})),
        env_from("ConfigMap", json!({"configMapRef": {"name": "x"}})),
        volume("Secret", json!({"secret": {"secretName": "x"}}), named("v1", "Secret")),
        volume("ConfigMap", json!({"configMap": {"name": "x"}}), named("v1", "ConfigMap")),
        projected("Secret", json!({"secret": {"name": "x"}}), named("v1", "Secret")),
        projected("ConfigMap", json!({"configMap": {"name": "x"}}), named("v1", "ConfigMap")),
        projected(
            "ClusterTrustBundle",
            json!({"clusterTrustBundle": {"name": "x"}}),
            named("certificates.k8s.io/v1beta1", "ClusterTrustBundle"),
        ),
        volume("Secret", json!({"csi": {"driver": "d", "nodePublishSecretRef": {"name": "x"}}}), named("v1", "Secret")),
        volume("Secret", json!({"cephfs": {"secretRef": {"name": "x"}}}), named("v1", "Secret")),
        volume("Secret", json!({"azureFile": {"secretName": "x"}}), named("v1", "Secret")),
        volume("CSIDriver", json!({"csi": {"driver": "x"}}), named("storage.k8s.io/v1", "CSIDriver")),
        volume(
            "SecretProviderClass",
            json!({"csi": {"driver": "d", "volumeAttributes": {"secretProviderClass": "x"}}}),
            named("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass"),
        ),
        volume("PersistentVolumeClaim", json!({"persistentVolumeClaim": {"claimName": "x"}}), named("v1", "PersistentVolumeClaim")),
        volume(
            "StorageClass",
            json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "x"}}}}),
            named("storage.k8s.io/v1", "StorageClass"),
        ),
        volume(
            "PersistentVolume",
            json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": ""}}}}),
            named("v1", "PersistentVolume"),
        ),
        of_pod("Secret", json!({"imagePullSecrets": [{"name": "x"}]}), named("v1", "Secret")),
        of_pod("ServiceAccount", json!({"serviceAccountName": "x"}), named("v1", "ServiceAccount")),
        of_pod("ServiceAccount", json!({"serviceAccount": "x"}), named("v1", "ServiceAccount")),
        of_pod("PriorityClass", json!({"priorityClassName": "x"}), named("scheduling.k8s.io/v1", "PriorityClass")),
        of_pod("RuntimeClass", json!({"runtimeClassName": "x"}), named("node.k8s.io/v1", "RuntimeClass")),
        of_pod(
            "ResourceClaim",
            json!({"resourceClaims": [{"name": "g", "resourceClaimName": "x"}]}),
            named("resource.k8s.io/v1", "ResourceClaim"),
        ),
        of_pod(
            "ResourceClaimTemplate",
            json!({"resourceClaims": [{"name": "g", "resourceClaimTemplateName": "x"}]}),
            named("resource.k8s.io/v1", "ResourceClaimTemplate"),
        ),
        of_pod("Node", json!({"nodeName": "x"}), named("v1", "Node")),
        of_pod("scheduler", json!({"schedulerName": "x"}), Value::Null),
        of_pod("node label", json!({"nodeSelector": {"gpu": "a100"}}), Value::Null),
        of_pod(
            "node label",
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                {"nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]}}}}),
            Value::Null,
        ),
        of_pod(
            "seccomp profile",
            json!({"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}}}),
            Value::Null,
        ),
        of_pod(
            "AppArmor profile",
            json!({"securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": "x"}}}),
            Value::Null,
        ),
        of_pod(
            "resource",
            json!({"containers": [{"name": "c", "image": "i:1", "resources": {"limits": {"nvidia.com/gpu": 1}}}]}),
            Value::Null,
        ),
        ("sidecar injector", vec![injected], Value::Null),
        ("sidecar injector", vec![istio], Value::Null),
    ]
}

const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";

#[allow(clippy::too_many_lines)] // A table.
fn objects() -> Vec<Row> {
    let one = |kind: &'static str, needing: Value, there: Value| (kind, vec![needing], there);
    let claim = |kind: &'static str, spec: Value, there: Value| {
        one(kind, object("v1", "PersistentVolumeClaim", "c", &json!({"spec": spec})), there)
    };
    let ingress = |kind: &'static str, metadata: Value, spec: Value, there: Value| {
        one(kind, object("networking.k8s.io/v1", "Ingress", "g", &json!({"metadata": metadata, "spec": spec})), there)
    };
    let route =
        |kind: &'static str, spec: Value, there: Value| one(kind, object(GATEWAY_API, "HTTPRoute", "r", &json!({"spec": spec})), there);
    let hpa = |kind: &'static str, spec: Value, there: Value| {
        one(kind, object("autoscaling/v2", "HorizontalPodAutoscaler", "h", &json!({"spec": spec})), there)
    };
    let scaled = |kind: &'static str, spec: Value, there: Value| {
        one(kind, object("keda.sh/v1alpha1", "ScaledObject", "s", &json!({"spec": spec})), there)
    };
    let target = json!({"kind": "Deployment", "name": "a"});
    let api = |name: &str| object("apiregistration.k8s.io/v1", "APIService", name, &json!({}));
    let default = |version: &str, kind: &str, annotation: &str| {
        object(version, kind, "d", &json!({"metadata": {"annotations": {annotation: "true"}}}))
    };
    let external = |spec: Value| object("external-secrets.io/v1", "ExternalSecret", "e", &json!({"spec": spec}));
    let mut elsewhere = deployment(&json!({}));
    elsewhere["metadata"]["namespace"] = json!("x");
    let flow = "jtype: Flow\nexecutors: [{name: e, external: true, host: search.example.com, port: 443}]\n";
    let calling = run(program(&["export", "-"]), flow.as_bytes()).documents();
    let trigger = |trigger: Value| json!({"scaleTargetRef": target, "triggers": [trigger]});
    let set = |template: Value| object("apps/v1", "StatefulSet", "s", &json!({"spec": template}));
    let monitor =
        |kind: &str, list: &str, endpoint: Value| object("monitoring.coreos.com/v1", kind, "m", &json!({"spec": {list: [endpoint]}}));
    vec![
        one("Namespace", elsewhere, named("v1", "Namespace")),
        one(
            "CustomResourceDefinition",
            object("acme.dev/v1", "Thing", "t", &json!({})),
            object(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "things.acme.dev",
                &json!({"spec": {"group": "acme.dev", "names": {"kind": "Thing"}}}),
            ),
        ),
        ("address", calling, Value::Null),
        scaled(
            "address",
            trigger(json!({"type": "prometheus", "metadata": {"serverAddress": "http://prometheus.monitoring:9090"}})),
            Value::Null,
        ),
        claim("StorageClass", json!({"storageClassName": "x"}), named("storage.k8s.io/v1", "StorageClass")),
        claim("StorageClass", json!({}), default("storage.k8s.io/v1", "StorageClass", "storageclass.kubernetes.io/is-default-class")),
        claim(
            "StorageClass",
            json!({"storageClassName": null}),
            default("storage.k8s.io/v1", "StorageClass", "storageclass.kubernetes.io/is-default-class"),
        ),
        one(
            "StorageClass",
            set(json!({"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"storageClassName": "x"}}],
            "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}})),
            named("storage.k8s.io/v1", "StorageClass"),
        ),
        claim("PersistentVolume", json!({"volumeName": "x"}), named("v1", "PersistentVolume")),
        claim("PersistentVolume", json!({"storageClassName": ""}), named("v1", "PersistentVolume")),
        claim("VolumeAttributesClass", json!({"volumeAttributesClassName": "x"}), named("storage.k8s.io/v1", "VolumeAttributesClass")),
        claim(
            "VolumeSnapshot",
            json!({"dataSource": {"kind": "VolumeSnapshot", "name": "x"}}),
            named("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        ),
        claim(
            "PersistentVolumeClaim",
            json!({"dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "x"}}),
            named("v1", "PersistentVolumeClaim"),
        ),
        one(
            "Service",
            set(json!({"serviceName": "x", "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}})),
            named("v1", "Service"),
        ),
        one("load balancer", object("v1", "Service", "s", &json!({"spec": {"type": "LoadBalancer"}})), Value::Null),
        ingress("IngressClass", json!({}), json!({"ingressClassName": "x"}), named("networking.k8s.io/v1", "IngressClass")),
        ingress(
            "IngressClass",
            json!({}),
            json!({}),
            default("networking.k8s.io/v1", "IngressClass", "ingressclass.kubernetes.io/is-default-class"),
        ),
        ingress("Ingress controller", json!({"annotations": {"kubernetes.io/ingress.class": "nginx"}}), json!({}), Value::Null),
        ingress("Secret", json!({}), json!({"tls": [{"secretName": "x"}]}), named("v1", "Secret")),
        ingress("Service", json!({}), json!({"defaultBackend": {"service": {"name": "x"}}}), named("v1", "Service")),
        ingress(
            "Service",
            json!({}),
            json!({"rules": [{"http": {"paths": [{"backend": {"service": {"name": "x"}}}]}}]}),
            named("v1", "Service"),
        ),
        ingress(
            "ClusterIssuer",
            json!({"annotations": {"cert-manager.io/cluster-issuer": "x"}}),
            json!({}),
            named("cert-manager.io/v1", "ClusterIssuer"),
        ),
        ingress("Issuer", json!({"annotations": {"cert-manager.io/issuer": "x"}}), json!({}), named("cert-manager.io/v1", "Issuer")),
        one(
            "Issuer",
            object("cert-manager.io/v1", "Certificate", "c", &json!({"spec": {"issuerRef": {"name": "x"}}})),
            named("cert-manager.io/v1", "Issuer"),
        ),
        one(
            "ClusterIssuer",
            object("cert-manager.io/v1", "Certificate", "c", &json!({"spec": {"issuerRef": {"kind": "ClusterIssuer", "name": "x"}}})),
            named("cert-manager.io/v1", "ClusterIssuer"),
        ),
        one(
            "GatewayClass",
            object(GATEWAY_API, "Gateway", "g", &json!({"spec": {"gatewayClassName": "x"}})),
            named(GATEWAY_API, "GatewayClass"),
        ),
        one(
            "Secret",
            object(GATEWAY_API, "Gateway", "g", &json!({"spec": {"listeners": [{"tls": {"certificateRefs": [{"name": "x"}]}}]}})),
            named("v1", "Secret"),
        ),
        route("Gateway", json!({"parentRefs": [{"name": "x"}]}), named(GATEWAY_API, "Gateway")),
        route("Service", json!({"rules": [{"backendRefs": [{"name": "x", "port": 80}]}]}), named("v1", "Service")),
        route("Service", json!({"rules": [{"filters": [{"requestMirror": {"backendRef": {"name": "x"}}}]}]}), named("v1", "Service")),
        route(
            "object",
            json!({"rules": [{"filters": [{"extensionRef": {"group": "acme.dev", "kind": "Filter", "name": "x"}}]}]}),
            named("acme.dev/v1", "Filter"),
        ),
        hpa("Deployment", json!({"scaleTargetRef": {"kind": "Deployment", "name": "x"}}), named("apps/v1", "Deployment")),
        hpa("StatefulSet", json!({"scaleTargetRef": {"kind": "StatefulSet", "name": "x"}}), named("apps/v1", "StatefulSet")),
        scaled("Deployment", json!({"scaleTargetRef": {"name": "x"}}), named("apps/v1", "Deployment")),
        hpa("APIService", json!({"scaleTargetRef": target}), api("v1beta1.metrics.k8s.io")),
        hpa("APIService", json!({"scaleTargetRef": target, "metrics": [{"type": "Pods"}]}), api("v1beta1.custom.metrics.k8s.io")),
        hpa("APIService", json!({"scaleTargetRef": target, "metrics": [{"type": "External"}]}), api("v1beta1.external.metrics.k8s.io")),
        scaled("APIService", trigger(json!({"type": "cpu"})), api("v1beta1.metrics.k8s.io")),
        scaled(
            "TriggerAuthentication",
            trigger(json!({"type": "kafka", "authenticationRef": {"name": "x"}})),
            named("keda.sh/v1alpha1", "TriggerAuthentication"),
        ),
        scaled(
            "ClusterTriggerAuthentication",
            trigger(json!({"type": "kafka", "authenticationRef": {"kind": "ClusterTriggerAuthentication", "name": "x"}})),
            named("keda.sh/v1alpha1", "ClusterTriggerAuthentication"),
        ),
        one(
            "Secret",
            object("keda.sh/v1alpha1", "TriggerAuthentication", "t", &json!({"spec": {"secretTargetRef": [{"name": "x", "key": "k"}]}})),
            object("v1", "Secret", "x", &json!({"data": {"k": "dg=="}})),
        ),
        one(
            "ClusterRole",
            object("rbac.authorization.k8s.io/v1", "RoleBinding", "b", &json!({"roleRef": {"kind": "ClusterRole", "name": "x"}})),
            named("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ),
        one(
            "Role",
            object("rbac.authorization.k8s.io/v1", "RoleBinding", "b", &json!({"roleRef": {"kind": "Role", "name": "x"}})),
            named("rbac.authorization.k8s.io/v1", "Role"),
        ),
        one("SecretStore", external(json!({"secretStoreRef": {"name": "x"}})), named("external-secrets.io/v1", "SecretStore")),
        one(
            "SecretStore",
            external(json!({"dataFrom": [{"sourceRef": {"storeRef": {"name": "x"}}}]})),
            named("external-secrets.io/v1", "SecretStore"),
        ),
        one(
            "ClusterSecretStore",
            external(json!({"secretStoreRef": {"kind": "ClusterSecretStore", "name": "x"}})),
            named("external-secrets.io/v1", "ClusterSecretStore"),
        ),
        one(
            "VaultAuth",
            object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "v", &json!({"spec": {"vaultAuthRef": "x"}})),
            named("secrets.hashicorp.com/v1beta1", "VaultAuth"),
        ),
        one("Secret", object("v1", "ServiceAccount", "s", &json!({"imagePullSecrets": [{"name": "x"}]})), named("v1", "Secret")),
        one(
            "DeviceClass",
            object(
                "resource.k8s.io/v1",
                "ResourceClaim",
                "r",
                &json!({"spec": {"devices": {"requests": [{"exactly": {"deviceClassName": "x"}}]}}}),
            ),
            named("resource.k8s.io/v1", "DeviceClass"),
        ),
        one(
            "DeviceClass",
            object(
                "resource.k8s.io/v1",
                "ResourceClaimTemplate",
                "r",
                &json!({"spec": {"spec": {"devices": {"requests": [{"firstAvailable": [{"deviceClassName": "x"}]}]}}}}),
            ),
            named("resource.k8s.io/v1", "DeviceClass"),
        ),
        one("container runtime", object("node.k8s.io/v1", "RuntimeClass", "r", &json!({"handler": "gvisor"})), Value::Null),
        one(
            "Secret",
            monitor("ServiceMonitor", "endpoints", json!({"authorization": {"credentials": {"name": "x", "key": "k"}}})),
            object("v1", "Secret", "x", &json!({"stringData": {"k": "v"}})),
        ),
        one(
            "ConfigMap",
            monitor("PodMonitor", "podMetricsEndpoints", json!({"tlsConfig": {"ca": {"configMap": {"name": "x", "key": "k"}}}})),
            object("v1", "ConfigMap", "x", &json!({"data": {"k": "v"}})),
        ),
    ]
}

fn rows() -> Vec<Row> {
    [pods(), objects()].concat()
}

/// The objects without the reference need nothing of the kind; with it, one thing; and nothing if the thing is among them.
#[test]
fn each_kind_is_needed_unless_it_is_among_the_objects() {
    let base = deployment(&json!({}));
    for (kind, mut set, there) in rows() {
        let shown = json!(set).to_string();
        assert_eq!(needs(std::slice::from_ref(&base), kind), Vec::<Value>::new(), "{kind}");
        if set.iter().all(|object| object.pointer("/spec/template/spec").is_none()) {
            set.push(base.clone());
        }
        let found = needs(&set, kind);
        assert_eq!(found.len(), 1, "{kind}: {found:?} for {shown}");
        assert!(
            !found[0]["name"].as_str().unwrap().is_empty() && !found[0]["neededBy"].as_array().unwrap().is_empty(),
            "{kind}: {found:?}"
        );
        if !there.is_null() {
            set.push(there);
            let left = needs(&set, kind);
            // A claim that satisfies a reference has a class of its own.
            assert_eq!(left, Vec::<Value>::new(), "{kind} for {shown}");
        }
    }
}

/// The kinds that the code names: the first string of each call that adds a need, and the strings of its tables.
fn kinds_of_the_code() -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let first_string = |rest: &str| rest.strip_prefix('"').and_then(|rest| rest.split('"').next()).map(str::to_owned);
    for file in ["needs", "pod_needs", "object_needs"] {
        let source = fs::read_to_string(root().join("src/facts").join(file).with_extension("rs")).unwrap();
        for call in ["add_here(", "add_global(", "add_keys(", "add_key(", "needs.add("] {
            kinds.extend(source.split(call).skip(1).filter_map(first_string));
        }
        for call in source.split("add_object(").skip(1) {
            let arguments = call.split([';', '}']).next().unwrap();
            kinds.extend(arguments.split(", ").skip(1).filter_map(first_string).filter(|kind| !kind.is_empty()));
        }
        // Tables of kinds with the fields that name them.
        kinds.extend(source.split("[(").skip(1).flat_map(|table| table.split(']').next().unwrap().split('(').filter_map(first_string)));
        if let Some(list) = source.split("const KINDS: ").nth(1) {
            kinds.extend(list.split("];").next().unwrap().split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    // Names of APIs and paths of fields.
    kinds.into_iter().filter(|kind| !kind.contains('.')).collect()
}

#[test]
fn each_kind_of_the_code_has_a_row() {
    let found = kinds_of_the_code();
    let rows: BTreeSet<String> = rows().into_iter().map(|(kind, ..)| kind.to_owned()).collect();
    assert_eq!(found.difference(&rows).collect::<Vec<_>>(), Vec::<&String>::new(), "kinds without a row");
    assert_eq!(rows.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "rows of unknown kinds");
}

fn uses_key() -> Value {
    deployment(
        &json!({"containers": [{"name": "c", "image": "i:1", "env": [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "x", "key": "k"}}}]}]}),
    )
}

#[test]
fn a_secret_without_a_key_is_incomplete() {
    let secret = object("v1", "Secret", "x", &json!({"stringData": {"other": "v"}}));
    let found = needs(&[uses_key(), secret.clone()], "Secret");
    assert_eq!((found.len(), &found[0]["keys"], &found[0]["isIncomplete"]), (1, &json!(["k"]), &json!(true)), "{found:?}");
    let found = needs(&[uses_key()], "Secret");
    assert_eq!((&found[0]["keys"], &found[0]["isIncomplete"]), (&json!(["k"]), &json!(false)), "{found:?}");
    let input = json!({"apiVersion": "v1", "kind": "List", "items": [uses_key(), secret]}).to_string();
    let out = run(program(&["summary", "-"]), input.as_bytes());
    assert!(out.stdout.contains("x (lacks the keys: k)"), "{}", out.stdout);
}

#[test]
fn objects_that_controllers_create_are_not_needed() {
    for (creator, field) in [
        (object("external-secrets.io/v1", "ExternalSecret", "x", &json!({})), "Secret"),
        (object("external-secrets.io/v1", "ExternalSecret", "e", &json!({"spec": {"target": {"name": "x"}}})), "Secret"),
        (object("bitnami.com/v1alpha1", "SealedSecret", "x", &json!({})), "Secret"),
        (object("cert-manager.io/v1", "Certificate", "c", &json!({"spec": {"secretName": "x"}})), "Secret"),
        (object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "v", &json!({"spec": {"destination": {"name": "x"}}})), "Secret"),
    ] {
        assert_eq!(needs(&[uses_key(), creator.clone()], field), Vec::<Value>::new(), "{creator}");
        let other = deployment(&json!({"imagePullSecrets": [{"name": "y"}]}));
        assert_eq!(needs(&[other, creator], field).len(), 1);
    }
    let uses_map = deployment(&json!({"volumes": [{"name": "v", "configMap": {"name": "x"}}]}));
    assert_eq!(needs(&[uses_map, object("trust.cert-manager.io/v1alpha1", "Bundle", "x", &json!({}))], "ConfigMap"), Vec::<Value>::new());
}

#[test]
fn images_of_all_containers_and_volumes_are_needed() {
    let spec = json!({
        "initContainers": [{"name": "i", "image": "init:1"}],
        "containers": [{"name": "c", "image": "main:1"}, {"name": "s", "image": "side:1"}, {"name": "istio-proxy", "image": "auto"}],
        "volumes": [{"name": "m", "image": {"reference": "model:1"}}],
    });
    let found = summary(&[deployment(&spec)]);
    let images: Vec<&str> = found["images"].as_array().unwrap().iter().map(|image| image["image"].as_str().unwrap()).collect();
    assert_eq!(images, ["init:1", "main:1", "model:1", "side:1"]);
}

#[test]
fn a_claim_whose_size_is_no_quantity_is_a_warning() {
    let volume = object("v1", "PersistentVolumeClaim", "data", &json!({"spec": {"resources": {"requests": {"storage": "10GB"}}}}));
    let mut set = object("apps/v1", "StatefulSet", "s", &json!({"spec": deployment(&json!({}))["spec"]}));
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": "1 Gi"}}}}]);
    let input = json!({"apiVersion": "v1", "kind": "List", "items": [volume, set]}).to_string();
    let out = run(program(&["summary", "-", "--output", "json"]), input.as_bytes());
    assert_eq!((out.code, out.codes()), (0, vec!["invalid-quantity"; 2]), "{}", out.stderr);
    assert!(
        out.stderr.contains("PersistentVolumeClaim/data") && out.stderr.contains("10GB") && out.stderr.contains("1 Gi"),
        "{}",
        out.stderr
    );
}

/// A class that is null is the default class. An empty class is none. YAML and JSON have several spellings of null.
#[test]
fn a_null_class_is_the_default_class() {
    for (written, expected) in [
        ("", Some("(default)")),
        ("null", Some("(default)")),
        ("~", Some("(default)")),
        ("\"\"", None),
        ("\"null\"", Some("null")),
        ("fast", Some("fast")),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec:\n  storageClassName: {written}\n  resources: {{requests: {{storage: 1Gi}}}}\n---\n{}\n",
            deployment(&json!({}))
        );
        let out = run(program(&["summary", "-", "--output", "json"]), text.as_bytes());
        let found: Value = serde_json::from_str(&out.stdout).unwrap();
        let classes = found["prerequisites"].as_array().unwrap().iter().filter(|need| need["kind"] == "StorageClass");
        assert_eq!(classes.map(|need| need["name"].as_str().unwrap()).next(), expected, "{written:?}: {}", out.stdout);
        let disk = &found["totals"]["disks"][0];
        assert_eq!(
            disk["storageClass"].as_str().unwrap_or("-"),
            expected.filter(|class| *class != "(default)").unwrap_or("-"),
            "{written:?}"
        );
    }
}

/// Names that refer to no object of a cluster, by the end of their path, and the reason.
const NO_REFERENCES: [(&str, &str); 11] = [
    ("/containers/*/name", "a part of the pod"),
    ("/initContainers/*/name", "a part of the pod"),
    ("/volumes/*/name", "a part of the pod"),
    ("/resourceClaims/*/name", "a part of the pod"),
    ("/resources/claims/*/name", "a claim of the pod; the API server checks it"),
    ("/volumeMounts/*/name", "a volume of the pod; the API server checks it"),
    ("/env/*/name", "a variable"),
    ("/ports/*/name", "a port"),
    ("/volumeClaimTemplates/*/metadata/name", "the beginning of the names of claims that the StatefulSet creates"),
    ("/parentRefs/*/sectionName", "a part of the Gateway, which is needed itself"),
    ("/metrics/*/resource/name", "cpu or memory"),
];

/// Objects that each cluster has.
const ALWAYS: [&str; 1] = ["system-cluster-critical"];

/// Rendered objects: JinaFlows with every field, examples, and recorded Flows.
fn streams() -> Vec<(String, String)> {
    let mut streams = Vec::new();
    for (folder, endings) in [("tests/conformance/fields", [".yaml", ".yaml"]), ("examples", ["/jinaflow.yaml", "/flow.yml"])] {
        for (name, _) in tree(&root().join(folder)).into_iter().filter(|(name, _)| endings.iter().any(|ending| name.ends_with(ending))) {
            if name.starts_with("jinaflow-bad-") {
                continue;
            }
            let out = jinaflow(&["export", root().join(folder).join(&name).to_str().unwrap()]);
            assert_eq!(out.code, 0, "{name}: {}", out.stderr);
            streams.push((name, out.stdout));
        }
    }
    let count = streams.len();
    for case in recorded(&root().join("tests/jina/flows")) {
        let out = run(case.export(&[]), b"");
        if out.code == 0 && !out.stdout.is_empty() {
            streams.push((case.name, out.stdout));
        }
    }
    assert!(count > 14 && streams.len() > 600, "{count} and {}", streams.len());
    streams
}

/// Adds the names below a value that look like references: the path, with `*` for each index, and the name.
fn references(value: &Value, path: &str, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(entries) => {
            for (key, below) in entries.iter().filter(|_| entries.get("optional") != Some(&Value::Bool(true))) {
                let path = format!("{path}/{key}");
                let is_name = key == "name"
                    || key.ends_with("Name")
                    || key.ends_with("Ref")
                    || key == "serviceAccount"
                    || key == "handler"
                    || key == "driver";
                match below.as_str().filter(|name| is_name && !name.is_empty()) {
                    Some(name) => drop(found.insert((path, name.to_owned()))),
                    None => references(below, &path, found),
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|below| references(below, &format!("{path}/*"), found)),
        _ => {}
    }
}

/// The references that lead neither to an object nor to a prerequisite.
fn unexplained(objects: &[Value], prerequisites: &[Value], used: &mut BTreeSet<&'static str>) -> BTreeMap<String, String> {
    let known: BTreeSet<&str> = objects
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap())
        .chain(ALWAYS)
        .chain(prerequisites.iter().map(|need| need["name"].as_str().unwrap()))
        .collect();
    let mut left = BTreeMap::new();
    for object in objects {
        let mut found = BTreeSet::new();
        references(object, object["kind"].as_str().unwrap(), &mut found);
        for (path, name) in found {
            if known.contains(name.as_str()) {
                continue;
            }
            match NO_REFERENCES.iter().find(|(end, _)| path.ends_with(end)) {
                Some((end, _)) => drop(used.insert(end)),
                None => drop(left.insert(path, name)),
            }
        }
    }
    left
}

#[test]
fn each_name_in_rendered_objects_is_there_or_needed() {
    let (mut left, mut without, mut kinds, mut used) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (name, text) in streams() {
        let objects = documents(&text);
        let out = run(program(&["summary", "-", "--output", "json"]), text.as_bytes());
        assert_eq!(out.code, 0, "{name}: {}", out.stderr);
        let found: Value = serde_json::from_str(&out.stdout).unwrap();
        let prerequisites = found["prerequisites"].as_array().unwrap();
        kinds.extend(prerequisites.iter().map(|need| need["kind"].as_str().unwrap().to_owned()));
        left.extend(unexplained(&objects, prerequisites, &mut used).into_iter().map(|(path, value)| (path, format!("{value} in {name}"))));
        without.extend(unexplained(&objects, &[], &mut used));
    }
    assert_eq!(left, BTreeMap::new());
    // The walk finds what the prerequisites explain.
    assert!(without.len() >= 5, "{without:?}");
    let known = kinds_of_the_code();
    assert!(kinds.len() > 8 && kinds.iter().all(|kind| known.contains(kind)), "{kinds:?}");
    // No entry without an effect.
    assert_eq!(used, NO_REFERENCES.iter().map(|(end, _)| *end).collect());
}
