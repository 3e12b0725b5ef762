//! Changes that keep a Flow wired: what meshes, operators, orchestrators and users do to manifests.

use serde_json::{Value, json};

use super::view::{Objects, is_workload, list, pod};
use crate::support::documents;
use crate::support::wiring::contains;

/// A kind of change. The function returns whether there was something to change.
pub type Kind = (&'static str, fn(&mut Objects) -> bool);

fn pods(o: &mut Objects, change: fn(&mut Value)) -> bool {
    let mut changed = false;
    for object in o.iter_mut().filter(|object| is_workload(object)) {
        change(&mut object["spec"]["template"]);
        changed = true;
    }
    changed
}

fn containers(o: &mut Objects, change: fn(&mut Value)) -> bool {
    let mut changed = false;
    for object in o.iter_mut().filter(|object| is_workload(object)) {
        for container in object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
            let is_jina = container["command"][0] == "jina" || container["command"].to_string().contains("jina");
            if is_jina {
                change(container);
                changed = true;
            }
        }
    }
    changed
}

fn of_kind(o: &mut Objects, kind: &str, change: impl Fn(&mut Value)) -> bool {
    let mut changed = false;
    for object in o.iter_mut().filter(|object| object["kind"] == kind) {
        change(object);
        changed = true;
    }
    changed
}

fn push(value: &mut Value, entry: Value) {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().unwrap().push(entry);
}

fn namespace(o: &Objects) -> String {
    o[0]["metadata"]["namespace"].as_str().unwrap_or_default().to_owned()
}

/// Adds documents. `NS` in them is replaced by the Flow's namespace.
fn add(o: &mut Objects, yaml: &str) -> bool {
    let namespace = namespace(o);
    o.extend(documents(&yaml.replace("NS", &namespace)));
    true
}

/// Changes a pod as `istioctl kube-inject` does (`pkg/kube/inject/testdata/inject/*.injected`).
fn istio(template: &mut Value, is_native: bool) {
    template["metadata"]["annotations"]["sidecar.istio.io/status"] = json!("{\"initContainers\":[\"istio-init\"]}");
    template["metadata"]["labels"]["security.istio.io/tlsMode"] = json!("istio");
    template["metadata"]["labels"]["service.istio.io/canonical-name"] = json!("x");
    let spec = &mut template["spec"];
    for container in spec["containers"].as_array_mut().unwrap() {
        let name = container["name"].as_str().unwrap().to_owned();
        for (probe, path) in [("livenessProbe", "livez"), ("readinessProbe", "readyz"), ("startupProbe", "startupz")] {
            let is_rewritten = ["httpGet", "grpc", "tcpSocket"].iter().any(|form| container[probe][form].is_object());
            if is_rewritten {
                for form in ["grpc", "tcpSocket"] {
                    container[probe].as_object_mut().unwrap().remove(form);
                }
                container[probe]["httpGet"] = json!({"path": format!("/app-health/{name}/{path}"), "port": 15020});
            }
        }
    }
    let mut proxy = json!({
        "name": "istio-proxy",
        "image": "docker.io/istio/proxyv2:1.24.0",
        "args": ["proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local", "--proxyLogLevel=warning"],
        "env": [
            {"name": "PILOT_CERT_PROVIDER", "value": "istiod"},
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "ISTIO_KUBE_APP_PROBERS", "value": "{}"},
        ],
        "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/healthz/ready", "port": 15021}, "periodSeconds": 15},
        "startupProbe": {"httpGet": {"path": "/healthz/ready", "port": 15021}, "failureThreshold": 600},
        "lifecycle": {"postStart": {"exec": {"command": ["pilot-agent", "wait"]}}},
        "volumeMounts": [
            {"mountPath": "/var/run/secrets/istio", "name": "istiod-ca-cert"},
            {"mountPath": "/var/run/secrets/tokens", "name": "istio-token"},
        ],
    });
    if is_native {
        proxy["restartPolicy"] = json!("Always");
        push(
            &mut spec["initContainers"],
            json!({"name": "istio-validation", "image": "docker.io/istio/proxyv2:1.24.0", "args": ["istio-iptables", "-p", "15001"]}),
        );
        push(&mut spec["initContainers"], proxy);
    } else {
        push(
            &mut spec["initContainers"],
            json!({"name": "istio-init", "image": "docker.io/istio/proxyv2:1.24.0", "args": ["istio-iptables", "-p", "15001", "-z", "15006"]}),
        );
        spec["containers"].as_array_mut().unwrap().insert(0, proxy);
    }
    push(&mut spec["volumes"], json!({"name": "istiod-ca-cert", "configMap": {"name": "istio-ca-root-cert"}}));
    let token = json!({"serviceAccountToken": {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}});
    push(&mut spec["volumes"], json!({"name": "istio-token", "projected": {"sources": [token]}}));
}

