//! The JSON Schema of a `JinaFlow` for editors, from the tables of options and of fields (draft 7, which
//! yaml-language-server reads). [`super::openapi`] converts the schema to OpenAPI v3.
//!
//! The schema is not stricter than reading without warnings: a value may be a variable that is replaced later, and Jina accepts
//! many values in several forms. Keys that have no effect are not in the schema. Editors get names, descriptions, defaults and
//! allowed values from the schema.

use super::api::{API_VERSION, KIND};
use super::audience::Level;
use super::field::{Field, Shape};
use super::fields::{LAYER, SPEC};
use super::formats::Format;
use super::json_schema::{boolean, mapping, null, object, of_type, of_types, reference, strings, text as json, with};
use super::patch_schema;
use crate::jina::former::FORMER;
use crate::jina::jcloud::JCLOUD;
use crate::jina::options::{DefaultValue, Row, TABLE, ValueKind};
use crate::jina::section::Section;
use crate::yaml::{Data, Node};

type Schema = Node<'static>;

/// The schema of a JinaFlow as text.
pub fn text() -> String {
    published(schema(), "schema.json")
}

/// The schema of a patch of a JinaFlow in an overlay as text.
pub fn text_of_patch() -> String {
    published(patch_schema::of(&schema()), "patch.schema.json")
}

/// The schema of a Jina YAML file as text.
pub fn text_of_flow() -> String {
    let names = ["flow", "with", "gateway", "executor"].map(Some);
    let mut definitions = definitions();
    // A file may have the tag `!Flow` instead of `jtype`.
    if let Some(Data::Map(keywords)) = definitions.get_mut("flow").map(|flow| &mut flow.data) {
        keywords.retain(|(name, _)| name.as_text() != Some("required"));
    }
    let parts = definitions.as_map().unwrap_or_default().iter().filter(|(name, _)| names.contains(&name.as_text()));
    let schema = object([
        ("$schema", DRAFT.into()),
        ("title", "Jina Flow".into()),
        ("description", "A Flow or Deployment of Jina.".into()),
        ("allOf", vec![reference("flow")].into()),
        ("definitions", mapping(parts.cloned())),
    ]);
    published(schema, "flow.schema.json")
}

/// The text of a schema, with its address in the repository of this version.
pub fn published(schema: Schema, file: &str) -> String {
    const RAW: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/v", env!("CARGO_PKG_VERSION"), "/functions/jinaflow/");
    json(&with(object([("$id", format!("{RAW}{file}").into())]), schema))
}

/// The dialect of JSON Schema that editors know best.
pub const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of a JinaFlow.
pub fn schema() -> Schema {
    let spec = object([
        ("description", "The Flow, and how it runs on Kubernetes.".into()),
        ("type", "object".into()),
        ("required", strings(["flow"])),
        ("additionalProperties", boolean(false)),
        ("properties", properties(SPEC.iter())),
    ]);
    object([
        ("$schema", DRAFT.into()),
        ("title", KIND.into()),
        ("description", "A Jina Flow or Deployment that becomes Kubernetes manifests.".into()),
        ("type", "object".into()),
        ("required", strings(["apiVersion", "kind", "metadata", "spec"])),
        ("additionalProperties", boolean(false)),
        (
            "properties",
            object([
                ("apiVersion", object([("const", API_VERSION.into())])),
                ("kind", object([("const", KIND.into())])),
                ("metadata", with(of_type("object"), object([("required", strings(["name"]))]))),
                ("spec", spec),
                ("status", of_type("object")),
            ]),
        ),
        ("definitions", definitions()),
    ])
}

fn definitions() -> Schema {
    let layer = |level: Level| closed(LAYER.iter().filter(move |field| field.audience.has(level)));
    object([
        ("defaults", layer(Level::Defaults)),
        ("gateways", layer(Level::Gateway)),
        ("heads", layer(Level::Head)),
        ("workers", layer(Level::Shard)),
        ("executors", layer(Level::Executor)),
        ("strings", values(of_types(&["string", "number", "boolean"]))),
        ("flow", flow()),
        ("with", section(Section::With, object([]))),
        ("gateway", section(Section::Gateway, object([("image", image())]))),
        ("executor", executor()),
    ])
}

/// The name of a level's definition. A role shares the definition with the components that the role applies to.
fn definition(level: Level) -> &'static str {
    match level {
        Level::Defaults => "defaults",
        Level::GatewayRole | Level::Gateway => "gateways",
        Level::HeadRole | Level::Head => "heads",
        Level::WorkerRole | Level::Shard => "workers",
        Level::Executor => "executors",
    }
}

fn described(description: &'static str, schema: Schema) -> Schema {
    with(object([("description", description.into())]), schema)
}

fn any_of(schemas: Vec<Schema>) -> Schema {
    object([("anyOf", schemas.into())])
}

