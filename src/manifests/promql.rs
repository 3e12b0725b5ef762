//! Queries of Prometheus for the load of a component, with the metrics that Jina 3.34 exports
//! (`jina/serve/runtimes/monitoring.py`, `jina/serve/runtimes/worker/request_handling.py`, `jina/serve/networking/connection_stub.py`).
//!
//! The label `runtime_name` is the value of `--name`, which overlays do not change. Prometheus Operator adds the label
//! `namespace`.

use super::maker::Maker;
use crate::plan::{Arg, Component, Role};

/// The period of a rate. It has several samples, because Prometheus reads metrics every 15 to 60 seconds.
const PERIOD: &str = "2m";

/// The number of requests that a gateway or head has received.
const RECEIVED: &str = "jina_received_request_bytes_count";

/// The requests per second of all pods of a component, also those that fail.
///
/// Gateways and heads measure the time only of requests that succeed, and the size of all. Workers measure the time of every
/// call, and the size of each request in it: a call has several if the executor waits for several others.
pub fn requests_per_second(maker: &Maker<'_>) -> String {
    let metric = match maker.component.role {
        Role::Gateway | Role::Head => RECEIVED,
        Role::Worker(_) => "jina_receiving_request_seconds_count",
    };
    rate(metric, maker, &runtime_name(maker.component))
}

/// The requests that all pods of a component process at the same time: each second, the time that they spend on requests grows by
/// the average number of requests (Little's law).
///
/// Gateways and heads measure this time only for requests that succeed, and nothing ever counts down
/// `jina_number_of_pending_requests` for a request that its client gives up, or for a stream. But they measure the time of each of
/// their calls, also of those that fail or are given up, because a context manager takes it. So calls are counted there: a request
/// to several executors or shards at the same time has a call for each.
pub fn concurrency(maker: &Maker<'_>) -> String {
    let metric = match maker.component.role {
        Role::Gateway | Role::Head => "jina_sending_request_seconds_sum",
        Role::Worker(_) => "jina_receiving_request_seconds_sum",
    };
    rate(metric, maker, &runtime_name(maker.component))
}

/// The requests per second that arrive at the caller of a component, also those that fail because the component has no pods;
/// `None` without a caller in the Flow.
pub fn requests_of_caller(maker: &Maker<'_>) -> Option<String> {
    let component = maker.component;
    let caller = component.called_by.as_deref()?;
    let is_head =
        matches!(component.role, Role::Worker(_)) && caller.strip_suffix("-head").is_some_and(|name| component.name.starts_with(name));
    let name = if is_head { format!("{}/head", component.node) } else { caller.to_owned() };
    Some(rate(RECEIVED, maker, &name))
}

fn rate(metric: &str, maker: &Maker<'_>, name: &str) -> String {
    format!("sum(rate({metric}{{{}}}[{PERIOD}]))", labels(maker, name))
}

fn labels(maker: &Maker<'_>, name: &str) -> String {
    let name = name.replace('\\', "\\\\").replace('"', "\\\"");
    match maker.target.namespace {
        Some(namespace) => format!("namespace=\"{namespace}\",runtime_name=\"{name}\""),
        None => format!("runtime_name=\"{name}\""),
    }
}

/// The value of `--name`. Without the argument, a gateway has the name `gateway`.
fn runtime_name(component: &Component) -> String {
    let args = component.containers.first().map(|container| container.args.as_slice()).unwrap_or_default();
    let is_flag = |arg: &Arg| matches!(arg, Arg::Text(text) if text == "--name");
    match args.iter().skip_while(|arg| !is_flag(arg)).nth(1) {
        Some(Arg::Text(name)) => name.clone().into_owned(),
        _ => component.node.clone(),
    }
}
