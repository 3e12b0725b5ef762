//! Every option of Jina 3.34.0, one row each.
//!
//! The rows have the order in which Jina's parsers register the options, because the exporter writes arguments in
//! that order (`jina/parsers/orchestrate/{deployment,pod}.py`, `ArgNamespace.get_non_defaults_args`).
//! The parser of the gateway has another order, so the gateway's column has a number.
//! `tests/it/recorded_jina.rs` compares this table with a dump of the real parsers.

/// The type of an option's value (the argparse action and type).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `store_true`.
    Flag,
    /// One integer.
    Int,
    /// One string.
    Text,
    /// One or more strings.
    Texts,
    /// A mapping, also written as a list of `key=value` or `key: value`, or as JSON (`KVAppendAction`).
    Pairs,
    /// One of these values, in this case.
    Choice(&'static [&'static str]),
    /// One of these values in any case, written in capitals (`BetterEnum.from_string`).
    Enum(&'static [&'static str]),
    /// One or more of the protocols GRPC, HTTP and WEBSOCKET.
    Protocols,
    /// One or more port numbers, also separated by commas (`CastToIntAction`).
    Ports,
    /// One or more host names, also separated by commas (`CastHostAction`).
    Hosts,
    /// The ports of the replicas, by shard (`CastPeerPorts`).
    PeerPorts,
}

impl ValueKind {
    /// Whether the option has a single value. Of several words argparse then uses one and drops the others.
    pub fn is_one(self) -> bool {
        matches!(self, Int | Text | Choice(_) | Enum(_))
    }
}

/// The default of an option. An option with its default value is not written as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// `None` or `False`.
    Unset,
    /// An empty list.
    Empty,
    /// A number.
    Int(i64),
    /// A string.
    Text(&'static str),
}

impl DefaultValue {
    /// The default of a number; 0 if there is none.
    pub fn int(self) -> i64 {
        match self {
            DefaultValue::Int(number) => number,
            _ => 0,
        }
    }
}

/// The use of an option in a section of the Flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Not an option of this section.
    No,
    /// Accepted, but without effect on Kubernetes.
    Ignored,
    /// Changes the manifests, but is not an argument of the container.
    Shapes,
    /// An argument of the container, in the order of the rows.
    Arg,
    /// An argument of the gateway's container, with its position among the arguments.
    At(u8),
}

/// The components that inherit an option of the Flow's `with` (`jina/orchestrate/flow/base.py`, `_update_args`,
/// `GATEWAY_ARGS_BLACKLIST`, `EXECUTOR_ARGS_BLACKLIST`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// No component inherits it: it is an option of the Flow itself.
    Kept,
    /// The gateway and every executor inherit it, unless they set it themselves.
    HandedOn,
    /// The gateway inherits it, unless it sets the option itself.
    GatewayOnly,
    /// No component inherits it: it is not an option of the Flow.
    Nowhere,
}

/// Whether an option has an effect on Kubernetes. jinaflow warns about an option without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The option has an effect.
    Yes,
    /// No effect: it applies only when Jina itself starts Docker containers.
    Docker,
    /// No effect: it applies only when Jina itself downloads executors from the Hub.
    Hub,
    /// No effect: it applies only in the process that builds the Flow.
    Locally,
    /// No effect: Jina's exporter replaces the value.
    Fixed,
    /// No effect: Jina sets the option for its own processes, and a Flow should not set it.
    Internal,
}

impl Effect {
    /// The reason why an option has no effect; `None` if the option has an effect.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Effect::Yes => None,
            Effect::Docker => Some("it applies only to containers that Jina itself starts with Docker"),
            Effect::Hub => Some("it applies only to executors that Jina itself downloads from the Hub"),
            Effect::Locally => Some("it applies only to the process that builds the Flow"),
            Effect::Fixed => Some("the exporter always sets its own value"),
            Effect::Internal => Some("Jina sets it itself"),
        }
    }
}

