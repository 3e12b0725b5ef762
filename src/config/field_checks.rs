//! Checks the names and values of fields against the tables in [`super::fields`].

use super::audience::{Audience, Level};
use super::field::{Field, Shape};
use super::fields::{LAYER, find};
use super::image_pattern::Pattern;
use super::images::JINA_VERSION;
use super::object_names::{is_label_key, is_label_name, is_variable};
use super::{part_checks, quantity};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::versions::Version;
use crate::yaml::Node;

/// Reports every key of a mapping that is not among the known names.
pub fn check_names(node: &Node<'_>, known: &[&str], path: &Path<'_>, findings: &mut Findings) {
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.shown();
        if !known.contains(&&*name) {
            findings.push(unknown_field(&name, known.iter().copied(), &path.key(&name)).at(key.mark));
        }
    }
}

/// The error for a field that does not exist.
pub fn unknown_field<'k>(name: &str, known: impl Iterator<Item = &'k str> + Clone, path: &Path<'_>) -> Finding {
    Code::UnknownField.error(path, "is not a known field").suggest(name, known)
}

/// Checks the fields of a mapping. `level` is the level of a layer, or `None` if the mapping is not a layer.
pub fn check_fields(node: &Node<'_>, fields: &'static [Field], level: Option<Level>, path: &Path<'_>, findings: &mut Findings) {
    let Some(pairs) = node.as_map() else {
        return findings.push(wrong_type(node, "must be a mapping", "write `field: value` lines below it", path));
    };
    let is_allowed = |field: &&Field| level.is_none_or(|level| field.audience.has(level));
    for (key, value) in pairs {
        let name = key.shown();
        let path = path.key(&name);
        match find(fields, &name) {
            Some(field) if !is_allowed(&field) => findings.push(misplaced(field, level, &path).at(key.mark)),
            Some(_) if value.is_null() => {}
            Some(field) => check_value(value, &field.shape, &path, findings),
            None => {
                let names: Vec<&str> = fields.iter().filter(is_allowed).map(|field| field.name).collect();
                findings.push(unknown_field(&name, names.into_iter(), &path).at(key.mark));
            }
        }
    }
}

/// The error for a field of a layer that is not allowed at this level. The fix names levels where the field is allowed.
fn misplaced(field: &Field, level: Option<Level>, path: &Path<'_>) -> Finding {
    let is_useful = |level: &Level| match level {
        // Defaults and roles change the pods of many components, so the fix names these levels for few fields only.
        Level::Defaults => field.audience == Audience::FLOW_OPTIONS,
        Level::WorkerRole => field.audience == Audience::ALL_BUT_DEFAULTS,
        _ => true,
    };
    let levels = [Level::Defaults, Level::Gateway, Level::Executor, Level::Head, Level::WorkerRole];
    let allowed = levels.into_iter().filter(|level| field.audience.has(*level)).filter(is_useful);
    let places: Vec<String> = allowed.map(|level| format!("spec.{}.{}", level.pattern(), field.name)).collect();
    let message = format!("is not allowed in `{}`", level.map_or("spec", Level::pattern));
    Code::MisplacedField.error(path, message).fix(format!("write {}", places.join(" or ")))
}

