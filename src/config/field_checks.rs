//! Checks the names and values of fields against the tables in [`super::fields`].

use super::amounts;
use super::audience::Level;
use super::field::{Field, Shape};
use super::fields::{LAYER, find};
use super::forms;
use super::image_pattern::Pattern;
use super::images::JINA_VERSION;
use super::misplaced::{self, Unknown};
use super::object_names::{is_label_key, is_label_name, is_variable};
use super::part_checks;
use crate::finding::{Code, Finding, Findings, HIDDEN, Path, nearest, shows_a_secret};
use crate::jina::versions::Version;
use crate::yaml::Node;

/// The most known names that a finding lists.
const MOST_NAMES: usize = 12;

/// Reports every key of a mapping that is not among the known names.
pub fn check_names(node: &Node<'_>, known: &[&str], path: &Path<'_>, findings: &mut Findings) {
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.shown();
        if !known.contains(&&*name) {
            let path = path.key(&name);
            let finding = misplaced::of_spec(&name, &path).unwrap_or_else(|| unknown_field(&name, known.iter().copied(), &path));
            findings.push(finding.at(key.mark));
        }
    }
}

/// The error for a field that does not exist.
pub fn unknown_field<'k>(name: &str, known: impl Iterator<Item = &'k str> + Clone, path: &Path<'_>) -> Finding {
    let finding = Code::UnknownField.error(path, "is not a known field");
    if known.clone().count() > MOST_NAMES && nearest(name, known.clone()).is_none() {
        return finding.fix("remove it; `jinaflow fields` lists all fields");
    }
    finding.suggest(name, known)
}

/// Checks the fields of a mapping. `level` is the level of a layer, or `None` if the mapping is not a layer.
fn check_fields_of(
    pairs: &[(Node<'_>, Node<'_>)],
    fields: &'static [Field],
    level: Option<Level>,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    let is_allowed = |field: &&Field| level.is_none_or(|level| field.audience.has(level));
    for (key, value) in pairs {
        let name = key.shown();
        let path = path.key(&name);
        match find(fields, &name) {
            Some(field) if !is_allowed(&field) => {
                // The number of shards is an option, and options have their own place.
                let is_option = name == "shards" && value.as_map().is_none();
                let option = if is_option { Unknown { name: &name, value, fields, level, path: &path, is_valid }.finding() } else { None };
                findings.push(option.unwrap_or_else(|| misplaced::of_another_level(field, level, &path)).at(key.mark));
            }
            Some(_) if value.is_null() => {}
            Some(field) => check_field(value, field, level, &path, findings),
            None => {
                let unknown = Unknown { name: &name, value, fields, level, path: &path, is_valid };
                let names: Vec<&str> = fields.iter().filter(is_allowed).map(|field| field.name).collect();
                let finding = unknown.finding().unwrap_or_else(|| {
                    let is_near = nearest(&name, names.iter().copied()).is_some();
                    let option = if is_near { None } else { unknown.near_option() };
                    option.unwrap_or_else(|| unknown_field(&name, names.into_iter(), &path))
                });
                findings.push(finding.at(key.mark));
            }
        }
    }
}

/// Checks a `spec`, which may have any of these fields.
pub fn check_fields(node: &Node<'_>, fields: &'static [Field], path: &Path<'_>, findings: &mut Findings) {
    match node.as_map() {
        Some(pairs) => check_fields_of(pairs, fields, None, path, findings),
        None => findings.push(wrong_type(node, "must be a mapping", "write `field: value` lines below it", path)),
    }
}

/// Checks the value of a field, and shows its right form if it has another one.
fn check_field(value: &Node<'_>, field: &'static Field, level: Option<Level>, path: &Path<'_>, findings: &mut Findings) {
    if let Some(finding) = misplaced::by_form(field, level, value, path, is_valid) {
        return findings.push(finding.at(value.mark));
    }
    match wrong_form(value, &field.shape) {
        Some(message) => findings.push(wrong_type(value, &message, &forms::line(field, value, is_valid), path)),
        None => check_value(value, &field.shape, Some(field), path, findings),
    }
}