/// The default of `host`: containers listen on all addresses of their pod.
pub const ALL_INTERFACES: &str = "0.0.0.0";

/// One option.
#[derive(Debug)]
pub struct Row {
    /// The option.
    pub opt: Opt,
    /// The key of the option in YAML.
    pub name: &'static str,
    /// The argument of the container: the key with `-` instead of `_`, such as `--uses-with`.
    pub argument: &'static str,
    /// Other keys of the same option.
    pub aliases: &'static [&'static str],
    /// The type of the value.
    pub kind: ValueKind,
    /// The default value.
    pub default: DefaultValue,
    /// The use of the option in an entry of `executors` and in a Deployment's `with`.
    pub executor: Use,
    /// The use of the option under `gateway`.
    pub gateway: Use,
    /// The components that inherit the option from the Flow's `with`.
    pub with: With,
    /// The effect of the option on Kubernetes.
    pub effect: Effect,
    /// The first minor version of Jina 3 that has the option; 7 includes all earlier versions.
    pub since: u8,
    /// The description of the option, in one sentence.
    pub doc: &'static str,
}

const fn dashed<const LENGTH: usize>(name: &str) -> [u8; LENGTH] {
    let mut letters = [b'-'; LENGTH];
    let mut at = 2;
    while at < LENGTH {
        if name.as_bytes()[at - 2] != b'_' {
            letters[at] = name.as_bytes()[at - 2];
        }
        at += 1;
    }
    letters
}

macro_rules! options {
    ($($opt:ident $name:literal [$($alias:literal),*] $kind:expr, $default:expr, $executor:expr, $gateway:expr, $with:expr, $effect:ident, $since:literal, $doc:literal;)*) => {
        /// The options by name; `Opt::X as usize` is the row's index in [`TABLE`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Opt { $(#[doc = $doc] $opt,)* }

        /// The table.
        pub static TABLE: &[Row] = &[$(Row {
            opt: Opt::$opt,
            name: $name,
            argument: {
                const LETTERS: [u8; $name.len() + 2] = dashed($name);
                match std::str::from_utf8(&LETTERS) {
                    Ok(argument) => argument,
                    Err(_) => $name,
                }
            },
            aliases: &[$($alias),*],
            kind: $kind,
            default: $default,
            executor: $executor,
            gateway: $gateway,
            with: $with,
            effect: Effect::$effect,
            since: $since,
            doc: $doc,
        },)*];
    };
}

use DefaultValue::{Empty as E, Int as I, Text as T, Unset as U};
use Use::{Arg, At, Ignored, No, Shapes};
use ValueKind::{Choice, Enum, Flag, Hosts, Int, Pairs, PeerPorts, Ports, Protocols, Text, Texts};
use With::{GatewayOnly, HandedOn, Kept, Nowhere};

