//! `jinaflow check` finds every kind of planted break, and finds nothing in valid manifests.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::support::{Run, documents, function, jinaflow, label, program, recorded, root, run, scratch};
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
spec: {maxUnavailable: 1, selector: {}}
";

/// A Flow that uses every feature, with the objects that users typically add.
fn rendered() -> Objects {
    let flow = scratch("check").join("flow.yml");
    fs::write(&flow, FLOW).unwrap();
    let mut objects = jinaflow(&["export", flow.to_str().unwrap(), "--k8s-namespace", "search"]).succeeded().documents();
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
    (
        |o| drop(o, "Service/encoder"),
        "error: Deployment/gateway: spec.template.spec.containers[0].env[5].value: dials `encoder` at Service/encoder, which is not there (got \"grpc://encoder:8080\"); ",
    ),
    (
        |o| rename(o, &["Service"]),
        "its Service is `prod-encoder`; write that; where kustomize renames, list kustomizeconfig.yaml under `configurations:`",
    ),
    (
        |o| find(o, "Service/encoder")["metadata"]["namespace"] = "other".into(),
        "env[5].value: dials `encoder` in namespace `search`, and Service/encoder is in namespace `other` (got \"grpc://encoder:8080\"); give all objects of the Flow one namespace",
    ),
    (
        |o| container(o, "Deployment/gateway")["env"][5] = json!({"name": "OTHER", "value": "encoder"}),
        ": dials `encoder` by $(JINA_ADDR_ENCODER), which has no value (got \"grpc://$(JINA_ADDR_ENCODER):8080\"); add it to `env`",
    ),
    (
        |o| {
            let env = container(o, "Deployment/gateway")["env"].as_array_mut().unwrap();
            env[5]["value"] = "$(HOST)".into();
            env.push(json!({"name": "HOST", "value": "encoder"}));
        },
        ": dials `encoder` by $(HOST), which is set behind the variable that uses it",
    ),
    (
        |o| {
            let service = find(o, "Service/encoder");
            service["spec"].as_object_mut().unwrap().remove("clusterIP");
            service["spec"]["ports"][0]["port"] = 80.into();
        },
        ": dials `encoder` at port 8080, which Service/encoder does not have (got \"grpc://encoder:8080\"); it has 80",
    ),
    (
        |o| {
            find(o, "Service/encoder")["spec"]["clusterIP"] = "None".into();
            replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "ENCODER):8080", "ENCODER):80");
        },
        ": dials `encoder` at port 80, on which Deployment/encoder does not listen, and Service/encoder is headless",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["selector"] = json!({"app": "x"}),
        "error: Service/encoder: spec.selector: selects the pods of nothing (got \"{app: x}\"); the pods of Deployment/encoder have ",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["targetPort"] = 9999.into(),
        "error: Service/encoder: spec.ports[0].targetPort: is a port on which no container of Deployment/encoder listens (got \"9999\"); it listens on 8080",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["targetPort"] = "grcp".into(),
        "error: Service/encoder: spec.ports[0].targetPort: is the name of no port of Deployment/encoder (got \"grcp\")",
    ),
    (
        |o| *arg(o, "Deployment/encoder", "--port") = "8081".into(),
        "error: Service/encoder: spec.ports[0].targetPort: is a port on which no container of Deployment/encoder listens",
    ),
    (
        |o| container(o, "StatefulSet/indexer-0")["args"].as_array_mut().unwrap().retain(|arg| arg != "--monitoring"),
        "error: Service/indexer-0: spec.ports[1].targetPort: is a port on which no container of StatefulSet/indexer-0 listens (got \"9090\")",
    ),
    (
        |o| {
            let mut copy = find(o, "Deployment/encoder").clone();
            copy["metadata"]["name"] = "encoder-2".into();
            o.push(copy);
        },
        "error: Service/encoder: spec.selector: selects the pods of Deployment/encoder and of Deployment/encoder-2",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "INDEXER_HEAD", "ENCODER"),
        ": dials `indexer` and reaches Deployment/encoder, which is another executor (got \"grpc://encoder:8080\"); dial Service/indexer-head",
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
        "warning: Deployment/lost: runs a Jina executor that nothing here dials",
    ),
    (|o| drop(o, "Service/gateway"), "warning: Deployment/gateway: is a gateway that no Service leads to"),
    (
        |o| container(o, "Deployment/encoder")["command"] = json!(["sleep", "1000"]),
        "error: Deployment/encoder: spec.template.spec.containers[0].command: runs something else than Jina, and Deployment/gateway dials it at grpc://encoder:8080 (got \"sleep 1000 executor --name …\"); restore `command: [jina]` and its args, or say that somebody else provides it: --external service/encoder",
    ),
    (
        |o| drop_field(container(o, "Deployment/encoder"), "args"),
        "error: Deployment/encoder: spec.template.spec.containers[0].command: runs no part of Jina that serves, and Deployment/gateway dials it at grpc://encoder:8080 (got \"jina\")",
    ),
    (
        |o| {
            drop_field(container(o, "Deployment/encoder"), "args");
            drop_field(container(o, "Deployment/encoder"), "command");
        },
        "warning: Deployment/encoder: spec.template.spec.containers[0].image: may run something else than Jina: its image decides, and Deployment/gateway dials it at grpc://encoder:8080 (got \"acme/encoder:1\")",
    ),
    (
        |o| pod(o, "Deployment/encoder")["containers"] = json!([{"name": "log", "image": "acme/log:1"}]),
        "error: Deployment/encoder: spec.template.spec.containers: has none of the containers that run Jina, and Deployment/gateway dials it at grpc://encoder:8080 (got \"log\"); a patch that merges lists replaces them",
    ),
    (
        |o| pod(o, "Deployment/gateway")["containers"] = json!([]),
        "error: Deployment/gateway: spec.template.spec.containers: has none of the containers that run Jina, and its labels say that it is a part of a Flow",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "grpc://$(JINA_ADDR_ENCODER)", "grpcs://$(JINA_ADDR_ENCODER)"),
        "error: Deployment/gateway: spec.template.spec.containers[0].args[10]: dials `encoder` by grpcs://, and Deployment/encoder serves gRPC without TLS (got \"grpcs://encoder:8080\"); write grpc://",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--deployments-addresses"), "grpc://$(JINA_ADDR_ENCODER)", "http://$(JINA_ADDR_ENCODER)"),
        ": dials `encoder` by http://, and Deployment/encoder serves gRPC (got \"http://encoder:8080\"); write grpc://",
    ),
    (
        |o| find(o, "Service/encoder")["spec"]["ports"][0]["protocol"] = "UDP".into(),
        "error: Service/encoder: spec.ports[0].protocol: is not what Deployment/encoder serves: Jina speaks TCP (got \"UDP\"); did you mean `TCP`?",
    ),
    (
        |o| drop_field(&mut find(o, "Service/encoder")["spec"], "selector"),
        "error: Service/encoder: spec.selector: is missing, and Deployment/gateway dials Deployment/encoder by this Service; the pods of Deployment/encoder have ",
    ),
    (
        |o| drop_field(&mut find(o, "Service/encoder")["spec"], "clusterIP"),
        "warning: Service/encoder: spec.clusterIP: gives each caller one of the 2 pods of Deployment/encoder, which has all to do; write `clusterIP: None`, or use a mesh",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["replicas"] = 0.into(),
        "warning: Deployment/encoder: spec.replicas: is no pod at all, and the Flow dials it (got \"0\"); write 1 or more",
    ),
    (
        |o| pod(o, "Deployment/gateway")["dnsPolicy"] = "Default".into(),
        "error: Deployment/gateway: spec.template.spec.dnsPolicy: asks the node's name server, which knows no Service (got \"Default\"); did you mean `ClusterFirst`?",
    ),
    // Duplicates.
    (
        |o| {
            let copy = container(o, "Deployment/encoder").clone();
            pod(o, "Deployment/encoder")["containers"].as_array_mut().unwrap().push(copy);
        },
        "error: Deployment/encoder: spec.template.spec.containers[1].name: is the name of another container of the pod (got \"executor\"); rename it, or remove it; the first is spec.template.spec.containers[0].name",
    ),
    (
        |o| {
            container(o, "Deployment/encoder")["env"]
                .as_array_mut()
                .unwrap()
                .extend([json!({"name": "A", "value": "1"}), json!({"name": "A", "value": "2"})])
        },
        "warning: Deployment/encoder: spec.template.spec.containers[0].env[7].name: is set twice with different values, of which the last counts (got \"A\"); remove one; the first is spec.template.spec.containers[0].env[6]",
    ),
    (
        |o| container(o, "Deployment/encoder")["ports"].as_array_mut().unwrap().push(json!({"containerPort": 8080})),
        "warning: Deployment/encoder: spec.template.spec.containers[0].ports[1].containerPort: is declared twice: whoever merges lists by their ports keeps one (got \"8080\")",
    ),
    (
        |o| pod(o, "Deployment/encoder")["volumes"] = json!([{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
        "error: Deployment/encoder: spec.template.spec.volumes[1].name: is the name of another volume of the pod (got \"v\")",
    ),
    (
        |o| {
            find(o, "Service/encoder")["spec"]["ports"]
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "port", "port": 8080, "targetPort": 8080}))
        },
        "error: Service/encoder: spec.ports[1].port: is another port of the Service as well (got \"8080\")",
    ),
    // Images.
    (
        |o| container(o, "Deployment/encoder")["image"] = "acme/Encoder:1".into(),
        "error: Deployment/encoder: spec.template.spec.containers[0].image: is no image that a node can pull: `Encoder` has upper case letters in it (got \"acme/Encoder:1\"); write acme/encoder",
    ),
    (
        |o| container(o, "Deployment/encoder")["image"] = "docker://acme/encoder:1".into(),
        ": is no image that a node can pull: `docker://` is no part of a name (got \"docker://acme/encoder:1\"); write acme/encoder:1",
    ),
    // Shards.
    (
        |o| *arg(o, "Deployment/indexer-head", "--connection-list") = r#"{"0": "$(JINA_ADDR_INDEXER_0):8080"}"#.into(),
        "error: StatefulSet/indexer-1: is shard 1 of 2, and no head dials it; add it to --connection-list of its head",
    ),
    (
        |o| replace(arg(o, "Deployment/indexer-head", "--connection-list"), "\"1\"", "\"2\""),
        ": has no address of shard 1, and 2 addresses; number them from 0 to 1",
    ),
    (|o| *arg(o, "Deployment/indexer-head", "--shards") = "3".into(), ": is not the number of addresses, 2 (got \"3\")"),
    (
        |o| *arg(o, "StatefulSet/indexer-1", "--shard-id") = "0".into(),
        ": reaches StatefulSet/indexer-1 for shard 1, which is shard 0 (got ",
    ),
    (
        |o| replace(arg(o, "Deployment/indexer-head", "--connection-list"), "INDEXER_1", "INDEXER_0"),
        ": dials `indexer-1` and reaches StatefulSet/indexer-0, which is another executor (got \"indexer-0:8080\"); dial Service/indexer-1",
    ),
    (|o| *arg(o, "Deployment/indexer-head", "--connection-list") = "{".into(), ": is no JSON for --connection-list: "),
    // Pods.
    (
        |o| *arg(o, "Deployment/indexer-head", "--uses-before-address") = "127.0.0.1:8077".into(),
        "error: Deployment/indexer-head: spec.template.spec.containers[0].args[",
    ),
    (
        |o| *arg(o, "Deployment/indexer-head", "--uses-before-address") = "127.0.0.1:8077".into(),
        ": is a port on which no other container of the pod listens (got \"127.0.0.1:8077\")",
    ),
    (
        |o| {
            let head = pod(o, "Deployment/indexer-head")["containers"][1]["args"].as_array_mut().unwrap();
            let at = head.iter().position(|arg| arg == "--port-monitoring").unwrap() + 1;
            head[at] = "9090".into();
        },
        ": is a port on which container `executor` of the same pod listens (got \"9090\"); use another",
    ),
    (
        |o| container(o, "Deployment/encoder")["livenessProbe"] = json!({"grpc": {"port": 8081}}),
        "error: Deployment/encoder: spec.template.spec.containers[0].livenessProbe.grpc.port: asks at a port on which nothing listens (got \"8081\"); the pod listens on 8080",
    ),
    (
        |o| {
            container(o, "Deployment/encoder")["startupProbe"] =
                json!({"exec": {"command": ["jina", "ping", "executor", "grpc://127.0.0.1:8081"]}})
        },
        "containers[0].startupProbe.exec.command[3]: asks at a port on which nothing listens (got \"grpc://127.0.0.1:8081\")",
    ),
    (
        |o| container(o, "Deployment/encoder")["lifecycle"] = json!({"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 600"]}}}),
        "error: Deployment/encoder: spec.template.spec.terminationGracePeriodSeconds: is not longer than the preStop of container `executor`, 600 s",
    ),
    (
        |o| {
            pod(o, "Deployment/encoder")["terminationGracePeriodSeconds"] = 20.into();
            container(o, "Deployment/encoder")["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 20}}});
        },
        "terminationGracePeriodSeconds: is not longer than the preStop of container `executor`, 20 s (got \"20\")",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["selector"]["matchLabels"]["app"] = "x".into(),
        "error: Deployment/encoder: spec.selector: does not select the workload's own pods",
    ),
    (
        |o| find(o, "StatefulSet/indexer-0")["spec"]["serviceName"] = "indexr-0".into(),
        "error: StatefulSet/indexer-0: spec.serviceName: names a Service that is not there (got \"indexr-0\"); did you mean `indexer-0`?",
    ),
    (
        |o| {
            let copy = find(o, "Service/encoder").clone();
            o.push(copy);
        },
        "error: Service/encoder: metadata.name: is that of another object of this kind: one overwrites the other",
    ),
    // The graph.
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "[\"indexer\"]", "[\"indexr\"]"),
        ": names `indexr`, which has no address (got \"indexr\"); add it to --deployments-addresses, or take it out here",
    ),
    (
        |o| *arg(o, "Deployment/gateway", "--graph-description") = r#"{"start-gateway": ["encoder"], "encoder": ["end-gateway"]}"#.into(),
        ": names `indexer`, which is not in the graph (got \"indexer\"); add it to --graph-description, or take it out here",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"encoder\": [\"indexer\"]", "\"encoder\": [\"encoder\"]"),
        "error: Deployment/gateway: spec.template.spec.containers[0].args[8]: goes round in a circle, and no request comes to its end (got \"encoder → encoder\"); take one of these steps out, and lead to `end-gateway`",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"indexer\": [\"end-gateway\"]", "\"indexer\": []"),
        ": has no way to `end-gateway`: requests are answered before any executor is done (got \"indexer\"); lead the last executor there: \"indexer\": [\"end-gateway\"]",
    ),
    (
        |o| replace(arg(o, "Deployment/gateway", "--graph-description"), "\"encoder\": [\"indexer\"]", "\"encoder\": [\"end-gateway\"]"),
        ": has no way from `start-gateway` to `indexer`, which is never called (got \"indexer\"); add it behind the executor that it needs, or take it out",
    ),
    // References.
    (
        |o| rename(o, &["ConfigMap"]),
        "containers[0].envFrom[0].configMapRef.name: names a ConfigMap that is not there (got \"encoder-configmap\"); did you mean `prod-encoder-configmap`?",
    ),
    (
        |o| drop(o, "Secret/keys"),
        ".valueFrom.secretKeyRef.name: names a Secret that is not there (got \"keys\"); add it, or say that it is provided elsewhere: --external secret/keys",
    ),
    (
        |o| find(o, "Secret/keys")["stringData"] = json!({"apy": "x"}),
        ".valueFrom.secretKeyRef.key: is no key of Secret/keys (got \"api\"); did you mean `apy`?",
    ),
    (
        |o| find(o, "Secret/keys")["metadata"]["namespace"] = "other".into(),
        ": names a Secret that is in namespace `other`, not in namespace `search` (got \"keys\"); give both the same namespace",
    ),
    (
        |o| {
            pod(o, "Deployment/encoder")["volumes"] =
                json!([{"name": "v", "projected": {"sources": [{"secret": {"name": "keys", "items": [{"key": "no", "path": "p"}]}}]}}])
        },
        ".volumes[0].projected.sources[0].secret.items[0].key: is no key of Secret/keys (got \"no\")",
    ),
    (
        |o| pod(o, "Deployment/encoder")["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": "models"}}]),
        ".volumes[0].persistentVolumeClaim.claimName: names a PersistentVolumeClaim that is not there (got \"models\")",
    ),
    (
        |o| container(o, "Deployment/encoder")["volumeMounts"] = json!([{"name": "cache", "mountPath": "/cache"}]),
        "containers[0].volumeMounts[0].name: is no volume of the pod (got \"cache\")",
    ),
    (
        |o| pod(o, "Deployment/encoder")["imagePullSecrets"] = json!([{"name": "registry"}]),
        "warning: Deployment/encoder: spec.template.spec.imagePullSecrets[0].name: names a Secret that is not there (got \"registry\")",
    ),
    (
        |o| pod(o, "Deployment/encoder")["serviceAccountName"] = "robot".into(),
        "warning: Deployment/encoder: spec.template.spec.serviceAccountName: names a ServiceAccount that is not there (got \"robot\")",
    ),
    (
        |o| find(o, "Deployment/encoder")["metadata"]["annotations"] = json!({"flow.jina.ai/external": "scret/hf"}),
        "error: Deployment/encoder: metadata.annotations[\"flow.jina.ai/external\"]: is of no kind that objects refer to (got \"scret/hf\"); did you mean `Secret`?",
    ),
    // Versions.
    (
        |o| container(o, "Deployment/indexer-head")["image"] = "jinaai/jina:3.25.1-py311-standard".into(),
        "warning: Deployment/indexer-head: spec.template.spec.containers[0].image: is Jina 3.25.1, and its gateway Deployment/gateway is Jina 3.34.0",
    ),
    (
        |o| find(o, "StatefulSet/indexer-0")["metadata"]["labels"] = json!({"flow.jina.ai/jina-version": "3.20.0"}),
        "warning: StatefulSet/indexer-0: spec.template.spec.containers[0].image: is Jina 3.20.0, and its gateway",
    ),
    // Objects that belong to the Flow: policies, autoscalers, monitors and routes.
    (
        |o| find(o, "Deployment/gateway")["spec"]["replicas"] = 3.into(),
        "error: HorizontalPodAutoscaler/gateway: spec.scaleTargetRef: scales Deployment/gateway, whose spec.replicas is fixed: every apply takes back what was scaled (got \"3\"); remove spec.replicas of Deployment/gateway",
    ),
    (
        |o| find(o, "HorizontalPodAutoscaler/gateway")["spec"]["scaleTargetRef"]["name"] = "gatway".into(),
        "error: HorizontalPodAutoscaler/gateway: spec.scaleTargetRef.name: names a Deployment that is not there (got \"gatway\"); did you mean `gateway`?",
    ),
    (
        |o| {
            add(
                o,
                "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: e, namespace: search}\nspec: {scaleTargetRef: {name: encoder}}\n",
            )
        },
        "error: ScaledObject/e: spec.scaleTargetRef: scales Deployment/encoder, whose spec.replicas is fixed",
    ),
    (
        |o| find(o, "HorizontalPodAutoscaler/gateway")["spec"]["minReplicas"] = 10.into(),
        "error: HorizontalPodAutoscaler/gateway: spec.minReplicas: is more than maxReplicas, 9 (got \"10\"); lower it, or raise maxReplicas",
    ),
    (
        |o| {
            let mut copy = find(o, "HorizontalPodAutoscaler/gateway").clone();
            copy["metadata"]["name"] = "second".into();
            o.push(copy);
        },
        "error: HorizontalPodAutoscaler/second: spec.scaleTargetRef.name: is scaled by HorizontalPodAutoscaler/gateway already, and each undoes what the other does (got \"gateway\"); remove one of the two",
    ),
    (
        |o| {
            find(o, "HorizontalPodAutoscaler/gateway")["spec"]["metrics"] =
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}])
        },
        "warning: HorizontalPodAutoscaler/gateway: spec.metrics[0].resource.target.averageUtilization: is a share of what is requested, and container `gateway` requests no cpu; set resources.requests.cpu of the container",
    ),
    (
        |o| find(o, "Ingress/search")["spec"]["tls"] = json!([{"hosts": ["x.example.com"], "secretName": "certificate"}]),
        "error: Ingress/search: spec.tls[0].secretName: names a Secret that is not there (got \"certificate\"); add it, or say that it is provided elsewhere: --external secret/certificate",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = 2.into(),
        "warning: PodDisruptionBudget/budget: spec.minAvailable: forbids every eviction: no node can be drained (got \"2\")",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "100%".into(),
        "warning: PodDisruptionBudget/budget: spec.minAvailable: forbids every eviction",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "51%".into(),
        "warning: PodDisruptionBudget/budget: spec.minAvailable: forbids every eviction: no node can be drained (got \"51%\")",
    ),
    (
        |o| {
            find(o, "Deployment/encoder")["spec"]["replicas"] = 1.into();
            find(o, "PodDisruptionBudget/budget")["spec"]["minAvailable"] = "1%".into();
        },
        "warning: PodDisruptionBudget/budget: spec.minAvailable: forbids every eviction: no node can be drained (got \"1%\")",
    ),
    (
        |o| find(o, "PodDisruptionBudget/everything")["spec"]["maxUnavailable"] = "0%".into(),
        "warning: PodDisruptionBudget/everything: spec.maxUnavailable: forbids every eviction",
    ),
    (
        |o| find(o, "PodDisruptionBudget/everything")["spec"]["maxUnavailable"] = 0.into(),
        "warning: PodDisruptionBudget/everything: spec.maxUnavailable: forbids every eviction",
    ),
    (
        |o| find(o, "PodDisruptionBudget/budget")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error: PodDisruptionBudget/budget: spec.selector: selects no pods that are here (got \"{matchLabels: {app: x}}\")",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error: ServiceMonitor/indexer-0: spec.selector: selects no Service in search (got ",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["namespaceSelector"] = json!({"matchNames": ["old"]}),
        "error: ServiceMonitor/indexer-0: spec.namespaceSelector: selects no Service in old",
    ),
    (
        |o| find(o, "ServiceMonitor/indexer-0")["spec"]["endpoints"][0]["port"] = "metrics".into(),
        "error: ServiceMonitor/indexer-0: spec.endpoints[0].port: is no named port of the Services that it selects (got \"metrics\")",
    ),
    (
        |o| find(o, "PodMonitor/all")["spec"]["selector"] = json!({"matchLabels": {"app": "x"}}),
        "error: PodMonitor/all: spec.selector: selects no pods that are here",
    ),
    (
        |o| find(o, "PodMonitor/all")["spec"]["podMetricsEndpoints"][0]["port"] = "metrics".into(),
        "error: PodMonitor/all: spec.podMetricsEndpoints[0].port: is no named port of the pods that it selects (got \"metrics\")",
    ),
    (
        |o| *find(o, "Ingress/search").pointer_mut("/spec/rules/0/http/paths/0/backend/service/name").unwrap() = "gatewy".into(),
        "error: Ingress/search: spec.rules[0].http.paths[0].backend.service.name: names a Service that is not there (got \"gatewy\"); did you mean `gateway`?",
    ),
    (
        |o| *find(o, "Ingress/search").pointer_mut("/spec/rules/0/http/paths/0/backend/service/port").unwrap() = json!({"name": "http"}),
        "error: Ingress/search: spec.rules[0].http.paths[0].backend.service.port.name: is no port of Service/gateway (got \"http\"); it has ",
    ),
    (
        |o| find(o, "GRPCRoute/search")["spec"]["rules"][0]["backendRefs"][0]["port"] = 80.into(),
        "error: GRPCRoute/search: spec.rules[0].backendRefs[0].port: is no port of Service/gateway (got \"80\"); it has 8080",
    ),
    (
        |o| {
            find(o, "Deployment/encoder")["spec"]["template"]["spec"]["topologySpreadConstraints"] =
                json!([{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]);
        },
        "warning: Deployment/encoder: spec.template.spec.topologySpreadConstraints[0].labelSelector: does not select the workload's own pods",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"]["podSelector"] = json!({"matchLabels": {"app": "x"}}),
        "warning: NetworkPolicy/encoder: spec.podSelector: selects no pods that are here",
    ),
    (
        |o| *find(o, "NetworkPolicy/encoder").pointer_mut("/spec/ingress/0/from/0/podSelector/matchLabels/app").unwrap() = "x".into(),
        "error: NetworkPolicy/encoder: spec.ingress: keeps Deployment/gateway from calling Deployment/encoder at port 8080; add it to `from` and `ports` of a rule",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"]["ingress"][0]["ports"] = json!([{"port": 9090}, {"port": 8080, "protocol": "UDP"}]),
        "error: NetworkPolicy/encoder: spec.ingress: keeps Deployment/gateway from calling Deployment/encoder at port 8080",
    ),
    (
        |o| {
            find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53}]}]})
        },
        "error: NetworkPolicy/encoder: spec.egress: keeps Deployment/gateway from calling Deployment/encoder at port 8080; add it to `to` and `ports` of a rule",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}),
        "error: NetworkPolicy/encoder: spec.egress: keeps Deployment/gateway from asking for names, which it dials; add a rule: ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]",
    ),
    (
        |o| find(o, "NetworkPolicy/encoder")["spec"] = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}, {"ports": [{"port": 53}]}]}),
        "error: NetworkPolicy/encoder: spec.egress: keeps Deployment/gateway from asking for names: port 53 is open for TCP alone, the default of `protocol`",
    ),
];

