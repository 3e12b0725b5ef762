//! Variables in a Flow: `${{ ENV.X }}`, `${{ CONTEXT.x }}`, `${{ x }}`, `$X`, and references to other fields such as
//! `${{root.with.name}}` and `${{this.name}}` (`jina/jaml/__init__.py`, `expand_dict`).
//!
//! Jina takes values from the environment of the process that exports. A function must not read the environment, so one
//! explicit context replaces both the environment and Jina's context.

use std::borrow::Cow;
use std::cell::Cell;

use super::jcloud::JCLOUD;
use super::scalar::{self, retyped};
use super::value::Value;
use crate::finding::{Code, Finding, Findings, Path};
use crate::yaml::{Data, Dict, Node, Scalar, Style};

/// The values of variables, by name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Context(Dict<String, String>);

impl Context {
    /// Sets the value of `name`, and replaces an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.0.insert(name.clone(), name, value.into());
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first names, as candidates for "did you mean".
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.pairs().iter().take(100).map(|(name, _)| name.as_str())
    }
}

/// The replacement of an expression whose variable is not in the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// No replacement; [`left`] finds the expression later.
    Kept,
    /// `$X` or `$$x`, as in Jina.
    AsInJina,
}

/// The most passes over the Flow. Jina makes one pass for variables and three for references. A chain of references that
/// needs more passes counts as a cycle.
const MOST_PASSES: usize = 16;

/// The most bytes that replacements may produce in one pass. Without a limit, references to references could produce text
/// of any size.
const MOST_TEXT: usize = 16 << 20;

/// The most keys that may be compared in one pass to find the fields of references.
const MOST_PASSED: usize = 16 << 20;

/// Replaces every variable and reference in the values (never in keys) below `root`.
pub fn substitute<'t>(root: Node<'t>, context: &Context, missing: Missing, path: &Path<'_>, findings: &mut Findings) -> Node<'t> {
    if !root.any_scalar(&mut |scalar| scalar.text.contains('$')) {
        return root;
    }
    let mut current = root;
    for _ in 0..MOST_PASSES {
        let pass = Pass {
            root: &current,
            context,
            missing,
            produced: Cell::new(0),
            passed: Cell::new(0),
            referred: Cell::new(false),
            is_in_jcloud: Cell::new(false),
        };
        let mut changed = false;
        let next = pass.node(&current, None, path, findings, &mut changed);
        let exhausted = pass.produced.get() > MOST_TEXT;
        let over_budget = pass.is_over_budget();
        let referred = pass.referred.get();
        current = next;
        if findings.has_errors() {
            return current;
        }
        if over_budget {
            findings.push(Code::TooLarge.error(path, "has too many references").fix("write plain values"));
            return current;
        }
        if exhausted || (!changed && referred) {
            break;
        }
        if !changed {
            return current;
        }
    }
    let finding = Code::ReferenceCycle.error(path, "has a reference that refers back to itself");
    findings.push(finding.fix("write a plain value in one of the fields of the cycle"));
    current
}

struct Pass<'p, 't> {
    root: &'p Node<'t>,
    context: &'p Context,
    missing: Missing,
    produced: Cell<usize>,
    /// The number of keys that were compared to find the fields of references.
    passed: Cell<usize>,
    /// Whether any reference was replaced.
    referred: Cell<bool>,
    /// Whether the current value is in a `jcloud` block.
    is_in_jcloud: Cell<bool>,
}

