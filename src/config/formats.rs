//! Formats of text in fields: the text of another format is refused by the API server, or cannot name anything.
//!
//! The rules are those of `k8s.io/apimachinery/pkg/util/validation` and of `pkg/apis/*/validation` in
//! <https://github.com/kubernetes/kubernetes/tree/v1.37.2>, and of the CustomResourceDefinitions of the Gateway API and of the
//! Prometheus operator.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::object_names::{is_config_map_key, is_dns_label, is_label_key, is_label_name, is_subdomain};
use crate::finding::{Code, Finding, Path, nearest};

/// A format of text.
#[derive(Debug)]
pub struct Format {
    /// What the text is, for messages and documentation.
    pub noun: &'static str,
    /// Whether a string has the format.
    pub is_valid: fn(&str) -> bool,
    /// The code of the error for other text.
    code: Code,
    /// What to write.
    fix: &'static str,
    /// The text that is probably meant, if other text has an obvious correction.
    likely: fn(&str) -> Option<String>,
    /// A regular expression that matches all valid text, for schemas.
    pub pattern: &'static str,
}

impl Format {
    /// The error for text of another format.
    pub fn finding(&self, text: &str, path: &Path<'_>) -> Option<Finding> {
        if (self.is_valid)(text) {
            return None;
        }
        let message = if text.is_empty() { "must not be empty".to_owned() } else { format!("is not a valid {}", self.noun) };
        let finding = self.code.error(path, message).got(text);
        Some(match (self.likely)(text).filter(|likely| (self.is_valid)(likely)) {
            Some(likely) => finding.propose(likely),
            None => finding.fix(self.fix),
        })
    }
}

/// The name of an object of most kinds.
pub static OBJECT_NAME: Format = NAME;

const NAME: Format = Format {
    noun: "name of a Kubernetes object",
    is_valid: is_subdomain,
    code: Code::InvalidName,
    fix: "use lower case letters, digits, `-` and `.`, with a letter or digit first and last",
    likely: |_| None,
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
};

/// The name of a listener of a Gateway (`SectionName` of the Gateway API).
pub static LISTENER_NAME: Format = Format { noun: "name of a listener", ..NAME };

/// The name of a StorageClass. An empty name selects volumes without a class
/// (<https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class-1>).
pub static STORAGE_CLASS: Format = Format {
    noun: "name of a StorageClass",
    is_valid: |text| text.is_empty() || is_subdomain(text),
    pattern: r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    ..NAME
};

/// The name of a namespace.
pub static NAMESPACE: Format = Format { noun: "name of a namespace", ..LABEL };

/// The name of a Service.
pub static SERVICE_NAME: Format = Format { noun: "name of a Service", ..LABEL };

const LABEL: Format = Format {
    noun: "DNS label",
    is_valid: is_dns_label,
    fix: "use at most 63 lower case letters, digits and `-`, with a letter or digit first and last",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    ..NAME
};

/// A host name of an Ingress or of a route (`validateIngressRules`, and `Hostname` of the Gateway API).
pub static HOST_NAME: Format = Format {
    noun: "host name",
    is_valid: |text| text.parse::<IpAddr>().is_err() && is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
    fix: "write a name such as search.example.com or *.example.com, without a port; omit the host for all hosts",
    likely: |text| Some(host_of(text).to_ascii_lowercase()),
    pattern: r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    ..NAME
};

/// The host of a collector. Jina appends the port to it (`jina/serve/instrumentation`), so it cannot be an IPv6 address. The exporter of
/// OpenTelemetry takes `http://` and `https://` from it, and with the latter it uses TLS.
pub static SERVER: Format = Format {
    noun: "host name or IPv4 address",
    is_valid: |text| {
        let host = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    },
    fix: "write the name only, such as collector.observability; the port is a field of its own",
    likely: |text| Some(host_of(text).to_owned()),
    pattern: r"^(https?://)?[A-Za-z0-9_.-]+$",
    ..NAME
};

/// The host in a URL, or before a port.
fn host_of(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    // An IPv6 address has several colons.
    host.split_once(':').filter(|(_, port)| !port.contains(':')).map_or(host, |(host, _)| host)
}

