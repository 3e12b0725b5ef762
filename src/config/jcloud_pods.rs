//! Translates the keys of a `jcloud` block about pods into fields of a layer.

use super::jcloud_block::{Entry, Notes, entry, flag, number, text};
use super::jcloud_keys::{INSTANCES, Instance, SHARED_GPU};
use super::object_names::{is_label_key, is_label_name};
use super::quantity;
use crate::yaml::{Data, Node};

/// The resource of GPUs.
const GPU: &str = "nvidia.com/gpu";

/// The size of a volume without `size`, in JCloud.
const STORAGE_SIZE: &str = "5G";

/// The longest time of `scale_down_delay`, in seconds.
const LONGEST_DELAY: u64 = 3600;

/// The longest name of an executor with storage: the names of its StatefulSets have at most 52 characters, and shards have
/// numbers.
const LONGEST_NAME: usize = 48;

/// The properties of the pods that decide what can be translated.
#[derive(Clone, Copy)]
pub struct Pods<'p> {
    /// The path of the layer in a JinaFlow, for messages.
    pub layer: &'p str,
    /// The name of the executor; `gateway` for the gateway.
    pub name: &'p str,
    /// Whether KEDA can read the load of the pods: the Flow has `monitoring: true`, and the address of Prometheus is set.
    pub is_measured: bool,
    /// Whether a gateway calls the pods, which reports requests while there is no pod.
    pub is_called: bool,
    /// Whether the JinaFlow sets a field of the pods, so that the block does not matter.
    pub sets: &'p dyn Fn(&[&str]) -> bool,
}

/// The fields that a block sets.
#[derive(Debug, Clone)]
pub struct Translated {
    /// The fields of the pods.
    pub fields: Node<'static>,
    /// The fields of the pods of a head.
    pub head: Node<'static>,
    /// The keys that are translated, with their values, and the field that they set.
    pub taken: Vec<(String, &'static str)>,
}

impl Default for Translated {
    fn default() -> Self {
        Self { fields: map(), head: map(), taken: Vec::new() }
    }
}

fn map() -> Node<'static> {
    Data::Map(Vec::new()).into()
}

impl Translated {
    fn take(&mut self, entry: &Entry, field: &'static str) {
        let value = if entry.value.as_text().is_some() { format!(" {}", entry.value.shown()) } else { String::new() };
        self.taken.push((format!("{}{value}", entry.key.name), field));
    }

    /// Sets a field of all pods.
    fn set_everywhere(&mut self, field: &'static str, value: Node<'static>) {
        self.head.set(field, value.clone());
        self.fields.set(field, value);
    }

    /// Translates the keys of a block about pods.
    pub fn of(entries: &[Entry], block: &Node<'static>, pods: Pods<'_>, notes: &mut Notes) -> Self {
        let mut translated = Self::default();
        translated.labels(entries, notes);
        translated.node_selector(entries, pods, notes);
        translated.pull_policy(entries, notes);
        translated.resources(entries, pods, notes);
        translated.storage(entries, pods, notes);
        let is_scaled = block.get("autoscale").is_some_and(|autoscale| autoscale.as_map().is_some());
        if is_scaled {
            translated.autoscale(entries, pods, notes);
        }
        translated.disruption_budget(entries, notes);
        translated
    }

    /// `labels`. JCloud wrote numbers as strings, and set `user` and `jina-version` itself.
    pub fn labels(&mut self, entries: &[Entry], notes: &mut Notes) {
        const EXPECTED: &str = "a mapping of label keys to label values";
        let Some(entry) = entry(entries, "labels") else { return };
        let Some(pairs) = entry.value.as_map() else { return notes.wrong(entry, EXPECTED) };
        let mut labels = Vec::new();
        for (key, value) in pairs {
            let name = key.shown();
            let value = value.as_text().filter(|text| !value.is_null() && (is_label_name(text) || text.is_empty()));
            if notes.is_reserved(&name) {
                notes.lost(entry, &format!("has the reserved label `{name}`, which is not translated"), "remove it, or choose another key");
            } else if let Some(value) = value.filter(|_| is_label_key(&name)) {
                labels.push((Node::from(name), Node::from(value.to_owned())));
            } else {
                notes.lost(
                    entry,
                    &format!("has the label `{name}`, which is not a valid label, and is not translated"),
                    "correct it: a value has at most 63 letters, digits, `-`, `_` and `.`",
                );
            }
        }
        if !labels.is_empty() {
            let names: Vec<String> = labels.iter().map(|(name, _)| name.shown()).collect();
            self.taken.push((format!("labels {}", names.join(", ")), "labels"));
            self.set_everywhere("labels", Data::Map(labels).into());
        }
    }

