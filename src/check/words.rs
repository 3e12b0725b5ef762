//! Command lines as the kubelet, a shell and Jina take them.

use super::cluster::{Cluster, Index, Object};
use crate::yaml::Node;

/// Stands for what only a running container knows.
pub const RUNTIME: char = '\u{fffc}';

/// A word of a command line, before the kubelet has seen it.
#[derive(Debug)]
pub struct Word<'o> {
    /// Its text.
    pub text: std::borrow::Cow<'o, str>,
    /// `command` or `args`.
    pub list: &'static str,
    /// Its place there.
    pub index: usize,
}

/// The words of `command` and `args`; what a shell is given is split as the shell would.
pub fn words<'o>(container: &'o Node<'o>) -> Vec<Word<'o>> {
    let mut words = Vec::new();
    for list in ["command", "args"] {
        for (index, word) in container.get(list).and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
            let text = word.as_text().unwrap_or_default();
            if !text.starts_with('{') && text.contains("jina ") && text.contains("--") {
                words.extend(shell_words(text).into_iter().map(|text| Word { text: text.into(), list, index }));
            } else {
                words.push(Word { text: text.into(), list, index });
            }
        }
    }
    words
}

/// Words between blanks, quotes and backslashes taken off. What the shell's own variables hold nobody knows.
fn shell_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    let mut is_word = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                if !is_word {
                    words.push(String::new());
                }
                is_word = true;
                continue;
            }
            (letter, Some(open)) if letter == open => {
                quote = None;
                continue;
            }
            ('\\', None | Some('"')) => match letters.next() {
                Some('\n') | None => continue,
                Some(escaped) => escaped,
            },
            ('$', None | Some('"')) if letters.peek() != Some(&'(') => RUNTIME,
            (letter, None) if letter.is_whitespace() || letter == ';' || letter == '&' => {
                is_word = false;
                continue;
            }
            (letter, _) => letter,
        };
        match words.last_mut().filter(|_| is_word) {
            Some(word) => word.push(letter),
            None => words.push(letter.to_string()),
        }
        is_word = true;
    }
    words
}

/// The values of an option, each by its place: up to the next option, of the last time that it is given.
pub fn values<'w>(words: &'w [Word<'_>], option: &str) -> Vec<(usize, &'w str)> {
    let mut values = Vec::new();
    let mut is_open = false;
    for (place, word) in words.iter().enumerate() {
        match word.text.strip_prefix(option) {
            Some("") => {
                values.clear();
                is_open = true;
            }
            Some(value) if value.starts_with('=') => {
                values = vec![(place, &value[1..])];
                is_open = false;
            }
            _ if word.text.starts_with("--") => is_open = false,
            _ if is_open => values.push((place, &*word.text)),
            _ => {}
        }
    }
    values
}

/// The variables of a container, as the kubelet makes them: `envFrom`, then `env`, each value with those before it.
#[derive(Debug)]
pub struct Variables {
    by_name: Index,
    values: Vec<String>,
    /// Whether there are some that nobody can name.
    are_open: bool,
}

impl Variables {
    /// Reads them.
    pub fn of(container: &Node<'_>, cluster: &Cluster<'_>, object: &Object<'_>) -> Self {
        let mut variables = Self { by_name: Index::default(), values: Vec::new(), are_open: false };
        let entries = |list| container.get(list).and_then(Node::as_list).unwrap_or_default();
        let text = |node: &Node<'_>, field: &str| node.get(field).and_then(Node::as_text).unwrap_or_default().to_owned();
        for source in entries("envFrom") {
            let prefix = text(source, "prefix");
            let found = [("configMapRef", "ConfigMap"), ("secretRef", "Secret")]
                .into_iter()
                .find_map(|(field, kind)| cluster.find(kind, object.namespace, source.get(field)?.get("name")?.as_text()?));
            let data = ["data", "stringData"].map(|field| found.and_then(|found| found.node.get(field)?.as_map()));
            variables.are_open |= data == [None, None];
            for (key, value) in data.into_iter().flatten().flatten() {
                let is_plain = found.is_some_and(|found| found.kind == "ConfigMap");
                variables.set(&format!("{prefix}{}", key.shown()), if is_plain { value.shown() } else { RUNTIME.to_string() });
            }
        }
        for entry in entries("env") {
            let value = match entry.get("valueFrom") {
                None => variables.expanded(&text(entry, "value")),
                Some(from) => {
                    let is_namespace = from.get("fieldRef").is_some_and(|field| text(field, "fieldPath") == "metadata.namespace");
                    let mapped = from.get("configMapKeyRef").and_then(|key| {
                        let map = cluster.find("ConfigMap", object.namespace, &text(key, "name"))?;
                        map.node.get("data")?.get(&text(key, "key"))?.as_text()
                    });
                    match mapped {
                        Some(value) => value.to_owned(),
                        None if is_namespace && !object.namespace.is_empty() => object.namespace.to_owned(),
                        None => RUNTIME.to_string(),
                    }
                }
            };
            variables.set(&text(entry, "name"), value);
        }
        variables
    }

    fn set(&mut self, name: &str, value: String) {
        self.by_name.add([name, "", ""], self.values.len());
        self.values.push(value);
    }

    /// A text with `$(NAME)` replaced and `$$` for a dollar; a name without a value stays as it is
    /// (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
    #[must_use]
    pub fn expanded(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            rest = behind;
            if let Some(more) = rest.strip_prefix('$') {
                out.push('$');
                rest = more;
            } else if let Some((name, more)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                // Kubernetes sets variables of its own for every Service.
                let is_open = self.are_open || name.contains("_SERVICE_") || name.contains("_PORT");
                match self.by_name.get([name, "", ""]).last() {
                    Some(id) => out.push_str(&self.values[*id]),
                    None if is_open => out.push(RUNTIME),
                    None => out.push_str(&format!("$({name})")),
                }
                rest = more;
            } else {
                out.push('$');
            }
        }
        out + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shells_words_are_split() {
        let text = "exec jina gateway --x '{\"a\": [\"b c\"]}' \\\n --y \"it's $HOME\" '' --z=\\$1 $(A)";
        let expected = ["exec", "jina", "gateway", "--x", "{\"a\": [\"b c\"]}", "--y", "it's \u{fffc}HOME", "", "--z=$1", "$(A)"];
        assert_eq!(shell_words(text), expected);
    }

    #[test]
    fn the_last_time_counts() {
        let words: Vec<Word<'_>> = ["--port", "1", "2", "--port-monitoring", "9", "--port=3", "4", "--x", "--port", "5", "6"]
            .into_iter()
            .enumerate()
            .map(|(index, text)| Word { text: text.into(), list: "args", index })
            .collect();
        assert_eq!(values(&words, "--port"), [(9, "5"), (10, "6")]);
        assert_eq!(values(&words[..7], "--port"), [(5, "3")]);
        assert_eq!(values(&words, "--x"), []);
    }
}
