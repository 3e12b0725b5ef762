//! Strings that Jina's export corrupts. The corrupted form of a string is not an edit of the user.

use crate::jina::placeholders::is_replaced;
use crate::jina::scalar::retyped;
use crate::jina::value::Value;
use crate::yaml::{Data, Node};

/// Replaces strings of an object that Jina exports with the corrupted strings of the object in the list.
pub fn corrupt<'t>(jinas: &mut Node<'t>, exported: &Node<'t>) {
    if is_corrupted(jinas, exported) {
        *jinas = exported.clone();
        return;
    }
    match (&mut jinas.data, &exported.data) {
        (Data::Map(pairs), Data::Map(_)) => {
            for (key, value) in pairs {
                if let Some(exported) = key.as_text().and_then(|name| exported.get(name)) {
                    corrupt(value, exported);
                }
            }
        }
        // The user may have added words.
        (Data::List(words), Data::List(exported)) if words.len() != exported.len() => {
            for word in words.iter_mut().filter(|word| word.as_text().is_some()) {
                let is_there = exported.iter().any(|other| other.as_text() == word.as_text());
                if let Some(corrupted) = exported.iter().find(|other| !is_there && is_corrupted(word, other)) {
                    *word = corrupted.clone();
                }
            }
        }
        (Data::List(entries), Data::List(exported)) => {
            for (entry, exported) in entries.iter_mut().zip(exported) {
                corrupt(entry, exported);
            }
        }
        _ => {}
    }
}

/// Whether a scalar is the corrupted form of a string.
fn is_corrupted(text: &Node<'_>, exported: &Node<'_>) -> bool {
    let (Some(text), Data::Scalar(written)) = (text.as_text(), &exported.data) else { return false };
    let written = &*written.text;
    // Jina writes some strings without quotes, such as `on`, so that kubectl reads another type.
    if text == written {
        return true;
    }
    // Arguments are pasted into the template as Python writes a list.
    let repr = Value::Str(text.to_owned()).to_repr();
    let pasted = repr.strip_prefix('\'').and_then(|repr| repr.strip_suffix('\'')).unwrap_or(text);
    let is_pasted = pasted == written || is_replaced(text, written) || is_replaced(pasted, written);
    // Jina doubles line feeds, and gives quoted strings the type that they would have without quotes.
    let feeds = |text: &str| text.matches('\n').count();
    let has_more_lines = feeds(written) > feeds(text) && written.split_whitespace().eq(text.split_whitespace());
    is_pasted || has_more_lines || (retyped(text) != Value::Str(text.to_owned()) && retyped(text).to_str() == written)
}

#[cfg(test)]
mod tests {
    use super::is_corrupted;
    use crate::yaml::Node;

    #[test]
    fn what_jina_writes_for_a_string_is_not_an_edit() {
        for (text, written) in [
            ("{\"a\": \"say \\\"x\\\"\"}", "{\"a\": \"say \\\\\"x\\\\\"\"}"),
            ("\"\\u00fc\"", "\"\\\\u00fc\""),
            ("on {port}", "on 8080"),
            ("0123", "123"),
            ("", "None"),
            ("one\ntwo\n", "\none\n\ntwo\n\n"),
        ] {
            assert!(is_corrupted(&text.into(), &written.into()), "{text:?} {written:?}");
        }
        assert!(is_corrupted(&"on".into(), &Node::plain("on")));
        for (text, edited) in [("0123", "124"), ("a b", "a  b"), ("x", "y"), ("{name}", "x")] {
            assert!(!is_corrupted(&text.into(), &edited.into()), "{text:?} {edited:?}");
        }
    }
}
