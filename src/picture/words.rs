//! The words in nodes and on lines.

use crate::check::{Edge, JinaRole, SeenComponent, SeenWorkload, scheme, split};
use crate::facts::{Amounts, of_pod};
use crate::finding::{harmless, shortened, without_secrets};

/// The place of a value in an address that is known only while the container runs.
const UNKNOWN: char = '\u{fffc}';

/// A name or value as a line shows it: short, and with characters that every format has.
pub fn shown(text: &str) -> String {
    shortened(&safe(text.trim()))
}

/// Text with characters that every format has, and without passwords: pictures are published.
pub fn safe(text: &str) -> String {
    let safe = |c: char| match c {
        UNKNOWN => '…',
        '\t' => ' ',
        // XML has no such characters.
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => harmless(c),
    };
    without_secrets(text).chars().map(safe).collect()
}

/// An image without its registry, with its tag or the beginning of its digest: `clip-encoder@3e23e816`.
pub fn image(image: &str) -> String {
    const DIGITS: usize = 8;
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let name = name.rsplit('/').next().unwrap_or_default();
    match digest.rsplit(':').next() {
        Some(hex) if !hex.is_empty() => {
            let start: String = hex.chars().take(DIGITS).collect();
            shown(&format!("{}@{start}", name.split(':').next().unwrap_or_default()))
        }
        _ => shown(name),
    }
}

/// The number of pods: `×3`, or `×1 to 5` with an autoscaler.
pub fn replicas(component: &SeenComponent, kind: &str) -> String {
    match (kind, component.replicas.split_once('-')) {
        ("DaemonSet", _) => "on each node".to_owned(),
        (_, Some((least, most))) => shown(&format!("×{least} to {most}")),
        (_, None) => shown(&format!("×{}", component.replicas)),
    }
}

/// What a pod requests: `2 CPU · 4Gi · 1 GPU`.
pub fn requests(workload: &SeenWorkload<'_>) -> String {
    let requests: Amounts = of_pod(workload.spec, "requests");
    let mut parts = Vec::new();
    for (name, amount) in requests.iter().filter(|(_, amount)| !amount.is_zero()) {
        match name.as_str() {
            "cpu" => parts.push(format!("{amount} CPU")),
            "memory" => parts.push(amount.to_string()),
            name if name.ends_with("/gpu") => parts.push(format!("{amount} GPU")),
            name if name.contains('/') => parts.push(shown(&format!("{amount} {name}"))),
            _ => {}
        }
    }
    parts.join(" · ")
}

/// What a workload is, if its name does not say it: `shard 0 · StatefulSet`.
pub fn role(component: &SeenComponent, workload: &SeenWorkload<'_>, kind: &str) -> String {
    let mut parts = Vec::new();
    match workload.main() {
        Some((_, JinaRole::Gateway)) => {}
        Some((container, JinaRole::Worker)) if container.shard.is_none() => {}
        _ => parts.push(component.role.as_str()),
    }
    if kind != "Deployment" {
        parts.push(kind);
    }
    shown(&parts.join(" · "))
}

/// The ports on which a gateway serves requests: `grpc 8080 · http 8081`.
pub fn served(workload: &SeenWorkload<'_>) -> String {
    let Some((container, JinaRole::Gateway)) = workload.main() else { return String::new() };
    let ports = container.ports.iter().filter(|port| !port.is_metrics && port.word.is_some());
    let ports: Vec<String> = ports.map(|port| protocol(port.schemes.and_then(|schemes| schemes.first().copied()), port.port)).collect();
    ports.join(" · ")
}

/// A protocol and a port.
pub fn protocol(scheme: Option<&str>, port: u16) -> String {
    match scheme {
        Some(scheme) => format!("{scheme} {port}"),
        None => port.to_string(),
    }
}

/// The protocol and the port of an address. gRPC needs no scheme.
pub fn call(edge: &Edge) -> String {
    let scheme = match scheme(&edge.address) {
        "" => "grpc",
        scheme => scheme,
    };
    match split(&edge.address).1 {
        Some(port) => shown(&format!("{scheme} {port}")),
        None => shown(scheme),
    }
}

/// The parts that are not empty.
pub fn lines<const N: usize>(parts: [String; N]) -> Vec<String> {
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_short() {
        for (long, short) in [
            ("jinaai/jina:3.34.0-py311-standard", "jina:3.34.0-py311-standard"),
            ("registry.example:5000/acme/encoder", "encoder"),
            ("registry.example/acme/encoder:1.0@sha256:3e23e8160039594a33894f6564e1b134", "encoder@3e23e816"),
            ("encoder@", "encoder"),
            ("", ""),
        ] {
            assert_eq!(image(long), short);
        }
    }
}