/// The path of an Ingress (`validateHTTPIngressPath`).
pub static URL_PATH: Format = Format {
    noun: "path",
    is_valid: |text| {
        text.starts_with('/')
            && ["//", "/./", "/../", "%2f", "%2F"].iter().all(|part| !text.contains(part))
            && ["/..", "/."].iter().all(|end| !text.ends_with(end))
    },
    code: Code::ValueNotAllowed,
    fix: "write /PATH, without `//`, `/./`, `/../` and `%2f`",
    likely: |text| Some(format!("/{}", text.trim_start_matches('/'))),
    pattern: "^/",
};

/// An access mode of a claim (`k8s.io/api/core/v1`, `PersistentVolumeAccessMode`).
pub static ACCESS_MODE: Format = Format {
    noun: "access mode",
    is_valid: |text| ACCESS_MODES.contains(&text),
    code: Code::ValueNotAllowed,
    fix: "use one of: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod",
    likely: |text| nearest(text, ACCESS_MODES.into_iter()).map(str::to_owned),
    pattern: "^(ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod)$",
};

const ACCESS_MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/// A range of addresses (`IsValidCIDR`). From 1.36 on, Kubernetes refuses bits beyond the prefix and zeros before a number.
pub static ADDRESS_RANGE: Format = Format {
    noun: "range of addresses",
    is_valid: |text| range(text).is_some_and(|(address, length)| masked(address, length) == address),
    code: Code::ValueNotAllowed,
    fix: "write ADDRESS/LENGTH, such as 10.0.0.0/8 or fd00::/8; for a single address, 10.0.0.5/32",
    likely: likely_range,
    pattern: r"^[0-9a-f:.]+/[0-9]{1,3}$",
};

/// The address and the length of the prefix. The address is not an IPv4 address in the form of IPv6.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = match address {
        IpAddr::V4(_) => Ipv4Addr::BITS,
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => return None,
        IpAddr::V6(_) => Ipv6Addr::BITS,
    };
    let number: u32 = length.parse().ok()?;
    (number <= most && number.to_string() == length).then_some((address, number))
}

/// An address without the bits beyond the prefix.
fn masked(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !u32::MAX.checked_shr(length).unwrap_or(0)).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::MAX.checked_shr(length).unwrap_or(0)).into(),
    }
}

fn likely_range(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(format!("{address}/{}", if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS }));
    }
    let (address, length) = range(text)?;
    Some(format!("{}/{length}", masked(address, length)))
}

/// A duration of Prometheus (`Duration` in the definition of a ServiceMonitor).
pub static PROMETHEUS_DURATION: Format = Format {
    noun: "duration",
    is_valid: is_prometheus_duration,
    code: Code::ValueNotAllowed,
    fix: "write a whole number with a unit, such as 30s, 1m30s or 500ms",
    likely: |text| text.bytes().all(|b| b.is_ascii_digit()).then(|| format!("{text}s")),
    pattern: "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$",
};

fn is_prometheus_duration(text: &str) -> bool {
    let mut units = ["y", "w", "d", "h", "m", "s", "ms"].into_iter();
    let mut rest = text;
    while !rest.is_empty() && rest != "0" {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, after) = rest.split_at(number);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if digits.is_empty() || !units.any(|known| known == unit) {
            return false;
        }
        rest = after;
    }
    !text.is_empty() && (rest.is_empty() || text == "0")
}

/// The key of an annotation. Its domain can have capital letters (`ValidateAnnotations`).
pub static ANNOTATION_KEY: Format = Format {
    noun: "key of an annotation",
    is_valid: |text| is_label_key(&text.to_ascii_lowercase()),
    fix: "write NAME or DOMAIN/NAME; a NAME has at most 63 letters, digits, `-`, `_` and `.`",
    pattern: r"^([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    ..NAME
};

/// The key of a label of nodes.
pub static LABEL_KEY: Format = Format {
    noun: "key of a label",
    is_valid: is_label_key,
    code: Code::InvalidLabel,
    pattern: r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    ..TAINT
};

const TAINT: Format = Format {
    noun: "key of a taint",
    is_valid: |text| text.is_empty() || is_label_key(text),
    code: Code::InvalidLabel,
    fix: "write NAME or DOMAIN/NAME; a NAME has at most 63 letters, digits, `-`, `_` and `.`",
    likely: |_| None,
    pattern: r"^$|^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
};

/// The key of a taint. A toleration with an empty key matches all taints (`ValidateTolerations`).
pub static TAINT_KEY: Format = TAINT;

/// The value of a taint.
pub static TAINT_VALUE: Format = Format {
    noun: "value of a taint",
    is_valid: |text| text.is_empty() || is_label_name(text),
    fix: "use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last",
    pattern: r"^$|^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    ..TAINT
};

