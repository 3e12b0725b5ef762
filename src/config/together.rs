//! What only shows when the layers of a component are together.

use std::collections::{HashMap, HashSet};

use super::layers::Stack;
use super::workload::{Workload, entries, is_set, is_zero};
use super::{is_subdomain, quantity};
use crate::finding::{Finding, Findings};
use crate::yaml::Node;

/// Labels by which objects are known, and that no layer may take for something else.
const CONTRACT: [&str; 12] = [
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
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

/// Says everything once: the pods of several components have layers in common.
struct Teller<'t> {
    stack: &'t Stack<'t>,
    findings: &'t mut Findings,
}

impl Teller<'_> {
    /// An error about what is below a field: `below` begins with a dot, or is empty.
    fn error(&mut self, field: &str, below: &str, message: String, got: &str, mend: &str) {
        let finding = Finding::error(format!("{}{below}", self.stack.path(field)), message).fix(mend);
        let finding = if got.is_empty() { finding } else { finding.got(got) };
        self.findings.push_once_for_each_place(finding);
    }

    /// A warning about a field, such as `storage.size`, of which nothing comes.
    fn without_effect(&mut self, field: &str, below: &str, reason: &str, mend: &str) {
        let finding = Finding::warning(format!("{}{below}", self.stack.path(field)), format!("has no effect: {reason}"));
        self.findings.push_once_for_each_place(finding.fix(mend));
    }
}

/// Checks merged layers, each of which has been checked for itself.
pub fn check(workload: &Workload, fields: &Node<'static>, stack: &Stack<'_>, findings: &mut Findings) {
    let mut teller = Teller { stack, findings };
    variables(workload, fields, &mut teller);
    references(workload, &mut teller);
    prefixes(fields, &mut teller);
    claims(fields, &mut teller);
    mounts(workload, &mut teller);
    resources(workload, &mut teller);
    scaling(workload, fields, &mut teller);
    rollout(workload, &mut teller);
}

fn variables(workload: &Workload, fields: &Node<'static>, teller: &mut Teller<'_>) {
    for (name, value) in workload.labels.iter().filter(|(name, _)| CONTRACT.contains(&name.as_str())) {
        let message = "is a label of the contract, which tells components apart".to_owned();
        teller.error("labels", &format!(".{name}"), message, value, "choose another key");
    }
    let from_secrets: HashSet<&str> = workload.env_from_secret.iter().map(|(variable, ..)| variable.as_str()).collect();
    for (name, _) in workload.env.iter().filter(|(name, _)| from_secrets.contains(name.as_str())) {
        let message = format!("comes from {} as well", teller.stack.path("envFromSecret"));
        teller.error("env", &format!(".{name}"), message, "", "keep one of the two; `null` takes back a layer's");
    }
    for (name, source) in entries(fields, "envFromSecret") {
        for part in ["name", "key"].into_iter().filter(|part| source.get(part).is_none()) {
            let mend = "write {name: SECRET, key: KEY-IN-THE-SECRET}";
            teller.error("envFromSecret", &format!(".{name}.{part}"), "is missing".to_owned(), "", mend);
        }
    }
}

fn references(workload: &Workload, teller: &mut Teller<'_>) {
    for source in workload.sources.iter().filter(|source| source.env.is_none() && source.mount_path.is_none()) {
        let mend = "write `env: true` or `mountPath: /FOLDER` below it";
        teller.error(source.field(), &format!(".{}", source.name), "is used for nothing".to_owned(), "", mend);
    }
    let sources = workload.sources.iter().map(|source| (source.field(), &source.name));
    let secrets = workload.env_from_secret.iter().map(|(_, secret, _)| ("envFromSecret", secret));
    let pulled = workload.pull_secrets.iter().map(|name| ("imagePullSecrets", name));
    let account = workload.service_account.iter().map(|name| ("serviceAccountName", name));
    let claim = workload.storage.iter().flat_map(|storage| &storage.existing).map(|name| ("storage", name));
    for (field, name) in sources.chain(secrets).chain(pulled).chain(account).chain(claim) {
        if !is_subdomain(name) {
            let message = "is not a valid name of a Kubernetes object".to_owned();
            teller.error(field, "", message, name, "use lower case letters, digits, `-` and `.`");
        }
    }
}

fn prefixes(fields: &Node<'static>, teller: &mut Teller<'_>) {
    for field in ["configMaps", "secrets"] {
        let is_idle = |source: &Node<'_>| source.get("prefix").is_some() && !is_set(source, "env").unwrap_or_default();
        for (name, _) in entries(fields, field).filter(|(_, source)| is_idle(source)) {
            let reason = "its keys are files, and a prefix is for the names of variables";
            teller.without_effect(field, &format!(".{name}.prefix"), reason, "add `env: true`, or remove it");
        }
    }
}

/// What a claim is like is decided where it is made.
fn claims(fields: &Node<'static>, teller: &mut Teller<'_>) {
    let Some(storage) = fields.get("storage").filter(|storage| storage.get("existingClaim").is_some()) else { return };
    for part in ["size", "className", "accessModes"].into_iter().filter(|part| storage.get(part).is_some()) {
        let reason = "`existingClaim` names a claim that is there, and none is made";
        teller.without_effect(&format!("storage.{part}"), "", reason, "remove one of the two; `null` takes back a layer's");
    }
}

