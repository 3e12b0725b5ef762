//! Every option of Jina 3.34.0, one row each.
//!
//! The rows stand in the order in which Jina's parsers register the options, because that is the order in which its
//! exporter writes arguments (`jina/parsers/orchestrate/{deployment,pod}.py`, `ArgNamespace.get_non_defaults_args`).
//! The gateway has a parser of its own with another order, which is why its column carries a number.
//! `tests/it/recorded_jina.rs` holds this table against a dump of the real parsers.

/// How Jina reads an option's value (the argparse action and type).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `store_true`.
    Flag,
    /// One whole number.
    Int,
    /// One text.
    Text,
    /// One or more texts.
    Texts,
    /// A mapping, also written as a list of `key=value` or `key: value`, or as JSON (`KVAppendAction`).
    Pairs,
    /// One of these words, spelled exactly so.
    Choice(&'static [&'static str]),
    /// One of these words in any case, written in capitals (`BetterEnum.from_string`).
    Enum(&'static [&'static str]),
    /// One or more of GRPC, HTTP, WEBSOCKET.
    Protocols,
    /// One or more port numbers, also separated by commas (`CastToIntAction`).
    Ports,
    /// One or more host names, also separated by commas (`CastHostAction`).
    Hosts,
    /// Ports of the replicas, by shard (`CastPeerPorts`).
    PeerPorts,
}

impl Kind {
    /// Whether argparse takes one word for it and drops the others.
    pub fn is_one(self) -> bool {
        matches!(self, Int | Text | Choice(_) | Enum(_))
    }
}

/// The value that Jina assumes. An option with this value is not written as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// `None` or `False`.
    Unset,
    /// An empty list.
    Empty,
    /// A number.
    Int(i64),
    /// A text.
    Text(&'static str),
}

/// What an option does in a section of the Flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Not an option of this section.
    No,
    /// Accepted, without any effect on Kubernetes.
    Ignored,
    /// Shapes the manifests, but is no argument of the container.
    Shapes,
    /// An argument of the container, in the order of the rows.
    Arg,
    /// An argument of the gateway's container, at this place among its arguments.
    At(u8),
}

/// What becomes of an option that stands in the Flow's own `with` (`jina/orchestrate/flow/base.py`, `_update_args`,
/// `GATEWAY_ARGS_BLACKLIST`, `EXECUTOR_ARGS_BLACKLIST`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// It is the Flow's own option.
    Kept,
    /// The gateway and every executor have it, unless they set it themselves.
    HandedOn,
    /// The gateway has it, unless it sets it itself.
    GatewayOnly,
    /// Nobody has it.
    Nowhere,
}

/// Whether an option changes anything on Kubernetes. One that does not is warned about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does.
    Yes,
    /// Only where Jina itself starts Docker containers.
    Docker,
    /// Only where Jina itself downloads executors from the Hub.
    Hub,
    /// Only in the process that builds the Flow.
    Locally,
    /// Jina's exporter puts its own value in its place.
    Fixed,
    /// Jina sets it for its own processes; nobody else should.
    Internal,
}

impl Effect {
    /// Why an option has no effect; `None` when it has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Effect::Yes => None,
            Effect::Docker => Some("it is for containers that Jina itself starts with Docker"),
            Effect::Hub => Some("it is for executors that Jina itself downloads from the Hub"),
            Effect::Locally => Some("it is for the process that builds the Flow"),
            Effect::Fixed => Some("its value is always the same there"),
            Effect::Internal => Some("Jina sets it by itself"),
        }
    }
}

/// One option.
#[derive(Debug)]
pub struct Row {
    /// Which option.
    pub opt: Opt,
    /// Its key in YAML.
    pub name: &'static str,
    /// The container's argument: the key with `-` for `_`, such as `--uses-with`.
    pub argument: &'static str,
    /// Other keys that mean the same.
    pub aliases: &'static [&'static str],
    /// How its value is read.
    pub kind: Kind,
    /// What it is when absent.
    pub default: DefaultValue,
    /// Its use in an entry of `executors` and in a Deployment's `with`.
    pub executor: Use,
    /// Its use under `gateway`.
    pub gateway: Use,
    /// What becomes of it in the Flow's `with`.
    pub with: With,
    /// Whether it changes anything on Kubernetes.
    pub effect: Effect,
    /// The minor version of Jina 3 whose containers know it first; 7 also stands for all before.
    pub since: u8,
    /// What it does, in one sentence.
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
use Kind::{Choice, Enum, Flag, Hosts, Int, Pairs, PeerPorts, Ports, Protocols, Text, Texts};
use Use::{Arg, At, Ignored, No, Shapes};
use With::{GatewayOnly, HandedOn, Kept, Nowhere};

