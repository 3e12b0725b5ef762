//! Every deliberate difference between what Jina 3.34.0 exports and what we emit.
//!
//! One row each: what Jina emits, why that is wrong and who says so, what we emit. The code that makes a difference of
//! [`TABLE`] asks [`Corrections::has`] at the one place where it is made, so that searching for a variant finds it. Under
//! `compat: jina-3.34` none of them applies. What applies in every mode, because no mode corrupts, refuses or crashes
//! as Jina does, is in [`super::always`]. `jinaflow explain` prints both, and `tests/it/explain.rs` holds each against
//! what is emitted.

/// A difference, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Its name, for people.
    pub name: &'static str,
    /// What Jina does or emits.
    pub jina: &'static str,
    /// Why that is wrong, and who rejects it or where it was seen.
    pub why: &'static str,
    /// What we do or emit.
    pub ours: &'static str,
}

/// One deliberate difference that `compat` takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub correction: Correction,
    /// What it is.
    pub difference: Difference,
}

macro_rules! corrections {
    ($($variant:ident $name:literal jina: $jina:literal why: $why:literal ours: $ours:literal)*) => {
        /// The differences by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Correction { $(#[doc = $ours] $variant,)* }

        /// The table.
        pub static TABLE: &[Row] = &[$(Row {
            correction: Correction::$variant,
            difference: Difference { name: $name, jina: $jina, why: $why, ours: $ours },
        },)*];
    };
}

