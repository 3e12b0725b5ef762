//! Names of Kubernetes objects (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>).

use crate::finding::Finding;

/// Whether a name is a DNS subdomain (RFC 1123), which the names of most Kubernetes objects must be.
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_part)
}

/// Whether a part of a DNS subdomain is valid. Kubernetes does not limit the length of a part (`IsDNS1123Subdomain`).
fn is_dns_part(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !part.starts_with('-')
        && !part.ends_with('-')
}

/// Whether a name is a DNS label (RFC 1123): lower case letters, digits and dashes, a letter or digit first and last, at
/// most 63 characters.
pub fn is_dns_label(name: &str) -> bool {
    name.len() <= 63 && is_dns_part(name)
}

/// The DNS label that is most similar to a string; may be empty.
pub fn dns_label(text: &str) -> String {
    let mapped: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).take(63).collect();
    mapped.trim_matches('-').to_owned()
}

/// Adds a proposal to a finding: the DNS label that is most similar to the invalid name.
pub fn proposing_label(finding: Finding, wrong: &str) -> Finding {
    let proposal = dns_label(wrong);
    if proposal.is_empty() { finding.fix("choose another name") } else { finding.propose(proposal) }
}

/// Whether a name can be a key of a ConfigMap: `[-._a-zA-Z0-9]+`, at most 253 characters (`IsConfigMapKey`).
pub fn is_config_map_key(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name != "."
        && !name.starts_with("..")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// Whether a name can be an environment variable that comes from a ConfigMap (`IsEnvVarName`).
pub fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && is_config_map_key(name)
}

/// Whether a string can be a label value that is not empty, or the last part of a label key.
pub fn is_label_name(name: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let is_outer = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    (1..=63).contains(&name.len()) && name.bytes().all(is_inner) && is_outer(name.as_bytes().first()) && is_outer(name.as_bytes().last())
}

/// Whether a string can be a label key: a name, or a DNS subdomain, a slash and a name (`IsQualifiedName`).
pub fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_label_name(key),
        Some((domain, name)) => is_subdomain(domain) && is_label_name(name),
    }
}
