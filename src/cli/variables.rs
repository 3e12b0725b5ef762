//! The variables that a Flow uses, for the settings that `jinaflow init` writes.

use std::collections::BTreeSet;

use crate::finding::{FieldPath, Step};
use crate::jina::substitute::{Left, left};
use crate::yaml::{Data, Node};

/// The names of variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Variables that must have a value: `${{ ENV.X }}`, `${{ CONTEXT.X }}`, `${{ X }}`.
    pub required: BTreeSet<String>,
    /// Variables that may be a part of the text: `$X` and `${X}`. Only some fields need their value.
    pub optional: BTreeSet<String>,
}

/// The variables in the values of a Flow.
pub fn of(flow: &Node<'_>) -> Variables {
    let mut found = Variables::default();
    flow.any_scalar(&mut |scalar| {
        for variable in left(&scalar.text) {
            if let Left::Variable { name, is_braced } = variable {
                let names = if is_braced { &mut found.required } else { &mut found.optional };
                names.insert(name.to_owned());
            }
        }
        false
    });
    found
}

/// The variables in the value at a path: in a string, or in a list of strings. A mapping has none, because an error about
/// a mapping is not about the values in it.
pub fn at(flow: &Node<'_>, path: &FieldPath) -> BTreeSet<String> {
    let mut node = flow;
    for step in path.steps() {
        let next = match step {
            Step::Key(name) => node.get(name),
            Step::Index(index) => node.as_list().and_then(|entries| entries.get(*index)),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    let scalars: Vec<&Node<'_>> = match &node.data {
        Data::Scalar(_) => vec![node],
        Data::List(entries) => entries.iter().filter(|entry| entry.as_text().is_some()).collect(),
        Data::Map(_) => Vec::new(),
    };
    scalars.into_iter().map(of).flat_map(|found| found.required.into_iter().chain(found.optional)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn variables_are_found_in_all_forms() {
        let text = "a: '${{ ENV.A }}${{ CONTEXT.B }}-${{ C }} ${{ENV.D}} ${{root.with.name}} ${{ x.y }}'\nb: [\"$E\", 'x${F}y', 'costs $5', '$$G', '${{ H'] \n$K: v";
        let found = read(text).unwrap().root.map(|root| of(&root)).unwrap();
        assert_eq!(found.required.into_iter().collect::<Vec<_>>(), ["A", "B", "C", "D"]);
        assert_eq!(found.optional.into_iter().collect::<Vec<_>>(), ["E", "F"]);
    }

    #[test]
    fn variables_are_found_at_a_path() {
        let text = "a: [{b: '$A:${{ B }}', c: [$C, 1], d: {e: $D}}]";
        let root = read(text).unwrap().root.unwrap();
        let entry = FieldPath::from("a").index(0);
        let names = |key: &str| at(&root, &entry.key(key)).into_iter().collect::<Vec<_>>();
        assert_eq!(names("b"), ["A", "B"]);
        assert_eq!(names("c"), ["C"]);
        assert!(names("d").is_empty() && names("other").is_empty());
        assert_eq!(at(&root, &entry.key("b").key("scheme")).len(), 2);
    }
}