/// Checks the value of a field.
pub fn check_value(node: &Node<'_>, shape: &'static Shape, path: &Path<'_>, findings: &mut Findings) {
    match shape {
        Shape::Text
        | Shape::Int(_)
        | Shape::Flag
        | Shape::Choice(_)
        | Shape::JinaVersion
        | Shape::ImagePattern
        | Shape::Share
        | Shape::Quantity => {
            findings.extend(check_scalar(node, shape, path));
        }
        Shape::Quantities | Shape::Texts | Shape::Strings(_) | Shape::Labels | Shape::Variables | Shape::Set => {
            let Some(entries) = node.as_map() else {
                return findings.push(wrong_type(node, "must be a mapping", "write `name: value` lines below it", path));
            };
            for (key, value) in entries {
                let name = key.shown();
                check_entry(&name, value, shape, &path.key(&name), findings);
            }
        }
        Shape::Fragment | Shape::Part if node.as_map().is_none() => {
            findings.push(wrong_type(node, "must be a mapping", "write `name: value` lines below it", path));
        }
        Shape::Part => part_checks::check(node, path, findings),
        Shape::Operations if node.as_list().is_none() => {
            let fix = "write `- {op: replace, path: /spec/…, value: …}` lines";
            findings.push(wrong_type(node, "must be a list of operations", fix, path));
        }
        Shape::Fragment | Shape::Operations | Shape::Flow => {}
        Shape::Fields(fields) => check_fields(node, fields, None, path, findings),
        Shape::Map(fields) => for_entries(node, path, findings, |value, path, findings| check_fields(value, fields, None, path, findings)),
        Shape::Layer(level) => check_fields(node, LAYER, Some(*level), path, findings),
        Shape::Layers(level) => {
            if *level == Level::Shard {
                let numbers = node.as_map().unwrap_or_default().iter();
                findings
                    .extend(numbers.filter_map(|(key, _)| invalid_shard_number(&key.shown(), path).map(|finding| finding.at(key.mark))));
            }
            for_entries(node, path, findings, |value, path, findings| check_fields(value, LAYER, Some(*level), path, findings));
        }
    }
}

/// Checks the value of each entry of a mapping.
fn for_entries(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings, check: impl Fn(&Node<'_>, &Path<'_>, &mut Findings)) {
    let Some(entries) = node.as_map() else {
        return findings.push(wrong_type(node, "must be a mapping", "write `field: value` lines below it", path));
    };
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
        check(value, &path.key(&key.shown()), findings);
    }
}

/// Checks the number of a shard. Numbers are compared as strings, so `01` does not match the shard `1`.
fn invalid_shard_number(number: &str, path: &Path<'_>) -> Option<Finding> {
    let finding = Code::InvalidShardNumber.error(path.key(number), "is not a valid shard number").got(number);
    match number.parse::<u32>() {
        Err(_) => Some(finding.fix("use 0, 1, 2 and so on")),
        Ok(plain) if plain.to_string() != number => Some(finding.propose(plain.to_string())),
        Ok(_) => None,
    }
}

fn check_scalar(node: &Node<'_>, shape: &Shape, path: &Path<'_>) -> Option<Finding> {
    let text = node.as_text();
    let number = || text.and_then(|text| text.parse::<i64>().ok());
    let wrong = |message: &str, fix: &str| Some(wrong_type(node, message, fix, path));
    match shape {
        Shape::Text if text.is_none_or(str::is_empty) => wrong("must be a string", "write one value"),
        Shape::Int(least) => match number() {
            None => Some(wrong_type(node, &format!("must be a whole number of at least {least}"), "write a whole number", path)),
            Some(number) if number < *least => {
                Some(out_of_range(node, format!("must be at least {least}"), &format!("set it to {least} or more"), path))
            }
            // Numbers of Kubernetes are int32.
            Some(number) if number > i64::from(i32::MAX) => {
                Some(out_of_range(node, format!("must be at most {}", i32::MAX), "set it to a smaller number", path))
            }
            Some(_) => None,
        },
        Shape::Flag if flag(node).is_none() => wrong("must be true or false", "write true or false"),
        Shape::Share if text.is_none_or(|text| text.strip_suffix('%').unwrap_or(text).parse::<u32>().is_err()) => {
            wrong("must be a whole number or a percentage", "write a value such as 1 or 25%")
        }
        Shape::Quantity if text.and_then(quantity::parse).is_none() => {
            let finding = Code::InvalidQuantity.error(path, "is not a valid quantity").got(node.shown());
            Some(finding.fix("write a value such as 500m, 2, 8Gi or 1.5G").at(node.mark))
        }
        Shape::Choice(_) | Shape::JinaVersion | Shape::ImagePattern => {
            check_text(&node.shown(), shape, path).map(|finding| finding.at(node.mark))
        }
        _ => None,
    }
}

