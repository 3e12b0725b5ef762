//! Checks of the merged layers of a component.

use std::collections::{HashMap, HashSet};

use super::amounts::{GPU, is_fixed, lonely_huge_pages};
use super::fields::LAYER;
use super::mount_paths::normalized;
use super::object_names::is_dns_label;
use super::quantity;
use super::stack::Stack;
use super::values::Values;
use super::workload::{Workload, is_zero};
use crate::finding::{Code, FieldPath, Finding, Findings};
use crate::yaml::Node;

/// The labels by which jinaflow and selectors identify objects. A layer must not set these labels.
pub const RESERVED_LABELS: [&str; 10] = [
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "flow.jina.ai/component",
    "flow.jina.ai/executor",
    "flow.jina.ai/flow",
    "flow.jina.ai/role",
    "flow.jina.ai/shard",
    "jina_deployment_name",
    "shard_id",
];

/// The most seconds of `stabilizationWindowSeconds` (`k8s.io/api/autoscaling/v2`, `HPAScalingRules`).
const LONGEST_SCALE_DOWN: i64 = 3600;

/// The error for a resource that Kubernetes does not overcommit, with a request and no limit.
fn limit_missing(path: FieldPath, name: &str, request: &str) -> Finding {
    let message = format!("is required: Kubernetes accepts a request for `{name}` only with an equal limit");
    Code::LimitNotEqual.error(path, message).fix(format!("write `limits: {{{name}: {request}}}`"))
}

const KEEP_ONE: &str = "remove one of the two; `null` removes the value of a weaker layer";

/// The settings of one component, and the list for findings about the settings.
struct Checker<'c> {
    workload: &'c Workload,
    fields: Values<'c, 'static>,
    stack: &'c Stack<'c>,
    has_gpus: bool,
    findings: &'c mut Findings,
}

/// Checks merged layers. Each layer was checked separately before.
///
/// `has_gpus` is whether the pods can get GPUs from `gpus` of the Flow.
pub fn check(workload: &Workload, merged: &Node<'static>, stack: &Stack<'_>, has_gpus: bool, findings: &mut Findings) {
    let mut checker = Checker { workload, fields: Values::of(merged, LAYER), stack, has_gpus, findings };
    checker.check_labels();
    checker.check_variables();
    checker.check_sources();
    checker.check_claim();
    checker.check_models();
    checker.check_mounts();
    checker.check_resources();
    checker.check_autoscaling();
    checker.check_disruption_budget();
    checker.check_routes();
    checker.check_surge();
}