/// The same kinds of break in an export of Jina, where addresses contain the namespace.
const BREAKS_OF_JINA: &[(Damage, &str)] = &[
    (
        |o| rename(o, &["Service", "Deployment", "ConfigMap"]),
        "error: Deployment/prod-gateway: spec.template.spec.containers[0].args[10]: dials `encoder` at Service/encoder, which is not there (got \"grpc://encoder.custom-namespace.svc:8080\"); its Service is `prod-encoder`; write that: no rename reaches a name within a text",
    ),
    (
        |o| o.iter_mut().for_each(|object| object["metadata"]["namespace"] = "prod".into()),
        "error: Deployment/gateway: spec.template.spec.containers[0].args[10]: dials `encoder` in namespace `custom-namespace`, and Service/encoder is in namespace `prod` (got \"grpc://encoder.custom-namespace.svc:8080\"); dial it without a namespace: encoder",
    ),
    (
        |o| find(o, "Deployment/encoder")["spec"]["template"]["metadata"]["labels"]["app"] = "x".into(),
        "error: Service/encoder: spec.selector: selects the pods of nothing (got \"{app: encoder}\")",
    ),
    (
        |o| drop(o, "ConfigMap/encoder-configmap"),
        "error: Deployment/encoder: spec.template.spec.containers[0].envFrom[0].configMapRef.name: names a ConfigMap that is not there",
    ),
];

