//! Strings that Jina's export corrupts. The corrupted form of a string is not an edit of the user.

use super::recognition::{LABELS, SIGN, flag, removed_executors};
use crate::jina::placeholders::is_replaced;
use crate::jina::scalar::retyped;
use crate::jina::value::{Value, from_python_json};
use crate::yaml::{Data, Node};

/// Replaces strings of an object that Jina exports with the corrupted strings of the object in the list.
pub fn corrupt<'t>(jinas: &mut Node<'t>, exported: &Node<'t>) {
    if !removed_executors(exported).is_empty() {
        write_graph(jinas, exported);
    }
    write_label(jinas, exported);
    corrupt_value(jinas, exported);
}

/// Writes the name of the executor into its label as Jina does, although it may not be a valid value.
fn write_label(jinas: &mut Node<'_>, exported: &Node<'_>) {
    const NAME: &str = "JINA_DEPLOYMENT_NAME";
    let containers = jinas.list_at("spec.template.spec.containers");
    let mut variables = containers.iter().flat_map(|container| container.list_at("env"));
    let Some(name) = variables.find(|variable| variable.text_at("name") == NAME).map(|variable| variable.text_at("value").to_owned())
    else {
        return;
    };
    let own = exported.at(LABELS).map(|labels| labels.text_at(SIGN));
    let labels = LABELS.split('.').try_fold(jinas, |node, field| node.get_mut(field));
    if let Some(labels) = labels.filter(|_| own == Some(&name)) {
        labels.set(SIGN, name.into());
    }
}

/// Writes the graph of a gateway as Jina does for `inspect: REMOVE`: with the executors that it removes.
fn write_graph(jinas: &mut Node<'_>, exported: &Node<'_>) {
    const FLAG: &str = "--graph-description";
    let theirs = exported.list_at("spec.template.spec.containers");
    let Some(graph) = theirs.iter().find_map(|container| flag(container, FLAG)).map(str::to_owned) else { return };
    let pod = ["spec", "template", "spec", "containers"].into_iter().try_fold(jinas, |node, field| node.get_mut(field));
    let Some(Data::List(containers)) = pod.map(|containers| &mut containers.data) else { return };
    for container in containers {
        let Some(Data::List(words)) = container.get_mut("args").map(|args| &mut args.data) else { continue };
        let place = words.iter().position(|word| word.as_text() == Some(FLAG));
        if let Some(word) = place.and_then(|place| words.get_mut(place + 1)) {
            *word = graph.clone().into();
        }
    }
}

fn corrupt_value<'t>(jinas: &mut Node<'t>, exported: &Node<'t>) {
    if is_corrupted(jinas, exported) {
        *jinas = exported.clone();
        return;
    }
    match (&mut jinas.data, &exported.data) {
        (Data::Map(pairs), Data::Map(_)) => {
            for (key, value) in pairs {
                if let Some(name) = key.as_text()
                    && let Some(exported) = exported.get(name)
                {
                    corrupt_value(value, exported);
                }
            }
        }
        // The user may have added entries, or changed their order.
        (Data::List(entries), Data::List(exported)) if entries.iter().all(|entry| entry.as_text().is_none()) => {
            for (place, entry) in entries.iter_mut().enumerate() {
                let name = entry.text_at("name");
                let named = exported.iter().find(|other| !name.is_empty() && other.text_at("name") == name);
                if let Some(other) = named.or_else(|| exported.get(place).filter(|_| name.is_empty())) {
                    corrupt_value(entry, other);
                }
            }
        }
        (Data::List(words), Data::List(exported)) => corrupt_words(words, exported),
        _ => {}
    }
}