    fn node_selector(&mut self, entries: &[Entry], pods: Pods<'_>, notes: &mut Notes) {
        let Some(entry) = entry(entries, "nodeSelector") else { return };
        let Some(pairs) = entry.value.as_map() else { return notes.wrong(entry, "a mapping of node labels") };
        let is_valid = |(key, value): &(Node<'_>, Node<'_>)| {
            is_label_key(&key.shown()) && value.as_text().is_some_and(|text| is_label_name(text) || text.is_empty())
        };
        if pairs.is_empty() || !pairs.iter().all(is_valid) {
            return notes.wrong(entry, "a mapping of node labels");
        }
        let text = |node: &Node<'_>| Node::from(node.shown());
        let selector: Vec<_> = pairs.iter().map(|(key, value)| (text(key), text(value))).collect();
        if !(pods.sets)(&["nodeSelector"]) && pairs.iter().any(|(key, _)| key.shown().starts_with("karpenter.sh/")) {
            let message = "selects nodes by labels of Karpenter, and pods stay pending in a cluster without Karpenter";
            notes.lost(
                entry,
                message,
                format!("install Karpenter, or set `{}.nodeSelector` to labels of your nodes, and to `null` for these labels", pods.layer),
            );
        }
        self.take(entry, "nodeSelector");
        self.set_everywhere("nodeSelector", Data::Map(selector).into());
    }

    fn pull_policy(&mut self, entries: &[Entry], notes: &mut Notes) {
        const EXPECTED: &str = "always, ifnotpresent or never";
        let Some(entry) = entry(entries, "imagepullpolicy") else { return };
        let Some(text) = text(entry, EXPECTED, notes) else { return };
        let Some(policy) = ["Always", "IfNotPresent", "Never"].into_iter().find(|policy| policy.eq_ignore_ascii_case(text)) else {
            return notes.wrong(entry, EXPECTED);
        };
        self.take(entry, "imagePullPolicy");
        self.set_everywhere("imagePullPolicy", policy.into());
    }

    fn resources(&mut self, entries: &[Entry], pods: Pods<'_>, notes: &mut Notes) {
        let (mut requests, mut limits) = (map(), map());
        if let Some(entry) = entry(entries, "resources.instance")
            && let Some(name) = text(entry, "an instance of JCloud", notes)
        {
            match INSTANCES.iter().find(|instance| instance.name.eq_ignore_ascii_case(name)) {
                Some(instance) => {
                    instance_of(entry, instance, &mut requests, &mut limits, pods, notes);
                    self.take(entry, "resources");
                }
                None => notes.wrong(entry, "an instance from C1 to C8 or from G1 to G4"),
            }
        }
        for (key, resource) in [("resources.cpu", "cpu"), ("resources.memory", "memory")] {
            if let Some((entry, amount)) = entry(entries, key).and_then(|entry| Some((entry, amount(entry, resource, notes)?))) {
                if resource == "memory" {
                    limits.set(resource, quantity_node(amount.clone()));
                }
                requests.set(resource, quantity_node(amount));
                self.take(entry, "resources");
            }
        }
        for (key, resource) in [("resources.requests.cpu", "cpu"), ("resources.requests.memory", "memory")] {
            if let Some((entry, amount)) = entry(entries, key).and_then(|entry| Some((entry, amount(entry, resource, notes)?))) {
                // A limit must not be lower than the request.
                limits.take(resource);
                requests.set(resource, quantity_node(amount));
                self.take(entry, "resources");
            }
        }
        if let Some(entry) = entry(entries, "resources.gpu") {
            self.gpus(entry, &mut limits, pods, notes);
        }
        let is_empty = |node: &Node<'_>| node.as_map().is_none_or(<[_]>::is_empty);
        if is_empty(&requests) && is_empty(&limits) {
            return;
        }
        let is_shared = entry(entries, "resources.gpu").is_some_and(|entry| entry.value.as_text() == Some("shared"));
        if let Some(tier) = tier(&requests, &limits, is_shared).filter(|_| entry(entries, "resources.instance").is_none()) {
            self.taken.push((format!("(instance {tier} in JCloud)"), "resources"));
        }
        let mut resources = map();
        for (part, amounts) in [("requests", requests), ("limits", limits)] {
            if !is_empty(&amounts) {
                resources.set(part, amounts);
            }
        }
        self.fields.set("resources", resources);
        // JCloud ran the heads of shards as instance C1. Its memory is not a limit here, because a head may need more.
        let Instance { cpu, memory, .. } = INSTANCES[0];
        let mut requests = map();
        requests.set("cpu", Node::plain(cpu.unwrap_or_default()));
        requests.set("memory", Node::plain(memory));
        let mut resources = map();
        resources.set("requests", requests);
        self.head.set("resources", resources);
    }

