//! Reads a list of items, and writes the answer in the same format.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};
use std::iter::Peekable;

use super::block::{self, Part};
use super::item::{Item, Shape};
use super::{documents, exact, json, sure};
use crate::finding::shortened;
use crate::yaml::{self, Data, Document, Node, SyntaxError};

/// `kind` of the envelope.
pub const KIND: &str = "ResourceList";

/// The allowed values of `apiVersion` of the envelope; all have the same schema.
pub const API_VERSIONS: [&str; 3] = ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"];

/// A list of items from the input.
#[derive(Debug)]
pub struct ResourceList<'t> {
    /// The items in order.
    pub items: Vec<Item<'t>>,
    /// `functionConfig`, if there is one.
    pub function_config: Option<Item<'t>>,
    envelope: Envelope<'t>,
    earlier_results: Vec<Node<'t>>,
}

/// The format of the list.
#[derive(Debug)]
enum Envelope<'t> {
    /// Block YAML, cut into pieces.
    Block { parts: Vec<Part<'t>>, indent: usize, margin: usize },
    /// JSON: the fields other than `items` and `results`, as raw text.
    Json { fields: Vec<(String, &'t str)> },
    /// YAML that cannot be cut: the fields other than `items` and `results`, rewritten.
    Rewritten { fields: Vec<String> },
    /// Documents without an envelope, as kustomize's legacy plugins exchange them, and the text after the last one.
    Documents { tail: &'t str },
}

/// The text of new items.
#[derive(Debug, Default)]
pub struct NewItems {
    text: String,
    /// The offset after each item, where JSON and documents need a separator. Entries of a block sequence need no separator.
    ends: Vec<usize>,
}

impl NewItems {
    /// Adds an object, written as an item of `list`, with a comment above it. JSON has no comments.
    pub fn push(&mut self, list: &ResourceList<'_>, object: &Node<'_>, comment: Option<&str>) {
        if self.text.is_empty() {
            // This is enough for a small Flow, and reserved memory that is not used costs nothing.
            self.text.reserve(24 << 10);
        }
        let start = self.text.len();
        list.spell(object, &mut self.text);
        if let Some(comment) = comment {
            let indent = match &list.envelope {
                Envelope::Block { indent, .. } => Some(*indent),
                Envelope::Rewritten { .. } => Some(0),
                Envelope::Documents { .. } => None,
                Envelope::Json { .. } => return self.end(list),
            };
            let (at, blanks) = indent.map_or((start, 0), |indent| (start + indent + 2, indent + 2));
            if self.text.is_char_boundary(at) {
                self.text.insert_str(at, &format!("# {comment}\n{}", " ".repeat(blanks)));
            }
        }
        self.end(list);
    }

    /// Adds the text of an object that is already written as an item of `list`.
    pub fn push_text(&mut self, list: &ResourceList<'_>, text: &str) {
        self.text.push_str(text);
        if !text.ends_with('\n') && !matches!(list.envelope, Envelope::Json { .. }) {
            self.text.push('\n');
        }
        self.end(list);
    }

    fn end(&mut self, list: &ResourceList<'_>) {
        if matches!(list.envelope, Envelope::Block { .. } | Envelope::Rewritten { .. }) {
            self.ends.clear();
        }
        self.ends.push(self.text.len());
    }

    /// The text of the items in order. One string may contain several entries of a block sequence.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

/// The reason why the input is not a list of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListError {
    /// The text is empty.
    Empty,
    /// The text is not YAML and not JSON.
    Syntax(SyntaxError),
    /// The text is YAML or JSON, but not a list of items.
    NotAList {
        /// A description of the content.
        found: String,
    },
    /// The version of the `ResourceList` is not known.
    Version {
        /// The version.
        found: String,
    },
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListError::Empty => f.write_str("is empty, but must be a ResourceList"),
            ListError::Syntax(error) => write!(f, "is not valid YAML: {error}"),
            ListError::NotAList { found } => write!(f, "is not a ResourceList (got {found})"),
            ListError::Version { found } => {
                write!(f, "is a ResourceList of an unknown version (got {found:?}); use `{}`", API_VERSIONS[0])
            }
        }
    }
}

impl<'t> ResourceList<'t> {
    /// Reads a list.
    pub fn read(text: &'t str) -> Result<Self, ListError> {
        let without_mark = text.trim_start_matches('\u{feff}');
        if without_mark.trim().is_empty() {
            return Err(ListError::Empty);
        }
        if without_mark.trim_start().starts_with('{')
            && let Some(list) = Self::read_json(without_mark)?
        {
            return Ok(list);
        }
        if let Some(cut) = block::cut(text) {
            return Self::from_cut(text, cut);
        }
        let mut list = match exact::cut(text) {
            Ok(Some(cut)) => Self::from_cut(text, cut)?,
            Ok(None) => return Self::read_as_tree(text),
            // If one item is not valid YAML, the other items are still readable. No text may be lost, so the results must be a list.
            Err(_) => match block::cut_by_lines(text).filter(|cut| cut.results.is_none_or(is_list)) {
                Some(mut cut) => {
                    // Here lines end only with a line feed, and other text may follow the last line.
                    if let Some(last) = cut.items.last_mut().filter(|last| last.ends_with('\r')) {
                        last.to_mut().push('\n');
                    }
                    Self::from_cut(text, cut)?
                }
                None => return Self::read_as_tree(text),
            },
        };
        for item in &mut list.items {
            item.are_lines_sure = sure::are_lines_sure(&item.text);
        }
        Ok(list)
    }

    fn read_json(text: &'t str) -> Result<Option<Self>, ListError> {
        // YAML in brackets begins like JSON. The caller reads it as YAML next.
        let Ok(json::Fields(fields)) = serde_json::from_str(text) else { return Ok(None) };
        let word = |name: &str| {
            let raw = fields.iter().find(|(known, _)| known == name)?.1;
            serde_json::from_str::<String>(raw.get()).ok()
        };
        check_type(word("apiVersion").as_deref(), word("kind").as_deref())?;
        let mut list =
            Self { items: Vec::new(), function_config: None, envelope: Envelope::Json { fields: Vec::new() }, earlier_results: Vec::new() };
        let mut others = Vec::new();
        for (name, raw) in fields {
            let item = |raw: &'t serde_json::value::RawValue| Item::new(raw.get(), Shape::Json);
            match name.as_str() {
                "items" => {
                    let Ok(entries) = json::entries(raw) else {
                        return Err(ListError::NotAList { found: "`items` that are not a list".into() });
                    };
                    list.items = entries.into_iter().map(item).collect();
                }
                "functionConfig" => {
                    if raw.get() != "null" {
                        list.function_config = Some(item(raw));
                    }
                    others.push((name, raw.get()));
                }
                "results" => list.earlier_results = serde_json::from_str(raw.get()).unwrap_or_default(),
                _ => others.push((name, raw.get())),
            }
        }
        list.envelope = Envelope::Json { fields: others };
        Ok(Some(list))
    }

    fn from_cut(text: &'t str, cut: block::Cut<'t>) -> Result<Self, ListError> {
        let word = |value: Option<&str>| value.map(|v| yaml::read(v).ok().and_then(|d| d.root).map(|n| n.shown()).unwrap_or_default());
        if check_type(word(cut.api_version).as_deref(), word(cut.kind).as_deref()).is_err() {
            // This function finds out what the text is instead, and reports it.
            return Self::read_as_tree(text);
        }
        let function_config = cut
            .function_config
            .filter(|config| !matches!(config.trim(), "" | "null" | "~"))
            .map(|config| Item::new(config, Shape::Document));
        let earlier_results = match cut.results.map(yaml::read) {
            Some(Ok(Document { root: Some(node), .. })) => node.as_list().unwrap_or_default().to_vec(),
            _ => Vec::new(),
        };
        Ok(Self {
            items: cut.items.into_iter().map(|text| Item::new(text, Shape::Entry)).collect(),
            function_config,
            envelope: Envelope::Block { parts: cut.parts, indent: cut.indent, margin: cut.margin },
            earlier_results,
        })
    }

    /// Whether the items are slices of one text, in which they may refer to each other.
    pub fn has_slices(&self) -> bool {
        matches!(self.envelope, Envelope::Block { .. })
    }

    /// Reads a list that cannot be cut, by parsing the whole text, which is slower. Comments and the style of collections are
    /// lost; values and their quotes are kept.
    pub fn read_as_tree(text: &'t str) -> Result<Self, ListError> {
        let document = match yaml::read_all(text).map_err(ListError::Syntax)?.as_slice() {
            [] => return Err(ListError::Empty),
            [document] => document.clone(),
            several => return Err(ListError::NotAList { found: format!("{} documents", several.len()) }),
        };
        let Some(root) = document.root else { return Err(ListError::Empty) };
        let word = |name: &str| root.get(name).and_then(Node::as_text);
        if root.as_map().is_none() {
            return Err(ListError::NotAList { found: format!("the value {:?}", shortened(&root.shown())) });
        }
        check_type(word("apiVersion"), word("kind"))?;
        if let Some(duplicate) = document.duplicates.first() {
            let message = format!("duplicate key `{}`, first used on line {}", duplicate.key, duplicate.first.line);
            return Err(ListError::Syntax(SyntaxError { message, mark: duplicate.second }));
        }
        let envelope = Envelope::Rewritten { fields: Vec::new() };
        let mut list = Self { items: Vec::new(), function_config: None, envelope, earlier_results: Vec::new() };
        let mut fields = Vec::new();
        let entry = |node: &Node<'_>| {
            let mut text = String::new();
            yaml::write_entry(node, 0, &mut text);
            Item::new(text, Shape::Entry)
        };
        for (key, value) in root.as_map().unwrap_or_default() {
            match key.shown().as_str() {
                "items" => match value.as_list() {
                    Some(entries) => list.items = entries.iter().map(entry).collect(),
                    None if value.is_null() => {}
                    None => return Err(ListError::NotAList { found: "`items` that are not a list".into() }),
                },
                "results" => list.earlier_results = value.as_list().unwrap_or_default().to_vec(),
                name => {
                    if name == "functionConfig" && !value.is_null() {
                        list.function_config = Some(entry(value));
                    }
                    // The writer has no function for one field, so write a list entry with this field, and remove the dash.
                    let mut text = String::new();
                    let one = Node { mark: key.mark, tag: None, data: Data::Map(vec![(key.clone(), value.clone())]) };
                    yaml::write_entry(&one, 0, &mut text);
                    fields.push(text.lines().map(|line| format!("{}\n", &line[2.min(line.len())..])).collect());
                }
            }
        }
        list.envelope = Envelope::Rewritten { fields };
        Ok(list)
    }

    /// Reads documents without an envelope; each is an item.
    pub fn read_documents(text: &'t str) -> Self {
        let (documents, tail) = documents::split(text);
        let item = |document: documents::Piece<'t>| Item { body: document.body, ..Item::new(document.text, Shape::Document) };
        let items = documents.into_iter().map(item).collect();
        Self { items, function_config: None, envelope: Envelope::Documents { tail }, earlier_results: Vec::new() }
    }

    /// Creates a list of documents that are already separate.
    pub fn of_documents(texts: impl Iterator<Item = &'t str>) -> Self {
        let items = texts.map(|text| Item::new(text, Shape::Document)).collect();
        Self { items, function_config: None, envelope: Envelope::Documents { tail: "" }, earlier_results: Vec::new() }
    }

    /// Creates an empty list, for an answer to input that is not a list.
    pub fn empty() -> Self {
        let fields = vec![format!("apiVersion: {}\n", API_VERSIONS[0]), format!("kind: {KIND}\n")];
        Self { items: Vec::new(), function_config: None, envelope: Envelope::Rewritten { fields }, earlier_results: Vec::new() }
    }

    /// Writes a new object as an item of this list.
    pub fn spell(&self, object: &Node<'_>, text: &mut String) {
        match &self.envelope {
            Envelope::Block { indent, .. } => yaml::write_entry(object, *indent, text),
            Envelope::Rewritten { .. } => yaml::write_entry(object, 0, text),
            Envelope::Json { .. } => text.push_str(&serde_json::to_string(object).unwrap_or_default()),
            Envelope::Documents { .. } => yaml::write(object, text),
        }
    }

    /// Writes the changed object of an item of this list. Unchanged parts in block style keep their lines and comments.
    pub fn respell(&self, item: &Item<'_>, object: &Node<'_>) -> String {
        let edited = match item.shape {
            Shape::Json => None,
            Shape::Document => yaml::edit(item.body(), object),
            Shape::Entry => yaml::edit_entry(item.text(), object),
        };
        let mut text = item.text.get(..item.body).unwrap_or_default().to_owned();
        match edited {
            Some(edited) => text.push_str(&edited),
            None => self.spell(object, &mut text),
        }
        text
    }

    /// The earlier results, and then the new results, each created when it is written. A new result that equals an earlier
    /// result is left out, so a second run on the answer changes nothing.
    fn results(&self, new: impl Iterator<Item = Node<'t>>) -> impl Iterator<Item = Node<'t>> {
        let plain = |result: &Node<'_>| yaml::kubernetes_value(result).to_string();
        let earlier: HashSet<String> = self.earlier_results.iter().map(plain).collect();
        let is_new = move |result: &Node<'_>| earlier.is_empty() || !earlier.contains(&plain(result));
        self.earlier_results.iter().cloned().chain(new.filter(is_new))
    }

    /// Writes the answer. `items` are the text of this list's items, or output of [`ResourceList::spell`].
    pub fn write<'i>(
        &self,
        items: impl Iterator<Item = &'i str>,
        results: impl Iterator<Item = Node<'t>>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut results = self.results(results).peekable();
        let mut items = items.peekable();
        match &self.envelope {
            Envelope::Block { parts, margin, .. } => {
                let mut has_items = false;
                let mut parts = parts.iter().peekable();
                let mut end = None;
                while let Some(part) = parts.next() {
                    let mut is_last = || parts.peek().is_none() && results.peek().is_none();
                    match part {
                        Part::Text(text) => write_lines(text, is_last() && (has_items || items.peek().is_none()), out)?,
                        Part::Items { before, behind } => {
                            has_items = true;
                            write_items(before, behind, &mut items, is_last(), out)?;
                        }
                        Part::Results => {}
                        Part::End(text) => end = Some(text),
                    }
                }
                if !has_items {
                    let before = format!("{:margin$}items:", "");
                    write_items(&before, "\n", &mut items, results.peek().is_none(), out)?;
                }
                write_results(results, *margin, out)?;
                out.write_all(end.copied().unwrap_or_default().as_bytes())
            }
            Envelope::Rewritten { fields } => {
                for field in fields {
                    out.write_all(field.as_bytes())?;
                }
                write_items("items:", "\n", &mut items, results.peek().is_none(), out)?;
                write_results(results, 0, out)
            }
            Envelope::Json { fields } => {
                out.write_all(b"{")?;
                for (name, raw) in fields {
                    writeln!(out, "{}: {raw},", serde_json::to_string(name)?)?;
                }
                out.write_all(b"\"items\": [")?;
                for (i, item) in items.enumerate() {
                    write!(out, "{}{item}", if i == 0 { "\n" } else { ",\n" })?;
                }
                out.write_all(b"\n]")?;
                let mut before = ",\n\"results\": [";
                let has_results = results.peek().is_some();
                for result in results {
                    write!(out, "{before}{}", serde_json::to_string(&result)?)?;
                    before = ",";
                }
                out.write_all(if has_results { b"]}\n" } else { b"}\n" })
            }
            Envelope::Documents { tail } => {
                let mut is_first = true;
                while let Some(item) = items.next() {
                    if !std::mem::take(&mut is_first) && !documents::has_mark(item) {
                        out.write_all(b"---\n")?;
                    }
                    write_lines(item, items.peek().is_none() && tail.is_empty(), out)?;
                }
                out.write_all(tail.as_bytes())
            }
        }
    }
}

