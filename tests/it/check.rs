//! `jinaflow check` finds every kind of planted break, and finds nothing in valid manifests.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::support::{Messages, Run, documents, function, jinaflow, label, pod_security, program, recorded, root, run, scratch};
use serde_json::{Value, json};

type Objects = Vec<Value>;

/// Checks objects in the form that `kubectl get -o json` prints.
fn check(objects: &[Value], more: &[&str]) -> Run {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    run(program(&[&["check", "-"], more].concat()), list.as_bytes())
}

fn find<'o>(objects: &'o mut [Value], name: &str) -> &'o mut Value {
    objects.iter_mut().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"))
}

fn pod<'o>(objects: &'o mut [Value], name: &str) -> &'o mut Value {
    &mut find(objects, name)["spec"]["template"]["spec"]
}

fn container<'o>(objects: &'o mut [Value], name: &str) -> &'o mut Value {
    &mut pod(objects, name)["containers"][0]
}

/// The value after an option.
fn arg<'o>(objects: &'o mut [Value], name: &str, option: &str) -> &'o mut Value {
    let args = container(objects, name)["args"].as_array_mut().unwrap();
    let at = args.iter().position(|arg| arg == option).unwrap_or_else(|| panic!("{name} has no {option}"));
    &mut args[at + 1]
}

fn replace(value: &mut Value, from: &str, to: &str) {
    let text = value.as_str().unwrap();
    assert!(text.contains(from), "{text} has no {from}");
    *value = text.replace(from, to).into();
}

fn drop_field(value: &mut Value, field: &str) {
    assert!(value.as_object_mut().unwrap().remove(field).is_some(), "{field}");
}

fn drop(objects: &mut Objects, name: &str) {
    find(objects, name);
    objects.retain(|object| label(object) != name);
}

fn add(objects: &mut Objects, yaml: &str) {
    objects.extend(documents(yaml));
}

