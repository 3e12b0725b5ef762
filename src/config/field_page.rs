//! The description of single fields of a `JinaFlow`, which `jinaflow explain NAME` and `jinaflow fields NAME` print.

use super::audience::Level;
use super::field::{Field, FieldDefault, Shape};
use super::fields::{LAYER, METADATA, SPEC};
use super::kubernetes::Kubernetes;
use super::manual;
use crate::yaml::{self, Data, Node};

/// The table in which a field is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Table {
    Metadata,
    Spec,
    Layer,
}

/// A field with its place.
#[derive(Debug)]
pub struct Entry {
    table: Table,
    /// The fields from the table to the field.
    steps: Vec<&'static Field>,
}

/// The names of fields, for "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    entries().into_iter().filter_map(|entry| Some(entry.steps.last()?.name))
}

/// The fields with a name, or with a path such as `spec.executors.encoder.storage.size` or `storage.size`.
pub fn find(name: &str) -> Vec<Entry> {
    let steps: Vec<&str> = name.split('.').filter(|step| !step.is_empty()).collect();
    let steps = steps.strip_prefix(&["spec"]).filter(|rest| !rest.is_empty()).unwrap_or(&steps);
    let resolved = match steps {
        [] => return Vec::new(),
        ["metadata", below @ ..] if !below.is_empty() => resolve(Table::Metadata, METADATA, below),
        [_] if !name.contains('.') => None,
        _ => resolve(Table::Spec, SPEC, steps).or_else(|| resolve(Table::Layer, LAYER, steps)),
    };
    if let Some(entry) = resolved {
        return vec![entry];
    }
    let ends =
        |entry: &Entry| entry.steps.len() >= steps.len() && entry.steps.iter().rev().zip(steps.iter().rev()).all(|(a, b)| a.name == *b);
    entries().into_iter().filter(ends).collect()
}

/// The field at a path. Names that the user chooses are skipped.
fn resolve(table: Table, fields: &'static [Field], path: &[&str]) -> Option<Entry> {
    let mut entry = Entry { table, steps: Vec::new() };
    let mut fields = Some(fields);
    let mut path = path.iter();
    while let Some(step) = path.next() {
        let field = fields?.iter().find(|field| field.name == *step)?;
        entry.steps.push(field);
        fields = match &field.shape {
            Shape::Fields(below) => Some(below),
            Shape::Map(below) => {
                path.next();
                Some(below)
            }
            // The fields of a layer have one description for all levels.
            Shape::Layer(_) | Shape::Layers(_) => {
                let mut rest = path.as_slice();
                if matches!(field.shape, Shape::Layers(_)) {
                    rest = rest.get(1..).unwrap_or_default();
                }
                return if rest.is_empty() { Some(entry) } else { resolve(Table::Layer, LAYER, rest) };
            }
            _ => None,
        };
    }
    Some(entry)
}

/// All fields.
fn entries() -> Vec<Entry> {
    fn add(table: Table, fields: &'static [Field], above: &[&'static Field], out: &mut Vec<Entry>) {
        for field in fields {
            let steps = [above, &[field]].concat();
            match &field.shape {
                Shape::Fields(below) | Shape::Map(below) => {
                    out.push(Entry { table, steps: steps.clone() });
                    add(table, below, &steps, out);
                }
                _ => out.push(Entry { table, steps }),
            }
        }
    }
    let mut out = Vec::new();
    for (table, fields) in [(Table::Metadata, METADATA), (Table::Spec, SPEC), (Table::Layer, LAYER)] {
        add(table, fields, &[], &mut out);
    }
    out
}

impl Entry {
    /// The path below its table, with the placeholder NAME.
    pub fn path(&self) -> String {
        let mut path = match self.table {
            Table::Metadata => "metadata".to_owned(),
            Table::Spec => "spec".to_owned(),
            Table::Layer => String::new(),
        };
        for (place, field) in self.steps.iter().enumerate() {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(field.name);
            if matches!(field.shape, Shape::Map(_)) && place + 1 < self.steps.len() {
                path.push_str(".NAME");
            }
        }
        path
    }

