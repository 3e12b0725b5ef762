//! What somebody else provides: named by who runs the check, or on the object that needs it.

use crate::finding::{Finding, nearest};
use crate::yaml::Node;

/// Names of what is provided elsewhere in an annotation of a workload: `secret/hf,configmap/x`.
pub const EXTERNAL: &str = "flow.jina.ai/external";

/// The kinds that objects refer to by name, what kubectl calls them for short, and their field in `spec.external`.
const KINDS: [(&str, &str, &str); 5] = [
    ("Secret", "secret", "secrets"),
    ("ConfigMap", "cm", "configMaps"),
    ("Service", "svc", "services"),
    ("PersistentVolumeClaim", "pvc", "persistentVolumeClaims"),
    ("ServiceAccount", "sa", "serviceAccounts"),
];

/// Kinds and names that are not missing where they are not among the objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External(Vec<(&'static str, String)>);

impl External {
    /// Adds `KIND/NAME`; any name is meant by `*`.
    pub fn declare(&mut self, text: &str) -> Result<(), Finding> {
        let refused = |finding: Finding| Err(finding.got(text));
        let Some((kind, name)) = text.split_once('/').map(|(kind, name)| (kind.trim(), name.trim())).filter(|(_, name)| !name.is_empty())
        else {
            return refused(Finding::error("", "is not of the form KIND/NAME").mend("write, for example, secret/NAME"));
        };
        let lower = kind.to_lowercase();
        match KINDS.iter().find(|(known, short, field)| [*short, &known.to_lowercase(), &field.to_lowercase()].contains(&lower.as_str())) {
            Some((kind, ..)) => self.0.push((kind, name.to_owned())),
            None => return refused(Finding::error("", "is of no kind that objects refer to").suggest(kind, KINDS.iter().map(|row| row.0))),
        }
        Ok(())
    }

    /// Adds what `spec.external` says: `{secrets: {NAME: {}}}`. What is wrong goes to `wrong`, with its path.
    pub fn declare_fields(&mut self, node: &Node<'_>, path: &str, wrong: &mut impl FnMut(Finding)) {
        for (field, names) in node.as_map().unwrap_or_default() {
            let written = field.shown();
            let Some((kind, ..)) = KINDS.iter().find(|row| row.2 == written) else {
                let fields = KINDS.iter().map(|row| row.2);
                wrong(
                    Finding::error(format!("{path}.{written}"), "is no kind that objects refer to")
                        .suggest(&written, fields)
                        .at(field.mark),
                );
                continue;
            };
            match names.as_map() {
                Some(pairs) => self.0.extend(pairs.iter().map(|(name, _)| (*kind, name.shown()))),
                None if names.is_null() => {}
                None => {
                    let finding = Finding::error(format!("{path}.{written}"), "must be a mapping").got(names.shown());
                    wrong(finding.mend("write {NAME: {}}").at(names.mark));
                }
            }
        }
    }

    /// What an object's annotation adds. A word that is no `KIND/NAME` is told by its finding.
    pub fn of_annotation(object: &Node<'_>) -> (Self, Vec<Finding>) {
        let mut external = Self::default();
        let text = object.get("metadata").and_then(|m| m.get("annotations")?.get(EXTERNAL)?.as_text()).unwrap_or_default();
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let path = format!("metadata.annotations[\"{EXTERNAL}\"]");
        let wrong = words.filter_map(|word| external.declare(word).err()).map(|finding| finding.on(path.clone())).collect();
        (external, wrong)
    }

    /// Whether an object is provided elsewhere.
    #[must_use]
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.0.iter().any(|(known, declared)| *known == kind && (declared == "*" || declared == name))
    }

    /// How a kind is spelled in a declaration.
    #[must_use]
    pub fn spelled(kind: &str) -> Option<String> {
        KINDS.iter().find(|row| row.0 == kind).map(|row| row.0.to_lowercase())
    }

    /// The JSON Schema of `spec.external`.
    #[must_use]
    pub fn schema() -> String {
        let names = |(kind, _, field): &(&str, &str, &str)| {
            format!(
                r#""{field}": {{"description": "Names of {kind}s that are not among the items; `*` is any.", "type": "object", "additionalProperties": {{"type": "object"}}}}"#
            )
        };
        let fields: Vec<String> = KINDS.iter().map(names).collect();
        format!(r#"{{"type": "object", "additionalProperties": false, "properties": {{{}}}}}"#, fields.join(", "))
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
pub fn renamed<'c>(wrong: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Option<Near<'c>> {
    let is_affixed = |long: &str, short: &str| {
        !short.is_empty()
            && long.len() > short.len()
            && (long.strip_suffix(short).is_some_and(|before| before.ends_with(['-', '.']))
                || long.strip_prefix(short).is_some_and(|behind| behind.starts_with(['-', '.'])))
    };
    let mut affixed = candidates.clone().filter(|name| is_affixed(name, wrong) || is_affixed(wrong, name));
    // `encoder` may have become one of many, and nothing tells which.
    match (affixed.next(), affixed.next()) {
        (Some(name), None) => Some(Near { name, is_renamed: true }),
        _ => nearest(wrong, candidates).map(|name| Near { name, is_renamed: false }),
    }
}
