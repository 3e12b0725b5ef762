//! Options that are not options of Jina 3.34: options of Jina 0.9 to 3.33 that were renamed or removed, and keys that other
//! parts of a deployment have.
//!
//! The versions are those of the parsers in the packages of Jina 0.9.20, 1.0.16, 1.3.1, 2.0.22, 2.6.4, 3.0.4, 3.3.25, 3.6.16
//! and, from 3.7 on, of `tests/jina/versions.json`.

use super::options::{self, Opt, Row};

/// A release of Jina: its major and minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The major version.
    pub major: u8,
    /// The minor version.
    pub minor: u8,
}

impl Release {
    /// Whether the release is older than Jina 3.
    pub fn is_before_three(self) -> bool {
        self.major < 3
    }

    /// The first release after this one, as `3.13`.
    pub fn next(self) -> String {
        match self {
            Self { major: 0, .. } => "1.0".to_owned(),
            Self { major: 1, .. } => "2.0".to_owned(),
            Self { major: 2, minor } if minor >= LAST_OF_TWO => "3.0".to_owned(),
            Self { major, minor } => format!("{major}.{}", minor + 1),
        }
    }
}

/// The last minor version of Jina 2.
const LAST_OF_TWO: u8 = 6;

/// The fate of an option in later versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The option was renamed to this option.
    Renamed(Opt),
    /// The flag was replaced by this value of this option.
    Means(Opt, &'static str),
    /// The option was removed, for this reason.
    Dropped(&'static str),
}

/// An option that Jina 3.34 no longer has.
#[derive(Debug, Clone, Copy)]
pub struct Former {
    /// The key.
    pub key: &'static str,
    /// The last release that has the option.
    pub until: Release,
    /// The fate of the option in later releases.
    pub fate: Fate,
}

impl Former {
    /// The documentation of the option, in Markdown.
    pub fn page(&self) -> String {
        let Self { key, until: Release { major, minor }, .. } = self;
        format!("`{key}`, until Jina {major}.{minor}: {}", self.effect())
    }

    fn effect(&self) -> String {
        match self.fate {
            Renamed(to) => format!("`{}`", to.row().name),
            Means(to, value) => format!("`{}: {value}`", to.row().name),
            Dropped(reason) => format!("removed: {reason}"),
        }
    }
}

const fn former(key: &'static str, major: u8, minor: u8, fate: Fate) -> Former {
    Former { key, until: Release { major, minor }, fate }
}

use Fate::{Dropped, Means, Renamed};

/// The reason for a flag of the gateway that an executor has.
pub const OF_GATEWAY: &str = "it is an option of the gateway";

const CLIENT: Fate = Dropped("it is a setting of the client");
const CLOUD: Fate = Dropped("jinaflow writes the manifests itself");
const JINAD: Fate = Dropped("it was for JinaD, which was removed");
const LOCAL: Fate = Dropped("it was for local processes");
const LOGS: Fate = Dropped("Kubernetes collects the logs of containers");
const ROUTING: Fate = Dropped("the gateway now has the graph and calls each executor");
const STATE: Fate = Dropped("an executor saves its own data in its `workspace`");
const ZMQ: Fate = Dropped("executors now exchange messages with gRPC, not with ZeroMQ");

/// The options that Jina 3.34 no longer has. Old names that Jina 3.34 still accepts are aliases in the table of options.
pub static FORMER: &[Former] = &[
    former("grpc_server_kwargs", 3, 7, Renamed(Opt::GrpcServerOptions)),
    former("quiet_remote_logs", 3, 12, JINAD),
    former("upload_files", 3, 12, Dropped("it was for JinaD, which was removed, and on Kubernetes the files are in the image")),
    former("default_swagger_ui", 3, 4, Dropped("the HTTP gateway has only one user interface")),
    former("override_with", 3, 3, Renamed(Opt::UsesWith)),
    former("override_metas", 3, 3, Renamed(Opt::UsesMetas)),
    former("override_requests", 3, 3, Renamed(Opt::UsesRequests)),
    former("https", 3, 2, Renamed(Opt::Tls)),
    former("expose_public", 3, 2, Dropped("it was for pods on other machines")),
    former("port_jinad", 3, 2, JINAD),
    former("disable_remote", 3, 2, JINAD),
    former("daemon", 3, 2, LOCAL),
    former("pull_latest", 3, 2, Dropped("on Kubernetes `imagePullPolicy` decides when images are pulled")),
    former("runtime_backend", 3, 2, Dropped("Kubernetes always runs containers")),
    former("runtime", 3, 2, Dropped("Kubernetes always runs containers")),
    former("k8s_disable_connection_pool", 3, 2, Dropped("the gateway always keeps its connections")),
    former("compress", 3, 2, Dropped("`compression` sets the compression of gRPC calls")),
    former("compress_min_bytes", 3, 2, Dropped("`compression` sets the compression of gRPC calls")),
    former("compress_min_ratio", 3, 2, Dropped("`compression` sets the compression of gRPC calls")),
    former("parallel", 2, 6, Renamed(Opt::Replicas)),
    former("connect_to_predecessor", 2, 6, ROUTING),
    former("ctrl_with_ipc", 2, 6, ZMQ),
    former("dump_path", 2, 6, STATE),
    former("dynamic_routing", 2, 6, ROUTING),
    former("dynamic_routing_in", 2, 6, ROUTING),
    former("dynamic_routing_out", 2, 6, ROUTING),
    former("no_dynamic_routing", 2, 6, ROUTING),
    former("grpc_data_requests", 2, 6, Dropped("all requests now use gRPC")),
    former("host_out", 2, 6, ZMQ),
    former("hosts_in_connect", 2, 6, ZMQ),
    former("identity", 2, 6, LOCAL),
    former("infrastructure", 2, 6, CLOUD),
    former("k8s_custom_resource_dir", 2, 6, CLOUD),
    former("k8s_init_container_command", 2, 6, Dropped("`podTemplate` of a JinaFlow adds init containers")),
    former("k8s_mount_path", 2, 6, Dropped("`podTemplate` of a JinaFlow adds init containers")),
    former("k8s_uses_init", 2, 6, Dropped("`podTemplate` of a JinaFlow adds init containers")),
    former("memory_hwm", 2, 6, Dropped("on Kubernetes `resources` limits the memory of a container")),
    former("num_part", 2, 6, ZMQ),
    former("on_error_strategy", 2, 6, Dropped("an executor that fails now always stops its branch of the graph")),
    former("pea_id", 2, 6, LOCAL),
    former("pea_role", 2, 6, LOCAL),
    former("peas_hosts", 2, 6, JINAD),
    former("port_ctrl", 2, 6, ZMQ),
    former("port_out", 2, 6, ZMQ),
    former("prefetch_on_recv", 2, 6, Dropped("`prefetch` alone limits the requests of the gateway")),
    former("reduce", 2, 6, Dropped("results are merged by default, and `no_reduce` turns this off")),
    former("routing_table", 2, 6, ROUTING),
    former("static_routing_table", 2, 6, ROUTING),
    former("send_routing_table", 2, 6, ROUTING),
    former("runs_in_docker", 2, 6, Dropped("Kubernetes always runs containers")),
    former("scheduling", 2, 6, Dropped("gRPC or the mesh balances requests over replicas")),
    former("socket_in", 2, 6, ZMQ),
    former("socket_out", 2, 6, ZMQ),
    former("socket_type", 2, 6, ZMQ),
    former("ssh_keyfile", 2, 6, ZMQ),
    former("ssh_password", 2, 6, ZMQ),
    former("ssh_server", 2, 6, ZMQ),
    former("zmq_identity", 2, 6, ZMQ),
    former("peapods", 2, 6, LOCAL),
    former("asyncio", 2, 6, CLIENT),
    former("return_responses", 2, 6, CLIENT),
    former("show_progress", 2, 6, CLIENT),
    former("callback_on", 1, 3, CLIENT),
    former("callback_on_body", 1, 3, CLIENT),
    former("continue_on_error", 1, 3, CLIENT),
    former("max_message_size", 1, 3, Dropped("`grpc_server_options` has the limits of gRPC")),
    former("mime_type", 1, 3, CLIENT),
    former("request_size", 1, 3, CLIENT),
    former("return_results", 1, 3, CLIENT),
    former("mode", 1, 3, CLIENT),
    former("dump_interval", 1, 3, STATE),
    former("load_interval", 1, 3, STATE),
    former("exit_no_dump", 1, 3, STATE),
    former("read_only", 1, 3, STATE),
    former("separated_workspace", 1, 3, Dropped("each shard and replica now has its own folder in `workspace`")),
    former("rest_api", 1, 3, Means(Opt::Protocol, "HTTP")),
    former("restful", 1, 3, Means(Opt::Protocol, "HTTP")),
    former(
        "uses_internal",
        1,
        3,
        Dropped("the container reads the configuration in its image, and `configFile` of a JinaFlow names another file"),
    ),
    former("uses_reducing", 1, 3, Dropped("results of shards are merged by default, and `uses_after` sets an image that merges them")),
    former("yaml_path", 0, 9, Renamed(Opt::Uses)),
    former("image", 0, 9, Dropped("`uses: docker://…` of an executor names its image")),
    former("check_version", 0, 9, LOCAL),
    former("array_in_pb", 0, 9, CLIENT),
    former("compress_hwm", 0, 9, Dropped("`compression` sets the compression of gRPC calls")),
    former("compress_lwm", 0, 9, Dropped("`compression` sets the compression of gRPC calls")),
    former("driver_yaml_path", 0, 9, Dropped("executors no longer have drivers")),
    former("driver_group", 0, 9, Dropped("executors no longer have drivers")),
    former("groupby_regex", 0, 9, LOGS),
    former("log_format", 0, 9, Dropped("`log_config` sets the format of logs")),
    former("log_id", 0, 9, LOGS),
    former("log_profile", 0, 9, LOGS),
    former("log_remote", 0, 9, LOGS),
    former("log_sse", 0, 9, LOGS),
    former("log_with_own_name", 0, 9, LOGS),
    former("logserver", 0, 9, LOGS),
    former("logserver_config", 0, 9, LOGS),
    former("refresh_time", 0, 9, LOGS),
    former("silent_remote_logs", 0, 9, LOGS),
    former("sse_logger", 0, 9, LOGS),
    former("on_gpu", 0, 9, Dropped("`gpus` sets the number of GPUs of each pod")),
    former("optimize_level", 0, 9, Dropped("Jina no longer changes the graph of a Flow")),
    former("port_grpc", 0, 9, Renamed(Opt::Port)),
    former("remove_uses_ba", 0, 9, LOCAL),
    former("show_exc_info", 0, 9, Dropped("stack traces are logged by default, and `quiet_error` turns this off")),
    former("skip_on_error", 0, 9, Dropped("an executor that fails now always stops its branch of the graph")),
];

/// The row of an option that Jina 3.34 no longer has.
pub fn find(key: &str) -> Option<&'static Former> {
    FORMER.iter().find(|row| row.key == key)
}

