//! Addresses that containers dial.

use super::cluster::Cluster;
use super::words::RUNTIME;

/// Where an address leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// Another container of the same pod.
    Pod,
    /// A Service, and its namespace where the address names one.
    Service(&'a str, Option<&'a str>),
    /// Out of the cluster, or where only a running container knows.
    Elsewhere,
    /// Nowhere: this variable has no value.
    Unset(&'a str),
}

/// `grpc://encoder.search.svc:8080` → host and port.
#[must_use]
pub fn split(address: &str) -> (&str, Option<u16>) {
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let plain = plain.split('/').next().unwrap_or_default();
    match plain.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (plain, None),
    }
}

/// Tells a host (<https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>).
#[must_use]
pub fn host<'a>(host: &'a str, cluster: &Cluster<'_>) -> Host<'a> {
    if let Some((name, _)) = host.split_once("$(").and_then(|(_, rest)| rest.split_once(')')) {
        return Host::Unset(name);
    }
    if host.contains(RUNTIME) {
        return Host::Elsewhere;
    }
    let bare = host.trim_matches(['[', ']']);
    if bare.starts_with("127.") || ["localhost", "0.0.0.0", "::1", "::"].contains(&bare) {
        return Host::Pod;
    }
    // Names of Services begin with a letter.
    if bare.contains(':') || bare.starts_with(|c: char| c.is_ascii_digit()) {
        return Host::Elsewhere;
    }
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    match labels.as_slice() {
        [name] => Host::Service(name, None),
        [name, namespace] if cluster.has_namespace(namespace) => Host::Service(name, Some(namespace)),
        // A name of one pod comes before that of its Service; what follows is the cluster's domain.
        [name, namespace, "svc", ..] | [_, name, namespace, "svc", ..] => Host::Service(name, Some(namespace)),
        _ => Host::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::super::external::External;
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        assert_eq!(split("grpc://a.b.svc:8080"), ("a.b.svc", Some(8080)));
        assert_eq!(split("a"), ("a", None));
        assert_eq!(split("https://a:443/x:1"), ("a", Some(443)));
        assert_eq!(split("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(split("::1"), ("::1", None));
        assert_eq!(split("a:99999"), ("a", None));
        assert_eq!(split(""), ("", None));
    }

    #[test]
    fn hosts_are_told_apart() {
        let nodes = [crate::yaml::Node::from("x")];
        let external = External::default();
        let cluster = Cluster::of(&nodes, &external);
        for (text, expected) in [
            ("encoder", Host::Service("encoder", None)),
            ("encoder.ns.svc", Host::Service("encoder", Some("ns"))),
            ("encoder.ns.svc.cluster.local.", Host::Service("encoder", Some("ns"))),
            ("indexer-0.indexer.ns.svc", Host::Service("indexer", Some("ns"))),
            ("example.com", Host::Elsewhere),
            ("10.0.0.1", Host::Elsewhere),
            ("127.0.0.1", Host::Pod),
            ("[::1]", Host::Pod),
            ("localhost", Host::Pod),
            ("x-$(A)", Host::Unset("A")),
            ("\u{fffc}.ns.svc", Host::Elsewhere),
            ("", Host::Service("", None)),
        ] {
            assert_eq!(host(text, &cluster), expected, "{text}");
        }
    }
}