fn assert_found(whole: &[Value], breaks: &[(Damage, &str)]) {
    let clean = check(whole, &[]);
    assert_eq!((clean.code, clean.stderr.as_str()), (0, ""), "{}", clean.stdout);
    for (damage, expected) in breaks {
        let mut broken = whole.to_vec();
        damage(&mut broken);
        let answer = check(&broken, &[]);
        assert!(answer.stderr.contains(expected), "{expected}\n{}", answer.stderr);
        assert_eq!(answer.code, i32::from(answer.stderr.contains("error: ")), "{expected}");
        // Warnings fail only with `--strict`.
        assert_eq!(check(&broken, &["--strict"]).code, 1, "{expected}");
    }
}

#[test]
fn every_break_is_found() {
    assert_found(&rendered(), BREAKS);
}

#[test]
fn every_break_of_an_edited_export_is_found() {
    assert_found(&jina_export("001-docs-simple"), BREAKS_OF_JINA);
}

#[test]
fn rendered_flows_have_no_findings() {
    let mut count = 0;
    let mut found = Vec::new();
    let mut of_images = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let flow = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
        // Options that Jina sets itself give a warning and take effect.
        if ["connection_list", "uses_before_address", "uses_after_address"].iter().any(|option| flow.contains(option)) {
            continue;
        }
        let export = run(case.export(&[]), b"");
        if export.stderr.contains("upper case letters") {
            of_images.push(case.name.clone());
        }
        if export.code != 0 || export.stdout.is_empty() {
            continue;
        }
        // These executors run in other clusters, which the Flow does not declare.
        let answer = run(program(&["check", "-", "--external", "secret/*"]), export.stdout.as_bytes());
        found.extend(answer.findings().iter().map(|line| format!("{}: {line}", case.name)));
        count += 1;
    }
    // These Flows have images that no node can pull, and are refused.
    assert_eq!(of_images, ["246-image-odd-strings", "gw-uses-awkward", "opt-uses-before-awkward"]);
    assert_eq!(found, Vec::<String>::new());
    assert!(count > 650, "{count}");
}

