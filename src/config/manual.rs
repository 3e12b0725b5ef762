//! The documentation of fields, from their tables.

use super::field::{Field, Shape, Whose};
use super::fields::{LAYER, SPEC};

/// Every field with what it takes, what holds without it and what it does, as Markdown.
pub fn fields() -> String {
    let mut out = "# Fields of a JinaFlow\n\nBelow `spec`, beside the Flow. `null` in a layer takes back what a layer before it says.\n\n## The Flow as a whole\n\n".to_owned();
    lines(SPEC, "", &mut out);
    out.push_str(concat!(
        "\n## Pods\n\nBelow `spec.defaults`, over it `spec.roles.gateway`, `.head` and `.worker`, over them `spec.gateway` and `spec.executors.NAME`,\n",
        "and last `spec.executors.NAME.head` and `spec.executors.NAME.shards.NUMBER`.\n\n"
    ));
    lines(LAYER, "", &mut out);
    out
}

fn lines(fields: &[Field], path: &str, out: &mut String) {
    for field in fields {
        let path = format!("{path}{}", field.name);
        let (kind, below) = match &field.shape {
            Shape::Text => ("text".to_owned(), None),
            Shape::Int(least) => (format!("number from {least}"), None),
            Shape::Flag => ("true or false".to_owned(), None),
            Shape::Word(words) => (words.join(", "), None),
            Shape::Share => ("number or percentage".to_owned(), None),
            Shape::Quantity => ("quantity".to_owned(), None),
            Shape::Quantities => ("resource: quantity".to_owned(), None),
            Shape::Texts | Shape::Labels | Shape::Variables => ("name: text".to_owned(), None),
            Shape::Set => ("name: {}".to_owned(), None),
            Shape::Fragment => ("mapping".to_owned(), None),
            Shape::Part => ("part of an object".to_owned(), None),
            Shape::Operations => ("list".to_owned(), None),
            Shape::Fields(fields) => (String::new(), Some((*fields, "."))),
            Shape::Map(fields) => ("name: fields".to_owned(), Some((*fields, ".NAME."))),
        };
        let whose = match field.whose {
            Whose::GATEWAY => " Of the gateway.",
            Whose::HEAD => " Of heads.",
            Whose::WORKER => " Of executors and shards.",
            whose if whose & Whose::NOT_DEFAULTS != 0 => " Not of the defaults.",
            _ => "",
        };
        let kind = if kind.is_empty() { kind } else { format!(" ({kind})") };
        let default = if field.default.is_empty() { String::new() } else { format!(" Default: {}.", field.default) };
        out.push_str(&format!("- `{path}`{kind}: {}{default}{whose}\n", field.doc));
        if let Some((fields, step)) = below {
            lines(fields, &format!("{path}{step}"), out);
        }
    }
}