/// The place of a key that is not an option but exists elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// The option that overrides a part of the executor's own configuration.
    Override(Opt),
    /// A setting of pods in a `JinaFlow`.
    Field(&'static str),
}

/// Keys that Jina never had as options, with their place. Underscores and capitals do not matter.
const NEVER: &[(&str, Elsewhere)] = &[
    ("with", Elsewhere::Override(Opt::UsesWith)),
    ("metas", Elsewhere::Override(Opt::UsesMetas)),
    ("requests", Elsewhere::Override(Opt::UsesRequests)),
    ("resources", Elsewhere::Field("resources")),
    ("limits", Elsewhere::Field("resources")),
    ("cpu", Elsewhere::Field("resources")),
    ("memory", Elsewhere::Field("resources")),
    ("autoscale", Elsewhere::Field("autoscale")),
    ("storage", Elsewhere::Field("storage")),
    ("labels", Elsewhere::Field("labels")),
    ("annotations", Elsewhere::Field("annotations")),
    ("nodeselector", Elsewhere::Field("nodeSelector")),
    ("tolerations", Elsewhere::Field("tolerations")),
    ("affinity", Elsewhere::Field("affinity")),
    ("serviceaccount", Elsewhere::Field("serviceAccountName")),
    ("serviceaccountname", Elsewhere::Field("serviceAccountName")),
    ("imagepullpolicy", Elsewhere::Field("imagePullPolicy")),
    ("priorityclassname", Elsewhere::Field("priorityClassName")),
    ("configmaps", Elsewhere::Field("configMaps")),
    ("secrets", Elsewhere::Field("secrets")),
];

