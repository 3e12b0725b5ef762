//! Addresses of external executors (`external: true`), which run outside the Flow.

use super::component::PORT;
use super::planner::Planner;
use crate::config::corrections::Correction;
use crate::finding::{Code, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::{ALL_INTERFACES, Opt};
use crate::jina::topology::Executor;

/// The hosts of an external executor that are Services in the same cluster. Such hosts have no dot, or end with `.svc`.
pub fn foreign_services(options: &Options) -> Vec<String> {
    let hosts = options.strings(Opt::Host).iter().filter(|_| options.flag(Opt::External));
    let service = |host: &String| {
        let host = parse(host, None)?.host;
        let (name, domain) = host.split_once('.').unwrap_or((host, "svc"));
        let is_inside = domain.split('.').any(|part| part == "svc") && name != "localhost";
        is_inside.then(|| name.to_owned())
    };
    hosts.filter_map(service).collect()
}

impl Planner<'_> {
    /// `grpc://host:port` of each replica (`_parse_external_replica_hosts_and_ports`,
    /// `_get_k8s_deployments_addresses`).
    pub(super) fn external_addresses(&self, executor: &Executor, path: &Path<'_>, findings: &mut Findings) -> Vec<String> {
        let options = &executor.options;
        // The check of the executor reports numbers of hosts and ports that do not match.
        let Ok(given) = places(options) else { return Vec::new() };
        let mut tls = options.flag(Opt::Tls);
        let mut addresses = Vec::new();
        for Place { host, port } in given {
            let Some(address) = parse(host, port) else {
                let finding = Code::InvalidAddress.error(path.key("host"), "is not a valid address").got(host).at(executor.mark);
                findings.push(finding.fix("write HOST, HOST:PORT or grpc://HOST:PORT"));
                return Vec::new();
            };
            if let Some(has_tls) = address.tls {
                tls = has_tls || (tls && self.corrections.has(Correction::ExternalTls));
            }
            if !address.has_port {
                let message = format!("is not set for the host `{}`, so the gateway calls port {}", address.host, address.port);
                let finding = Code::PortAssumed.warning(path.key("port"), message);
                findings.push(finding.fix("set the port of the external executor").at(executor.mark));
            }
            addresses.push(address);
        }
        if !self.corrections.has(Correction::ExternalReplicas) {
            addresses.truncate(1);
        }
        let scheme = options.protocols().first().map_or("grpc", |p| p.scheme());
        let s = if tls || self.has_certificate(options) { "s" } else { "" };
        addresses.iter().map(|address| format!("{scheme}{s}://{}:{}", address.host, address.port)).collect()
    }

    /// Whether an executor has a certificate. A certificate in the Flow's `with` belongs to the gateway.
    fn has_certificate(&self, options: &Options) -> bool {
        let is_its_own = options.is_own(Opt::SslCertfile) && options.is_own(Opt::SslKeyfile);
        options.has_certificate() && (is_its_own || !self.corrections.has(Correction::PlainExecutors))
    }
}

/// Whether Jina calls an executor of the Flow with TLS: Jina reads the `host` as if the executor were external.
pub(super) fn internal_tls(options: &Options) -> bool {
    let of_host = options.strings(Opt::Host).iter().filter_map(|host| parse(host, None)?.tls).next_back();
    of_host.unwrap_or_else(|| options.flag(Opt::Tls)) || options.has_certificate()
}

/// A host of an executor, and its port if the Flow sets one.
pub(super) struct Place<'o> {
    pub(super) host: &'o str,
    port: Option<u16>,
}

/// The numbers of hosts and ports that do not match.
pub(super) struct CountMismatch {
    pub(super) hosts: usize,
    pub(super) ports: usize,
}

/// The hosts of an executor and their ports. A single host is used with all ports, and a single port with all hosts.
pub(super) fn places(options: &Options) -> Result<Vec<Place<'_>>, CountMismatch> {
    let mut hosts: Vec<&str> = options.strings(Opt::Host).iter().map(String::as_str).collect();
    if hosts.is_empty() {
        hosts.push(ALL_INTERFACES);
    }
    let mut ports: Vec<Option<u16>> = options.ports().iter().copied().map(Some).collect();
    if ports.is_empty() {
        ports.push(None);
    }
    match (hosts.len(), ports.len()) {
        (1, n) => hosts.resize(n, hosts[0]),
        (n, 1) => ports.resize(n, ports[0]),
        _ => {}
    }
    if hosts.len() != ports.len() {
        return Err(CountMismatch { hosts: hosts.len(), ports: ports.len() });
    }
    Ok(hosts.into_iter().zip(ports).map(|(host, port)| Place { host, port }).collect())
}

/// Whether Jina can parse a host. For an executor inside the Flow, Jina uses only the host name.
pub(super) fn is_host(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let mut parts = rest.split(':');
    parts.next().is_some_and(|host| !host.is_empty()) && parts.nth(1).is_none() && !rest.contains("://")
}

struct Address<'h> {
    host: &'h str,
    port: u16,
    /// Whether the Flow sets the port. Otherwise Jina chooses a random port.
    has_port: bool,
    /// Whether the scheme of the address requires TLS; `None` for a bare host name.
    tls: Option<bool>,
}

/// Parses `host`, `host:port` or `scheme://host:port` (`jina/helper.py`, `parse_host_scheme`).
fn parse(text: &str, port: Option<u16>) -> Option<Address<'_>> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, own_port) = match rest.split_once(':') {
        Some((host, own)) => (host, Some(own.parse().ok()?)),
        None => (rest, None),
    };
    if host.is_empty() || host.contains(['/', ':', ' ']) {
        return None;
    }
    let bare = scheme.is_none() && own_port.is_none();
    let tls = (!bare).then_some(matches!(scheme, Some("grpcs" | "https" | "wss")));
    let given = if bare { port } else { own_port.or(port) };
    let default = match scheme {
        Some("grpcs" | "https" | "wss") => 443,
        Some("http" | "ws") => 80,
        _ => PORT,
    };
    Some(Address { host, port: given.unwrap_or(default), has_port: given.is_some(), tls })
}
