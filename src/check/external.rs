//! What somebody else provides: named by who runs the check, or on the object that needs it.

use std::collections::HashSet;

use super::fields::at;
use crate::config::is_subdomain;
use crate::config::json_schema::{boolean, object, of_type};
use crate::config::scope::{EXTERNAL, EXTERNAL_KINDS};
use crate::finding::{Finding, Findings, nearest};
use crate::yaml::Node;

/// What kubectl calls [`EXTERNAL_KINDS`] for short.
const SHORT: [&str; 5] = ["secret", "cm", "svc", "pvc", "sa"];

/// Kinds and names that are not missing where they are not among the objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External(HashSet<(&'static str, String)>);

impl External {
    /// Adds `KIND/NAME`; any name is meant by `*`.
    pub fn declare(&mut self, text: &str) -> Result<(), Finding> {
        let (kind, name) = text.trim().split_once('/').unwrap_or_default();
        if name.is_empty() {
            return Err(Finding::error("", "is not of the form KIND/NAME").got(text).fix("write, for example, secret/NAME"));
        }
        if name != "*" && !is_subdomain(name) {
            return Err(Finding::error("", "is not a valid name of a Kubernetes object")
                .got(text)
                .fix("write KIND/NAME, or KIND/* for any"));
        }
        let is_meant =
            |((known, field), short): &((&str, &str), &str)| [known, field, short].iter().any(|word| word.eq_ignore_ascii_case(kind));
        let Some(((known, _), _)) = EXTERNAL_KINDS.into_iter().zip(SHORT).find(is_meant) else {
            let finding = Finding::error("", "is of no kind that objects refer to").got(text);
            return Err(finding.suggest(kind, EXTERNAL_KINDS.into_iter().map(|(known, _)| known)));
        };
        self.0.insert((known, name.to_owned()));
        Ok(())
    }

    /// Adds what `spec.external` says: `{secrets: {NAME: {}}}`. What is wrong goes to `wrong`, with its path.
    pub fn declare_fields(&mut self, node: &Node<'_>, path: &str, wrong: &mut Findings) {
        for (field, names) in node.as_map().unwrap_or_default() {
            let written = field.shown();
            let path = format!("{path}.{written}");
            match (EXTERNAL_KINDS.into_iter().find(|(_, field)| *field == written), names.as_map()) {
                (Some((kind, _)), Some(pairs)) => self.0.extend(pairs.iter().map(|(name, _)| (kind, name.shown()))),
                (Some(_), None) if names.is_null() => {}
                (Some(_), None) => {
                    wrong.push(Finding::error(path, "must be a mapping").got(names.shown()).fix("write {NAME: {}}").at(names.mark));
                }
                (None, _) => {
                    let finding = Finding::error(path, "is no kind that objects refer to").at(field.mark);
                    wrong.push(finding.suggest(&written, EXTERNAL_KINDS.into_iter().map(|(_, field)| field)));
                }
            }
        }
    }

    /// What an object's annotation adds. A word that is no `KIND/NAME` is told by its finding.
    #[inline(never)]
    pub fn of_annotation(object: &Node<'_>, wrong: &mut Findings) -> Self {
        let mut external = Self::default();
        let value = at(object, "metadata.annotations").and_then(|annotations| annotations.get(EXTERNAL)?.as_text());
        for word in value.unwrap_or_default().split(',').filter(|word| !word.trim().is_empty()) {
            if let Err(finding) = external.declare(word) {
                wrong.push(finding.on(format!("metadata.annotations[\"{EXTERNAL}\"]")));
            }
        }
        external
    }

    /// Whether an object is provided elsewhere.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        let Some((known, _)) = EXTERNAL_KINDS.iter().find(|(known, _)| *known == kind).filter(|_| !self.0.is_empty()) else { return false };
        [name, "*"].iter().any(|name| self.0.contains(&(*known, (*name).to_owned())))
    }

    /// How a kind is spelled in a declaration.
    pub fn spelled(kind: &str) -> Option<String> {
        EXTERNAL_KINDS.iter().any(|(known, _)| *known == kind).then(|| kind.to_ascii_lowercase())
    }

    /// The JSON Schema of `spec.external`.
    pub fn schema() -> Node<'static> {
        let field = |(kind, field): (&'static str, &'static str)| {
            let description = format!("Names of {kind}s that are not among the items; `*` is any name.");
            let names =
                object([("description", description.into()), ("type", "object".into()), ("additionalProperties", of_type("object"))]);
            (field, names)
        };
        let fields = object(EXTERNAL_KINDS.into_iter().map(field));
        object([("type", "object".into()), ("additionalProperties", boolean(false)), ("properties", fields)])
    }
}

/// A name that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near<'c> {
    /// The name.
    pub name: &'c str,
    /// Whether it is the other with something before or behind it.
    pub is_renamed: bool,
}

/// The name that a missing one most likely stands for: what a rename has made of it, or one that is spelled alike.
pub fn renamed<'c>(wrong: &str, candidates: &[&'c str]) -> Option<Near<'c>> {
    let is_affixed = |long: &str, short: &str| {
        let before = long.strip_suffix(short).is_some_and(|before| before.ends_with(['-', '.']));
        let behind = long.strip_prefix(short).is_some_and(|behind| behind.starts_with(['-', '.']));
        !short.is_empty() && (before || behind)
    };
    let mut affixed = candidates.iter().filter(|name| is_affixed(name, wrong) || is_affixed(wrong, name));
    // `encoder` may have become one of many, and nothing tells which.
    match (affixed.next(), affixed.next()) {
        (Some(name), None) => Some(Near { name, is_renamed: true }),
        _ => nearest(wrong, candidates.iter().copied()).map(|name| Near { name, is_renamed: false }),
    }
}
