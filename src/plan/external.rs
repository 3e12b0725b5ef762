//! Addresses of executors that run elsewhere (`external: true`).

use super::component::PORT;
use super::planner::Planner;
use crate::config::corrections::Correction;
use crate::finding::{Finding, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::topology::Executor;

/// The Services of the same cluster that an external executor is called by: hosts without a dot, or below `.svc`.
pub fn foreign_services(options: &Options) -> Vec<String> {
    let hosts = options.texts(Opt::Host).iter().filter(|_| options.flag(Opt::External));
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
        // How many there are of each has been checked with the executor.
        let Ok(given) = hosts_and_ports(options) else { return Vec::new() };
        let mut tls = options.flag(Opt::Tls);
        let mut places = Vec::new();
        for (host, port) in given {
            let Some(place) = parse(host, port) else {
                let finding = Finding::error(path.key("host"), "is no address").got(host).at(executor.mark);
                findings.push(finding.fix("write HOST, HOST:PORT or grpc://HOST:PORT"));
                return Vec::new();
            };
            if let Some(says) = place.tls {
                tls = says || (tls && self.corrections.has(Correction::ExternalTls));
            }
            if !place.has_port {
                let message = format!("is missing for `{}`; {} is assumed", place.host, place.port);
                let finding = Finding::warning(path.key("port"), message);
                findings.push(finding.fix("say on which port the external executor listens").at(executor.mark));
            }
            places.push(place);
        }
        if !self.corrections.has(Correction::ExternalReplicas) {
            places.truncate(1);
        }
        let scheme = options.protocols().first().map_or("grpc", |p| p.scheme());
        let s = if tls || self.has_certificate(options) { "s" } else { "" };
        places.iter().map(|place| format!("{scheme}{s}://{}:{}", place.host, place.port)).collect()
    }

    /// Whether an executor has a certificate; one in the Flow's `with` is the gateway's.
    fn has_certificate(&self, options: &Options) -> bool {
        let is_its_own = options.is_own(Opt::SslCertfile) && options.is_own(Opt::SslKeyfile);
        options.has_certificate() && (is_its_own || !self.corrections.has(Correction::PlainExecutors))
    }
}

/// What Jina takes for the scheme of an executor inside: its `host` is read as if it were external.
pub(super) fn internal_tls(options: &Options) -> bool {
    let said = options.texts(Opt::Host).iter().filter_map(|host| parse(host, None)?.tls).next_back();
    said.unwrap_or_else(|| options.flag(Opt::Tls)) || options.has_certificate()
}

/// The places of an executor: hosts, and the port of each where it has one.
type Places<'o> = Vec<(&'o str, Option<u16>)>;

/// The hosts of an executor and their ports: one of either serves all of the other. How many there are of each, when
/// that is not the same.
pub(super) fn hosts_and_ports(options: &Options) -> Result<Places<'_>, (usize, usize)> {
    let mut hosts: Vec<&str> = options.texts(Opt::Host).iter().map(String::as_str).collect();
    if hosts.is_empty() {
        hosts.push("0.0.0.0");
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
    if hosts.len() == ports.len() { Ok(hosts.into_iter().zip(ports).collect()) } else { Err((hosts.len(), ports.len())) }
}

/// Whether Jina can take a host apart; of an executor of this Flow nothing but the name counts.
pub(super) fn is_host(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let mut parts = rest.split(':');
    parts.next().is_some_and(|host| !host.is_empty()) && parts.nth(1).is_none() && !rest.contains("://")
}

struct Address<'h> {
    host: &'h str,
    port: u16,
    /// Whether anybody says which port it is; Jina picks a random one otherwise.
    has_port: bool,
    /// What the address itself says about TLS; nothing when it is a bare host name.
    tls: Option<bool>,
}

/// `host`, `host:port`, `scheme://host:port` (`jina/helper.py`, `parse_host_scheme`).
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
    let said = if bare { port } else { own_port.or(port) };
    let usual = match scheme {
        Some("grpcs" | "https" | "wss") => 443,
        Some("http" | "ws") => 80,
        _ => PORT,
    };
    Some(Address { host, port: said.unwrap_or(usual), has_port: said.is_some(), tls })
}
