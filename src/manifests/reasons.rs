//! Why manifests have a field, or do not have it: what a reviewer of the manifests asks first.

/// A field of Kubernetes, a label, an annotation or an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The name in the manifests.
    pub name: &'static str,
    /// Why it is there, or why not.
    pub why: &'static str,
}

/// All reasons. `tests/it/explain.rs` checks that manifests have these names, or do not have them.
pub const REASONS: [Reason; 10] = [
    Reason {
        name: "readinessProbe",
        why: "Containers have none. A pod gets requests as soon as its startup probe has succeeded. A readiness probe would take a \
              busy pod out of its Service, although Jina still answers: it queues requests. `podTemplate` can add a readiness probe.",
    },
    Reason {
        name: "startupProbe",
        why: "It gives an executor time to load its models: by default 10 minutes, else `timeout_ready` of the Flow. Until it \
              succeeds, the liveness probe does not run, and the pod gets no requests. `probes` selects how the kubelet asks.",
    },
    Reason {
        name: "livenessProbe",
        why: "It restarts a container whose server does not answer any more. It waits for two minutes of failures, because a process \
              that computes a large batch may not answer for a while. `probes` selects how the kubelet asks.",
    },
    Reason {
        name: "clusterIP",
        why: "Services of executors and heads are headless (`clusterIP: None`). gRPC keeps one connection to an address, so behind a \
              cluster IP one replica would get all requests. A headless Service gives the address of each pod, and the gateway calls \
              them in turn. With `mesh`, the proxies do this, and Services have a cluster IP. The Service of the gateway has one too, \
              because its clients need not know about pods.",
    },
    Reason {
        name: "preStop",
        why: "A pod waits before it stops. In this time it finishes its requests, and the callers learn that it is gone. Jina cancels \
              running requests when the process gets SIGTERM. `drainSeconds` is the time.",
    },
    Reason {
        name: "terminationGracePeriodSeconds",
        why: "It is longer than the wait of `preStop`, so that the kubelet does not kill the pod before Jina has stopped. It follows \
              `drainSeconds`.",
    },
    Reason {
        name: "automountServiceAccountToken",
        why: "It is false, because Jina does not call the API server: a token would only be useful to an attacker. `serviceAccountName` \
              turns the token on.",
    },
    Reason {
        name: "jina_deployment_name",
        why: "Jina reads this label: the variable JINA_DEPLOYMENT_NAME has its value, which is the name of the executor in the Flow.",
    },
    Reason {
        name: "flow.jina.ai/component",
        why: "The only label in selectors. Overlays set other labels on all objects, and the selector of a workload cannot change.",
    },
    Reason {
        name: "flow.jina.ai/config-hash",
        why: "A hash of the ConfigMaps of the pods. Pods read them only when they start, so another hash restarts the pods.",
    },
];

/// The reason for a name.
pub fn find(name: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.name == name)
}