fn is_list(results: &str) -> bool {
    yaml::read(results).is_ok_and(|document| document.root.is_none_or(|root| root.as_list().is_some() || root.is_null()))
}

fn check_type(api_version: Option<&str>, kind: Option<&str>) -> Result<(), ListError> {
    match (api_version, kind) {
        // kustomize and kpt also accept a `List`.
        (Some(version), Some(KIND)) if API_VERSIONS.contains(&version) => Ok(()),
        (Some("v1"), Some("List")) => Ok(()),
        (Some(version), Some(KIND)) => Err(ListError::Version { found: shortened(version) }),
        (None, Some(KIND)) => Err(ListError::NotAList { found: "no `apiVersion`".into() }),
        (_, Some(kind)) => Err(ListError::NotAList { found: format!("kind {:?}", shortened(kind)) }),
        (_, None) => Err(ListError::NotAList { found: "a document without `kind`".into() }),
    }
}

/// Writes text, and ends its last line if more text follows.
fn write_lines(text: &str, is_last: bool, out: &mut impl Write) -> io::Result<()> {
    if is_last || text.ends_with('\n') {
        return out.write_all(text.as_bytes());
    }
    out.write_all(yaml::with_last_line_ended(text).as_bytes())
}

/// Writes items below the line of their key; `before` and `behind` are the text around `[]` on that line.
fn write_items<'i>(
    before: &str,
    behind: &str,
    items: &mut Peekable<impl Iterator<Item = &'i str>>,
    is_last: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(before.as_bytes())?;
    if items.peek().is_none() {
        out.write_all(b" []")?;
        return write_lines(behind, is_last, out);
    }
    write_lines(if behind.is_empty() { "\n" } else { behind }, false, out)?;
    while let Some(item) = items.next() {
        write_lines(item, is_last && items.peek().is_none(), out)?;
    }
    Ok(())
}