/// Whether a value is valid for a field.
fn is_valid(node: &Node<'_>, field: &'static Field) -> bool {
    let mut findings = Findings::default();
    if wrong_form(node, &field.shape).is_none() {
        check_value(node, &field.shape, Some(field), &Path::root(""), &mut findings);
        return findings.is_empty();
    }
    false
}

/// What the value of a shape must be, if the value has another form.
fn wrong_form(node: &Node<'_>, shape: &Shape) -> Option<String> {
    let text = node.as_text();
    let wrong = match shape {
        Shape::Text | Shape::Word(_) | Shape::Quantity | Shape::Choice(_) | Shape::JinaVersion | Shape::ImagePattern if text.is_none() => {
            "must be a string"
        }
        Shape::Text if text == Some("") => "must not be empty",
        Shape::Word(format) if text == Some("") && !(format.is_valid)("") => "must not be empty",
        Shape::Int(least, _) if text.is_none_or(|text| text.parse::<i64>().is_err()) => {
            return Some(format!("must be a whole number of at least {least}"));
        }
        Shape::Flag if flag(node).is_none() => "must be true or false",
        Shape::Share(_) if text.and_then(share).is_none() => "must be a whole number or a percentage",
        Shape::Operations if node.as_list().is_none() => "must be a list of operations",
        Shape::Quantities
        | Shape::Texts
        | Shape::Strings(_)
        | Shape::Labels
        | Shape::Variables
        | Shape::Set
        | Shape::Fragment
        | Shape::Part
        | Shape::Fields(_)
        | Shape::Map(_)
        | Shape::Layer(_)
        | Shape::Layers(_)
            if node.as_map().is_none() =>
        {
            "must be a mapping"
        }
        _ => return None,
    };
    Some(wrong.to_owned())
}

/// Checks a value that has the form of its shape. `field` is the field with the value.
fn check_value(node: &Node<'_>, shape: &'static Shape, field: Option<&'static Field>, path: &Path<'_>, findings: &mut Findings) {
    let pairs = node.as_map().unwrap_or_default();
    if let Some(format) = field.and_then(|field| field.keys) {
        for (key, _) in pairs.iter().filter(|(_, value)| !value.is_null()) {
            let name = key.shown();
            findings.extend(format.finding(&name, &path.key(&name)).map(|finding| finding.at(key.mark)));
        }
    }
    match shape {
        Shape::Int(..)
        | Shape::Share(_)
        | Shape::Quantity
        | Shape::Word(_)
        | Shape::Choice(_)
        | Shape::JinaVersion
        | Shape::ImagePattern => {
            findings.extend(check_scalar(node, shape, path));
        }
        Shape::Quantities | Shape::Texts | Shape::Strings(_) | Shape::Labels | Shape::Variables | Shape::Set => {
            for (key, value) in pairs {
                let name = key.shown();
                check_entry(&name, value, shape, &path.key(&name), findings);
            }
        }
        Shape::Part => part_checks::check(node, path, findings),
        Shape::Text | Shape::Flag | Shape::Fragment | Shape::Operations | Shape::Flow => {}
        Shape::Fields(fields) => check_fields_of(pairs, fields, None, path, findings),
        Shape::Map(fields) => check_entries(pairs, fields, None, field, path, findings),
        Shape::Layer(level) => check_fields_of(pairs, LAYER, Some(*level), path, findings),
        Shape::Layers(level) => {
            if *level == Level::Shard {
                let numbers = pairs.iter();
                findings
                    .extend(numbers.filter_map(|(key, _)| invalid_shard_number(&key.shown(), path).map(|finding| finding.at(key.mark))));
            }
            check_entries(pairs, LAYER, Some(*level), field, path, findings);
        }
    }
}

