//! The fields of a JinaFlow other than its Flow: their effects, the merge of layers, and what is refused.

use std::collections::BTreeSet;
use std::fs;

use crate::support::field_cases::{Case, answer, cases};
use crate::support::{Messages, Run, documents, function, is_record, label, root};
use jinaflow::internals::config::field::{Field, Shape};
use jinaflow::internals::config::fields::{LAYER, SPEC};
use serde_json::{Value, json};

fn objects(fields: &str) -> Vec<Value> {
    let answer = answer(fields);
    assert_eq!(answer.code, 0, "{fields}\n{}", answer.stderr);
    answer.list()["items"].as_array().unwrap().iter().filter(|object| !is_record(object)).cloned().collect()
}

fn at(objects: &[Value], name: &str, pointer: &str) -> Value {
    let object = objects.iter().find(|object| label(object) == name);
    object.and_then(|object| object.pointer(pointer)).cloned().unwrap_or_default()
}

/// The value after an argument of a workload's first container.
fn argument(objects: &[Value], name: &str, option: &str) -> Value {
    let args = at(objects, name, "/spec/template/spec/containers/0/args");
    let args = args.as_array().cloned().unwrap_or_default();
    args.iter().position(|arg| arg == option).map(|place| args[place + 1].clone()).unwrap_or_default()
}

const POD: &str = "/spec/template/spec";

fn paths(fields: &[Field], path: &str, out: &mut BTreeSet<String>) {
    for field in fields {
        let path = format!("{path}{}", field.name);
        match &field.shape {
            Shape::Fields(below) => paths(below, &format!("{path}."), out),
            Shape::Map(below) => paths(below, &format!("{path}.NAME."), out),
            _ => {}
        }
        out.insert(path);
    }
}

#[test]
fn every_field_has_the_effect_of_its_row() {
    let mut tested: BTreeSet<String> = BTreeSet::new();
    for Case { fields, spec, object, pointer, value } in cases() {
        let pointer = if pointer.is_empty() { "/metadata/name" } else { pointer };
        assert_eq!(at(&objects(spec), object, pointer), value, "{spec}: {object} {pointer}");
        tested.extend(fields.iter().map(|field| (*field).to_owned()));
    }
    // Conflicts are tested in `rerender.rs`, and arguments below.
    // `jcloud` is tested in `jcloud.rs`.
    tested.extend(["jcloud", "output", "output.onConflict"].map(str::to_owned));
    tested.extend(["configFile", "telemetry", "telemetry.traces", "telemetry.metrics"].map(str::to_owned));
    tested.extend(["traces", "metrics"].iter().flat_map(|kind| ["host", "port"].map(|part| format!("telemetry.{kind}.{part}"))));
    let mut all = BTreeSet::new();
    paths(SPEC, "", &mut all);
    paths(LAYER, "", &mut all);
    assert_eq!(all.difference(&tested).collect::<Vec<_>>(), Vec::<&String>::new(), "fields without a case");
    assert_eq!(tested.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new(), "cases of unknown fields");
}

