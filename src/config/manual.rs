//! Writes the reference of all fields of a `JinaFlow` (fields.md) from the tables in [`super::fields`].

use super::audience::Audience;
use super::field::{Field, Shape};
use super::fields::{LAYER, METADATA, SPEC};

/// Every field with its values, its default and its effect, as Markdown.
pub fn fields() -> String {
    let mut out = "# Fields of a JinaFlow\n\nFields below `metadata`:\n\n".to_owned();
    lines(METADATA, "", &mut out);
    out.push_str("\n## The Flow as a whole\n\nFields below `spec`:\n\n");
    lines(SPEC, "", &mut out);
    out.push_str(concat!(
        "\n## Settings of pods\n\nFields of layers. From the weakest to the strongest, the layers are `spec.defaults`, `spec.roles.gateway`, `.head` and\n",
        "`.worker`, `spec.gateway` and `spec.executors.NAME`, `spec.executors.NAME.head` and `spec.executors.NAME.shards.NUMBER`.\n",
        "A stronger layer overrides a weaker one field by field. `null` removes the value of a weaker layer.\n\n"
    ));
    lines(LAYER, "", &mut out);
    out
}

fn lines(fields: &[Field], path: &str, out: &mut String) {
    for field in fields {
        line(field, &format!("{path}{}", field.name), out);
    }
}

/// Writes a field and the fields below it. `path` is the path of the field.
pub fn line(field: &Field, path: &str, out: &mut String) {
    let kind = kind(&field.shape).map(|kind| format!(" ({kind})")).unwrap_or_default();
    let default = field.default.text().map(|text| format!(" Default: {text}.")).unwrap_or_default();
    let requirement = field.requirement();
    out.push_str(&format!("- `{path}`{kind}: {}{requirement}{default}{}{}\n", field.doc, place(field.audience), caller(field)));
    match &field.shape {
        Shape::Fields(fields) => lines(fields, &format!("{path}."), out),
        Shape::Map(fields) => lines(fields, &format!("{path}.NAME."), out),
        _ => {}
    }
}

/// The values that a field takes; `None` for a mapping whose fields follow.
pub fn kind(shape: &Shape) -> Option<String> {
    let kind = match shape {
        Shape::Fields(_) => return None,
        Shape::Int(least, most) if *most == i64::from(i32::MAX) => return Some(format!("number of at least {least}")),
        Shape::Int(least, most) => return Some(format!("number from {least} to {most}")),
        Shape::Word(format) => format.noun,
        Shape::Choice(values) => return Some(values.join(", ")),
        Shape::Text | Shape::ImagePattern => "string",
        Shape::JinaVersion => "version",
        Shape::Flag => "true or false",
        Shape::Share(_) => "number or percentage",
        Shape::Quantity => "quantity",
        Shape::Quantities => "resource: quantity",
        Shape::Texts | Shape::Strings(_) | Shape::Labels | Shape::Variables => "name: string",
        Shape::Set => "name: {}",
        Shape::Fragment => "mapping",
        Shape::Part => "part of an object",
        Shape::Operations => "list",
        Shape::Flow => "text or mapping",
        Shape::Map(_) => "name: fields",
        Shape::Layer(_) => "settings of pods",
        Shape::Layers(_) => "name: settings of pods",
    };
    Some(kind.to_owned())
}

fn place(audience: Audience) -> &'static str {
    match audience {
        Audience::GATEWAYS => " Only for the gateway.",
        Audience::WORKERS => " Only for executors and shards.",
        Audience::ALL_BUT_DEFAULTS => " Not allowed in `defaults`.",
        Audience::FLOW_OPTIONS => " Only in `defaults`, `gateway` and `executors.NAME`.",
        Audience::EXECUTOR => " Only in `executors.NAME`.",
        _ => "",
    }
}

/// The ways in which a caller overrides a field.
fn caller(field: &Field) -> String {
    let Some(caller) = field.caller else { return String::new() };
    let key = if caller.in_config_map { ", or by this key of a ConfigMap as functionConfig" } else { "" };
    format!(" Overridden by `--{}`{key}.", caller.flag)
}
