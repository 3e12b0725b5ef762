//! The right form of a field whose value has the wrong form: `storage: {size: 50Gi}` for `storage: 50Gi`.

use super::field::{Field, FieldDefault, Shape};
use super::fields::find;
use super::quantity;
use crate::finding::shows_a_secret;
use crate::yaml::{Data, Node, read, within_flow};

/// The longest form with the user's own value. Longer values are replaced by an example.
const LONGEST: usize = 100;

/// The most entries of a list that is shown as a mapping.
const MOST_ENTRIES: usize = 6;

/// The test whether a value has the form of a field.
pub type Test = fn(&Node<'_>, &'static Field) -> bool;

/// The line to write for a field, with the wrong value in the right form if possible, and otherwise with an example.
pub fn line(field: &'static Field, wrong: &Node<'_>, is_valid: Test) -> String {
    written(field.name, &value(field, wrong, is_valid))
}

/// The value to write for a field: the wrong value in the right form if possible, and otherwise an example.
pub fn value(field: &'static Field, wrong: &Node<'_>, is_valid: Test) -> String {
    let own = converted(field, wrong, is_valid).filter(|node| is_valid(node, field)).and_then(|node| shown(&node));
    own.unwrap_or_else(|| example(field, is_valid))
}

/// The line to write for an entry of a field that maps names to mappings with these fields.
pub fn line_of_entry(name: &str, field: Option<&'static Field>, fields: &'static [Field], wrong: &Node<'_>, is_valid: Test) -> String {
    let valid = |node: &Node<'_>| {
        node.as_map().is_some_and(|pairs| {
            pairs.iter().all(|(key, value)| key.as_text().and_then(|key| find(fields, key)).is_some_and(|field| is_valid(value, field)))
        })
    };
    let own = converted_fields(fields, wrong, is_valid).filter(valid).and_then(|node| shown(&node));
    let of_example = || {
        let example = example(field?, is_valid);
        let document = read(&example).ok()?;
        let (_, entry) = document.root.as_ref()?.as_map()?.first()?;
        let mut text = String::new();
        within_flow(entry, &mut text);
        entry.as_map().map(|_| text)
    };
    written(name, &own.or_else(of_example).unwrap_or_else(|| "{}".to_owned()))
}

/// The line to write for an entry whose value is one scalar.
pub fn line_of_text(name: &str) -> String {
    written(name, "value")
}

fn written(name: &str, value: &str) -> String {
    let mut key = String::new();
    within_flow(&Node::plain(name), &mut key);
    format!("write `{key}: {value}`")
}

/// The text of a value, unless it is long or may be secret.
fn shown(node: &Node<'_>) -> Option<String> {
    let mut text = String::new();
    within_flow(node, &mut text);
    (text.chars().count() <= LONGEST && !text.contains(['\n', '`']) && !shows_a_secret(&text)).then_some(text)
}

/// The example of a field: from [`EXAMPLES`], its default, or the smallest value of its shape.
fn example(field: &'static Field, is_valid: Test) -> String {
    let fits = |text: &&str| read(text).ok().and_then(|document| document.root).is_some_and(|node| is_valid(&node, field));
    let listed = EXAMPLES.iter().filter(|(name, _)| *name == field.name).map(|(_, text)| *text).find(fits);
    if let Some(text) = listed {
        return text.to_owned();
    }
    if let FieldDefault::Value(text) = field.default {
        return text.to_owned();
    }
    match &field.shape {
        Shape::Text | Shape::Word(_) | Shape::JinaVersion | Shape::ImagePattern => "search".to_owned(),
        Shape::Int(least, _) => (*least).max(1).to_string(),
        Shape::Flag => "true".to_owned(),
        Shape::Choice(values) => values.first().copied().unwrap_or_default().to_owned(),
        Shape::Share(_) => "1".to_owned(),
        Shape::Quantity => "10Gi".to_owned(),
        Shape::Texts | Shape::Strings(_) | Shape::Labels | Shape::Variables => "{name: value}".to_owned(),
        Shape::Set | Shape::Map(_) | Shape::Layers(_) => "{name: {}}".to_owned(),
        Shape::Operations => "[]".to_owned(),
        Shape::Quantities | Shape::Fragment | Shape::Part | Shape::Flow | Shape::Layer(_) | Shape::Fields(_) => "{}".to_owned(),
    }
}

