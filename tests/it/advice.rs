//! Advice that works: a user who does what a message says gets a clean run.

use jinaflow::internals::config::{self, Overrides};
use jinaflow::internals::finding::{Code, Finding, Findings};
use jinaflow::internals::jina::options::{Row, TABLE, ValueKind};
use jinaflow::internals::yaml::read;

use crate::support::{Run, function, jinaflow, scratch};

const FLOW: &str = "  flow:
    jtype: Flow
    executors:
    - {name: encoder, uses: docker://acme/encoder:1}
    - {name: indexer, uses: docker://acme/indexer:1, shards: 2}
";

fn document(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: search}}\nspec:\n{spec}{FLOW}")
}

/// The findings about a `spec`.
fn findings(spec: &str) -> Findings {
    let text = document(spec);
    let document = read(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let mut findings = Findings::default();
    config::read(&document, &Overrides::default(), &mut findings);
    findings
}

fn words(finding: &Finding) -> String {
    format!("{}: {}: {finding}", finding.path, finding.code)
}

/// The fields of a `spec` at this path: `{executors: {encoder: {flow: VALUE}}}` without the outer braces.
fn at(path: &str, value: &str) -> String {
    let path = path.replace("NAME", "encoder");
    let mut steps = path.strip_prefix("spec.").unwrap_or_else(|| panic!("{path}")).split('.');
    let first = steps.next().unwrap();
    let rest: Vec<&str> = steps.collect();
    format!("{first}: {}{value}{}", rest.iter().map(|step| format!("{{{step}: ")).collect::<String>(), "}".repeat(rest.len()))
}

fn sample(row: &Row) -> &'static str {
    match (row.name, row.kind) {
        ("gpus", _) => "'1'",
        ("log_config", _) => "json",
        ("uses", _) => "docker://acme/other:2",
        ("when", _) => "{tags__a: {$eq: 1}}",
        ("replicas", _) => "2",
        ("metrics_exporter_host" | "traces_exporter_host", _) => "collector",
        (_, ValueKind::Flag) => "true",
        (_, ValueKind::Int) => "3",
        (_, ValueKind::Text) => "word",
        (_, ValueKind::Texts) => "[word]",
        (_, ValueKind::Pairs) => "{A: b}",
        (_, ValueKind::Choice(values) | ValueKind::Enum(values)) => values[0],
        (_, ValueKind::Protocols) => "GRPC",
        (_, ValueKind::Ports) => "8080",
        (_, ValueKind::Hosts) => "0.0.0.0",
        (_, ValueKind::PeerPorts) => "{0: [8080]}",
    }
}

#[test]
fn the_message_about_an_option_outside_of_flow_names_its_place() {
    let places = [
        "spec.executors.encoder",
        "spec.executors.indexer.head",
        "spec.executors.indexer.shards.1",
        "spec.gateway",
        "spec.defaults",
        "spec.roles.worker",
        "spec",
    ];
    let mut followed = 0;
    for row in TABLE {
        for place in places {
            let value = sample(row);
            let place = format!("{place}.{}", row.name);
            let found = findings(&at(&place.replace(".shards.1.", ".shards.'1'."), value));
            // Some options are also fields, such as `env`.
            let own = |finding: &&Finding| finding.path.to_string().ends_with(row.name) && !finding.path.to_string().contains(".flow.");
            let Some(finding) = found.iter().find(own) else { continue };
            assert_eq!(found.len(), 1, "{place}: {:?}", found.iter().map(words).collect::<Vec<_>>());
            let fix = finding.fix.as_deref().unwrap_or_else(|| panic!("{place}"));
            if finding.code == Code::WrongType || fix.starts_with("remove it") || fix.starts_with("did you mean") {
                continue;
            }
            let line = fix.strip_prefix("write ").unwrap_or_else(|| panic!("{place}: {fix}"));
            let (path, own_value) = line
                .split(", or ")
                .next()
                .unwrap()
                .split(" or ")
                .next()
                .unwrap()
                .split_once(": ")
                .unwrap_or((line.split(' ').next().unwrap(), value));
            if path.starts_with("metadata.") {
                continue;
            }
            let fixed = findings(&at(path, own_value));
            let wrong: Vec<String> = fixed
                .iter()
                .filter(|finding| {
                    matches!(
                        finding.code,
                        Code::MisplacedField
                            | Code::UnknownField
                            | Code::MisplacedOption
                            | Code::FieldWithoutEffect
                            | Code::InternalOption
                            | Code::WrongType
                            | Code::ValueNotAllowed
                    )
                })
                .map(words)
                .collect();
            assert_eq!(wrong, [""; 0], "{place}: {fix}");
            followed += 1;
        }
    }
    assert!(followed > 300, "{followed}");
}