/// Changes a pod as `linkerd inject --manual` does.
fn linkerd(template: &mut Value) {
    template["metadata"]["annotations"]["linkerd.io/proxy-version"] = json!("stable-2.14.10");
    template["metadata"]["labels"]["linkerd.io/control-plane-ns"] = json!("linkerd");
    let spec = &mut template["spec"];
    push(
        &mut spec["initContainers"],
        json!({"name": "linkerd-init", "image": "cr.l5d.io/linkerd/proxy-init:v2.2.3", "args": ["--incoming-proxy-port", "4143", "--outgoing-proxy-port", "4140"]}),
    );
    let proxy = json!({
        "name": "linkerd-proxy",
        "image": "cr.l5d.io/linkerd/proxy:stable-2.14.10",
        "env": [{"name": "LINKERD2_PROXY_INBOUND_LISTEN_ADDR", "value": "0.0.0.0:4143"}],
        "ports": [{"containerPort": 4143, "name": "linkerd-proxy"}, {"containerPort": 4191, "name": "linkerd-admin"}],
        "livenessProbe": {"httpGet": {"path": "/live", "port": 4191}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 4191}},
        "volumeMounts": [{"mountPath": "/var/run/linkerd/identity/end-entity", "name": "linkerd-identity-end-entity"}],
    });
    push(&mut spec["containers"], proxy);
    push(&mut spec["volumes"], json!({"name": "linkerd-identity-end-entity", "emptyDir": {"medium": "Memory"}}));
}

/// Replaces strings everywhere, like a rename that updates every reference.
fn everywhere(value: &mut Value, change: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = change(text) {
                *text = new;
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| everywhere(entry, change)),
        Value::Object(fields) => fields.values_mut().for_each(|field| everywhere(field, change)),
        _ => {}
    }
}

/// Renames all objects that have their own name and updates the references: strings that are a name, and the addresses
/// in Jina's exports, which contain a name. Labels and names of containers stay.
fn renamed(o: &mut Objects, rename: fn(&str) -> String) -> bool {
    let names: Vec<String> =
        o.iter().filter(|o| o["kind"] != "Namespace").map(|o| o["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    for object in o.iter_mut().filter(|object| object["kind"] != "Namespace") {
        let annotations = &mut object["metadata"]["annotations"]["flow.jina.ai/external"];
        if annotations.is_null() {
            let is_empty = object["metadata"]["annotations"].as_object().is_some_and(|map| map.len() == 1);
            if is_empty {
                object["metadata"].as_object_mut().unwrap().remove("annotations");
            } else {
                object["metadata"]["annotations"].as_object_mut().unwrap().remove("flow.jina.ai/external");
            }
        }
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        object["metadata"]["name"] = json!(rename(&name));
        for path in ["/spec/scaleTargetRef/name", "/spec/serviceName", "/spec/template/spec/serviceAccountName"] {
            follow(object, path, &names, rename);
        }
        for rule in object["spec"]["rules"].as_array_mut().into_iter().flatten() {
            follow(rule, "/http/paths/0/backend/service/name", &names, rename);
            follow(rule, "/backendRefs/0/name", &names, rename);
        }
        for certificate in object["spec"]["tls"].as_array_mut().into_iter().flatten() {
            follow(certificate, "/secretName", &names, rename);
        }
        if !is_workload(object) {
            remove_empty(object);
            continue;
        }
        let spec = &mut object["spec"]["template"]["spec"];
        for volume in spec["volumes"].as_array_mut().into_iter().flatten() {
            for path in ["/configMap/name", "/secret/secretName", "/persistentVolumeClaim/claimName"] {
                follow(volume, path, &names, rename);
            }
        }
        for secret in spec["imagePullSecrets"].as_array_mut().into_iter().flatten() {
            follow(secret, "/name", &names, rename);
        }
        let Value::Object(fields) = spec else { continue };
        let lists = fields.iter_mut().filter(|(name, _)| ["containers", "initContainers"].contains(&name.as_str()));
        for container in lists.filter_map(|(_, list)| list.as_array_mut()).flatten() {
            for source in container["envFrom"].as_array_mut().into_iter().flatten() {
                follow(source, "/configMapRef/name", &names, rename);
                follow(source, "/secretRef/name", &names, rename);
            }
            for entry in container["env"].as_array_mut().into_iter().flatten() {
                follow(entry, "/valueFrom/secretKeyRef/name", &names, rename);
                if entry["name"].as_str().unwrap().starts_with("JINA_ADDR_") {
                    follow(entry, "/value", &names, rename);
                }
            }
            everywhere(&mut container["args"], &|text| {
                let mut new = text.to_owned();
                for (name, namespace) in names.iter().flat_map(|name| ["search", "canary", "prod"].map(|namespace| (name, namespace))) {
                    for before in ["\"", "//"] {
                        let host = |name: &str| format!("{before}{name}.{namespace}.svc");
                        new = new.replace(&host(name), &host(&rename(name)));
                    }
                }
                Some(new)
            });
        }
        remove_empty(object);
    }
    true
}

/// Removes the `null` that indexing adds where no value was.
fn remove_empty(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(remove_empty);
        }
        Value::Array(entries) => entries.iter_mut().for_each(remove_empty),
        _ => {}
    }
}