fn flow() -> Schema {
    let list = || with(of_types(&["array", "null"]), object([("items", reference("executor"))]));
    let with_options = any_of(vec![reference("with"), reference("executor"), of_type("null")]);
    let fields = object([
        ("jtype", object([("enum", strings(["Flow", "Deployment"]))])),
        ("version", described("The version of the Flow language: 1.", object([]))),
        ("with", described("Options of the Flow or of the Deployment.", with_options)),
        ("gateway", described("Options of the gateway.", any_of(vec![reference("gateway"), of_type("null")]))),
        ("executors", described("The executors.", list())),
        ("deployments", described("Another name of `executors`.", list())),
    ]);
    let fields = with(fields, object([(JCLOUD, jcloud())]));
    // Keys that begin with `x-` have parts that other keys refer to. `pods` is the name of `executors` in Jina 1. A Deployment can
    // have its options beside `with`.
    let keys = |map: &Schema| map.as_map().unwrap_or_default().iter().filter_map(|(name, _)| name.as_text()).collect::<Vec<_>>().join("|");
    let of_flow = format!("{}|pods|x-.*", keys(&fields));
    let options = executor().get("properties").map(keys).unwrap_or_default();
    let of_deployment = format!("{of_flow}|{options}|{}", other_names(Section::Executor));
    let only = |names: &str, message: &'static str| {
        let pattern = object([("pattern", format!("^({names})$").into()), ("patternErrorMessage", message.into())]);
        object([("propertyNames", pattern)])
    };
    let deployment = object([("properties", object([("jtype", object([("const", "Deployment".into())]))]))]);
    let keywords = [
        ("required", strings(["jtype"])),
        ("properties", fields),
        ("if", deployment),
        ("then", only(&of_deployment, "This is not a field or an option of a Deployment.")),
        ("else", only(&of_flow, "This is not a field of a Flow.")),
    ];
    with(of_type("object"), object(keywords))
}

fn jcloud() -> Schema {
    described("Settings of Jina's own cloud, which become fields of a JinaFlow.", of_types(&["object", "null"]))
}

/// The options of a section by each of their names.
fn named(section: Section) -> impl Iterator<Item = (&'static str, &'static Row)> {
    let rows = TABLE.iter().filter(move |row| section.allows(row));
    rows.flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied()).map(move |name| (name, row)))
}

/// A pattern of other spellings and earlier names, which editors do not propose. Jina reads `uses-with` as `uses_with`.
fn other_names(section: Section) -> String {
    let dashed = named(section).map(|(name, _)| name).filter(|name| name.contains('_')).map(|name| name.replace('_', "[-_]"));
    let former = FORMER.iter().map(|row| row.key.replace('_', "[-_]"));
    // `with` of a Flow may have the arguments of its constructor in Python.
    let arguments = ["args", "kwargs"].into_iter().filter(|_| section == Section::With).map(str::to_owned);
    dashed.chain(former).chain(arguments).collect::<Vec<_>>().join("|")
}

/// A section with options. The fields are those that are not options.
fn section(section: Section, fields: Schema) -> Schema {
    let fields = with(fields, object([(JCLOUD, jcloud())]));
    let keywords = [
        ("properties", with(fields, options(section))),
        ("patternProperties", mapping([(format!("^({})$", other_names(section)).into(), object([]))])),
        ("additionalProperties", boolean(false)),
    ];
    with(of_type("object"), object(keywords))
}

fn image() -> Schema {
    described("The image of the class in `uses`. The configuration of the class is mounted.", of_type("string"))
}

fn executor() -> Schema {
    let mut methods: Vec<Schema> = ["add", "needs", "needs_all", "inspect", "gather_inspect"].map(Node::from).into();
    methods.push(null());
    let needs = "The executors whose results this one waits for; `gateway` for none.";
    let own = object([
        ("needs", described(needs, of_types(&["array", "string", "null"]))),
        ("method", described("How the executor is added to the Flow.", object([("enum", methods.into())]))),
        ("jtype", object([("const", "Deployment".into())])),
        ("with", described("Options of the executor, if it has `jtype: Deployment`.", of_type("object"))),
        ("image", image()),
    ]);
    let needs_jtype = object([("with", strings(["jtype"]))]);
    with(section(Section::Executor, own), object([("dependencies", needs_jtype)]))
}

/// The options of a section, with a property for each name of an option.
fn options(section: Section) -> Schema {
    mapping(named(section).map(|(name, row)| (name.into(), option(row))))
}