fn mounts(workload: &Workload, teller: &mut Teller<'_>) {
    let mut mounted: HashSet<&str> = HashSet::new();
    let of_claim = workload.storage.iter().map(|storage| ("storage", String::new(), &storage.mount_path));
    let of_sources = workload.sources.iter().map(|source| (source.field(), format!(".{}", source.name), &source.mount_path));
    for (field, below, path) in of_claim.chain(of_sources) {
        let Some(folder) = path.as_deref() else { continue };
        let below = format!("{below}.mountPath");
        if !folder.starts_with('/') || folder.contains(':') {
            teller.error(field, &below, "is no absolute path".to_owned(), folder, "write /FOLDER");
        } else if !mounted.insert(folder) {
            teller.error(field, &below, "is mounted over already".to_owned(), folder, "give each a folder of its own");
        }
    }
}

/// `requests` or `limits`.
fn quantities<'w>(workload: &'w Workload, part: &str) -> &'w [(Node<'static>, Node<'static>)] {
    workload.resources.as_ref().and_then(|resources| resources.get(part)).and_then(Node::as_map).unwrap_or_default()
}

fn resources(workload: &Workload, teller: &mut Teller<'_>) {
    let requests: HashMap<_, _> = quantities(workload, "requests").iter().map(|(name, request)| (name.as_text(), request)).collect();
    for (name, limit) in quantities(workload, "limits") {
        let number = |node: &Node<'_>| quantity::parse(&node.shown());
        if let Some(request) = requests.get(&name.as_text())
            && let (Some(least), Some(most)) = (number(request), number(limit))
            && most < least
        {
            let message = format!("is below the request, {}", request.shown());
            let below = format!(".limits.{}", name.shown());
            teller.error("resources", &below, message, &limit.shown(), "raise the limit, or lower the request");
        }
    }
}

fn scaling(workload: &Workload, fields: &Node<'static>, teller: &mut Teller<'_>) {
    let Some(autoscale) = &workload.autoscale else { return };
    if let Some(replicas) = workload.replicas {
        let finding = Finding::warning(teller.stack.path("replicas"), "has no effect: `autoscale` decides how many replicas there are");
        let finding = finding.got(replicas.to_string()).fix("remove one of the two; `null` takes back a layer's");
        teller.findings.push_once_for_each_place(finding);
    }
    let least = autoscale.min.to_string();
    if fields.get("autoscale").is_some_and(|autoscale| autoscale.get("max").is_none()) {
        teller.error("autoscale", ".max", "is missing".to_owned(), "", "write how many replicas there may be");
    } else if autoscale.min > autoscale.max {
        teller.error("autoscale", ".min", format!("is more than max, {}", autoscale.max), &least, "lower it");
    } else if autoscale.min == 0 && autoscale.keda.is_none() {
        let message = "must be 1 or more: only KEDA scales to nothing".to_owned();
        teller.error("autoscale", ".min", message, &least, "write 1, or triggers below `keda`");
    }
    if autoscale.keda.as_ref().is_some_and(|keda| keda.triggers.is_empty()) {
        let mend = "write `NAME: {type: …, metadata: {…}}` below it";
        teller.error("autoscale", ".keda.triggers", "is missing".to_owned(), "", mend);
    }
    let asked = quantities(workload, "requests");
    for (name, aim) in [("cpu", autoscale.cpu), ("memory", autoscale.memory)] {
        if autoscale.max > 1 && aim.is_some() && asked.iter().all(|(known, _)| known.as_text() != Some(name)) {
            let message = format!("is measured against a request for {name}, and there is none");
            let finding = Finding::warning(format!("{}.{name}", teller.stack.path("autoscale")), message);
            teller.findings.push_once(finding.fix(format!("write `resources: {{requests: {{{name}: …}}}}` beside it")));
        }
    }
}

fn rollout(workload: &Workload, teller: &mut Teller<'_>) {
    if workload.pdb.min_available.is_some() && workload.pdb.max_unavailable.is_some() {
        let message = "stands beside maxUnavailable, and Kubernetes takes one of the two".to_owned();
        teller.error("pdb", ".minAvailable", message, "", "keep one; `null` takes back a layer's");
    }
    for (field, route) in [("httpRoute", &workload.http_route), ("grpcRoute", &workload.grpc_route)] {
        if route.as_ref().is_some_and(|route| route.gateways.is_empty()) {
            teller.error(field, ".gateways", "is missing".to_owned(), "", "name the Gateway: `gateways: {NAME: {}}`");
        }
    }
    if workload.storage.is_some() && workload.rolling_update.0.as_ref().is_some_and(|surge| !is_zero(surge)) {
        let message = "asks for a pod beside the others, and pods with storage are replaced one after the other".to_owned();
        teller.error("rollingUpdate", ".maxSurge", message, "", "remove it, or write 0");
    }
}
