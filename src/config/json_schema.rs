//! Builds JSON Schemas as YAML nodes, and prints the schemas as JSON.

use crate::yaml::{Data, Node};

/// A mapping of known fields.
pub fn object<'t>(fields: impl IntoIterator<Item = (&'static str, Node<'t>)>) -> Node<'t> {
    mapping(fields.into_iter().map(|(name, value)| (Node::field(name), value)))
}

/// A mapping.
pub fn mapping<'t>(pairs: impl IntoIterator<Item = (Node<'t>, Node<'t>)>) -> Node<'t> {
    Data::Map(pairs.into_iter().collect()).into()
}

/// A list of strings.
pub fn strings<'t>(texts: impl IntoIterator<Item = &'t str>) -> Node<'t> {
    texts.into_iter().map(Node::from).collect::<Vec<_>>().into()
}

/// A boolean.
pub fn boolean<'t>(value: bool) -> Node<'t> {
    Node::plain(if value { "true" } else { "false" })
}

/// `null`.
pub fn null<'t>() -> Node<'t> {
    Node::plain("null")
}

/// A schema of values of one type.
pub fn of_type(name: &str) -> Node<'_> {
    object([("type", name.into())])
}

/// A schema of values of several types.
pub fn of_types<'t>(names: &[&'t str]) -> Node<'t> {
    object([("type", strings(names.iter().copied()))])
}

/// A reference to a definition in the same document.
pub fn reference<'t>(definition: &str) -> Node<'t> {
    object([("$ref", format!("#/definitions/{definition}").into())])
}

/// A schema, followed by the keywords of another schema.
pub fn with<'t>(mut schema: Node<'t>, more: Node<'t>) -> Node<'t> {
    if let (Data::Map(fields), Data::Map(more)) = (&mut schema.data, more.data) {
        fields.extend(more);
    }
    schema
}

/// A schema as JSON. A value that fits into one line is written on one line.
pub fn text(schema: &Node<'_>) -> String {
    let mut out = String::new();
    print(schema, 0, &mut out);
    out.push('\n');
    out
}

/// The most characters in a line, unless the line cannot be broken.
const WIDTH: usize = 140;

fn print(value: &Node<'_>, indent: usize, out: &mut String) {
    let line = spelled(value);
    if indent + line.chars().count() <= WIDTH {
        out.push_str(&line);
        return;
    }
    match &value.data {
        Data::Map(pairs) => {
            let entries = pairs.iter().map(|(name, value)| (format!("{}: ", quoted(name)), value));
            print_entries(['{', '}'], entries, indent, out);
        }
        Data::List(entries) => print_entries(['[', ']'], entries.iter().map(|entry| (String::new(), entry)), indent, out),
        Data::Scalar(_) => out.push_str(&line),
    }
}

fn print_entries<'n, 't: 'n>(
    [open, close]: [char; 2],
    entries: impl Iterator<Item = (String, &'n Node<'t>)>,
    indent: usize,
    out: &mut String,
) {
    out.push(open);
    for (place, (key, value)) in entries.enumerate() {
        out.push_str(if place == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 2));
        out.push_str(&key);
        print(value, indent + 2, out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

/// A value on one line.
fn spelled(value: &Node<'_>) -> String {
    match &value.data {
        Data::Map(pairs) => {
            let fields = pairs.iter().map(|(name, value)| format!("{}: {}", quoted(name), spelled(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Data::List(entries) => format!("[{}]", entries.iter().map(spelled).collect::<Vec<_>>().join(", ")),
        // A scalar always converts to JSON.
        Data::Scalar(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}

fn quoted(name: &Node<'_>) -> String {
    serde_json::Value::from(name.shown()).to_string()
}
