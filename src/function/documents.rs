//! Splits a stream into documents, so that a document that cannot be read does not affect the others.

use crate::finding::Mark;
use crate::yaml::{Node, SyntaxError};

/// A document as the user wrote it, or several documents if only a parser can separate them.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The number of lines before the document.
    pub before: u32,
    /// The bytes of the document.
    pub bytes: &'t [u8],
}

/// Splits before each line that begins with `---` and after each line that begins with `...`. A document does not contain
/// these lines, not even in a block scalar (<https://yaml.org/spec/1.2.2/#912-document-markers>).
pub fn split(bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut before) = (0, 0);
    // Comments and directives belong to the document that follows them.
    let mut has_content = false;
    let (mut at, mut line) = (0, 0_u32);
    let mut push = |start: usize, end: usize, before: u32, has_content: bool| {
        if has_content {
            pieces.push(Piece { before, bytes: &bytes[start..end] });
        }
    };
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |feed| at + feed + 1);
        let text = &bytes[at..end];
        if is_marker(text, b"---") && has_content {
            push(start, at, before, true);
            (start, before, has_content) = (at, line, false);
        }
        has_content |= is_marker(text, b"---") || !is_comment(text);
        line = line.saturating_add(1);
        at = end;
        if is_marker(text, b"...") {
            push(start, at, before, has_content);
            (start, before, has_content) = (at, line, false);
        }
    }
    push(start, bytes.len(), before, has_content);
    pieces
}

fn is_marker(line: &[u8], marker: &[u8]) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Whether a line is a comment, a directive or blank.
fn is_comment(line: &[u8]) -> bool {
    let trimmed = line.trim_ascii();
    line.starts_with(b"%") || trimmed.is_empty() || trimmed.starts_with(b"#") || is_marker(line, b"...")
}

/// The budget for aliases, which all documents share. The value of an alias is copied, and the copies of many documents add
/// up.
#[derive(Debug)]
pub struct Aliases {
    left: usize,
}

/// The number of bytes that aliases may add.
const MOST_ALIASED: usize = 16 << 20;

/// The most [`Node::weight`] of one byte of a document without aliases.
const WEIGHT_OF_A_BYTE: usize = 9;

impl Default for Aliases {
    fn default() -> Self {
        Self { left: MOST_ALIASED }
    }
}

impl Aliases {
    /// Whether the aliases of a document are within the budget.
    pub fn fit(&mut self, root: &Node<'_>, text: &str) -> bool {
        self.fit_weight(root.weight(), text)
    }

    /// Whether the aliases of a document with this [`Node::weight`] are within the budget.
    pub fn fit_weight(&mut self, weight: usize, text: &str) -> bool {
        let added = weight.saturating_sub(WEIGHT_OF_A_BYTE * text.len());
        let left = self.left.checked_sub(added);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    /// Whether a document may be read. When the budget is spent, documents that may have anchors are not read.
    pub fn may_hold(&self, text: &str) -> bool {
        self.left > 0 || !text.contains('&')
    }

    /// The error for a document beyond the budget.
    pub fn error(mark: Mark) -> SyntaxError {
        SyntaxError { message: format!("aliases expand to more than {} MB in all documents", MOST_ALIASED >> 20), mark }
    }
}

/// Whether a document that cannot be read looks like a part of a Flow.
pub fn is_ours(text: &str) -> bool {
    const MARKS: [&str; 6] =
        ["flow.jina.ai/", "kind: JinaFlow", "jina_deployment_name", "--deployments-addresses", "--graph-description", "--connection-list"];
    if MARKS.iter().any(|mark| text.contains(mark)) {
        return true;
    }
    // Finds `jina executor`. Separators of a list and `args:` may be between the two words.
    let mut behind = usize::MAX;
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',' | '"' | '\'' | '{' | '}'));
    for word in words.filter(|word| !word.is_empty() && *word != "-") {
        behind = if word == "jina" || word.ends_with("/jina") { 0 } else { behind.saturating_add(1) };
        if (1..=2).contains(&behind) && ["gateway", "executor"].contains(&word) {
            return true;
        }
    }
    false
}

/// Whether a document that cannot be read may be a Secret.
pub fn is_secret(text: &str) -> bool {
    let kinds = text.match_indices("kind").map(|(at, word)| &text[at + word.len()..]);
    let mut values = kinds.map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '"' | '\'')));
    values.any(|value| value.starts_with("Secret"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(u32, &str)> {
        split(text.as_bytes()).iter().map(|piece| (piece.before, std::str::from_utf8(piece.bytes).unwrap_or_default())).collect()
    }

    #[test]
    fn a_stream_is_split_into_its_documents() {
        assert_eq!(pieces("a: 1\n---\nb: 2\n"), [(0, "a: 1\n"), (1, "---\nb: 2\n")]);
        assert_eq!(pieces("# x\n---\na: |\n  ---\n  x\n--- # y\nb\n"), [(0, "# x\n---\na: |\n  ---\n  x\n"), (5, "--- # y\nb\n")]);
        assert_eq!(pieces("a\n...\n%YAML 1.2\n---\nb"), [(0, "a\n...\n"), (2, "%YAML 1.2\n---\nb")]);
        assert_eq!(pieces("---\n---\na\r\n---\r\nb: ---\n---c: 1\n"), [(0, "---\n"), (1, "---\na\r\n"), (3, "---\r\nb: ---\n---c: 1\n")]);
        assert_eq!(pieces(""), []);
        assert_eq!(pieces("# nothing\n"), []);
    }

    #[test]
    fn parts_of_a_flow_are_recognized_without_a_parser() {
        for ours in [
            "metadata: {labels: {flow.jina.ai/flow: f",
            "command: [jina]\nargs:\n- gateway\n  x: {",
            "command: [\"jina\"], args: [\"executor\"",
            "- sh\n- -c\n- 'jina executor --uses x'\n",
            "args: [--graph-description, '{}'",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in ["a: {", "# like the jina project\nkind: ConfigMap\nx: executor", "image: jina/x\nname: gateway"] {
            assert!(!is_ours(theirs), "{theirs}");
        }
        assert!(is_secret("apiVersion: v1\nkind: Secret\n") && is_secret("{\"kind\": \"Secret\""));
        assert!(!is_secret("kind: ConfigMap\nname: Secret"));
    }
}