/// The fields of a `JinaFlow` that `elsewhere` names.
pub fn fields() -> impl Iterator<Item = &'static str> {
    NEVER.iter().filter_map(|(_, place)| match place {
        Elsewhere::Field(field) => Some(*field),
        Elsewhere::Override(_) => None,
    })
}

/// The place of a key that is not an option; `None` if the key is not known at all.
pub fn elsewhere(key: &str) -> Option<Elsewhere> {
    let plain: String = key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    NEVER.iter().find(|(known, _)| *known == plain).map(|(_, place)| *place)
}

/// The rows of the options that an unknown key abbreviates, by name: `argparse` accepts each unambiguous prefix.
pub fn abbreviated(key: &str, allows: impl Fn(&Row) -> bool) -> Vec<&'static Row> {
    let has_prefix = |row: &&Row| std::iter::once(&row.name).chain(row.aliases).any(|name| name.starts_with(key));
    options::TABLE.iter().filter(|row| allows(row)).filter(has_prefix).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_options_are_not_options_and_have_one_row() {
        let mut keys: Vec<&str> = FORMER.iter().map(|row| row.key).chain(NEVER.iter().map(|(key, _)| *key)).collect();
        assert_eq!(keys.iter().find(|key| options::find(key).is_some()), None);
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn releases_follow_each_other() {
        for ((major, minor), next) in [((0, 9), "1.0"), ((1, 3), "2.0"), ((2, 6), "3.0"), ((3, 12), "3.13")] {
            assert_eq!(Release { major, minor }.next(), next);
        }
    }
}