    /// The anchor on the page of all fields: the path below its table. The second field with a path there has a number.
    pub fn anchor(&self) -> String {
        let is_taken = entries().iter().any(|entry| entry.table < self.table && entry.path_below() == self.path_below());
        if is_taken { format!("{}-2", self.path_below()) } else { self.path_below() }
    }

    /// The path below its table.
    fn path_below(&self) -> String {
        let path = self.path();
        match self.table {
            Table::Metadata | Table::Spec => path.split_once('.').map(|(_, below)| below.to_owned()).unwrap_or(path),
            Table::Layer => path,
        }
    }

    /// The description as in fields.md: the field and the fields below it.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        if let Some(field) = self.steps.last() {
            manual::line(field, &self.path(), &mut out);
        }
        out
    }

    /// Whether the field is directly below `metadata`, `spec` or a layer.
    pub fn is_at_the_top(&self) -> bool {
        self.steps.len() == 1
    }

    /// The effect of the field, as a sentence.
    pub fn doc(&self) -> &'static str {
        self.steps.last().map_or("", |field| field.doc)
    }

    /// The properties of the field, each with its label.
    pub fn properties(&self) -> Vec<(&'static str, String)> {
        let Some(field) = self.steps.last() else { return Vec::new() };
        let below = match &field.shape {
            Shape::Fields(below) | Shape::Map(below) => Some(below.iter().map(|field| field.name).collect::<Vec<_>>().join(", ")),
            _ => None,
        };
        let properties = [
            ("value", manual::kind(&field.shape)),
            ("default", field.default.text().map(str::to_owned)),
            ("needs", field.since.map(|version| format!("kubernetesVersion {version} or later"))),
            ("where", Some(self.places())),
            ("flag", field.caller.map(|caller| format!("--{}", caller.flag))),
            ("fields", below),
        ];
        properties.into_iter().filter_map(|(label, text)| Some((label, text?))).collect()
    }

    /// A JinaFlow, without its other fields, that sets the field.
    pub fn example(&self) -> String {
        let mut text = String::new();
        yaml::write(&self.example_node(), &mut text);
        text
    }

    /// The fields without which the field is an error or has no effect.
    fn companions(&self) -> impl Iterator<Item = Node<'static>> {
        let names: Vec<&str> = self.steps.iter().map(|field| field.name).collect();
        let path = names.join(".");
        let is_within = move |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let needed = COMPANIONS.iter().filter(move |(field, _)| is_within(field));
        needed.filter_map(|(_, text)| yaml::read(text).ok()?.root)
    }

    /// The places where the field is allowed.
    fn places(&self) -> String {
        match (self.table, self.steps.first()) {
            (Table::Layer, Some(first)) => {
                let levels: Vec<&str> = Level::ALL.into_iter().filter(|level| first.audience.has(*level)).map(Level::pattern).collect();
                if levels.len() == Level::ALL.len() {
                    "every layer: defaults, roles.ROLE, gateway, executors.NAME, its head and its shards".to_owned()
                } else {
                    format!("below spec: {}", levels.join(", "))
                }
            }
            (Table::Metadata, _) => "metadata".to_owned(),
            _ => "spec, for the Flow as a whole".to_owned(),
        }
    }

    fn example_node(&self) -> Node<'static> {
        let mut value = match self.steps.as_slice() {
            // A patch needs an object that is there.
            [.., target, name] if (target.name, name.name) == ("target", "name") => "encoder".into(),
            // A Flow calls its executors with gRPC only.
            [expose, protocol] if (expose.name, protocol.name) == ("expose", "protocol") => Node::plain("grpc"),
            [.., field] => example(field),
            [] => "".into(),
        };
        let mut above = self.steps.as_slice();
        while let [rest @ .., field] = above {
            value = node(field.name, value);
            if let Some(map) = rest.last().filter(|field| matches!(field.shape, Shape::Map(_))) {
                value = node("example", completed(map.name, value));
            }
            above = rest;
        }
        let mut example = match (self.table, self.steps.first()) {
            (Table::Metadata, _) => node("metadata", value),
            (Table::Layer, Some(first)) if !first.audience.has(Level::Executor) => node("spec", node("gateway", value)),
            (Table::Layer, _) => node("spec", node("executors", node("encoder", value))),
            (Table::Spec, _) => node("spec", value),
        };
        for needed in self.companions() {
            add_missing(&mut example, needed);
        }
        let version = self.steps.iter().filter_map(|field| field.since).max().map(|since| since.max(Kubernetes::SUPPORTED.0));
        if let (Some(version), Some(spec)) = (version, example.get_mut("spec")) {
            spec.set("kubernetesVersion", version.to_string().into());
        }
        example
    }
}