/// The findings in Jina's own exports: a part of the message, and the number of recorded Flows that have it.
const DEFECTS: [(&str, usize); 13] = [
    // A StatefulSet without its Service.
    ("spec.serviceName: is missing", 12),
    // The startup probe of a head with `uses_before` and `uses_after`: a placeholder of Jina's template.
    ("asks at a port on which nothing listens (got \"127.0.0.1:{port_uses}\")", 14),
    // Several containers of a pod that all serve metrics on port 9090.
    ("is a port on which container `executor` of the same pod listens (got \"9090\")", 3),
    // A head with a volume loses its other containers.
    ("is a port on which no other container of the pod listens", 3),
    // Two executors that get the same name.
    ("is that of another object of this kind", 2),
    // `inspect: REMOVE` keeps an executor in the graph.
    (", which has no address", 2),
    ("has no way from `start-gateway` to `b`", 1),
    ("has no way to `end-gateway`: requests are answered before any executor is done", 1),
    // A name that YAML reads as a boolean: `no` becomes `false`.
    ("dials `no` at Service/no, which is not there", 1),
    // No objects, for a Deployment that is external.
    ("nothing here runs Jina", 1),
    // A cycle is exported.
    ("goes round in a circle", 1),
    // TLS of the gateway, or of a host that is not called, is expected of executors that do not use TLS.
    ("serves gRPC without TLS", 6),
    // The Flow itself is invalid.
    ("is no image that a node can pull: ", 3),
];

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
        let is_known = |line: &&str| DEFECTS.iter().any(|(words, _)| line.contains(words));
        unknown.extend(answer.findings().iter().filter(|line| !is_known(line)).map(|line| format!("{}: {line}", case.name)));
        for (count, (words, _)) in counts.iter_mut().zip(DEFECTS) {
            *count += usize::from(answer.stderr.contains(words));
        }
        clean += usize::from(answer.code == 0);
    }
    assert_eq!(unknown, Vec::<String>::new());
    assert_eq!(counts, DEFECTS.map(|(_, count)| count));
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
    check(&objects, &[]).says("JinaFlowCheck/other: spec.external.secret: is no kind that objects refer to; did you mean `secrets`?");
}