corrections! {
    NoDefaultNamespace "no-default-namespace"
        jina: "`metadata.namespace: default`, or the Flow's name, where no namespace is asked for"
        why: "`kubectl apply --namespace` then refuses the objects, and a Flow's name says nothing about where it runs"
        ours: "no namespace unless `metadata.namespace` or `--k8s-namespace` asks for one"

    OlderContainers "older-containers"
        jina: "the arguments and probes of Jina 3.34, whatever image runs"
        why: "a container of Jina 3.11 ignores `--no-reduce`, and `jina ping` of 3.9 exits with 2: the pod is killed for ever"
        ours: "what containers of `spec.jinaVersion` understand"

    SymbolicAddresses "symbolic-addresses"
        jina: "`encoder.my-namespace.svc:8080` inside the arguments of the gateway and of heads"
        why: "kustomize cannot rewrite names inside an argument: under `namespace:`, `namePrefix:` or `nameSuffix:` the gateway calls Services that do not exist (kustomize issues 3380, 2171)"
        ours: "`$(JINA_ADDR_ENCODER):8080`, and an environment variable whose whole value is the Service's name, which kustomize rewrites by nameReference"

    NoLiteralNamespace "no-literal-namespace"
        jina: "the namespace in `--k8s-namespace`, in K8S_NAMESPACE_NAME, in the pod label `ns` and in the ServiceMonitor"
        why: "the copies stay behind when an overlay sets `namespace:`; nothing reads `--k8s-namespace` at run time, and a ServiceMonitor then selects the wrong namespace"
        ours: "K8S_NAMESPACE_NAME from the pod's own metadata, and no other copy"

    NamesFromMetadata "names-from-metadata"
        jina: "JINA_DEPLOYMENT_NAME as a literal"
        why: "equal to a Service's name, it would be rewritten by the nameReference that addresses need; heads use it as a key"
        ours: "JINA_DEPLOYMENT_NAME from the pod's label `jina_deployment_name`"

    EscapedDollars "escaped-dollars"
        jina: "`$(NAME)` and `$$` of user strings as they are"
        why: "the kubelet expands them in arguments: a `uses_with` value `pa$$word` arrives as `pa$word`"
        ours: "`$$(NAME)` and `$$$$`, which arrive as written"

    ProbeTimeout "probe-timeout"
        jina: "`--timeout 9500` as one argument of the liveness probe"
        why: "`jina ping` warns `ignored unknown argument` on every run"
        ours: "`--timeout` and `9500` as two arguments"

    HeadProbes "head-probes"
        jina: "`127.0.0.1:8080 - --timeout 9500` and `127.0.0.1:{port_uses}` as targets of the probes of heads with uses_before or uses_after"
        why: "the second exits with 1 for ever, so that the kubelet kills the head again and again; the first works by luck"
        ours: "`grpc://127.0.0.1:8080`"

    StatefulSetFields "statefulset-fields"
        jina: "a StatefulSet with `strategy` and without `serviceName`"
        why: "the API server refuses it: unknown field `spec.strategy`; `serviceName` is required up to Kubernetes 1.32"
        ours: "`updateStrategy` and `serviceName`"

    StorageClass "storage-class"
        jina: "`storageClassName: standard`"
        why: "clusters without a class of that name leave the claim pending, and the pod with it"
        ours: "no class, so that the cluster's default applies"

    VolumeMountPath "volume-mount-path"
        jina: "`mountPath: /host:/container` for `volumes: /host:/container`"
        why: "the executor writes to /container, which is on no volume; the API forbids `:` in the path"
        ours: "`mountPath: /container`"

    AllVolumes "all-volumes"
        jina: "one claim, for the first of `volumes`"
        why: "what the executor writes to the other directories is gone with the pod"
        ours: "a claim for each of `volumes`"

    HeadWithoutVolumes "head-without-volumes"
        jina: "a StatefulSet with a claim for the head of a sharded executor with volumes, without its uses_before and uses_after containers"
        why: "the head waits for containers that are not there and never gets ready"
        ours: "a Deployment with its containers and without a claim"

    SidecarMonitoringPorts "sidecar-monitoring-ports"
        jina: "`--port-monitoring 9090` for all containers of a head's pod"
        why: "they share one network: `Address already in use`, and the later containers never get ready"
        ours: "9091 for uses_before and 9092 for uses_after"

    SidecarSecrets "sidecar-secrets"
        jina: "env_from_secret for the first container only"
        why: "uses_before and uses_after run the user's code and miss the variables"
        ours: "env_from_secret for every container"

    IdleSidecars "idle-sidecars"
        jina: "a container beside the head for `uses_before: BaseExecutor` or `uses_after: BaseExecutor`"
        why: "it answers with what it is asked, for the price of a process and of two more hops; Jina itself starts none when it runs the Flow"
        ours: "no such container, and no address of it"

    RemovedNodes "removed-nodes"
        jina: "conditions, metadata and `no_reduce` of executors that `inspect: REMOVE` took out of the Flow, in the gateway's arguments"
        why: "nobody has these names any more"
        ours: "those of the executors that are there"

    TlsProbes "tls-probes"
        jina: "probes that ping `grpc://` or `http://` although the gateway has a certificate"
        why: "`jina ping` cannot speak TLS and exits with 1: the kubelet restarts the gateway for ever"
        ours: "probes that open a TCP connection"

    PlainExecutors "plain-executors"
        jina: "`grpcs://` addresses for executors when `with` has ssl_certfile and ssl_keyfile, or tls"
        why: "the options are the gateway's; executors serve plain gRPC and the gateway never connects"
        ours: "`grpc://` for every executor of this Flow"

    BindAllInterfaces "bind-all-interfaces"
        jina: "`--host` with the value of `host`, also from the Flow's `with`"
        why: "a container can listen only on its pod's addresses, and that one is the client's"
        ours: "`--host 0.0.0.0`"

    ExternalReplicas "external-replicas"
        jina: "the first address of an external executor with several"
        why: "the other replicas never receive a request"
        ours: "all addresses"

    ExternalTls "external-tls"
        jina: "`grpc://` for an external executor with `tls: true` and `host: name:port`"
        why: "reading the port out of `host` forgets `tls`; a server with TLS refuses the connection"
        ours: "`grpcs://`"

    GpuCount "gpu-count"
        jina: "`nvidia.com/gpu: device=…`"
        why: "not a quantity: the API server refuses the object"
        ours: "the number of devices that are named"

    CudaDevices "cuda-devices"
        jina: "`CUDA_VISIBLE_DEVICES: RR…` in the ConfigMap"
        why: "the round robin is for replicas on one machine; CUDA takes the word for a device and finds none"
        ours: "no such variable; each pod sees the GPUs it requests"

    StructuredEnv "structured-env"
        jina: "Python's `{'a': True, 'b': [1]}` in the ConfigMap for a mapping or list under `env`"
        why: "only Python reads it back; `json.loads` and every other language refuse it"
        ours: "JSON: `{\"a\": true, \"b\": [1]}`"

    NativeOnce "native-once"
        jina: "`--native` twice for an executor with `native: true`"
        why: "once is enough"
        ours: "`--native` once"

    GatewayClass "gateway-class"
        jina: "`--uses config.yml` for a built-in gateway with one protocol and several ports"
        why: "the image holds no config.yml, so that the gateway ends at once"
        ours: "the built-in gateway of the protocol"

    BalancedReplicas "balanced-replicas"
        jina: "Services with an address of their own, and an annotation that asks for Linkerd"
        why: "gRPC keeps one connection to such an address: without a mesh one replica gets all requests (jina-ai/serve issue 5788)"
        ours: "headless Services for executors and heads, gRPC's round robin in the gateway and in heads, and servers that end connections after a while, so that new replicas are found; `spec.mesh` asks for Linkerd or Istio"

    ObjectLabels "object-labels"
        jina: "labels on Services and pods only, none of which Kubernetes recommends"
        why: "no `kubectl get -l`, no overlay and no policy can tell the objects of a Flow from others, or the shards of an executor from its head"
        ours: "app.kubernetes.io/* and flow.jina.ai/{flow,executor,role,shard} on every object; and on a gateway that calls Services of others the annotation flow.jina.ai/external, for `jinaflow check`"

    NativeProbes "native-probes"
        jina: "probes that run `jina ping`"
        why: "each run starts Python, 1.7 s of CPU and 100 MB every five seconds for every container; the gRPC servers answer the kubelet's own health checks"
        ours: "gRPC and HTTP probes of the kubelet itself, unless `probes: ping`"

    DrainTime "drain-time"
        jina: "`sleep 2` before SIGTERM, and the default of 30 seconds until SIGKILL"
        why: "at SIGTERM Jina cancels the requests that are running: those longer than two seconds fail with `Cancelling all calls`"
        ours: "`drainSeconds`, 30 where nothing is said, and a grace period of 10 seconds more"

    DeclaredPorts "declared-ports"
        jina: "`containerPort` for the gateway's protocols and the first port of an executor"
        why: "a PodMonitor finds a port by its name, and readers of a manifest what is served by looking there"
        ours: "every port that is served, metrics included, under a name"

    NoApiToken "no-api-token"
        jina: "pods with a token of the namespace's ServiceAccount"
        why: "nothing of Jina calls the Kubernetes API, and who breaks into an executor finds the token"
        ours: "`automountServiceAccountToken: false`, unless `serviceAccountName` names an account"

    DisruptionBudgets "disruption-budgets"
        jina: "no PodDisruptionBudget"
        why: "draining a node may end all replicas of an executor at once"
        ours: "a PodDisruptionBudget for every workload, whatever scales it, that lets one pod go at a time: a single pod as well, and a pod that is not ready whatever the others do"

    ConfigHash "config-hash"
        jina: "pods that stay as they are when only their ConfigMap changes"
        why: "variables are read when a process starts: the change arrives with the next pod, whenever that is"
        ours: "the annotation flow.jina.ai/config-hash of pods, which changes with what the Flow puts into the ConfigMap, and so replaces them"

    OwnSelectors "own-selectors"
        jina: "selectors with the label `app` alone"
        why: "an overlay's `commonLabels: {app: …}` gives all pods one value: every Service then sends to every pod, the gateway's included (kustomize issues 157, 1009, 2740)"
        ours: "selectors with the label `flow.jina.ai/component`, whose value is the name of the component's Service; `app` stays a label for people"

    ReplicasArgument "replicas-argument"
        jina: "`--replicas 3` in the arguments of the gateway and of executors"
        why: "nothing of Jina reads it in a container; it is wrong behind an autoscaler and behind kustomize's `replicas`, and changes the pods, so that scaling restarts all of them"
        ours: "no such argument; an executor that reads `self.runtime_args.replicas` sees 1"
}

/// The differences that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrections(u64);

impl Corrections {
    /// All: what we think right.
    pub const ALL: Self = Self((1 << TABLE_LENGTH) - 1);
    /// None: what Jina 3.34 exports.
    pub const NONE: Self = Self(0);

    /// Whether one applies.
    pub fn has(self, correction: Correction) -> bool {
        self.0 & (1 << correction as u32) != 0
    }

    /// These but one.
    pub fn without(self, correction: Correction) -> Self {
        Self(self.0 & !(1 << correction as u32))
    }

    /// These and one more.
    pub fn with(self, correction: Correction) -> Self {
        Self(self.0 | 1 << correction as u32)
    }
}

const TABLE_LENGTH: u32 = Correction::ReplicasArgument as u32 + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_covers_the_table() {
        assert_eq!(TABLE.len(), TABLE_LENGTH as usize);
        assert!(TABLE.iter().all(|row| Corrections::ALL.has(row.correction) && !Corrections::NONE.has(row.correction)));
        let built = TABLE.iter().fold(Corrections::NONE, |set, row| set.with(row.correction));
        assert_eq!(built, Corrections::ALL);
    }
}
