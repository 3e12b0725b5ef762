//! How requests come to be spread over replicas.
//!
//! gRPC keeps one connection to each address. Behind an ordinary Service that is one replica for ever; a headless one has
//! the addresses of all, of which gRPC takes one unless it is told `round_robin`. It asks for addresses again when a
//! connection ends, so that servers end theirs after a while: a replica that came later was first served after 3.5 seconds
//! with connections of ten seconds, and after 24 without. Calls outlive the age of their connection.

use super::arguments::Forced;
use super::planner::Planner;
use crate::config::Mesh;
use crate::config::layers::Pods;
use crate::config::workload::Workload;
use crate::finding::{Finding, Findings};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::value::Value;

/// The most that a connection is used, in milliseconds, and the most that a caller waits before it asks for addresses again.
const AGE: i64 = 10_000;
const RESOLUTION: i64 = 5_000;

/// A pod that drains is left alone once its connections have ended and its callers have asked again: that has to be over
/// well before the draining is, or what comes last is cut off. Seen under load with 4 seconds of draining: connections of
/// 4 seconds lose requests, those of 2 do not.
fn within_drain(drain: Option<i64>, most: i64, part: i64) -> i64 {
    match drain {
        None | Some(0) => most,
        Some(seconds) => most.min(seconds.saturating_mul(1000) / part),
    }
}

impl Planner<'_> {
    /// The argument by which a gateway or head uses all replicas of those that it calls.
    /// `called` are the pods that it calls.
    pub(super) fn balancing_caller<'n>(&self, options: &Options, called: impl Iterator<Item = Pods<'n>>) -> Option<(Opt, Forced)> {
        let layers = &self.settings.layers;
        let resolution = called.map(|pods| within_drain(layers.drain(pods), RESOLUTION, 6)).min().unwrap_or(RESOLUTION);
        let ours = [("grpc.lb_policy_name", None), ("grpc.dns_min_time_between_resolutions_ms", Some(resolution))];
        self.balancing(Opt::GrpcChannelOptions, &ours, options)
    }

    /// The argument by which an executor or head lets its callers look for new replicas.
    pub(super) fn balancing_server(&self, options: &Options, workload: &Workload) -> Option<(Opt, Forced)> {
        let ours = [("grpc.max_connection_age_ms", Some(within_drain(workload.drain, AGE, 3)))];
        self.balancing(Opt::GrpcServerOptions, &ours, options)
    }

    /// The user's own settings go before ours.
    fn balancing(&self, opt: Opt, ours: &[(&str, Option<i64>)], options: &Options) -> Option<(Opt, Forced)> {
        if self.settings.mesh() != Mesh::None || !self.version.is_at_least(opt.row().since) {
            return None;
        }
        let mut pairs = options.pairs(opt).unwrap_or_default().to_vec();
        for (name, number) in ours {
            if pairs.iter().all(|(known, _)| known.to_str() != *name) {
                let value = number.map_or_else(|| Value::Str("round_robin".to_owned()), |number| Value::Int(number.into()));
                pairs.push((Value::Str((*name).to_owned()), value));
            }
        }
        Some((opt, Forced::word(Value::Map(pairs).to_json())))
    }

    /// Retries of Jina and of a mesh multiply; without either, what runs in a pod that ends is lost. And containers that
    /// cannot be told to spread their requests do not.
    pub(super) fn check_balance(&self, flow: &Flow, findings: &mut Findings) {
        let Some(gateway) = &flow.gateway else { return };
        let retries = gateway.int(Opt::Retries, -1);
        let with = self.path.key("with");
        let path = with.key("retries");
        match (self.settings.scope.mesh, retries) {
            (Some(Mesh::Linkerd | Mesh::Istio), 1.. | ..=-1) => {
                let finding = match gateway.get(Opt::Retries) {
                    Some(_) => {
                        let message = "multiplies with the retries of a mesh: each of its tries is tried again";
                        Finding::warning(path, message).got(retries.to_string())
                    }
                    None => Finding::warning(path, "is not set, so that Jina tries again, and a mesh tries each of its tries again"),
                };
                findings.push(finding.fix("set `retries: 0` in `with` if your mesh retries"));
            }
            (None | Some(Mesh::None), 0) if self.settings.mesh() == Mesh::None => {
                let message = "loses what a pod was doing that ends: without a mesh nobody but Jina tries again";
                findings.push(Finding::warning(path, message).got("0").fix("remove it, or use a mesh that retries"));
            }
            _ => {}
        }
        let replicated = flow.executors.iter().find(|executor| executor.options.int(Opt::Replicas, 1) > 1);
        let option = Opt::GrpcChannelOptions.row();
        if let Some(executor) = replicated.filter(|_| self.settings.mesh() == Mesh::None && !self.version.is_at_least(option.since)) {
            let message = format!(
                "asks for containers from Jina 3.{} on: of several replicas of `{}` one gets all requests",
                option.since, executor.name
            );
            let finding = Finding::warning("spec.mesh", message).got("none");
            findings.push(finding.fix("raise spec.jinaVersion, or use a mesh"));
        }
    }
}