#[test]
fn external_services_are_not_reported() {
    let mut objects = rendered();
    for name in [
        "Service/encoder",
        "Deployment/encoder",
        "PodDisruptionBudget/budget",
        "PodDisruptionBudget/encoder",
        "NetworkPolicy/encoder",
        "PodMonitor/all",
    ] {
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
    check(&objects, &[]).says("dials `encoder` at Service/encodr, which is not there");
    // The values of a Secret are unknown.
    env(&mut objects, json!({"name": "JINA_ADDR_ENCODER", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "api"}}}));
    let answer = check(&objects, &[]);
    assert_eq!(
        (answer.code, answer.stderr.as_str()),
        (
            0,
            "warning: Deployment/encoder: runs a Jina executor that nothing here dials; add it to --deployments-addresses of a gateway, or remove it\n"
        )
    );
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
    check(&objects, &[]).says("Deployment/gateway: spec.template.spec.containers[0].args[0]: dials `encoder` at Service/encoder");
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
    assert!(function(&answer.stdout).stderr.contains("there is no JinaFlow"), "the list is valid input of the function");
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
    answer.begins(
        "error: Service/encoder: spec.ports[0].targetPort: is a port on which no container of Deployment/encoder listens (got \"808\")",
    );
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
    let told = format!("warning: {path}/x.yaml: is not YAML: ");
    assert!(answer.findings()[1].starts_with(&told), "{}", answer.stderr);
    fs::remove_file(folder.join("x.yaml")).unwrap();
    // A Flow is read too.
    write(
        "jinaflow.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec: {flow: {jtype: Flow, executors: [{name: a, uses: Local}]}}\n",
    );
    let answer = jinaflow(&["check", path]);
    answer.says("JinaFlow/f: spec.flow.executors[0].uses: ");
    write("overlay/kustomization.yaml", "resources: []\n");
    let answer = jinaflow(&["check", path]);
    assert!(
        answer.stderr.contains(&format!(
            "error: {path}/overlay: is a kustomization: what it builds can be looked at, not what it is made of; run: kustomize build {path}/overlay | jinaflow check -\n"
        )),
        "{}",
        answer.stderr
    );
}