#[rustfmt::skip]
options! {
//  option               key                       aliases              kind, default, executor, gateway, with, effect, since
    Name                "name"                    []                    Text, U, Arg, At(0), Kept, Yes, 7, "Name of the Flow, executor or Deployment; Kubernetes names derive from it.";
    Workspace           "workspace"               []                    Text, U, Arg, Ignored, Kept, Yes, 7, "Directory for files that the executor writes.";
    LogConfig           "log_config"              []                    Text, T("default"), Arg, At(2), Kept, Yes, 7, "Name of a log configuration: default, docker, json, plain, profile, quiet, remote.";
    Quiet               "quiet"                   []                    Flag, U, Arg, At(3), Kept, Yes, 7, "Log nothing.";
    QuietError          "quiet_error"             []                    Flag, U, Arg, At(4), Kept, Yes, 7, "Log no stack traces.";
    WorkspaceId         "workspace_id"            []                    Text, U, Ignored, Ignored, Kept, Locally, 7, "Name of the workspace; never exported.";
    ExtraSearchPaths    "extra_search_paths"      []                    Texts, E, Arg, At(6), HandedOn, Yes, 7, "Directories in which the container looks for modules and configurations.";
    TimeoutCtrl         "timeout_ctrl"            []                    Int, I(60), Arg, At(7), HandedOn, Yes, 7, "Milliseconds that a control request may take; -1 waits for ever.";
    K8sNamespace        "k8s_namespace"           []                    Text, U, Arg, At(8), HandedOn, Fixed, 7, "Namespace; the exporter sets it whatever the Flow says.";
    Polling             "polling"                 []                    Text, T("ANY"), Arg, No, HandedOn, Yes, 7, "Which shards receive a request: ANY, ALL, or a mapping from endpoint to either.";
    Shards              "shards"                  []                    Int, I(1), Arg, No, HandedOn, Yes, 7, "Number of shards; more than one brings a head.";
    Replicas            "replicas"                []                    Int, I(1), Arg, At(27), HandedOn, Yes, 7, "Pods of the gateway, of the executor, or of each shard; an argument under compat only.";
    Native              "native"                  []                    Flag, U, Arg, No, HandedOn, Fixed, 7, "Run the executor in the main process; the exporter always adds it.";
    Uses                "uses"                    []                    Text, T("BaseExecutor"), Arg, At(24), Kept, Yes, 7, "The image (docker://…, jinaai+docker://…) that holds the executor or gateway.";
    UsesWith            "uses_with"               []                    Pairs, U, Shapes, At(25), Nowhere, Yes, 7, "Arguments of the executor's constructor; written last.";
    UsesMetas           "uses_metas"              []                    Pairs, U, Shapes, No, HandedOn, Yes, 7, "Overrides of the executor's metas; written last.";
    UsesRequests        "uses_requests"           []                    Pairs, U, Arg, No, HandedOn, Yes, 7, "Overrides of which method answers which endpoint.";
    UsesDynamicBatching "uses_dynamic_batching"   []                    Pairs, U, Arg, No, HandedOn, Yes, 13, "Batch size and wait of endpoints that batch requests.";
    PyModules           "py_modules"              []                    Texts, U, Arg, At(26), HandedOn, Yes, 7, "Python modules that the container imports first.";
    OutputArrayType     "output_array_type"       []                    Text, U, Arg, No, HandedOn, Yes, 7, "Type into which embeddings and tensors are cast.";
    ExitOnExceptions    "exit_on_exceptions"      []                    Texts, E, Arg, No, HandedOn, Yes, 9, "Exceptions on which the executor ends.";
    NoReduce            "no_reduce"               ["disable_reduce"]    Flag, U, Arg, No, HandedOn, Yes, 7, "Do not merge what shards or needed executors answer.";
    AllowConcurrent     "allow_concurrent"        []                    Flag, U, Arg, No, HandedOn, Yes, 15, "Let requests run at the same time in one executor.";
    GrpcServerOptions   "grpc_server_options"     []                    Pairs, U, Arg, At(28), HandedOn, Yes, 8, "Options of the gRPC server.";
    RaftConfiguration   "raft_configuration"      []                    Pairs, U, Arg, No, HandedOn, Yes, 16, "Settings of the RAFT node of a stateful executor.";
    GrpcChannelOptions  "grpc_channel_options"    []                    Pairs, U, Arg, At(29), HandedOn, Yes, 15, "Options of the gRPC channels to the next executors.";
    Entrypoint          "entrypoint"              []                    Text, U, Arg, At(9), HandedOn, Docker, 7, "Entry point of the image under Docker; Kubernetes runs `jina`.";
    DockerKwargs        "docker_kwargs"           []                    Pairs, U, Arg, At(10), HandedOn, Docker, 7, "Arguments of Docker's SDK.";
    Volumes             "volumes"                 []                    Texts, U, Shapes, No, HandedOn, Yes, 7, "Directories that outlive the pod; the executor becomes a StatefulSet.";
    Gpus                "gpus"                    []                    Text, U, Arg, No, HandedOn, Yes, 7, "Number of GPUs of each pod, or `all`.";
    DisableAutoVolume   "disable_auto_volume"     []                    Flag, U, Arg, No, HandedOn, Docker, 7, "Mount no volume by default under Docker.";
    ForceNetworkMode    "force_network_mode"      []                    Enum(&["AUTO", "HOST", "BRIDGE", "NONE"]), T("AUTO"), Arg, No, HandedOn, Docker, 15, "Network mode under Docker.";
    Host                "host"                    ["host_in"]           Hosts, T("0.0.0.0"), Arg, At(22), HandedOn, Yes, 7, "Address to listen on, or addresses of an external executor.";
    RuntimeCls          "runtime_cls"             []                    Text, T("WorkerRuntime"), Arg, At(37), HandedOn, Internal, 7, "Class that runs in the pod; set by Jina itself.";
    TimeoutReady        "timeout_ready"           []                    Int, I(600_000), Arg, At(38), HandedOn, Yes, 7, "Milliseconds that a container may take to start.";
    Env                 "env"                     []                    Pairs, U, Shapes, Shapes, Kept, Yes, 7, "Environment variables.";
    EnvFromSecret       "env_from_secret"         []                    Pairs, U, Shapes, Shapes, HandedOn, Yes, 7, "Environment variables from Secrets: {VARIABLE: {name: …, key: …}}.";
    ImagePullSecrets    "image_pull_secrets"      []                    Texts, U, Shapes, Shapes, HandedOn, Yes, 7, "Secrets with which images are pulled.";
    ShardId             "shard_id"                []                    Int, I(0), Arg, Ignored, HandedOn, Internal, 7, "Number of the shard; set by Jina itself.";
    PodRole             "pod_role"                []                    Enum(&["HEAD", "WORKER", "GATEWAY"]), T("WORKER"), Arg, Ignored, HandedOn, Internal, 7, "Role of the pod; set by Jina itself.";
    NoblockOnStart      "noblock_on_start"        []                    Flag, U, Ignored, Ignored, HandedOn, Locally, 7, "Do not wait for the start; never exported.";
    Floating            "floating"                []                    Flag, U, Arg, At(45), HandedOn, Yes, 7, "The next executor does not wait for this one.";
    ReplicaId           "replica_id"              []                    Int, I(0), Arg, At(46), HandedOn, Internal, 16, "Number of the replica; set by Jina itself.";
    Reload              "reload"                  []                    Flag, U, Arg, At(47), Kept, Yes, 13, "Restart when the configuration file changes.";
    InstallRequirements "install_requirements"    []                    Flag, U, Arg, No, HandedOn, Hub, 7, "Install requirements.txt at the start.";
    Port                "port"                    ["ports", "port_expose", "port_in"] Ports, U, Arg, At(48), GatewayOnly, Yes, 7, "Port; inside Kubernetes always 8080 and up.";
    Protocol            "protocol"                ["protocols"]         Protocols, T("GRPC"), Arg, At(49), GatewayOnly, Yes, 7, "GRPC, HTTP, WEBSOCKET, or several of them.";
    Provider            "provider"                []                    Enum(&["NONE", "SAGEMAKER", "AZURE"]), U, Arg, At(50), HandedOn, Yes, 21, "Cloud provider whose container form is wanted.";
    ProviderEndpoint    "provider_endpoint"       []                    Text, U, Arg, At(51), HandedOn, Yes, 24, "Endpoint that the provider's container serves.";
    Monitoring          "monitoring"              []                    Flag, U, Arg, At(52), HandedOn, Yes, 7, "Serve Prometheus metrics; brings a port and a ServiceMonitor.";
    PortMonitoring      "port_monitoring"         []                    Ports, U, Arg, At(53), GatewayOnly, Yes, 7, "Port of the metrics; inside Kubernetes always 9090.";
    Retries             "retries"                 []                    Int, I(-1), Arg, At(54), HandedOn, Yes, 7, "Retries of each gRPC call; negative means the larger of 3 and the replicas.";
    Tracing             "tracing"                 []                    Flag, U, Arg, At(55), HandedOn, Yes, 11, "Send OpenTelemetry traces.";
    TracesExporterHost  "traces_exporter_host"    []                    Text, U, Arg, At(56), HandedOn, Yes, 11, "Host of the trace collector.";
    TracesExporterPort  "traces_exporter_port"    []                    Int, U, Arg, At(57), HandedOn, Yes, 11, "Port of the trace collector.";
    Metrics             "metrics"                 []                    Flag, U, Arg, At(58), HandedOn, Yes, 11, "Send OpenTelemetry metrics.";
    MetricsExporterHost "metrics_exporter_host"   []                    Text, U, Arg, At(59), HandedOn, Yes, 11, "Host of the metrics collector.";
    MetricsExporterPort "metrics_exporter_port"   []                    Int, U, Arg, At(60), HandedOn, Yes, 11, "Port of the metrics collector.";
    Stateful            "stateful"                []                    Flag, U, Arg, At(61), HandedOn, Yes, 16, "Replicate the executor's state with RAFT.";
    PeerPorts           "peer_ports"              []                    PeerPorts, U, Arg, At(62), HandedOn, Yes, 16, "Ports of the RAFT peers.";
    ForceUpdate         "force_update"            ["force"]             Flag, U, Arg, No, HandedOn, Hub, 7, "Pull the newest bundle from the Hub.";
    PreferPlatform      "prefer_platform"         []                    Text, U, Arg, No, HandedOn, Hub, 14, "Platform of the image, such as linux/amd64.";
    Compression         "compression"             []                    Choice(&["NoCompression", "Deflate", "Gzip"]), U, Arg, At(35), HandedOn, Yes, 7, "Compression of gRPC calls.";
    UsesBeforeAddress   "uses_before_address"     []                    Text, U, Arg, No, HandedOn, Internal, 7, "Address of uses_before; set by Jina itself.";
    UsesAfterAddress    "uses_after_address"      []                    Text, U, Arg, No, HandedOn, Internal, 7, "Address of uses_after; set by Jina itself.";
    ConnectionList      "connection_list"         []                    Text, U, Arg, No, HandedOn, Internal, 7, "Addresses of the shards; set by Jina itself.";
    TimeoutSend         "timeout_send"            []                    Int, U, Arg, At(36), HandedOn, Yes, 7, "Milliseconds that a data request may take; -1 waits for ever.";
    UsesBefore          "uses_before"             []                    Text, U, Shapes, No, HandedOn, Yes, 7, "Image that sees requests before the shards do.";
    UsesAfter           "uses_after"              []                    Text, U, Shapes, No, HandedOn, Yes, 7, "Image that sees answers after the shards.";
    When                "when"                    []                    Pairs, U, Shapes, No, HandedOn, Yes, 7, "Condition that documents must meet to reach the executor.";
    External            "external"                []                    Flag, U, Shapes, No, HandedOn, Yes, 7, "The executor runs elsewhere; only its address is used.";
    GrpcMetadata        "grpc_metadata"           []                    Pairs, U, Shapes, No, HandedOn, Yes, 11, "Metadata that the gateway sends to the executor.";
    DeploymentRole      "deployment_role"         []                    Enum(&["DEPLOYMENT", "JOIN", "INSPECT", "GATEWAY", "INSPECT_AUX_PASS", "JOIN_INSPECT"]), U, Ignored, No, HandedOn, Internal, 7, "Role in the graph; set by Jina itself.";
    Tls                 "tls"                     []                    Flag, U, Shapes, No, HandedOn, Yes, 7, "The external executor speaks TLS.";
    Title               "title"                   []                    Text, U, Ignored, At(12), HandedOn, Yes, 7, "Title of the HTTP API.";
    Description         "description"             []                    Text, U, Ignored, At(13), HandedOn, Yes, 7, "Description of the HTTP API.";
    Cors                "cors"                    []                    Flag, U, Ignored, At(14), HandedOn, Yes, 7, "Allow calls from other origins.";
    UvicornKwargs       "uvicorn_kwargs"          []                    Pairs, U, Ignored, At(15), HandedOn, Yes, 7, "Arguments of the HTTP server.";
    SslCertfile         "ssl_certfile"            []                    Text, U, Shapes, At(16), HandedOn, Yes, 7, "Certificate file in the gateway's container.";
    SslKeyfile          "ssl_keyfile"             []                    Text, U, Shapes, At(17), HandedOn, Yes, 7, "Key file in the gateway's container.";
    Prefetch            "prefetch"                []                    Int, I(1000), No, At(11), HandedOn, Yes, 7, "Requests that the gateway reads ahead; 0 reads all.";
    NoDebugEndpoints    "no_debug_endpoints"      []                    Flag, U, No, At(18), HandedOn, Yes, 7, "Remove /status and /post from the HTTP API.";
    NoCrudEndpoints     "no_crud_endpoints"       []                    Flag, U, No, At(19), HandedOn, Yes, 7, "Remove /index, /search, /update and /delete from the HTTP API.";
    ExposeEndpoints     "expose_endpoints"        []                    Text, U, No, At(20), HandedOn, Yes, 7, "Endpoints to offer as HTTP routes, as JSON.";
    ExposeGraphql       "expose_graphql_endpoint" []                    Flag, U, No, At(21), HandedOn, Yes, 7, "Offer /graphql.";
    Proxy               "proxy"                   []                    Flag, U, No, At(23), HandedOn, Yes, 7, "Respect http_proxy and https_proxy.";
    GraphDescription    "graph_description"       []                    Text, T("{}"), No, At(30), HandedOn, Internal, 7, "The graph; set by Jina itself.";
    GraphConditions     "graph_conditions"        []                    Text, T("{}"), No, At(31), HandedOn, Internal, 7, "The conditions; set by Jina itself.";
    DeploymentsAddresses "deployments_addresses"  []                    Text, T("{}"), No, At(32), HandedOn, Internal, 7, "The addresses; set by Jina itself.";
    DeploymentsMetadata "deployments_metadata"    []                    Text, T("{}"), No, At(33), HandedOn, Internal, 11, "The executors' gRPC metadata; set by Jina itself.";
    DeploymentsNoReduce "deployments_no_reduce"   ["deployments_disable_reduce"] Text, T("[]"), No, At(34), HandedOn, Internal, 7, "Executors that do not merge; set by Jina itself.";
    Inspect             "inspect"                 []                    Enum(&["HANG", "REMOVE", "COLLECT"]), T("COLLECT"), No, No, Kept, Yes, 7, "What becomes of inspecting executors.";
    SuppressRootLogging "suppress_root_logging"   []                    Flag, U, No, No, Kept, Locally, 7, "Logging of the process that builds the Flow; never exported.";
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