/// Fields that need others, with a JinaFlow that sets those.
const COMPANIONS: [(&str, &str); 16] = [
    ("ingress.protocol", HTTP),
    ("httpRoute", HTTP),
    ("telemetry.traces", "spec: {telemetry: {traces: {host: collector.observability}}}"),
    ("telemetry.metrics", "spec: {telemetry: {metrics: {host: collector.observability}}}"),
    ("networkPolicy.allowFrom", "spec: {defaults: {flow: {monitoring: true}}}"),
    ("namespace", "metadata: {namespace: search}"),
    ("autoscale", "spec: {executors: {encoder: {autoscale: {max: 5}}}}"),
    ("autoscale.cpu", "spec: {executors: {encoder: {resources: {requests: {cpu: 1}}}}}"),
    ("autoscale.memory", "spec: {executors: {encoder: {resources: {requests: {memory: 2Gi}}}}}"),
    ("autoscale.requestsPerSecond", METRICS),
    ("autoscale.concurrency", METRICS),
    ("autoscale.keda", "spec: {executors: {encoder: {autoscale: {keda: {triggers: {example: {type: cpu, metadata: {value: '70'}}}}}}}}"),
    ("envFromSecret", "spec: {executors: {encoder: {envFromSecret: {example: {name: credentials, key: token}}}}}"),
    ("tolerations.seconds", "spec: {executors: {encoder: {tolerations: {example: {effect: NoExecute}}}}}"),
    ("httpRoute", "spec: {gateway: {httpRoute: {gateways: {example: {}}}}}"),
    ("grpcRoute", "spec: {gateway: {grpcRoute: {gateways: {example: {}}}}}"),
];

const HTTP: &str = "spec: {gateway: {flow: {protocol: HTTP}}}";

/// Metrics of Jina, and the Prometheus that has them.
const METRICS: &str = "spec: {defaults: {flow: {monitoring: true}}, monitoring: {prometheus: 'http://prometheus.monitoring:9090'}}";

/// Adds the fields of a node that another one does not have.
fn add_missing(to: &mut Node<'static>, from: Node<'static>) {
    let Data::Map(pairs) = from.data else { return };
    for (key, value) in pairs {
        let Some(name) = key.as_text().map(str::to_owned) else { continue };
        match to.get_mut(&name) {
            Some(known) => add_missing(known, value),
            None => {
                if let Data::Map(fields) = &mut to.data {
                    fields.push((key, value));
                }
            }
        }
    }
}

fn node(name: &'static str, value: Node<'static>) -> Node<'static> {
    Data::Map(vec![(name.into(), value)]).into()
}