/// Renames all objects of some kinds, like an orchestrator that does not update references.
fn rename(objects: &mut [Value], kinds: &[&str]) {
    for object in objects.iter_mut().filter(|object| kinds.contains(&object["kind"].as_str().unwrap())) {
        object["metadata"]["name"] = format!("prod-{}", object["metadata"]["name"].as_str().unwrap()).into();
    }
}

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://acme/encoder:1, replicas: 2, env: {MODEL: small}, env_from_secret: {KEY: {name: keys, key: api}}}
- {name: indexer, uses: docker://acme/indexer:1, shards: 2, uses_before: docker://acme/before:1, volumes: /data, monitoring: true}
";

const AROUND: &str = "
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: search}
stringData: {api: x}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: gateway, namespace: search}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}, minReplicas: 2, maxReplicas: 9}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget, namespace: search}
spec: {minAvailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [encoder]}]}}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: all, namespace: search}
spec: {selector: {matchLabels: {app: encoder}}, podMetricsEndpoints: [{targetPort: 9090}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: search, namespace: search}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: search, namespace: search}
spec: {rules: [{backendRefs: [{name: gateway, port: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: encoder, namespace: search}
spec: {podSelector: {matchLabels: {app: encoder}}, ingress: [{from: [{podSelector: {matchLabels: {app: gateway}}}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: everything, namespace: search}
spec: {maxUnavailable: 1, selector: {matchExpressions: [{key: app, operator: NotIn, values: [encoder]}]}}
";

/// A Flow that uses every feature, with the objects that users typically add.
fn rendered() -> Objects {
    let flow = scratch("check").join("flow.yml");
    fs::write(&flow, FLOW).unwrap();
    let mut objects = jinaflow(&["export", flow.to_str().unwrap(), "--k8s-namespace", "search"]).succeeded().documents();
    // Two budgets for the same pods would be a mistake.
    objects.retain(|object| object["kind"] != "PodDisruptionBudget");
    add(&mut objects, AROUND);
    find(&mut objects, "Deployment/gateway")["spec"].as_object_mut().unwrap().remove("replicas");
    objects
}

/// An export of Jina, edited by a user who does not use jinaflow.
fn jina_export(name: &str) -> Objects {
    crate::support::jina_export(name).values().flat_map(|text| documents(text)).collect()
}

type Damage = fn(&mut Objects);

/// Every kind of break: how it is made, and the object and field of the expected finding.
const BREAKS: &[(Damage, &str)] = &[
    // Addresses.
    (|o| drop(o, "Service/encoder"), "error[reference-not-found]: Deployment/gateway: spec.template.spec.containers[0].env[5].value"),
    (|o| rename(o, &["Service"]), "error[reference-not-found]: Deployment/indexer-head: spec.template.spec.containers[0].env[5].value"),
    (
        |o| find(o, "Service/encoder")["metadata"]["namespace"] = "other".into(),
        "error[wrong-namespace]: Deployment/gateway: spec.template.spec.containers[0].env[5].value",
    ),
    (
        |o| container(o, "Deployment/gateway")["env"][5] = json!({"name": "OTHER", "value": "encoder"}),
        "error[variable-without-value]: Deployment/gateway: spec.template.spec.containers[0].args[8]",
    ),
    (
        |o| {
            let env = container(o, "Deployment/gateway")["env"].as_array_mut().unwrap();
            env[5]["value"] = "$(HOST)".into();
            env.push(json!({"name": "HOST", "value": "encoder"}));
        },
        "error[variable-without-value]: Deployment/gateway: spec.template.spec.containers[0].args[8]",
    ),
    (
        |o| {
            let service = find(o, "Service/encoder");
            service["spec"].as_object_mut().unwrap().remove("clusterIP");
            service["spec"]["ports"][0]["port"] = 80.into();
        },
        "error[unknown-port]: Deployment/gateway: spec.template.spec.containers[0].env[5].value",
    ),
    (
        |o| {
            find(o, "Service/encoder")["spec"]["clusterIP"] = "None".into();
            replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "ENCODER):8080", "ENCODER):80");
        },
        "error[port-not-served]: Deployment/gateway: spec.template.spec.containers[0].env[5].value",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["selector"] = json!({"app": "x"}),
        "error[selector-matches-nothing]: Service/encoder: spec.selector",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["targetPort"] = 9999.into(),
        "error[port-not-served]: Service/encoder: spec.ports[0].targetPort",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["targetPort"] = "grcp".into(),
        "error[unknown-port]: Service/encoder: spec.ports[0].targetPort",
    ),
    (|o| *arg(o, "Deployment/encoder", "--port") = "8081".into(), "error[port-not-served]: Service/encoder: spec.ports[0].targetPort"),
    (
        |o| container(o, "StatefulSet/indexer-0")["args"].as_array_mut().unwrap().retain(|arg| arg != "--monitoring"),
        "error[port-not-served]: Service/indexer-0: spec.ports[1].targetPort",
    ),
    (
        |o| {
            let mut copy = find(o, "Deployment/encoder").clone();
            copy["metadata"]["name"] = "encoder-2".into();
            o.push(copy);
        },
        "error[service-selects-several]: Service/encoder: spec.selector",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "INDEXER_HEAD", "ENCODER"),
        "error[wrong-executor-reached]: Deployment/gateway: spec.template.spec.containers[0].env[5].value",
    ),
    (
        |o| {
            let mut copy = find(o, "Deployment/encoder").clone();
            copy["metadata"]["name"] = "lost".into();
            for labels in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
                copy.pointer_mut(labels).unwrap()["app"] = "lost".into();
            }
            o.push(copy);
        },
        "warning[executor-not-called]: Deployment/lost",
    ),
    (|o| drop(o, "Service/gateway"), "warning[gateway-without-service]: Deployment/gateway"),
    (
        |o| container(o, "Deployment/encoder")["command"] = json!(["sleep", "1000"]),
        "error[workload-without-jina]: Deployment/encoder: spec.template.spec.containers[0].command",
    ),
    (
        |o| drop_field(container(o, "Deployment/encoder"), "args"),
        "error[workload-without-jina]: Deployment/encoder: spec.template.spec.containers[0].command",
    ),
    (
        |o| {
            drop_field(container(o, "Deployment/encoder"), "args");
            drop_field(container(o, "Deployment/encoder"), "command");
        },
        "warning[workload-without-jina]: Deployment/encoder: spec.template.spec.containers[0].image",
    ),
    (
        |o| pod(o, "Deployment/encoder")["containers"] = json!([{"name": "log", "image": "acme/log:1"}]),
        "error[workload-without-jina]: Deployment/encoder: spec.template.spec.containers",
    ),
    (
        |o| pod(o, "Deployment/gateway")["containers"] = json!([]),
        "error[workload-without-jina]: Deployment/gateway: spec.template.spec.containers",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "grpc://$(JINA_ADDR_ENCODER)", "grpcs://$(JINA_ADDR_ENCODER)"),
        "error[protocol-mismatch]: Deployment/gateway: spec.template.spec.containers[0].args[8]",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "grpc://$(JINA_ADDR_ENCODER)", "http://$(JINA_ADDR_ENCODER)"),
        "error[protocol-mismatch]: Deployment/gateway: spec.template.spec.containers[0].args[8]",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["protocol"] = "UDP".into(),
        "error[protocol-mismatch]: Service/encoder: spec.ports[0].protocol",
    ),
    (
        |o| drop_field(&mut find(o, "Service/encoder")["spec"], "selector"),
        "error[selector-matches-nothing]: Service/encoder: spec.selector",
    ),
    (|o| drop_field(&mut find(o, "Service/encoder")["spec"], "clusterIP"), "warning[calls-not-balanced]: Service/encoder: spec.clusterIP"),
    (|o| find(o, "Service/indexer-0")["spec"]["clusterIP"] = "None".into(), "warning[shard-left-out]: Service/indexer-0: spec.clusterIP"),
    (
        |o| *arg(o, "Deployment/indexer-head", "--grpc-channel-options") = "{}".into(),
        "warning[shard-left-out]: Deployment/indexer-head: spec.template.spec.containers[0].args[8]",
    ),
    (|o| find(o, "Deployment/encoder")["spec"]["replicas"] = 0.into(), "warning[replicas-zero]: Deployment/encoder: spec.replicas"),
    (
        |o| pod(o, "Deployment/gateway")["dnsPolicy"] = "Default".into(),
        "error[dns-policy-mismatch]: Deployment/gateway: spec.template.spec.dnsPolicy",
    ),
    // Duplicates.
    (
        |o| {
            let copy = container(o, "Deployment/encoder").clone();
            pod(o, "Deployment/encoder")["containers"].as_array_mut().unwrap().push(copy);
        },
        "error[duplicate-name]: Deployment/encoder: spec.template.spec.containers[1].name",
    ),
    (
        |o| {
            container(o, "Deployment/encoder")["env"]
                .as_array_mut()
                .unwrap()
                .extend([json!({"name": "A", "value": "1"}), json!({"name": "A", "value": "2"})])
        },
        "warning[duplicate-entry]: Deployment/encoder: spec.template.spec.containers[0].env[7].name",
    ),
    (
        |o| container(o, "Deployment/encoder")["ports"].as_array_mut().unwrap().push(json!({"containerPort": 8080})),
        "warning[duplicate-entry]: Deployment/encoder: spec.template.spec.containers[0].ports[1].containerPort",
    ),
    (
        |o| pod(o, "Deployment/encoder")["volumes"] = json!([{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
        "error[duplicate-name]: Deployment/encoder: spec.template.spec.volumes[1].name",
    ),
    (
        |o| {
            find(o, "Service/encoder")["spec"]["ports"]
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "port", "port": 8080, "targetPort": 8080}))
        },
        "error[duplicate-entry]: Service/encoder: spec.ports[1].port",
    ),
    // Fields that exclude each other.
    (
        |o| container(o, "Deployment/encoder")["livenessProbe"]["exec"] = json!({"command": ["true"]}),
        "error[exclusive-fields]: Deployment/encoder: spec.template.spec.containers[0].livenessProbe.grpc",
    ),
    (
        |o| container(o, "Deployment/encoder")["lifecycle"]["preStop"]["exec"] = json!({"command": ["true"]}),
        "error[exclusive-fields]: Deployment/encoder: spec.template.spec.containers[0].lifecycle.preStop.sleep",
    ),
    (
        |o| {
            let from = json!({"fieldRef": {"fieldPath": "metadata.name"}});
            container(o, "Deployment/encoder")["env"].as_array_mut().unwrap().push(json!({"name": "A", "value": "1", "valueFrom": from}))
        },
        "error[exclusive-fields]: Deployment/encoder: spec.template.spec.containers[0].env[6].valueFrom",
    ),
    (
        |o| {
            let from = json!({"fieldRef": {"fieldPath": "metadata.name"}, "resourceFieldRef": {"resource": "limits.cpu"}});
            container(o, "Deployment/encoder")["env"].as_array_mut().unwrap().push(json!({"name": "A", "valueFrom": from}))
        },
        "error[exclusive-fields]: Deployment/encoder: spec.template.spec.containers[0].env[6].valueFrom.resourceFieldRef",
    ),
    (
        |o| pod(o, "Deployment/encoder")["volumes"] = json!([{"name": "v", "emptyDir": {}, "hostPath": {"path": "/v"}}]),
        "error[exclusive-fields]: Deployment/encoder: spec.template.spec.volumes[0].hostPath",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["strategy"]["type"] = "Recreate".into(),
        "error[exclusive-fields]: Deployment/encoder: spec.strategy.rollingUpdate",
    ),
    (|o| find(o, "Service/encoder")["spec"]["type"] = "NodePort".into(), "error[exclusive-fields]: Service/encoder: spec.clusterIP"),
    // Images.
    (
        |o| container(o, "Deployment/encoder")["image"] = "acme/Encoder:1".into(),
        "error[image-not-pullable]: Deployment/encoder: spec.template.spec.containers[0].image",
    ),
    (
        |o| container(o, "Deployment/encoder")["image"] = "docker://acme/encoder:1".into(),
        "error[image-not-pullable]: Deployment/encoder: spec.template.spec.containers[0].image",
    ),
    // Shards.
    (
        |o| *arg(o, "Deployment/indexer-head", "--connection-list") = r#"{"0": "$(JINA_ADDR_INDEXER_0):8080"}"#.into(),
        "error[shards-incomplete]: StatefulSet/indexer-1",
    ),
    (
        |o| replace(arg(o, "Deployment/indexer-head", "--connection-list"), "\"1\"", "\"2\""),
        "error[shards-incomplete]: Deployment/indexer-head: spec.template.spec.containers[0].args[23]",
    ),
    (
        |o| *arg(o, "Deployment/indexer-head", "--shards") = "3".into(),
        "error[shards-incomplete]: Deployment/indexer-head: spec.template.spec.containers[0].args[4]",
    ),
    (
        |o| *arg(o, "StatefulSet/indexer-1", "--shard-id") = "0".into(),
        "error[wrong-executor-reached]: Deployment/indexer-head: spec.template.spec.containers[0].args[23]",
    ),
    (
        |o| replace(arg(o, "Deployment/indexer-head", "--connection-list"), "INDEXER_1", "INDEXER_0"),
        "error[wrong-executor-reached]: Deployment/indexer-head: spec.template.spec.containers[0].env[5].value",
    ),
    (
        |o| *arg(o, "Deployment/indexer-head", "--connection-list") = "{".into(),
        "error[invalid-argument]: Deployment/indexer-head: spec.template.spec.containers[0].args[23]",
    ),
    // Pods.
    (
        |o| *arg(o, "Deployment/indexer-head", "--uses-before-address") = "127.0.0.1:8077".into(),
        "error[port-not-served]: Deployment/indexer-head: spec.template.spec.containers[0].args[21]",
    ),
    (
        |o| {
            let head = pod(o, "Deployment/indexer-head")["initContainers"][0]["args"].as_array_mut().unwrap();
            let at = head.iter().position(|arg| arg == "--port-monitoring").unwrap() + 1;
            head[at] = "9090".into();
        },
        "error[containers-share-port]: Deployment/indexer-head: spec.template.spec.initContainers[0].args[13]",
    ),
    (
        |o| container(o, "Deployment/encoder")["livenessProbe"] = json!({"grpc": {"port": 8081}}),
        "error[port-not-served]: Deployment/encoder: spec.template.spec.containers[0].livenessProbe.grpc.port",
    ),
    (
        |o| {
            container(o, "Deployment/encoder")["startupProbe"] =
                json!({"exec": {"command": ["jina", "ping", "executor", "grpc://127.0.0.1:8081"]}})
        },
        "error[port-not-served]: Deployment/encoder: spec.template.spec.containers[0].startupProbe.exec.command[3]",
    ),
    (
        |o| container(o, "Deployment/encoder")["lifecycle"] = json!({"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 600"]}}}),
        "error[grace-period-too-short]: Deployment/encoder: spec.template.spec.terminationGracePeriodSeconds",
    ),
    (
        |o| container(o, "Deployment/encoder")["resources"] = json!({"limits": {"memory": "8GB"}}),
        "error[invalid-quantity]: Deployment/encoder: spec.template.spec.containers[0].resources.limits.memory",
    ),
    (
        |o| {
            o.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "search", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}))
        },
        "error[pod-security-violated]: Deployment/encoder: spec.template.spec",
    ),
    (
        |o| {
            o.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "search", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}));
            pod(o, "Deployment/encoder")["hostNetwork"] = true.into();
        },
        "error[pod-security-violated]: Deployment/encoder: spec.template.spec.hostNetwork",
    ),
    (
        |o| container(o, "Deployment/encoder")["resources"] = json!({"limits": {"hugepages-2Mi": "4Mi"}}),
        "error[missing-field]: Deployment/encoder: spec.template.spec.containers[0].resources",
    ),
    (
        |o| {
            pod(o, "Deployment/encoder")["terminationGracePeriodSeconds"] = 20.into();
            container(o, "Deployment/encoder")["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 20}}});
        },
        "error[grace-period-too-short]: Deployment/encoder: spec.template.spec.terminationGracePeriodSeconds",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["selector"]["matchLabels"]["app"] = "x".into(),
        "error[selector-misses-own-pods]: Deployment/encoder: spec.selector",
    ),
    (
        |o| find(o, "StatefulSet/indexer-0")["spec"]["serviceName"] = "indexr-0".into(),
        "error[reference-not-found]: StatefulSet/indexer-0: spec.serviceName",
    ),
    (
        |o| {
            let copy = find(o, "Service/encoder").clone();
            o.push(copy);
        },
        "error[duplicate-object]: Service/encoder: metadata.name",
    ),
    // The graph.
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "[\"indexer\"]", "[\"indexr\"]"),
        "error[graph-and-addresses-differ]: Deployment/gateway: spec.template.spec.containers[0].args[6]",
    ),
    (
        |o| *arg(o, "Deployment/gateway", "--graph-description") = r#"{"start-gateway": ["encoder"], "encoder": ["end-gateway"]}"#.into(),
        "error[graph-and-addresses-differ]: Deployment/gateway: spec.template.spec.containers[0].args[8]",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"encoder\": [\"indexer\"]", "\"encoder\": [\"encoder\"]"),
        "error[graph-cycle]: Deployment/gateway: spec.template.spec.containers[0].args[6]",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"indexer\": [\"end-gateway\"]", "\"indexer\": []"),
        "error[graph-incomplete]: Deployment/gateway: spec.template.spec.containers[0].args[6]",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"encoder\": [\"indexer\"]", "\"encoder\": [\"end-gateway\"]"),
        "error[graph-incomplete]: Deployment/gateway: spec.template.spec.containers[0].args[6]",
    ),
    // References.
    (
        |o| rename(o, &["ConfigMap"]),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.containers[0].envFrom[0].configMapRef.name",
    ),
    (
        |o| drop(o, "Secret/keys"),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.containers[0].env[5].valueFrom.secretKeyRef.name",
    ),
    (
        |o| find(o, "Secret/keys")["stringData"] = json!({"apy": "x"}),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.containers[0].env[5].valueFrom.secretKeyRef.key",
    ),
    (
        |o| find(o, "Secret/keys")["metadata"]["namespace"] = "other".into(),
        "error[wrong-namespace]: Deployment/encoder: spec.template.spec.containers[0].env[5].valueFrom.secretKeyRef.name",
    ),
    (
        |o| {
            pod(o, "Deployment/encoder")["volumes"] =
                json!([{"name": "v", "projected": {"sources": [{"secret": {"name": "keys", "items": [{"key": "no", "path": "p"}]}}]}}])
        },
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.volumes[0].projected.sources[0].secret.items[0].key",
    ),
    (
        |o| pod(o, "Deployment/encoder")["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": "models"}}]),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.volumes[0].persistentVolumeClaim.claimName",
    ),
    (
        |o| container(o, "Deployment/encoder")["volumeMounts"] = json!([{"name": "cache", "mountPath": "/cache"}]),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.containers[0].volumeMounts[0].name",
    ),
    (
        |o| pod(o, "Deployment/encoder")["imagePullSecrets"] = json!([{"name": "registry"}]),
        "warning[reference-not-found]: Deployment/encoder: spec.template.spec.imagePullSecrets[0].name",
    ),
    (
        |o| pod(o, "Deployment/encoder")["serviceAccountName"] = "robot".into(),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.serviceAccountName",
    ),
    (
        |o| find(o, "Deployment/encoder")["metadata"]["annotations"] = json!({"flow.jina.ai/external": "scret/hf"}),
        "error[invalid-external]: Deployment/encoder: metadata.annotations[\"flow.jina.ai/external\"]",
    ),
    // Versions.
    (
        |o| container(o, "Deployment/indexer-head")["image"] = "jinaai/jina:3.25.1-py311-standard".into(),
        "warning[jina-versions-differ]: Deployment/indexer-head: spec.template.spec.containers[0].image",
    ),
    (
        |o| find(o, "StatefulSet/indexer-0")["metadata"]["labels"] = json!({"flow.jina.ai/jina-version": "3.20.0"}),
        "warning[jina-versions-differ]: StatefulSet/indexer-0: spec.template.spec.containers[0].image",
    ),
    // Objects that belong to the Flow: policies, autoscalers, monitors and routes.
    (
        |o| find(o, "Deployment/gateway")["spec"]["replicas"] = 3.into(),
        "error[autoscaler-conflict]: HorizontalPodAutoscaler/gateway: spec.scaleTargetRef",
    ),
    (
        |o| find(o, "HorizontalPodAutoscaler/gateway")["spec"]["scaleTargetRef"]["name"] = "gatway".into(),
        "error[reference-not-found]: HorizontalPodAutoscaler/gateway: spec.scaleTargetRef.name",
    ),
    (
        |o| {
            add(
                o,
                "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: e, namespace: search}\nspec: {scaleTargetRef: {name: encoder}}\n",
            )
        },
        "error[autoscaler-conflict]: ScaledObject/e: spec.scaleTargetRef",
    ),
    (
        |o| find(o, "HorizontalPodAutoscaler/gateway")["spec"]["minReplicas"] = 10.into(),
        "error[value-out-of-range]: HorizontalPodAutoscaler/gateway: spec.minReplicas",
    ),
    (
        |o| {
            let mut copy = find(o, "HorizontalPodAutoscaler/gateway").clone();
            copy["metadata"]["name"] = "second".into();
            o.push(copy);
        },
        "error[autoscaler-conflict]: HorizontalPodAutoscaler/second: spec.scaleTargetRef.name",
    ),
    (
        |o| {
            find(o, "HorizontalPodAutoscaler/gateway")["spec"]["metrics"] =
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}])
        },
        "warning[utilization-without-request]: HorizontalPodAutoscaler/gateway: spec.metrics[0].resource.target.averageUtilization",
    ),
    (
        |o| find(o, "Ingress/search")["spec"]["tls"] = json!([{"hosts": ["x.example.com"], "secretName": "certificate"}]),
        "error[reference-not-found]: Ingress/search: spec.tls[0].secretName",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = 2.into(),
        "warning[eviction-forbidden]: PodDisruptionBudget/budget: spec.minAvailable",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "100%".into(),
        "warning[eviction-forbidden]: PodDisruptionBudget/budget: spec.minAvailable",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "51%".into(),
        "warning[eviction-forbidden]: PodDisruptionBudget/budget: spec.minAvailable",
    ),
    (
        |o| {
            find(o, "Deployment/encoder")["spec"]["replicas"] = 1.into();
            find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "1%".into();
        },
        "warning[eviction-forbidden]: PodDisruptionBudget/budget: spec.minAvailable",
    ),
    (
        |o| find(o, "PodDisruptionBudget/everything")["spec"]["selector"] = json!({}),
        "warning[eviction-forbidden]: PodDisruptionBudget/everything: spec.selector",
    ),
    (
        |o| find(o, "PodDisruptionBudget/everything")["spec"]["maxUnavailable"] = "0%".into(),
        "warning[eviction-forbidden]: PodDisruptionBudget/everything: spec.maxUnavailable",
    ),
    (
        |o| find(o, "PodDisruptionBudget/everything")["spec"]["maxUnavailable"] = 0.into(),
        "warning[eviction-forbidden]: PodDisruptionBudget/everything: spec.maxUnavailable",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error[selector-matches-nothing]: PodDisruptionBudget/budget: spec.selector",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error[selector-matches-nothing]: ServiceMonitor/indexer-0: spec.selector",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["namespaceSelector"] = json!({"matchNames": ["old"]}),
        "error[selector-matches-nothing]: ServiceMonitor/indexer-0: spec.namespaceSelector",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["endpoints"][0]["port"] = "metrics".into(),
        "error[unknown-port]: ServiceMonitor/indexer-0: spec.endpoints[0].port",
    ),
    (
        |o| find(o, "PodMonitor/all")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error[selector-matches-nothing]: PodMonitor/all: spec.selector",
    ),
    (
        |o| find(o, "PodMonitor/all")["spec"]["podMetricsEndpoints"][0]["port"] = "metrics".into(),
        "error[unknown-port]: PodMonitor/all: spec.podMetricsEndpoints[0].port",
    ),
    (
        |o| *find(o, "Ingress/search").pointer_mut("/spec/rules/0/http/paths/0/backend/service/name").unwrap() = "gatewy".into(),
        "error[reference-not-found]: Ingress/search: spec.rules[0].http.paths[0].backend.service.name",
    ),
    (
        |o| *find(o, "Ingress/search").pointer_mut("/spec/rules/0/http/paths/0/backend/service/port").unwrap() = json!({"name": "http"}),
        "error[unknown-port]: Ingress/search: spec.rules[0].http.paths[0].backend.service.port.name",
    ),
    (
        |o| find(o, "GRPCRoute/search")["spec"]["rules"][0]["backendRefs"][0]["port"] = 80.into(),
        "error[unknown-port]: GRPCRoute/search: spec.rules[0].backendRefs[0].port",
    ),
    (
        |o| {
            find(o, "Deployment/encoder")["spec"]["template"]["spec"]["topologySpreadConstraints"] =
                json!([{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]);
        },
        "warning[selector-misses-own-pods]: Deployment/encoder: spec.template.spec.topologySpreadConstraints[0].labelSelector",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"]["podSelector"] = json!({"matchLabels": {"app": "x"}}),
        "warning[selector-matches-nothing]: NetworkPolicy/encoder: spec.podSelector",
    ),
    (
        |o| *find(o, "NetworkPolicy/encoder").pointer_mut("/spec/ingress/0/from/0/podSelector/matchLabels/app").unwrap() = "x".into(),
        "error[network-policy-blocks]: NetworkPolicy/encoder: spec.ingress",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"]["ingress"][0]["ports"] = json!([{"port": 9090}, {"port": 8080, "protocol": "UDP"}]),
        "error[network-policy-blocks]: NetworkPolicy/encoder: spec.ingress",
    ),
    (
        |o| {
            find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53}]}]})
        },
        "error[network-policy-blocks]: NetworkPolicy/encoder: spec.egress",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}),
        "error[network-policy-blocks]: NetworkPolicy/encoder: spec.egress",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}, {"ports": [{"port": 53}]}]}),
        "error[network-policy-blocks]: NetworkPolicy/encoder: spec.egress",
    ),
];