/// The wrong value in the right form; `None` if that is not possible.
fn converted(field: &'static Field, wrong: &Node<'_>, is_valid: Test) -> Option<Node<'static>> {
    let owned = || wrong.clone().into_owned();
    match &field.shape {
        Shape::Fields(fields) => converted_fields(fields, wrong, is_valid),
        Shape::Layer(_) => wrong.as_text().is_some().then(|| mapping([("replicas", owned())])),
        // A Secret or ConfigMap must be used for something.
        Shape::Map(_) if matches!(field.name, "secrets" | "configMaps") => entries(wrong, &mapping([("env", Node::plain("true"))])),
        Shape::Map(_) | Shape::Layers(_) | Shape::Set => entries(wrong, &Data::Map(Vec::new()).into()),
        Shape::Texts | Shape::Strings(_) | Shape::Labels | Shape::Variables => strings(wrong),
        Shape::Operations if wrong.as_map().is_some() => Some(vec![owned()].into()),
        Shape::Flag => match wrong.as_text()?.to_ascii_lowercase().as_str() {
            "yes" | "on" | "1" | "y" => Some(Node::plain("true")),
            "no" | "off" | "0" | "n" => Some(Node::plain("false")),
            _ => None,
        },
        _ => match wrong.as_list()? {
            [only] => Some(only.clone().into_owned()),
            _ => None,
        },
    }
}

/// A scalar as the value of one of the fields.
fn converted_fields(fields: &'static [Field], wrong: &Node<'_>, is_valid: Test) -> Option<Node<'static>> {
    let text = wrong.as_text()?;
    let value = || wrong.clone().into_owned();
    let accepts = |field: &&'static Field| match &field.shape {
        Shape::Text | Shape::Word(_) => TEXTS.contains(&field.name) && text.parse::<f64>().is_err() && is_valid(wrong, field),
        Shape::Flag | Shape::Int(..) | Shape::Choice(_) | Shape::Share(_) | Shape::Quantity => is_valid(wrong, field),
        _ => false,
    };
    if text.contains('.') && text.parse::<f64>().is_err() && find(fields, "hosts").is_some() {
        return Some(mapping([("hosts", mapping([(text, Data::Map(Vec::new()).into())]))]));
    }
    if let Some(field) = fields.iter().find(|field| matches!(field.shape, Shape::Quantities) && quantity::parse(text).is_some()) {
        let of_memory = text.ends_with(['i', 'G', 'M']);
        return Some(mapping([(field.name, mapping([(if of_memory { "memory" } else { "cpu" }, value())]))]));
    }
    let first =
        fields.iter().filter(|field| ["max", "replicas"].contains(&field.name)).find(accepts).or_else(|| fields.iter().find(accepts))?;
    Some(mapping([(first.name, value())]))
}

/// A list of names, or of mappings with names, as a mapping. A single name counts as a list. `of_name` is the value
/// of a name alone.
fn entries(wrong: &Node<'_>, of_name: &Node<'static>) -> Option<Node<'static>> {
    let list = list_of(wrong)?;
    let pairs = list.iter().map(|entry| {
        if let Some(name) = entry.as_text() {
            let is_name = name.parse::<f64>().is_err() && !matches!(name, "" | "true" | "false");
            return is_name.then(|| (word(name), of_name.clone()));
        }
        let pairs = entry.as_map()?;
        let name = KEYS.iter().find_map(|key| entry.get(key).and_then(Node::as_text).map(|name| (*key, name)))?;
        let rest = pairs.iter().filter(|(key, _)| key.as_text() != Some(name.0)).map(|(key, value)| {
            let key = if key.as_text() == Some("tolerationSeconds") { Node::field("seconds") } else { key.clone().into_owned() };
            (key, value.clone().into_owned())
        });
        Some((word(name.1), Data::Map(rest.collect()).into()))
    });
    Some(Data::Map(pairs.collect::<Option<_>>()?).into())
}

/// A list of `{name: …, value: …}` or `NAME=value` as a mapping.
fn strings(wrong: &Node<'_>) -> Option<Node<'static>> {
    let pairs = list_of(wrong)?.iter().map(|entry| {
        if let Some(text) = entry.as_text() {
            let (name, value) = text.split_once('=')?;
            return Some((word(name.trim()), word(value.trim())));
        }
        let name = entry.get("name").or_else(|| entry.get("key"));
        match (name, entry.get("value"), entry.as_map()?) {
            (Some(name), Some(value), _) | (_, _, [(name, value)]) => Some((name.clone().into_owned(), value.clone().into_owned())),
            _ => None,
        }
    });
    Some(Data::Map(pairs.collect::<Option<_>>()?).into())
}

/// The entries of a short list, or the scalar itself.
fn list_of<'n, 't>(node: &'n Node<'t>) -> Option<&'n [Node<'t>]> {
    let list = match &node.data {
        Data::Scalar(_) => std::slice::from_ref(node),
        Data::List(list) => list,
        Data::Map(_) => return None,
    };
    (1..=MOST_ENTRIES).contains(&list.len()).then_some(list)
}