/// Replaces words of a command line. A word is looked for at its own place first, then unchanged, and then in its corrupted form.
fn corrupt_words<'t>(words: &mut [Node<'t>], exported: &[Node<'t>]) {
    let known: Vec<Option<String>> = words.iter().map(|word| word.as_text().map(str::to_owned)).collect();
    let is_known = |other: &Node<'_>| other.as_text().is_some_and(|text| known.iter().flatten().any(|known| known == text));
    for (place, word) in words.iter_mut().enumerate() {
        let own = exported.get(place).filter(|own| is_corrupted(word, own));
        let same = || exported.iter().find(|other| other.as_text() == word.as_text());
        let changed = || exported.iter().find(|other| !is_known(other) && is_corrupted(word, other));
        if let Some(corrupted) = own.or_else(same).or_else(changed) {
            *word = corrupted.clone();
        }
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
    // Jina doubles line feeds, also of strings that are written on several lines, and gives quoted strings the type that they would
    // have without quotes.
    let feeds = |text: &str| text.matches('\n').count();
    let visible = |text: &str| text.split_whitespace().collect::<String>();
    let has_more_lines = feeds(written) > feeds(text) && text.contains(char::is_whitespace) && visible(written) == visible(text);
    is_pasted
        || has_more_lines
        || (retyped(text) != Value::Str(text.to_owned()) && retyped(text).to_str() == written)
        || has_exchanged_tags(text, written)
        || has_dashes(text, written)
        || is_corrupted_json(text, written)
}

/// Whether two strings differ only in `jtype: ` and `!`. Jina replaces one with the other also inside of strings.
fn has_exchanged_tags(text: &str, written: &str) -> bool {
    const TAG: &str = "jtype: ";
    (text.contains(TAG) || written.contains(TAG)) && text.replace(TAG, "!") == written.replace(TAG, "!")
}

/// Whether names of inspecting executors in addresses start with a dash.
fn has_dashes(text: &str, written: &str) -> bool {
    let hosts = ["//", "\""].map(|start| [format!("{start}-aux-"), format!("{start}aux-")]);
    hosts.iter().any(|[dashed, _]| written.contains(dashed))
        && hosts.iter().fold(written.to_owned(), |text, [dashed, plain]| text.replace(dashed, plain)) == text
}

/// Whether JSON has the corrupted forms of the strings in other JSON. Backslashes may be doubled, because arguments are pasted.
fn is_corrupted_json(text: &str, written: &str) -> bool {
    if !text.starts_with(['{', '[']) {
        return false;
    }
    let Some(value) = from_python_json(text) else { return false };
    let unpasted = written.replace("\\\\", "\\").replace("\\'", "'");
    [written, &unpasted].into_iter().filter_map(from_python_json).any(|other| is_corrupted_value(&value, &other))
}

fn is_corrupted_value(value: &Value, written: &Value) -> bool {
    match (value, written) {
        (Value::Map(pairs), Value::Map(others)) => {
            let are_alike = |((name, value), (other, written)): (&(Value, Value), &(Value, Value))| {
                name.to_json() == other.to_json() && is_corrupted_value(value, written)
            };
            pairs.len() == others.len() && pairs.iter().zip(others).all(are_alike)
        }
        (Value::List(entries), Value::List(others)) if entries.len() == others.len() => {
            entries.iter().zip(others).all(|(value, written)| is_corrupted_value(value, written))
        }
        (Value::Str(text), written) => {
            let is_address = || matches!(written, Value::Str(written) if is_corrupted_address(text, written));
            value.to_json() == written.to_json() || retyped(text).to_json() == written.to_json() || is_address()
        }
        // Numbers that are not numbers differ from themselves.
        _ => value.to_json() == written.to_json(),
    }
}

/// Whether an address is that of an external executor without a port, or with a slash at its end.
fn is_corrupted_address(address: &str, written: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':').filter(|_| address.contains("://")) else { return false };
    let is_default = ["443", "80"].contains(&port);
    written == format!("{address}/") || is_default && written == format!("{host}:None")
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
            ("one twothree\n four", "one\ntwo\nthree\n\nfour"),
            ("see jtype: Bar.", "see !Bar."),
            ("{\"_aux_a\": [\"grpc://aux-a.ns.svc:8080\"]}", "{\"_aux_a\": [\"grpc://-aux-a.ns.svc:8080\"]}"),
            ("x!y", "xjtype: y"),
            ("{\"a\": [\"0123\", \"\", \"x\"], \"b\": NaN}", "{\"a\": [123, null, \"x\"], \"b\": NaN}"),
            ("{\"\\u00fc\": \"true\"}", "{\"\\\\u00fc\": true}"),
            ("{\"a\": [\"grpcs://a.example:443\"]}", "{\"a\": [\"grpcs://a.example:None\"]}"),
        ] {
            assert!(is_corrupted(&text.into(), &written.into()), "{text:?} {written:?}");
        }
        assert!(is_corrupted(&"on".into(), &Node::plain("on")));
        for (text, edited) in [
            ("0123", "124"),
            ("a b", "a  b"),
            ("x", "y"),
            ("{name}", "x"),
            ("ab", "a\nb"),
            ("{\"a\": \"1\"}", "{\"a\": 2}"),
            ("{\"a\": 1}", "{\"a\": \"1\"}"),
        ] {
            assert!(!is_corrupted(&text.into(), &edited.into()), "{text:?} {edited:?}");
        }
    }
}