impl<'t> Pass<'_, 't> {
    fn node(&self, node: &Node<'t>, this: Option<&Node<'t>>, path: &Path<'_>, findings: &mut Findings, changed: &mut bool) -> Node<'t> {
        let data = match &node.data {
            Data::List(entries) => {
                Data::List(entries.iter().enumerate().map(|(i, e)| self.node(e, None, &path.index(i), findings, changed)).collect())
            }
            Data::Map(pairs) => Data::Map(
                pairs
                    .iter()
                    .map(|(key, value)| {
                        let name = key.as_text().unwrap_or_default();
                        let outer = self.is_in_jcloud.replace(self.is_in_jcloud.get() || name == JCLOUD);
                        let value = self.node(value, Some(node), &path.key(name), findings, changed);
                        self.is_in_jcloud.set(outer);
                        (key.clone(), value)
                    })
                    .collect(),
            ),
            Data::Scalar(scalar) if scalar.text.contains('$') => match self.text(&scalar.text, this) {
                Ok(text) if text == scalar.text => node.data.clone(),
                Ok(text) => {
                    *changed = true;
                    typed(text, scalar.style)
                }
                // Jina ignores the block, so a missing value in it does not stop the export.
                Err(_) if self.is_in_jcloud.get() => node.data.clone(),
                Err(finding) => {
                    findings.push(finding.on(path).got(&*scalar.text).at(node.mark));
                    node.data.clone()
                }
            },
            Data::Scalar(_) => node.data.clone(),
        };
        Node { mark: node.mark, tag: node.tag.clone(), data }
    }

    fn is_over_budget(&self) -> bool {
        self.passed.get() > MOST_PASSED
    }

    /// Replaces the expressions of one string.
    fn text(&self, text: &str, this: Option<&Node<'t>>) -> Result<String, Finding> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let ends = Ends::of(text);
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if self.produced.get() > MOST_TEXT || self.is_over_budget() {
                return Ok(text.to_owned());
            }
            let (replaced, length) = self.expression(rest, ends, this)?;
            self.produced.set(self.produced.get() + replaced.len());
            out.push_str(&replaced);
            rest = &rest[length..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The replacement of the expression at the start of `rest`, and the length of the expression.
    fn expression(&self, rest: &str, ends: Ends, this: Option<&Node<'t>>) -> Result<(String, usize), Finding> {
        if let Some(body) = ends.body_of_two_braces(rest)
            && let Some(end) = body.find("}}")
        {
            let length = end + "${{}}".len();
            let inner = &body[..end];
            if let Some(replaced) = self.variable(inner) {
                return Ok((replaced, length));
            }
            if let Some(replaced) = self.reference(inner, this)? {
                return Ok((replaced, length));
            }
            return Ok((rest[..length].to_owned(), length));
        }
        let (name, length) = dollar(rest, ends);
        // A `$X` that is not in the context stays unchanged: it may be text, such as a price or a password.
        Ok((self.context.get(name).map_or_else(|| rest[..length].to_owned(), str::to_owned), length))
    }

    /// Replaces a variable. `None` if the expression is not a variable, or stays unchanged.
    fn variable(&self, inner: &str) -> Option<String> {
        let Variable { name, is_environment } = Variable::of(inner)?;
        if let Some(value) = self.context.get(name) {
            return Some(value.to_owned());
        }
        match (self.missing, is_environment) {
            (Missing::AsInJina, true) => Some(format!("${name}")),
            (Missing::AsInJina, false) => Some(format!("$${name}")),
            (Missing::Kept, _) => None,
        }
    }

    /// Replaces a reference, `${{root.a.b[0]}}`, `${{this.a}}` or `${{ENV.X}}`: no blanks. `None` if the expression is not a
    /// reference.
    fn reference(&self, inner: &str, this: Option<&Node<'t>>) -> Result<Option<String>, Finding> {
        if inner.is_empty() || !inner.chars().all(|c| is_word(c) || matches!(c, '.' | '[' | ']')) {
            return Ok(None);
        }
        let (head, steps) = inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()));
        let undefined = || {
            let message = format!("uses `${{{{{inner}}}}}`, which is not a field of this Flow");
            Code::UndefinedReference.error("", message).fix("use the path of an existing field")
        };
        let mut node = match head {
            "root" => self.root,
            "this" => this.ok_or_else(undefined)?,
            "ENV" => {
                let name = steps.strip_prefix('.').unwrap_or_default();
                return match (self.context.get(name), self.missing) {
                    (Some(value), _) => Ok(Some(value.to_owned())),
                    (None, Missing::Kept) if !name.is_empty() => Ok(None),
                    (None, _) => Err(undefined()),
                };
            }
            // Python's formatter reads a number as a positional argument, and Jina passes no such arguments.
            number if number.bytes().all(|b| b.is_ascii_digit()) => return Err(undefined()),
            // Any other first name leaves the string unchanged.
            _ => return Ok(None),
        };
        for step in steps.replace('[', ".[").split('.').skip(1) {
            self.passed.set(self.passed.get() + node.as_map().map_or(0, <[_]>::len));
            node = match step.strip_prefix('[').and_then(|index| index.strip_suffix(']')) {
                Some(index) => index.parse::<usize>().ok().and_then(|i| node.as_list()?.get(i)),
                None => node.get(step),
            }
            .ok_or_else(undefined)?;
        }
        self.referred.set(true);
        match &node.data {
            Data::Map(_) => Err(undefined()),
            _ => Ok(Some(scalar::value(node).to_str())),
        }
    }
}

/// The places of the last braces of a string, counted from its end. After them the search for the end of an expression would
/// read the rest of the string each time.
#[derive(Clone, Copy)]
struct Ends {
    brace: Option<usize>,
    two_braces: Option<usize>,
}

impl Ends {
    fn of(text: &str) -> Self {
        let from_end = |at: usize| text.len() - at;
        Self { brace: text.rfind('}').map(from_end), two_braces: text.rfind("}}").map(from_end) }
    }