fn option(row: &Row) -> Schema {
    let choice = |values: &[&'static str], both_cases: bool| {
        let lower = values.iter().filter(|_| both_cases).map(|value| value.to_lowercase().into());
        let values: Vec<Schema> = values.iter().map(|value| Node::from(*value)).chain(lower).collect();
        any_of(vec![object([("enum", values.into())]), of_types(&["string", "array", "boolean", "null"])])
    };
    let kind = match row.kind {
        ValueKind::Flag => of_types(&["boolean", "integer", "string", "null"]),
        ValueKind::Int => of_types(&["integer", "string", "array", "null"]),
        ValueKind::Text => object([]),
        ValueKind::Texts | ValueKind::Hosts => of_types(&["array", "string", "number", "boolean", "null"]),
        ValueKind::Ports => of_types(&["integer", "array", "string", "null"]),
        ValueKind::Pairs => of_types(&["object", "array", "string", "null"]),
        ValueKind::PeerPorts => of_types(&["object", "array", "integer", "string", "null"]),
        ValueKind::Choice(values) => choice(values, false),
        ValueKind::Enum(values) => choice(values, true),
        ValueKind::Protocols => choice(&["GRPC", "HTTP", "WEBSOCKET"], true),
    };
    let default = match row.default {
        DefaultValue::Int(number) => object([("default", number.into())]),
        DefaultValue::Text(text) => object([("default", text.into())]),
        DefaultValue::Unset | DefaultValue::Empty => object([]),
    };
    let note = row.effect.reason().map(|reason| format!(" No effect on Kubernetes: {reason}.")).unwrap_or_default();
    with(object([("description", format!("{}{note}", row.doc).into())]), with(kind, default))
}

/// A schema for a mapping with these values, or `null`.
fn values(value: Schema) -> Schema {
    with(of_types(&["object", "null"]), object([("additionalProperties", value)]))
}

/// A schema for a mapping with only these fields, or `null`.
fn closed<'f>(fields: impl Iterator<Item = &'f Field>) -> Schema {
    with(values(boolean(false)), object([("properties", properties(fields))]))
}

fn properties<'f>(fields: impl Iterator<Item = &'f Field>) -> Schema {
    mapping(fields.map(|field| (field.name.into(), property(field))))
}

/// The schema of a field. Fields that callers override are not in layers, so `null` has no meaning for these fields.
fn property(field: &Field) -> Schema {
    let is_setting = field.caller.is_some();
    let default = field.default.text().filter(|_| !is_setting).map(|default| format!(" Default: {default}.")).unwrap_or_default();
    let described = object([("description", format!("{}{}{default}", field.doc, field.requirement()).into())]);
    let keys = field.keys.map(|format| object([("propertyNames", matching(format))]));
    let described = with(described, keys.unwrap_or_else(|| object([])));
    let value = field.default.value().filter(|_| is_setting).map(|default| object([("default", default.into())]));
    with(with(described, of_shape(&field.shape, is_setting)), value.unwrap_or_else(|| object([])))
}

/// The keywords for text of a format. They apply only to strings.
fn matching(format: &Format) -> Schema {
    let message = format!("This is not a valid {}.", format.noun);
    object([("pattern", format.pattern.into()), ("patternErrorMessage", message.into())])
}

fn of_shape(shape: &Shape, is_setting: bool) -> Schema {
    let scalar = || of_types(&["string", "number", "boolean", "null"]);
    match shape {
        Shape::Text => scalar(),
        Shape::Word(format) => with(scalar(), matching(format)),
        Shape::Int(least, most) => {
            let number = with(of_types(&["integer", "null"]), object([("minimum", (*least).into())]));
            if *most < i64::from(i32::MAX) { with(number, object([("maximum", (*most).into())])) } else { number }
        }
        Shape::Flag => of_types(&["boolean", "null"]),
        Shape::Choice(choice) => {
            let mut values: Vec<Schema> = choice.iter().map(|value| Node::from(*value)).collect();
            values.extend((!is_setting).then(null));
            object([("enum", values.into())])
        }
        Shape::JinaVersion => with(of_type("string"), object([("pattern", r"^3\.[0-9]+\.[0-9]+$".into())])),
        Shape::ImagePattern => of_type("string"),
        Shape::Share(_) => {
            with(of_types(&["integer", "string", "null"]), object([("minimum", 0.into()), ("pattern", "^[0-9]+%?$".into())]))
        }
        Shape::Quantity => of_types(&["integer", "number", "string", "null"]),
        Shape::Quantities | Shape::Texts | Shape::Labels | Shape::Variables => values(scalar()),
        Shape::Strings(_) => reference("strings"),
        Shape::Set => values(of_types(&["object", "boolean", "null"])),
        Shape::Fragment | Shape::Part => of_types(&["object", "null"]),
        Shape::Operations => with(of_types(&["array", "null"]), object([("items", of_type("object"))])),
        Shape::Flow => any_of(vec![of_type("string"), reference("flow")]),
        Shape::Fields(fields) => closed(fields.iter()),
        Shape::Map(fields) => values(closed(fields.iter())),
        Shape::Layer(level) => reference(definition(*level)),
        Shape::Layers(level) => values(reference(definition(*level))),
    }
}
