//! Variables whose names suggest a secret, with their values in plain text.

use std::collections::HashSet;

use super::cluster::Cluster;
use super::report::Report;
use crate::finding::{Code, FieldPath, Finding, names_a_secret};

/// Checks the variables of pods of a Flow: those in `env`, and those in ConfigMaps of `envFrom`.
pub fn literal_secrets(cluster: &Cluster<'_>, report: &mut Report) {
    if !cluster.is_strict {
        return;
    }
    let mut seen = HashSet::new();
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let namespace = cluster.objects[workload.object].namespace();
        for container in &workload.containers {
            for (index, entry) in container.view.list_at("env").iter().enumerate() {
                let name = entry.text_at("name");
                if is_secret(name, entry.text_at("value")) {
                    report.push(workload.object, finding(name, container.path.key("env").index(index).key("value")));
                }
            }
            for source in container.view.list_at("envFrom").iter() {
                let map = cluster.position("ConfigMap", namespace, source.text_at("configMapRef.name"));
                let Some(map) = map.filter(|map| seen.insert(*map)) else { continue };
                let data = cluster.objects[map].view.map_at("data");
                for (name, _) in data.iter().filter(|(name, value)| is_secret(name.text(), value.text())) {
                    report.push(map, finding(name.text(), FieldPath::from("data").key(name.text())));
                }
            }
        }
    }
}

fn finding(name: &str, path: FieldPath) -> Finding {
    let finding = Code::LiteralSecret.warning(path, "is in plain text, and its name suggests a secret");
    finding.fix(format!(
        "put the value into a Secret, and write `envFromSecret: {{{name}: {{name: SECRET, key: KEY}}}}` for the executor in the JinaFlow"
    ))
}

/// Whether a variable with this name probably has a secret value. A path, a number, a switch or a reference to another
/// variable is not secret.
fn is_secret(name: &str, value: &str) -> bool {
    let is_about_a_secret =
        ["_FILE", "_PATH", "_DIR", "_NAME", "_ID", "_URL", "_TYPE"].iter().any(|end| name.to_ascii_uppercase().ends_with(end));
    let is_switch =
        value.parse::<f64>().is_ok() || matches!(&*value.to_ascii_lowercase(), "true" | "false" | "yes" | "no" | "none" | "null");
    let is_secret = !value.is_empty() && !is_switch && !value.starts_with(['/', '.']) && !value.contains("$(");
    is_secret && !is_about_a_secret && names_a_secret(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_of_secrets_are_recognized() {
        for (name, value) in [("HF_TOKEN", "hf_x"), ("OPENAI_API_KEY", "sk-1"), ("DB_PASSWORD", "x"), ("client_secret", "x")] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("HF_TOKEN", ""),
            ("HF_TOKEN_PATH", "x"),
            ("TOKENIZERS_PARALLELISM", "x"),
            ("USE_AUTH", "true"),
            ("MAX_TOKENS", "512"),
            ("SECRET", "/etc/secret"),
            ("TOKEN", "$(OTHER)"),
            ("MODEL", "x"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
    }
}
