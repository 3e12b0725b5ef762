//! Environment variables and Secrets of a component.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::own_variables;
use super::planner::Planner;
use crate::config::corrections::Correction;
use crate::config::is_config_map_key;
use crate::config::workload::{SecretKey, Workload};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::scalar::retyped;
use crate::jina::value::Value;

/// The variable that turns TLS to the collector off
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
const PLAIN_COLLECTOR: &str = "OTEL_EXPORTER_OTLP_INSECURE";

impl Planner<'_> {
    /// The variables of `env`, written as Python writes them, and the log level of the context. Jina takes the log level from
    /// the environment of the exporting process.
    pub(super) fn env(&self, options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        // The values of layers have their own findings.
        let replaced: HashSet<&str> = workload.env.iter().map(|(name, _)| name.as_str()).collect();
        for (key, value) in options.pairs(Opt::Env).unwrap_or_default() {
            let name = key.to_str();
            let text = env_text(value, self.corrections.has(Correction::StructuredEnv));
            if !is_config_map_key(&name) {
                findings.push(invalid_variable(&path.key("env"), &name));
                continue;
            }
            if name == "CUDA_VISIBLE_DEVICES" && text.starts_with("RR") && self.corrections.has(Correction::CudaDevices) {
                let env = path.key("env");
                let message = "assigns the GPUs of one machine to replicas, but pods do not share a machine's GPUs";
                let finding = Code::CudaRoundRobin.warning(env.key(&name), message).got(&text);
                findings.push(finding.fix("remove it; each pod gets the GPUs that `gpus` requests"));
                continue;
            }
            if !replaced.contains(&*name) {
                own_variables::check(own_variables::is_own(&name), &text, || path.key("env").key(&name).into(), findings);
            }
            env.push((name, text));
        }
        set_all(&mut env, &workload.env);
        if let Some(level) = self.settings.context.get("JINA_LOG_LEVEL") {
            env.retain(|(name, _)| name != "JINA_LOG_LEVEL");
            env.push(("JINA_LOG_LEVEL".to_owned(), level.to_owned()));
        }
        let sends = options.flag(Opt::Tracing) || options.flag(Opt::Metrics);
        if sends && self.corrections.has(Correction::PlainCollectors) && !env.iter().any(|(name, _)| name == PLAIN_COLLECTOR) {
            env.push((PLAIN_COLLECTOR.to_owned(), "true".to_owned()));
        }
        env
    }
}

/// Adds variables, and replaces the values of variables that exist.
fn set_all(env: &mut Vec<(String, String)>, variables: &[(String, String)]) {
    if variables.is_empty() {
        return;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, (name, _)) in env.iter().enumerate() {
        places.entry(name.clone()).or_insert(place);
    }
    for (name, value) in variables {
        match places.entry(name.clone()) {
            Entry::Occupied(place) => env[*place.get()].1.clone_from(value),
            Entry::Vacant(place) => {
                place.insert(env.len());
                env.push((name.clone(), value.clone()));
            }
        }
    }
}

fn invalid_variable(path: &Path<'_>, name: &str) -> Finding {
    let finding = Code::InvalidName.error(path.key(name), "is not a valid name of an environment variable").got(name);
    finding.fix("use letters, digits, `_`, `-` and `.`")
}

/// Secrets for pulling images: the Secrets of the Flow, then the Secrets that the config adds.
pub fn pull_secrets(options: &Options, workload: &Workload) -> Vec<String> {
    let mut names = options.strings(Opt::ImagePullSecrets).to_vec();
    names.extend(workload.pull_secrets.iter().filter(|name| !options.strings(Opt::ImagePullSecrets).contains(name)).cloned());
    names
}

/// The variables from Secrets. `envFromSecret` of the config overrides `env_from_secret` of the Flow.
pub fn secrets(options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Vec<SecretKey> {
    let env_path = path.key("env");
    let path = path.key("env_from_secret");
    let mut secrets = Vec::new();
    for (key, value) in options.pairs(Opt::EnvFromSecret).unwrap_or_default() {
        let variable = key.to_str();
        if !is_config_map_key(&variable) {
            findings.push(invalid_variable(&path, &variable));
            continue;
        }
        let is_plain = |value: &&Value| matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_));
        let part = |part: &str| value.get(part).filter(is_plain).map(Value::to_str).filter(|text| !text.is_empty());
        match (part("name"), part("key")) {
            (Some(secret), Some(key)) => secrets.push(SecretKey { variable, secret, key }),
            (name, _) => {
                let missing = if name.is_none() { "name" } else { "key" };
                let finding = Code::MissingField.error(path.key(&variable), format!("requires `{missing}`")).got(value.to_str());
                findings.push(finding.fix(format!("write {variable}: {{name: SECRET, key: KEY-IN-THE-SECRET}}")));
            }
        }
    }
    let overridden: HashSet<&str> = workload.env_from_secret.iter().map(|own| own.variable.as_str()).collect();
    secrets.retain(|secret: &SecretKey| !overridden.contains(secret.variable.as_str()));
    secrets.extend(workload.env_from_secret.iter().cloned());
    if !secrets.is_empty() {
        let of_flow = options.pairs(Opt::Env).unwrap_or_default().iter().map(|(name, _)| name.to_str());
        let env: HashSet<String> = of_flow.chain(workload.env.iter().map(|(name, _)| name.clone())).collect();
        for SecretKey { variable, secret, .. } in secrets.iter().filter(|secret| env.contains(&secret.variable)) {
            let message = format!("has no effect: the variable comes from the Secret `{secret}` as well, which takes precedence");
            let finding = Code::DuplicateVariable.warning(env_path.key(variable), message);
            findings.push_once(finding.fix("remove one of the two"));
        }
    }
    secrets
}

/// The value of a variable. Numbers and booleans are written as Python writes them, so executors get the same value as in a
/// Flow that runs locally. Lists and mappings are JSON, or Python's `repr` if Jina does not change their strings.
fn env_text(value: &Value, always_json: bool) -> String {
    let structured = matches!(value, Value::List(_) | Value::Map(_));
    if structured && (always_json || loses_strings(value)) {
        return value.to_json();
    }
    value.to_str()
}

/// Whether Jina turns a string in the value into another type: `"1"`, `"true"`, `"[a]"`.
fn loses_strings(value: &Value) -> bool {
    match value {
        Value::Str(text) => retyped(text) != *value,
        Value::List(entries) => entries.iter().any(loses_strings),
        Value::Map(pairs) => pairs.iter().any(|(_, value)| loses_strings(value)),
        _ => false,
    }
}