/// Checks the value of each entry of a field that maps names to mappings.
fn check_entries(
    pairs: &[(Node<'_>, Node<'_>)],
    fields: &'static [Field],
    level: Option<Level>,
    field: Option<&'static Field>,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_null()) {
        let name = key.shown();
        let path = path.key(&name);
        if let Some(below) = value.as_map() {
            check_fields_of(below, fields, level, &path, findings);
            continue;
        }
        let fix = match misplaced::instead_of_name(&name, value, level) {
            Some(fix) => fix,
            None => forms::line_of_entry(&name, field, fields, value, is_valid),
        };
        findings.push(wrong_type(value, "must be a mapping", &fix, &path));
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
    let text = node.as_text().unwrap_or_default();
    let finding = match shape {
        Shape::Int(least, most) => match text.parse::<i64>() {
            Ok(number) if number < *least => {
                out_of_range(node, format!("must be at least {least}"), &format!("set it to {least} or more"), path)
            }
            Ok(number) if number > *most => {
                let fix = if *most == i64::from(i32::MAX) { "set it to a smaller number" } else { &format!("set it to {most} or less") };
                out_of_range(node, format!("must be at most {most}"), fix, path)
            }
            _ => return None,
        },
        Shape::Share(most) => match share(text)? {
            (percent, true) if percent > *most => {
                out_of_range(node, format!("must be at most {most}%"), &format!("set it to {most}% or less"), path)
            }
            // Numbers of Kubernetes are int32.
            (number, _) if i32::try_from(number).is_err() => {
                out_of_range(node, format!("must be at most {}", i32::MAX), "set it to a smaller number", path)
            }
            _ => return None,
        },
        Shape::Word(format) => format.finding(text, path)?,
        Shape::Quantity => return amounts::storage(text, path).map(|finding| finding.at(node.mark)),
        _ => check_text(text, shape, path)?,
    };
    Some(finding.at(node.mark))
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
            findings.push(wrong_type(value, "must be a string", &forms::line_of_text(name), path));
        }
        return;
    }
    if value.is_null() {
        return;
    }
    match shape {
        Shape::Quantities => {
            return match value.as_text() {
                Some(text) => findings.extend(amounts::resource(name, text, path).map(|finding| finding.at(value.mark))),
                None => findings.push(wrong_type(value, "must be a quantity", "write a value such as 500m, 2, 8Gi or 1.5G", path)),
            };
        }
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
        return findings.push(wrong_type(value, "must be a string", &forms::line_of_text(name), path));
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
    let shown = node.shown();
    // A list of variables has both their names and their values.
    let is_hidden = node.as_text().is_none() && shows_a_secret(&shown);
    Code::WrongType.error(path, message).got(if is_hidden { HIDDEN } else { &shown }).fix(fix).at(node.mark)
}

fn out_of_range(node: &Node<'_>, message: String, fix: &str, path: &Path<'_>) -> Finding {
    Code::ValueOutOfRange.error(path, message).got(node.shown()).fix(fix).at(node.mark)
}

/// The number of a share, and whether it is a percentage (`IsValidPercent`).
fn share(text: &str) -> Option<(u32, bool)> {
    match text.strip_suffix('%') {
        Some(percent) => Some((percent.parse().ok().filter(|_| percent.bytes().all(|b| b.is_ascii_digit()))?, true)),
        None => Some((text.parse().ok()?, false)),
    }
}

