//! The variables that a Flow uses, for the settings that `jinaflow init` writes.

use std::collections::BTreeSet;

use crate::yaml::Node;

/// The names of variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Variables that must have a value: `${{ ENV.X }}`, `${{ CONTEXT.X }}`, `${{ X }}`.
    pub required: BTreeSet<String>,
    /// Variables that stay unchanged without a value, because they may be text: `$X` and `${X}`.
    pub optional: BTreeSet<String>,
}

/// The variables in the values of a Flow.
pub fn of(flow: &Node<'_>) -> Variables {
    let mut found = Variables::default();
    flow.any_scalar(&mut |scalar| {
        find(&scalar.text, &mut found);
        false
    });
    found
}

fn find(text: &str, found: &mut Variables) {
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        if let Some(body) = rest.strip_prefix("{{") {
            let Some(end) = body.find("}}") else { continue };
            found.required.extend(required(&body[..end]).map(str::to_owned));
            continue;
        }
        let name = match rest.strip_prefix('{') {
            Some(body) => body.split_once('}').map_or("", |(name, _)| name),
            None => &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())],
        };
        // `$5` is a price, and not a variable that anybody sets.
        if is_name(name) {
            found.optional.insert(name.to_owned());
        }
    }
}

/// The variable of an expression: ` ENV.X `, ` CONTEXT.X ` or ` X ` with blanks, or `ENV.X` without.
fn required(inner: &str) -> Option<&str> {
    let is_blank = |c: char| c.is_ascii_whitespace();
    let Some(expression) = inner.strip_prefix(is_blank).and_then(|inner| inner.strip_suffix(is_blank)) else {
        return inner.strip_prefix("ENV.").filter(|name| is_name(name));
    };
    let prefixes = ["ENV.", "env.", "CONTEXT.", "context."];
    let name = prefixes.iter().find_map(|prefix| expression.strip_prefix(prefix)).unwrap_or(expression);
    Some(name).filter(|name| is_name(name))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn variables_are_found_in_all_forms() {
        let text = "a: '${{ ENV.A }}${{ CONTEXT.B }}-${{ C }} ${{ENV.D}} ${{root.with.name}} ${{ x.y }}'\nb: [\"$E\", 'x${F}y', 'costs $5', '${{ G'] \n$K: v";
        let found = read(text).unwrap().root.map(|root| of(&root)).unwrap();
        assert_eq!(found.required.into_iter().collect::<Vec<_>>(), ["A", "B", "C", "D"]);
        assert_eq!(found.optional.into_iter().collect::<Vec<_>>(), ["E", "F"]);
    }
}
