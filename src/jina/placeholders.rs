//! The placeholders of Jina's templates of Kubernetes objects. Jina replaces them in strings of the user too.

/// The placeholders that Jina replaces, without their braces (`jina/resources/k8s/template`).
pub const PLACEHOLDERS: [&str; 22] = [
    "port",
    "port_uses_before",
    "port_uses_after",
    "args_uses_before",
    "args_uses_after",
    "command_uses_before",
    "command_uses_after",
    "image_uses_before",
    "image_uses_after",
    "pull_policy",
    "jina_deployment_name",
    "shard_id",
    "pod_type",
    "env_from_secret",
    "image_pull_secrets",
    "protocol",
    "volume_path",
    "period_seconds",
    "failure_threshold",
    "accessModes",
    "storageClassName",
    "storageCapacity",
];

/// Whether `written` is `text` with other strings in place of its placeholders.
pub fn is_replaced(text: &str, written: &str) -> bool {
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((at, length)) = first(rest) {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + length..).unwrap_or_default();
    }
    let Some((head, middle)) = parts.split_first() else { return false };
    let Some(mut left) = written.strip_prefix(head).and_then(|left| left.strip_suffix(rest)) else { return false };
    for part in middle {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// The place and the length of the first placeholder, with its braces.
fn first(text: &str) -> Option<(usize, usize)> {
    text.match_indices('{').find_map(|(at, _)| {
        let inner = text.get(at + 1..)?;
        let name = PLACEHOLDERS.iter().find(|name| inner.strip_prefix(**name).is_some_and(|rest| rest.starts_with('}')))?;
        Some((at, name.len() + 2))
    })
}

#[cfg(test)]
mod tests {
    use super::is_replaced;

    #[test]
    fn a_replaced_placeholder_is_recognized() {
        assert!(is_replaced("linux/{port}/{name}", "linux/8080/{name}"));
        assert!(is_replaced("{port}{shard_id}x", "8080\"0\"x"));
        assert!(!is_replaced("linux/{port}", "windows/8080"));
        assert!(!is_replaced("no placeholder {name}", "no placeholder x"));
    }
}