    fn gpus(&mut self, entry: &Entry, limits: &mut Node<'static>, pods: Pods<'_>, notes: &mut Notes) {
        const EXPECTED: &str = "a number of GPUs, or `shared`";
        let Some(text) = text(entry, EXPECTED, notes) else { return };
        let count = match text {
            "shared" => {
                shared_gpu(entry, pods, notes);
                1
            }
            _ => match text.parse::<u8>() {
                Ok(count) => count,
                Err(_) => return notes.wrong(entry, EXPECTED),
            },
        };
        if count > 0 {
            limits.set(GPU, Node::plain(count.to_string()));
        }
        self.take(entry, "resources");
    }

    fn storage(&mut self, entries: &[Entry], pods: Pods<'_>, notes: &mut Notes) {
        const EXPECTED: &str = "ephemeral, ebs or efs";
        let of = |name: &str| entry(entries, name);
        let size = of("resources.storage.size");
        let retain = of("resources.storage.retain");
        let Some(kind) = of("resources.storage.kind").or(of("resources.storage.type")) else {
            for entry in size.into_iter().chain(retain) {
                notes.lost(
                    entry,
                    "has no effect without `kind`, and is not translated",
                    "add `kind: ebs`, or set `storage` of the JinaFlow",
                );
            }
            return;
        };
        let Some(text_of_kind) = text(kind, EXPECTED, notes) else { return };
        let mut storage = map();
        match text_of_kind.to_ascii_lowercase().as_str() {
            "ephemeral" => return self.taken.push((format!("{} ephemeral", kind.key.name), "nothing: pods keep no data")),
            "ebs" => {}
            "efs" => {
                let mut modes = map();
                modes.set("ReadWriteMany", map());
                storage.set("accessModes", modes);
                let message = "was one folder for all pods, and becomes a claim for each pod, with the access mode ReadWriteMany";
                let fix = format!("to share data, create a claim and set `{}.storage: {{existingClaim: NAME}}`", pods.layer);
                if !(pods.sets)(&["storage", "existingClaim"]) && !(pods.sets)(&["storage", "accessModes"]) {
                    notes.lost(kind, message, fix);
                }
            }
            _ => return notes.wrong(kind, EXPECTED),
        }
        if pods.name.chars().count() > LONGEST_NAME {
            let message = "needs a shorter name of the executor, and is not translated";
            return notes.lost(kind, message, format!("rename the executor to at most {LONGEST_NAME} characters"));
        }
        self.take(kind, "storage");
        let amount = size.and_then(|entry| {
            let amount = amount(entry, "storage", notes)?;
            self.take(entry, "storage");
            Some(amount)
        });
        storage.set("size", quantity_node(amount.unwrap_or_else(|| STORAGE_SIZE.to_owned())));
        if let Some(retain) = retain
            && let Some(is_kept) = flag(retain, notes)
        {
            let mut retention = map();
            retention.set("whenDeleted", if is_kept { "Retain" } else { "Delete" }.into());
            storage.set("retention", retention);
            self.take(retain, "storage");
        }
        self.fields.set("storage", storage);
    }

