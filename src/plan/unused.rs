//! Options of executors, and fields of the config, that say something and change nothing of this Flow. Each is named where
//! it stands.

use std::collections::BTreeMap;

use super::component::{Component, Role};
use super::planner::Planner;
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::config::workload::{ProbeStyle, is_zero};
use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::{Effect, Opt, Use};
use crate::jina::setting::Protocol;
use crate::jina::topology::Executor;

/// What the gateway needs to know of an executor that runs elsewhere.
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

/// Options that mean something for some executors only.
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
            for opt in executor.options.own().filter(|opt| is_said(executor, *opt)) {
                if let Some(reason) = self.unused(flow.kind, executor, opt) {
                    findings.push_once(without_effect(&here, opt, reason).at(executor.mark));
                }
            }
        }
        // What all have from `with` is of use when it is for one of them. The gateway has certificates, too.
        for opt in [Opt::Polling, Opt::Tls] {
            let inherits = |executor: &&Executor| !executor.options.is_own(opt) && is_said(executor, opt);
            let mut heirs = flow.executors.iter().filter(inherits).peekable();
            if heirs.peek().is_some() && heirs.all(|executor| self.unused(flow.kind, executor, opt).is_some()) {
                let reason = if opt == Opt::Tls { "no executor is external" } else { "no executor has shards" };
                findings.push_once(without_effect(&with, opt, reason));
            }
        }
    }

    /// Fields of the layers that depend on what a component turns out to be.
    pub(super) fn warn_about_unused_fields(&self, components: &[Component], findings: &mut Findings) {
        let mut probes = BTreeMap::new();
        for component in components {
            let path = |field: &str| self.settings.layers.path(pods(component), field);
            if let Some(style) = component.workload.probes {
                let reason = self.unused_probes(component, style);
                let known = probes.entry(path("probes")).or_insert_with(|| reason.clone());
                // What all have in common is of use when it is for one of them.
                if reason.is_none() {
                    *known = None;
                }
            }
            let (surge, unavailable) = &component.workload.rolling_update;
            // Beside `storage` it is refused.
            let surge = surge.as_ref().filter(|surge| !is_zero(surge) && component.workload.storage.is_none());
            let unavailable = unavailable.as_ref().filter(|pods| pods.as_text() != Some("1"));
            for (field, share) in [("rollingUpdate.maxSurge", surge), ("rollingUpdate.maxUnavailable", unavailable)] {
                if let (Some(share), Some(_)) = (share, &component.storage) {
                    let message = "has no effect: pods with storage are replaced one after the other";
                    let finding = Finding::warning(path(field), message).got(share.shown());
                    findings.push_once_for_each_place(finding.fix("remove it; `null` takes back a layer's"));
                }
            }
        }
        for (path, reason) in probes {
            let reason = reason.map(|reason| Finding::warning(path, format!("has no effect: {reason}")));
            findings.extend(reason.map(|finding| finding.fix("remove it")));
        }
    }

    /// Why a component is asked for its health in another way.
    fn unused_probes(&self, component: &Component, style: ProbeStyle) -> Option<String> {
        let health = &component.containers.first()?.health;
        let speaks = |wanted: bool| component.protocols.iter().any(|protocol| (*protocol == Protocol::Grpc) == wanted);
        let name = &component.name;
        if health.tls && self.corrections.has(Correction::TlsProbes) {
            Some(format!("`{name}` serves TLS, and the kubelet only tries to connect"))
        } else if !health.pings {
            Some(format!("containers of Jina {} are too old for it, and the kubelet only tries to connect", self.version))
        } else if style == ProbeStyle::Http && !speaks(false) {
            Some(format!("`{name}` speaks gRPC alone, and is asked by it"))
        } else if style == ProbeStyle::Grpc && !speaks(true) {
            Some(format!("`{name}` does not speak gRPC, and is asked by HTTP"))
        } else {
            None
        }
    }

    /// Why an option of this executor changes nothing.
    fn unused(&self, kind: Kind, executor: &Executor, opt: Opt) -> Option<&'static str> {
        let options = &executor.options;
        if options.flag(Opt::External) {
            return (!OF_EXTERNAL.contains(&opt)).then_some("the executor is external, and runs with its own options");
        }
        let is_plain = self.corrections.has(Correction::PlainExecutors);
        match opt {
            _ if !OF_SOME.contains(&opt) => None,
            Opt::Polling if options.int(Opt::Shards, 1) < 2 => Some("the executor has no shards"),
            Opt::When | Opt::GrpcMetadata if kind == Kind::Deployment => Some("a Deployment has no gateway"),
            Opt::Tls if is_plain => Some("the executor is not external, and pods of one Flow call each other without TLS"),
            Opt::SslCertfile | Opt::SslKeyfile if is_plain => Some("pods of one Flow call each other without TLS"),
            _ => None,
        }
    }
}

/// For whom the layers are asked.
fn pods(component: &Component) -> Pods<'_> {
    match component.role {
        Role::Gateway => Pods::Gateway,
        Role::Head => Pods::Head(&component.node),
        Role::Worker(shard) => Pods::Worker(&component.node, shard),
    }
}

/// Whether an option says something, and nobody has said already that it is of no use on Kubernetes.
fn is_said(executor: &Executor, opt: Opt) -> bool {
    let row = opt.row();
    let is_known = row.effect == Effect::Yes && row.executor != Use::Ignored;
    is_known && executor.options.get(opt).is_some_and(|setting| !setting.is_default(row.default))
}

fn without_effect(path: &Path<'_>, opt: Opt, reason: &str) -> Finding {
    let name = opt.row().name;
    Finding::warning(path.key(name), format!("`{name}` has no effect: {reason}")).fix("remove it")
}
