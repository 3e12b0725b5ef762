//! Arguments that balance requests over replicas.
//!
//! gRPC keeps one connection to each address. Behind an ordinary Service, all requests go to one replica. A headless Service
//! has the addresses of all replicas, but gRPC uses only one of them without the policy `round_robin`. gRPC resolves the
//! addresses again when a connection ends, so servers close connections after a while: with connections of 10 seconds, a new
//! replica got its first request after 3.5 seconds, and without this limit after 24 seconds. Running calls are not interrupted
//! when a connection reaches its maximum age.
//!
//! A caller also waits for a pod that restarts. Jina repeats a failed call at once, so without waiting all its tries are over
//! after milliseconds. Before the first call on a new connection, Jina asks the server for its services, by gRPC reflection.
//! gRPC lets this call wait until the connection is ready ([`WAIT`]). The time limit applies only to reflection, never to a
//! request that an executor handles. When the name of a Service has no address, gRPC does not wait: it applies the settings
//! of a call only after a first resolution.

use super::arguments::Forced;
use super::planner::Planner;
use crate::config::Mesh;
use crate::config::layers::Pods;
use crate::config::workload::Workload;
use crate::finding::{Code, Findings};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::value::Value;

/// The maximum age of a connection, in milliseconds.
const AGE: i64 = 10_000;
/// The minimum time between two resolutions of addresses, in milliseconds.
const RESOLUTION: i64 = 5_000;
/// The longest pause between two attempts to connect, in milliseconds. The default of gRPC is two minutes, so an executor that
/// restarts slowly would wait for its callers.
const RECONNECT: i64 = 1_000;
/// The service config that lets reflection wait for a connection
/// (<https://github.com/grpc/grpc-proto/blob/master/grpc/service_config/service_config.proto>).
pub const WAIT: &str =
    r#"{"methodConfig":[{"name":[{"service":"grpc.reflection.v1alpha.ServerReflection"}],"waitForReady":true,"timeout":"30s"}]}"#;

/// The smaller of `most` and the drain time divided by `part`, in milliseconds. Without a drain time, `most`.
///
/// A caller stops using a draining pod when the connection to the pod has ended and the caller has resolved the addresses
/// again. Both must happen well before the end of the drain time, or the last requests fail. Measured under load with a
/// drain time of 4 seconds: connections of 4 seconds lose requests, and connections of 2 seconds do not.
fn within_drain(drain: Option<i64>, most: i64, part: i64) -> i64 {
    match drain {
        None | Some(0) => most,
        Some(seconds) => most.min(seconds.saturating_mul(1000) / part),
    }
}

impl Planner<'_> {
    /// The argument that makes a gateway or head use all replicas of the pods that it calls.
    pub(super) fn balancing_caller<'n>(&self, options: &Options, called: impl Iterator<Item = Pods<'n>>) -> Option<(Opt, Forced)> {
        let layers = &self.settings.layers;
        let resolution = called.map(|pods| within_drain(layers.drain(pods), RESOLUTION, 6)).min().unwrap_or(RESOLUTION);
        let defaults = [
            ("grpc.lb_policy_name", Value::Str("round_robin".to_owned())),
            ("grpc.dns_min_time_between_resolutions_ms", Value::Int(resolution.into())),
            ("grpc.max_reconnect_backoff_ms", Value::Int(RECONNECT.into())),
            ("grpc.service_config", Value::Str(WAIT.to_owned())),
        ];
        self.balancing(Opt::GrpcChannelOptions, &defaults, options)
    }

    /// The argument that makes an executor or head close connections, so that callers find new replicas.
    pub(super) fn balancing_server(&self, options: &Options, workload: &Workload) -> Option<(Opt, Forced)> {
        let defaults = [("grpc.max_connection_age_ms", Value::Int(within_drain(workload.drain, AGE, 3).into()))];
        self.balancing(Opt::GrpcServerOptions, &defaults, options)
    }

    /// The argument with jinaflow's settings. Settings of the user replace jinaflow's settings.
    fn balancing(&self, opt: Opt, defaults: &[(&str, Value)], options: &Options) -> Option<(Opt, Forced)> {
        if self.settings.mesh() != Mesh::None || !self.version.is_at_least(opt.row().since) {
            return None;
        }
        let mut pairs = options.pairs(opt).unwrap_or_default().to_vec();
        for (name, value) in defaults {
            if pairs.iter().all(|(known, _)| known.to_str() != *name) {
                pairs.push((Value::Str((*name).to_owned()), value.clone()));
            }
        }
        Some((opt, Forced::word(Value::Map(pairs).to_json())))
    }

    /// Reports retries of both Jina and the mesh, a Flow without any retries, and containers that are too old to balance
    /// requests.
    pub(super) fn check_balance(&self, flow: &Flow, findings: &mut Findings) {
        let Some(gateway) = &flow.gateway else { return };
        let retries = gateway.int(Opt::Retries);
        let with = self.path.key("with");
        let path = with.key("retries");
        match (self.settings.scope.mesh, retries) {
            (Some(Mesh::Linkerd | Mesh::Istio), 1.. | ..=-1) => {
                let finding = match gateway.get(Opt::Retries) {
                    Some(_) => {
                        let message = "multiplies the retries of the mesh: the mesh retries each attempt of Jina";
                        Code::RetriesMultiply.warning(path, message).got(retries.to_string())
                    }
                    None => Code::RetriesMultiply.warning(path, "is not set, so Jina retries, and the mesh retries each attempt of Jina"),
                };
                findings.push(finding.fix("set `retries: 0` in `with` if your mesh retries"));
            }
            (None | Some(Mesh::None), 0) if self.settings.mesh() == Mesh::None => {
                let message = "loses the requests of a pod that stops: without a mesh, only Jina retries";
                findings.push(Code::RetriesMissing.warning(path, message).got("0").fix("remove it, or use a mesh that retries"));
            }
            _ => {}
        }
        let replicated = flow.executors.iter().find(|executor| executor.options.int(Opt::Replicas) > 1);
        let since = Opt::GrpcChannelOptions.row().since;
        if let Some(executor) = replicated.filter(|_| self.settings.mesh() == Mesh::None && !self.version.is_at_least(since)) {
            let message = format!("requires containers of Jina 3.{since} or later: all requests go to one replica of `{}`", executor.name);
            let finding = Code::ReplicasNotBalanced.warning("spec.mesh", message).got("none");
            findings.push(finding.fix("set a newer `spec.jinaVersion`, or use a mesh"));
        }
    }
}
