//! The addresses that containers call.

use super::cluster::Cluster;
use super::words::RUNTIME;

/// The target of an address.
#[derive(Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// Another container of the same pod.
    Pod,
    /// A Service, and its namespace if the address names one.
    Service(&'a str, Option<&'a str>),
    /// A host outside the cluster, or a name that is known only while the container runs.
    Elsewhere,
    /// An IP address without its brackets, which needs no name server.
    Number(&'a str),
    /// An address without a target, because this variable has no value.
    Unset(&'a str),
}

/// The host and the port of an address: `grpc://encoder.search.svc:8080` has `encoder.search.svc` and 8080.
pub fn split(address: &str) -> (&str, Option<u16>) {
    // gRPC's prefix for names that DNS resolves (<https://github.com/grpc/grpc/blob/master/doc/naming.md>).
    let address = address.strip_prefix("dns:").map_or(address, |rest| rest.trim_start_matches('/'));
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    let plain = plain.split('/').next().unwrap_or_default();
    match plain.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (plain, None),
    }
}

/// The scheme of an address; empty if it has none.
pub fn scheme(address: &str) -> &str {
    address.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// The target of a host that is called from a namespace
/// (<https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>).
pub fn host<'a>(host: &'a str, own: &str, cluster: &Cluster<'_>) -> Host<'a> {
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
    // The name of a Service starts with a letter, so this host is an IP address.
    if bare.contains(':') || bare.starts_with(|c: char| c.is_ascii_digit()) {
        return Host::Number(bare);
    }
    let mut labels = host.trim_end_matches('.').split('.');
    match (labels.next().unwrap_or_default(), labels.next(), labels.next(), labels.next()) {
        (name, None, ..) => Host::Service(name, None),
        (name, Some(namespace), None, _) if cluster.has_namespace(namespace) => Host::Service(name, Some(namespace)),
        // In `POD.SERVICE`, the first part is a pod of a StatefulSet. The next pattern ignores the domain of the cluster
        // after `svc`.
        (_, Some(name), None, _) if cluster.position("Service", own, name).is_some() => Host::Service(name, None),
        (name, Some(namespace), Some("svc"), _) | (_, Some(name), Some(namespace), Some("svc")) => Host::Service(name, Some(namespace)),
        _ => Host::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::Options;
    use super::*;
    use crate::yaml::Arena;

    #[test]
    fn an_address_is_split_into_host_and_port() {
        assert_eq!(split("grpc://a.b.svc:8080"), ("a.b.svc", Some(8080)));
        assert_eq!(split("a"), ("a", None));
        assert_eq!(split("https://a:443/x:1"), ("a", Some(443)));
        assert_eq!(split("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(split("::1"), ("::1", None));
        assert_eq!(split("a:99999"), ("a", None));
        assert_eq!(split(""), ("", None));
        assert_eq!(split("dns:///a.b:80"), ("a.b", Some(80)));
        assert_eq!((scheme("grpcs://a:1"), scheme("a:1")), ("grpcs", ""));
    }

    #[test]
    fn hosts_are_recognized() {
        let mut arena = Arena::default();
        let place = arena.add(&"x".into());
        let options = Options::default();
        let cluster = Cluster::of(std::iter::once(arena.view(place)), &options);
        for (text, expected) in [
            ("encoder", Host::Service("encoder", None)),
            ("encoder.ns.svc", Host::Service("encoder", Some("ns"))),
            ("encoder.ns.svc.cluster.local.", Host::Service("encoder", Some("ns"))),
            ("indexer-0.indexer.ns.svc", Host::Service("indexer", Some("ns"))),
            ("example.com", Host::Elsewhere),
            ("10.0.0.1", Host::Number("10.0.0.1")),
            ("[fd00::9]", Host::Number("fd00::9")),
            ("127.0.0.1", Host::Pod),
            ("[::1]", Host::Pod),
            ("localhost", Host::Pod),
            ("x-$(A)", Host::Unset("A")),
            ("\u{fffc}.ns.svc", Host::Elsewhere),
            ("", Host::Service("", None)),
        ] {
            assert_eq!(host(text, "ns", &cluster), expected, "{text}");
        }
    }
}