fn follow(object: &mut Value, path: &str, names: &[String], rename: fn(&str) -> String) {
    if let Some(value) = object.pointer_mut(path)
        && let Some(name) = value.as_str().filter(|name| names.iter().any(|known| known == name))
    {
        *value = json!(rename(name));
    }
}

/// All kinds of changes to objects.
#[allow(clippy::too_many_lines)]
pub fn kinds() -> Vec<Kind> {
    vec![
        ("a sidecar", |o| {
            pods(o, |t| {
                push(
                    &mut t["spec"]["containers"],
                    json!({"name": "log", "image": "fluent/fluent-bit:3.1", "args": ["-c", "/etc/fluent-bit.conf"]}),
                )
            })
        }),
        ("a sidecar with a port", |o| {
            pods(o, |t| {
                let sidecar = json!({"name": "exporter", "image": "acme/exporter:1", "ports": [{"name": "stats", "containerPort": 9100}],
                    "readinessProbe": {"httpGet": {"path": "/ready", "port": 9101}}});
                push(&mut t["spec"]["containers"], sidecar);
            })
        }),
        ("a native sidecar", |o| {
            pods(o, |t| {
                push(&mut t["spec"]["initContainers"], json!({"name": "vault", "image": "hashicorp/vault:1.17", "restartPolicy": "Always"}))
            })
        }),
        ("an init container", |o| {
            pods(o, |t| {
                push(&mut t["spec"]["initContainers"], json!({"name": "wait", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 5"]}))
            })
        }),
        ("Istio, injected", |o| pods(o, |t| istio(t, false))),
        ("Istio, injected as native sidecar", |o| pods(o, |t| istio(t, true))),
        ("Istio, with injection enabled", |o| pods(o, |t| t["metadata"]["labels"]["sidecar.istio.io/inject"] = json!("true"))),
        ("Linkerd, injected", |o| pods(o, linkerd)),
        ("addresses with namespace", |o| {
            let namespace = namespace(o);
            let services: Vec<String> =
                o.iter().filter(|o| o["kind"] == "Service").map(|o| o["metadata"]["name"].as_str().unwrap().to_owned()).collect();
            let mut changed = false;
            for object in o.iter_mut().filter(|object| is_workload(object)) {
                for container in object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
                    for entry in container["env"].as_array_mut().into_iter().flatten() {
                        let is_address = entry["name"].as_str().unwrap().starts_with("JINA_ADDR_");
                        if let Some(name) = entry["value"].as_str().filter(|name| is_address && services.iter().any(|known| known == name))
                        {
                            entry["value"] = json!(format!("{name}.{namespace}.svc.cluster.local"));
                            changed = true;
                        }
                    }
                }
            }
            changed
        }),
        ("images by digest", |o| {
            containers(o, |c| {
                let image = c["image"].as_str().unwrap().split(':').next().unwrap().to_owned();
                let tag = c["image"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
                c["image"] = json!(format!("{image}:{tag}@sha256:{}", "0123456789abcdef".repeat(4)));
            })
        }),
        ("a different registry", |o| {
            containers(o, |c| c["image"] = json!(format!("registry.internal:5000/mirror/{}", c["image"].as_str().unwrap())))
        }),
        ("labels and annotations", |o| {
            for object in o.iter_mut() {
                object["metadata"]["labels"]["team"] = json!("search");
                object["metadata"]["annotations"]["owner"] = json!("owner@example.com");
            }
            pods(o, |t| {
                t["metadata"]["labels"]["team"] = json!("search");
                t["metadata"]["annotations"]["prometheus.io/scrape"] = json!("true");
            })
        }),
        ("a different order", |o| {
            o.reverse();
            true
        }),
        ("variables", |o| {
            containers(o, |c| {
                push(&mut c["env"], json!({"name": "LOG_LEVEL", "value": "debug"}));
                push(&mut c["env"], json!({"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}));
                push(&mut c["env"], json!({"name": "LINE", "value": "$(LOG_LEVEL) on $(NODE) costs $$5"}));
            })
        }),
        ("volumes", |o| {
            pods(o, |t| {
                push(&mut t["spec"]["volumes"], json!({"name": "scratch-space", "emptyDir": {"sizeLimit": "1Gi"}}));
                for container in t["spec"]["containers"].as_array_mut().unwrap() {
                    push(&mut container["volumeMounts"], json!({"name": "scratch-space", "mountPath": "/scratch"}));
                }
            })
        }),
        ("optional Secrets", |o| containers(o, |c| push(&mut c["envFrom"], json!({"secretRef": {"name": "maybe", "optional": true}})))),
        ("Services of single pods", |o| {
            let mut added = Vec::new();
            for set in o.iter().filter(|object| object["kind"] == "StatefulSet") {
                let name = format!("{}-0", set["metadata"]["name"].as_str().unwrap());
                let mut selector = set["spec"]["selector"]["matchLabels"].clone();
                selector["statefulset.kubernetes.io/pod-name"] = json!(name);
                added.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("pod-{name}"), "namespace": set["metadata"]["namespace"]},
                    "spec": {"selector": selector, "ports": [{"port": 8080}]}}));
                let mut selector = set["spec"]["selector"]["matchLabels"].clone();
                selector["apps.kubernetes.io/pod-index"] = json!("0");
                added.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("first-{name}"), "namespace": set["metadata"]["namespace"]},
                    "spec": {"selector": selector, "ports": [{"port": 8080}]}}));
            }
            let is_there = !added.is_empty();
            o.extend(added);
            is_there
        }),
        ("a second Flow in another namespace", |o| {
            let namespace = namespace(o);
            if namespace.is_empty() {
                return false;
            }
            let mut copy = o.clone();
            copy.retain(|object| object["kind"] != "Namespace");
            for object in &mut copy {
                everywhere(object, &|text| {
                    let is_its_own = text == namespace || text.contains(&format!(".{namespace}.svc"));
                    is_its_own.then(|| {
                        if text == namespace { "canary".to_owned() } else { text.replace(&format!(".{namespace}.svc"), ".canary.svc") }
                    })
                });
                object["metadata"]["namespace"] = json!("canary");
            }
            o.extend(copy);
            true
        }),
        ("a foreign workload", |o| {
            add(
                o,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: NS}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: acme/web:1\n        ports: [{containerPort: 9090}]\n        readinessProbe: {httpGet: {path: /, port: 8000}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: NS}\nspec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8000}, {name: metrics, port: 9090}]}\n",
            )
        }),
        ("a foreign StatefulSet", |o| {
            add(
                o,
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: controller, namespace: NS}\nspec:\n  serviceName: controller\n  selector: {matchLabels: {app: controller}}\n  template:\n    metadata: {labels: {app: controller}}\n    spec:\n      serviceAccountName: controller\n      containers: [{name: c, image: acme/c, env: [{name: P, valueFrom: {secretKeyRef: {name: made-later, key: p}}}]}]\n",
            )
        }),
        ("Services of an operator's pods", |o| {
            add(
                o,
                "apiVersion: acid.zalan.do/v1\nkind: postgresql\nmetadata: {name: db, namespace: NS}\nspec: {numberOfInstances: 2}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: db-replica, namespace: NS}\nspec: {selector: {cluster-name: db, spilo-role: replica}, ports: [{port: 5432}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: db-pooled, namespace: NS}\nspec: {type: ExternalName, externalName: db.rds.amazonaws.com}\n",
            )
        }),
        ("objects of other operators", |o| {
            add(
                o,
                "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: NS}\nspec: {secretName: c, issuerRef: {name: ca}}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d, namespace: NS}\nspec: {host: nobody}\n---\napiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: e, namespace: NS}\nspec: {target: {name: e}}\n---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: k, namespace: NS}\nspec: {template: {spec: {containers: [{image: acme/k}]}}}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec: {source: {path: x}}\n",
            )
        }),
        ("a job", |o| {
            add(
                o,
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, namespace: NS}\nspec: {template: {metadata: {labels: {job: migrate}}, spec: {restartPolicy: Never, containers: [{name: m, image: acme/m:1, command: [sleep, '5']}]}}}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly, namespace: NS}\nspec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: acme/m:1}]}}}}}\n",
            )
        }),
        ("a namespace, quotas and roles", |o| {
            if o.iter().any(|object| object["kind"] == "Namespace") {
                return false;
            }
            add(
                o,
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS, labels: {kubernetes.io/metadata.name: NS}}\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: NS}\nspec: {hard: {pods: '99'}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: NS}\nrules: []\n",
            )
        }),
        ("monitors of others", |o| {
            add(
                o,
                "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: kubelet, namespace: monitoring}\nspec: {selector: {matchLabels: {k8s-app: kubelet}}, namespaceSelector: {matchNames: [kube-system]}, endpoints: [{port: https-metrics}]}\n---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: envoy, namespace: monitoring}\nspec: {selector: {matchExpressions: [{key: istio-prometheus-ignore, operator: DoesNotExist}]}, namespaceSelector: {any: true}, podMetricsEndpoints: [{path: /stats/prometheus}]}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: web}\nspec: {minAvailable: 1, selector: {matchLabels: {app: web}}}\n",
            )
        }),
        ("an autoscaler", |o| scaled(o, "autoscaling/v2")),
        ("an autoscaler of v1", |o| scaled(o, "autoscaling/v1")),
        ("policies that allow more", |o| {
            let changed = of_kind(o, "NetworkPolicy", |p| {
                for direction in ["ingress", "egress"] {
                    if p["spec"][direction].is_array() {
                        push(&mut p["spec"][direction], json!({}));
                    }
                }
            });
            changed
                && add(
                    o,
                    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: NS}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}\n",
                )
        }),
        ("a policy that denies, and one that allows", |o| {
            add(
                o,
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: NS}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: inside, namespace: NS}\nspec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{podSelector: {}}]}, {to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{protocol: UDP, port: 53}]}]}\n",
            )
        }),
        ("a name server on the node", |o| {
            add(
                o,
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: names, namespace: NS}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}, {to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}]}\n",
            )
        }),
        ("a wrapper before Jina", |o| containers(o, |c| c["command"] = json!(["/usr/bin/tini", "-g", "--", "jina"]))),
        ("a module instead of the program", |o| containers(o, |c| c["command"] = json!(["python", "-m", "jina"]))),
        ("Jina in a shell", |o| {
            containers(o, |c| {
                let args: Vec<String> = list(&c["args"]).map(|arg| format!("'{}'", arg.as_str().unwrap())).collect();
                c["command"] = json!(["/bin/sh", "-ec"]);
                c["args"] = json!([format!("exec jina {}", args.join(" "))]);
            })
        }),
        ("with the defaults of the API server", |o| {
            for object in o.iter_mut() {
                object["metadata"]["uid"] = json!("7b1f6c9e-0000-4000-8000-000000000000");
                object["metadata"]["resourceVersion"] = json!("1234");
                object["metadata"]["managedFields"] = json!([{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]);
                if is_workload(object) {
                    object["status"] = json!({"replicas": 1, "readyReplicas": 1});
                    object["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
                    object["spec"]["template"]["spec"]["dnsPolicy"] = json!("ClusterFirst");
                }
                if object["kind"] == "Service" && object["spec"]["clusterIP"].is_null() {
                    object["spec"]["clusterIP"] = json!("10.96.12.7");
                }
            }
            true
        }),
        ("with objects made by controllers", |o| {
            let mut made = Vec::new();
            for object in o.iter().filter(|object| ["Deployment", "StatefulSet"].contains(&object["kind"].as_str().unwrap())) {
                let name = object["metadata"]["name"].as_str().unwrap();
                let owned = |kind: &str, name: &str, owner: &Value| {
                    let metadata = json!({"name": name, "namespace": object["metadata"]["namespace"], "ownerReferences":
                        [{"apiVersion": "apps/v1", "kind": owner["kind"], "name": owner["metadata"]["name"], "controller": true}]});
                    json!({"apiVersion": if kind == "Pod" { "v1" } else { "apps/v1" }, "kind": kind, "metadata": metadata})
                };
                let mut set = owned("ReplicaSet", &format!("{name}-6d4cf56db6"), object);
                set["spec"] = json!({"replicas": 1, "selector": object["spec"]["selector"], "template": object["spec"]["template"]});
                let is_set = object["kind"] == "StatefulSet";
                for number in 0..2 {
                    let mut one = owned("Pod", &format!("{name}-{number}"), if is_set { object } else { &set });
                    one["metadata"]["labels"] = object["spec"]["template"]["metadata"]["labels"].clone();
                    one["spec"] = pod(object).clone();
                    made.push(one);
                }
                if !is_set {
                    made.push(set);
                }
            }
            o.extend(made);
            true
        }),
        ("target ports by name", |o| {
            let pods: Vec<Value> = o.iter().filter(|object| is_workload(object)).cloned().collect();
            let mut changed = false;
            for service in o.iter_mut().filter(|object| object["kind"] == "Service") {
                let target = pods.iter().find(|w| contains(&w["spec"]["template"]["metadata"]["labels"], &service["spec"]["selector"]));
                let Some(target) = target else { continue };
                let declared: Vec<Value> =
                    list(&pod(target)["containers"]).flat_map(|container| list(&container["ports"]).cloned()).collect();
                for port in service["spec"]["ports"].as_array_mut().into_iter().flatten() {
                    let named = declared.iter().find(|known| known["containerPort"] == port["targetPort"] && known["name"].is_string());
                    if let Some(named) = named {
                        port["targetPort"] = named["name"].clone();
                        changed = true;
                    }
                }
            }
            changed
        }),
        ("a Rollout instead of each Deployment", |o| {
            for object in o.iter_mut() {
                if object["kind"] == "Deployment" {
                    object["apiVersion"] = json!("argoproj.io/v1alpha1");
                    object["kind"] = json!("Rollout");
                    object["spec"]["strategy"] = json!({"canary": {}});
                }
                if object["spec"]["scaleTargetRef"]["kind"] == "Deployment" || object["kind"] == "ScaledObject" {
                    object["spec"]["scaleTargetRef"]["apiVersion"] = json!("argoproj.io/v1alpha1");
                    object["spec"]["scaleTargetRef"]["kind"] = json!("Rollout");
                }
            }
            o.iter_mut().for_each(remove_empty);
            true
        }),
        ("an alias of the gateway", |o| {
            add(
                o,
                "apiVersion: v1\nkind: Service\nmetadata: {name: search-api, namespace: NS}\nspec: {type: ExternalName, externalName: gateway.NS.svc.cluster.local}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: search-lb, namespace: NS, annotations: {a: b}}\nspec: {type: LoadBalancer, selector: {app: gateway}, ports: [{name: grpc, port: 80, targetPort: 8080, nodePort: 31000}]}\n",
            )
        }),
        ("a readiness probe", |o| {
            containers(o, |c| {
                if let Some(port) = c["ports"][0]["containerPort"].as_u64() {
                    c["readinessProbe"] = json!({"tcpSocket": {"port": port}});
                }
            })
        }),
        ("a duplicate variable with the same value", |o| {
            containers(o, |c| {
                for _ in 0..2 {
                    push(&mut c["env"], json!({"name": "TZ", "value": "UTC"}));
                }
            })
        }),
        ("another namespace everywhere", |o| {
            let namespace = namespace(o);
            for object in o.iter_mut() {
                let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                if object["kind"] == "Namespace" && name == namespace {
                    object["metadata"]["name"] = json!("prod");
                    continue;
                }
                if object["metadata"]["namespace"] == namespace {
                    object["metadata"]["namespace"] = json!("prod");
                }
                everywhere(object, &|text| {
                    text.contains(&format!(".{namespace}.svc")).then(|| text.replace(&format!(".{namespace}.svc"), ".prod.svc"))
                });
                if object["metadata"]["labels"]["kubernetes.io/metadata.name"] == namespace {
                    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!("prod");
                }
            }
            o.iter_mut().for_each(remove_empty);
            true
        }),
        ("a prefix", |o| renamed(o, |name| format!("prod-{name}"))),
        ("a suffix", |o| renamed(o, |name| format!("{name}-v2"))),
    ]
}