/// The same kinds of break in an export of Jina, where addresses contain the namespace.
const BREAKS_OF_JINA: &[(Damage, &str)] = &[
    (
        |o| rename(o, &["Service", "Deployment", "ConfigMap"]),
        "error[reference-not-found]: Deployment/prod-gateway: spec.template.spec.containers[0].args[10]",
    ),
    (
        |o| o.iter_mut().for_each(|object| object["metadata"]["namespace"] = "prod".into()),
        "error[wrong-namespace]: Deployment/gateway: spec.template.spec.containers[0].args[10]",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["template"]["metadata"]["labels"]["app"] = "x".into(),
        "error[selector-matches-nothing]: Service/encoder: spec.selector",
    ),
    (
        |o| drop(o, "ConfigMap/encoder-configmap"),
        "error[reference-not-found]: Deployment/encoder: spec.template.spec.containers[0].envFrom[0].configMapRef.name",
    ),
];

/// Each break has the expected finding: `SEVERITY[CODE]: OBJECT: FIELD`.
fn assert_found(whole: &[Value], breaks: &[(Damage, &str)], messages: &'static str) {
    let clean = check(whole, &[]);
    assert_eq!((clean.code, clean.stderr.as_str()), (0, ""), "{}", clean.stdout);
    let mut recorded = Messages::new(messages);
    let mut missed = Vec::new();
    for (damage, expected) in breaks {
        let mut broken = whole.to_vec();
        damage(&mut broken);
        let answer = check(&broken, &[]);
        recorded.add(expected, &answer);
        if !answer.findings().iter().any(|line| line.starts_with(&format!("{expected}: "))) {
            missed.push(format!("{expected}\n{}", answer.stderr));
        }
        assert_eq!(answer.code, i32::from(answer.stderr.contains("error[")), "{expected}");
        // Warnings fail only with `--strict`.
        assert_eq!(check(&broken, &["--strict"]).code, 1, "{expected}");
    }
    recorded.compare();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_break_is_found() {
    assert_found(&rendered(), BREAKS, "check-breaks");
}

#[test]
fn every_break_of_an_edited_export_is_found() {
    assert_found(&jina_export("001-docs-simple"), BREAKS_OF_JINA, "check-breaks-of-jina");
}

/// Each pod breaks one rule, so it has one finding at the levels with the rule. `tests/conformance/apiserver.rs` compares the
/// verdicts with those of a server.
#[test]
fn each_rule_of_pod_security_is_reported_once() {
    for level in ["baseline", "restricted"] {
        for (number, paths) in pod_security::reported(level) {
            let (changes, levels, end) = pod_security::CASES[number.trim_start_matches("case-").parse::<usize>().unwrap()];
            let expected = usize::from(levels.contains(&level));
            assert_eq!(paths.len(), expected, "{level}: {changes:?}: {paths:?}");
            assert!(paths.iter().all(|path| path.ends_with(end)), "{level}: {changes:?}: {paths:?}");
        }
    }
    assert!(pod_security::reported("privileged").values().all(Vec::is_empty));
}

#[test]
fn rendered_flows_have_no_findings() {
    let mut count = 0;
    let mut found = Vec::new();
    let mut without_image = 0;
    for case in recorded(&root().join("tests/jina/flows")) {
        let flow = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
        // Options that Jina sets itself give a warning and take effect.
        if ["connection_list", "uses_before_address", "uses_after_address"].iter().any(|option| flow.contains(option)) {
            continue;
        }
        let export = run(case.export(&[]), b"");
        // A check refuses placeholders.
        if export.codes().contains(&"image-not-set") {
            without_image += 1;
            continue;
        }
        if export.code != 0 || export.stdout.is_empty() {
            continue;
        }
        // These executors run in other clusters, which the Flow does not declare.
        let answer = run(program(&["check", "-", "--external", "secret/*"]), export.stdout.as_bytes());
        found.extend(answer.findings().iter().map(|line| format!("{}: {line}", case.name)));
        count += 1;
    }
    assert!((10..30).contains(&without_image), "{without_image}");
    assert_eq!(found, Vec::<String>::new());
    assert!(count > 650, "{count}");
}

/// A kind of finding in Jina's own exports.
struct Defect {
    code: &'static str,
    /// A part of the line: a field, a name or a value.
    part: &'static str,
    /// Number of recorded Flows that have it.
    flows: usize,
}

const DEFECTS: [Defect; 14] = [
    // The devices of `gpus` as the number of GPUs.
    Defect { code: "invalid-quantity", part: "(got \"device=GPU-1,device=GPU-2\")", flows: 1 },
    // A StatefulSet without its Service.
    Defect { code: "missing-field", part: ": spec.serviceName: ", flows: 12 },
    // The startup probe of a head with `uses_before` and `uses_after`: a placeholder of Jina's template.
    Defect { code: "port-not-served", part: "(got \"127.0.0.1:{port_uses}\")", flows: 14 },
    // Several containers of a pod that all serve metrics on port 9090.
    Defect { code: "containers-share-port", part: "container `executor` of the same pod (got \"9090\")", flows: 3 },
    // A head with a volume loses its other containers.
    Defect { code: "port-not-served", part: "no other container of the pod", flows: 3 },
    // Two executors that get the same name.
    Defect { code: "duplicate-object", part: ": metadata.name: ", flows: 2 },
    // `inspect: REMOVE` keeps an executor in the graph.
    Defect { code: "graph-and-addresses-differ", part: "has no address", flows: 2 },
    Defect { code: "graph-incomplete", part: "`start-gateway`", flows: 1 },
    Defect { code: "graph-incomplete", part: "`end-gateway`", flows: 1 },
    // A name that YAML reads as a boolean: `no` becomes `false`.
    Defect { code: "reference-not-found", part: "`no` at Service/no, ", flows: 1 },
    // No objects, for a Deployment that is external.
    Defect { code: "nothing-runs-jina", part: "", flows: 1 },
    // A cycle is exported.
    Defect { code: "graph-cycle", part: "", flows: 1 },
    // TLS of the gateway, or of a host that is not called, is expected of executors that do not use TLS.
    Defect { code: "protocol-mismatch", part: "gRPC without TLS", flows: 6 },
    // The Flow itself is invalid.
    Defect { code: "image-not-pullable", part: "", flows: 3 },
];

impl Defect {
    fn is_in(&self, line: &str) -> bool {
        line.contains(&format!("[{}]: ", self.code)) && line.contains(self.part)
    }
}

#[test]
fn known_faults_of_jinas_own_exports_are_found() {
    let mut counts = [0; DEFECTS.len()];
    let mut clean = 0;
    let mut unknown = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let flow = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
        let expected = case.folder.join("expected.yaml");
        if !expected.is_file() || ["connection_list", "_address"].iter().any(|option| flow.contains(option)) {
            continue;
        }
        let mut args = vec!["check", expected.to_str().unwrap(), "--external", "secret/*"];
        if flow.contains("external") {
            args.extend(["--external", "service/*"]);
        }
        let answer = jinaflow(&args);
        let is_known = |line: &&str| DEFECTS.iter().any(|defect| defect.is_in(line));
        unknown.extend(answer.findings().iter().filter(|line| !is_known(line)).map(|line| format!("{}: {line}", case.name)));
        for (count, defect) in counts.iter_mut().zip(&DEFECTS) {
            *count += usize::from(answer.findings().iter().any(|line| defect.is_in(line)));
        }
        clean += usize::from(answer.code == 0);
    }
    assert_eq!(unknown, Vec::<String>::new());
    assert_eq!(counts, DEFECTS.map(|defect| defect.flows));
    assert!(clean > 650, "{clean}");
}