#[test]
fn nothing_to_check_is_an_error() {
    for input in ["", "# nothing\n", "a: 1\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x}]}\n"] {
        let answer = run(program(&["check", "-"]), input.as_bytes());
        assert_eq!(answer.code, 1, "{input}");
        answer.begins("error: -: nothing here runs Jina: ");
        answer.says("did kustomize run with --enable-alpha-plugins --enable-exec?");
    }
    assert_eq!(run(program(&["check", "-"]), b"\xff").code, 1);
    assert_eq!(
        jinaflow(&["check", "nowhere.yaml"]).stderr,
        "error: nowhere.yaml: cannot be read: No such file or directory (os error 2)\n"
    );
}

#[test]
fn wrong_command_lines_are_reported() {
    for (args, expected) in [
        (&["check"][..], "error: check needs a PATH: files, folders, or - for standard input\n"),
        (&["chekc", "-"], "error: unknown word \"chekc\"; did you mean check?\n"),
        (&["check", "-", "--extrnal", "secret/x"], "error: unknown word \"--extrnal\"; did you mean --external?\n"),
        (
            &["check", "-", "--external", "scret/x"],
            "error: --external \"scret/x\" is of no kind that objects refer to; did you mean `Secret`?\n",
        ),
        (&["check", "-", "--external", "x"], "error: --external \"x\" is not of the form KIND/NAME; write, for example, secret/NAME\n"),
        (&["check", "-", "--output", "yaml"], "error: --output \"yaml\" is no form of an answer; use one of: table, json\n"),
        (&["check", "-", "--compat", "none"], "error: --compat belongs to export; run: jinaflow export FLOW --compat …\n"),
        (&["export", "-", "--strict"], "error: --strict belongs to check; run: jinaflow check PATH --strict …\n"),
    ] {
        let answer = jinaflow(args);
        assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.as_str()), (1, "", expected));
    }
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
    let alone = "error: JinaFlow/f: was not rendered: nothing of it is here; run: jinaflow export FILE | jinaflow check -; in kpt, run: kpt fn render; in kustomize, list it under `generators:` and not under `resources:`";
    assert_eq!(checked(&flow("f", ""), &[]), (1, alone.to_owned()));
    let of_kustomize = flow("f", ", annotations: {config.kubernetes.io/function: 'exec: {path: jinaflow}'}");
    let expected = "error: JinaFlow/f: was not rendered: nothing of it is here; in kustomize, list it under `generators:` and not under `resources:`; in kpt, run: kpt fn render; without either, run: jinaflow export FILE";
    assert_eq!(checked(&of_kustomize, &[]), (1, expected.to_owned()));
    // Beside another Flow.
    let mut others = rendered();
    assert_eq!(checked(&(as_documents(&others) + &flow("f", "")), &[]), (1, alone.to_owned()));
    // A rendered Flow is recognized by the labels of its objects or by the annotation of a package. A Flow that is not
    // applied to a cluster must declare it.
    let local = ", annotations: {config.kubernetes.io/local-config: 'true'}";
    let applied = "warning: JinaFlow/flow: metadata.annotations: would go to the cluster, which knows no such kind: kubectl apply and kpt live apply fail on it; add config.kubernetes.io/local-config: \"true\"";
    assert_eq!(checked(&(as_documents(&others) + &flow("flow", local)), &[]), (0, String::new()));
    assert_eq!(checked(&(as_documents(&others) + &flow("dev-flow", local)), &[]), (0, String::new()));
    assert_eq!(checked(&(as_documents(&others) + &flow("flow", "")), &[]), (0, applied.to_owned()));
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
    assert!(lines.starts_with("warning: stdin: is not YAML: "), "{lines}");
    assert!(lines.ends_with(": this document was not looked at, all others were"), "{lines}");
    let told: usize = lines.split("correct line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert!((line..line + 4).contains(&told), "{told} {line}");
    assert_eq!(checked(&whole, &["--strict"]).0, 1);
    // Everything else is still checked.
    drop(&mut objects, "Service/encoder");
    let whole = as_documents(&objects[..9]) + foreign + &as_documents(&objects[9..]);
    let (code, lines) = checked(&whole, &[]);
    assert_eq!(code, 1);
    assert!(lines.contains("dials `encoder` at Service/encoder, which is not there"), "{lines}");
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
        assert!(lines.starts_with("error: stdin: is not YAML: "), "{lines}");
        assert!(lines.ends_with(": it is a part of a Flow, and was not looked at"), "{lines}");
    }
    // Bytes that are not UTF-8, a document marker in a string, and a directive.
    let text = b"---\na: \xff\n---\nkind: X\na: |\n  --- \n  ...\n...\n%YAML 1.2\n---\n";
    let answer = run(program(&["check", "-"]), &[&text[..], rest.as_bytes()].concat());
    assert_eq!(answer.findings(), ["warning: stdin: is not UTF-8 from line 2, column 4 on; convert it"]);
    // Secrets are not shown.
    let folder = scratch("secret");
    let file = folder.join("all.yaml");
    fs::write(&file, format!("---\nkind: Secret\nstringData: {{k: \"s3cr3t\n{rest}")).unwrap();
    let answer = jinaflow(&["check", file.to_str().unwrap()]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stderr.contains("is not YAML") && !answer.stderr.contains("s3cr3t"), "{}", answer.stderr);
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
    assert!(
        answer.stderr.starts_with("warning: ") && answer.stderr.contains("a\u{fffd}[31m.yaml: cannot be read: No such file"),
        "{}",
        answer.stderr
    );
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
        assert!(answer.stderr.contains(&format!("/{name}: is not a regular file, and is not read")), "{}", answer.stderr);
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
        let expected = format!(
            "warning: Deployment/encoder: spec.template.spec.containers[0].image: may be another image tomorrow (got {image:?}); add a tag that stays, or a digest\n"
        );
        assert_eq!(answer.stderr, expected);
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
        check(&objects, &[]).says("Deployment/encoder: runs a Jina executor that nothing here dials");
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
        let answer = check(&objects, &[]).succeeded();
        assert!(!answer.stderr.contains("nothing here dials"), "{}", answer.stderr);
        // An ExternalName of an unknown domain may lead anywhere.
        find(&mut objects, "Service/alias")["spec"]["externalName"] = "encoder.example.com".into();
        check(&objects, &[]).says("Deployment/encoder: runs a Jina executor that nothing here dials");
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
        let answer = check(&objects, &[]).succeeded();
        assert!(!answer.stderr.contains("forbids every eviction"), "{name} {spec}: {}", answer.stderr);
    }
    // The pods of several workloads count together.
    let mut objects = rendered();
    find(&mut objects, "PodDisruptionBudget/budget")["spec"] = json!({"minAvailable": 1, "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["encoder", "indexer-0"]}]}});
    find(&mut objects, "Deployment/encoder")["spec"]["replicas"] = 1.into();
    assert!(!check(&objects, &[]).succeeded().stderr.contains("forbids every eviction"));
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
    check(&objects, &[])
        .says("Deployment/web: spec.template.spec.containers[0].envFrom[0].secretRef.name: names a Secret that is not there");
    drop(&mut objects, "Secret/dev-made-by-a-job");
    find(&mut objects, "Service/web")["spec"]["selector"]["app"] = "wbe".into();
    check(&objects, &[])
        .says("Service/web: spec.selector: selects the pods of nothing (got \"{app: wbe}\"); the pods of Deployment/web have {app: web}");
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
    check(&objects, &[])
        .says("dials `encoder` and reaches port 8443 of container `envoy` of Deployment/encoder, which does not run Jina for `encoder`");
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
    assert_eq!(results[0]["file"], json!({"path": "encoder.yml"}));
    assert_eq!(answer["items"], json!(objects));
    // A foreign item that cannot be read is reported, and so is every other problem.
    let items = "- a: {\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}, {port: 1}]}}\n";
    let text = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {{apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlowCheck, metadata: {{name: c}}}}\nitems:\n{items}"
    );
    let answer = function(&text);
    assert!(answer.findings().iter().any(|line| line.starts_with("warning: ") && line.contains("is not YAML")), "{}", answer.stderr);
    assert!(answer.stderr.contains("Service/a: spec.ports[1].port: is another port of the Service as well"), "{}", answer.stderr);
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
    assert_eq!(answer.findings().iter().filter(|line| line.contains("which is not there")).count(), 10_001);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
