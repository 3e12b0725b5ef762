//! Environment variables and Secrets of a component.

use super::component::SecretVariable;
use super::planner::Planner;
use crate::config::corrections::Correction;
use crate::config::field::is_config_map_key;
use crate::config::workload::Workload;
use crate::finding::{Finding, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::scalar::retyped;
use crate::jina::value::Value;

impl Planner<'_> {
    /// The variables of `env`, as Python writes them; with a log level when the context has one, which Jina takes from
    /// the exporting process.
    pub(super) fn env(&self, options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        for (key, value) in options.pairs(Opt::Env).unwrap_or_default() {
            let name = key.to_str();
            let text = env_text(value, self.corrections.has(Correction::StructuredEnv));
            if !is_config_map_key(&name) {
                let finding = Finding::error(path.key("env").key(&name), "cannot be the name of an environment variable");
                findings.push(finding.got(&name).fix("use letters, digits, `_`, `-` and `.`"));
                continue;
            }
            if name == "CUDA_VISIBLE_DEVICES" && text.starts_with("RR") && self.corrections.has(Correction::CudaDevices) {
                let finding = Finding::warning(path.key("env").key(&name), "deals out the devices of one machine, which pods do not share");
                findings.push(finding.got(&text).fix("remove it; each pod sees the GPUs that `gpus` gives it"));
                continue;
            }
            env.push((name, text));
        }
        for (name, value) in &workload.env {
            set(&mut env, name, value);
        }
        if let Some(level) = self.settings.context.get("JINA_LOG_LEVEL") {
            env.retain(|(name, _)| name != "JINA_LOG_LEVEL");
            env.push(("JINA_LOG_LEVEL".to_owned(), level.to_owned()));
        }
        env
    }
}

fn set(env: &mut Vec<(String, String)>, name: &str, value: &str) {
    match env.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => value.clone_into(known),
        None => env.push((name.to_owned(), value.to_owned())),
    }
}

/// Secrets for pulling images: the Flow's, then those that the config adds.
pub fn pull_secrets(options: &Options, workload: &Workload) -> Vec<String> {
    let mut names = options.texts(Opt::ImagePullSecrets).to_vec();
    names.extend(workload.pull_secrets.iter().filter(|name| !options.texts(Opt::ImagePullSecrets).contains(name)).cloned());
    names
}

/// The variables of `env_from_secret`, and over them those of `envFromSecret`.
pub fn secrets(options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Vec<SecretVariable> {
    let env_path = path.key("env");
    let path = path.key("env_from_secret");
    let mut secrets = Vec::new();
    for (key, value) in options.pairs(Opt::EnvFromSecret).unwrap_or_default() {
        let variable = key.to_str();
        if !is_config_map_key(&variable) {
            let finding = Finding::error(path.key(&variable), "cannot be the name of an environment variable");
            findings.push(finding.got(&variable).fix("use letters, digits, `_`, `-` and `.`"));
            continue;
        }
        let is_plain = |value: &&Value| matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_));
        let part = |part: &str| value.get(part).filter(is_plain).map(Value::to_str).filter(|text| !text.is_empty());
        match (part("name"), part("key")) {
            (Some(secret), Some(key)) => secrets.push(SecretVariable { variable, secret, key }),
            (name, _) => {
                let missing = if name.is_none() { "name" } else { "key" };
                let finding = Finding::error(path.key(&variable), format!("has no `{missing}`")).got(value.to_str());
                findings.push(finding.fix(format!("write {variable}: {{name: SECRET, key: KEY-IN-THE-SECRET}}")));
            }
        }
    }
    for (variable, secret, key) in &workload.env_from_secret {
        secrets.retain(|known| known.variable != *variable);
        secrets.push(SecretVariable { variable: variable.clone(), secret: secret.clone(), key: key.clone() });
    }
    let env = options.pairs(Opt::Env).unwrap_or_default();
    for SecretVariable { variable, secret, .. } in &secrets {
        if env.iter().any(|(name, _)| name.to_str() == *variable) || workload.env.iter().any(|(name, _)| name == variable) {
            let message = format!("comes from the Secret `{secret}` as well, whose value is the one that counts");
            let finding = Finding::warning(env_path.key(variable), message);
            findings.push_once(finding.fix("remove one of the two"));
        }
    }
    secrets
}

/// A variable's text: numbers and booleans as Python writes them, which is what the executor sees when the Flow runs
/// locally. Lists and mappings are JSON, or Python's `repr` as long as Jina reads their strings as they are.
fn env_text(value: &Value, always_json: bool) -> String {
    let structured = matches!(value, Value::List(_) | Value::Map(_));
    if structured && (always_json || loses_strings(value)) {
        return value.to_json();
    }
    value.to_str()
}

/// Whether a string below is one of which Jina makes another type: `"1"`, `"true"`, `"[a]"`.
fn loses_strings(value: &Value) -> bool {
    match value {
        Value::Str(text) => retyped(text) != *value,
        Value::List(entries) => entries.iter().any(loses_strings),
        Value::Map(pairs) => pairs.iter().any(|(_, value)| loses_strings(value)),
        _ => false,
    }
}
