//! Reads the arguments of a container back into options: the inverse of `ArgNamespace.kwargs2list`.

use super::options::{DefaultValue, Opt, Row, TABLE, ValueKind};
use super::value::{Value, from_python_json};
use crate::yaml::{Data, Node};

/// An option as a command line has it, or words that belong to no option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The option; `None` if Jina does not know it.
    pub opt: Option<Opt>,
    /// Its values.
    pub values: Vec<String>,
    /// All its words.
    pub words: Vec<String>,
}

impl Given {
    /// Whether a word after this one would be a value of it.
    pub fn is_open(&self) -> bool {
        self.opt.map_or(self.is_named(), |opt| takes_several(opt.row().kind))
    }

    /// Whether it begins with a name, known or not.
    pub fn is_named(&self) -> bool {
        self.words.first().is_some_and(|word| word.starts_with("--"))
    }

    /// Whether a container without these words has the same value.
    pub fn is_default(&self) -> bool {
        let Some(row) = self.opt.map(Opt::row) else { return false };
        let [value] = self.values.as_slice() else { return false };
        match row.default {
            DefaultValue::Int(number) => value.parse() == Ok(number),
            DefaultValue::Text(text) => is_same_value(row.kind, value, text),
            DefaultValue::Unset | DefaultValue::Empty => row.kind == ValueKind::Pairs && value == "{}",
        }
    }

    /// Whether both give an option the same value.
    pub fn is_same(&self, other: &Self) -> bool {
        let Some(opt) = self.opt.filter(|opt| other.opt == Some(*opt)) else { return false };
        let mut pairs = self.values.iter().zip(&other.values);
        self.values.len() == other.values.len() && pairs.all(|(one, other)| is_same_value(opt.row().kind, one, other))
    }
}

/// Whether Jina reads two values of an option as the same.
fn is_same_value(kind: ValueKind, one: &str, other: &str) -> bool {
    match kind {
        ValueKind::Enum(_) | ValueKind::Protocols => one.eq_ignore_ascii_case(other),
        ValueKind::Text | ValueKind::Pairs if one.starts_with(['{', '[']) => {
            one == other || from_python_json(one).is_some_and(|one| from_python_json(other) == Some(one))
        }
        _ => one == other,
    }
}

fn takes_several(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Texts | ValueKind::Hosts | ValueKind::Protocols | ValueKind::Ports)
}

/// The options of a command line, in their order, as argparse reads them.
pub fn given(words: &[String]) -> Vec<Given> {
    let mut all: Vec<Given> = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let Some(row) = option(name) else {
            let is_named = word.starts_with("--");
            match all.last_mut() {
                Some(last) if !is_named && last.is_open() => {
                    last.values.push(word.clone());
                    last.words.push(word.clone());
                }
                _ => all.push(Given { opt: None, values: Vec::new(), words: vec![word.clone()] }),
            }
            continue;
        };
        let mut given = Given { opt: Some(row.opt), values: value.map(str::to_owned).into_iter().collect(), words: vec![word.clone()] };
        if row.kind != ValueKind::Flag
            && !takes_several(row.kind)
            && value.is_none()
            && let Some(value) = rest.next()
        {
            given.values.push(value.clone());
            given.words.push(value.clone());
        }
        all.push(given);
    }
    all
}

/// The arguments of a container, by option.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argv {
    /// The options in the order of the arguments, each with its words.
    options: Vec<(Opt, Vec<String>)>,
}

impl Argv {
    /// Reads the words after `executor` or `gateway`. Words that belong to no option are left out.
    pub fn read(words: &[String]) -> Self {
        let options = given(words).into_iter().filter_map(|given| Some((given.opt?, given.values)));
        Self { options: options.collect() }
    }

    /// The words of an option; argparse uses the last ones.
    pub fn words(&self, opt: Opt) -> Option<&[String]> {
        self.options.iter().rev().find(|(known, _)| *known == opt).map(|(_, words)| words.as_slice())
    }

    /// The first word of an option.
    pub fn word(&self, opt: Opt) -> Option<&str> {
        self.words(opt)?.first().map(String::as_str)
    }

