//! Translates the `jcloud` blocks of a Flow into the weakest settings of its pods. Nothing in a block refuses a Flow: Jina
//! ignores the blocks, and values that cannot be translated are warnings.

use std::collections::HashMap;

use super::choices::Jcloud;
use super::images::JINA_VERSION;
use super::jcloud_block::{self as block, Entry, Notes, Part, flag, texts};
use super::jcloud_keys::SERVERLESS;
use super::jcloud_pods::{self, Pods, Translated};
use super::layers::{self, Weakest, WeakestExecutor};
use super::lists::merge_layer;
use super::settings::Settings;
use super::stack::Layer;
use crate::finding::{Code, FieldPath, Findings, Mark, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::inherited::Options;
use crate::jina::jcloud::{Block, Place};
use crate::jina::options::Opt;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::versions::Version;
use crate::yaml::Node;

/// The most entries in the list of translated keys.
const MOST_LISTED: usize = 24;

/// Translates the blocks of a Flow, or warns about them if the settings ignore them. `path` is the path of the Flow.
pub fn apply(flow: &Flow, settings: &mut Settings, path: &Path<'_>, findings: &mut Findings) {
    if settings.jcloud() == Jcloud::Ignore {
        let message = "`jcloud` has no effect on Kubernetes: it is for Jina's own cloud";
        findings.extend(
            flow.jcloud.first().map(|block| Code::FieldWithoutEffect.warning(&block.path, message).fix("remove it").at(block.mark)),
        );
        return;
    }
    // A Flow may have thousands of executors. A node that Jina adds has the index of the executor that causes it.
    let mut by_index: HashMap<usize, &Executor> = HashMap::new();
    for executor in flow.executors.iter().filter(|executor| !executor.name.starts_with("_aux")) {
        by_index.entry(executor.index).or_insert(executor);
    }
    let mut work = Work { flow, settings, notes: Notes::default(), taken: Vec::new(), weakest: Weakest::default() };
    for block in &flow.jcloud {
        match block.place {
            Place::Flow => work.flow_block(block),
            Place::Gateway => work.gateway(&block.node, &block.path, block.mark),
            Place::Executor(index) => {
                if let Some(executor) = by_index.get(&index) {
                    work.executor(block, executor, Part::Executor);
                }
            }
            Place::Deployment => {
                if let Some(executor) = flow.executors.first() {
                    work.executor(block, executor, Part::Deployment);
                }
            }
        }
    }
    work.serverless(path);
    let Work { notes, taken, weakest, .. } = work;
    settings.layers.set_weakest(weakest);
    notes.report(findings);
    if let Some(block) = flow.jcloud.first().filter(|_| !taken.is_empty()) {
        findings.push(translated(&taken).on(&block.path).at(block.mark));
    }
}

/// The list of the keys that were translated.
fn translated(taken: &[Taken]) -> crate::finding::Finding {
    let shown = taken.iter().take(MOST_LISTED).map(|Taken { block, keys, field }| format!("{block}: {} → {field}", keys.join(", ")));
    let mut shown: Vec<String> = shown.collect();
    if taken.len() > MOST_LISTED {
        shown.push(format!("and {} more", taken.len() - MOST_LISTED));
    }
    let message = format!("`jcloud` is translated into the weakest values of fields: {}", shown.join("; "));
    let fix = "set a field in a JinaFlow to change its value, or set `jcloud: ignore`; `jinaflow explain jcloud` lists all keys";
    Code::JcloudTranslated.info("", message).fix(fix)
}

/// Keys of a block, and the field that they set.
#[derive(Debug)]
struct Taken {
    block: String,
    keys: Vec<String>,
    field: String,
}

struct Work<'w> {
    flow: &'w Flow,
    settings: &'w mut Settings,
    notes: Notes,
    taken: Vec<Taken>,
    weakest: Weakest,
}

