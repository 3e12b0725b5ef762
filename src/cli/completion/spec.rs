//! What can be completed in each place of a command line.

use crate::cli::commands::{COMMANDS, Row, SCHEMAS};
use crate::cli::flags::{Flag, OF_ALL};
use crate::cli::shells::SHELLS;
use crate::cli::{diff, explain, graph, inspect, summary};
use crate::config::field::Shape;
use crate::config::field_page;
use crate::config::fields::caller_fields;

/// A command, or jinaflow without a command.
pub struct Place {
    /// The name of the command; empty without a command.
    pub name: &'static str,
    /// The description of the command.
    pub doc: &'static str,
    /// The flags of the command, without those of every command.
    pub flags: Vec<Completed>,
    /// The arguments of the command.
    pub arguments: Values,
}

/// A flag and its value.
pub struct Completed {
    /// The flag.
    pub flag: &'static Flag,
    /// The value; `None` for a flag without a value.
    pub value: Option<Values>,
}

impl Completed {
    /// The description of the flag, on one line.
    pub fn doc(&self) -> String {
        self.flag.doc.replace('\n', " ")
    }
}

/// The values that can be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// No value is known.
    Unknown,
    /// These words.
    Words(Vec<&'static str>),
    /// Paths.
    Paths,
    /// Paths of folders.
    Folders,
    /// Paths, and these words.
    PathsOr(Vec<&'static str>),
}

/// All commands, in the order of the help.
pub fn commands() -> Vec<Place> {
    let place = |row: &'static Row| Place {
        name: row.name,
        doc: row.doc,
        flags: row.flags.iter().chain(row.inherited).map(|flag| completed(row, flag)).collect(),
        arguments: arguments(row),
    };
    COMMANDS.iter().map(place).collect()
}

/// The flags of every command.
pub fn general_flags() -> Vec<Completed> {
    OF_ALL.iter().map(|flag| Completed { flag, value: None }).collect()
}

fn completed(row: &Row, flag: &'static Flag) -> Completed {
    let value = flag.value.map(|value| match value {
        "FORMAT" => Values::Words(formats(row.name)),
        "FILE" => Values::Paths,
        "DIR" => Values::Folders,
        _ => choices(flag.name).map_or(Values::Unknown, |choices| Values::Words(choices.to_vec())),
    });
    Completed { flag, value }
}

/// The values of a flag that overrides a field with fixed values.
fn choices(flag: &str) -> Option<&'static [&'static str]> {
    let field = caller_fields().find(|field| field.caller.flag == flag)?;
    match field.field.shape {
        Shape::Choice(choices) => Some(choices),
        _ => None,
    }
}

/// The output formats of a command.
fn formats(command: &str) -> Vec<&'static str> {
    match command {
        "check" => names(&inspect::FORMATS),
        "diff" => names(&diff::FORMATS),
        "graph" => names(&graph::FORMATS),
        "summary" => names(&summary::FORMATS),
        _ => Vec::new(),
    }
}

/// The names in a table.
fn names<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// The arguments of a command. The names of all codes and options complete, but the paths of fields do not: there are too many.
fn arguments(row: &Row) -> Values {
    match (row.name, row.arguments) {
        ("explain", _) => Values::PathsOr(words(explain::topics())),
        ("options", _) => Values::Words(words(explain::option_names())),
        ("fields", _) => Values::Words(words(field_page::names())),
        ("help", _) => Values::Words(COMMANDS.iter().map(|row| row.name).collect()),
        ("man", _) => Values::Words(COMMANDS.iter().map(|row| row.name).chain(["fields"]).collect()),
        ("schema", _) => Values::Words(names(&SCHEMAS)),
        ("completion", _) => Values::Words(names(&SHELLS)),
        (_, "") => Values::Unknown,
        _ => Values::Paths,
    }
}

/// Names in alphabetic order, without those that a person does not type.
fn words(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let is_plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let mut words: Vec<&str> = names.filter(is_plain).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_with_a_format_has_formats() {
        for place in commands() {
            for Completed { flag, value } in &place.flags {
                assert_ne!(value, &Some(Values::Words(Vec::new())), "{} --{}", place.name, flag.name);
            }
        }
    }
}