/// Kinds that contradict each other: a pod is in one mesh, an object has one autoscaler, a container has one command.
pub const CLASHES: &[(&str, &str)] = &[
    ("Istio, injected", "Istio, injected as native sidecar"),
    ("Istio, injected", "Linkerd, injected"),
    ("Istio, injected as native sidecar", "Linkerd, injected"),
    ("an autoscaler", "an autoscaler of v1"),
    // A shell command line is not a list of words, so a prefix cannot be put before it.
    ("a wrapper before Jina", "Jina in a shell"),
    ("a module instead of the program", "Jina in a shell"),
    ("a wrapper before Jina", "a module instead of the program"),
    // A rename does not update addresses that contain a namespace.
    ("addresses with namespace", "another namespace everywhere"),
    ("addresses with namespace", "a prefix"),
    ("addresses with namespace", "a suffix"),
    ("an alias of the gateway", "another namespace everywhere"),
    ("Jina in a shell", "another namespace everywhere"),
    // References to the name of a pod are not updated.
    ("Services of single pods", "a prefix"),
    ("Services of single pods", "a suffix"),
    // Objects made by controllers change with their source.
    ("with objects made by controllers", "a Rollout instead of each Deployment"),
    ("with objects made by controllers", "a prefix"),
    ("with objects made by controllers", "a suffix"),
];