impl Checker<'_> {
    /// The path of a nested field, in the strongest layer that sets `field`.
    fn path(&self, field: &str, below: &[&str]) -> FieldPath {
        below.iter().fold(self.stack.path(field), |path, name| path.key(name))
    }

    /// Adds a finding once, because several components share layers.
    fn push(&mut self, finding: Finding) {
        self.findings.push_once_for_each_place(finding);
    }

    fn check_labels(&mut self) {
        for (name, value) in self.workload.labels.iter().filter(|(name, _)| RESERVED_LABELS.contains(&name.as_str())) {
            let message = "is a reserved label, which identifies components";
            let finding = Code::ReservedLabel.error(self.path("labels", &[name]), message).got(value);
            self.push(finding.fix("choose another key"));
        }
    }

    fn check_variables(&mut self) {
        let from_secrets: HashSet<&str> = self.workload.env_from_secret.iter().map(|key| key.variable.as_str()).collect();
        for (name, _) in self.workload.env.iter().filter(|(name, _)| from_secrets.contains(name.as_str())) {
            let message = format!("is also set by {}", self.stack.path("envFromSecret"));
            self.push(Code::ConflictingFields.error(self.path("env", &[name]), message).fix(KEEP_ONE));
        }
        for entry in self.fields.entries("envFromSecret") {
            for part in ["name", "key"].into_iter().filter(|part| !entry.values.has(part)) {
                let finding = Code::MissingField.error(self.path("envFromSecret", &[&entry.name, part]), "is required");
                self.push(finding.fix("write {name: SECRET, key: KEY-IN-THE-SECRET}"));
            }
        }
    }

    fn check_sources(&mut self) {
        for source in self.workload.sources.iter().filter(|source| source.env.is_none() && source.mount_path.is_none()) {
            let finding = Code::UnusedSource.error(self.path(source.field(), &[&source.name]), "is not used for variables or files");
            self.push(finding.fix("write `env: true` or `mountPath: /FOLDER` below it"));
        }
        for field in ["configMaps", "secrets"] {
            for entry in self.fields.entries(field) {
                if entry.values.has("prefix") && !entry.values.flag_or_default("env") {
                    let path = self.path(field, &[&entry.name, "prefix"]);
                    let message = "has no effect: a prefix is for the names of variables, and the keys become files";
                    self.push(Code::FieldWithoutEffect.warning(path, message).fix("add `env: true`, or remove it"));
                }
            }
        }
    }

    /// Reports properties of a new claim where `existingClaim` is set.
    fn check_claim(&mut self) {
        let Some(storage) = self.fields.below("storage").filter(|storage| storage.has("existingClaim")) else { return };
        for part in ["size", "className", "accessModes", "retention"].into_iter().filter(|part| storage.has(part)) {
            let path = self.path(&format!("storage.{part}"), &[]);
            let message = "has no effect: `existingClaim` names an existing claim, and no claim is created";
            self.push(Code::FieldWithoutEffect.warning(path, message).fix(KEEP_ONE));
        }
    }

    fn check_models(&mut self) {
        let workload = self.workload;
        for model in &workload.models {
            // An empty image was reported before.
            if model.image.is_empty() && !self.stack.sets(&["models", &model.name, "image"]) {
                let finding = Code::MissingField.error(self.path("models", &[&model.name, "image"]), "is required");
                self.push(finding.fix("write the image with the files of the model, such as registry.example.com/clip:1"));
            }
            if !is_dns_label(&model.volume()) {
                let message = "is not a valid part of the name of a volume";
                let finding = Code::InvalidName.error(self.path("models", &[&model.name]), message).got(&model.name);
                self.push(finding.fix("use at most 57 lower case letters, digits and `-`"));
            }
        }
    }

    fn check_mounts(&mut self) {
        let workload = self.workload;
        let mut mounted = HashSet::new();
        for (field, entry, folder) in workload.mounts().filter(|(.., folder)| !folder.is_empty()) {
            let below: Vec<&str> = entry.into_iter().chain(["mountPath"]).collect();
            if !folder.starts_with('/') || folder.contains(':') {
                let finding = Code::InvalidMountPath.error(self.path(field, &below), "is not an absolute path").got(folder);
                self.push(finding.fix("write /FOLDER"));
            } else if normalized(folder) == "/" {
                let message = "is the root of the file system, and would hide all files of the image";
                let finding = Code::InvalidMountPath.error(self.path(field, &below), message).got(folder);
                self.push(finding.fix("write /FOLDER"));
            } else if !mounted.insert(normalized(folder)) {
                let finding = Code::MountPathAlreadyUsed.error(self.path(field, &below), "is the mount path of two volumes").got(folder);
                self.push(finding.fix("use a different folder for each volume"));
            }
        }
    }

    /// The names of the resources with a request or a limit.
    fn resources(&self) -> Vec<&str> {
        let amounts = self.amounts("requests").iter().chain(self.amounts("limits"));
        amounts.filter_map(|(name, _)| name.as_text()).collect()
    }

    /// `resources.requests` or `resources.limits`.
    fn amounts(&self, part: &str) -> &[(Node<'static>, Node<'static>)] {
        self.workload.resources.as_ref().map(|resources| resources.map_at(part)).unwrap_or_default()
    }

    fn check_resources(&mut self) {
        let number = |node: &Node<'_>| quantity::parse(&node.shown());
        let requests: HashMap<_, _> = self.amounts("requests").iter().map(|(name, request)| (name.as_text(), request)).collect();
        let mut wrong = Vec::new();
        for (name, limit) in self.amounts("limits") {
            if let Some(request) = requests.get(&name.as_text())
                && let (Some(least), Some(most)) = (number(request), number(limit))
                && most < least
            {
                let path = self.path("resources", &["limits", &name.shown()]);
                let message = format!("is lower than the request, {}", request.shown());
                wrong.push(Code::LimitBelowRequest.error(path, message).got(limit.shown()).fix("raise the limit, or lower the request"));
            }
        }
        let limits: HashMap<_, _> = self.amounts("limits").iter().map(|(name, limit)| (name.as_text(), limit)).collect();
        for (key, request) in self.amounts("requests") {
            let name = key.shown();
            if !is_fixed(&name) {
                continue;
            }
            match limits.get(&key.as_text()) {
                // The Flow may have `gpus`, and `crate::plan` checks that.
                None if name == GPU && self.has_gpus => {}
                None => wrong.push(limit_missing(self.path("resources", &["limits", &name]), &name, &request.shown())),
                Some(limit) if number(request) < number(limit) => {
                    let message = format!("must be equal to the limit, {}: Kubernetes does not overcommit `{name}`", limit.shown());
                    let finding = Code::LimitNotEqual.error(self.path("resources", &["requests", &name]), message);
                    wrong.push(finding.got(request.shown()).propose(limit.shown()));
                }
                Some(_) => {}
            }
        }
        wrong.extend(lonely_huge_pages(&self.resources(), self.path("resources", &[])));
        for finding in wrong {
            self.push(finding);
        }
    }

    fn check_autoscaling(&mut self) {
        let workload = self.workload;
        let Some(autoscale) = &workload.autoscale else { return };
        if let Some(replicas) = workload.replicas {
            let message = "has no effect: `autoscale` decides the number of replicas";
            let finding = Code::FieldWithoutEffect.warning(self.path("replicas", &[]), message).got(replicas.to_string());
            self.push(finding.fix(KEEP_ONE));
        }
        let least = autoscale.min.to_string();
        let min = self.path("autoscale", &["min"]);
        if self.fields.below("autoscale").is_some_and(|autoscale| !autoscale.has("max")) {
            let finding = Code::MissingField.error(self.path("autoscale", &["max"]), "is required");
            self.push(finding.fix("set it to the highest number of replicas"));
        } else if autoscale.min > autoscale.max {
            let message = format!("is greater than `max`, {}", autoscale.max);
            self.push(Code::ValueOutOfRange.error(min, message).got(least).fix("lower it"));
        } else if autoscale.min == 0 && !autoscale.is_of_keda() {
            let message = "must be at least 1: only KEDA scales to zero";
            self.push(Code::ValueOutOfRange.error(min, message).got(least).fix("set it to 1, or add triggers below `keda`"));
        }
        if autoscale.memory.is_some() && autoscale.memory_average.is_some() {
            let message = "is set together with `memoryAverage`, and both are targets for memory";
            self.push(Code::ConflictingFields.error(self.path("autoscale", &["memory"]), message).fix(KEEP_ONE));
        }
        if let Some(seconds) = autoscale.scale_down {
            let path = self.path("autoscale", &["scaleDownSeconds"]);
            let is_set_twice =
                autoscale.behavior.as_ref().is_some_and(|behavior| behavior.at("scaleDown.stabilizationWindowSeconds").is_some());
            if seconds > LONGEST_SCALE_DOWN {
                let finding = Code::ValueOutOfRange.error(path, format!("must be at most {LONGEST_SCALE_DOWN}"));
                self.push(finding.got(seconds.to_string()).fix("set it to a smaller number"));
            } else if is_set_twice {
                let message = "has no effect: `behavior` sets `scaleDown.stabilizationWindowSeconds`";
                self.push(Code::FieldWithoutEffect.warning(path, message).fix(KEEP_ONE));
            }
        }
        let has_triggers = autoscale.prometheus_target().is_some() || autoscale.keda.as_ref().is_none_or(|keda| !keda.triggers.is_empty());
        if !has_triggers {
            let finding = Code::MissingField.error(self.path("autoscale", &["keda", "triggers"]), "is required");
            self.push(finding.fix("write `NAME: {type: …, metadata: {…}}` below it"));
        }
        // The default of a request is the limit (`SetDefaults_Pod` in `k8s.io/kubernetes/pkg/apis/core/v1`).
        let requested = self.resources();
        let targets = [("cpu", autoscale.cpu), ("memory", autoscale.memory)].into_iter();
        let missing: Vec<&str> = targets
            .filter(|(name, target)| autoscale.max > 1 && target.is_some() && !requested.contains(name))
            .map(|(name, _)| name)
            .collect();
        for name in missing {
            let message = format!("is a percentage of a request for {name}, which is not set");
            let finding = Code::AutoscaleWithoutRequest.warning(self.path("autoscale", &[name]), message);
            self.findings.push_once(finding.fix(format!("write `resources: {{requests: {{{name}: …}}}}` next to `autoscale`")));
        }
    }

    fn check_disruption_budget(&mut self) {
        let pdb = &self.workload.pdb;
        if pdb.min_available.is_some() && pdb.max_unavailable.is_some() {
            let message = "is set together with `maxUnavailable`, and Kubernetes allows only one of them";
            self.push(Code::ConflictingFields.error(self.path("pdb", &["minAvailable"]), message).fix(KEEP_ONE));
        }
    }

    fn check_routes(&mut self) {
        for (field, route) in [("httpRoute", &self.workload.http_route), ("grpcRoute", &self.workload.grpc_route)] {
            if route.as_ref().is_some_and(|route| route.gateways.is_empty()) {
                let finding = Code::MissingField.error(self.path(field, &["gateways"]), "is required");
                self.push(finding.fix("name the Gateway: `gateways: {NAME: {}}`"));
            }
            if route.as_ref().is_some_and(|route| route.weight.is_some() && route.backends.is_empty()) {
                let message = "has no effect without other Services in `backends`";
                self.push(Code::FieldWithoutEffect.warning(self.path(field, &["weight"]), message).fix("add `backends`, or remove it"));
            }
        }
    }

    fn check_surge(&mut self) {
        let surge = self.workload.rolling_update.surge.as_ref();
        if self.workload.storage.is_some() && surge.is_some_and(|surge| !is_zero(surge)) {
            let message = "requests an additional pod, but pods with storage are replaced one after the other";
            let path = self.path("rollingUpdate", &["maxSurge"]);
            // Nothing in a `jcloud` block refuses a Flow.
            let finding = if self.stack.sets(&["storage"]) {
                Code::SurgeWithStorage.error(path, message)
            } else {
                Code::SurgeWithStorage.warning(path, message)
            };
            self.push(finding.fix("remove it, or set it to 0"));
        }
    }
}