/// A `spec` with a mistake, the code and a part of the message, and the `spec` that follows the advice.
type Advice = (&'static str, &'static str, &'static str, &'static str);

const SPECS: &[Advice] = &[
    (
        "executors: {encoder: {uses_with: {a: 1}}}",
        "misplaced-field",
        "write spec.executors.encoder.flow.uses_with: {a: 1}",
        "executors: {encoder: {flow: {uses_with: {a: 1}}}}",
    ),
    (
        "executors: {encoder: {volumes: [/data]}}",
        "misplaced-field",
        "write spec.executors.encoder.flow.volumes: [/data]",
        "executors: {encoder: {flow: {volumes: [/data]}}}",
    ),
    (
        "executors: {indexer: {shards: 3}}",
        "misplaced-field",
        "write spec.executors.indexer.flow.shards: 3",
        "executors: {indexer: {flow: {shards: 3}}}",
    ),
    (
        "executors: {encoder: {usesWith: {a: 1}}}",
        "misplaced-field",
        "write spec.executors.encoder.flow.uses_with: {a: 1}",
        "executors: {encoder: {flow: {uses_with: {a: 1}}}}",
    ),
    (
        "executors: {encoder: {parallel: 3}}",
        "misplaced-field",
        "write spec.executors.encoder.flow.replicas: 3",
        "executors: {encoder: {flow: {replicas: 3}}}",
    ),
    (
        "executors: {encoder: {kubernetesVersion: '1.36'}}",
        "misplaced-field",
        "write spec.kubernetesVersion: \"1.36\"",
        "kubernetesVersion: '1.36'",
    ),
    (
        "executors: {encoder: {memory: 8}}",
        "unknown-field",
        "write spec.executors.encoder.resources.requests.memory: 8Gi",
        "executors: {encoder: {resources: {requests: {memory: 8Gi}}}}",
    ),
    (
        "executors: {encoder: {resources: {memory: 8GB}}}",
        "unknown-field",
        "write spec.executors.encoder.resources.requests.memory: 8G",
        "executors: {encoder: {resources: {requests: {memory: 8G}}}}",
    ),
    (
        "executors: {encoder: {resources: {gpu: 1}}}",
        "unknown-field",
        "write spec.executors.encoder.resources.limits: {nvidia.com/gpu: 1}",
        "executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "expose: LoadBalancer",
        "misplaced-field",
        "write spec.gateway.expose: {type: LoadBalancer}",
        "gateway: {expose: {type: LoadBalancer}}",
    ),
    ("storage: 50Gi", "misplaced-field", "write spec.executors.NAME.storage", "executors: {indexer: {storage: {size: 50Gi}}}"),
    ("executors: {gateway: {replicas: 2}}", "unknown-executor", "write the fields below `spec.gateway`", "gateway: {replicas: 2}"),
    ("executors: {encoder: {name: x}}", "misplaced-field", "remove it", "executors: {encoder: {}}"),
    ("executors: {encoder: {docker_kwargs: {a: b}}}", "misplaced-field", "remove it", "executors: {encoder: {}}"),
    (
        "executors: {encoder: {cpu: 1}}",
        "unknown-field",
        "write spec.executors.encoder.resources.requests.cpu: 1",
        "executors: {encoder: {resources: {requests: {cpu: 1}}}}",
    ),
    (
        "executors: {encoder: {resources: {memory: 1Gi}}}",
        "unknown-field",
        "write spec.executors.encoder.resources.requests.memory: 1Gi",
        "executors: {encoder: {resources: {requests: {memory: 1Gi}}}}",
    ),
    (
        "executors: {encoder: {nodeSelectors: {a: b}}}",
        "unknown-field",
        "did you mean `nodeSelector`?",
        "executors: {encoder: {nodeSelector: {a: b}}}",
    ),
    (
        "executors: {encoder: {securityContext: {runAsUser: 5}}}",
        "unknown-field",
        "write spec.executors.encoder.podTemplate.spec.securityContext",
        "executors: {encoder: {podTemplate: {spec: {securityContext: {runAsUser: 5}}}}}",
    ),
    ("executors: {replicas: 3}", "wrong-type", "write spec.executors.NAME.replicas: 3", "executors: {encoder: {replicas: 3}}"),
    ("executors: {frobnicate: {}}", "unknown-executor", "use a name from `executors` of the Flow", "executors: {encoder: {}}"),
    ("gateway: {port: 8081}", "misplaced-field", "write spec.gateway.expose.port: 8081", "gateway: {expose: {port: 8081}}"),
    ("gateway: {protocol: http}", "misplaced-field", "write spec.gateway.flow.protocol: http", "gateway: {flow: {protocol: http}}"),
    ("gateway: {service: LoadBalancer}", "unknown-field", "write spec.gateway.expose", "gateway: {expose: {type: LoadBalancer}}"),
    (
        "defaults: {timeout_send: 3000}",
        "misplaced-field",
        "write spec.defaults.flow.timeout_send: 3000",
        "defaults: {flow: {timeout_send: 3000}}",
    ),
    (
        "replicas: 3",
        "misplaced-field",
        "write spec.gateway.replicas or spec.executors.NAME.replicas",
        "executors: {encoder: {replicas: 3}}",
    ),
    (
        "storage: {size: 5Gi}",
        "misplaced-field",
        "write spec.executors.NAME.storage: {size: 5Gi}",
        "executors: {encoder: {storage: {size: 5Gi}}}",
    ),
    (
        "resources: {requests: {cpu: 1}}",
        "misplaced-field",
        "write spec.defaults.resources: {requests: {cpu: 1}}",
        "defaults: {resources: {requests: {cpu: 1}}}",
    ),
    ("protocol: http", "misplaced-field", "write spec.defaults.flow.protocol: http", "defaults: {flow: {protocol: http}}"),
    (
        "executors: {encoder: {storage: 50Gi}}",
        "wrong-type",
        "write `storage: {size: 50Gi}`",
        "executors: {encoder: {storage: {size: 50Gi}}}",
    ),
    (
        "executors: {encoder: {tolerations: [{key: a, effect: NoSchedule}]}}",
        "wrong-type",
        "write `tolerations: {a: {effect: NoSchedule}}`",
        "executors: {encoder: {tolerations: {a: {effect: NoSchedule}}}}",
    ),
    ("executors: {encoder: {env: [{name: A, value: b}]}}", "wrong-type", "write `env: {A: b}`", "executors: {encoder: {env: {A: b}}}"),
    ("executors: {encoder: {pdb: false}}", "wrong-type", "write `pdb: {enabled: false}`", "executors: {encoder: {pdb: {enabled: false}}}"),
    (
        "executors: {encoder: {resources: 1Gi}}",
        "wrong-type",
        "write `resources: {requests: {memory: 1Gi}}`",
        "executors: {encoder: {resources: {requests: {memory: 1Gi}}}}",
    ),
    ("gateway: {expose: LoadBalancer}", "wrong-type", "write `expose: {type: LoadBalancer}`", "gateway: {expose: {type: LoadBalancer}}"),
    (
        "gateway: {ingress: {hosts: [a.example.com]}}\ndefaults: {flow: {protocol: http}}",
        "wrong-type",
        "write `hosts: {a.example.com: {}}`",
        "gateway: {ingress: {hosts: {a.example.com: {}}}}\ndefaults: {flow: {protocol: http}}",
    ),
    ("networkPolicy: true", "wrong-type", "write `networkPolicy: {enabled: true}`", "networkPolicy: {enabled: true}"),
    (
        "monitoring: true\ndefaults: {flow: {monitoring: true}}",
        "wrong-type",
        "write `monitoring: {kind: ServiceMonitor}`",
        "monitoring: {kind: ServiceMonitor}\ndefaults: {flow: {monitoring: true}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {cpu: 1}}, autoscale: 5}}",
        "wrong-type",
        "write `autoscale: {max: 5}`",
        "executors: {encoder: {resources: {requests: {cpu: 1}}, autoscale: {max: 5}}}",
    ),
    (
        "executors: [{name: encoder, replicas: 2}]",
        "wrong-type",
        "write `executors: {encoder: {replicas: 2}}`",
        "executors: {encoder: {replicas: 2}}",
    ),
    (
        "executors: {encoder: {envFromSecret: {HF_TOKEN: huggingface}}}",
        "wrong-type",
        "write `HF_TOKEN: {name: huggingface, key: token}`",
        "executors: {encoder: {envFromSecret: {HF_TOKEN: {name: huggingface, key: token}}}}",
    ),
    (
        "executors: {encoder: {secrets: [huggingface]}}",
        "wrong-type",
        "write `secrets: {huggingface: {env: true}}`",
        "executors: {encoder: {secrets: {huggingface: {env: true}}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {cpu: -1}}}}",
        "value-out-of-range",
        "did you mean `1`?",
        "executors: {encoder: {resources: {requests: {cpu: 1}}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {mem: 1Gi}}}}",
        "unknown-resource",
        "did you mean `memory`?",
        "executors: {encoder: {resources: {requests: {memory: 1Gi}}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "unknown-resource",
        "did you mean `nvidia.com/gpu`?",
        "executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "limit-not-equal",
        "write `limits: {nvidia.com/gpu: 1}`",
        "executors: {encoder: {resources: {requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {amd.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "limit-not-equal",
        "write `limits: {amd.com/gpu: 1}`",
        "executors: {encoder: {resources: {requests: {amd.com/gpu: 1}, limits: {amd.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1.5}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "invalid-quantity",
        "did you mean `2`?",
        "executors: {encoder: {resources: {limits: {nvidia.com/gpu: 2}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {amd.com/gpu: 1}, limits: {amd.com/gpu: 2}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "limit-not-equal",
        "did you mean `2`?",
        "executors: {encoder: {resources: {requests: {amd.com/gpu: 2}, limits: {amd.com/gpu: 2}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {flow: {gpus: 2}, resources: {requests: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "limit-not-equal",
        "remove it: `gpus` requests the GPUs",
        "executors: {encoder: {flow: {gpus: 2}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {cpu: 2}, limits: {cpu: 1}}}}",
        "limit-below-request",
        "raise the limit",
        "executors: {encoder: {resources: {requests: {cpu: 2}, limits: {cpu: 2}}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {memory: 8GB}}}}",
        "invalid-quantity",
        "did you mean `8G`?",
        "executors: {encoder: {resources: {requests: {memory: 8G}}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {cpu: 8Gi}}}}",
        "unlikely-quantity",
        "did you mean `8`?",
        "executors: {encoder: {resources: {limits: {cpu: 8}}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {memory: 500m}}}}",
        "unlikely-quantity",
        "did you mean `500Mi`?",
        "executors: {encoder: {resources: {limits: {memory: 500Mi}}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {memory: 8}}}}",
        "unlikely-quantity",
        "did you mean `8Gi`?",
        "executors: {encoder: {resources: {limits: {memory: 8Gi}}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {cpu: 2000}}}}",
        "unlikely-quantity",
        "did you mean `2000m`?",
        "executors: {encoder: {resources: {requests: {cpu: 2000m}}}}",
    ),
    (
        "executors: {encoder: {storage: {size: 50}}}",
        "unlikely-quantity",
        "did you mean `50Gi`?",
        "executors: {encoder: {storage: {size: 50Gi}}}",
    ),
    (
        "executors: {encoder: {storage: {size: 0}}}",
        "value-out-of-range",
        "write a value such as 10Gi",
        "executors: {encoder: {storage: {size: 10Gi}}}",
    ),
    (
        "executors: {encoder: {storage: {storageClassName: fast}}}",
        "unknown-field",
        "write spec.executors.encoder.storage.className: fast",
        "executors: {encoder: {storage: {className: fast}}}",
    ),
    (
        "executors: {encoder: {env: {CUDA_VISIBLE_DEVICES: '0'}}}",
        "cuda-device-missing",
        "write `gpus: 1` for the executor in the Flow, and remove the variable",
        "executors: {encoder: {flow: {gpus: 1}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "telemetry: {traces: {port: 4317}}",
        "missing-field",
        "such as `host: collector.observability`",
        "telemetry: {traces: {port: 4317, host: collector.observability}}",
    ),
    (
        "networkPolicy: {allowFrom: {web: {cidr: 10.0.0.0/8, namespace: web}}}",
        "conflicting-fields",
        "write two entries: one with `cidr`, and one with another name and `namespace`",
        "networkPolicy: {allowFrom: {web: {cidr: 10.0.0.0/8}, pods: {namespace: web}}}",
    ),
    (
        "networkPolicy: {allowFrom: {prom: {to: metrics}}}",
        "field-without-effect",
        "or here: `defaults: {flow: {monitoring: true}}`",
        "networkPolicy: {allowFrom: {prom: {to: metrics}}}\ndefaults: {flow: {monitoring: true}}",
    ),
    (
        "executors: {encoder: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}",
        "value-out-of-range",
        "set one of the two to 1",
        "executors: {encoder: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
    (
        "kubernetesVersion: '1.37'\ndefaults: {rollingUpdate: {maxUnavailable: 0}}\nexecutors: {encoder: {storage: {}}}",
        "value-out-of-range",
        "or set it to `null` if it comes from another layer",
        "kubernetesVersion: '1.37'\ndefaults: {rollingUpdate: {maxUnavailable: 0}}\nexecutors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: null}}}",
    ),
    (
        "executors: {encoder: {secrets: {s: {mountPath: /}}}}",
        "invalid-mount-path",
        "write /FOLDER",
        "executors: {encoder: {secrets: {s: {mountPath: /FOLDER}}}}",
    ),
    (
        "executors: {encoder: {flow: {volumes: /a}, secrets: {s: {mountPath: /a/}}}}",
        "mount-path-already-used",
        "use a different folder",
        "executors: {encoder: {flow: {volumes: /a}, secrets: {s: {mountPath: /b}}}}",
    ),
    (
        "defaults: {flow: {protocol: http}}\ngateway: {grpcRoute: {gateways: {web: {}}}}",
        "protocol-not-served",
        "or use `httpRoute`",
        "defaults: {flow: {protocol: http}}\ngateway: {httpRoute: {gateways: {web: {}}}}",
    ),
    (
        "executors: {encoder: {resources: {limits: {hugepages-2Mi: 4Mi}}}}",
        "missing-field",
        "such as `requests: {memory: 1Gi}`",
        "executors: {encoder: {resources: {requests: {memory: 1Gi}, limits: {hugepages-2Mi: 4Mi}}}}",
    ),
    (
        "executors: {encoder: {resources: {requests: {memory: 1Gi}, limits: {hugepages-2Mi: 3Mi}}}}",
        "invalid-quantity",
        "write a multiple of 2Mi, such as 2Mi",
        "executors: {encoder: {resources: {requests: {memory: 1Gi}, limits: {hugepages-2Mi: 2Mi}}}}",
    ),
    (
        "executors: {encoder: {flow: {gpus: 1}, env: {CUDA_VISIBLE_DEVICES: '2'}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "cuda-device-missing",
        "remove it",
        "executors: {encoder: {flow: {gpus: 1}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
    ),
];

fn answer(spec: &str) -> Run {
    let document: String = document(spec).lines().map(|line| format!("  {line}\n")).collect();
    function(&format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n{document}"))
}

#[test]
fn advice_about_fields_gives_a_clean_run() {
    let mut wrong = Vec::new();
    for (spec, code, advice, fixed) in SPECS {
        // Each problem is reported once.
        let run = answer(spec);
        if run.codes() != [*code] || !run.stderr.contains(advice) {
            wrong.push(format!("{spec}: no {code} alone with {advice}\n{}", run.stderr));
        }
        let run = answer(fixed);
        if (run.code, run.stderr.as_str()) != (0, "") {
            wrong.push(format!("{spec}\n{fixed}: {}\n{}", run.code, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Flows without a JinaFlow: the Flow, the code and a part of the message, and the Flow that follows the advice.
const FLOWS: &[Advice] = &[
    (
        "with: {port: 51000}\nexecutors: [{uses: docker://acme/a:1}]",
        "field-without-effect",
        "with.port: `port` has no effect on Kubernetes: containers listen on port 8080 and the following ports (got \"51000\"); remove it, or write 8080; clients use port 8080 of the Service `gateway`",
        "with: {port: 8080}\nexecutors: [{uses: docker://acme/a:1}]",
    ),
    (
        "with: {port: $PORT}\nexecutors: [{uses: docker://acme/a:1}]",
        "field-without-effect",
        "remove it, or write 8080; clients use port 8080 of the Service `gateway`",
        "executors: [{uses: docker://acme/a:1}]",
    ),
    (
        "with: {port: 51000, protocol: [grpc, http]}\nexecutors: [{uses: docker://acme/a:1}]",
        "field-without-effect",
        "remove it; clients use port 8080 and the following ports of the Service `gateway`",
        "with: {protocol: [grpc, http]}\nexecutors: [{uses: docker://acme/a:1}]",
    ),
    (
        "executors: [{uses: docker://acme/a:1, port: 51000}]",
        "field-without-effect",
        "remove it, or write 8080; clients use port 8080",
        "executors: [{uses: docker://acme/a:1, port: 8080}]",
    ),
    (
        "with: {prot: http}\nexecutors: [{uses: docker://acme/a:1}, {uses: docker://acme/a:1}]",
        "protocol-not-supported",
        "write `protocol`, which applies to the gateway only",
        "with: {protocol: http}\nexecutors: [{uses: docker://acme/a:1}, {uses: docker://acme/a:1}]",
    ),
    (
        "with: {restful: True}\nexecutors: [{uses: docker://acme/a:1}, {uses: docker://acme/a:1}]",
        "renamed-option",
        "write `protocol: http`",
        "with: {protocol: http}\nexecutors: [{uses: docker://acme/a:1}, {uses: docker://acme/a:1}]",
    ),
    (
        "executors: [{name: a}, {name: b}]",
        "uses-missing",
        "is missing in 2 executors, which run Jina's BaseExecutor and change nothing: `a`, `b`",
        "executors: [{name: a, uses: docker://acme/a:1}, {name: b, uses: BaseExecutor}]",
    ),
    (
        "executors: [{uses: acme/clip:1}]",
        "image-not-set",
        "did you mean `docker://acme/clip:1`?",
        "executors: [{uses: docker://acme/clip:1}]",
    ),
    (
        "executors: [{uses: 'Docker://acme/clip:1'}]",
        "image-not-set",
        "did you mean `docker://acme/clip:1`?",
        "executors: [{uses: docker://acme/clip:1}]",
    ),
    (
        "executors: [{uses: 'docker:/acme/clip'}]",
        "image-not-set",
        "did you mean `docker://acme/clip`?",
        "executors: [{uses: docker://acme/clip}]",
    ),
    (
        "executors: [{uses: docker.io/acme/clip}]",
        "image-not-set",
        "did you mean `docker://docker.io/acme/clip`?",
        "executors: [{uses: docker://docker.io/acme/clip}]",
    ),
    ("executors: [{uses: docker://ABC}]", "image-not-set", "write docker://abc", "executors: [{uses: docker://abc}]"),
    (
        "executors: [{uses: docker://ghcr.io/Acme/Clip:V1}]",
        "image-not-set",
        "write docker://ghcr.io/acme/clip:V1",
        "executors: [{uses: docker://ghcr.io/acme/clip:V1}]",
    ),
    (
        "executors: [{name: gateway, uses: docker://acme/a:1}]",
        "reserved-name",
        "move its options to `gateway`, or rename the executor",
        "gateway: {uses: docker://acme/a:1}",
    ),
    (
        "executors: [{name: gateway, uses: docker://acme/a:1}]",
        "reserved-name",
        "because Jina ignores an executor with this name",
        "executors: [{name: edge, uses: docker://acme/a:1}]",
    ),
    (
        "executors: [{name: a, uses: docker://acme/a:1, env: {CUDA_VISIBLE_DEVICES: ''}}, {name: b, uses: docker://acme/a:1, env: {CUDA_VISIBLE_DEVICES: 0}}]",
        "cuda-device-missing",
        "remove the variable",
        "executors: [{name: a, uses: docker://acme/a:1, env: {CUDA_VISIBLE_DEVICES: -1}}, {name: b, uses: docker://acme/a:1}]",
    ),
];

#[test]
fn advice_about_flows_gives_a_clean_run() {
    let folder = scratch("advice");
    let file = folder.join("flow.yml");
    let export = |flow: &str| {
        std::fs::write(&file, format!("jtype: Flow\n{flow}\n")).unwrap();
        jinaflow(&["export", file.to_str().unwrap()])
    };
    for (flow, code, advice, fixed) in FLOWS {
        let run = export(flow);
        assert_eq!(run.codes(), [*code], "{flow}\n{}", run.stderr);
        assert!(run.stderr.contains(advice), "{flow}\n{}", run.stderr);
        let run = export(fixed);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{fixed}");
    }
    let deployment = |name: &str| {
        std::fs::write(&file, format!("jtype: Deployment\nwith: {{name: {name}, uses: docker://acme/a:1}}\n")).unwrap();
        jinaflow(&["export", file.to_str().unwrap()])
    };
    assert_eq!(deployment("gateway").codes(), ["reserved-name"]);
    assert_eq!(deployment("edge").codes(), [""; 0]);
}

#[test]
fn a_strict_check_reports_secrets_in_plain_text() {
    let folder = scratch("advice-secrets");
    let check = |spec: &str, flags: &[&str]| {
        let config = folder.join("jinaflow.yaml");
        std::fs::write(&config, document(spec)).unwrap();
        let rendered = jinaflow(&["export", config.to_str().unwrap()]);
        assert_eq!((rendered.code, rendered.stderr.as_str()), (0, ""));
        let manifests = folder.join("manifests.yaml");
        std::fs::write(&manifests, rendered.stdout).unwrap();
        jinaflow(&[&["check", manifests.to_str().unwrap()], flags].concat())
    };
    let literal = "executors: {encoder: {env: {HF_TOKEN: hf_abc, MODEL: x, HF_TOKEN_PATH: /etc/token}}}";
    let run = check(literal, &["--strict"]);
    assert_eq!((run.code, run.codes()), (1, vec!["literal-secret"]), "{}", run.stderr);
    run.says("write `envFromSecret: {HF_TOKEN: {name: SECRET, key: KEY}}`");
    assert!(!run.stderr.lines().next().unwrap().contains("hf_abc"));
    assert_eq!(check(literal, &[]).codes(), [""; 0]);
    let fixed = "executors: {encoder: {env: {MODEL: x}, envFromSecret: {HF_TOKEN: {name: hub, key: token}}}}";
    let run = check(fixed, &["--strict", "--external", "secret/hub"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_render_reports_a_flow_that_would_be_applied() {
    let item = |annotation: &str| {
        let flow: String = document("mesh: none").lines().map(|line| format!("  {line}\n")).collect();
        let flow = flow.replace(
            "metadata: {name: search}",
            &format!("metadata: {{name: search, annotations: {{internal.config.kubernetes.io/path: jinaflow.yaml, internal.config.kubernetes.io/package-path: pkg{annotation}}}}}"),
        );
        format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n-{}", &flow[1..])
    };
    let run = function(&item(""));
    assert_eq!((run.code, run.codes()), (0, vec!["local-config-missing"]), "{}", run.stderr);
    let run = function(&item(", config.kubernetes.io/local-config: 'true'"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}