    /// How often an option occurs.
    pub fn count(&self, opt: Opt) -> usize {
        self.options.iter().filter(|(known, _)| *known == opt).count()
    }

    /// The options, each once.
    pub fn options(&self) -> impl Iterator<Item = Opt> {
        let is_last = |place: usize, opt: Opt| self.options.iter().skip(place + 1).all(|(later, _)| *later != opt);
        self.options.iter().enumerate().filter(move |(place, (opt, _))| is_last(*place, *opt)).map(|(_, (opt, _))| *opt)
    }

    /// The number of an option.
    pub fn number(&self, opt: Opt) -> Option<i64> {
        self.word(opt)?.parse().ok()
    }

    /// The value that a Flow sets so that a container gets these words; `None` if no value does.
    pub fn value(&self, opt: Opt) -> Option<Node<'static>> {
        let row = opt.row();
        let words = self.words(opt)?;
        let first = || words.first().cloned();
        match row.kind {
            ValueKind::Flag => Some(Node::plain("true")),
            ValueKind::Int => self.number(opt).map(Node::from),
            ValueKind::Text => first().map(|text| mapping_in(&text).unwrap_or_else(|| text.into())),
            ValueKind::Choice(known) => first().filter(|word| known.contains(&word.as_str())).map(Node::from),
            ValueKind::Enum(known) => first().filter(|word| known.contains(&word.to_ascii_uppercase().as_str())).map(Node::from),
            ValueKind::Texts | ValueKind::Hosts | ValueKind::Protocols => Some(several(words, Node::from)),
            ValueKind::Ports => Some(several(words, Node::plain)),
            ValueKind::Pairs => from_python_json(&first()?).filter(|value| matches!(value, Value::Map(_))).map(|value| node(&value)),
            ValueKind::PeerPorts => peer_ports(&first()?),
        }
    }
}

/// The option that a word names.
fn option(word: &str) -> Option<&'static Row> {
    let name = word.strip_prefix("--")?;
    let is_alias = |alias: &str| alias.len() == name.len() && alias.replace('_', "-") == name;
    TABLE.iter().find(|row| row.argument == word || row.aliases.iter().any(|alias| is_alias(alias)))
}

/// One word, or a list.
fn several(words: &[String], each: impl Fn(String) -> Node<'static>) -> Node<'static> {
    match words {
        [one] => each(one.clone()),
        _ => words.iter().cloned().map(each).collect::<Vec<_>>().into(),
    }
}

/// The mapping that Jina has written as JSON for an option that is a string.
fn mapping_in(text: &str) -> Option<Node<'static>> {
    if !text.starts_with('{') {
        return None;
    }
    let value = from_python_json(text)?;
    let is_mapping = matches!(&value, Value::Map(pairs) if !pairs.is_empty());
    (is_mapping && value.to_json() == text).then(|| node(&value))
}

/// The value of `peer_ports`. Jina always writes the key `0` first, also if a mapping has that key.
fn peer_ports(text: &str) -> Option<Node<'static>> {
    let Value::Map(pairs) = from_python_json(&text.replacen("\"0\": []", "\"first\": []", 1))? else { return None };
    match pairs.as_slice() {
        [(Value::Str(key), ports)] if key == "0" => Some(node(ports)),
        [(Value::Str(key), _), others @ ..] if key == "first" => Some(node(&Value::Map(others.to_vec()))),
        _ => None,
    }
}