/// A value of a field that differs from its default.
fn example(field: &Field) -> Node<'static> {
    let other = |values: &[&'static str]| values.iter().rev().find(|value| FieldDefault::Value(value) != field.default).copied();
    match &field.shape {
        Shape::Text | Shape::Word(_) => text(field).into(),
        Shape::Quantity => Node::plain("50Gi"),
        Shape::Int(..) if field.name == "nodePort" => Node::plain("30080"),
        Shape::Int(least, _) => Node::plain(2.max(*least).to_string()),
        Shape::Flag => Node::plain(if field.default == FieldDefault::Value("true") { "false" } else { "true" }),
        Shape::Choice(values) if values.contains(&"http") => Node::plain("http"),
        Shape::Choice(values) => Node::plain(other(values).or(values.first().copied()).unwrap_or_default()),
        Shape::JinaVersion => Node::plain("3.30.0"),
        Shape::ImagePattern => "registry.example.com/{name}:{tag}".into(),
        Shape::Share(_) => Node::plain("25%"),
        Shape::Quantities => node("memory", Node::plain("2Gi")),
        Shape::Texts | Shape::Labels => node("example.com/team", "search".into()),
        Shape::Strings(_) if field.name == "images" => node("docker://acme/encoder:1.0", "registry.example.com/encoder:1.0".into()),
        Shape::Strings(_) | Shape::Variables => node("LOG_LEVEL", "info".into()),
        Shape::Set if field.name == "accessModes" => node("ReadWriteOnce", Data::Map(Vec::new()).into()),
        Shape::Set => node("example", Data::Map(Vec::new()).into()),
        Shape::Fragment | Shape::Part => part(field),
        Shape::Operations => {
            let operation = [("op", "add"), ("path", "/metadata/labels/team"), ("value", "search")];
            let operation: Node<'_> = Data::Map(operation.map(|(name, value)| (name.into(), value.into())).into()).into();
            vec![operation].into()
        }
        Shape::Flow => "jtype: Flow\nexecutors:\n- name: encoder\n  uses: docker://acme/encoder:1.0\n".into(),
        Shape::Fields(below) => below.first().map_or_else(|| Data::Map(Vec::new()).into(), |first| node(first.name, example(first))),
        Shape::Map(below) => {
            let first = below.first().map(|first| node(first.name, example(first)));
            node("example", completed(field.name, first.unwrap_or_else(|| Data::Map(Vec::new()).into())))
        }
        Shape::Layer(_) => node("drainSeconds", Node::plain("60")),
        Shape::Layers(Level::Shard) => node("0", node("drainSeconds", Node::plain("60"))),
        Shape::Layers(_) => node("encoder", node("drainSeconds", Node::plain("60"))),
    }
}

/// An entry of a mapping with the field without which the entry has no effect.
fn completed(map: &str, mut entry: Node<'static>) -> Node<'static> {
    let has = |names: &[&str]| names.iter().any(|name| entry.get(name).is_some());
    if map == "models" && !has(&["image"]) {
        entry.set("image", "registry.example.com/clip:1.0".into());
    } else if matches!(map, "configMaps" | "secrets") && !has(&["env", "mountPath"]) {
        entry.set("env", Node::plain("true"));
    } else if map == "patches" && !has(&["json", "jsonMergePatch", "merge"]) {
        entry.set("merge", node("metadata", node("labels", node("team", "search".into()))));
    }
    entry
}

/// A part of a Kubernetes object, or options of the Flow.
fn part(field: &Field) -> Node<'static> {
    match field.name {
        "flow" => node("timeout_ready", Node::plain("600000")),
        "podTemplate" => node("spec", node("schedulerName", "volcano".into())),
        "affinity" => node("nodeAffinity", Data::Map(Vec::new()).into()),
        _ => node("metadata", node("labels", node("team", "search".into()))),
    }
}

/// A string that the field accepts.
fn text(field: &Field) -> &'static str {
    match field.name {
        "kubernetesVersion" => "1.36",
        "image" => "registry.example.com/encoder:1.0",
        "interval" => "30s",
        "cidr" => "10.0.0.0/8",
        "mountPath" => "/data",
        "host" => "collector.observability",
        "path" => "/search",
        "kind" => "Deployment",
        "executor" => "encoder",
        "component" => "gateway",
        "configFile" => "config.yaml",
        _ => "example",
    }
}