/// Adds an autoscaler to a workload: removes `replicas` and adds requests.
fn scaled(o: &mut Objects, version: &str) -> bool {
    let is_scaled = |name: &Value| o.iter().any(|object| object["spec"]["scaleTargetRef"]["name"] == *name);
    let place = o.iter().position(|object| object["kind"] == "Deployment" && !is_scaled(&object["metadata"]["name"]));
    let Some(place) = place else { return false };
    let is_in_budget = o.iter().any(|object| object["kind"] == "PodDisruptionBudget");
    if is_in_budget {
        return false;
    }
    let workload = &mut o[place];
    workload["spec"].as_object_mut().unwrap().remove("replicas");
    for container in workload["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
        container["resources"]["requests"]["cpu"] = json!("500m");
    }
    let (kind, name, namespace) =
        (workload["kind"].clone(), workload["metadata"]["name"].clone(), workload["metadata"]["namespace"].clone());
    let target = json!({"apiVersion": "apps/v1", "kind": kind, "name": name});
    let mut spec = json!({"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 1});
    if version == "autoscaling/v1" {
        spec["targetCPUUtilizationPercentage"] = json!(70);
    } else {
        spec["metrics"] =
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]);
    }
    o.push(
        json!({"apiVersion": version, "kind": "HorizontalPodAutoscaler", "metadata": {"name": name, "namespace": namespace}, "spec": spec}),
    );
    true
}