#[test]
fn declared_external_objects_are_not_missed() {
    let mut objects = rendered();
    drop(&mut objects, "Secret/keys");
    assert_eq!(check(&objects, &[]).code, 1);
    for declared in ["secret/keys", "Secret/keys", "secrets/*"] {
        check(&objects, &["--external", declared]).succeeded();
    }
    assert_eq!(check(&objects, &["--external", "secret/key"]).code, 1);
    let mut annotated = objects.clone();
    find(&mut annotated, "Deployment/encoder")["metadata"]["annotations"] = json!({"flow.jina.ai/external": "configmap/x, secret/keys"});
    check(&annotated, &[]).succeeded();
    // Declared by a JinaFlowCheck among the objects.
    let declared =
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlowCheck\nmetadata: {name: check}\nspec: {external: {secrets: {keys: {}}}}\n";
    add(&mut objects, declared);
    check(&objects, &[]).succeeded();
    add(&mut objects, &declared.replace("name: check", "name: other").replace("secrets", "secret"));
    let answer = check(&objects, &[]);
    answer.begins("error[invalid-external]: JinaFlowCheck/other: spec.external.secret: ");
    answer.says("did you mean `secrets`?");
}

#[test]
fn external_services_are_not_reported() {
    let mut objects = rendered();
    for name in ["Service/encoder", "Deployment/encoder", "PodDisruptionBudget/budget", "NetworkPolicy/encoder", "PodMonitor/all"] {
        drop(&mut objects, name);
    }
    assert_eq!(check(&objects, &[]).code, 1);
    check(&objects, &["--external", "service/encoder"]).succeeded();
    // Outside the cluster.
    for host in ["encoder.example.com", "10.0.0.7", "[2001:db8::1]"] {
        let mut objects = objects.clone();
        replace(arg(&mut objects, "Deployment/gateway", "--deployments-addresses"), "$(JINA_ADDR_ENCODER)", host);
        check(&objects, &[]).succeeded();
    }
    // A Service without a selector, and a Service of type ExternalName.
    for spec in ["{ports: [{port: 8080}]}", "{type: ExternalName, externalName: example.com}"] {
        let mut objects = objects.clone();
        add(&mut objects, &format!("apiVersion: v1\nkind: Service\nmetadata: {{name: encoder, namespace: search}}\nspec: {spec}\n"));
        check(&objects, &[]).succeeded();
    }
}