fn mapping<const COUNT: usize>(pairs: [(&str, Node<'static>); COUNT]) -> Node<'static> {
    Data::Map(pairs.into_iter().map(|(name, value)| (word(name), value)).collect()).into()
}

/// A string, without quotes if no reader of YAML takes it for another type.
fn word(text: &str) -> Node<'static> {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
        && !matches!(&*text.to_ascii_lowercase(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null");
    if is_word { Node::plain(text.to_owned()) } else { text.to_owned().into() }
}

/// The fields of Kubernetes with the names of entries in lists.
const KEYS: [&str; 7] = ["name", "key", "host", "hostname", "topologyKey", "secretName", "type"];

/// The fields that take a single word in place of their mapping.
const TEXTS: [&str; 4] = ["host", "path", "kind", "namespace"];

/// Examples of fields, by the names of the fields. The first one that has the form of the field is used.
#[rustfmt::skip]
static EXAMPLES: &[(&str, &str)] = &[
    ("accessModes", "{ReadWriteOnce: {}}"),
    ("affinity", "{nodeAffinity: {}}"),
    ("allowFrom", "{ingress-nginx: {}}"),
    ("allowTo", "{data: {port: 5432}}"),
    ("annotations", "{example.com/owner: search}"),
    ("authentication", "prometheus"),
    ("autoscale", "{min: 2, max: 5, cpu: 80}"),
    ("behavior", "{scaleDown: {stabilizationWindowSeconds: 60}}"),
    ("cidr", "10.0.0.0/8"),
    ("className", "fast"),
    ("configMaps", "{settings: {env: true}}"),
    ("context", "{TAG: v1}"),
    ("defaults", "{drainSeconds: 60}"),
    ("egress", "{enabled: true}"),
    ("env", "{LOG_LEVEL: debug}"),
    ("envFromSecret", "{HF_TOKEN: {name: huggingface, key: token}}"),
    ("executor", "encoder"),
    ("executors", "{encoder: {drainSeconds: 60}}"),
    ("expose", "{type: LoadBalancer}"),
    ("external", "{secrets: {hub: {}}}"),
    ("flow", "{timeout_ready: 60000}"),
    ("gateway", "{drainSeconds: 60}"),
    ("gateways", "{web: {}}"),
    ("grpcRoute", "{gateways: {web: {}}}"),
    ("head", "{drainSeconds: 60}"),
    ("host", "collector.observability"),
    ("hostnames", "{search.example.com: {}}"),
    ("hosts", "{search.example.com: {}}"),
    ("httpRoute", "{gateways: {web: {}}}"),
    ("imagePattern", "registry.example.com/{owner}/{name}:{tag}"),
    ("imagePullSecrets", "{registry: {}}"),
    ("images", "{gateway: acme/jina:3.34.0}"),
    ("ingress", "{hosts: {search.example.com: {}}}"),
    ("interval", "30s"),
    ("json", "[{op: add, path: /spec/minReadySeconds, value: 5}]"),
    ("jsonMergePatch", "{spec: {minReadySeconds: 5}}"),
    ("keda", "{triggers: {load: {type: prometheus, metadata: {query: up}}}}"),
    ("key", "token"),
    ("kind", "Deployment"),
    ("kubernetesVersion", "\"1.36\""),
    ("labels", "{team: search}"),
    ("limits", "{memory: 2Gi}"),
    ("merge", "{spec: {minReadySeconds: 5}}"),
    ("metadata", "{query: up}"),
    ("models", "{clip: {image: registry.example.com/clip:1}}"),
    ("metrics", "{host: collector.observability}"),
    ("minAvailable", "1"),
    ("monitoring", "{kind: ServiceMonitor}"),
    ("mountPath", "/data"),
    ("namespace", "{create: true}"),
    ("networkPolicy", "{enabled: true}"),
    ("nodePort", "30080"),
    ("nodeSelector", "{disk: ssd}"),
    ("output", "{onConflict: keep}"),
    ("patches", "{rollout: {target: {kind: Deployment}, merge: {spec: {minReadySeconds: 5}}}}"),
    ("pdb", "{maxUnavailable: 1}"),
    ("podTemplate", "{spec: {schedulerName: volcano}}"),
    ("replicas", "2"),
    ("requests", "{cpu: 500m, memory: 1Gi}"),
    ("resources", "{requests: {cpu: 500m, memory: 1Gi}}"),
    ("roles", "{worker: {drainSeconds: 60}}"),
    ("rollingUpdate", "{maxSurge: 0, maxUnavailable: 1}"),
    ("secrets", "{huggingface: {env: true}}"),
    ("secrets", "{hub: {}}"),
    ("shards", "{\"0\": {drainSeconds: 60}}"),
    ("storage", "{size: 50Gi}"),
    ("target", "{kind: Deployment}"),
    ("telemetry", "{traces: {host: collector.observability}}"),
    ("tolerations", "{nvidia.com/gpu: {}}"),
    ("topologySpread", "{topology.kubernetes.io/zone: {}}"),
    ("traces", "{host: collector.observability}"),
    ("triggers", "{load: {type: prometheus, metadata: {query: up}}}"),
    ("type", "prometheus"),
    ("worker", "{drainSeconds: 60}"),
];
