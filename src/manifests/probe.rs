//! Startup and liveness probes.

use std::borrow::Cow;

use super::maker::Maker;
use super::nodes::{mapping, strings};
use crate::config::corrections::Correction;
use crate::config::workload::ProbeStyle;
use crate::jina::setting::Protocol;
use crate::plan::{Component, Container, PORT, Process, Role};
use crate::yaml::Node;

/// Both probes of a container.
pub struct Probes<'c> {
    pub startup: Node<'c>,
    pub liveness: Node<'c>,
}

/// gRPC and HTTP probes of the kubelet, or `jina ping` against the container's port. Containers that serve TLS or are too
/// old for these probes get a TCP probe.
pub fn probes<'c>(maker: &Maker<'c>, container: &Container) -> Probes<'c> {
    let component = maker.component;
    let is_tls = container.health.tls && maker.has(Correction::TlsProbes);
    if is_tls || !container.health.pings {
        let action = || mapping([("tcpSocket", mapping([("port", container.port.into())]))]);
        return Probes { startup: with_startup_times(action(), container), liveness: with_liveness_times(action()) };
    }
    let default = if maker.has(Correction::NativeProbes) { ProbeStyle::Grpc } else { ProbeStyle::Ping };
    let style = component.workload.probes.unwrap_or(default);
    if style != ProbeStyle::Ping {
        let action = || native(component, container, style);
        let mut liveness = with_liveness_times(action());
        // An asynchronous method that computes blocks the health service, but the container must not restart.
        liveness.set("periodSeconds", 10.into());
        liveness.set("failureThreshold", 12.into());
        return Probes { startup: with_startup_times(action(), container), liveness };
    }
    let targets = targets(maker, container);
    let ping = |target: String, more: &[&'static str]| {
        let subject = if container.process == Process::Gateway { "gateway" } else { "executor" };
        let words = ["jina", "ping", subject].map(Cow::Borrowed).into_iter().chain([Cow::Owned(target)]);
        let command = strings(words.chain(more.iter().copied().map(Cow::Borrowed)));
        mapping([("exec", mapping([("command", command)]))])
    };
    Probes {
        startup: with_startup_times(ping(targets.startup, &[]), container),
        liveness: with_liveness_times(ping(targets.liveness, targets.timeout)),
    }
}

/// A probe of the gRPC health service, or of the root of an HTTP server as `jina ping` does (`HTTPServer.is_ready`).
fn native<'c>(component: &Component, container: &Container, style: ProbeStyle) -> Node<'c> {
    let has_style = |protocol: &Protocol| (*protocol == Protocol::Grpc) == (style == ProbeStyle::Grpc);
    let is_first = container.port == PORT;
    let served = (PORT..).zip(&component.protocols).find(|(_, protocol)| is_first && has_style(protocol));
    let (port, protocol) = served.map_or((container.port, container.health.protocol), |(port, protocol)| (port, *protocol));
    if protocol == Protocol::Grpc {
        mapping([("grpc", mapping([("port", port.into())]))])
    } else {
        mapping([("httpGet", mapping([("path", "/".into()), ("port", port.into())]))])
    }
}

/// The addresses that `jina ping` gets.
struct Targets {
    startup: String,
    liveness: String,
    timeout: &'static [&'static str],
}

/// The arguments of `jina ping`. Jina has six templates with a mistake in each. Without corrections jinaflow copies the
/// mistakes.
fn targets(maker: &Maker<'_>, container: &Container) -> Targets {
    let component = maker.component;
    let scheme = container.health.protocol.scheme();
    let plain = format!("127.0.0.1:{}", container.port);
    let full = format!("{scheme}://{plain}");
    let timeout: &[&str] = match (component.storage.is_some(), maker.has(Correction::ProbeTimeout)) {
        (true, _) => &[],
        (false, true) => &["--timeout", "9500"],
        (false, false) => &["--timeout 9500"],
    };
    let head_with_sidecars = component.role == Role::Head && component.containers.len() > 1;
    if !head_with_sidecars || maker.has(Correction::HeadProbes) {
        return Targets { startup: full.clone(), liveness: full, timeout };
    }
    let is_head = container.process == Process::Executor;
    let before = component.containers.iter().any(|c| c.process == Process::UsesBefore);
    let after = component.containers.iter().any(|c| c.process == Process::UsesAfter);
    match (is_head, before, after) {
        (false, ..) => Targets { startup: plain.clone(), liveness: plain, timeout: &[] },
        (true, false, _) => Targets { startup: plain.clone(), liveness: plain, timeout: &["--timeout 9500"] },
        (true, true, false) => Targets { liveness: format!("{plain} - --timeout 9500"), startup: plain, timeout: &[] },
        (true, true, true) => {
            Targets { startup: "127.0.0.1:{port_uses}".to_owned(), liveness: format!("{plain} - --timeout 9500"), timeout: &[] }
        }
    }
}

fn with_startup_times<'c>(mut probe: Node<'c>, container: &Container) -> Node<'c> {
    probe.set("initialDelaySeconds", 5.into());
    probe.set("periodSeconds", 5.into());
    probe.set("failureThreshold", container.health.startup_tries.into());
    probe.set("timeoutSeconds", 10.into());
    probe
}

fn with_liveness_times(mut probe: Node<'_>) -> Node<'_> {
    probe.set("initialDelaySeconds", 30.into());
    probe.set("periodSeconds", 5.into());
    probe.set("timeoutSeconds", 10.into());
    probe
}