#[test]
fn values_of_variables_are_resolved_from_their_sources() {
    let mut objects = rendered();
    let env = |o: &mut Objects, entry: Value| container(o, "Deployment/gateway")["env"][5] = entry;
    // From a ConfigMap: one variable, or all of them.
    add(&mut objects, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hosts, namespace: search}\ndata: {JINA_ADDR_ENCODER: encoder}\n");
    env(
        &mut objects,
        json!({"name": "JINA_ADDR_ENCODER", "valueFrom": {"configMapKeyRef": {"name": "hosts", "key": "JINA_ADDR_ENCODER"}}}),
    );
    check(&objects, &[]).succeeded();
    env(&mut objects, json!({"name": "OTHER", "value": "x"}));
    container(&mut objects, "Deployment/gateway")["envFrom"].as_array_mut().unwrap().push(json!({"configMapRef": {"name": "hosts"}}));
    check(&objects, &[]).succeeded();
    find(&mut objects, "ConfigMap/hosts")["data"]["JINA_ADDR_ENCODER"] = "encodr".into();
    let answer = check(&objects, &[]);
    answer.begins("error[reference-not-found]: Deployment/gateway: ");
    answer.says("Service/encodr");
    // The values of a Secret are unknown.
    env(&mut objects, json!({"name": "JINA_ADDR_ENCODER", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "api"}}}));
    let answer = check(&objects, &[]);
    assert_eq!((answer.code, answer.findings().len()), (0, 1), "{}", answer.stderr);
    answer.begins("warning[executor-not-called]: Deployment/encoder: ");
}

#[test]
fn a_shell_command_line_is_parsed() {
    let mut objects = jina_export("001-docs-simple");
    let gateway = container(&mut objects, "Deployment/gateway");
    let args = gateway["args"].as_array().unwrap().iter().map(|arg| format!("'{}'", arg.as_str().unwrap())).collect::<Vec<_>>().join(" ");
    gateway["command"] = json!(["/bin/sh", "-c"]);
    gateway["args"] = json!([format!("exec jina {args}")]);
    check(&objects, &[]).succeeded();
    drop(&mut objects, "Service/encoder");
    let answer = check(&objects, &[]);
    answer.begins("error[reference-not-found]: Deployment/gateway: spec.template.spec.containers[0].args[0]: ");
    answer.says("Service/encoder");
}

#[test]
fn a_table_lists_the_components() {
    let answer = check(&rendered(), &[]).succeeded();
    let lines: Vec<Vec<&str>> = answer.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["COMPONENT", "ROLE", "REPLICAS", "IMAGE", "DIALS"]);
    let row = |name: &str| lines.iter().find(|line| line.get(1) == Some(&name)).unwrap_or_else(|| panic!("{name}: {}", answer.stdout));
    assert_eq!(row("Deployment/gateway")[..4], ["ok", "Deployment/gateway", "gateway", "2-9"]);
    assert_eq!(row("Deployment/gateway")[5..], ["grpc://encoder:8080,", "grpc://indexer-head:8080"]);
    assert_eq!(row("Deployment/encoder")[..], ["ok", "Deployment/encoder", "executor", "2", "acme/encoder:1"]);
    assert_eq!(row("StatefulSet/indexer-1")[2..5], ["shard", "1", "1"]);
    assert_eq!(answer.stdout.lines().last(), Some("components: 5, addresses: 4, errors: 0, warnings: 0"));
    let mut broken = rendered();
    drop(&mut broken, "Service/encoder");
    let answer = check(&broken, &[]);
    assert!(answer.stdout.contains("\n✗   Deployment/gateway "), "{}", answer.stdout);
}

#[test]
fn results_are_krm_results() {
    let folder = scratch("results");
    let mut objects = rendered();
    find(&mut objects, "Service/encoder")["spec"]["ports"][0]["targetPort"] = 9999.into();
    let file = folder.join("all.json");
    fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
    let name = file.to_str().unwrap();
    let answer = jinaflow(&["check", name, "--output", "json"]);
    assert_eq!(answer.code, 1);
    let list: Value = serde_json::from_str(&answer.stdout).unwrap();
    let index = objects.iter().position(|object| label(object) == "Service/encoder").unwrap();
    assert_eq!((&list["kind"], list["results"].as_array().unwrap().len()), (&json!("ResourceList"), 1));
    let result = &list["results"][0];
    assert_eq!(result["resourceRef"], json!({"apiVersion": "v1", "kind": "Service", "name": "encoder", "namespace": "search"}));
    assert_eq!(result["field"], json!({"path": "spec.ports[0].targetPort", "currentValue": "9999"}));
    assert_eq!(result["file"], json!({"path": name, "index": index}));
    assert_eq!(result["tags"]["code"], "port-not-served");
    assert_eq!(function(&answer.stdout).codes(), ["flow-missing"], "the list is valid input of the function");
}

