//! Objects that are provided elsewhere, as the command line, a JinaFlowCheck or an annotation declares them.

use std::collections::HashSet;

use crate::config::is_subdomain;
use crate::config::json_schema::{boolean, object, of_type};
use crate::config::scope::{EXTERNAL, EXTERNAL_KINDS};
use crate::finding::{Code, Finding, Findings, Path, nearest};
use crate::yaml::{Node, View};

/// kubectl's short names of [`EXTERNAL_KINDS`].
const SHORT: [&str; 5] = ["secret", "cm", "svc", "pvc", "sa"];

/// Objects that may be missing, by kind and name. The name `*` means every name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External(HashSet<(&'static str, String)>);

impl External {
    /// Adds `KIND/NAME` or `KIND/*`.
    pub fn declare(&mut self, declaration: &str) -> Result<(), Finding> {
        let error = |message: &str| Code::InvalidExternal.error("", message).got(declaration);
        let (kind, name) = declaration.trim().split_once('/').unwrap_or_default();
        if name.is_empty() {
            return Err(error("must have the form KIND/NAME").fix("write, for example, secret/NAME"));
        }
        if name != "*" && !is_subdomain(name) {
            return Err(error("is not a valid name of a Kubernetes object").fix("write KIND/NAME, or KIND/* for any name"));
        }
        let is_kind =
            |((known, field), short): &((&str, &str), &str)| [known, field, short].iter().any(|word| word.eq_ignore_ascii_case(kind));
        let Some(((known, _), _)) = EXTERNAL_KINDS.into_iter().zip(SHORT).find(is_kind) else {
            return Err(error("has a kind that cannot be external").suggest(kind, EXTERNAL_KINDS.into_iter().map(|(known, _)| known)));
        };
        self.0.insert((known, name.to_owned()));
        Ok(())
    }

    /// Adds the objects of `spec.external`: `{secrets: {NAME: {}}}`.
    pub fn declare_fields(&mut self, node: &Node<'_>, path: &'static str, findings: &mut Findings) {
        let path = Path::root(path);
        for (field, names) in node.as_map().unwrap_or_default() {
            let written = field.shown();
            let path = path.key(&written);
            match (EXTERNAL_KINDS.into_iter().find(|(_, field)| *field == written), names.as_map()) {
                (Some((kind, _)), Some(pairs)) => self.0.extend(pairs.iter().map(|(name, _)| (kind, name.shown()))),
                (Some(_), None) if names.is_null() => {}
                (Some(_), None) => {
                    let finding = Code::InvalidExternal.error(path, "must be a mapping").got(names.shown());
                    findings.push(finding.fix("write {NAME: {}}").at(names.mark));
                }
                (None, _) => {
                    let finding = Code::InvalidExternal.error(path, "is not a kind that can be external").at(field.mark);
                    findings.push(finding.suggest(&written, EXTERNAL_KINDS.into_iter().map(|(_, field)| field)));
                }
            }
        }
    }

    /// The objects that an annotation of an object declares. Invalid declarations are reported.
    pub fn of_annotation(object: View<'_>, findings: &mut Findings) -> Self {
        let mut external = Self::default();
        let value = object.at("metadata.annotations").and_then(|annotations| annotations.get(EXTERNAL)?.as_text());
        for declaration in value.unwrap_or_default().split(',').filter(|declaration| !declaration.trim().is_empty()) {
            if let Err(finding) = external.declare(declaration) {
                findings.push(finding.on(Path::root("metadata.annotations").key(EXTERNAL)));
            }
        }
        external
    }

    /// Whether an object is provided elsewhere.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        let Some((known, _)) = EXTERNAL_KINDS.iter().find(|(known, _)| *known == kind).filter(|_| !self.0.is_empty()) else { return false };
        [name, "*"].iter().any(|name| self.0.contains(&(*known, (*name).to_owned())))
    }

    /// The spelling of a kind in a declaration, if objects of that kind can be external.
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

/// An existing name that resembles a missing name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near<'c> {
    /// The existing name.
    pub name: &'c str,
    /// Whether one name is the other with a prefix or suffix.
    pub is_renamed: bool,
}

/// The existing name that a missing name most likely means: the same name with a prefix or suffix, or a similar spelling.
pub fn similar<'c>(missing: &str, candidates: &[&'c str]) -> Option<Near<'c>> {
    let is_affixed = |long: &str, short: &str| {
        let before = long.strip_suffix(short).is_some_and(|before| before.ends_with(['-', '.']));
        let behind = long.strip_prefix(short).is_some_and(|behind| behind.starts_with(['-', '.']));
        !short.is_empty() && (before || behind)
    };
    let mut affixed = candidates.iter().filter(|name| is_affixed(name, missing) || is_affixed(missing, name));
    // Of several candidates with a prefix or suffix, the right one is unknown.
    match (affixed.next(), affixed.next()) {
        (Some(name), None) => Some(Near { name, is_renamed: true }),
        _ => nearest(missing, candidates.iter().copied()).map(|name| Near { name, is_renamed: false }),
    }
}
