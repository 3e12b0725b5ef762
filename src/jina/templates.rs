//! Finds expressions of templating languages such as Helm and Jinja: `{{ … }}` and `{% … %}`.
//!
//! YAML reads `{{ x }}` as a mapping in a mapping, and does not accept `{% x %}`. The errors about these would not say that
//! the file is a template.

use crate::finding::{Code, FieldPath, Finding, Mark};
use crate::yaml::{Data, Node};

/// The place of a `{{ … }}` that YAML has read as a mapping: its only key is a mapping, and no key has a value.
pub fn in_node(node: &Node<'_>) -> Option<Mark> {
    match &node.data {
        Data::Scalar(_) => None,
        Data::List(entries) => entries.iter().find_map(in_node),
        Data::Map(pairs) => {
            let is_set =
                |key: &Node<'_>| key.as_map().is_some_and(|pairs| !pairs.is_empty() && pairs.iter().all(|(_, value)| value.is_null()));
            match pairs.as_slice() {
                [(key, value)] if value.is_null() && is_set(key) => Some(node.mark),
                pairs => pairs.iter().find_map(|(_, value)| in_node(value)),
            }
        }
    }
}

/// The place of an expression that explains a YAML syntax error: in the line of the error, or at the start of a line.
pub fn in_text(text: &str, error: Mark) -> Option<Mark> {
    let starts = |line: &str| ["{{", "{%", "{#"].iter().any(|mark| line.trim_start().trim_start_matches("- ").starts_with(mark));
    text.lines().zip(1..).find_map(|(line, number)| {
        let at = expression(line).filter(|_| number == error.line || starts(line))?;
        let column = u32::try_from(line[..at].chars().count() + 1).unwrap_or(u32::MAX);
        Some(Mark { line: number, column })
    })
}

/// The byte at which an expression begins; `${{ … }}` is a variable of Jina.
pub fn expression(text: &str) -> Option<usize> {
    let is_template = |at: &usize| !text[..*at].ends_with('$');
    let found = ["{{", "{%", "{#"].iter().flat_map(|mark| text.match_indices(mark)).map(|(at, _)| at);
    found.filter(is_template).min()
}

/// The finding about a template.
pub fn finding(path: impl Into<FieldPath>, mark: Mark) -> Finding {
    let message = "is a template: `{{ … }}` and `{% … %}` are expressions of Helm or Jinja, which jinaflow does not evaluate";
    let fix = "render the template first, or write `${{ ENV.NAME }}` and set the variable with `--context NAME=VALUE`";
    Code::TemplateExpression.error(path, message).fix(fix).at(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn expressions_are_found_and_variables_are_not() {
        for (text, expected) in [
            ("a: {{ b }}", Some((1, 4))),
            ("a: [{b: {{ .Values.c | default 1 }}}]", Some((1, 9))),
            ("{% if a %}\nb: c\n{% endif %}", Some((1, 1))),
            ("b: c\n  {{- with .d }}\na: }", Some((2, 3))),
            ("a: ${{ b }}", None),
            ("a: {b: c}", None),
            ("a: '{{ b }}'", None),
            ("a: '{{ b }}'\nb: }", None),
        ] {
            let found = match yaml::read(text) {
                Ok(document) => document.root.as_ref().and_then(in_node),
                Err(error) => in_text(text, error.mark),
            };
            assert_eq!(found.map(|mark| (mark.line, mark.column)), expected, "{text}");
        }
    }
}