impl Work<'_> {
    /// Records that a key of a block sets a field.
    fn take(&mut self, block: &FieldPath, key: String, field: String) {
        let block = shown_block(block);
        match self.taken.last_mut().filter(|last| last.block == block && last.field == field) {
            Some(last) => last.keys.push(key),
            None => self.taken.push(Taken { block, keys: vec![key], field }),
        }
    }

    fn take_all(&mut self, block: &FieldPath, layer: &FieldPath, taken: Vec<(String, &'static str)>) {
        for (key, field) in taken {
            let field = if field.contains(' ') { field.to_owned() } else { layer.key(field).to_string() };
            self.take(block, key, field);
        }
    }

    /// The block of the Flow as a whole, which may have the keys of the gateway below `gateway`.
    fn flow_block(&mut self, block: &Block) {
        let Block { node, path, mark, .. } = block;
        let mut own = node.clone();
        if let Some(gateway) = own.take(GATEWAY) {
            self.gateway(&gateway, &path.key(GATEWAY), *mark);
        }
        let entries = block::read(&own, "", Part::Flow, path, *mark, &mut self.notes);
        self.of_flow(&entries, path);
        self.entrance(&entries, path);
        let mut translated = Translated::default();
        translated.labels(&entries, &mut self.notes);
        self.take_all(path, &FieldPath::from("spec.defaults"), translated.taken);
        add(&mut self.weakest.all, translated.fields, path);
    }

    /// Keys about the Flow as a whole.
    fn of_flow(&mut self, entries: &[Entry], path: &FieldPath) {
        for entry in entries {
            match entry.key.name {
                "version" => self.version(entry, path),
                "name" => {
                    let name = entry.value.as_text();
                    if name.is_none() {
                        self.notes.wrong(entry, "a name");
                    } else if name != self.settings.name.as_deref() {
                        self.notes.without_fields(entry);
                    }
                }
                "monitor.traces.enable" | "monitor.metrics.enable" => self.telemetry(entry, path),
                "labels" => {}
                _ => self.notes.without_fields(entry),
            }
        }
    }

    /// `monitor`: nothing is lost if the JinaFlow names the collector.
    fn telemetry(&mut self, entry: &Entry, path: &FieldPath) {
        let kind = if entry.key.name.starts_with("monitor.traces") { "tracing" } else { "metrics" };
        match flag(entry, &mut self.notes) {
            Some(true) if self.settings.scope.telemetry.iter().any(|(option, _)| *option == kind) => {
                self.take(path, entry.key.name.to_owned(), "spec.telemetry, which is set".to_owned());
            }
            Some(true) => self.notes.without_fields(entry),
            Some(false) => self.take(path, format!("{} false", entry.key.name), "nothing, as without the key".to_owned()),
            None => {}
        }
    }

    /// `version`, unless the JinaFlow or the caller sets a version.
    fn version(&mut self, entry: &Entry, path: &FieldPath) {
        let expected = format!("a released version of Jina from 3.7.0 to {JINA_VERSION}");
        let Some(text) = block::text(entry, &expected, &mut self.notes) else { return };
        if let Some(known) = self.settings.jina_version.as_deref() {
            if known != text {
                self.take(path, format!("version {text}"), format!("nothing: `jinaVersion` is {known}"));
            }
            return;
        }
        let Some(version) = Version::parse(text).filter(|version| (Version::OLDEST..=Version::NEWEST).contains(version)) else {
            let message = format!("is not a released version of Jina that jinaflow supports, and Jina {JINA_VERSION} is used");
            self.notes.lost(entry, &message, "nothing, or set `spec.jinaVersion` or `--jina-version`");
            return;
        };
        let least = self.flow.least_version();
        if version < least {
            let message = format!("is older than Jina {least}, which the options of the Flow need, and Jina {JINA_VERSION} is used");
            self.notes.lost(entry, &message, "nothing, or set `spec.jinaVersion` or `--jina-version`");
            return;
        }
        self.settings.jina_version = Some(text.to_owned());
        self.take(path, format!("version {text}"), "spec.jinaVersion".to_owned());
    }

    fn gateway(&mut self, node: &Node<'static>, path: &FieldPath, mark: Mark) {
        let entries = block::read(node, "", Part::Gateway, path, mark, &mut self.notes);
        let Some(options) = &self.flow.gateway else { return };
        let layer = FieldPath::from("spec.gateway");
        let pods = Pods { layer: "spec.gateway", name: GATEWAY, is_measured: self.is_measured(options), is_called: false };
        let translated = Translated::of(&entries, node, pods, &mut self.notes);
        self.take_all(path, &layer, translated.taken);
        add(&mut self.weakest.gateway, translated.fields, path);
        self.of_pods(&entries, path);
        self.entrance(&entries, path);
    }

    fn executor(&mut self, block: &Block, executor: &Executor, part: Part) {
        let Block { node, path, mark, .. } = block;
        let entries = block::read(node, "", part, path, *mark, &mut self.notes);
        let layer = FieldPath::from("spec.executors").key(&executor.name);
        if executor.options.flag(Opt::External) {
            let message = "has no effect: the executor is external, and its pods are not rendered";
            self.notes.push(Code::FieldWithoutEffect.warning(path, message).fix("remove it").at(*mark));
            return;
        }
        let pods = Pods {
            layer: &layer.to_string(),
            name: &executor.name,
            is_measured: self.is_measured(&executor.options),
            is_called: self.flow.kind == Kind::Flow,
        };
        let translated = Translated::of(&entries, node, pods, &mut self.notes);
        self.take_all(path, &layer, translated.taken);
        self.of_pods(&entries, path);
        if part == Part::Deployment {
            let of_flow: Vec<Entry> = entries.iter().filter(|entry| is_of_flow_alone(entry)).cloned().collect();
            self.of_flow(&of_flow, path);
        }
        let weakest = self.weakest.executors.entry(executor.name.clone()).or_insert_with(WeakestExecutor::default);
        add(&mut weakest.worker, translated.fields, path);
        add(&mut weakest.head, translated.head, path);
        for entry in entries.iter().filter(|entry| entry.key.name == "expose") {
            match flag(entry, &mut self.notes) {
                Some(true) => {
                    let fix = format!("to call it from outside the cluster, set `{layer}.expose: {{}}`");
                    self.notes.hint(entry, "is not translated, because it makes the executor public", fix);
                }
                Some(false) => self.take(path, "expose false".to_owned(), "nothing, as without the key".to_owned()),
                None => {}
            }
        }
    }

    /// Keys about pods that have no fields in a layer of pods.
    fn of_pods(&mut self, entries: &[Entry], path: &FieldPath) {
        for entry in entries.iter().filter(|entry| !is_of_flow_alone(entry)) {
            match entry.key.name {
                "monitor.traces.enable" | "monitor.metrics.enable" => self.telemetry(entry, path),
                "expose" => {}
                _ => self.notes.without_fields(entry),
            }
        }
    }

    /// Whether KEDA can read the load of pods.
    fn is_measured(&self, options: &Options) -> bool {
        let monitoring = self.settings.scope.monitoring.as_ref();
        options.flag(Opt::Monitoring) && monitoring.is_some_and(|monitoring| monitoring.prometheus.is_some())
    }

    /// Keys about clients outside the cluster. A JinaFlow decides how they call the gateway, because this makes it public.
    fn entrance(&mut self, entries: &[Entry], path: &FieldPath) {
        let set = |field: &str| self.settings.layers.value(layers::Pods::Gateway, field).cloned();
        let (ingress, http, grpc) = (set("ingress"), set("httpRoute"), set("grpcRoute"));
        let class = set("ingress.className").and_then(|class| class.as_text().map(str::to_owned));
        let is_set = |node: &Option<Node<'_>>| node.as_ref().is_some_and(|node| node.as_map().is_some());
        let empty = || Node::from(crate::yaml::Data::Map(Vec::new()));
        for entry in entries {
            let mut fields = empty();
            match entry.key.name {
                "expose" => match flag(entry, &mut self.notes) {
                    Some(true) if !is_set(&ingress) && !is_set(&http) && !is_set(&grpc) && set_expose(self.settings).is_none() => {
                        let fix =
                            "to call the gateway from outside the cluster, set `expose: {}`, `ingress` or `httpRoute` in `spec.gateway`";
                        self.notes.hint(entry, "is not translated, because it makes the gateway public", fix);
                    }
                    Some(true) => self.take(path, "expose true".to_owned(), "spec.gateway, which is exposed".to_owned()),
                    Some(false) => self.take(path, "expose false".to_owned(), "nothing, as without the key".to_owned()),
                    None => {}
                },
                name @ ("custom_dns" | "custom_dns_http" | "custom_dns_grpc") => {
                    let names = texts(entry, &mut self.notes);
                    if names.is_empty() {
                        continue;
                    }
                    let route = if name == "custom_dns_grpc" { ("grpcRoute", &grpc) } else { ("httpRoute", &http) };
                    let hosts = || {
                        let hosts = names.iter().map(|name| (Node::from(name.clone()), empty()));
                        Node::from(crate::yaml::Data::Map(hosts.collect()))
                    };
                    let mut is_used = false;
                    for (field, below, node) in [("ingress", "hosts", &ingress), (route.0, "hostnames", route.1)] {
                        if is_set(node) {
                            let mut entrance = empty();
                            entrance.set(below, hosts());
                            fields.set(field, entrance);
                            self.take(path, format!("{name} {}", names.join(", ")), format!("spec.gateway.{field}.{below}"));
                            is_used = true;
                        }
                    }
                    if !is_used {
                        let hosts: Vec<String> = names.iter().map(|name| format!("{name}: {{}}")).collect();
                        let fix = format!("set `spec.gateway.ingress: {{hosts: {{{}}}}}`", hosts.join(", "));
                        self.notes.lost(entry, "is not translated, because it makes the gateway public", fix);
                    }
                }
                "ingress" => match block::text(entry, "the class of the ingress", &mut self.notes).map(str::to_owned) {
                    Some(name) if is_set(&ingress) => {
                        let mut entrance = empty();
                        entrance.set("className", name.clone().into());
                        fields.set("ingress", entrance);
                        self.take(path, format!("ingress {name}"), "spec.gateway.ingress.className".to_owned());
                    }
                    Some(name) => {
                        let fix = format!("set `spec.gateway.ingress: {{className: {name}}}`");
                        self.notes.lost(entry, "is not translated, because it makes the gateway public", fix);
                    }
                    None => {}
                },
                "timeout" => {
                    let Some(seconds) = block::number(entry, 1, &mut self.notes) else { continue };
                    if is_set(&ingress) && class.as_deref() == Some("nginx") {
                        let mut annotations = empty();
                        for name in NGINX_TIMEOUTS {
                            annotations.set(name, seconds.to_string().into());
                        }
                        let mut entrance = empty();
                        entrance.set("annotations", annotations);
                        fields.set("ingress", entrance);
                        self.take(path, format!("timeout {seconds}"), "spec.gateway.ingress.annotations".to_owned());
                    } else {
                        let message = "has no counterpart in the Flow, and is not translated";
                        let fix = format!(
                            "set the idle timeout of your ingress or load balancer to {seconds} seconds, for nginx with \
                             `spec.gateway.ingress: {{className: nginx, annotations: {{{}: \"{seconds}\"}}}}`",
                            NGINX_TIMEOUTS[0]
                        );
                        self.notes.lost(entry, message, fix);
                    }
                }
                _ => {}
            }
            if fields.as_map().is_some_and(|pairs| !pairs.is_empty()) {
                add(&mut self.weakest.gateway, fields, path);
            }
        }
    }

    /// Executors with `+serverless://`, which JCloud scaled to zero.
    fn serverless(&mut self, path: &Path<'_>) {
        let list = path.key(self.flow.list);
        for executor in &self.flow.executors {
            let Some(uses) = executor.options.text(Opt::Uses).filter(|uses| uses.contains(SERVERLESS)) else { continue };
            let weakest = self.weakest.executors.get(&executor.name).and_then(|weakest| weakest.worker.as_ref());
            if weakest.is_some_and(|layer| layer.has("autoscale")) || executor.options.flag(Opt::External) {
                continue;
            }
            let layer = FieldPath::from("spec.executors").key(&executor.name);
            let entry = list.index(executor.index);
            let with = path.key("with");
            let place = FieldPath::from(if self.flow.kind == Kind::Flow { entry.key("uses") } else { with.key("uses") });
            let is_called = self.flow.kind == Kind::Flow;
            if self.is_measured(&executor.options) && is_called {
                let pods = Pods { layer: &layer.to_string(), name: &executor.name, is_measured: true, is_called };
                let mut translated = Translated::default();
                translated.autoscale(&[], pods, &mut self.notes);
                if let Some(autoscale) = translated.fields.get_mut("autoscale") {
                    autoscale.set("min", 0.into());
                }
                let weakest = self.weakest.executors.entry(executor.name.clone()).or_insert_with(WeakestExecutor::default);
                add(&mut weakest.worker, translated.fields, &place);
                let message = format!("was scaled to zero by JCloud, and is scaled from 0 to 2 pods: {layer}.autoscale");
                let finding = Code::JcloudTranslated.info(place, message).got(uses).at(executor.mark);
                self.notes.push(finding.fix(format!("set `{layer}.autoscale` to change it")));
            } else {
                let message = "was scaled to zero by JCloud, and runs as an executor with a fixed number of pods";
                let finding = Code::JcloudNotTranslated.info(place, message).got(uses).at(executor.mark);
                self.notes.push(finding.fix(format!("nothing; or, to scale it: {}", jcloud_pods::without_metrics(&layer.to_string(), 2))));
            }
        }
    }
}

/// The annotations of nginx for idle connections, in seconds.
const NGINX_TIMEOUTS: [&str; 3] = [
    "nginx.ingress.kubernetes.io/proxy-read-timeout",
    "nginx.ingress.kubernetes.io/proxy-send-timeout",
    "nginx.ingress.kubernetes.io/grpc-read-timeout",
];

fn set_expose(settings: &Settings) -> Option<&Node<'static>> {
    settings.layers.value(layers::Pods::Gateway, "expose")
}

fn is_of_flow_alone(entry: &Entry) -> bool {
    entry.key.places.flow && !entry.key.places.executor && !entry.key.places.gateway
}

/// The path of a block, as part of the Flow.
fn shown_block(path: &FieldPath) -> String {
    let shown = path.to_string();
    shown.strip_prefix("spec.flow.").map(str::to_owned).unwrap_or(shown)
}

/// Merges fields into a layer. The layer has the path of the first block.
fn add(layer: &mut Option<Layer>, fields: Node<'static>, path: &FieldPath) {
    if fields.as_map().is_none_or(<[_]>::is_empty) {
        return;
    }
    match layer {
        Some(known) => merge_layer(&mut known.fields, fields),
        None => *layer = Some(Layer { path: path.clone(), fields }),
    }
}