#[test]
fn files_and_folders_are_read() {
    let folder = scratch("folder");
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    for (name, text) in crate::support::jina_export("001-docs-simple") {
        write(&name, &text);
    }
    let path = folder.to_str().unwrap();
    jinaflow(&["check", path]).succeeded();
    let broken = fs::read_to_string(folder.join("encoder/encoder.yml")).unwrap().replace("targetPort: 8080", "targetPort: 808");
    write("encoder/encoder.yml", &broken);
    let answer = jinaflow(&["check", path]);
    let line = 1 + broken.lines().position(|line| line.contains("targetPort: 808")).unwrap();
    answer.begins("error[port-not-served]: Service/encoder: spec.ports[0].targetPort: ");
    answer.says("(got \"808\")");
    let place = format!("\n  --> {path}/encoder/encoder.yml:{line}:17\n  {line} |     targetPort: 808\n");
    assert!(answer.stderr.contains(&place), "{}", answer.stderr);
    // Files that are not manifests of a cluster, and files that are not manifests.
    let local = "apiVersion: v1\nkind: Service\nmetadata: {name: x, annotations: {config.kubernetes.io/local-config: 'true'}}\nspec: {selector: {a: b}}\n";
    write("local.yaml", local);
    write(".hidden.yaml", ": {");
    write("README.md", "# x");
    assert_eq!(jinaflow(&["check", path]).findings().len(), answer.findings().len());
    write("x.yaml", ": {");
    let answer = jinaflow(&["check", path]);
    let expected = format!("warning[invalid-yaml]: {path}/x.yaml: ");
    assert!(answer.findings()[1].starts_with(&expected), "{}", answer.stderr);
    fs::remove_file(folder.join("x.yaml")).unwrap();
    // A Flow is read too.
    write(
        "jinaflow.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec: {flow: {jtype: Flow, executors: [{name: a, uses: Local}]}}\n",
    );
    let answer = jinaflow(&["check", path]);
    answer.begins("error[flow-not-rendered]: JinaFlow/f: ");
    write("overlay/kustomization.yaml", "resources: []\n");
    let answer = jinaflow(&["check", path]);
    let expected = format!("error[kustomization-not-built]: {path}/overlay: ");
    let found = answer.findings().into_iter().find(|line| line.starts_with(&expected)).unwrap_or_else(|| panic!("{}", answer.stderr));
    assert!(found.ends_with(&format!("; run: kustomize build {path}/overlay | jinaflow check -")), "{found}");
}

#[test]
fn nothing_to_check_is_an_error() {
    for input in ["", "# nothing\n", "a: 1\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x}]}\n"] {
        let answer = run(program(&["check", "-"]), input.as_bytes());
        assert_eq!(answer.code, 1, "{input}");
        answer.begins("error[nothing-runs-jina]: -: ");
        answer.says("--enable-alpha-plugins --enable-exec");
    }
    assert_eq!(run(program(&["check", "-"]), b"\xff").code, 1);
    let answer = jinaflow(&["check", "nowhere.yaml"]);
    assert_eq!((answer.code, answer.findings().len()), (1, 1), "{}", answer.stderr);
    answer.begins("error[file-unreadable]: nowhere.yaml: ");
}

#[test]
fn wrong_command_lines_are_reported() {
    let mut messages = Messages::new("check-command-line");
    for (args, code) in [
        (&["check"][..], "missing-argument"),
        (&["chekc", "-"], "unknown-command"),
        (&["check", "-", "--extrnal", "secret/x"], "unknown-flag"),
        (&["check", "-", "--external", "scret/x"], "invalid-external"),
        (&["check", "-", "--external", "x"], "invalid-external"),
        (&["check", "-", "--output", "yaml"], "value-not-allowed"),
        (&["check", "-", "--compat", "none"], "misplaced-flag"),
        (&["options", "--strict"], "misplaced-flag"),
    ] {
        let answer = jinaflow(args);
        assert_eq!((answer.code, answer.stdout.as_str(), answer.codes()), (1, "", vec![code]), "{args:?} {}", answer.stderr);
        answer.begins("error[");
        messages.add(&args.join(" "), &answer);
    }
    messages.compare();
}

/// The report on a document, and the exit code.
fn checked(text: &str, more: &[&str]) -> (i32, String) {
    let answer = run(program(&[&["check", "-"], more].concat()), text.as_bytes());
    (answer.code, answer.findings().join("\n"))
}

fn as_documents(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{object}\n")).collect()
}

#[test]
fn a_flow_that_was_not_rendered_is_reported() {
    let flow = |name: &str, more: &str| {
        format!(
            "---\napiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: {name}{more}}}\nspec: {{flow: {{jtype: Flow, executors: [{{name: encoder, uses: docker://x/e:1}}]}}}}\n"
        )
    };
    // The exit code, the findings, and the tool that the fix names first.
    let judged = |text: &str| {
        let (code, lines) = checked(text, &[]);
        let heads: Vec<String> = lines.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect();
        let tools = ["jinaflow export", "kpt fn render", "generators:"].into_iter();
        let first = tools.filter_map(|tool| Some((lines.find(tool)?, tool))).min().map(|(_, tool)| tool);
        (code, heads.join("\n"), first)
    };
    let alone = (1, "error[flow-not-rendered]: JinaFlow/f".to_owned(), Some("jinaflow export"));
    assert_eq!(judged(&flow("f", "")), alone);
    let of_kustomize = flow("f", ", annotations: {config.kubernetes.io/function: 'exec: {path: jinaflow}'}");
    assert_eq!(judged(&of_kustomize), (1, alone.1.clone(), Some("generators:")));
    // Beside another Flow.
    let mut others = rendered();
    assert_eq!(judged(&(as_documents(&others) + &flow("f", ""))), alone);
    // A rendered Flow is recognized by the labels of its objects or by the annotation of a package. A Flow that is not
    // applied to a cluster must declare it.
    let local = ", annotations: {config.kubernetes.io/local-config: 'true'}";
    assert_eq!(checked(&(as_documents(&others) + &flow("flow", local)), &[]), (0, String::new()));
    assert_eq!(checked(&(as_documents(&others) + &flow("dev-flow", local)), &[]), (0, String::new()));
    let (code, lines) = checked(&(as_documents(&others) + &flow("flow", "")), &[]);
    assert_eq!((code, lines.lines().count()), (0, 1), "{lines}");
    assert!(lines.starts_with("warning[local-config-missing]: JinaFlow/flow: metadata.annotations: "), "{lines}");
    assert_eq!(checked(&(as_documents(&others) + &flow("flow", "")), &["--strict"]).0, 1);
    for object in &mut others {
        object["metadata"].as_object_mut().unwrap().remove("labels");
    }
    drop(&mut others, "ServiceMonitor/indexer-0");
    drop(&mut others, "ServiceMonitor/indexer-1");
    drop(&mut others, "ServiceMonitor/indexer-head");
    find(&mut others, "Service/encoder")["metadata"]["annotations"] = json!({"flow.jina.ai/object": "f/encoder/Service"});
    assert_eq!(checked(&(as_documents(&others) + &flow("f", local)), &[]), (0, String::new()));
    // Objects of the compat mode have no labels or annotation.
    let exported = as_documents(&jina_export("001-docs-simple"));
    let compat = flow("f", local).replace("spec: {", "spec: {compat: jina-3.34, ");
    assert_eq!(checked(&(exported.clone() + &compat), &[]), (0, String::new()));
    assert_eq!(checked(&(exported + &compat.replace("name: encoder", "name: other")), &[]).0, 1);
}