    /// Translates the autoscaler. `min`, `max`, `metric` and `target` have the defaults of JCloud.
    pub fn autoscale(&mut self, entries: &[Entry], pods: Pods<'_>, notes: &mut Notes) {
        const METRICS: &str = "concurrency, rps, cpu or memory";
        let of = |name: &str| entry(entries, name);
        let mut whole = |name: &str, least: i64, default: i64| {
            let entry = of(name);
            entry.and_then(|entry| number(entry, least, notes)).unwrap_or(default)
        };
        let mut min = whole("autoscale.min", 0, 1);
        let max = whole("autoscale.max", 1, 2).max(min);
        let target = whole("autoscale.target", 1, 100);
        let metric = match of("autoscale.metric") {
            None => "concurrency".to_owned(),
            Some(entry) => {
                let known = text(entry, METRICS, notes).map(str::to_ascii_lowercase);
                let Some(known) = known else { return };
                if !["concurrency", "rps", "cpu", "memory"].contains(&known.as_str()) {
                    return notes.wrong(entry, METRICS);
                }
                known
            }
        };
        let by_load = matches!(metric.as_str(), "concurrency" | "rps");
        let is_set = (pods.sets)(&["autoscale"]) || (pods.sets)(&["replicas"]);
        if by_load && !pods.is_measured && is_set {
            return;
        }
        if by_load && !pods.is_measured {
            // One of the keys is there: an empty `autoscale` has the default of `metric`.
            if let Some(entry) = of("autoscale.metric").or_else(|| entries.iter().find(|entry| entry.key.name.starts_with("autoscale."))) {
                let message = format!("scales by {metric}, which needs KEDA and Prometheus, and is not translated");
                notes.lost(entry, &message, without_metrics(pods.layer, max));
            }
            return;
        }
        let is_zero_possible = by_load && pods.is_called;
        if min == 0 && !is_zero_possible {
            if let Some(entry) = of("autoscale.min").filter(|_| !is_set) {
                let message = "is 0 and becomes 1: without pods, the metric does not exist, and no pod would start";
                notes.lost(entry, message, "set it to 1");
            }
            min = 1;
        }
        let mut fields = map();
        fields.set("min", min.into());
        fields.set("max", max.into());
        match metric.as_str() {
            "cpu" => fields.set("cpu", target.into()),
            "memory" => fields.set("memoryAverage", format!("{target}Mi").into()),
            "rps" => fields.set("requestsPerSecond", target.into()),
            _ => fields.set("concurrency", target.into()),
        }
        let delay = match of("autoscale.scale_down_delay") {
            None => Some(30),
            Some(entry) => delay(entry, notes),
        };
        let window = of("autoscale.stable_window").and_then(|entry| number(entry, 0, notes));
        if let Some(window) = window.filter(|_| by_load) {
            let mut keda = map();
            keda.set("cooldownSeconds", window.into());
            fields.set("keda", keda);
        }
        let window = window.filter(|_| !by_load && of("autoscale.scale_down_delay").is_none());
        if let Some(seconds) = window.map(|seconds| seconds.min(3600)).or(delay) {
            fields.set("scaleDownSeconds", seconds.into());
        }
        let names = ["min", "max", "metric", "target", "scale_down_delay", "stable_window"];
        for entry in names.iter().filter_map(|name| of(&format!("autoscale.{name}"))) {
            self.take(entry, "autoscale");
        }
        if of("autoscale.metric").is_none() || of("autoscale.max").is_none() {
            self.taken.push((format!("(from {min} to {max} pods, {metric} {target})"), "autoscale"));
        }
        self.fields.set("autoscale", fields);
        // The CPU that JCloud requested for pods without `resources`, of which the target is a percentage.
        if metric == "cpu" && self.fields.at("resources.requests.cpu").is_none() {
            let cpu = INSTANCES[0].cpu.unwrap_or_default();
            let resources = self.fields.take("resources").unwrap_or_else(map);
            let mut resources = resources;
            let mut requests = resources.take("requests").unwrap_or_else(map);
            requests.set("cpu", Node::plain(cpu));
            resources.set("requests", requests);
            self.fields.set("resources", resources);
            self.taken.push((format!("(instance C1, {cpu} CPU)"), "resources"));
        }
    }

    fn disruption_budget(&mut self, entries: &[Entry], notes: &mut Notes) {
        const EXPECTED: &str = "a number of pods or a percentage";
        let is_share = |text: &str| text.strip_suffix('%').unwrap_or(text).parse::<u32>().is_ok();
        let mut pdb = map();
        for name in ["minAvailable", "maxUnavailable"] {
            let Some(entry) = entry(entries, name) else { continue };
            let Some(share) = text(entry, EXPECTED, notes) else { continue };
            if !is_share(share) {
                notes.wrong(entry, EXPECTED);
            } else if pdb.get("minAvailable").is_some() {
                notes.lost(entry, "is set together with `minAvailable`, and Kubernetes allows only one of them", "remove one of the two");
            } else {
                pdb.set(name, entry.value.clone());
                self.take(entry, "pdb");
            }
        }
        if pdb.as_map().is_some_and(|pairs| !pairs.is_empty()) {
            self.fields.set("pdb", pdb);
        }
    }
}