/// Checks the value of a setting, from YAML or from a caller.
pub fn check_text(text: &str, shape: &Shape, path: &Path<'_>) -> Option<Finding> {
    match shape {
        Shape::Choice(values) if !values.contains(&text) => {
            let finding = Code::ValueNotAllowed.error(path, "is not an allowed value");
            Some(finding.suggest(text, values.iter().copied()).got(text))
        }
        Shape::JinaVersion => match Version::parse(text) {
            None => {
                let finding = Code::UnsupportedJinaVersion.error(path, "is not a version of Jina 3").got(text);
                Some(finding.fix(format!("write three numbers, such as {JINA_VERSION}")))
            }
            Some(version) if version < Version::OLDEST => {
                let message = format!("is older than {}, whose containers take other arguments", Version::OLDEST);
                let finding = Code::UnsupportedJinaVersion.error(path, message).got(text);
                Some(finding.fix(format!("use a newer version, such as {JINA_VERSION}")))
            }
            Some(_) => None,
        },
        Shape::ImagePattern => {
            let message = Pattern::parse(text).err()?;
            Some(Code::InvalidImagePattern.error(path, message).got(text).fix("write REGISTRY/{owner}/{name}:{tag}"))
        }
        _ => None,
    }
}

fn check_entry(name: &str, value: &Node<'_>, shape: &'static Shape, path: &Path<'_>, findings: &mut Findings) {
    if let Shape::Strings(may_be_empty) = shape {
        if value.is_null() || value.as_text().is_none_or(|text| text.is_empty() && !may_be_empty) {
            findings.push(wrong_type(value, "must be a string", "write one value", path));
        }
        return;
    }
    if value.is_null() {
        return;
    }
    match shape {
        Shape::Quantities => return check_value(value, &Shape::Quantity, path, findings),
        Shape::Set => {
            if value.as_map().is_none_or(|fields| !fields.is_empty()) && flag(value) != Some(true) {
                let fix = format!("write `{name}: {{}}`, or `{name}: null` to remove the name");
                findings.push(wrong_type(value, "is a name and takes no value", &fix, path));
            }
            return;
        }
        _ => {}
    }
    if value.as_text().is_none() {
        return findings.push(wrong_type(value, "must be a string", "write one value", path));
    }
    let invalid_name = |message: &str, fix: &str| Code::InvalidName.error(path, message).got(value.shown()).fix(fix).at(value.mark);
    if matches!(shape, Shape::Variables) && !is_variable(name) {
        findings.push(invalid_name("is not a valid name of a variable", "use letters, digits, `_`, `-` and `.`, without a digit first"));
    }
    if matches!(shape, Shape::Labels) {
        let invalid_label = |message: &str, fix: &str| Code::InvalidLabel.error(path, message).got(value.shown()).fix(fix).at(value.mark);
        if !is_label_key(name) {
            let fix = "write NAME or DOMAIN/NAME; a NAME has at most 63 letters, digits, `-`, `_` and `.`";
            findings.push(invalid_label("is not a valid key of a label", fix));
        }
        let text = value.shown();
        if !(text.is_empty() || is_label_name(&text)) {
            let message = if text.len() > 63 { "is longer than 63 characters" } else { "is not a valid value of a label" };
            let fix = "use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last";
            findings.push(invalid_label(message, fix));
        }
    }
}

fn wrong_type(node: &Node<'_>, message: &str, fix: &str, path: &Path<'_>) -> Finding {
    Code::WrongType.error(path, message).got(node.shown()).fix(fix).at(node.mark)
}

fn out_of_range(node: &Node<'_>, message: String, fix: &str, path: &Path<'_>) -> Finding {
    Code::ValueOutOfRange.error(path, message).got(node.shown()).fix(fix).at(node.mark)
}

/// `true` or `false`, as YAML and kustomize write it.
pub fn flag(node: &Node<'_>) -> Option<bool> {
    match node.as_text()? {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
