//! Command lines as the kubelet, a shell and Jina take them.

use super::cluster::{Cluster, Index, Object};
use super::fields::{self, at, pairs, plain};
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
        for (index, word) in fields::list(container, list).iter().enumerate() {
            let text = plain(word);
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
    #[inline(never)]
    pub fn of(container: &Node<'_>, cluster: &Cluster<'_>, object: &Object<'_>) -> Self {
        let mut variables = Self { by_name: Index::default(), values: Vec::new(), are_open: false };
        for source in fields::list(container, "envFrom") {
            let (map, secret) = (fields::text(source, "configMapRef.name"), fields::text(source, "secretRef.name"));
            let map = cluster.find("ConfigMap", object.namespace, map).filter(|found| found.kind == "ConfigMap");
            let secret = cluster.find("Secret", object.namespace, secret).filter(|found| found.kind == "Secret");
            variables.are_open |= map.is_none() && secret.is_none();
            let prefix = fields::text(source, "prefix");
            for (found, field) in [(map, "data"), (secret, "data"), (secret, "stringData")] {
                for (key, value) in found.map(|found| pairs(found.node, field)).unwrap_or_default() {
                    let value = if map.is_some() { value.shown() } else { RUNTIME.to_string() };
                    variables.set(&format!("{prefix}{}", plain(key)), value);
                }
            }
        }
        for entry in fields::list(container, "env") {
            let value = match entry.get("valueFrom") {
                None => variables.expanded(fields::text(entry, "value")),
                Some(from) => {
                    let map = cluster.find("ConfigMap", object.namespace, fields::text(from, "configMapKeyRef.name"));
                    let data = map.and_then(|map| at(map.node, "data")?.get(fields::text(from, "configMapKeyRef.key"))?.as_text());
                    let is_namespace = fields::text(from, "fieldRef.fieldPath") == "metadata.namespace" && !object.namespace.is_empty();
                    let known = if is_namespace { Some(object.namespace) } else { data };
                    known.map_or_else(|| RUNTIME.to_string(), str::to_owned)
                }
            };
            variables.set(fields::text(entry, "name"), value);
        }
        variables
    }

    fn set(&mut self, name: &str, value: String) {
        self.by_name.add([name, "", ""], self.values.len());
        self.values.push(value);
    }

    /// A text with `$(NAME)` replaced and `$$` for a dollar; a name without a value stays as it is
    /// (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
    #[inline(never)]
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
