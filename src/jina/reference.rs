//! The documentation of options, from their table.

use std::fmt::Write as _;

use super::options::{DefaultValue, Effect, Kind, Row, TABLE, Use, With};
use super::versions::{CHANGES, FORMER_KEYS, Fate};

/// Every option, as a page of Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# Options of Jina\n\n\
         Every option of Jina 3.34's Flow and Deployment YAML, and what it does here. Written from the table in\n\
         `src/jina/options.rs` by `jinaflow options`; `jinaflow explain OPTION` shows one.\n\n\
         Where: **executor** is an entry of `executors` or a Deployment's `with`, **gateway** is `gateway`, **with** is the\n\
         Flow's `with`, from which the gateway and every executor inherit unless it says otherwise.\n",
    );
    for row in TABLE {
        let _ = write!(out, "\n{}", option(row));
    }
    out.push_str(
        "\n# Keys of older versions\n\nRead, with a warning, as their successors; under compat they are dropped, as Jina 3.34 does.\n\n",
    );
    for row in FORMER_KEYS {
        let fate = match row.fate {
            Fate::Renamed(to) => format!("`{to}`"),
            Fate::Dropped(reason) => format!("gone: {reason}"),
        };
        let _ = writeln!(out, "- `{}`, until Jina 3.{}: {fate}", row.key, row.until);
    }
    out.push_str("\n# Containers of older versions\n\nWhat `spec.jinaVersion` changes beside the images. An option that the containers do not know is an error.\n\n");
    for row in CHANGES {
        let _ = writeln!(out, "- Before Jina 3.{}: {}. Since then: {}.", row.since, row.before, row.after);
    }
    out
}

/// One option.
pub fn option(row: &Row) -> String {
    // Writing to a String cannot fail.
    let mut out = format!("## `{}`\n\n{}\n\n", row.name, row.doc);
    let _ = writeln!(out, "- Value: {}", value(row.kind));
    let _ = writeln!(out, "- Default: {}", default(row.default));
    let _ = writeln!(out, "- Where: {}", places(row));
    let _ = writeln!(out, "- On Kubernetes: {}", effect(row));
    if !row.aliases.is_empty() {
        let _ = writeln!(out, "- Also called: {}", row.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", "));
    }
    if row.since > 7 {
        let _ = writeln!(out, "- Known to containers since Jina 3.{}", row.since);
    }
    out
}

fn value(kind: Kind) -> String {
    let one_of = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Int => "a whole number".to_owned(),
        Kind::Text => "a text".to_owned(),
        Kind::Texts => "a list of texts, or one".to_owned(),
        Kind::Pairs => "a mapping; or a list of `key=value`, or JSON".to_owned(),
        Kind::Choice(words) => format!("one of {}", one_of(words)),
        Kind::Enum(words) => format!("one of {}, in any case", one_of(words)),
        Kind::Protocols => "one or more of `GRPC`, `HTTP`, `WEBSOCKET`, in any case".to_owned(),
        Kind::Ports => "one or more port numbers, also separated by commas".to_owned(),
        Kind::Hosts => "one or more addresses, also separated by commas".to_owned(),
        Kind::PeerPorts => "ports, or a mapping from shard to ports".to_owned(),
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
        (Use::No, _) => "with, for the gateway",
        (_, Use::No) => "with, for every executor",
        _ => "with, for the gateway and every executor",
    };
    let with = match row.with {
        With::HandedOn => Some(inherits),
        With::GatewayOnly => Some("with, for the gateway"),
        With::Kept => Some("with, for the Flow itself"),
        With::Nowhere => None,
    };
    let executor = (row.executor != Use::No).then_some("executor");
    let gateway = (row.gateway != Use::No).then_some("gateway");
    [executor, gateway, with].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn effect(row: &Row) -> String {
    if let Some(reason) = row.effect.reason() {
        let written = matches!(row.executor, Use::Arg) || matches!(row.gateway, Use::At(_));
        let still = if written && row.effect != Effect::Fixed { ", though it is written as an argument" } else { "" };
        return format!("no effect: {reason}{still}");
    }
    let is_argument = row.executor == Use::Arg || matches!(row.gateway, Use::At(_));
    let shapes = [row.executor, row.gateway].contains(&Use::Shapes);
    match (is_argument, shapes) {
        (true, true) => format!("the argument `{}`, and what the objects are", row.argument),
        (true, false) => format!("the argument `{}`", row.argument),
        (false, true) => "what the objects are".to_owned(),
        (false, false) => "what Flow is read".to_owned(),
    }
}
