//! Replaces aliases whose anchor is in another item. If that item changes or is removed, its anchor changes or is removed
//! too, and the alias would have another value or no value.

use crate::yaml::{self, Spot, SpotData, spots};

/// Returns the text of a list with every alias to an anchor in another item or field replaced by its value; `None` if the
/// list has no such alias, or if its aliases cannot be found.
pub fn kept_apart(text: &str) -> Option<String> {
    let aliases = yaml::aliases(text).ok().filter(|aliases| !aliases.is_empty())?;
    let (root, _) = spots(text, 2).ok()??;
    let borders = borders(&root)?;
    let part = |place: usize| borders.partition_point(|border| *border <= place);
    let mut out = String::new();
    let mut behind = 0;
    for alias in aliases.into_iter().filter(|alias| part(alias.anchor) != part(alias.place.start)) {
        out.push_str(text.get(behind..alias.place.start)?);
        yaml::within_flow(&alias.node, &mut out);
        behind = alias.place.end;
    }
    out.push_str(text.get(behind..)?);
    (behind > 0).then_some(out)
}

/// The starts of fields and items, in order.
fn borders(root: &Spot<'_>) -> Option<Vec<usize>> {
    let SpotData::Map(_, pairs) = &root.data else { return None };
    let mut borders = Vec::new();
    for (key, value) in pairs {
        borders.push(key.start);
        match (&key.data, &value.data) {
            (SpotData::Scalar(name, _), SpotData::List(_, entries)) if name == "items" => {
                borders.extend(entries.iter().map(|entry| entry.start));
            }
            _ => {}
        }
    }
    Some(borders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_other_items_are_replaced_by_their_values() {
        for (text, expected) in [
            ("items:\n- a: &x 0644 # c\n- b: *x # d\n", Some("items:\n- a: &x 0644 # c\n- b: 0644 # d\n")),
            ("items:\n- &x\n  a: 'on'\n- <<: *x\n  b: [*x]\n", Some("items:\n- &x\n  a: 'on'\n- <<: {a: \"on\"}\n  b: [{a: \"on\"}]\n")),
            ("items:\n- a: &x |\n    b\n- *x : c\n", Some("items:\n- a: &x |\n    b\n- \"b\\n\" : c\n")),
            // Aliases to an anchor in the same item stay, and the nearer of two anchors with the same name counts.
            ("items:\n- a: &x 1\n- b: &x 2\n  c: *x\n- d: *x\n", Some("items:\n- a: &x 1\n- b: &x 2\n  c: *x\n- d: 2\n")),
            ("items:\n- a: &x 1\n- b: &y [*x]\n- c: *y\n", Some("items:\n- a: &x 1\n- b: &y [1]\n- c: [1]\n")),
            ("items: [{a: &x b}, {c: *x}]\n", Some("items: [{a: &x b}, {c: b}]\n")),
            ("items:\n- a: &x b\nfunctionConfig: {c: *x}\n", Some("items:\n- a: &x b\nfunctionConfig: {c: b}\n")),
            ("items:\n- a: &x b\n  c: *x\n- d: '*x'\n", None),
            ("items:\n- a: 'rm *x & y'\n", None),
            ("items:\n- a: *x\n- b: &x 1\n", None),
        ] {
            assert_eq!(kept_apart(text).as_deref(), expected, "{text}");
        }
    }
}
