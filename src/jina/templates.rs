//! Finds expressions of templating languages such as Helm and Jinja: `{{ … }}` and `{% … %}`.
//!
//! YAML reads `{{ x }}` as a mapping in a mapping, and does not accept `{% x %}`. The errors about these would not say that
//! the file is a template.

use crate::finding::{Code, FieldPath, Finding, Mark};
use crate::yaml::{Data, Node};

/// The expressions of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The place of the first expression.
    pub first: Mark,
    /// The number of expressions.
    pub count: usize,
}

impl Template {
    /// A template with one expression.
    pub fn at(first: Mark) -> Self {
        Self { first, count: 1 }
    }
}

/// The expressions of a Flow with a `{{ … }}` that YAML has read as a mapping: its only key is a mapping, and no key has a
/// value.
pub fn in_node(node: &Node<'_>) -> Option<Template> {
    let mut all = All::default();
    all.add(node);
    Some(Template { first: all.first?, count: all.count }).filter(|_| all.has_mapping)
}

/// The expressions of a Flow, as mappings and in strings.
#[derive(Default)]
struct All {
    first: Option<Mark>,
    count: usize,
    has_mapping: bool,
}

impl All {
    fn add(&mut self, node: &Node<'_>) {
        let count = match &node.data {
            Data::Scalar(scalar) => expressions(&scalar.text).count(),
            Data::List(entries) => return entries.iter().for_each(|entry| self.add(entry)),
            Data::Map(pairs) => {
                let is_set =
                    |key: &Node<'_>| key.as_map().is_some_and(|pairs| !pairs.is_empty() && pairs.iter().all(|(_, value)| value.is_null()));
                match pairs.as_slice() {
                    [(key, value)] if value.is_null() && is_set(key) => {
                        self.has_mapping = true;
                        1
                    }
                    pairs => return pairs.iter().for_each(|(_, value)| self.add(value)),
                }
            }
        };
        if count > 0 {
            self.first.get_or_insert(node.mark);
            self.count += count;
        }
    }
}

/// The expressions in the text of a Flow, if one of them explains a YAML syntax error: an expression in the line of the error,
/// or at the start of a line.
pub fn in_text(text: &str, error: Mark) -> Option<Template> {
    let starts = |line: &str| ["{{", "{%", "{#"].iter().any(|mark| line.trim_start().trim_start_matches("- ").starts_with(mark));
    let explains = |(line, number): (&str, u32)| (number == error.line || starts(line)) && expression(line).is_some();
    if !text.lines().zip(1..).any(explains) {
        return None;
    }
    let mut found: Option<Template> = None;
    // A line of a comment may show an expression.
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with('#')) {
        let Some(at) = expression(line) else { continue };
        let column = u32::try_from(line[..at].chars().count() + 1).unwrap_or(u32::MAX);
        let template = found.get_or_insert(Template { first: Mark { line: number, column }, count: 0 });
        template.count += expressions(line).count();
    }
    found
}

/// The byte at which the first expression begins.
pub fn expression(text: &str) -> Option<usize> {
    expressions(text).min()
}

/// The bytes at which expressions begin; `${{ … }}` is a variable of Jina.
fn expressions(text: &str) -> impl Iterator<Item = usize> {
    let found = ["{{", "{%", "{#"].iter().flat_map(move |mark| text.match_indices(mark)).map(|(at, _)| at);
    found.filter(move |at| !text[..*at].ends_with('$'))
}

/// The finding about a template.
pub fn finding(path: impl Into<FieldPath>, template: Template) -> Finding {
    let count = match template.count {
        0 | 1 => String::new(),
        count => format!(" with {count} expressions, of which this is the first"),
    };
    let message =
        format!("is a template{count}: `{{{{ … }}}}` and `{{% … %}}` are expressions of Helm or Jinja, which jinaflow does not evaluate");
    let fix = "render the template first, or write `${{ ENV.NAME }}` and set the variable with `--context NAME=VALUE`";
    Code::TemplateExpression.error(path, message).fix(fix).at(template.first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn expressions_are_found_and_variables_are_not() {
        for (text, expected) in [
            ("a: {{ b }}", Some((1, 4, 1))),
            ("a: [{b: {{ .Values.c | default 1 }}}]", Some((1, 9, 1))),
            ("{% if a %}\nb: c\n{% endif %}", Some((1, 1, 2))),
            ("b: c\n  {{- with .d }}\na: }", Some((2, 3, 1))),
            ("a: 'x:{{ b }}'\nc: {{ d }}", Some((1, 4, 2))),
            ("# {{ x }}\na: {{ b }}\nc: {{ d }}:{{ e }}", Some((2, 4, 3))),
            ("a: ${{ b }}", None),
            ("a: {b: c}", None),
            ("a: '{{ b }}'", None),
            ("a: '{{ b }}'\nb: }", None),
        ] {
            let found = match yaml::read(text) {
                Ok(document) => document.root.as_ref().and_then(in_node),
                Err(error) => in_text(text, error.mark),
            };
            assert_eq!(found.map(|Template { first, count }| (first.line, first.column, count)), expected, "{text}");
        }
    }
}
