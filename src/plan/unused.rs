//! Reports options of executors and fields of the config that have no effect in this Flow. Each finding has the path of
//! the option or field.

use std::collections::BTreeMap;

use super::component::Component;
use super::planner::Planner;
use super::pods::pods;
use crate::config::corrections::Correction;
use crate::config::kubernetes::Kubernetes;
use crate::config::workload::{ProbeStyle, is_zero};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::{Effect, Opt, Use};
use crate::jina::setting::Protocol;
use crate::jina::topology::Executor;

/// The options of an external executor that the gateway uses.
const OF_EXTERNAL: [Opt; 13] = [
    Opt::Name,
    Opt::External,
    Opt::Host,
    Opt::Port,
    Opt::Protocol,
    Opt::Tls,
    Opt::SslCertfile,
    Opt::SslKeyfile,
    Opt::Replicas,
    Opt::NoReduce,
    Opt::Floating,
    Opt::When,
    Opt::GrpcMetadata,
];

/// Options that have an effect for some executors only.
const OF_SOME: [Opt; 6] = [Opt::Polling, Opt::Tls, Opt::SslCertfile, Opt::SslKeyfile, Opt::When, Opt::GrpcMetadata];

impl Planner<'_> {
    pub(super) fn warn_about_unused(&self, flow: &Flow, findings: &mut Findings) {
        let with = self.path.key("with");
        let list = self.path.key(flow.list);
        for executor in &flow.executors {
            let is_external = executor.options.flag(Opt::External);
            if is_external && flow.kind == Kind::Deployment {
                continue;
            }
            let here = if flow.kind == Kind::Flow { list.index(executor.index) } else { with };
            let mut own = Findings::default();
            for opt in executor.options.own().filter(|opt| is_set(executor, *opt)) {
                if let Some(reason) = self.unused(flow.kind, executor, opt) {
                    own.push(without_effect(&here, opt, reason).at(executor.mark));
                }
            }
            self.add_written(own, &executor.options, &here, findings);
        }
        // An option in `with` has an effect if it has an effect for any executor. Certificates are not reported, because
        // the gateway uses them.
        for opt in [Opt::Polling, Opt::Tls] {
            let inherits = |executor: &&Executor| !executor.options.is_own(opt) && is_set(executor, opt);
            let mut heirs = flow.executors.iter().filter(inherits).peekable();
            if heirs.peek().is_some() && heirs.all(|heir| !heir.options.is_incomplete() && self.unused(flow.kind, heir, opt).is_some()) {
                let reason = if opt == Opt::Tls { "no executor is external" } else { "no executor has shards" };
                findings.push_once(without_effect(&with, opt, reason));
            }
        }
    }

    /// Reports fields of layers that have no effect because of the protocols or the storage of a component.
    pub(super) fn warn_about_unused_fields(&self, components: &[Component], findings: &mut Findings) {
        let mut by_path = BTreeMap::new();
        let mesh = self.settings.mesh();
        for component in components {
            let path = |field: &str| self.settings.layers.path(pods(component), field);
            // A field of several components has an effect if it has an effect for any component.
            let mut add = |field: &str, reason: Option<String>| {
                let path = path(field);
                let (_, known) = by_path.entry(path.to_string()).or_insert_with(|| (path, reason.clone()));
                if reason.is_none() {
                    *known = None;
                }
            };
            if let Some(style) = component.workload.probes {
                add("probes", self.unused_probes(component, style));
            }
            if component.workload.traffic_distribution.is_some() {
                let has_none = component.is_headless(mesh) && component.workload.expose.is_none();
                add(
                    "trafficDistribution",
                    has_none.then(|| "with `mesh: none` the pods have headless Services, which prefer no pods".to_owned()),
                );
            }
            let update = &component.workload.rolling_update;
            // With the field `storage`, `maxSurge` is already an error.
            let surge = update.surge.as_ref().filter(|surge| !is_zero(surge) && component.workload.storage.is_none());
            let unavailable = update.unavailable.as_ref().filter(|pods| pods.as_text() != Some("1"));
            for (field, share) in [("rollingUpdate.maxSurge", surge), ("rollingUpdate.maxUnavailable", unavailable)] {
                let has_effect = field == "rollingUpdate.maxUnavailable" && self.settings.scope.has(Kubernetes::STATEFUL_UNAVAILABLE);
                if let (Some(share), Some(_), false) = (share, &component.storage, has_effect) {
                    let message = "has no effect: pods with storage are replaced one by one";
                    let finding = Code::FieldWithoutEffect.warning(path(field), message).got(share.shown());
                    findings.push_once_for_each_place(finding.fix("remove it, or set it to `null` if it comes from another layer"));
                }
            }
        }
        for (path, reason) in by_path.into_values() {
            let finding = reason.map(|reason| Code::FieldWithoutEffect.warning(path, format!("has no effect: {reason}")));
            findings.extend(finding.map(|finding| finding.fix("remove it")));
        }
    }

    /// The reason why the kubelet does not use the kind of probe in the config.
    fn unused_probes(&self, component: &Component, style: ProbeStyle) -> Option<String> {
        let health = &component.containers.first()?.health;
        let serves_grpc = component.protocols.contains(&Protocol::Grpc);
        let serves_http = component.protocols.iter().any(|protocol| *protocol != Protocol::Grpc);
        let name = &component.name;
        if health.tls && self.corrections.has(Correction::TlsProbes) {
            Some(format!("`{name}` serves TLS, so the kubelet only opens a connection"))
        } else if !health.pings {
            Some(format!("containers of Jina {} are too old, so the kubelet only opens a connection", self.version))
        } else if style == ProbeStyle::Http && !serves_http {
            Some(format!("`{name}` serves only gRPC, so the probe uses gRPC"))
        } else if style == ProbeStyle::Grpc && !serves_grpc {
            Some(format!("`{name}` does not serve gRPC, so the probe uses HTTP"))
        } else {
            None
        }
    }

    /// The reason why an option of this executor has no effect.
    fn unused(&self, kind: Kind, executor: &Executor, opt: Opt) -> Option<&'static str> {
        let options = &executor.options;
        if options.flag(Opt::External) {
            return (!OF_EXTERNAL.contains(&opt)).then_some("the executor is external and runs with its own options");
        }
        let is_plain = self.corrections.has(Correction::PlainExecutors);
        match opt {
            _ if !OF_SOME.contains(&opt) => None,
            Opt::Polling if options.int(Opt::Shards) < 2 => Some("the executor has no shards"),
            Opt::When | Opt::GrpcMetadata if kind == Kind::Deployment => Some("a Deployment has no gateway"),
            Opt::Tls if is_plain => Some("the executor is not external, and pods of a Flow call each other without TLS"),
            Opt::SslCertfile | Opt::SslKeyfile if is_plain => Some("pods of a Flow call each other without TLS"),
            _ => None,
        }
    }
}

/// Whether an option has a value that is not the default. Options without effect on Kubernetes are reported elsewhere.
fn is_set(executor: &Executor, opt: Opt) -> bool {
    let row = opt.row();
    let is_known = row.effect == Effect::Yes && row.executor != Use::Ignored;
    is_known && executor.options.get(opt).is_some_and(|setting| !setting.is_default(row.default))
}

fn without_effect(path: &Path<'_>, opt: Opt, reason: &str) -> Finding {
    let name = opt.row().name;
    Code::FieldWithoutEffect.warning(path.key(name), format!("`{name}` has no effect: {reason}")).fix("remove it")
}