/// The formats in which the same objects can be given.
pub const FORMS: [&str; 7] =
    ["a List", "documents", "documents of JSON", "documents with comments", "Lists in a List", "CRLF", "the reader's own"];

/// The objects in a format.
pub fn text(objects: &[Value], form: &str) -> String {
    let documents = |between: &str| {
        let mut text = String::new();
        for object in objects {
            text.push_str(between);
            text.push_str(&serde_yaml::to_string(object).unwrap());
        }
        text
    };
    let list = |kind: &str, items: Value| json!({"apiVersion": "v1", "kind": kind, "items": items});
    match form {
        "a List" => list("List", json!(objects)).to_string(),
        "documents" => documents("---\n"),
        "documents of JSON" => objects.iter().map(|object| format!("---\n{object}\n")).collect(),
        "documents with comments" => format!("# first\n\n---\n# nothing\n{}\n...\n", documents("--- # Source: x.yaml\n# next\n")),
        "Lists in a List" => {
            let (one, other) = objects.split_at(objects.len() / 2);
            list("List", json!([list("DeploymentList", json!(one)), list("List", json!(other))])).to_string()
        }
        "CRLF" => documents("---\n").replace('\n', "\r\n"),
        _ => {
            let mut text = String::new();
            for object in objects {
                let node: jinaflow::internals::yaml::Node<'_> = serde_json::from_value(object.clone()).unwrap();
                text.push_str("---\n");
                jinaflow::internals::yaml::write(&node, &mut text);
            }
            text
        }
    }
}