fn write_results<'t>(results: impl Iterator<Item = Node<'t>>, margin: usize, out: &mut impl Write) -> io::Result<()> {
    let mut text = format!("{:margin$}results:\n", "");
    for result in results {
        yaml::write_entry(&result, margin, &mut text);
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoed(text: &str) -> Result<String, String> {
        let list = ResourceList::read(text).map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        list.write(list.items.iter().map(Item::text), std::iter::empty(), &mut out).map_err(|e| e.to_string())?;
        String::from_utf8(out).map_err(|e| e.to_string())
    }

    #[test]
    fn block_yaml_is_returned_unchanged() {
        let text =
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- # c\n  kind: A\n  mode: 0644\nfunctionConfig:\n  a: 1\n";
        assert_eq!(echoed(text).as_deref(), Ok(text));
        let indented = "kind: ResourceList\napiVersion: config.kubernetes.io/v1beta1\nitems:\n  - kind: A\n";
        assert_eq!(echoed(indented).as_deref(), Ok(indented));
    }

    #[test]
    fn json_items_are_returned_unchanged() {
        let text = r#"{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [{"a":  1.0}, {"b": "\u00fc"}]}"#;
        let expected = "{\"apiVersion\": \"config.kubernetes.io/v1\",\n\"kind\": \"ResourceList\",\n\"items\": [\n{\"a\":  1.0},\n{\"b\": \"\\u00fc\"}\n]}\n";
        assert_eq!(echoed(text).as_deref(), Ok(expected));
    }

    #[test]
    fn items_in_brackets_keep_their_text() {
        let text = "{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [{m: 0644, s: 'yes', x: {y: [on]}}], functionConfig: {kind: C}}";
        let expected = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {m: 0644, s: 'yes', x: {y: [on]}}\nfunctionConfig: {kind: C}\n";
        assert_eq!(echoed(text).as_deref(), Ok(expected));
    }

    #[test]
    fn items_without_their_own_text_are_rewritten_with_the_same_types() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        let text = format!("{head}x: &x [{{m: 0644, s: 'yes', x: {{y: [on]}}}}]\nitems: *x\n");
        let expected =
            format!("{head}x:\n- m: 0644\n  s: \"yes\"\n  x:\n    y:\n    - on\nitems:\n- m: 0644\n  s: \"yes\"\n  x:\n    y:\n    - on\n");
        assert_eq!(echoed(&text).as_deref(), Ok(expected.as_str()));
    }

    #[test]
    fn every_envelope_is_returned_unchanged() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        let item = "- kind: A # c\n  mode: 0644\n";
        for text in [
            format!("{head}items: # c\n{item}"),
            format!("{head}\"items\":\n{item}functionConfig: # d\n  a: 1\n"),
            format!("{head}items:\n# c\n{item}# d\n...\n# e\n"),
            format!("%YAML 1.2\n---\n{head}items:\n{item}"),
            format!("{head}items:\n{item}").replace('\n', "\r"),
            format!("\u{feff}{head}items:\n{item}").replace('\n', "\r\n"),
            "  apiVersion: config.kubernetes.io/v1\n  kind: ResourceList\n  items:\n    - kind: A # c\n".to_owned(),
            format!("{head}items:\n- a: \"b\nresults: c\"\n{item}"),
            format!("{head}items:\n- a: |\n    b"),
            format!("{head}items: [] # c\nfunctionConfig:\n  a: 1"),
        ] {
            assert_eq!(echoed(&text).as_deref(), Ok(text.as_str()), "{text}");
        }
    }

    #[test]
    fn text_after_the_last_line_does_not_change_the_last_item() -> Result<(), String> {
        let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: |\n    b";
        let list = ResourceList::read(text).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        let items = list.items.iter().map(Item::text).chain(["- c\n"]);
        list.write(items, std::iter::empty(), &mut out).map_err(|error| error.to_string())?;
        assert_eq!(String::from_utf8_lossy(&out), text.replace("|\n    b", "|-\n    b\n- c\n"));
        Ok(())
    }

    #[test]
    fn json_after_a_byte_order_mark_is_json() {
        let text = "\u{feff}{\"apiVersion\": \"config.kubernetes.io/v1\", \"kind\": \"ResourceList\", \"items\": [{\"a\": 1}]}";
        let expected = "{\"apiVersion\": \"config.kubernetes.io/v1\",\n\"kind\": \"ResourceList\",\n\"items\": [\n{\"a\": 1}\n]}\n";
        assert_eq!(echoed(text).as_deref(), Ok(expected));
    }

    #[test]
    fn other_input_is_an_error_with_a_reason() {
        for (text, expected) in [
            ("", "is empty, but must be a ResourceList"),
            ("# x\n", "is empty, but must be a ResourceList"),
            ("kind: Deployment\n", "is not a ResourceList (got kind \"Deployment\")"),
            (
                "apiVersion: config.kubernetes.io/v9\nkind: ResourceList\n",
                "is a ResourceList of an unknown version (got \"config.kubernetes.io/v9\"); use `config.kubernetes.io/v1`",
            ),
            ("a: b\n---\nc: d\n", "is not a ResourceList (got 2 documents)"),
            ("5", "is not a ResourceList (got the value \"5\")"),
            ("items: {{", "is not valid YAML: "),
        ] {
            let got = echoed(text).err().unwrap_or_default();
            assert!(got.starts_with(expected), "{text:?}: {got}");
        }
    }

    #[test]
    fn documents_are_split() -> Result<(), String> {
        let list = ResourceList::read_documents("# c\n---\na: 1\n---\nb: |\n  ---\n...\n--- {c: 1}\n");
        let texts: Vec<&str> = list.items.iter().map(Item::text).collect();
        assert_eq!(texts, ["# c\n---\na: 1\n", "---\nb: |\n  ---\n...\n", "--- {c: 1}\n"]);
        for text in
            ["# c\n---\na: 1\n---\nb: 2", "---\r\na: 1\r\n---\r\nb: 2\r\n", "a: 1\n---\n# c\n---\nb: 2\n---\n# d\n", "a: 1\n...\n# c\n"]
        {
            let list = ResourceList::read_documents(text);
            let mut out = Vec::new();
            list.write(list.items.iter().map(Item::text), std::iter::empty(), &mut out).map_err(|error| error.to_string())?;
            assert_eq!(String::from_utf8_lossy(&out), text);
            assert!(list.items.iter().all(|item| item.read().is_ok_and(|document| document.root.is_some())), "{text}");
        }
        Ok(())
    }
}