/// `true` or `false`, as YAML and kustomize write it.
pub fn flag(node: &Node<'_>) -> Option<bool> {
    match node.as_text()? {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fields::SPEC;
    use crate::yaml::read;

    /// All fields, from `SPEC` and `LAYER` down.
    fn all_fields() -> Vec<&'static Field> {
        let mut fields: Vec<&Field> = SPEC.iter().chain(LAYER).collect();
        let mut place = 0;
        while place < fields.len() {
            if let Shape::Fields(below) | Shape::Map(below) = fields[place].shape {
                fields.extend(below);
            }
            place += 1;
        }
        fields
    }

    fn node(text: &str) -> Node<'_> {
        read(text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into())
    }

    /// The line that the fix of a finding tells the user to write.
    fn line(finding: &Finding) -> Option<&str> {
        finding.fix.as_deref()?.strip_prefix("write `")?.strip_suffix('`')
    }

    #[test]
    fn the_line_to_write_for_a_wrong_form_is_valid() {
        let values = [
            "[]",
            "{}",
            "[[a]]",
            "[a, b]",
            "{a: [b]}",
            "[{name: a}, {name: b, value: c}]",
            "[{x: y}]",
            "50Gi",
            "true",
            "false",
            "5",
            "a.b",
            "''",
        ];
        let mut lines = 0;
        for field in all_fields().into_iter().filter(|field| !matches!(field.shape, Shape::Flow)) {
            for value in values {
                let mut findings = Findings::default();
                let path = Path::root("spec");
                let path = path.key(field.name);
                check_field(&node(value), field, None, &path, &mut findings);
                for finding in findings.iter().filter(|finding| finding.code == Code::WrongType) {
                    if finding.path.steps().len() > 2 {
                        continue;
                    }
                    let line = line(finding).unwrap_or_else(|| panic!("{}: {value}: {finding}", field.name));
                    let fixed = node(line);
                    let fixed = fixed.get(field.name).unwrap_or_else(|| panic!("{line}"));
                    let mut findings = Findings::default();
                    check_field(fixed, field, None, &path, &mut findings);
                    let rest: Vec<String> = findings.iter().map(|finding| format!("{}: {finding}", finding.path)).collect();
                    assert_eq!(rest, [""; 0], "{}: {value}: {line}", field.name);
                    lines += 1;
                }
            }
        }
        assert!(lines > 500, "{lines}");
    }

    #[test]
    fn the_line_to_write_has_the_value_of_the_user() {
        let find = |name: &str| all_fields().into_iter().find(|field| field.name == name);
        for (name, value, expected) in [
            ("storage", "50Gi", "{size: 50Gi}"),
            ("expose", "LoadBalancer", "{type: LoadBalancer}"),
            ("expose", "8080", "{port: 8080}"),
            ("pdb", "false", "{enabled: false}"),
            ("networkPolicy", "true", "{enabled: true}"),
            ("monitoring", "true", "{kind: ServiceMonitor}"),
            ("monitoring", "PodMonitor", "{kind: PodMonitor}"),
            ("autoscale", "5", "{max: 5}"),
            ("resources", "1Gi", "{requests: {memory: 1Gi}}"),
            ("resources", "500m", "{requests: {cpu: 500m}}"),
            ("rollingUpdate", "25%", "{maxSurge: 25%}"),
            ("output", "overwrite", "{onConflict: overwrite}"),
            ("ingress", "a.example.com", "{hosts: {a.example.com: {}}}"),
            ("hosts", "[a.example.com, b.example.com]", "{a.example.com: {}, b.example.com: {}}"),
            ("hosts", "[{host: a.example.com, path: /x}]", "{a.example.com: {path: /x}}"),
            ("imagePullSecrets", "[{name: hub}]", "{hub: {}}"),
            ("env", "[{name: A, value: b}]", "{A: b}"),
            ("env", "[A=b, C=d]", "{A: b, C: d}"),
            ("nodeSelector", "disk=ssd", "{disk: ssd}"),
            (
                "tolerations",
                "[{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 5}]",
                "{nvidia.com/gpu: {operator: Exists, effect: NoSchedule, seconds: 5}}",
            ),
            ("traces", "collector.observability", "{host: collector.observability}"),
            ("drainSeconds", "[60]", "60"),
            ("executors", "[{name: encoder, replicas: 2}]", "{encoder: {replicas: 2}}"),
            ("gateway", "3", "{replicas: 3}"),
        ] {
            let mut findings = Findings::default();
            let Some(field) = find(name) else { panic!("{name}") };
            check_field(&node(value), field, None, &Path::root("spec"), &mut findings);
            let lines: Vec<Option<&str>> = findings.iter().map(line).collect();
            assert_eq!(lines, [Some(&*format!("{name}: {expected}"))], "{name}: {value}");
        }
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let mut findings = Findings::default();
        let Some(field) = find(LAYER, "env") else { panic!() };
        check_field(&node("[{name: HF_TOKEN, value: hf_x}]"), field, None, &Path::root("spec"), &mut findings);
        assert!(findings.len() == 1 && findings.iter().all(|finding| !finding.to_string().contains("hf_x")));
    }
}
