//! Manifests that a cluster refuses, and pods that never become ready. For each case, `jinaflow check` says something beforehand or
//! cannot know, and the cluster says something. The manual has a row for each case, and the rows are compared with what happens.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Space, on_node, wait_for};
use crate::support::{self, Run, root};
use crate::tools::{export, render, static_binary};

/// What the cluster does.
enum Cluster {
    /// The apply is refused, with this text.
    Refuses(&'static str),
    /// A second apply, with an edit of the manifests, is refused.
    RefusesChange { from: &'static str, to: &'static str, text: &'static str },
    /// The apply succeeds, and an event of an object of the case has this reason and this text.
    Event(&'static str, &'static str),
    /// The pods become ready all the same.
    Runs,
}

/// The namespace of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// Enforces the level `restricted` of Pod Security.
    Restricted,
    /// Has a quota of memory.
    Quota,
    Missing,
}

struct Case {
    /// The name of the Jina Deployment.
    name: &'static str,
    /// The row of the manual.
    row: &'static str,
    place: Place,
    uses: &'static str,
    /// More options in `with`.
    with: &'static str,
    /// Fields of `spec.executors.NAME`.
    fields: &'static str,
    /// An edit of the manifests, as an overlay or a person makes it.
    edit: (&'static str, &'static str),
    /// An object beside those of the Flow.
    beside: &'static str,
    /// The finding of the check: severity and code, and the end of the field path. Empty if the check finds nothing.
    check: (&'static str, &'static str),
    cluster: Cluster,
}

/// An image that no node can pull. The pods of a case with this image cost nothing.
const ABSENT: &str = "docker://example/absent:v1";

const CASE: Case = Case {
    name: "",
    row: "",
    place: Place::Plain,
    uses: "docker://example/echo:v1",
    with: "",
    fields: "",
    edit: ("", ""),
    beside: "",
    check: ("", ""),
    cluster: Cluster::Runs,
};

const NOT_FOUND: &str = "error[reference-not-found]";

static CASES: [Case; 29] = [
    Case {
        name: "secret-env",
        row: "a Secret of a variable",
        fields: "{envFromSecret: {TOKEN: {name: absent, key: token}}}",
        check: (NOT_FOUND, "valueFrom.secretKeyRef.name"),
        cluster: Cluster::Event("Failed", "secret \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "secret-key",
        row: "a key of a Secret",
        fields: "{envFromSecret: {TOKEN: {name: present, key: token}}}",
        beside: "apiVersion: v1\nkind: Secret\nmetadata: {name: present, namespace: SPACE}\nstringData: {other: a}\n---\n",
        check: (NOT_FOUND, "valueFrom.secretKeyRef.key"),
        cluster: Cluster::Event("Failed", "couldn't find key token in Secret"),
        ..CASE
    },
    Case {
        name: "secret-volume",
        row: "a Secret of a volume",
        // A kubelet mounts only volumes that a container uses.
        fields: "{podTemplate: {spec: {volumes: [{name: v, secret: {secretName: absent}}], \
                 containers: [{name: executor, volumeMounts: [{name: v, mountPath: /v}]}]}}}",
        check: (NOT_FOUND, "volumes[0].secret.secretName"),
        cluster: Cluster::Event("FailedMount", "secret \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "config-map",
        row: "a ConfigMap",
        fields: "{podTemplate: {spec: {containers: [{name: executor, envFrom: [{configMapRef: {name: absent}}]}]}}}",
        check: (NOT_FOUND, "envFrom[0].configMapRef.name"),
        cluster: Cluster::Event("Failed", "configmap \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "claim",
        row: "a claim",
        fields: "{podTemplate: {spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: absent}}]}}}",
        check: (NOT_FOUND, "persistentVolumeClaim.claimName"),
        cluster: Cluster::Event("FailedScheduling", "persistentvolumeclaim \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "service-account",
        row: "a service account",
        fields: "{serviceAccountName: absent}",
        check: (NOT_FOUND, "serviceAccountName"),
        cluster: Cluster::Event("FailedCreate", "serviceaccount \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "pull-secret",
        row: "an image pull secret",
        fields: "{imagePullSecrets: {absent: {}}}",
        check: ("warning[reference-not-found]", "imagePullSecrets[0].name"),
        ..CASE
    },
    Case {
        name: "image-not-set",
        row: "an image that is not set",
        uses: "MyExec",
        check: ("error[image-not-set]", "containers[0].image"),
        cluster: Cluster::Event("Failed", "Failed to pull image \"image-not-set.invalid/myexec:latest\""),
        ..CASE
    },
    Case {
        name: "image-name",
        row: "an image with an invalid name",
        edit: ("image: example/echo:v1", "image: example/ECHO:v1"),
        check: ("error[image-not-pullable]", "containers[0].image"),
        cluster: Cluster::Event("InspectFailed", "must be lowercase"),
        ..CASE
    },
    Case {
        name: "image-absent",
        row: "an image that the registry does not have",
        uses: ABSENT,
        cluster: Cluster::Event("Failed", "Failed to pull image \"example/absent:v1\""),
        ..CASE
    },
    Case {
        name: "quantity",
        row: "an invalid quantity",
        fields: "{podTemplate: {spec: {containers: [{name: executor, resources: {requests: {memory: 1 GB}}}]}}}",
        check: ("error[invalid-quantity]", "resources.requests.memory"),
        cluster: Cluster::Refuses("quantities must match the regular expression"),
        ..CASE
    },
    Case {
        name: "handlers",
        row: "two handlers of a probe",
        uses: ABSENT,
        edit: ("livenessProbe:\n", "livenessProbe:\n          tcpSocket: {port: 8080}\n"),
        check: ("error[exclusive-fields]", "livenessProbe.tcpSocket"),
        cluster: Cluster::Refuses("may not specify more than 1 handler type"),
        ..CASE
    },
    Case {
        name: "recreate",
        row: "`Recreate` with `rollingUpdate`",
        uses: ABSENT,
        edit: ("type: RollingUpdate\n", "type: Recreate\n"),
        check: ("error[exclusive-fields]", "spec.strategy.rollingUpdate"),
        cluster: Cluster::Refuses("spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"),
        ..CASE
    },
    Case {
        name: "pod-security",
        row: "pods that Pod Security forbids, with the Namespace",
        place: Place::Restricted,
        beside: "apiVersion: v1\nkind: Namespace\nmetadata: {name: SPACE, labels: {pod-security.kubernetes.io/enforce: restricted}}\n---\n",
        check: ("error[pod-security-violated]", "spec.template.spec"),
        cluster: Cluster::Event("FailedCreate", "violates PodSecurity \"restricted:latest\""),
        ..CASE
    },
    Case {
        name: "unlabelled",
        row: "pods that Pod Security forbids, without it",
        place: Place::Restricted,
        cluster: Cluster::Event("FailedCreate", "violates PodSecurity \"restricted:latest\""),
        ..CASE
    },
    Case {
        name: "jinaflow",
        row: "a JinaFlow that is not rendered",
        uses: ABSENT,
        beside: "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: other}\n\
                 spec: {flow: {jtype: Deployment, with: {name: other, uses: 'docker://example/echo:v1'}}}\n---\n",
        check: ("error[flow-not-rendered]", "JinaFlow/other"),
        cluster: Cluster::Refuses("no matches for kind \"JinaFlow\""),
        ..CASE
    },
    Case {
        name: "monitor",
        row: "a CustomResourceDefinition",
        uses: ABSENT,
        with: ", monitoring: true",
        // A version that this cluster does not have, because other tests need the kind.
        edit: ("apiVersion: monitoring.coreos.com/v1", "apiVersion: monitoring.coreos.com/v9"),
        cluster: Cluster::Refuses("no matches for kind \"ServiceMonitor\""),
        ..CASE
    },
    Case {
        name: "namespace",
        row: "the namespace",
        place: Place::Missing,
        cluster: Cluster::Refuses("namespaces \"SPACE\" not found"),
        ..CASE
    },
    Case {
        name: "storage-class",
        row: "a StorageClass",
        fields: "{storage: {size: 1Gi, className: absent}}",
        cluster: Cluster::Event("ProvisioningFailed", "storageclass.storage.k8s.io \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "priority-class",
        row: "a PriorityClass",
        fields: "{priorityClassName: absent}",
        cluster: Cluster::Event("FailedCreate", "no PriorityClass with name absent was found"),
        ..CASE
    },
    Case {
        name: "runtime-class",
        row: "a RuntimeClass",
        fields: "{podTemplate: {spec: {runtimeClassName: absent}}}",
        cluster: Cluster::Event("FailedCreate", "RuntimeClass \"absent\" not found"),
        ..CASE
    },
    Case {
        name: "cpu",
        row: "a node with the requested CPUs",
        fields: "{resources: {requests: {cpu: '100'}}}",
        cluster: Cluster::Event("FailedScheduling", "Insufficient cpu"),
        ..CASE
    },
    Case {
        name: "gpu",
        row: "a node with the GPUs",
        with: ", gpus: 100",
        cluster: Cluster::Event("FailedScheduling", "Insufficient nvidia.com/gpu"),
        ..CASE
    },
    Case {
        name: "node",
        row: "a node with the labels",
        fields: "{nodeSelector: {disk: absent}}",
        cluster: Cluster::Event("FailedScheduling", "didn't match Pod's node affinity/selector"),
        ..CASE
    },
    Case {
        name: "quota",
        row: "a request that a quota needs",
        place: Place::Quota,
        cluster: Cluster::Event("FailedCreate", "failed quota: memory: must specify requests.memory"),
        ..CASE
    },
    Case {
        name: "large",
        row: "an object of more than 256 KiB",
        uses: ABSENT,
        fields: "{env: {LARGE: LETTERS}}",
        cluster: Cluster::Refuses("metadata.annotations: Too long"),
        ..CASE
    },
    Case {
        name: "selector",
        row: "a change of the selector",
        uses: ABSENT,
        cluster: Cluster::RefusesChange {
            from: "flow.jina.ai/component: selector",
            to: "flow.jina.ai/component: other",
            text: "spec.selector: Invalid value",
        },
        ..CASE
    },
    Case {
        name: "claim-size",
        row: "a change of `storage.size`",
        uses: ABSENT,
        fields: "{storage: {size: 1Gi}}",
        cluster: Cluster::RefusesChange {
            from: "storage: \"1Gi\"",
            to: "storage: \"2Gi\"",
            text: "spec.volumeClaimTemplates: Invalid value",
        },
        ..CASE
    },
    Case {
        name: "headless",
        row: "a change of `mesh` to none",
        uses: ABSENT,
        cluster: Cluster::RefusesChange {
            from: "  type: ClusterIP\n",
            to: "  type: ClusterIP\n  clusterIP: None\n",
            text: "spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set",
        },
        ..CASE
    },
];

/// The namespaces of the cases.
struct Places {
    plain: Space,
    restricted: Space,
    quota: Space,
}

impl Places {
    fn name(&self, place: Place) -> &str {
        match place {
            Place::Plain => &self.plain.name,
            Place::Restricted => &self.restricted.name,
            Place::Quota => &self.quota.name,
            Place::Missing => "refusals-absent",
        }
    }
}

/// The manifests of a case, in its namespace.
fn manifests(case: &Case, namespace: &str) -> String {
    let Case { name, uses, with, edit: (from, to), .. } = case;
    let fields = if case.fields.is_empty() { String::new() } else { format!("  executors: {{{name}: {}}}\n", case.fields) };
    let flow = format!("  flow:\n    jtype: Deployment\n    with: {{name: {name}, uses: '{uses}'{with}}}\n");
    let head = format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n");
    let rendered = export(&(head + &flow + &fields.replace("LETTERS", &"x".repeat(300_000))), &[]);
    assert!(rendered.contains(from), "{name}: no {from:?}\n{rendered}");
    let edited = if from.is_empty() { rendered } else { rendered.replace(from, to) };
    case.beside.replace("SPACE", namespace) + &edited
}

fn check(manifests: &str) -> Run {
    let mut command = Command::new(static_binary());
    command.args(["check", "-"]);
    support::run(command, manifests.as_bytes())
}

fn apply(manifests: &str) -> Run {
    support::run(on_node("kubectl", &["apply", "-f", "-"]), manifests.as_bytes())
}

/// Waits for an event of an object whose name begins with the name of the case.
fn wait_for_event(space: &Space, case: &Case, reason: &str, text: &str) {
    let is_of_case = |event: &Value| event["involvedObject"]["name"].as_str().unwrap().starts_with(&format!("{}-", case.name));
    wait_for(&format!("an event of {} with {reason} and {text}", case.name), 180, || {
        let events = space.get(&["events"]);
        let is_it = |event: &Value| is_of_case(event) && event["reason"] == reason && event["message"].as_str().unwrap().contains(text);
        events["items"].as_array().unwrap().iter().any(is_it).then_some(())
    });
}

#[test]
fn check_says_beforehand_what_the_cluster_says() {
    let places = Places {
        plain: Space::new("refusals"),
        restricted: Space::with_labels("refusals-restricted", &["pod-security.kubernetes.io/enforce=restricted"]),
        quota: Space::new("refusals-quota"),
    };
    places.quota.kubectl(&["create", "quota", "memory", "--hard=requests.memory=1Gi"]);
    let all: Vec<(&Case, String)> = CASES.iter().map(|case| (case, manifests(case, places.name(case.place)))).collect();
    for (case, manifests) in &all {
        let said = check(manifests);
        let (finding, path) = case.check;
        let findings: Vec<&str> = said.stderr.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning[")).collect();
        if finding.is_empty() {
            assert_eq!((said.code, findings), (0, Vec::new()), "{}", case.name);
        } else {
            assert_eq!((findings.len(), said.code == 0), (1, finding.starts_with("warning")), "{}: {findings:?}", case.name);
            let (begin, _) = findings[0].split_once(": ").unwrap();
            assert!(begin == finding && findings[0].contains(&format!("{path}: ")), "{}: {}", case.name, findings[0]);
        }

        let answer = apply(manifests);
        if let Cluster::Refuses(text) = case.cluster {
            let text = text.replace("SPACE", places.name(case.place));
            assert!(answer.code != 0 && answer.stderr.contains(&text), "{}: {}", case.name, answer.stderr);
            continue;
        }
        assert_eq!(answer.code, 0, "{}: {}", case.name, answer.stderr);
        if let Cluster::RefusesChange { from, to, text } = case.cluster {
            let changed = manifests.replace(from, to);
            assert_ne!(&changed, manifests, "{}", case.name);
            let answer = apply(&changed);
            assert!(answer.code != 0 && answer.stderr.contains(text), "{}: {}", case.name, answer.stderr);
            // The commands of the manual.
            let delete: &[&str] = match case.name {
                "claim-size" => &["delete", "statefulset", "claim-size", "--cascade=orphan"],
                "headless" => &["delete", "services", "--selector", "flow.jina.ai/flow=headless,flow.jina.ai/role!=gateway"],
                _ => continue,
            };
            places.plain.kubectl(delete);
            let answer = apply(&changed);
            assert_eq!(answer.code, 0, "{}: {}", case.name, answer.stderr);
        }
    }
    for case in &CASES {
        let space = match case.place {
            Place::Restricted => &places.restricted,
            Place::Quota => &places.quota,
            Place::Plain | Place::Missing => &places.plain,
        };
        match case.cluster {
            Cluster::Event(reason, text) => wait_for_event(space, case, reason, text),
            Cluster::Runs => drop(space.kubectl(&["rollout", "status", &format!("deployment/{}", case.name), "--timeout", "180s"])),
            Cluster::Refuses(_) | Cluster::RefusesChange { .. } => {}
        }
    }
}

/// An Ingress with a class that no controller serves is accepted, and nothing reports it. A Service without an address keeps it so:
/// kubectl removes the field `clusterIP`, and the API server puts it back.
#[test]
fn some_changes_are_accepted_and_have_no_effect() {
    let space = Space::new("ignored");
    let flow = format!("jtype: Flow\nwith: {{retries: 0}}\nexecutors:\n- {{name: encoder, uses: {ABSENT}}}\n");
    let flow = |spec: &str| render(&flow, spec);
    space.apply(&flow("gateway: {image: example/absent:v1}\n"));
    let changed = flow("mesh: linkerd\ngateway: {image: example/absent:v1, ingress: {className: absent, hosts: {a.example.com: {}}}}\n");
    assert!(!changed.contains("clusterIP") && check(&changed).code == 0);
    space.apply(&changed);
    assert_eq!(space.get(&["service", "encoder"])["spec"]["clusterIP"], "None");
    assert_eq!(space.get(&["ingress", "gateway"])["status"]["loadBalancer"], serde_json::json!({}));
    // With the command of the manual, the Service gets its address.
    space.kubectl(&["delete", "services", "--selector", "flow.jina.ai/flow=run,flow.jina.ai/role!=gateway"]);
    space.apply(&changed);
    assert_ne!(space.get(&["service", "encoder"])["spec"]["clusterIP"], "None");
}

/// Each case has a row with what the check and the cluster say.
#[test]
fn the_manual_has_a_row_for_each_refusal() {
    let manual = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    let section = manual.split("#### What check knows, and what only the cluster knows\n").nth(1).unwrap().split("\n####").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("    ")).skip(1).collect();
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<String> = CASES
        .iter()
        .map(|case| {
            let check = if case.check.0.is_empty() { "nothing" } else { case.check.0 };
            let check = check.replace('[', " ").replace(']', "");
            let cluster = match case.cluster {
                Cluster::Refuses(_) | Cluster::RefusesChange { .. } => "refuses the apply",
                Cluster::Event(reason, _) => reason,
                Cluster::Runs => "runs the pods",
            };
            format!("{} {check} {cluster}", case.row)
        })
        .collect();
    assert_eq!(rows.into_iter().map(squeezed).collect::<Vec<_>>(), expected);
}
