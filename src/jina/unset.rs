//! Variables without a value: finds them in the values of a Flow, and reports each variable once, with all its places.

use std::collections::HashMap;

use super::substitute::{Context, Left, left};
use crate::finding::{Code, Finding, Findings, Path, Severity, nearest};
use crate::yaml::{Data, Node};

/// The most places that a finding names.
const MOST_PLACES: usize = 8;

/// Reports the variables that are left in a value. `$NAME` is an error if the field `needs` a value; otherwise the text
/// stays unchanged, because it may be a price or a password. `is_known` tests for variables that the container itself
/// replaces. Returns whether there is an error.
///
/// A finding of [`Code::UndefinedVariable`] has only the name of the variable, until [`merged`] completes it.
pub fn report(node: &Node<'_>, path: &Path<'_>, needs: bool, is_known: &impl Fn(&str) -> bool, findings: &mut Findings) -> bool {
    match &node.data {
        Data::List(entries) => {
            let mut failed = false;
            for (index, entry) in entries.iter().enumerate() {
                failed |= report(entry, &path.index(index), needs, is_known, findings);
            }
            failed
        }
        Data::Map(pairs) => {
            let mut failed = false;
            for (key, value) in pairs {
                failed |= report(value, &path.key(key.as_text().unwrap_or_default()), needs, is_known, findings);
            }
            failed
        }
        Data::Scalar(scalar) if scalar.text.contains('$') => {
            let mut failed = false;
            for found in left(&scalar.text) {
                let (finding, is_error) = match found {
                    Left::Variable { name, is_braced } if is_braced || !is_known(name) => {
                        let is_error = needs || is_braced;
                        (Code::UndefinedVariable.error(path, "").got(name), is_error)
                    }
                    Left::Variable { .. } => continue,
                    Left::Expression(text) => {
                        let message = format!("has `{text}`, which is not a variable or a reference of Jina, so it stays in the text");
                        (Code::UndefinedReference.error(path, message).fix(correction(text)), needs)
                    }
                };
                failed |= is_error;
                let severity = if is_error { Severity::Error } else { Severity::Warning };
                findings.push_once_for_each_place(finding.with_severity(severity).at(node.mark));
            }
            failed
        }
        Data::Scalar(_) => false,
    }
}

/// How to write an expression that is not a variable. Jina requires one space on each side.
fn correction(expression: &str) -> String {
    let name = expression.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return format!("write `${{{{ ENV.{name} }}}}`, with one space on each side");
    }
    "write `${{ ENV.NAME }}`, or remove it".to_owned()
}

/// Whether any variable is left in a value.
pub fn is_in(node: &Node<'_>) -> bool {
    node.any_scalar(&mut |scalar| scalar.text.contains('$') && !left(&scalar.text).is_empty())
}

/// Adds findings to `all`, with one finding for each variable without a value.
pub fn merged(findings: Findings, context: &Context, all: &mut Findings) {
    let mut kept: Vec<Option<Finding>> = Vec::new();
    let mut groups: Vec<(usize, Vec<Finding>)> = Vec::new();
    let mut by_name: HashMap<Box<str>, usize> = HashMap::new();
    for finding in findings {
        let Some(name) = finding.got.clone().filter(|_| finding.code == Code::UndefinedVariable) else {
            kept.push(Some(finding));
            continue;
        };
        let group = *by_name.entry(name).or_insert_with(|| {
            kept.push(None);
            groups.push((kept.len() - 1, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push(finding);
    }
    for (place, uses) in groups {
        kept[place] = complete(uses, context);
    }
    all.extend(kept.into_iter().flatten());
}

/// The start of the message about a variable, before its name.
const USES: &str = "uses the variable `";

/// The variable without a value that a finding is about.
pub fn name_of(finding: &Finding) -> Option<&str> {
    let behind = finding.message.strip_prefix(USES).filter(|_| finding.code == Code::UndefinedVariable)?;
    behind.split_once('`').map(|(name, _)| name)
}

/// The finding about all places of one variable. Its own place is the first that needs a value.
fn complete(mut uses: Vec<Finding>, context: &Context) -> Option<Finding> {
    let first = uses.iter().position(|finding| finding.severity == Severity::Error).unwrap_or_default();
    if uses.is_empty() {
        return None;
    }
    let mut finding = uses.remove(first);
    let name = finding.got.take()?;
    let others = match uses.len() {
        0 => String::new(),
        count => {
            let shown: Vec<String> = uses.iter().take(MOST_PLACES).map(|finding| finding.path.to_string()).collect();
            let more = count.checked_sub(MOST_PLACES).filter(|more| *more > 0).map(|more| format!(" and {more} more places"));
            format!("; also used in {}{}", shown.join(", "), more.unwrap_or_default())
        }
    };
    let fix = format!("set `spec.context.{name}` in a JinaFlow, or on the command line `--context {name}=VALUE` or `--env-file FILE`");
    finding.message = match finding.severity {
        Severity::Error => format!("{USES}{name}`, which has no value{others}"),
        _ => format!("{USES}{name}`, which has no value, so `${name}` stays in the text{others}"),
    }
    .into();
    Some(match nearest(&name, context.names()) {
        Some(near) => finding.fix(format!("did you mean `{near}`? Otherwise {fix}")).propose(near),
        None => finding.fix(fix),
    })
}
