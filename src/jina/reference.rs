//! The documentation of options, generated from their table.

use std::fmt::Write as _;

use super::former::FORMER;
use super::options::{DefaultValue, Effect, Row, TABLE, Use, ValueKind, With};
use super::versions::CHANGES;

/// The documentation of all options, in Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# Options of Jina\n\n\
         All options of Jina 3.34's Flow and Deployment YAML, and their effect on Kubernetes. `jinaflow options` generates this\n\
         page from the table in `src/jina/options.rs`; `jinaflow explain OPTION` shows one option.\n\n\
         Where: **executor** is an entry of `executors` or the `with` of a Deployment, **gateway** is `gateway`, and **with** is\n\
         the `with` of the Flow, with the components that inherit the option.\n",
    );
    for row in TABLE {
        let _ = write!(out, "\n{}", option(row));
    }
    out.push_str(
        "\n# Options of older versions\n\njinaflow reads a renamed option as its successor, ignores a removed option, and warns about both. With `compat`, it\n\
         ignores all of them, as Jina 3.34 does.\n\n",
    );
    for row in FORMER {
        let _ = writeln!(out, "- {}", row.page());
    }
    out.push_str("\n# Containers of older versions\n\nThe effect of `spec.jinaVersion` on the manifests, besides the images. An option that the containers do not support is\nan error.\n\n");
    for row in CHANGES {
        let _ = writeln!(out, "- Before Jina 3.{}: {}. Since then: {}.", row.since, row.before, row.after);
    }
    out
}

/// The documentation of one option.
pub fn option(row: &Row) -> String {
    // Writing to a String cannot fail.
    let mut out = format!("## `{}`\n\n{}\n\n", row.name, row.doc);
    let _ = writeln!(out, "- Value: {}", value(row.kind));
    let _ = writeln!(out, "- Default: {}", default(row.default));
    let _ = writeln!(out, "- Where: {}", places(row));
    let _ = writeln!(out, "- On Kubernetes: {}", effect(row));
    if !row.aliases.is_empty() {
        let _ = writeln!(out, "- Aliases: {}", row.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", "));
    }
    if row.since > 7 {
        let _ = writeln!(out, "- Since: Jina 3.{}", row.since);
    }
    out
}

fn value(kind: ValueKind) -> String {
    let one_of = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        ValueKind::Flag => "`true` or `false`".to_owned(),
        ValueKind::Int => "an integer".to_owned(),
        ValueKind::Text => "a string".to_owned(),
        ValueKind::Texts => "a list of strings, or one string".to_owned(),
        ValueKind::Pairs => "a mapping, a list of `key=value`, or JSON".to_owned(),
        ValueKind::Choice(words) => format!("one of {}", one_of(words)),
        ValueKind::Enum(words) => format!("one of {}, in any case", one_of(words)),
        ValueKind::Protocols => "one or more of `GRPC`, `HTTP`, `WEBSOCKET`, in any case".to_owned(),
        ValueKind::Ports => "one or more port numbers, as a list or separated by commas".to_owned(),
        ValueKind::Hosts => "one or more addresses, as a list or separated by commas".to_owned(),
        ValueKind::PeerPorts => "a list of ports, or a mapping from shards to lists of ports".to_owned(),
    }
}

fn default(default: DefaultValue) -> String {
    match default {
        DefaultValue::Unset => "none".to_owned(),
        DefaultValue::Empty => "an empty list".to_owned(),
        DefaultValue::Int(number) => format!("`{number}`"),
        DefaultValue::Text(text) => format!("`{text}`"),
    }
}

fn places(row: &Row) -> String {
    let inherits = match (row.executor, row.gateway) {
        (Use::No, _) => "with (inherited by the gateway)",
        (_, Use::No) => "with (inherited by every executor)",
        _ => "with (inherited by the gateway and every executor)",
    };
    let with = match row.with {
        With::HandedOn => Some(inherits),
        With::GatewayOnly => Some("with (inherited by the gateway)"),
        With::Kept => Some("with (an option of the Flow itself)"),
        With::Nowhere => None,
    };
    let executor = (row.executor != Use::No).then_some("executor");
    let gateway = (row.gateway != Use::No).then_some("gateway");
    [executor, gateway, with].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn effect(row: &Row) -> String {
    if let Some(reason) = row.effect.reason() {
        let written = matches!(row.executor, Use::Arg) || matches!(row.gateway, Use::At(_));
        let still = if written && row.effect != Effect::Fixed { ", but it is passed as an argument" } else { "" };
        return format!("no effect: {reason}{still}");
    }
    let is_argument = row.executor == Use::Arg || matches!(row.gateway, Use::At(_));
    let shapes = [row.executor, row.gateway].contains(&Use::Shapes);
    match (is_argument, shapes) {
        (true, true) => format!("the argument `{}`, and fields of the objects", row.argument),
        (true, false) => format!("the argument `{}`", row.argument),
        (false, true) => "fields of the objects".to_owned(),
        (false, false) => "decides how the Flow is read".to_owned(),
    }
}