/// A value as YAML that Jina's language reads as the same value.
pub fn node(value: &Value) -> Node<'static> {
    match value {
        Value::Null => Node::plain("null"),
        Value::Bool(on) => Node::plain(if *on { "true" } else { "false" }),
        Value::Int(_) | Value::Long(_) => Node::plain(value.to_json()),
        Value::Float(number) if number.is_nan() => Node::plain(".nan"),
        Value::Float(number) if number.is_infinite() => Node::plain(if *number > 0.0 { ".inf" } else { "-.inf" }),
        Value::Float(_) => Node::plain(value.to_repr()),
        Value::Str(text) => text.clone().into(),
        Value::List(entries) => entries.iter().map(node).collect::<Vec<_>>().into(),
        Value::Map(pairs) => Data::Map(pairs.iter().map(|(key, value)| (node(key), node(value))).collect()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jina::setting;

    fn argv(words: &[&str]) -> Argv {
        Argv::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn words_belong_to_the_option_before_them() {
        let argv = argv(&[
            "--name",
            "a",
            "--native",
            "--py-modules",
            "x.py",
            "y.py",
            "--uses-metas",
            "{}",
            "stray",
            "--disable-reduce",
            "--log-config=a.yml",
        ]);
        assert_eq!(argv.word(Opt::Name), Some("a"));
        assert_eq!(argv.words(Opt::PyModules), Some(&["x.py".to_owned(), "y.py".to_owned()][..]));
        assert_eq!((argv.count(Opt::Native), argv.count(Opt::NoReduce), argv.count(Opt::Tracing)), (1, 1, 0));
        assert_eq!(argv.word(Opt::LogConfig), Some("a.yml"));
    }

    #[test]
    fn words_that_jina_does_not_know_are_apart() {
        let words = ["--protocol", "HTTP", "grpc", "--foo", "bar", "--name", "a", "stray", "--timeout-ready", "-1", "--bar=1", "x"];
        let all = given(&words.map(str::to_owned));
        let shown: Vec<(Option<Opt>, String)> = all.iter().map(|given| (given.opt, given.words.join(" "))).collect();
        let expected = [
            (Some(Opt::Protocol), "--protocol HTTP grpc"),
            (None, "--foo bar"),
            (Some(Opt::Name), "--name a"),
            (None, "stray"),
            (Some(Opt::TimeoutReady), "--timeout-ready -1"),
            (None, "--bar=1 x"),
        ];
        assert_eq!(shown, expected.map(|(opt, words)| (opt, words.to_owned())));
    }

    #[test]
    fn values_are_compared_as_jina_reads_them() {
        let one = |words: &[&str]| given(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).remove(0);
        assert!(one(&["--timeout-ready", "600000"]).is_default() && one(&["--protocol", "grpc"]).is_default());
        assert!(one(&["--uses-metas", "{}"]).is_default() && !one(&["--native"]).is_default() && !one(&["--foo", "{}"]).is_default());
        assert!(one(&["--graph-description", "{\"a\": [\"b\"]}"]).is_same(&one(&["--graph-description={\n \"a\": [\"b\"]}"])));
        assert!(!one(&["--name", "a"]).is_same(&one(&["--name", "A"])) && !one(&["--foo"]).is_same(&one(&["--foo"])));
    }

    #[test]
    fn values_give_the_same_words() {
        for words in [
            &["--timeout-ready", "1000"][..],
            &["--polling", "{\"/index\": \"ALL\"}"],
            &["--polling", "ALL"],
            &["--traces-exporter-host", "0123"],
            &["--py-modules", "a.py", "b.py"],
            &["--exit-on-exceptions", "a"],
            &["--uses-requests", "{\"/a\": [1, 1e-07, \"1\", null, true, \"on\", \"\\n x\"], \"1\": {}}"],
            &["--peer-ports", "{\"0\": [1, 2]}"],
            &["--peer-ports", "{\"0\": [], \"0\": [1], \"1\": [2]}"],
            &["--protocol", "HTTP", "GRPC"],
            &["--compression", "Gzip"],
            &["--monitoring"],
        ] {
            let argv = argv(words);
            for opt in argv.options() {
                let value = argv.value(opt).map(|value| {
                    let mut text = String::new();
                    crate::yaml::write(&value, &mut text);
                    let document = crate::yaml::read(&text).ok().and_then(|document| document.root);
                    document.map(|node| setting::read(opt.row(), &node))
                });
                let Some(Some(Ok(Some(setting)))) = value else { panic!("{words:?}: {value:?}") };
                let again: Vec<String> = std::iter::once(opt.row().argument.to_owned()).chain(setting.words()).collect();
                assert_eq!(again, words);
            }
        }
    }
}