/// A key in a ConfigMap or Secret (`IsConfigMapKey`).
pub static DATA_KEY: Format = Format {
    noun: "key of a ConfigMap or Secret",
    is_valid: is_config_map_key,
    fix: "use letters, digits, `-`, `_` and `.`",
    pattern: "^[-._a-zA-Z0-9]+$",
    ..NAME
};

/// A prefix of the names of variables.
pub static VARIABLE_PREFIX: Format = Format { noun: "prefix of names of variables", ..VARIABLE };

/// The name of a variable that is not a key of a ConfigMap (`IsRelaxedEnvVarName`, and [`super::version_checks`]).
pub static VARIABLE_NAME: Format = VARIABLE;

const VARIABLE: Format = Format {
    noun: "name of a variable",
    is_valid: |text| !text.is_empty() && text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'='),
    fix: "use letters, digits and `_`, without `=`",
    pattern: "^[ -<>-~]+$",
    ..NAME
};

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_format(format: &Format, valid: &[&str], invalid: &[(&str, Option<&str>)]) {
        for text in valid {
            assert!((format.is_valid)(text), "{}: {text}", format.noun);
        }
        for (text, likely) in invalid {
            let finding = format.finding(text, &Path::root("p")).unwrap_or_else(|| panic!("{}: {text}", format.noun));
            assert_eq!(finding.proposed.as_deref(), *likely, "{}: {text}", format.noun);
        }
    }

    #[test]
    fn ranges_of_addresses() {
        let valid = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.5/32", "255.255.255.254/31", "::/0", "fd00::/8", "FD00::/8", "::1/128"];
        let invalid = [
            ("10.0.0.5", Some("10.0.0.5/32")),
            ("fd00::1", Some("fd00::1/128")),
            ("10.0.0.1/8", Some("10.0.0.0/8")),
            ("fd00::1/8", Some("fd00::/8")),
            ("1.2.3.4/0", Some("0.0.0.0/0")),
            ("999.0.0.0/8", None),
            ("10.0.0.0/33", None),
            ("fd00::/129", None),
            ("010.0.0.0/8", None),
            ("10.0.0.0/08", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/", None),
            ("::ffff:10.0.0.0/104", None),
            (" 10.0.0.0/8", None),
        ];
        assert_format(&ADDRESS_RANGE, &valid, &invalid);
    }

    #[test]
    fn durations_of_prometheus() {
        let valid = ["0", "30s", "1m", "1m30s", "500ms", "1s500ms", "1y2w3d4h5m6s7ms", "0s"];
        let invalid =
            [("30", Some("30s")), ("", None), ("x", None), ("1.5s", None), ("1s1m", None), ("1s0", None), ("1s1s", None), ("s", None)];
        assert_format(&PROMETHEUS_DURATION, &valid, &invalid);
    }

    #[test]
    fn hosts() {
        let valid = ["a.com", "*.a.com", "a", "xn--a.com", "1a.com"];
        let invalid = [
            ("A.com", Some("a.com")),
            ("a.com:80", Some("a.com")),
            ("https://a.com/x", Some("a.com")),
            ("*", None),
            ("1.2.3.4", None),
            ("fd00::1", None),
            ("a_b.com", None),
            ("a.com.", None),
            ("*.*.a", None),
        ];
        assert_format(&HOST_NAME, &valid, &invalid);
        let valid = ["collector.observability", "C", "1.2.3.4", "a_b", "a.svc.cluster.local.", "http://c", "https://c"];
        let invalid = [
            ("http://c:4317", Some("c")),
            ("grpc://c", Some("c")),
            ("c:4317", Some("c")),
            ("a b", None),
            ("fd00::1", None),
            ("[fd00::1]", None),
        ];
        assert_format(&SERVER, &valid, &invalid);
    }

    #[test]
    fn keys() {
        assert_format(&ANNOTATION_KEY, &["a", "A/b", "EXAMPLE.com/x_Y"], &[("a b", None), ("a/b/c", None), ("", None), ("/a", None)]);
        assert_format(&TAINT_KEY, &["", "nvidia.com/gpu"], &[("A/b", None), ("a b", None)]);
        assert_format(&VARIABLE_PREFIX, &["X_", "1X", "a b"], &[("=", None), ("a=b", None), ("é", None), ("", None)]);
        assert_format(&DATA_KEY, &["A", "tls.crt"], &[("a b", None), ("..", None), ("a/b", None)]);
    }
}
