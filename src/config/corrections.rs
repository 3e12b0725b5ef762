//! The deliberate differences between the objects that Jina 3.34.0 exports and the objects that jinaflow renders.
//!
//! Each row describes what Jina emits, why that output is wrong (with a source), and what jinaflow emits. The code for a
//! difference of [`TABLE`] calls [`Corrections::has`] at one place, so a search for the variant finds the code. No
//! difference of [`TABLE`] applies under `compat: jina-3.34`. Differences that apply in every mode are in
//! [`super::always`]. `jinaflow explain` prints both tables, and `tests/it/explain.rs` compares each row with rendered
//! objects.

/// The description of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The name in documentation and on the command line.
    pub name: &'static str,
    /// The behavior or the output of Jina.
    pub jina: &'static str,
    /// The reason why Jina's output is wrong, with the component that refuses the output or the place where the defect
    /// was observed.
    pub why: &'static str,
    /// The behavior or the output of jinaflow.
    pub ours: &'static str,
}

/// One deliberate difference that `compat` reverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The variant of the difference.
    pub correction: Correction,
    /// The description of the difference.
    pub difference: Difference,
}

macro_rules! corrections {
    ($($variant:ident $name:literal jina: $jina:literal why: $why:literal ours: $ours:literal)*) => {
        /// The differences by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Correction { $(#[doc = $ours] $variant,)* }

        /// The differences, one row for each variant.
        pub static TABLE: &[Row] = &[$(Row {
            correction: Correction::$variant,
            difference: Difference { name: $name, jina: $jina, why: $why, ours: $ours },
        },)*];
    };
}