/// Sets the resources of an instance.
fn instance_of(
    entry: &Entry,
    instance: &Instance,
    requests: &mut Node<'static>,
    limits: &mut Node<'static>,
    pods: Pods<'_>,
    notes: &mut Notes,
) {
    if let Some(cpu) = instance.cpu {
        requests.set("cpu", Node::plain(cpu));
    }
    requests.set("memory", Node::plain(instance.memory));
    limits.set("memory", Node::plain(instance.memory));
    if instance.gpus > 0 {
        limits.set(GPU, Node::plain(instance.gpus.to_string()));
    }
    if instance.name == SHARED_GPU {
        shared_gpu(entry, pods, notes);
    }
}

/// The advice for an autoscaler whose metrics do not exist.
pub fn without_metrics(layer: &str, max: i64) -> String {
    format!(
        "set `monitoring: true` below `with` in the Flow and `spec.monitoring.prometheus` to the address of Prometheus, or scale by CPU: \
         `{layer}.autoscale: {{max: {max}, cpu: 80}}`"
    )
}

fn shared_gpu(entry: &Entry, pods: Pods<'_>, notes: &mut Notes) {
    if (pods.sets)(&["resources", "limits", GPU]) {
        return;
    }
    let message = "was a GPU that several pods shared, and becomes a whole GPU";
    let fix = format!(
        "set `{0}.resources: {{limits: {{{GPU}: 1}}}}`; if the device plugin shares GPUs, set {GPU} to `null` there, and {GPU}.shared to 1",
        pods.layer
    );
    notes.lost(entry, message, fix);
}

/// A positive quantity; reports another value.
fn amount(entry: &Entry, resource: &str, notes: &mut Notes) -> Option<String> {
    let expected = match resource {
        "cpu" => "a number of CPU cores, such as 500m or 2",
        _ => "an amount with a unit, such as 8G",
    };
    let text = text(entry, expected, notes)?;
    // JCloud accepted units in lower case, and with a B.
    let upper = text
        .trim_end_matches(['b', 'B'])
        .to_ascii_uppercase()
        .replace("KI", "Ki")
        .replace("MI", "Mi")
        .replace("GI", "Gi")
        .replace("TI", "Ti");
    let has_unit = |text: &str| text.ends_with(|c: char| c.is_ascii_alphabetic() && c != 'm');
    let found = [text, &upper].into_iter().find(|text| {
        let is_complete = resource == "cpu" || has_unit(text);
        is_complete && quantity::parse(text).is_some_and(|amount| amount > 0.0)
    });
    if found.is_none() {
        notes.wrong(entry, expected);
    }
    found.map(str::to_owned)
}

/// A quantity as people write it, without quotes unless it is a number with a fraction or an exponent.
fn quantity_node(amount: String) -> Node<'static> {
    let is_fraction = amount.parse::<i64>().is_err() && amount.parse::<f64>().is_ok();
    if is_fraction { amount.into() } else { Node::plain(amount) }
}

/// The seconds of a duration such as `30s`, `5m` or `1h`; reports another value.
fn delay(entry: &Entry, notes: &mut Notes) -> Option<i64> {
    const EXPECTED: &str = "a time from 0s to 1h, such as 30s";
    let text = text(entry, EXPECTED, notes)?;
    let (number, factor) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).filter(|seconds| *seconds <= LONGEST_DELAY);
    if seconds.is_none() {
        notes.wrong(entry, EXPECTED);
    }
    i64::try_from(seconds?).ok()
}

/// The smallest instance of JCloud with these resources.
fn tier(requests: &Node<'_>, limits: &Node<'_>, is_shared: bool) -> Option<&'static str> {
    let number = |node: &Node<'_>, name: &str| node.get(name).and_then(|amount| quantity::parse(&amount.shown()));
    let (cpu, memory, gpus) = (number(requests, "cpu"), number(requests, "memory"), number(limits, GPU));
    let has = |offered: Option<f64>, wanted: Option<f64>| wanted.is_none_or(|wanted| offered.is_none_or(|offered| offered >= wanted));
    let fits = |instance: &&Instance| {
        is_shared == (instance.name == SHARED_GPU)
            && has(instance.cpu.and_then(quantity::parse), cpu)
            && has(quantity::parse(instance.memory), memory)
            && (gpus.is_some() == (instance.gpus > 0))
            && has(Some(f64::from(instance.gpus)), gpus)
    };
    INSTANCES.iter().find(fits).map(|instance| instance.name)
}