#[rustfmt::skip]
options! {
//  option               key                       aliases              kind, default, executor, gateway, with, effect, since
    Name                "name"                    []                    Text, U, Arg, At(0), Kept, Yes, 7, "Name of the Flow, executor or Deployment; names of Kubernetes objects are derived from it.";
    Workspace           "workspace"               []                    Text, U, Arg, Ignored, Kept, Yes, 7, "Directory for files that the executor writes.";
    LogConfig           "log_config"              []                    Text, T("default"), Arg, At(2), Kept, Yes, 7, "Name of a log configuration: default, docker, json, plain, profile, quiet, remote.";
    Quiet               "quiet"                   []                    Flag, U, Arg, At(3), Kept, Yes, 7, "Log nothing.";
    QuietError          "quiet_error"             []                    Flag, U, Arg, At(4), Kept, Yes, 7, "Log no stack traces.";
    WorkspaceId         "workspace_id"            []                    Text, U, Ignored, Ignored, Kept, Locally, 7, "Name of the workspace; not exported.";
    ExtraSearchPaths    "extra_search_paths"      []                    Texts, E, Arg, At(6), HandedOn, Yes, 7, "Directories in which the container looks for modules and configurations.";
    TimeoutCtrl         "timeout_ctrl"            []                    Int, I(60), Arg, At(7), HandedOn, Yes, 7, "Timeout of control requests in milliseconds; -1 means no timeout.";
    K8sNamespace        "k8s_namespace"           []                    Text, U, Arg, At(8), HandedOn, Fixed, 7, "Namespace of the pods.";
    Polling             "polling"                 []                    Text, T("ANY"), Arg, No, HandedOn, Yes, 7, "Shards that receive a request: ANY, ALL, or a mapping from endpoints to either.";
    Shards              "shards"                  []                    Int, I(1), Arg, No, HandedOn, Yes, 7, "Number of shards; with more than one shard there is also a head.";
    Replicas            "replicas"                []                    Int, I(1), Arg, At(27), HandedOn, Yes, 7, "Number of pods of the gateway, the executor, or each shard; an argument only with `compat`.";
    Native              "native"                  []                    Flag, U, Arg, No, HandedOn, Fixed, 7, "Run the executor in the main process; the exporter always sets it.";
    Uses                "uses"                    []                    Text, T("BaseExecutor"), Arg, At(24), Kept, Yes, 7, "Image (docker://…, jinaai+docker://…) of the executor or gateway.";
    UsesWith            "uses_with"               []                    Pairs, U, Shapes, At(25), Nowhere, Yes, 7, "Arguments of the executor's constructor; on the command line always last.";
    UsesMetas           "uses_metas"              []                    Pairs, U, Shapes, No, HandedOn, Yes, 7, "Overrides of the executor's metas; on the command line always at the end.";
    UsesRequests        "uses_requests"           []                    Pairs, U, Arg, No, HandedOn, Yes, 7, "Mapping from endpoints to methods of the executor.";
    UsesDynamicBatching "uses_dynamic_batching"   []                    Pairs, U, Arg, No, HandedOn, Yes, 13, "Batch sizes and timeouts of endpoints with dynamic batching.";
    PyModules           "py_modules"              []                    Texts, U, Arg, At(26), HandedOn, Yes, 7, "Python modules that the container imports at the start.";
    OutputArrayType     "output_array_type"       []                    Text, U, Arg, No, HandedOn, Yes, 7, "Type to which embeddings and tensors are converted.";
    ExitOnExceptions    "exit_on_exceptions"      []                    Texts, E, Arg, No, HandedOn, Yes, 9, "Exceptions that end the executor.";
    NoReduce            "no_reduce"               ["disable_reduce"]    Flag, U, Arg, No, HandedOn, Yes, 7, "Do not merge the results of shards or of needed executors.";
    AllowConcurrent     "allow_concurrent"        []                    Flag, U, Arg, No, HandedOn, Yes, 15, "Allow concurrent requests in one executor.";
    GrpcServerOptions   "grpc_server_options"     []                    Pairs, U, Arg, At(28), HandedOn, Yes, 8, "Options of the gRPC server.";
    RaftConfiguration   "raft_configuration"      []                    Pairs, U, Arg, No, HandedOn, Yes, 16, "Settings of the RAFT node of a stateful executor.";
    GrpcChannelOptions  "grpc_channel_options"    []                    Pairs, U, Arg, At(29), HandedOn, Yes, 15, "Options of the gRPC channels to executors.";
    Entrypoint          "entrypoint"              []                    Text, U, Arg, At(9), HandedOn, Docker, 7, "Entry point of the image with Docker; on Kubernetes the container runs `jina`.";
    DockerKwargs        "docker_kwargs"           []                    Pairs, U, Arg, At(10), HandedOn, Docker, 7, "Arguments of the Docker SDK.";
    Volumes             "volumes"                 []                    Texts, U, Shapes, No, HandedOn, Yes, 7, "Directories on persistent volumes; the executor becomes a StatefulSet.";
    Gpus                "gpus"                    []                    Text, U, Arg, No, HandedOn, Yes, 7, "Number of GPUs of each pod. `all` requests none on Kubernetes.";
    DisableAutoVolume   "disable_auto_volume"     []                    Flag, U, Arg, No, HandedOn, Docker, 7, "Do not mount a volume by default with Docker.";
    ForceNetworkMode    "force_network_mode"      []                    Enum(&["AUTO", "HOST", "BRIDGE", "NONE"]), T("AUTO"), Arg, No, HandedOn, Docker, 15, "Network mode with Docker.";
    Host                "host"                    ["host_in"]           Hosts, T(ALL_INTERFACES), Arg, At(22), HandedOn, Yes, 7, "Address to listen on, or the addresses of an external executor.";
    RuntimeCls          "runtime_cls"             []                    Text, T("WorkerRuntime"), Arg, At(37), HandedOn, Internal, 7, "Class of the runtime in the pod; set by Jina.";
    TimeoutReady        "timeout_ready"           []                    Int, I(600_000), Arg, At(38), HandedOn, Yes, 7, "Timeout of the start of a container in milliseconds.";
    Env                 "env"                     []                    Pairs, U, Shapes, Shapes, Kept, Yes, 7, "Environment variables.";
    EnvFromSecret       "env_from_secret"         []                    Pairs, U, Shapes, Shapes, HandedOn, Yes, 7, "Environment variables from Secrets: {VARIABLE: {name: …, key: …}}.";
    ImagePullSecrets    "image_pull_secrets"      []                    Texts, U, Shapes, Shapes, HandedOn, Yes, 7, "Secrets for pulling images.";
    ShardId             "shard_id"                []                    Int, I(0), Arg, Ignored, HandedOn, Internal, 7, "Number of the shard; set by Jina.";
    PodRole             "pod_role"                []                    Enum(&["HEAD", "WORKER", "GATEWAY"]), T("WORKER"), Arg, Ignored, HandedOn, Internal, 7, "Role of the pod; set by Jina.";
    NoblockOnStart      "noblock_on_start"        []                    Flag, U, Ignored, Ignored, HandedOn, Locally, 7, "Do not wait for the start; not exported.";
    Floating            "floating"                []                    Flag, U, Arg, At(45), HandedOn, Yes, 7, "The next executor does not wait for this one.";
    ReplicaId           "replica_id"              []                    Int, I(0), Arg, At(46), HandedOn, Internal, 16, "Number of the replica; set by Jina.";
    Reload              "reload"                  []                    Flag, U, Arg, At(47), Kept, Yes, 13, "Restart when the configuration file changes.";
    InstallRequirements "install_requirements"    []                    Flag, U, Arg, No, HandedOn, Hub, 7, "Install requirements.txt at the start.";
    Port                "port"                    ["ports", "port_expose", "port_in"] Ports, U, Arg, At(48), GatewayOnly, Yes, 7, "Port; on Kubernetes always 8080 and up.";
    Protocol            "protocol"                ["protocols"]         Protocols, T("GRPC"), Arg, At(49), GatewayOnly, Yes, 7, "GRPC, HTTP, WEBSOCKET, or several of them.";
    Provider            "provider"                []                    Enum(&["NONE", "SAGEMAKER", "AZURE"]), U, Arg, At(50), HandedOn, Yes, 21, "Cloud provider whose container interface is used.";
    ProviderEndpoint    "provider_endpoint"       []                    Text, U, Arg, At(51), HandedOn, Yes, 24, "Endpoint that the container serves for the provider.";
    Monitoring          "monitoring"              []                    Flag, U, Arg, At(52), HandedOn, Yes, 7, "Serve Prometheus metrics; adds a port and a ServiceMonitor.";
    PortMonitoring      "port_monitoring"         []                    Ports, U, Arg, At(53), GatewayOnly, Yes, 7, "Port of the metrics; on Kubernetes always 9090.";
    Retries             "retries"                 []                    Int, I(-1), Arg, At(54), HandedOn, Yes, 7, "Number of retries of each gRPC call; a negative number means the larger of 3 and the number of replicas.";
    Tracing             "tracing"                 []                    Flag, U, Arg, At(55), HandedOn, Yes, 11, "Send OpenTelemetry traces.";
    TracesExporterHost  "traces_exporter_host"    []                    Text, U, Arg, At(56), HandedOn, Yes, 11, "Host of the trace collector.";
    TracesExporterPort  "traces_exporter_port"    []                    Int, U, Arg, At(57), HandedOn, Yes, 11, "Port of the trace collector.";
    Metrics             "metrics"                 []                    Flag, U, Arg, At(58), HandedOn, Yes, 11, "Send OpenTelemetry metrics.";
    MetricsExporterHost "metrics_exporter_host"   []                    Text, U, Arg, At(59), HandedOn, Yes, 11, "Host of the metrics collector.";
    MetricsExporterPort "metrics_exporter_port"   []                    Int, U, Arg, At(60), HandedOn, Yes, 11, "Port of the metrics collector.";
    Stateful            "stateful"                []                    Flag, U, Arg, At(61), HandedOn, Yes, 16, "Replicate the executor's state with RAFT.";
    PeerPorts           "peer_ports"              []                    PeerPorts, U, Arg, At(62), HandedOn, Yes, 16, "Ports of the RAFT peers.";
    ForceUpdate         "force_update"            ["force"]             Flag, U, Arg, No, HandedOn, Hub, 7, "Download the latest version from the Hub.";
    PreferPlatform      "prefer_platform"         []                    Text, U, Arg, No, HandedOn, Hub, 14, "Platform of the image, such as linux/amd64.";
    Compression         "compression"             []                    Choice(&["NoCompression", "Deflate", "Gzip"]), U, Arg, At(35), HandedOn, Yes, 7, "Compression of gRPC calls.";
    UsesBeforeAddress   "uses_before_address"     []                    Text, U, Arg, No, HandedOn, Internal, 7, "Address of `uses_before`; set by Jina.";
    UsesAfterAddress    "uses_after_address"      []                    Text, U, Arg, No, HandedOn, Internal, 7, "Address of `uses_after`; set by Jina.";
    ConnectionList      "connection_list"         []                    Text, U, Arg, No, HandedOn, Internal, 7, "Addresses of the shards; set by Jina.";
    TimeoutSend         "timeout_send"            []                    Int, U, Arg, At(36), HandedOn, Yes, 7, "Timeout of data requests in milliseconds; -1 means no timeout.";
    UsesBefore          "uses_before"             []                    Text, U, Shapes, No, HandedOn, Yes, 7, "Image of an executor that processes requests before the shards.";
    UsesAfter           "uses_after"              []                    Text, U, Shapes, No, HandedOn, Yes, 7, "Image of an executor that processes results after the shards.";
    When                "when"                    []                    Pairs, U, Shapes, No, HandedOn, Yes, 7, "Condition that documents must match to be sent to the executor.";
    External            "external"                []                    Flag, U, Shapes, No, HandedOn, Yes, 7, "The executor is not deployed with this Flow; only its address is used.";
    GrpcMetadata        "grpc_metadata"           []                    Pairs, U, Shapes, No, HandedOn, Yes, 11, "Metadata that the gateway sends to the executor.";
    DeploymentRole      "deployment_role"         []                    Enum(&["DEPLOYMENT", "JOIN", "INSPECT", "GATEWAY", "INSPECT_AUX_PASS", "JOIN_INSPECT"]), U, Ignored, No, HandedOn, Internal, 7, "Role in the graph; set by Jina.";
    Tls                 "tls"                     []                    Flag, U, Shapes, No, HandedOn, Yes, 7, "Use TLS for the external executor.";
    Title               "title"                   []                    Text, U, Ignored, At(12), HandedOn, Yes, 7, "Title of the HTTP API.";
    Description         "description"             []                    Text, U, Ignored, At(13), HandedOn, Yes, 7, "Description of the HTTP API.";
    Cors                "cors"                    []                    Flag, U, Ignored, At(14), HandedOn, Yes, 7, "Allow calls from other origins.";
    UvicornKwargs       "uvicorn_kwargs"          []                    Pairs, U, Ignored, At(15), HandedOn, Yes, 7, "Arguments of the HTTP server.";
    SslCertfile         "ssl_certfile"            []                    Text, U, Shapes, At(16), HandedOn, Yes, 7, "Certificate file in the gateway's container.";
    SslKeyfile          "ssl_keyfile"             []                    Text, U, Shapes, At(17), HandedOn, Yes, 7, "Key file in the gateway's container.";
    Prefetch            "prefetch"                []                    Int, I(1000), No, At(11), HandedOn, Yes, 7, "Number of requests that the gateway reads ahead; 0 means no limit.";
    NoDebugEndpoints    "no_debug_endpoints"      []                    Flag, U, No, At(18), HandedOn, Yes, 7, "Remove /status and /post from the HTTP API.";
    NoCrudEndpoints     "no_crud_endpoints"       []                    Flag, U, No, At(19), HandedOn, Yes, 7, "Remove /index, /search, /update and /delete from the HTTP API.";
    ExposeEndpoints     "expose_endpoints"        []                    Text, U, No, At(20), HandedOn, Yes, 7, "Endpoints of executors that become HTTP routes, as JSON.";
    ExposeGraphql       "expose_graphql_endpoint" []                    Flag, U, No, At(21), HandedOn, Yes, 7, "Serve GraphQL at /graphql.";
    Proxy               "proxy"                   []                    Flag, U, No, At(23), HandedOn, Yes, 7, "Use the proxies in `http_proxy` and `https_proxy`.";
    GraphDescription    "graph_description"       []                    Text, T("{}"), No, At(30), HandedOn, Internal, 7, "The graph; set by Jina.";
    GraphConditions     "graph_conditions"        []                    Text, T("{}"), No, At(31), HandedOn, Internal, 7, "The conditions; set by Jina.";
    DeploymentsAddresses "deployments_addresses"  []                    Text, T("{}"), No, At(32), HandedOn, Internal, 7, "The addresses; set by Jina.";
    DeploymentsMetadata "deployments_metadata"    []                    Text, T("{}"), No, At(33), HandedOn, Internal, 11, "The gRPC metadata of the executors; set by Jina.";
    DeploymentsNoReduce "deployments_no_reduce"   ["deployments_disable_reduce"] Text, T("[]"), No, At(34), HandedOn, Internal, 7, "Executors that do not merge results; set by Jina.";
    Inspect             "inspect"                 []                    Enum(&["HANG", "REMOVE", "COLLECT"]), T("COLLECT"), No, No, Kept, Yes, 7, "Treatment of inspecting executors: wait for them (COLLECT), do not wait (HANG), or leave them out (REMOVE).";
    SuppressRootLogging "suppress_root_logging"   []                    Flag, U, No, No, Kept, Locally, 7, "Logging of the process that builds the Flow; not exported.";
}

impl Opt {
    /// The option's row.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

/// The option with this key or alias.
pub fn find(key: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == key || row.aliases.contains(&key))
}

/// The gateway's arguments in the order in which Jina writes them.
pub fn gateway_arguments() -> Vec<&'static Row> {
    let mut places = vec![None; TABLE.len()];
    for row in TABLE {
        if let At(place) = row.gateway
            && let Some(free) = places.get_mut(usize::from(place))
        {
            *free = Some(row);
        }
    }
    places.into_iter().flatten().collect()
}