#[test]
fn the_other_documents_are_checked_beside_a_broken_one() {
    let mut objects = rendered();
    let foreign = "---\nkind: ConfigMap\ndata: {a: [\n# more of it\n";
    let whole = as_documents(&objects[..9]) + foreign + &as_documents(&objects[9..]);
    let line = 1 + whole.lines().position(|line| line.contains("kind: ConfigMap\ndata") || line == "kind: ConfigMap").unwrap();
    let (code, lines) = checked(&whole, &[]);
    assert_eq!(code, 0, "{lines}");
    assert!(lines.starts_with("warning[invalid-yaml]: stdin: ") && lines.lines().count() == 1, "{lines}");
    let place: usize = lines.split("correct line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert!((line..line + 4).contains(&place), "{place} {line}");
    assert_eq!(checked(&whole, &["--strict"]).0, 1);
    // Everything else is still checked.
    drop(&mut objects, "Service/encoder");
    let whole = as_documents(&objects[..9]) + foreign + &as_documents(&objects[9..]);
    let (code, lines) = checked(&whole, &[]);
    assert_eq!(code, 1);
    assert!(lines.contains("error[reference-not-found]: Deployment/gateway: ") && lines.contains("Service/encoder"), "{lines}");
    // A document that belongs to the Flow must be readable.
    let rest = as_documents(&rendered());
    for broken in [
        "---\nkind: JinaFlow\nspec: {\n",
        "---\nmetadata: {labels: {flow.jina.ai/flow: f\n",
        "---\nkind: Deployment\nspec: {containers: [{command: [jina], args: [executor\n",
        "---\nargs:\n- gateway\n- --graph-description\nx: [\n",
    ] {
        let (code, lines) = checked(&(broken.to_owned() + &rest), &[]);
        assert_eq!(code, 1, "{broken}");
        assert!(lines.starts_with("error[invalid-yaml]: stdin: ") && lines.lines().count() == 1, "{lines}");
    }
    // Bytes that are not UTF-8, a document marker in a string, and a directive.
    let text = b"---\na: \xff\n---\nkind: X\na: |\n  --- \n  ...\n...\n%YAML 1.2\n---\n";
    let answer = run(program(&["check", "-"]), &[&text[..], rest.as_bytes()].concat());
    assert_eq!(answer.findings().len(), 1, "{}", answer.stderr);
    answer.begins("warning[not-utf8]: stdin: ");
    answer.says("line 2, column 4");
    // Secrets are not shown.
    let folder = scratch("secret");
    let file = folder.join("all.yaml");
    fs::write(&file, format!("---\nkind: Secret\nstringData: {{k: \"s3cr3t\n{rest}")).unwrap();
    let answer = jinaflow(&["check", file.to_str().unwrap()]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.codes() == ["invalid-yaml"] && !answer.stderr.contains("s3cr3t"), "{}", answer.stderr);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_reported_and_the_others_are_checked() {
    let folder = scratch("unreadable");
    fs::write(folder.join("all.yaml"), as_documents(&rendered())).unwrap();
    std::os::unix::fs::symlink("/nowhere", folder.join("a\u{1b}[31m.yaml")).unwrap();
    let answer = jinaflow(&["check", folder.to_str().unwrap()]);
    assert_eq!(answer.code, 0);
    assert_eq!(answer.findings().len(), 1, "{}", answer.stderr);
    assert!(answer.stderr.starts_with("warning[file-unreadable]: ") && answer.stderr.contains("a\u{fffd}[31m.yaml: "), "{}", answer.stderr);
    assert!(!answer.stderr.contains('\u{1b}'));
    // A file that is named on the command line must exist.
    assert_eq!(jinaflow(&["check", folder.join("none.yaml").to_str().unwrap()]).code, 1);
}

/// Reading a pipe without a writer never ends, and neither does reading some devices.
#[test]
fn pipes_sockets_and_devices_in_a_folder_are_not_read() {
    use std::os::unix::fs::symlink;
    let folder = scratch("special");
    fs::write(folder.join("real"), as_documents(&rendered())).unwrap();
    symlink("real", folder.join("all.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("pipe.yml")).status().unwrap().success());
    symlink("pipe.yml", folder.join("link.json")).unwrap();
    symlink("/dev/zero", folder.join("device.yaml")).unwrap();
    let _socket = UnixListener::bind(folder.join("socket.yml")).unwrap();
    let answer = jinaflow(&["check", folder.to_str().unwrap()]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for name in ["pipe.yml", "link.json", "device.yaml", "socket.yml"] {
        let is_about = |line: &&str| line.starts_with("warning[wrong-file-type]: ") && line.contains(&format!("/{name}: "));
        assert!(answer.findings().iter().any(is_about), "{}", answer.stderr);
    }
    assert_eq!(answer.findings().len(), 4, "{}", answer.stderr);
    // A link to a file is read as a file.
    assert!(answer.stdout.contains("encoder"), "{}", answer.stdout);
}

#[test]
fn called_components_that_do_not_run_jina_are_listed() {
    let mut objects = rendered();
    container(&mut objects, "Deployment/encoder")["command"] = json!(["sleep", "1000"]);
    let answer = check(&objects, &[]);
    assert_eq!(answer.code, 1);
    let row = |answer: &Run, name: &str| -> Vec<String> {
        let line = answer.stdout.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{}", answer.stdout));
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    assert_eq!(row(&answer, "Deployment/encoder")[..3], ["✗", "Deployment/encoder", "not Jina"]);
    assert_eq!(row(&answer, "Deployment/gateway")[..2], ["✗", "Deployment/gateway"]);
    for field in ["command", "args"] {
        drop_field(container(&mut objects, "Deployment/encoder"), field);
    }
    let answer = check(&objects, &[]);
    assert_eq!(answer.code, 0);
    assert_eq!(row(&answer, "Deployment/encoder")[..3], ["ok", "Deployment/encoder", "unknown"]);
    // Declared as external by the flag or by an annotation.
    check(&objects, &["--external", "service/encoder"]).succeeded();
    find(&mut objects, "Deployment/gateway")["metadata"]["annotations"] = json!({"flow.jina.ai/external": "service/encoder"});
    check(&objects, &[]).succeeded();
}

#[test]
fn movable_image_tags_are_reported_in_strict_mode() {
    let mut objects = rendered();
    for image in ["acme/encoder", "acme/encoder:latest", "localhost:5000/encoder"] {
        container(&mut objects, "Deployment/encoder")["image"] = image.into();
        check(&objects, &[]).succeeded();
        let answer = check(&objects, &["--strict"]);
        assert_eq!(answer.code, 1);
        assert_eq!(answer.codes(), ["image-tag-moves"], "{}", answer.stderr);
        answer.begins("warning[image-tag-moves]: Deployment/encoder: spec.template.spec.containers[0].image: ");
        answer.says(&format!("(got {image:?})"));
    }
}

/// An executor is found by the cluster IP of its Service, and by an ExternalName Service.
#[test]
fn a_service_is_found_by_its_cluster_ip_and_by_an_external_name() {
    let dial = |o: &mut Objects, host: &str| {
        let env = container(o, "Deployment/gateway")["env"].as_array_mut().unwrap();
        env.iter_mut().find(|entry| entry["name"] == "JINA_ADDR_ENCODER").unwrap()["value"] = host.into();
    };
    for (field, address) in
        [("clusterIP", json!("10.96.0.9")), ("clusterIP", json!("fd00::9")), ("clusterIPs", json!(["10.96.0.8", "fd00::9"]))]
    {
        let mut objects = rendered();
        let service = &mut find(&mut objects, "Service/encoder")["spec"];
        service.as_object_mut().unwrap().remove("clusterIP");
        service[field] = address.clone();
        // A single pod needs no load balancing.
        find(&mut objects, "Deployment/encoder")["spec"]["replicas"] = 1.into();
        drop(&mut objects, "PodDisruptionBudget/budget");
        let given = address.as_array().map_or(&address, |list| &list[1]).as_str().unwrap();
        dial(&mut objects, &if given.contains(':') { format!("[{given}]") } else { given.to_owned() });
        let answer = check(&objects, &[]).succeeded();
        assert_eq!(answer.stderr, "", "{field}");
        // The target of the Service is checked too.
        *arg(&mut objects, "Deployment/encoder", "--port") = "8081".into();
        check(&objects, &[]).says("8081");
        dial(&mut objects, "10.96.0.77");
        *arg(&mut objects, "Deployment/encoder", "--port") = "8080".into();
        check(&objects, &[]).begins("warning[executor-not-called]: Deployment/encoder: ");
    }
    for namespace in ["search", ""] {
        let mut objects = rendered();
        add(
            &mut objects,
            "apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: search}\nspec: {type: ExternalName, externalName: encoder.search.svc.cluster.local}\n",
        );
        if namespace.is_empty() {
            for object in &mut objects {
                object["metadata"].as_object_mut().unwrap().remove("namespace");
            }
        }
        dial(&mut objects, "alias");
        check(&objects, &[]).succeeded();
        // An ExternalName of an unknown domain may lead anywhere.
        find(&mut objects, "Service/alias")["spec"]["externalName"] = "encoder.example.com".into();
        check(&objects, &[]).begins("warning[executor-not-called]: Deployment/encoder: ");
    }
}

#[test]
fn budgets_that_allow_evictions_are_not_reported() {
    struct Budget {
        name: &'static str,
        spec: Value,
        /// Replicas of the encoder.
        replicas: u8,
    }
    for Budget { name, spec, replicas } in [
        Budget { name: "budget", spec: json!({"minAvailable": "50%"}), replicas: 2 },
        Budget { name: "budget", spec: json!({"minAvailable": "66%"}), replicas: 3 },
        Budget { name: "budget", spec: json!({"minAvailable": "0%"}), replicas: 1 },
        Budget { name: "budget", spec: json!({"minAvailable": 0}), replicas: 1 },
        Budget { name: "budget", spec: json!({"maxUnavailable": "1%"}), replicas: 1 },
        // The autoscaler of the gateway may add pods.
        Budget { name: "everything", spec: json!({"minAvailable": "99%"}), replicas: 1 },
        Budget { name: "everything", spec: json!({"minAvailable": 9}), replicas: 1 },
    ] {
        let mut objects = rendered();
        find(&mut objects, "Deployment/encoder")["spec"]["replicas"] = replicas.into();
        let budget = find(&mut objects, &format!("PodDisruptionBudget/{name}"));
        let selector = budget["spec"]["selector"].clone();
        budget["spec"] = spec.clone();
        budget["spec"]["selector"] = selector;
        if name == "everything" {
            drop(&mut objects, "PodDisruptionBudget/budget");
        }
        let answer = check(&objects, &[]);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{name} {spec}");
    }
    // The pods of several workloads count together.
    let mut objects = rendered();
    drop(&mut objects, "PodDisruptionBudget/everything");
    find(&mut objects, "PodDisruptionBudget/budget")["spec"] = json!({"minAvailable": 1, "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["encoder", "indexer-0"]}]}});
    find(&mut objects, "Deployment/encoder")["spec"]["replicas"] = 1.into();
    check(&objects, &[]).succeeded();
}

#[test]
fn foreign_objects_are_reported_only_when_they_are_certainly_wrong() {
    let mut objects = rendered();
    let others = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: search}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: acme/web, ports: [{containerPort: 9090}], readinessProbe: {httpGet: {port: 8000}}, envFrom: [{secretRef: {name: made-by-a-job}}]}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: search}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: primary, namespace: search}\nspec: {selector: {cluster: db, role: primary}, ports: [{port: 5432}]}\n";
    add(&mut objects, others);
    check(&objects, &[]).succeeded();
    // A name that a rename has not updated, a Service that selects almost all labels, and a value that no server
    // accepts.
    add(&mut objects, "apiVersion: v1\nkind: Secret\nmetadata: {name: dev-made-by-a-job, namespace: search}\n");
    let answer = check(&objects, &[]);
    answer.says("[reference-not-found]: Deployment/web: spec.template.spec.containers[0].envFrom[0].secretRef.name: ");
    drop(&mut objects, "Secret/dev-made-by-a-job");
    find(&mut objects, "Service/web")["spec"]["selector"]["app"] = "wbe".into();
    let answer = check(&objects, &[]);
    answer.says("[selector-matches-nothing]: Service/web: spec.selector: ");
    answer.says("{app: web}");
}

#[test]
fn a_foreign_proxy_before_an_executor_terminates_tls() {
    let mut objects = rendered();
    replace(
        arg(&mut objects, "Deployment/gateway", "--deployments-addresses"),
        "grpc://$(JINA_ADDR_ENCODER):8080",
        "grpcs://$(JINA_ADDR_ENCODER):8443",
    );
    let envoy = json!({"name": "envoy", "image": "envoyproxy/envoy:v1.31", "ports": [{"containerPort": 8443}]});
    pod(&mut objects, "Deployment/encoder")["containers"].as_array_mut().unwrap().push(envoy);
    drop(&mut objects, "NetworkPolicy/encoder");
    check(&objects, &[]).succeeded();
    // Without TLS there is nothing to report.
    replace(arg(&mut objects, "Deployment/gateway", "--deployments-addresses"), "grpcs://", "grpc://");
    let answer = check(&objects, &[]);
    answer.says("[address-without-jina]: Deployment/gateway: ");
    answer.says("port 8443 of container `envoy` of Deployment/encoder");
}

/// A ResourceList for the function with a JinaFlowCheck as functionConfig.
fn list(objects: &[Value], spec: &Value) -> String {
    let config = json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlowCheck", "metadata": {"name": "check"}, "spec": spec});
    json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": objects, "functionConfig": config}).to_string()
}

#[test]
fn the_function_reports_the_same_as_the_command() {
    let mut objects = rendered();
    function(&list(&objects, &Value::Null)).succeeded();
    drop(&mut objects, "Secret/keys");
    find(&mut objects, "Service/encoder")["spec"]["ports"][0]["targetPort"] = 9999.into();
    find(&mut objects, "Service/encoder")["metadata"]["annotations"]["internal.config.kubernetes.io/path"] = "encoder.yml".into();
    let answer = function(&list(&objects, &json!({"external": {"secrets": {"keys": {}}}})));
    assert_eq!(answer.code, 1);
    let answer = answer.list();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["resourceRef"]["name"], "encoder");
    assert_eq!(results[0]["field"]["path"], "spec.ports[0].targetPort");
    assert_eq!(results[0]["tags"]["code"], "port-not-served");
    assert_eq!(results[0]["file"], json!({"path": "encoder.yml"}));
    assert_eq!(answer["items"], json!(objects));
    // A foreign item that cannot be read is reported, and so is every other problem.
    let items = "- a: {\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}, {port: 1}]}}\n";
    let text = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {{apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlowCheck, metadata: {{name: c}}}}\nitems:\n{items}"
    );
    let answer = function(&text);
    assert!(answer.findings().iter().any(|line| line.starts_with("warning[invalid-yaml]: ")), "{}", answer.stderr);
    assert!(answer.stderr.contains("error[duplicate-entry]: Service/a: spec.ports[1].port: "), "{}", answer.stderr);
    // kustomize updates names at the end of a build, and validators run before that.
    for object in &mut objects {
        object["metadata"]["annotations"]["kustomize.config.k8s.io/id"] = "1".into();
    }
    assert_eq!(function(&list(&objects, &Value::Null)).code, 0);
}

/// Calls `change` once for every value of a tree, with that value replaced by another one.
fn with_each(whole: &mut Value, path: &str, other: &Value, change: &mut impl FnMut(&Value)) {
    let below: Vec<String> = match whole.pointer(path).unwrap() {
        Value::Object(fields) => fields.keys().map(|key| key.replace('~', "~0").replace('/', "~1")).collect(),
        Value::Array(entries) => (0..entries.len()).map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    };
    for step in below {
        let path = format!("{path}/{step}");
        let before = std::mem::replace(whole.pointer_mut(&path).unwrap(), other.clone());
        change(whole);
        *whole.pointer_mut(&path).unwrap() = before;
        with_each(whole, &path, other, change);
    }
}

#[test]
fn no_value_makes_the_check_crash() {
    let mut count = 0;
    for other in [
        Value::Null,
        json!(""),
        json!(-1),
        json!([[]]),
        json!([{"name": "$("}]),
        json!({"": {}}),
        json!("{\"a\": \"$(\", \"0\": [\"[::\"]}"),
    ] {
        let mut objects = Value::from(rendered());
        with_each(&mut objects, "", &other, &mut |objects| {
            count += 1;
            // A tenth of the replacements is checked; together they cover each kind of value in each kind of field.
            if count % 10 == 0 {
                crate::support::properties::checked(json!({"items": objects}).to_string().as_bytes());
            }
        });
    }
    assert!(count > 5000, "{count}");
}

#[test]
fn ten_thousand_executors_are_checked_in_seconds() {
    let mut objects = jina_export("005-single-executor");
    let of = |objects: &[Value], name: &str| objects.iter().find(|object| label(object) == name).unwrap().clone();
    let (deployment, service) = (of(&objects, "Deployment/encoder"), of(&objects, "Service/encoder"));
    let mut addresses = serde_json::Map::new();
    let mut graph = serde_json::Map::new();
    for number in 0..10_000 {
        let name = format!("e{number}");
        addresses.insert(name.clone(), json!([format!("grpc://{name}.custom-namespace.svc:8080")]));
        graph.insert(name.clone(), json!(["end-gateway"]));
        for object in [&deployment, &service] {
            // Every name, label and selector, except the ConfigMap, which all executors share.
            let text = object.to_string().replace("\"encoder\"", &format!("\"{name}\""));
            objects.push(serde_json::from_str(&text).unwrap());
        }
    }
    addresses.insert("encoder".to_owned(), json!(["grpc://encoder.custom-namespace.svc:8080"]));
    graph.insert("encoder".to_owned(), json!(["end-gateway"]));
    let names: Vec<&String> = addresses.keys().collect();
    graph.insert("start-gateway".to_owned(), json!(names));
    *arg(&mut objects, "Deployment/gateway", "--deployments-addresses") = Value::Object(addresses).to_string().into();
    *arg(&mut objects, "Deployment/gateway", "--graph-description") = Value::Object(graph).to_string().into();
    let start = std::time::Instant::now();
    check(&objects, &[]).succeeded();
    // The same with an address that leads nowhere for each.
    rename(&mut objects, &["Service"]);
    let answer = check(&objects, &[]);
    assert_eq!(answer.codes().iter().filter(|code| **code == "reference-not-found").count(), 10_001);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