    /// The part of `rest` after `${`, if a brace follows.
    fn body_of_brace(self, rest: &str) -> Option<&str> {
        rest.strip_prefix("${").filter(|body| self.brace.is_some_and(|end| end <= body.len()))
    }

    /// The part of `rest` after `${{`, if two braces follow.
    fn body_of_two_braces(self, rest: &str) -> Option<&str> {
        rest.strip_prefix("${{").filter(|body| self.two_braces.is_some_and(|end| end <= body.len()))
    }
}

/// A variable in the form `${{ ENV.X }}`, `${{ CONTEXT.x }}` or `${{ x }}`: exactly one blank on each side.
struct Variable<'v> {
    name: &'v str,
    is_environment: bool,
}

impl<'v> Variable<'v> {
    /// The variable between `${{` and `}}`; `None` if the expression is not a variable.
    fn of(inner: &'v str) -> Option<Self> {
        let is_blank = |c: char| c.is_ascii_whitespace();
        let expression = inner.strip_prefix(is_blank).and_then(|inner| inner.strip_suffix(is_blank))?;
        let environment = expression.strip_prefix("ENV.").or_else(|| expression.strip_prefix("env."));
        let context = || expression.strip_prefix("CONTEXT.").or_else(|| expression.strip_prefix("context."));
        let name = environment.or_else(context).unwrap_or(expression);
        name.chars().all(is_word).then_some(Self { name, is_environment: environment.is_some() })
    }
}

/// An expression that is left in a string after [`substitute`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left<'v> {
    /// A variable without a value. `$X` may also be a part of the string.
    Variable {
        /// The name of the variable.
        name: &'v str,
        /// Whether the form is `${{ … }}`.
        is_braced: bool,
    },
    /// An expression that is not a variable: `${{ secrets.X }}`.
    Expression(&'v str),
}

/// The expressions that are left in a string. After another `$`, `$X` is not a variable.
pub fn left(text: &str) -> Vec<Left<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let ends = Ends::of(text);
    while let Some(at) = rest.find('$') {
        rest = &rest[at..];
        if let Some(body) = ends.body_of_two_braces(rest)
            && let Some(end) = body.find("}}")
        {
            let length = end + "${{}}".len();
            let inner = &body[..end];
            let name = Variable::of(inner).map(|variable| variable.name).or_else(|| inner.strip_prefix("ENV."));
            match name.filter(|name| is_name(name)) {
                Some(name) => found.push(Left::Variable { name, is_braced: true }),
                // A reference that is left is an error already.
                None if is_reference(inner) => {}
                None => found.push(Left::Expression(&rest[..length])),
            }
            rest = &rest[length..];
            continue;
        }
        let (name, length) = dollar(rest, ends);
        // `$$` is how other languages write a dollar.
        let is_escaped = text[..text.len() - rest.len()].ends_with('$');
        if is_name(name) && !is_escaped {
            found.push(Left::Variable { name, is_braced: false });
        }
        rest = &rest[length..];
    }
    found
}

/// Whether an expression is a reference, even to a field that does not exist.
fn is_reference(inner: &str) -> bool {
    let head = &inner[..inner.find(['.', '[']).unwrap_or(inner.len())];
    matches!(head, "root" | "this" | "ENV") || head.bytes().all(|b| b.is_ascii_digit())
}

/// The name in a `${X}` or `$X` at the start of `rest`, and the length of the expression.
fn dollar(rest: &str, ends: Ends) -> (&str, usize) {
    if let Some(name) = ends.body_of_brace(rest).and_then(|body| body.find('}').map(|end| &body[..end])) {
        return (name, name.len() + "${}".len());
    }
    let body = &rest[1..];
    let end = body.find(|c: char| !is_word(c)).unwrap_or(body.len());
    (&body[..end], end + 1)
}

