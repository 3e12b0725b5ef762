//! Translates the `jcloud` blocks of a Flow into the weakest settings of its pods. Nothing in a block refuses a Flow: Jina
//! ignores the blocks, and values that cannot be translated are warnings.

use std::collections::HashMap;
use std::rc::Rc;

use super::choices::Jcloud;
use super::corrections::Correction;
use super::images::JINA_VERSION;
use super::jcloud_block::{self as block, Entry, Notes, Part, flag};
use super::jcloud_entrance::Entrance;
use super::jcloud_keys::SERVERLESS;
use super::jcloud_pods::{self, Pods, Translated};
use super::layers::{self, Layers, Weakest};
use super::lists::merge_layer;
use super::settings::Settings;
use super::stack::Layer;
use crate::finding::{Code, FieldPath, Finding, Findings, Mark, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::inherited::Options;
use crate::jina::jcloud::{Block, Place};
use crate::jina::options::Opt;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::versions::Version;
use crate::yaml::Node;

/// The most entries in the list of translated keys.
const MOST_LISTED: usize = 24;

/// Translates the blocks of a Flow, or warns about them if the default of `compat` ignores them. `path` is the path of the Flow.
pub fn apply(flow: &Flow, settings: &mut Settings, path: &Path<'_>, findings: &mut Findings) {
    if settings.jcloud() == Jcloud::Ignore {
        // The user knows the blocks.
        if settings.jcloud.is_some() {
            return;
        }
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
    let notes = Notes::new(!settings.corrections().has(Correction::OwnSelectors));
    let layers = Rc::new(std::mem::take(&mut settings.layers));
    let mut work = Work { flow, layers: Rc::clone(&layers), settings, notes, taken: Vec::new(), weakest: Weakest::default() };
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
    let Work { notes, taken, weakest, layers: of_work, .. } = work;
    drop(of_work);
    settings.layers = Rc::unwrap_or_clone(layers);
    settings.layers.set_weakest(weakest);
    notes.report(findings);
    if let Some(block) = flow.jcloud.first().filter(|_| !taken.is_empty()) {
        findings.push(translated(&taken).on(&block.path).at(block.mark));
    }
}

/// The list of the keys that were translated, with a line for each field.
fn translated(taken: &[Taken]) -> Finding {
    let line = |Taken { block, keys, field }: &Taken| format!("{block}: {} → {field}", keys.join(", ").replace(", (", " ("));
    let mut lines: Vec<String> = taken.iter().take(MOST_LISTED).map(line).collect();
    if taken.len() > MOST_LISTED {
        lines.push(format!("({} more are not shown)", taken.len() - MOST_LISTED));
    }
    lines.push("`jcloud: ignore` ignores the blocks; `jinaflow explain jcloud` lists all keys".to_owned());
    let finding = Code::JcloudTranslated.info("", "is translated as shown below");
    finding.fix("set a field in a JinaFlow to override its value").with_block(lines.join("\n"))
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
    /// The layers of the JinaFlow.
    layers: Rc<Layers>,
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
                "labels" | "expose" => {}
                name if name.starts_with("monitor.") => self.telemetry(entry, entries, path),
                _ => self.notes.without_fields(entry),
            }
        }
    }

    /// `monitor`: nothing is lost if the JinaFlow names the collector.
    fn telemetry(&mut self, entry: &Entry, entries: &[Entry], path: &FieldPath) {
        let (kind, option) = if entry.key.name.starts_with("monitor.traces") { ("traces", "tracing") } else { ("metrics", "metrics") };
        let enable = format!("monitor.{kind}.enable");
        let is_set = self.settings.scope.telemetry.iter().any(|(set, _)| *set == option);
        // The finding about `enable` has the host and the port.
        if entry.key.name != enable && (is_set || block::entry(entries, &enable).is_some()) {
            return;
        }
        if entry.key.name == enable {
            match flag(entry, &mut self.notes) {
                Some(true) if is_set => return self.take(path, enable, "spec.telemetry, which is set".to_owned()),
                Some(true) => {}
                Some(false) => return self.take(path, format!("{enable} false"), "nothing, as without the key".to_owned()),
                None => return,
            }
        }
        let of = |name: &str| block::entry(entries, &format!("monitor.{kind}.{name}")).and_then(|entry| entry.value.as_text());
        let port = of("port").filter(|port| port.parse::<u16>().is_ok()).map(|port| format!(", port: {port}"));
        let (host, port) = (of("host").unwrap_or("COLLECTOR"), port.unwrap_or_default());
        let fix = format!("set the collector: `spec.telemetry: {{{kind}: {{host: {host}{port}}}}}`");
        self.notes.lost(entry, "has no counterpart in the Flow, and is not translated", fix);
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
            self.notes.lost(entry, &message, "set `spec.jinaVersion`, or `--jina-version`");
            return;
        };
        let least = self.flow.least_version();
        if version < least {
            let message = format!("is older than Jina {least}, which the options of the Flow need, and Jina {JINA_VERSION} is used");
            self.notes.lost(entry, &message, "set `spec.jinaVersion`, or `--jina-version`");
            return;
        }
        self.settings.jina_version = Some(text.to_owned());
        self.take(path, format!("version {text}"), "spec.jinaVersion".to_owned());
    }

    fn gateway(&mut self, node: &Node<'static>, path: &FieldPath, mark: Mark) {
        let entries = block::read(node, "", Part::Gateway, path, mark, &mut self.notes);
        let Some(options) = &self.flow.gateway else { return };
        let layer = FieldPath::from("spec.gateway");
        let layers = Rc::clone(&self.layers);
        let sets = |field: &[&str]| layers.sets(layers::Pods::Gateway, field);
        let pods = Pods { layer: "spec.gateway", name: GATEWAY, is_measured: self.is_measured(options), is_called: false, sets: &sets };
        let translated = Translated::of(&entries, node, pods, &mut self.notes);
        self.take_all(path, &layer, translated.taken);
        add(&mut self.weakest.gateway, translated.fields, path);
        self.of_pods(&entries, pods, path);
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
        let layers = Rc::clone(&self.layers);
        let sets = |field: &[&str]| layers.sets(layers::Pods::Worker(&executor.name, None), field);
        let pods = Pods {
            layer: &layer.to_string(),
            name: &executor.name,
            is_measured: self.is_measured(&executor.options),
            is_called: self.flow.kind == Kind::Flow,
            sets: &sets,
        };
        let translated = Translated::of(&entries, node, pods, &mut self.notes);
        self.take_all(path, &layer, translated.taken);
        self.of_pods(&entries, pods, path);
        if part == Part::Deployment {
            let of_flow: Vec<Entry> = entries.iter().filter(|entry| is_of_flow_alone(entry)).cloned().collect();
            self.of_flow(&of_flow, path);
        }
        let weakest = self.weakest.executors.entry(executor.name.clone()).or_default();
        add(&mut weakest.worker, translated.fields, path);
        add(&mut weakest.head, translated.head, path);
        for entry in entries.iter().filter(|entry| entry.key.name == "expose") {
            match flag(entry, &mut self.notes) {
                Some(true) if (pods.sets)(&["expose"]) => {
                    self.take(path, "expose true".to_owned(), format!("{layer}.expose, which is set"));
                }
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
    fn of_pods(&mut self, entries: &[Entry], pods: Pods<'_>, path: &FieldPath) {
        for entry in entries.iter().filter(|entry| !is_of_flow_alone(entry)) {
            match entry.key.name {
                "expose" => {}
                "capacity" | "resources.capacity" | "resources.nodeGroup" if (pods.sets)(&["nodeSelector"]) => {}
                name if name.starts_with("monitor.") => self.telemetry(entry, entries, path),
                _ => self.notes.without_fields(entry),
            }
        }
    }

    /// Whether KEDA can read the load of pods.
    fn is_measured(&self, options: &Options) -> bool {
        let monitoring = self.settings.scope.monitoring.as_ref();
        options.flag(Opt::Monitoring) && monitoring.is_some_and(|monitoring| monitoring.prometheus.is_some())
    }

    /// Keys about clients outside the cluster.
    fn entrance(&mut self, entries: &[Entry], path: &FieldPath) {
        let entrance = Entrance::of(&self.layers);
        for entry in entries {
            for taken in entrance.translate(entry, &mut self.notes) {
                add(&mut self.weakest.gateway, taken.fields, path);
                self.take(path, taken.key, taken.field);
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
            let is_set = |field: &[&str]| self.layers.sets(layers::Pods::Worker(&executor.name, None), field);
            if is_set(&["autoscale"]) || is_set(&["replicas"]) {
                continue;
            }
            let layer = FieldPath::from("spec.executors").key(&executor.name);
            let entry = list.index(executor.index);
            let with = path.key("with");
            let place = FieldPath::from(if self.flow.kind == Kind::Flow { entry.key("uses") } else { with.key("uses") });
            let is_called = self.flow.kind == Kind::Flow;
            if self.is_measured(&executor.options) && is_called {
                let pods = Pods { layer: &layer.to_string(), name: &executor.name, is_measured: true, is_called, sets: &|_| false };
                let mut translated = Translated::default();
                translated.autoscale(&[], pods, &mut self.notes);
                if let Some(autoscale) = translated.fields.get_mut("autoscale") {
                    autoscale.set("min", 0.into());
                }
                let weakest = self.weakest.executors.entry(executor.name.clone()).or_default();
                add(&mut weakest.worker, translated.fields, &place);
                let message = format!("was scaled to zero by JCloud, and is scaled from 0 to 2 pods: {layer}.autoscale");
                let finding = Code::JcloudTranslated.info(place, message).got(uses).at(executor.mark);
                self.notes.push(finding.fix(format!("set `{layer}.autoscale` to change it")));
            } else {
                let message = "was scaled to zero by JCloud, and runs as an executor with a fixed number of pods";
                let finding = Code::JcloudNotTranslated.info(place, message).got(uses).at(executor.mark);
                self.notes.push(finding.fix(format!("to scale it, {}", jcloud_pods::without_metrics(&layer.to_string(), 2))));
            }
        }
    }
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
        None => *layer = Some(Layer { path: path.clone(), fields, is_weakest: true }),
    }
}