#[test]
fn fields_change_the_arguments() {
    let telemetry = objects("telemetry: {traces: {host: collector}, metrics: {host: other, port: 9}}");
    for name in ["Deployment/gateway", "Deployment/encoder", "Deployment/indexer-head", "Deployment/indexer-1"] {
        let of = |option: &str| argument(&telemetry, name, option);
        let expected = [json!("collector"), json!("4317"), json!("other"), json!("9")];
        assert_eq!(
            ["--traces-exporter-host", "--traces-exporter-port", "--metrics-exporter-host", "--metrics-exporter-port"].map(of),
            expected
        );
    }
    let balanced = objects("");
    let wait = r#""grpc.max_reconnect_backoff_ms": 1000, "grpc.service_config": "{\"methodConfig\":[{\"name\":[{\"service\":\"grpc.reflection.v1alpha.ServerReflection\"}],\"waitForReady\":true,\"timeout\":\"30s\"}]}"}"#;
    let every = |milliseconds| {
        json!(format!(r#"{{"grpc.lb_policy_name": "round_robin", "grpc.dns_min_time_between_resolutions_ms": {milliseconds}, {wait}"#))
    };
    let round_robin = every(5000);
    for caller in ["Deployment/gateway", "Deployment/indexer-head"] {
        assert_eq!(argument(&balanced, caller, "--grpc-channel-options"), round_robin, "{caller}");
    }
    for server in ["Deployment/encoder", "Deployment/indexer-head", "Deployment/indexer-0"] {
        assert_eq!(argument(&balanced, server, "--grpc-server-options"), json!(r#"{"grpc.max_connection_age_ms": 10000}"#), "{server}");
    }
    let meshed = objects("mesh: linkerd\ngateway: {flow: {retries: 0}}");
    assert_eq!(argument(&meshed, "Deployment/gateway", "--grpc-channel-options"), Value::Null);
    // Connections end, and callers retry, before a short drain is over.
    let short = objects("executors: {encoder: {drainSeconds: 6}}");
    assert_eq!(argument(&short, "Deployment/encoder", "--grpc-server-options"), json!(r#"{"grpc.max_connection_age_ms": 2000}"#));
    assert_eq!(argument(&short, "Deployment/gateway", "--grpc-channel-options"), every(1000));
    assert_eq!(argument(&short, "Deployment/indexer-head", "--grpc-channel-options"), round_robin);
    // The user's options stay and come first.
    let own = objects("gateway: {flow: {grpc_channel_options: {grpc.lb_policy_name: pick_first, x: 1}}}");
    let expected = format!(r#"{{"grpc.lb_policy_name": "pick_first", "x": 1, "grpc.dns_min_time_between_resolutions_ms": 5000, {wait}"#);
    assert_eq!(argument(&own, "Deployment/gateway", "--grpc-channel-options"), json!(expected));
    let own = objects(r#"gateway: {flow: {grpc_channel_options: {grpc.service_config: "{}"}}}"#);
    let options = argument(&own, "Deployment/gateway", "--grpc-channel-options");
    assert!(options.as_str().unwrap().starts_with(r#"{"grpc.service_config": "{}", "#), "{options}");
    // A shard whose only pod has storage keeps an address while it restarts.
    let address = |spec: &str| at(&objects(&format!("executors: {{indexer: {spec}}}")), "Service/indexer-0", "/spec/clusterIP");
    assert_eq!(address("{}"), json!("None"));
    assert_eq!(address("{storage: {}}"), Value::Null);
    assert_eq!(address("{storage: {}, replicas: 2}"), json!("None"));
    let alone = objects("executors: {encoder: {storage: {}}}");
    assert_eq!(at(&alone, "Service/encoder", "/spec/clusterIP"), json!("None"));
    let named = objects("executors: {encoder: {configFile: config.yaml}}");
    assert_eq!(argument(&named, "Deployment/encoder", "--uses"), json!("config.yaml"));
    assert_eq!(argument(&named, "Deployment/indexer-0", "--uses"), json!("config.yml"));
    // An executor gets the path of its volume, unless another setting gives a path.
    let stored = objects("executors: {indexer: {storage: {}}}");
    assert_eq!(argument(&stored, "StatefulSet/indexer-0", "--workspace"), json!("/workspace"));
    let stored = objects("executors: {indexer: {storage: {}, flow: {workspace: /index}}}");
    assert_eq!(argument(&stored, "StatefulSet/indexer-0", "--workspace"), json!("/index"));
    assert_eq!(at(&stored, "StatefulSet/indexer-0", &format!("{POD}/containers/0/volumeMounts/0/mountPath")), json!("/index"));
    // A user without root rights cannot create the folder.
    let restricted = objects(
        "defaults: {securityProfile: restricted}\nexecutors: {encoder: {flow: {workspace: /w}}, indexer: {storage: {}, flow: {workspace: /workspace/x}}}",
    );
    let mounts = |name: &str| at(&restricted, name, &format!("{POD}/containers/0/volumeMounts"));
    assert_eq!(mounts("Deployment/encoder"), json!([{"name": "workspace", "mountPath": "/w"}, {"name": "tmp", "mountPath": "/tmp"}]));
    assert_eq!(
        mounts("StatefulSet/indexer-0"),
        json!([{"name": "indexer-0-volume", "mountPath": "/workspace/x"}, {"name": "tmp", "mountPath": "/tmp"}])
    );
}

#[test]
fn deeper_layers_override_outer_ones_and_null_resets() {
    let spec = "defaults: {resources: {requests: {cpu: 1, memory: 1Gi}}, labels: {a: '1', b: '1'}, drainSeconds: 1}
roles: {worker: {resources: {requests: {cpu: 2}}, labels: {b: '2'}}, head: {drainSeconds: 2}, gateway: {labels: {a: null}}}
gateway: {drainSeconds: 3}
executors:
  indexer:
    resources: {requests: {memory: null, x.io/gpu: 1}, limits: {x.io/gpu: 1}}
    head: {labels: {b: '4'}}
    shards: {'1': {resources: {requests: {cpu: 5}}, labels: null}}";
    let objects = objects(spec);
    let resources = |name: &str| at(&objects, name, &format!("{POD}/containers/0/resources/requests"));
    let labels = |name: &str| (at(&objects, name, "/metadata/labels/a"), at(&objects, name, "/metadata/labels/b"));
    let drain = |name: &str| at(&objects, name, &format!("{POD}/terminationGracePeriodSeconds"));
    assert_eq!(resources("Deployment/gateway"), json!({"cpu": 1, "memory": "1Gi"}));
    assert_eq!(resources("Deployment/encoder"), json!({"cpu": 2, "memory": "1Gi"}));
    assert_eq!(resources("Deployment/indexer-0"), json!({"cpu": 2, "x.io/gpu": 1}));
    assert_eq!(resources("Deployment/indexer-1"), json!({"cpu": 5, "x.io/gpu": 1}));
    // A head does not request the devices of its executor.
    assert_eq!(resources("Deployment/indexer-head"), json!({"cpu": 1}));
    assert_eq!(labels("Service/gateway"), (Value::Null, json!("1")));
    assert_eq!(labels("Service/encoder"), (json!("1"), json!("2")));
    assert_eq!(labels("Service/indexer-head"), (json!("1"), json!("4")));
    assert_eq!(labels("Service/indexer-1"), (Value::Null, Value::Null));
    assert_eq!(
        [drain("Deployment/gateway"), drain("Deployment/encoder"), drain("Deployment/indexer-head")],
        [json!(13), json!(11), json!(12)]
    );
}

#[test]
fn every_object_has_the_documented_labels() {
    let spec = "networkPolicy: {}\ngateway: {expose: {}, ingress: {}, flow: {replicas: 2}}\nexecutors: {indexer: {storage: {}}, encoder: {resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}";
    for object in objects(spec) {
        let labels = |pointer: &str| object.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        let pod = labels("/spec/template/metadata/labels");
        for labels in [Some(labels("/metadata/labels")), Some(pod).filter(|pod| !pod.is_empty())].into_iter().flatten() {
            let of = |name: &str| labels.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            assert_eq!([of("app.kubernetes.io/part-of"), of("flow.jina.ai/flow")], ["search", "search"]);
            assert_eq!(of("app.kubernetes.io/managed-by"), "jinaflow");
            assert_eq!(of("app.kubernetes.io/name"), of("flow.jina.ai/executor"));
            // Labels that would say the same as another one.
            for name in ["app.kubernetes.io/instance", "app.kubernetes.io/component", "shard_id", "pod_type"] {
                assert!(!labels.contains_key(name), "{name}");
            }
            let component = object["metadata"]["name"].as_str().unwrap();
            let (executor, role) = (of("flow.jina.ai/executor"), of("flow.jina.ai/role"));
            assert!(
                component.starts_with(&executor) && ["gateway", "head", "worker"].contains(&role.as_str()),
                "{component}: {executor} {role}"
            );
            assert_eq!(labels.contains_key("flow.jina.ai/shard"), role == "worker", "{component}");
        }
        // No selector uses these labels, because users and overlays change them.
        let text = object.to_string();
        for selector in ["matchLabels\":{\"", "selector\":{\""] {
            for (at, _) in text.match_indices(selector) {
                let rest = &text[at + selector.len()..];
                assert!(rest.starts_with("flow.jina.ai/component\"") || rest.starts_with("matchLabels\""), "{text}");
            }
        }
    }
}

/// The results of a run: `severity path code`.
fn results(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let severity = |number: usize| list["results"][number]["severity"].as_str().unwrap_or_default().to_owned();
    answer.results().iter().enumerate().map(|(number, result)| format!("{} {result}", severity(number))).collect()
}

#[test]
#[allow(clippy::too_many_lines)]
fn wrong_fields_are_reported() {
    let mut messages = Messages::new("fields");
    let cases: &[(&str, &[&str])] = &[
        ("executors: {encodr: {}}", &["error spec.executors.encodr unknown-executor"]),
        ("executors: {encoder: {resorces: {}}}", &["error spec.executors.encoder.resorces unknown-field"]),
        ("roles: {workers: {}}", &["error spec.roles.workers unknown-field"]),
        ("gateway: {storage: {}}", &["error spec.gateway.storage misplaced-field"]),
        ("executors: {encoder: {shards: {'1': {}}}}", &["error spec.executors.encoder.shards.1 unknown-shard"]),
        ("executors: {indexer: {shards: {one: {}}}}", &["error spec.executors.indexer.shards.one invalid-shard-number"]),
        ("executors: {encoder: {head: {}}}", &["warning spec.executors.encoder.head field-without-effect"]),
        ("patches: {p: {target: {kind: Deploymnt}, merge: {}}}", &["error spec.patches.p.target patch-without-target"]),
        ("patches: {p: {json: [{op: remove, path: /spec/nothing}]}}", &["error spec.patches.p patch-not-applicable"]),
        ("patches: {p: {merge: {metadata: null}}}", &["error spec.patches.p patch-not-applicable"]),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, jsonMergePatch: {spec: {template: {spec: {containers: [{name: side, image: x}]}}}}}}",
            &["error spec.patches.p jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, jsonMergePatch: {spec: {template: {spec: {containers: [{name: executor, image: x}]}}}}}}",
            &["error spec.patches.p jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, merge: {spec: {template: {spec: {containers: [{name: encoder, tty: true}]}}}}}}",
            &["error spec.patches.p container-without-image"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: indexer, role: head}, merge: {spec: {template: {spec: {containers: [{name: uses-before, tty: true}]}}}}}}",
            &["error spec.patches.p container-without-image"],
        ),
        (
            "executors: {encoder: {podTemplate: {spec: {initContainers: [{name: fetch}]}}}}",
            &["error spec.executors.encoder.podTemplate container-without-image"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, json: [{op: replace, path: /kind, value: StatefulSet}]}}",
            &["error spec.patches.p patch-changes-kind"],
        ),
        (
            "patches: {p: {target: {kind: PodDisruptionBudget}, merge: {$patch: delete}}}",
            &["error spec.patches.p.merge[\"$patch\"] invalid-patch-directive"],
        ),
        (
            "executors: {encoder: {podTemplate: {spec: {containers: [{name: executor, $patch: delete}]}}}}",
            &["error spec.executors.encoder.podTemplate jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment}, merge: {spec: {template: {spec: {containers: [{image: x}]}}}}}}",
            &["error spec.patches.p.merge.spec.template.spec.containers[0] merge-key-missing"],
        ),
        (
            "defaults: {podTemplate: {spec: {$retainKeys: [containers]}}}",
            &["error spec.defaults.podTemplate.spec[\"$retainKeys\"] invalid-patch-directive"],
        ),
        (
            "patches: {p: {target: {kind: Service, name: encoder}, merge: {spec: {type: ClusterIP}}}}",
            &["warning spec.patches.p patch-without-effect"],
        ),
        ("patches: {p: {target: {kind: Service, name: encoder}, json: []}}", &["warning spec.patches.p patch-without-effect"]),
        ("defaults: {replicas: 3}", &["error spec.defaults.replicas misplaced-field"]),
        (
            "executors: {encoder: {replicas: 2, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}",
            &["warning spec.executors.encoder.replicas field-without-effect"],
        ),
        (
            "gateway: {flow: {replicas: 2}, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}",
            &["warning spec.flow.gateway.replicas field-without-effect"],
        ),
        ("patches: {p: {target: {kind: Service}}}", &["error spec.patches.p patch-without-content"]),
        ("defaults: {resources: {requests: {memory: 1GB}}}", &["error spec.defaults.resources.requests.memory invalid-quantity"]),
        (
            "defaults: {resources: {requests: {cpu: 2}, limits: {cpu: 500m}}}",
            &["error spec.defaults.resources.limits.cpu limit-below-request"],
        ),
        (
            "defaults: {resources: {requests: {cpu: 2}}}\nexecutors: {encoder: {resources: {limits: {cpu: 1}}}}",
            &["error spec.executors.encoder.resources.limits.cpu limit-below-request"],
        ),
        (
            "executors: {encoder: {flow: {replicas: 2}, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}",
            &["warning spec.flow.executors[0].replicas field-without-effect"],
        ),
        (
            "executors: {encoder: {autoscale: {min: 4, max: 3}}}",
            &[
                "warning spec.executors.encoder.autoscale.cpu autoscale-without-request",
                "error spec.executors.encoder.autoscale.min value-out-of-range",
            ],
        ),
        ("executors: {encoder: {autoscale: {}}}", &["error spec.executors.encoder.autoscale.max missing-field"]),
        (
            "executors: {encoder: {autoscale: {max: 3, memory: 70, memoryAverage: 1Gi}, resources: {requests: {memory: 1Gi}}}}",
            &["error spec.executors.encoder.autoscale.memory conflicting-fields"],
        ),
        (
            "executors: {encoder: {autoscale: {max: 3, memoryAverage: 1Gi, scaleDownSeconds: 3601}}}",
            &["error spec.executors.encoder.autoscale.scaleDownSeconds value-out-of-range"],
        ),
        (
            "executors: {encoder: {autoscale: {max: 3, memoryAverage: 1Gi, scaleDownSeconds: 60, behavior: {scaleDown: {stabilizationWindowSeconds: 9}}}}}",
            &["warning spec.executors.encoder.autoscale.scaleDownSeconds field-without-effect"],
        ),
        ("executors: {encoder: {autoscale: {max: 3, requestsPerSecond: 50}}}", &["error spec.monitoring.prometheus missing-field"]),
        (
            "monitoring: {prometheus: 'http://p:9090'}\nexecutors: {encoder: {autoscale: {max: 3, concurrency: 5}, flow: {monitoring: false}}}",
            &["error spec.executors.encoder.autoscale.concurrency autoscale-without-metrics"],
        ),
        (
            "monitoring: {prometheus: 'http://p:9090'}\nexecutors: {encoder: {autoscale: {min: 0, max: 3, concurrency: 5}}}",
            &["warning spec.executors.encoder.autoscale.min scale-to-zero"],
        ),
        (
            "monitoring: {prometheus: 'http://p:9090'}\ngateway: {autoscale: {min: 0, max: 3, concurrency: 5}}",
            &["error spec.gateway.autoscale.min value-out-of-range"],
        ),
        ("executors: {encoder: {expose: {name: gateway-1-http}}}", &["error spec.executors.encoder.expose.name duplicate-name"]),
        ("executors: {encoder: {expose: {protocol: http}}}", &["error spec.executors.encoder.expose.protocol protocol-not-served"]),
        ("executors: {encoder: {shards: {0: {expose: {}}}}}", &["error spec.executors.encoder.shards.0.expose misplaced-field"]),
        (
            "executors: {encoder: {storage: {existingClaim: one, retention: {whenDeleted: Delete}}}}",
            &["warning spec.executors.encoder.storage.retention field-without-effect"],
        ),
        (
            "executors: {encoder: {autoscale: {min: 0, max: 3}}}",
            &[
                "warning spec.executors.encoder.autoscale.cpu autoscale-without-request",
                "error spec.executors.encoder.autoscale.min value-out-of-range",
            ],
        ),
        ("executors: {encoder: {autoscale: {max: 3}}}", &["warning spec.executors.encoder.autoscale.cpu autoscale-without-request"]),
        (
            "executors: {indexer: {storage: {}, rollingUpdate: {maxSurge: 1}}}",
            &["error spec.executors.indexer.rollingUpdate.maxSurge surge-with-storage"],
        ),
        (
            "executors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: 2}}}",
            &["warning spec.executors.encoder.rollingUpdate.maxUnavailable field-without-effect"],
        ),
        (
            "defaults: {rollingUpdate: {maxUnavailable: 25%}}\nexecutors: {indexer: {shards: {0: {storage: {}}}}}",
            &["warning spec.defaults.rollingUpdate.maxUnavailable field-without-effect"],
        ),
        (
            "executors: {encoder: {flow: {volumes: /data}, rollingUpdate: {maxSurge: 2}}}",
            &["warning spec.executors.encoder.rollingUpdate.maxSurge field-without-effect"],
        ),
        (
            "executors: {encoder: {storage: {existingClaim: one, size: 5Gi}}}",
            &["warning spec.executors.encoder.storage.size field-without-effect"],
        ),
        (
            "executors: {encoder: {storage: {existingClaim: one, className: fast}}}",
            &["warning spec.executors.encoder.storage.className field-without-effect"],
        ),
        (
            "roles: {worker: {storage: {accessModes: {ReadWriteMany: {}}}}}\nexecutors: {encoder: {storage: {existingClaim: one}}}",
            &["warning spec.roles.worker.storage.accessModes field-without-effect"],
        ),
        ("defaults: {configMaps: {c: {mountPath: /c, prefix: C_}}}", &["warning spec.defaults.configMaps.c.prefix field-without-effect"]),
        (
            "gateway: {secrets: {s: {mountPath: /s, env: false, prefix: S_}}}",
            &["warning spec.gateway.secrets.s.prefix field-without-effect"],
        ),
        ("executors: {encoder: {probes: http}}", &["warning spec.executors.encoder.probes field-without-effect"]),
        ("roles: {worker: {probes: http}}", &["warning spec.roles.worker.probes field-without-effect"]),
        ("executors: {indexer: {shards: {1: {probes: http}}}}", &["warning spec.executors.indexer.shards.1.probes field-without-effect"]),
        ("gateway: {flow: {protocol: http}, probes: grpc}", &["warning spec.gateway.probes field-without-effect"]),
        (
            "gateway: {flow: {protocol: grpc, ssl_certfile: c.pem, ssl_keyfile: k.pem}, probes: http}",
            &["warning spec.gateway.probes field-without-effect"],
        ),
        ("executors: {indexer: {storage: {existingClaim: one}}}", &["error spec.executors.indexer.storage.existingClaim shared-claim"]),
        (
            "defaults: {labels: {team: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}",
            &["error spec.defaults.labels.team invalid-label"],
        ),
        ("defaults: {labels: {team: 'a b'}}", &["error spec.defaults.labels.team invalid-label"]),
        ("defaults: {labels: {flow.jina.ai/component: x}}", &["error spec.defaults.labels[\"flow.jina.ai/component\"] reserved-label"]),
        ("defaults: {env: {1A: x}}", &["error spec.defaults.env.1A invalid-name"]),
        (
            "defaults: {env: {A: x}, envFromSecret: {A: {name: s, key: k}}}",
            &["error spec.defaults.env.A conflicting-fields", "warning spec.flow.gateway.env.A duplicate-variable"],
        ),
        ("executors: {encoder: {envFromSecret: {A: {name: s, key: k}}}}", &["warning spec.flow.executors[0].env.A duplicate-variable"]),
        ("defaults: {envFromSecret: {A: {name: s}}}", &["error spec.defaults.envFromSecret.A.key missing-field"]),
        ("defaults: {secrets: {s: {}}}", &["error spec.defaults.secrets.s unused-source"]),
        (
            "defaults: {configMaps: {Übergrößenträgerübergrößenträgerübergrößenträger: {mountPath: /x}}}",
            &["error spec.defaults.configMaps.Übergrößenträgerübergrößenträgerübergrößenträger invalid-name"],
        ),
        ("defaults: {configMaps: {c: {mountPath: x}}}", &["error spec.defaults.configMaps.c.mountPath invalid-mount-path"]),
        (
            "executors: {indexer: {storage: {mountPath: /x}, secrets: {s: {mountPath: /x}}}}",
            &["error spec.executors.indexer.secrets.s.mountPath mount-path-already-used"],
        ),
        ("defaults: {probes: tcp}", &["error spec.defaults.probes value-not-allowed"]),
        ("defaults: {drainSeconds: -1}", &["error spec.defaults.drainSeconds value-out-of-range"]),
        ("defaults: {rollingUpdate: {maxSurge: some}}", &["error spec.defaults.rollingUpdate.maxSurge wrong-type"]),
        ("defaults: {imagePullSecrets: [a]}", &["error spec.defaults.imagePullSecrets wrong-type"]),
        ("defaults: []", &["error spec.defaults wrong-type"]),
        ("gateway: {pdb: {minAvailable: 1, maxUnavailable: 1}}", &["error spec.gateway.pdb.minAvailable conflicting-fields"]),
        ("gateway: {expose: {protocol: websocket}}", &["error spec.gateway.expose.protocol protocol-not-served"]),
        ("gateway: {expose: {name: encoder}}", &["error spec.gateway.expose.name duplicate-name"]),
        ("gateway: {expose: {name: A_b}}", &["error spec.gateway.expose.name invalid-name"]),
        ("namespace: {}", &["error spec.namespace namespace-without-name"]),
        ("gateway: {httpRoute: {}}", &["error spec.gateway.httpRoute.gateways missing-field"]),
        ("kubernetesVersion: 1.3", &["error spec.kubernetesVersion unsupported-kubernetes-version"]),
        ("kubernetesVersion: '1.28'", &["info spec.kubernetesVersion kubernetes-out-of-support"]),
        ("kubernetesVersion: '1.34'", &["info spec.kubernetesVersion kubernetes-out-of-support"]),
        ("kubernetesVersion: '1.35'", &[]),
        ("executors: {encoder: {models: {clip: {image: 'reg/clip:1'}}}}", &["error spec.executors.encoder.models field-too-new"]),
        (
            "kubernetesVersion: '1.36'\nexecutors: {encoder: {models: {clip: {}, Clip_2: {image: 'reg/clip:1', mountPath: /models/clip}}}}",
            &[
                "error spec.executors.encoder.models.clip.image missing-field",
                "error spec.executors.encoder.models.Clip_2 invalid-name",
                "error spec.executors.encoder.models.Clip_2.mountPath mount-path-already-used",
            ],
        ),
        (
            "kubernetesVersion: '1.36'\nexecutors: {encoder: {models: {clip: {image: 'reg/Clip:1'}}}}",
            &["error spec.executors.encoder.models.clip.image invalid-image"],
        ),
        (
            "defaults: {securityProfile: restricted}\nexecutors: {encoder: {secrets: {s: {mountPath: /tmp/}}}}",
            &["error spec.executors.encoder.secrets.s.mountPath mount-path-already-used"],
        ),
        ("roles: {worker: {hostUsers: false}}", &["error spec.roles.worker.hostUsers field-too-new"]),
        (
            "executors: {indexer: {shards: {0: {autoscale: {max: 2, tolerance: 5, memoryAverage: 1Gi}}}}}",
            &["error spec.executors.indexer.shards.0.autoscale.tolerance field-too-new"],
        ),
        (
            "executors: {encoder: {autoscale: {max: 2, memoryAverage: 1Gi, behavior: {scaleUp: {tolerance: 0.1}}}}}",
            &["warning spec.executors.encoder.autoscale.behavior field-too-new"],
        ),
        (
            "defaults: {podTemplate: {spec: {hostUsers: false, resources: {limits: {cpu: 1}}, volumes: [{name: m, image: {reference: a}}]}}}",
            &["warning spec.defaults.podTemplate.spec field-too-new"; 3],
        ),
        (
            "patches: {p: {target: {kind: Service}, merge: {spec: {trafficDistribution: PreferSameZone}}}}",
            &["warning spec.patches.p.merge.spec field-too-new"],
        ),
        (
            "executors: {encoder: {env: {POD_UID: a, K8S_STATEFULSET_NAME: b, JINA_ADDR_INDEXER: c}}}",
            &["warning spec.executors.encoder.env.POD_UID field-without-effect"],
        ),
        ("gateway: {env: {JINA_ADDR_ENCODER: a}}", &["warning spec.gateway.env.JINA_ADDR_ENCODER field-without-effect"]),
        (
            "executors: {encoder: {flow: {env: {K8S_POD_NAME: a}}, envFromSecret: {POD_UID: {name: s, key: k}}}}",
            &[
                "warning spec.executors.encoder.envFromSecret.POD_UID duplicate-variable",
                "warning spec.flow.executors[0].env.K8S_POD_NAME field-without-effect",
            ],
        ),
        ("defaults: {env: {A: \"a\\0b\"}}", &["error spec.defaults.env.A wrong-type"]),
        (
            "executors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: 2}}}",
            &["warning spec.executors.encoder.rollingUpdate.maxUnavailable field-without-effect"],
        ),
        ("gateway: {grpcRoute: {gateways: {web: {}}, weight: 3}}", &["warning spec.gateway.grpcRoute.weight field-without-effect"]),
        ("gateway: {grpcRoute: {gateways: {web: {}}, timeoutSeconds: 3}}", &["error spec.gateway.grpcRoute.timeoutSeconds unknown-field"]),
        ("gateway: {trafficDistribution: PreferSameZone}", &["error spec.gateway.trafficDistribution field-too-new"]),
        (
            "kubernetesVersion: '1.35'\nexecutors: {encoder: {trafficDistribution: PreferSameZone}}",
            &["warning spec.executors.encoder.trafficDistribution field-without-effect"],
        ),
        ("executors: {indexer: {storage: {retain: {}}}}", &["error spec.executors.indexer.storage.retain unknown-field"]),
        ("mesh: linkrd", &["error spec.mesh value-not-allowed"]),
        ("mesh: linkerd", &["warning spec.flow.with.retries retries-multiply"]),
        ("mesh: istio\ngateway: {flow: {retries: 5}}", &["warning spec.flow.with.retries retries-multiply"]),
        ("gateway: {flow: {retries: 0}}", &["warning spec.flow.with.retries retries-missing"]),
        ("mesh: none\njinaVersion: 3.14.1\nexecutors: {encoder: {flow: {replicas: 2}}}", &["warning spec.mesh replicas-not-balanced"]),
        ("executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1}}}}", &["info spec.executors.encoder.resources surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: 1}}}", &["info spec.flow.executors[0].gpus surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: 0}}}", &[]),
        ("executors: {encoder: {flow: {gpus: 1}, rollingUpdate: {maxSurge: 2}}}", &["warning spec.flow.executors[0].gpus surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: all}}}", &["warning spec.flow.executors[0].gpus field-without-effect"]),
        (
            "executors: {encoder: {flow: {gpus: all}, resources: {limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
            &[],
        ),
        // Rules between fields.
        (
            "telemetry: {traces: {}, metrics: {port: 4317}}",
            &["error spec.telemetry.traces.host missing-field", "error spec.telemetry.metrics.host missing-field"],
        ),
        (
            "networkPolicy: {allowFrom: {web: {cidr: 10.0.0.0/8, namespace: web, podLabels: {a: b}}}, egress: {allowTo: {db: {cidr: 10.0.0.0/8, namespaceLabels: {a: b}}}}}",
            &[
                "error spec.networkPolicy.allowFrom.web.cidr conflicting-fields",
                "error spec.networkPolicy.egress.allowTo.db.cidr conflicting-fields",
            ],
        ),
        ("networkPolicy: {enabled: false, allowFrom: {web: {cidr: 10.0.0.0/8, namespace: web}}}", &[]),
        (
            "networkPolicy: {allowFrom: {prom: {to: metrics}, web: {}}}\ndefaults: {flow: {monitoring: false}}",
            &["warning spec.networkPolicy.allowFrom.prom field-without-effect"],
        ),
        ("networkPolicy: {allowFrom: {prom: {to: metrics}, web: {}}}", &[]),
        (
            "executors: {encoder: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}}",
            &["error spec.executors.encoder.rollingUpdate.maxUnavailable value-out-of-range"],
        ),
        (
            "defaults: {rollingUpdate: {maxUnavailable: 0}}\nroles: {head: {rollingUpdate: {maxSurge: 0%}}}",
            &["error spec.defaults.rollingUpdate.maxUnavailable value-out-of-range"],
        ),
        (
            "kubernetesVersion: '1.37'\nexecutors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: 0%}}}",
            &["error spec.executors.encoder.rollingUpdate.maxUnavailable value-out-of-range"],
        ),
        (
            "executors: {indexer: {storage: {mountPath: /x}, secrets: {s: {mountPath: /x/}}}}",
            &["error spec.executors.indexer.secrets.s.mountPath mount-path-already-used"],
        ),
        (
            "defaults: {configMaps: {c: {mountPath: /}}, secrets: {s: {mountPath: /./}}}",
            &[
                "error spec.defaults.configMaps.c.mountPath invalid-mount-path",
                "error spec.defaults.secrets.s.mountPath invalid-mount-path",
            ],
        ),
        ("executors: {encoder: {flow: {volumes: [/a, 'b:/a/']}}}", &["error spec.flow.executors[0].volumes mount-path-already-used"]),
        (
            "executors: {encoder: {flow: {volumes: /a}, secrets: {s: {mountPath: /a/}}}}",
            &["error spec.executors.encoder.secrets.s.mountPath mount-path-already-used"],
        ),
        (
            "roles: {worker: {secrets: {s: {mountPath: /workspace}}}}\nexecutors: {encoder: {storage: {}}}",
            &["error spec.roles.worker.secrets.s.mountPath mount-path-already-used"],
        ),
        ("gateway: {grpcRoute: {gateways: {web: {}}, protocol: http}}", &["error spec.gateway.grpcRoute.protocol value-not-allowed"]),
        (
            "gateway: {flow: {protocol: http}, grpcRoute: {gateways: {web: {}}}}",
            &["error spec.gateway.grpcRoute.protocol protocol-not-served"],
        ),
        ("executors: {encoder: {autoscale: {max: 3}, resources: {limits: {cpu: 1}}}}", &[]),
        ("executors: {encoder: {autoscale: {max: 3, memory: 70}, resources: {limits: {memory: 1Gi}}}}", &[]),
        (
            "executors: {encoder: {autoscale: {max: 3, memory: 70}, resources: {limits: {cpu: 1}}}}",
            &["warning spec.executors.encoder.autoscale.memory autoscale-without-request"],
        ),
        ("executors: {encoder: {resources: {limits: {hugepages-2Mi: 4Mi}}}}", &["error spec.executors.encoder.resources missing-field"]),
        ("executors: {encoder: {resources: {requests: {memory: 1Gi}, limits: {hugepages-2Mi: 4Mi}}}}", &[]),
        (
            "executors: {encoder: {resources: {requests: {memory: 1Gi}, limits: {hugepages-2Mi: 3Mi}}}}",
            &["error spec.executors.encoder.resources.limits.hugepages-2Mi invalid-quantity"],
        ),
        (
            "executors: {encoder: {resources: {requests: {memory: 1Gi, hugepages-2Mi: 2Mi}, limits: {hugepages-2Mi: 4Mi}}}}",
            &["error spec.executors.encoder.resources.requests.hugepages-2Mi limit-not-equal"],
        ),
    ];
    for (fields, expected) in cases {
        let answer = answer(fields);
        assert_eq!(results(&answer), *expected, "{fields}\n{}", answer.stderr);
        let is_refused = expected.iter().any(|result| result.starts_with("error "));
        assert_eq!(answer.code, i32::from(is_refused), "{fields}\n{}", answer.stderr);
        assert_eq!(answer.findings().len(), expected.len(), "{fields}\n{}", answer.stderr);
        messages.add(&fields.replace('\n', " / "), &answer);
    }
    messages.compare();
}

/// The strategy of a Deployment has at least one of the two numbers.
#[test]
fn a_rolling_update_without_additional_pods_removes_one() {
    let strategy = |fields: &str| at(&objects(fields), "Deployment/encoder", "/spec/strategy/rollingUpdate");
    assert_eq!(strategy(""), json!({"maxSurge": 1, "maxUnavailable": 0}));
    assert_eq!(strategy("executors: {encoder: {rollingUpdate: {maxSurge: 0}}}"), json!({"maxSurge": 0, "maxUnavailable": 1}));
    assert_eq!(strategy("defaults: {rollingUpdate: {maxSurge: 0%}}"), json!({"maxSurge": "0%", "maxUnavailable": 1}));
}

/// Names of volumes have no dots, and at most 63 characters.
#[test]
fn the_volumes_of_similar_names_differ() {
    let long = format!("{}.{}", "x".repeat(60), "y".repeat(20));
    let both = format!(
        "defaults: {{configMaps: {{a.b: {{mountPath: /1}}, a-b: {{mountPath: /2}}, c.d: {{mountPath: /3}}, c-d: {{env: true}}, \
         {long}1: {{mountPath: /4}}, {long}2: {{mountPath: /5}}}}, secrets: {{a.b: {{mountPath: /6}}}}}}"
    );
    let names = |pointer: &str| {
        let list = at(&objects(&both), "Deployment/encoder", &format!("{POD}/{pointer}"));
        let names = list.as_array().unwrap().iter().filter_map(|entry| entry["name"].as_str());
        names.filter(|name| name.starts_with("configmap-") || name.starts_with("secret-")).map(str::to_owned).collect::<Vec<_>>()
    };
    let volumes = names("volumes");
    assert_eq!(names("containers/0/volumeMounts"), volumes);
    assert_eq!((volumes[1].as_str(), volumes[2].as_str(), volumes[5].as_str()), ("configmap-a-b", "configmap-c-d", "secret-a-b"));
    assert!(volumes[0].starts_with("configmap-a-b-") && volumes[3].len() == 63, "{volumes:?}");
    let different: BTreeSet<&String> = volumes.iter().collect();
    assert_eq!(different.len(), volumes.len(), "{volumes:?}");
}

/// `01` is a different name from `1`, and no shard has it.
#[test]
fn shard_numbers_have_no_leading_zeros() {
    for (written, key, meant) in
        [("'01'", ".01", "1"), ("+1", "[\"+1\"]", "1"), ("00", ".00", "0"), ("'+0'", "[\"+0\"]", "0"), ("'0000'", ".0000", "0")]
    {
        let entry = |number: &str| format!("executors: {{indexer: {{shards: {{{number}: {{replicas: 5}}}}}}}}");
        let refused = answer(&entry(written));
        assert_eq!(refused.code, 1, "{written}");
        assert_eq!(results(&refused), [format!("error spec.executors.indexer.shards{key} invalid-shard-number")], "{written}");
        assert_eq!(refused.list()["results"][0]["field"]["proposedValue"], meant, "{written}");
        let objects = objects(&entry(meant));
        assert_eq!(at(&objects, &format!("Deployment/indexer-{meant}"), "/spec/replicas"), json!(5), "{written}");
    }
}

/// Settings that have an effect give no warning, and neither do the settings that a warning suggests.
#[test]
fn settings_with_an_effect_give_no_warning() {
    for fields in [
        "defaults: {probes: http}",
        "defaults: {probes: grpc}",
        "gateway: {probes: http}",
        "executors: {encoder: {probes: ping}}",
        "executors: {encoder: {storage: {size: 5Gi}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "defaults: {rollingUpdate: {maxUnavailable: 2}}\nexecutors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: null}}}",
        "roles: {worker: {storage: {size: 5Gi}}}\nexecutors: {encoder: {storage: {existingClaim: one, size: null}}}",
        "executors: {encoder: {storage: {existingClaim: one, mountPath: /data}}}",
        "defaults: {configMaps: {c: {mountPath: /c, env: true, prefix: C_}}}",
    ] {
        let answer = answer(fields);
        assert_eq!(answer.code, 0, "{fields}\n{}", answer.stderr);
        assert!(!answer.stderr.contains("has no effect"), "{fields}\n{}", answer.stderr);
    }
}

#[test]
fn layers_work_under_compat_too() {
    let objects = objects("compat: jina-3.34\ndefaults: {resources: {requests: {cpu: 1}}, drainSeconds: 9}");
    assert_eq!(at(&objects, "Deployment/encoder", &format!("{POD}/containers/0/resources")), json!({"requests": {"cpu": 1}}));
    assert_eq!(at(&objects, "Deployment/encoder", &format!("{POD}/terminationGracePeriodSeconds")), json!(19));
    assert_eq!(at(&objects, "Deployment/encoder", "/metadata/labels"), Value::Null);
    assert_eq!(at(&objects, "Service/encoder", "/spec/clusterIP"), Value::Null);
}

/// Jina has claims only for `volumes`. The field adds them to an executor without volumes, too.
#[test]
fn storage_works_under_compat_too() {
    let objects = objects("compat: jina-3.34\nexecutors: {encoder: {storage: {size: 50Gi, mountPath: /data}}}");
    let claims = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage";
    assert_eq!(at(&objects, "StatefulSet/encoder", claims), json!("50Gi"));
    assert_eq!(at(&objects, "StatefulSet/encoder", &format!("{POD}/containers/0/volumeMounts/0/mountPath")), json!("/data"));
    assert_eq!(at(&objects, "Deployment/indexer-head", "/kind"), json!("Deployment"));
}

#[test]
fn short_input_cannot_exceed_the_size_limit() {
    // An object that contains a copy of itself doubles with each copy.
    let copies: String = (0..40).map(|i| format!("{{op: copy, from: /metadata, path: /metadata/x{i}}}, ")).collect();
    let doubled = answer(&format!("patches: {{p: {{target: {{name: encoder}}, json: [{copies}]}}}}"));
    assert_eq!(results(&doubled), ["error spec.patches.p patch-not-applicable"], "{}", doubled.stderr);
    doubled.says("2 MB");
    let executors: String = (0..3000).map(|i| format!("      - {{name: e{i}}}\n")).collect();
    let long = "x".repeat(60_000);
    for fields in [
        format!("defaults: {{podTemplate: {{metadata: {{annotations: {{a: {long}}}}}}}}}"),
        format!("defaults: {{annotations: {{a: {long}}}}}"),
        format!("networkPolicy: {{allowFrom: {{a: {{podLabels: {{a: b}}, cidr: {long}}}}}}}"),
        format!("patches: {{p: {{target: {{kind: Service}}, merge: {{metadata: {{annotations: {{a: {long}}}}}}}}}}}"),
    ] {
        let list = format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  \
             metadata: {{name: f}}\n  spec:\n    {fields}\n    flow:\n      jtype: Flow\n      executors:\n{executors}"
        );
        let refused = function(&list);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("error[too-large]: JinaFlow/f: spec.flow: "), "{}", refused.first_line());
    }
    let many: String = (0..1001).map(|i| format!("p{i}: {{merge: {{}}}}, ")).collect();
    let refused = answer(&format!("patches: {{{many}}}"));
    refused.begins("error[too-large]: JinaFlow/search: spec.patches: ");
    refused.says("1001");
}

#[test]
fn gateway_fields_are_refused_for_a_deployment() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  \
                metadata: {name: d}\n  spec:\n    gateway: {expose: {}, flow: {replicas: 2}}\n    executors: {My_Exec: {flow: {replicas: 3}}}\n    \
                flow: {jtype: Deployment, with: {name: My_Exec, uses: 'docker://x/y'}}\n";
    let answer = function(list);
    assert_eq!(results(&answer), ["warning spec.gateway field-without-effect"]);
    let objects = answer.list()["items"].as_array().unwrap().clone();
    assert_eq!(at(&objects, "Deployment/my-exec", "/spec/replicas"), json!(3));
    // The callers of a Deployment are outside, and do not spread requests.
    assert_eq!(at(&objects, "Service/my-exec", "/spec/clusterIP"), Value::Null);
}

/// The JSON pointers of all values below a value.
fn pointers(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                out.push(path.clone());
                pointers(value, &path, out);
            }
        }
        Value::Array(entries) => {
            for (place, value) in entries.iter().enumerate() {
                out.push(format!("{path}/{place}"));
                pointers(value, &format!("{path}/{place}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn any_value_in_any_field_gives_an_answer() {
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!([{"a": [1]}]),
        json!({"a": null}),
        json!(""),
        json!(-1),
        json!(1e99),
        json!(true),
        json!("a/b c:Ä\n"),
    ];
    let mut answered = [0, 0];
    for file in ["everything", "stateful", "linkerd", "restricted", "jcloud", "newest"] {
        let text = fs::read_to_string(root().join(format!("tests/conformance/fields/{file}.yaml"))).unwrap();
        let flow = documents(&text).remove(0);
        let mut places = Vec::new();
        pointers(&flow["spec"], "/spec", &mut places);
        for (number, place) in places.iter().enumerate() {
            for value in odd.iter().skip(number % 2).step_by(2) {
                let mut flow = flow.clone();
                *flow.pointer_mut(place).unwrap() = value.clone();
                let list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [flow]});
                let mut stdout = Vec::new();
                let outcome = jinaflow::internals::function::run(list.to_string().as_bytes(), &mut stdout).unwrap();
                let answer: Value = serde_json::from_slice(&stdout).unwrap();
                // The value is refused with a message and the input is returned, or it is rendered.
                let items = answer["items"].as_array().map_or(0, Vec::len);
                assert_eq!(items > 1, outcome.success, "{place} {value}: {}", outcome.stderr);
                assert_eq!(outcome.stderr.contains("error["), !outcome.success, "{place} {value}: {}", outcome.stderr);
                answered[usize::from(outcome.success)] += 1;
            }
        }
    }
    assert!(answered.iter().all(|count| *count > 300), "{answered:?}");
}

#[test]
fn a_network_policy_allows_the_metrics_port_of_each_container() {
    let objects = objects("networkPolicy: {}\nexecutors: {indexer: {flow: {uses_before: null, uses_after: 'docker://x/after:1'}}}");
    let ports = json!([{"protocol": "TCP", "port": 9090}, {"protocol": "TCP", "port": 9092}]);
    assert_eq!(at(&objects, "NetworkPolicy/indexer-head", "/spec/ingress/1/ports"), ports);
    assert_eq!(at(&objects, "Deployment/indexer-head", &format!("{POD}/initContainers/0/ports/1/containerPort")), json!(9092));
}