corrections! {
    NoDefaultNamespace "no-default-namespace"
        jina: "`metadata.namespace: default`, or the name of the Flow, where no namespace is set"
        why: "`kubectl apply --namespace` then refuses the objects, and the name of a Flow is not the place where it runs"
        ours: "no namespace unless `metadata.namespace` or `--k8s-namespace` sets one"

    OlderContainers "older-containers"
        jina: "the arguments and probes of Jina 3.34 for every image"
        why: "a container of Jina 3.11 ignores `--no-reduce`, and `jina ping` of 3.9 exits with 2: the kubelet restarts the pod forever"
        ours: "arguments and probes that containers of `spec.jinaVersion` understand"

    SymbolicAddresses "symbolic-addresses"
        jina: "`encoder.my-namespace.svc:8080` inside the arguments of the gateway and of heads"
        why: "kustomize cannot change names inside an argument: with `namespace:`, `namePrefix:` or `nameSuffix:` the gateway calls Services that do not exist (kustomize issues 3380, 2171)"
        ours: "`$(JINA_ADDR_ENCODER):8080`, and an environment variable with the name of the Service as its value, which kustomize changes by nameReference"

    NoLiteralNamespace "no-literal-namespace"
        jina: "the namespace in `--k8s-namespace`, in K8S_NAMESPACE_NAME, in the pod label `ns` and in the ServiceMonitor"
        why: "an overlay with `namespace:` does not change these copies; nothing reads `--k8s-namespace` at run time, and a ServiceMonitor then selects the wrong namespace"
        ours: "K8S_NAMESPACE_NAME from the metadata of the pod, and no other copy"

    NamesFromMetadata "names-from-metadata"
        jina: "JINA_DEPLOYMENT_NAME as a literal value"
        why: "it equals the name of a Service, so the nameReference that addresses need would change it; heads use it as a key"
        ours: "JINA_DEPLOYMENT_NAME from the label `jina_deployment_name` of the pod"

    EscapedDollars "escaped-dollars"
        jina: "`$(NAME)` and `$$` of user strings without escapes"
        why: "the kubelet expands them in arguments: a `uses_with` value `pa$$word` arrives as `pa$word`"
        ours: "`$$(NAME)` and `$$$$`, which arrive as the user wrote them"

    ProbeTimeout "probe-timeout"
        jina: "`--timeout 9500` as one argument of the liveness probe"
        why: "`jina ping` warns `ignored unknown argument` on every run"
        ours: "`--timeout` and `9500` as two arguments"

    HeadProbes "head-probes"
        jina: "`127.0.0.1:8080 - --timeout 9500` and `127.0.0.1:{port_uses}` as targets of the probes of heads with uses_before or uses_after"
        why: "the second always exits with 1, so the kubelet restarts the head again and again; the first works by accident"
        ours: "`grpc://127.0.0.1:8080`"

    StatefulSetFields "statefulset-fields"
        jina: "a StatefulSet with `strategy` and without `serviceName`"
        why: "the API server refuses it: unknown field `spec.strategy`; `serviceName` is required up to Kubernetes 1.32"
        ours: "`updateStrategy` and `serviceName`"

    StorageClass "storage-class"
        jina: "`storageClassName: standard`"
        why: "clusters without a class of that name leave the claim and its pod pending"
        ours: "no class, so the default of the cluster applies"

    VolumeMountPath "volume-mount-path"
        jina: "`mountPath: /host:/container` for `volumes: /host:/container`"
        why: "the executor writes to /container, which is not on a volume; the API forbids `:` in the path"
        ours: "`mountPath: /container`"

    AllVolumes "all-volumes"
        jina: "one claim, for the first of `volumes`"
        why: "files that the executor writes to the other directories are lost with the pod"
        ours: "a claim for each of `volumes`"

    HeadWithoutVolumes "head-without-volumes"
        jina: "a StatefulSet with a claim for the head of a sharded executor with volumes, without its uses_before and uses_after containers"
        why: "the head waits for the missing containers and never gets ready"
        ours: "a Deployment with its containers and without a claim"

    SidecarMonitoringPorts "sidecar-monitoring-ports"
        jina: "`--port-monitoring 9090` for all containers of a head's pod"
        why: "the containers share one network: `Address already in use`, and the later ones never get ready"
        ours: "9091 for uses_before and 9092 for uses_after"

    SidecarSecrets "sidecar-secrets"
        jina: "env_from_secret for the first container only"
        why: "uses_before and uses_after run the user's code without the variables"
        ours: "env_from_secret for every container"

    NativeSidecars "native-sidecars"
        jina: "uses_before and uses_after as ordinary containers beside the head"
        why: "the kubelet stops all containers of a pod at once, so requests that still run in the head lose the executors that it calls; and a head that starts first answers with errors until they run"
        ours: "init containers with `restartPolicy: Always`, which start before the head and end after it, unless `kubernetesVersion` is older than 1.29 or a mesh is set, whose proxy may start later"

    IdleSidecars "idle-sidecars"
        jina: "a container beside the head for `uses_before: BaseExecutor` or `uses_after: BaseExecutor`"
        why: "it returns each request unchanged, and costs a process and two more hops; Jina itself starts no such executor when it runs the Flow"
        ours: "no such container, and no address of it"

    RemovedNodes "removed-nodes"
        jina: "conditions, metadata and `no_reduce` of executors that `inspect: REMOVE` removed from the Flow, in the arguments of the gateway"
        why: "no executor has these names"
        ours: "only the conditions, metadata and `no_reduce` of the remaining executors"

    TlsProbes "tls-probes"
        jina: "probes that ping `grpc://` or `http://` although the gateway has a certificate"
        why: "`jina ping` does not support TLS and exits with 1: the kubelet restarts the gateway forever"
        ours: "probes that open a TCP connection"

    PlainExecutors "plain-executors"
        jina: "`grpcs://` addresses for executors when `with` has ssl_certfile and ssl_keyfile, or tls"
        why: "the options are for the gateway; executors serve gRPC without TLS, and the gateway never connects"
        ours: "`grpc://` for every executor of this Flow"

    BindAllInterfaces "bind-all-interfaces"
        jina: "`--host` with the value of `host`, also from the Flow's `with`"
        why: "a container can listen only on addresses of its pod, and `host` is an address for clients"
        ours: "`--host 0.0.0.0`"

    ExternalReplicas "external-replicas"
        jina: "the first address of an external executor with several addresses"
        why: "the other replicas never receive a request"
        ours: "all addresses"

    ExternalTls "external-tls"
        jina: "`grpc://` for an external executor with `tls: true` and `host: name:port`"
        why: "Jina loses `tls` when it reads the port from `host`; a server with TLS refuses the connection"
        ours: "`grpcs://`"

    GpuCount "gpu-count"
        jina: "`nvidia.com/gpu: device=…`"
        why: "it is not a quantity, and the API server refuses the object"
        ours: "the number of the named devices"

    CudaDevices "cuda-devices"
        jina: "`CUDA_VISIBLE_DEVICES: RR…` in the ConfigMap"
        why: "round robin is for replicas on one machine; CUDA reads the value as a device and finds none"
        ours: "no such variable; each pod sees the GPUs that it requests"

    StructuredEnv "structured-env"
        jina: "Python's `{'a': True, 'b': [1]}` in the ConfigMap for a mapping or list under `env`"
        why: "only Python can read it; `json.loads` and every other language refuse it"
        ours: "JSON: `{\"a\": true, \"b\": [1]}`"

    NativeOnce "native-once"
        jina: "`--native` twice for an executor with `native: true`"
        why: "the second one has no effect"
        ours: "`--native` once"

    GatewayClass "gateway-class"
        jina: "`--uses config.yml` for a built-in gateway with one protocol and several ports"
        why: "the image has no config.yml, so the gateway exits at once"
        ours: "the built-in gateway of the protocol"

    BalancedReplicas "balanced-replicas"
        jina: "Services with a cluster IP, and an annotation that requests Linkerd"
        why: "gRPC keeps one connection to such an address: without a mesh one replica gets all requests (jina-ai/serve issue 5788)"
        ours: "headless Services for executors and heads, gRPC's round robin in the gateway and in heads, and servers that close connections after some time, so that clients find new replicas; the gateway and heads wait for the only pod of an executor while it restarts, and a shard with storage and one pod has a cluster IP for that; `spec.mesh` requests Linkerd or Istio"

    ObjectLabels "object-labels"
        jina: "labels on Services and pods only, and none of those that Kubernetes recommends"
        why: "`kubectl get -l`, overlays and policies cannot distinguish the objects of a Flow from others, or the shards of an executor from its head"
        ours: "app.kubernetes.io/{name,part-of,managed-by} and flow.jina.ai/{flow,executor,role,shard} on every object; and on a gateway that calls external Services the annotation flow.jina.ai/external, for `jinaflow check`"

    NativeProbes "native-probes"
        jina: "probes that run `jina ping`"
        why: "each run starts Python: 1.7 s of CPU and 100 MB every five seconds for every container; the gRPC servers answer the kubelet's own health checks"
        ours: "gRPC and HTTP probes of the kubelet itself, unless `probes: ping`"

    DrainTime "drain-time"
        jina: "`sleep 2` before SIGTERM, and the default of 30 seconds until SIGKILL"
        why: "at SIGTERM Jina cancels running requests: those longer than two seconds fail with `Cancelling all calls`"
        ours: "`drainSeconds`, by default 30, and a grace period that is 10 seconds longer"

    NativeSleep "native-sleep"
        jina: "`/bin/sh -c 'sleep 2'` before SIGTERM"
        why: "an image without a shell fails the command, and the pod stops at once: its running requests fail"
        ours: "the `sleep` action of the kubelet, unless `kubernetesVersion` is older than 1.30"

    DeclaredPorts "declared-ports"
        jina: "`containerPort` for the gateway's protocols and the first port of an executor"
        why: "a PodMonitor finds a port by its name, and readers of a manifest expect all served ports there"
        ours: "every served port, metrics included, with a name"

    NoApiToken "no-api-token"
        jina: "pods with a token of the namespace's ServiceAccount"
        why: "Jina does not call the Kubernetes API, and an attacker in an executor could use the token"
        ours: "`automountServiceAccountToken: false`, unless `serviceAccountName` names an account"

    NoServiceLinks "no-service-links"
        jina: "variables for every Service of the namespace in each container, such as ENCODER_PORT"
        why: "Jina finds other components by their addresses; a Service's name can overwrite a variable of the executor, and thousands of Services make the start of a process slow or fail (Kubernetes, pod.spec.enableServiceLinks)"
        ours: "`enableServiceLinks: false`, and `true` with `podTemplate: {spec: {enableServiceLinks: true}}`"

    EvenRollouts "even-rollouts"
        jina: "spread constraints that count the pods of all versions of a Deployment, if `topologySpread` is set"
        why: "during a rolling update the scheduler counts pods that are about to end, so the new pods are uneven when it is over (KEP-3243)"
        ours: "`matchLabelKeys: [pod-template-hash]` in the constraints of Deployments; not of StatefulSets, which delete a pod before they create the next one"

    DisruptionBudgets "disruption-budgets"
        jina: "no PodDisruptionBudget"
        why: "draining a node can stop all replicas of an executor at once"
        ours: "a PodDisruptionBudget for every workload, with any autoscaler, that lets one pod be evicted at a time; a pod that is not ready can always be evicted"

    ConfigHash "config-hash"
        jina: "pods that keep running when only their ConfigMap changes"
        why: "a process reads its variables when it starts: the change applies only when the pod is next replaced"
        ours: "the annotation flow.jina.ai/config-hash of pods, which changes with the values that the Flow puts into the ConfigMap, and so replaces the pods"

    OwnSelectors "own-selectors"
        jina: "selectors with the label `app` alone"
        why: "an overlay's `commonLabels: {app: …}` gives all pods one value: every Service then sends to every pod, including the gateway's (kustomize issues 157, 1009, 2740)"
        ours: "selectors with the label `flow.jina.ai/component`, whose value is the name of the component's Service; `app` remains a label without meaning for selectors"

    PlaceholderImages "placeholder-images"
        jina: "an error for a class, a configuration file, and a name that the Jina Hub does not know; and an invalid name of an image unchanged"
        why: "overlays set the images of a base, so a Flow is rendered before every image is known; and no node can pull an image with an invalid name"
        ours: "a placeholder below image-not-set.invalid, which an overlay can replace, and one warning about all of them"

    ReplicasArgument "replicas-argument"
        jina: "`--replicas 3` in the arguments of the gateway and of executors"
        why: "Jina does not read it in a container; an autoscaler or kustomize's `replicas` makes it wrong, and a change of it restarts all pods"
        ours: "no such argument; an executor that reads `self.runtime_args.replicas` sees 1"

    ReadLabels "read-labels"
        jina: "the labels `shard_id` and `pod_type` on pods"
        why: "nothing reads them, and `flow.jina.ai/shard` and `flow.jina.ai/role` say the same"
        ours: "neither of them"

    WorkingVariables "working-variables"
        jina: "the variables `pythonunbuffered` and `worker_class`"
        why: "names of variables are case-sensitive: Python reads PYTHONUNBUFFERED only, so logs arrive late, and nothing reads the other one"
        ours: "`PYTHONUNBUFFERED: \"1\"`"

    NoEmptyArguments "no-empty-arguments"
        jina: "`--uses-metas {}` and `--expose-endpoints {}`"
        why: "they are the same as no argument (`load_config` in jina/jaml and `get_fastapi_app` skip both)"
        ours: "no such argument unless the Flow sets the option"

    PlainCollectors "plain-collectors"
        jina: "an address without a scheme for the collector of OpenTelemetry, such as `collector:4317`"
        why: "the exporter in the container then expects TLS (`OTEL_EXPORTER_OTLP_INSECURE` of the OpenTelemetry specification), so a collector in the cluster receives nothing"
        ours: "`OTEL_EXPORTER_OTLP_INSECURE: \"true\"` where traces or metrics are on, unless `env` sets it"
}

/// The differences that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrections(u64);

impl Corrections {
    /// All differences.
    pub const ALL: Self = Self((1 << TABLE_LENGTH) - 1);
    /// No differences, as in the export of Jina 3.34.
    pub const NONE: Self = Self(0);

    /// Whether a difference applies.
    pub fn has(self, correction: Correction) -> bool {
        self.0 & (1 << correction as u32) != 0
    }

    /// The set without a difference.
    pub fn without(self, correction: Correction) -> Self {
        Self(self.0 & !(1 << correction as u32))
    }

    /// The set with one more difference.
    pub fn with(self, correction: Correction) -> Self {
        Self(self.0 | 1 << correction as u32)
    }
}

const TABLE_LENGTH: u32 = Correction::PlainCollectors as u32 + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_of_all_has_every_row_of_the_table() {
        assert_eq!(TABLE.len(), TABLE_LENGTH as usize);
        assert!(TABLE.iter().all(|row| Corrections::ALL.has(row.correction) && !Corrections::NONE.has(row.correction)));
        let built = TABLE.iter().fold(Corrections::NONE, |set, row| set.with(row.correction));
        assert_eq!(built, Corrections::ALL);
    }
}