/// Whether a string is the name of a variable. In `costs $5` there is none.
fn is_name(name: &str) -> bool {
    name.chars().all(is_word) && name.starts_with(|c: char| !c.is_ascii_digit())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Types a string after replacements. Only the rules of `parse_arg` apply, not those of YAML. A quoted string stays a string.
fn typed(text: String, style: Style) -> Data<'static> {
    let scalar = |text: String, style| Data::Scalar(Scalar { text: Cow::Owned(text), style });
    if style == Style::Quoted || text.contains('$') {
        return scalar(text, style);
    }
    match retyped(&text) {
        Value::Str(text) => scalar(text, Style::Quoted),
        Value::List(entries) => Data::List(entries.into_iter().map(|entry| typed(entry.to_str(), Style::Plain).into()).collect()),
        Value::Null => scalar("null".into(), Style::Plain),
        other => scalar(other.to_str(), Style::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    fn run(text: &str, missing: Missing) -> Result<String, String> {
        let mut context = Context::default();
        for (name, value) in [("TAG", "v7"), ("N", "5"), ("YES", "yes"), ("P", "x$Q"), ("Q", "NESTED"), ("L", "[a, 1]")] {
            context.set(name, value);
        }
        let mut findings = Findings::default();
        let root = read(text).map_err(|e| e.to_string())?.root.ok_or("nothing")?;
        let node = substitute(root, &context, missing, &Path::root(""), &mut findings);
        match findings.iter().next() {
            Some(f) => Err(format!("{}: {f}", f.path)),
            None => Ok(scalar::value(&node).to_repr()),
        }
    }

    #[test]
    fn variables_come_from_the_context() {
        for (text, expected) in [
            ("a: $TAG", "{'a': 'v7'}"),
            ("a: '${TAG}x'", "{'a': 'v7x'}"),
            ("a: x${{ ENV.TAG }}y", "{'a': 'xv7y'}"),
            ("a: ${{ CONTEXT.TAG }}", "{'a': 'v7'}"),
            ("a: ${{ TAG }}", "{'a': 'v7'}"),
            ("a: ${{ENV.TAG}}", "{'a': 'v7'}"),
            ("a: $N", "{'a': 5}"),
            ("a: '$N'", "{'a': '5'}"),
            ("a: $YES", "{'a': 'yes'}"),
            ("a: $L", "{'a': ['a', 1]}"),
            ("a: $P", "{'a': 'xNESTED'}"),
            ("a: $UNSET costs $5", "{'a': '$UNSET costs $5'}"),
            ("$TAG: a", "{'$TAG': 'a'}"),
        ] {
            assert_eq!(run(text, Missing::Kept).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn references_are_followed_to_their_end() {
        let text = "with: {name: base, port: 8080}\nx: {one: '${{root.with.name}}-1', two: '${{root.x.one}}-2'}\ny: [{n: a, m: '${{this.n}}:${{root.x.two}}'}]\nz: ${{root.with.port}}\nw: ${{root.y[0].n}}";
        let expected = "{'with': {'name': 'base', 'port': 8080}, 'x': {'one': 'base-1', 'two': 'base-1-2'}, 'y': [{'n': 'a', 'm': 'a:base-1-2'}], 'z': 8080, 'w': 'a'}";
        assert_eq!(run(text, Missing::Kept).as_deref(), Ok(expected));
        assert!(run("a: ${{root.b}}\nb: ${{root.a}}", Missing::Kept).is_err_and(|e| e.contains("refers back to itself")));
        let many = format!("a: '{}'\nb: '{}'", "${{root.b}}".repeat(50), "${{root.a}}".repeat(50));
        assert!(run(&many, Missing::Kept).is_err_and(|e| e.contains("refers back to itself")));
        for nothing in ["root.nope", "root", "this", "0", "[0]", ".root", "root[0]", "ENV", "root..a"] {
            let error = run(&format!("a: '${{{{{nothing}}}}}'"), Missing::Kept);
            assert!(error.is_err_and(|e| e.starts_with(&format!("a: uses `${{{{{nothing}}}}}`, which is not a field"))), "{nothing}");
        }
        assert_eq!(run("a: ${{foo.bar}}", Missing::Kept).as_deref(), Ok("{'a': '${{foo.bar}}'}"));
    }

    #[test]
    fn a_missing_variable_stays_unless_jina_is_imitated() {
        assert_eq!(run("a: '${{ ENV.TGA }}'", Missing::Kept).as_deref(), Ok("{'a': '${{ ENV.TGA }}'}"));
        assert_eq!(run("a: ${{ ENV.X }}\nb: ${{ x }}", Missing::AsInJina).as_deref(), Ok("{'a': '$X', 'b': '$$x'}"));
    }

    #[test]
    fn expressions_without_a_value_are_found() {
        let variable = |name, is_braced| Left::Variable { name, is_braced };
        for (text, expected) in [
            ("$A/${B}", vec![variable("A", false), variable("B", false)]),
            ("${{ ENV.A }}${{ b }}${{ENV.C}}", vec![variable("A", true), variable("b", true), variable("C", true)]),
            ("${{root.a}}${{this}}${{0}}", vec![]),
            ("${{ secrets.A }}", vec![Left::Expression("${{ secrets.A }}")]),
            ("costs $5, $ and $(A), ${} $$, $$A", vec![]),
        ] {
            assert_eq!(left(text), expected, "{text}");
        }
    }
}
