//! Scans characters into tokens, as libyaml's scanner does.
//!
//! kubectl, kustomize and kpt read YAML with go-yaml, a translation of libyaml into Go. Jina reads a Flow with PyYAML, the
//! model for libyaml. Both are more lenient than YAML 1.2, and they agree with each other in nearly all cases. Where they
//! differ, [`Dialect`] decides. The functions here have the same names as the functions of these libraries, so that the code
//! can be compared: `scanner.c` of libyaml, `scannerc.go` of go-yaml, `scanner.py` of PyYAML.

use std::borrow::Cow;
use std::collections::VecDeque;

use memchr::memchr2;

use super::characters::{self, BLANK, BREAK, Characters, WORD, has_class, is_continuation};
use super::dialect::Dialect;
use super::error::SyntaxError;
use crate::finding::Mark;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub offset: usize,
    pub mark: Mark,
}

/// The style of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'t> {
    StreamEnd,
    VersionDirective,
    TagDirective(Box<TagName<'t>>),
    UnknownDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    Tag(Box<TagName<'t>>),
    Scalar { text: Cow<'t, str>, quoting: Quoting },
}

/// A tag, or the definition of a handle in a directive. Both are rare, so tokens store them in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TagName<'t> {
    /// The handle; empty for a verbatim tag (`!<…>`) and for the tag `!`.
    pub handle: &'t str,
    /// The text after the handle; in a directive, the prefix that replaces the handle.
    pub suffix: Cow<'t, str>,
}

#[derive(Debug)]
pub(super) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub start: Place,
    /// The offset after the last character of the token.
    pub end: usize,
}

/// A token that becomes a key if `:` follows on the same line.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    /// Whether the token must be a key, because nothing else is valid at this place.
    required: bool,
    /// The number of the token, counted from the start of the text.
    token: usize,
    place: Place,
    line: u32,
}

/// The most characters between the start of a key and its colon (YAML 1.2.2, 7.4.2).
const LONGEST_SIMPLE_KEY: usize = 1024;

pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    pub(super) dialect: Dialect,
    characters: Characters,
    pub(super) at: usize,
    /// The number of lines before the current line.
    line: u32,
    pub(super) line_start: usize,
    /// An offset in the current line, up to which characters were counted, and (second) their number.
    counted: (usize, usize),
    /// The column of the innermost block collection; -1 outside of all block collections.
    pub(super) indent: isize,
    indents: Vec<isize>,
    /// The possible key at each level: first for the block around all brackets, then for each open bracket.
    simple_keys: Vec<Option<SimpleKey>>,
    possible_keys: usize,
    pub(super) simple_key_allowed: bool,
    pub(super) tokens: VecDeque<Token<'t>>,
    /// The number of tokens that were taken from the queue.
    taken: usize,
    is_done: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Result<Self, SyntaxError> {
        let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        Ok(Self {
            text,
            dialect,
            characters: characters::check(text, dialect)?,
            at: start,
            line: 0,
            line_start: start,
            counted: (start, 0),
            indent: -1,
            indents: Vec::new(),
            simple_keys: vec![None],
            possible_keys: 0,
            simple_key_allowed: true,
            tokens: VecDeque::new(),
            taken: 0,
            is_done: false,
        })
    }

    /// Puts the next token into `token`. After the last token this is always [`TokenKind::StreamEnd`].
    pub(super) fn next(&mut self, token: &mut Token<'t>) -> Result<(), SyntaxError> {
        while self.needs_more_tokens()? {
            self.fetch_next_token()?;
        }
        self.taken += 1;
        *token = match self.tokens.pop_front() {
            Some(token) => token,
            None => Token { kind: TokenKind::StreamEnd, start: self.place(), end: self.at },
        };
        Ok(())
    }

    /// Whether the next token may still change: it may be a key whose colon has not been read yet.
    fn needs_more_tokens(&mut self) -> Result<bool, SyntaxError> {
        if self.is_done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        if self.possible_keys == 0 {
            return Ok(false);
        }
        self.remove_stale_keys()?;
        // The key of the outermost level comes first in the text.
        Ok(self.simple_keys.iter().flatten().next().is_some_and(|key| key.token == self.taken))
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    pub(super) fn here(&self) -> u8 {
        self.byte(self.at)
    }

    /// The column of the current place, counted in bytes. Only tokens with nothing but ASCII before them on their line decide an
    /// indentation, so characters need not be counted.
    pub(super) fn column(&self) -> isize {
        isize::try_from(self.at - self.line_start).unwrap_or(isize::MAX)
    }

    pub(super) fn in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    pub(super) fn place(&mut self) -> Place {
        let bytes = self.at - self.line_start;
        let characters = if self.characters.is_ascii {
            bytes
        } else {
            let (from, before) =
                if self.counted.0 >= self.line_start && self.counted.0 <= self.at { self.counted } else { (self.line_start, 0) };
            let new = self.text.as_bytes().get(from..self.at).unwrap_or_default().iter().filter(|byte| !is_continuation(**byte)).count();
            self.counted = (self.at, before + new);
            before + new
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { offset: self.at, mark: Mark { line: self.line.saturating_add(1), column: number(characters).saturating_add(1) } }
    }

    /// Creates an error at the current place.
    pub(super) fn error(&mut self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), mark: self.place().mark }
    }

    pub(super) fn break_length(&self, at: usize) -> usize {
        characters::break_length(self.text.as_bytes(), at)
    }

    /// Whether there is a blank, a line break or the end of the text at a place.
    #[inline]
    pub(super) fn is_blankz(&self, at: usize) -> bool {
        let byte = self.byte(at);
        has_class(byte, BLANK) || (has_class(byte, BREAK) && (self.break_length(at) > 0 || at >= self.text.len()))
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Skips the line break at this place, if there is one, and returns the character that it becomes in a scalar: U+2028 and
    /// U+2029 stay, all other line breaks become a line feed.
    pub(super) fn skip_break(&mut self) -> Option<char> {
        let length = self.break_length(self.at);
        if length == 0 {
            return None;
        }
        let read = match (length, self.byte(self.at + 2)) {
            (3, 0xa8) => '\u{2028}',
            (3, _) => '\u{2029}',
            _ => '\n',
        };
        self.at += length;
        self.line = self.line.saturating_add(1);
        self.line_start = self.at;
        Some(read)
    }

    /// The end of the line that contains a place.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        if !self.characters.has_rare_breaks {
            return memchr2(b'\n', b'\r', rest).map_or(self.text.len(), |length| from + length);
        }
        (from..self.text.len()).find(|at| self.break_length(*at) > 0).unwrap_or(self.text.len())
    }

    /// Whether the line that starts here begins with `---` or `...`.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.column() == 0 && matches!(self.text.as_bytes().get(self.at..self.at + 3), Some(b"---" | b"...")) && self.is_blankz(self.at + 3)
    }

    pub(super) fn skip_while(&mut self, classes: u8) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !has_class(*byte, classes)).unwrap_or(rest.len());
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(super) fn push_at(&mut self, kind: TokenKind<'t>, start: Place) {
        self.tokens.push_back(Token { kind, start, end: self.at });
    }

    /// Adds a token of `length` bytes, and skips these bytes.
    fn push(&mut self, kind: TokenKind<'t>, length: usize) {
        let start = self.place();
        self.at += length;
        self.push_at(kind, start);
    }

    fn fetch_next_token(&mut self) -> Result<(), SyntaxError> {
        self.scan_to_next_token();
        self.remove_stale_keys()?;
        self.unroll_indent(self.column());
        if self.is_end() {
            return self.fetch_stream_end();
        }
        let byte = self.here();
        if self.column() == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if self.is_document_indicator() {
                return self.fetch_document_indicator(if byte == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd });
            }
        }
        let stands_alone = |scanner: &Self| scanner.is_blankz(scanner.at + 1);
        match byte {
            b'[' => self.fetch_flow_collection_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_collection_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_collection_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_collection_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if stands_alone(self) => self.fetch_block_entry(),
            b'?' if self.in_flow() || stands_alone(self) => self.fetch_key(),
            b':' if self.in_flow() || stands_alone(self) => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if !self.in_flow() => self.fetch_block_scalar(),
            b'\'' | b'"' => self.fetch_flow_scalar(),
            b'\t' => Err(self.tab()),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                let message = format!("a plain string must not begin with `{}`; put it in quotes", char::from(byte));
                Err(self.error(message))
            }
            _ => self.fetch_plain_scalar(),
        }
    }

    /// Creates an error at the character after a tab.
    fn tab(&mut self) -> SyntaxError {
        self.skip_while(BLANK);
        self.error(match self.dialect {
            Dialect::Kubernetes => "a tab must not be used for indentation; use spaces",
            Dialect::Jina => "Jina's YAML reader does not allow a tab here; use spaces",
        })
    }

    /// Skips blanks, comments and line breaks.
    fn scan_to_next_token(&mut self) {
        let mut is_above_comment = false;
        loop {
            // A byte order mark may begin any document (YAML 1.2.2, 9.1.1).
            if self.at == self.line_start && self.indent < 0 && !self.in_flow() && self.slice(self.at, self.at + 3) == "\u{feff}" {
                self.at += 3;
                self.line_start = self.at;
            }
            let allows_tabs = self.dialect == Dialect::Kubernetes && (self.in_flow() || !self.simple_key_allowed || is_above_comment);
            while self.here() == b' ' || (allows_tabs && self.here() == b'\t') {
                self.at += 1;
            }
            if self.here() == b'#' {
                // go-yaml does not join a comment after a value with the comment below that.
                let before = self.slice(self.line_start, self.at);
                let is_first = before.split([' ', '\t']).all(|word| matches!(word, "" | "-" | "---" | "..."));
                self.at = self.line_end(self.at);
                is_above_comment = is_first && self.dialect == Dialect::Kubernetes && self.is_comment_below();
            }
            if self.skip_break().is_none() {
                return;
            }
            if !self.in_flow() {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Whether only blanks and line breaks are between this place and a comment. go-yaml 3 joins the comments then
    /// (`yaml_parser_scan_comments`), and ignores their indentation.
    fn is_comment_below(&self) -> bool {
        let mut at = self.at;
        loop {
            let length = if has_class(self.byte(at), BLANK) { 1 } else { self.break_length(at) };
            if length == 0 {
                return self.byte(at) == b'#';
            }
            at += length;
        }
    }

    fn remove_stale_keys(&mut self) -> Result<(), SyntaxError> {
        if self.possible_keys == 0 {
            return Ok(());
        }
        for level in 0..self.simple_keys.len() {
            if let Some(Some(key)) = self.simple_keys.get(level).copied()
                && (key.line < self.line || self.is_too_long(key))
            {
                self.remove_simple_key(level)?;
            }
        }
        Ok(())
    }

    fn is_too_long(&self, key: SimpleKey) -> bool {
        self.at - key.place.offset > LONGEST_SIMPLE_KEY && self.slice(key.place.offset, self.at).chars().nth(LONGEST_SIMPLE_KEY).is_some()
    }

    /// Removes the possible key of a level; returns an error if a key is required there.
    fn remove_simple_key(&mut self, level: usize) -> Result<(), SyntaxError> {
        let Some(key) = self.simple_keys.get_mut(level).and_then(Option::take) else { return Ok(()) };
        self.possible_keys -= 1;
        if key.required {
            let message = if self.is_too_long(key) {
                format!("a key of more than {LONGEST_SIMPLE_KEY} characters must have `? ` before it")
            } else {
                "`:` is missing after this key, or the line above is incomplete".to_owned()
            };
            return Err(SyntaxError { message, mark: key.place.mark });
        }
        Ok(())
    }

    fn level(&self) -> usize {
        self.simple_keys.len() - 1
    }

    /// Remembers that the next token may be a key.
    pub(super) fn save_simple_key(&mut self) -> Result<(), SyntaxError> {
        if self.simple_key_allowed {
            let level = self.level();
            self.remove_simple_key(level)?;
            let required = !self.in_flow() && self.indent == self.column();
            let key = SimpleKey { required, token: self.taken + self.tokens.len(), place: self.place(), line: self.line };
            if let Some(place) = self.simple_keys.get_mut(level) {
                *place = Some(key);
                self.possible_keys += 1;
            }
        }
        Ok(())
    }

    /// Opens a block collection if its column is deeper than that of the collection around it.
    fn roll_indent(&mut self, column: isize, token: Option<usize>, kind: TokenKind<'t>, start: Place) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let place = token.map_or(self.tokens.len(), |token| token.saturating_sub(self.taken).min(self.tokens.len()));
        self.tokens.insert(place, Token { kind, start, end: start.offset });
    }

    /// Closes the block collections that are indented further than `column`.
    fn unroll_indent(&mut self, column: isize) {
        while !self.in_flow() && self.indent > column {
            self.push(TokenKind::BlockEnd, 0);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Closes all collections, before a mark between documents.
    pub(super) fn reset(&mut self) -> Result<(), SyntaxError> {
        self.unroll_indent(-1);
        self.remove_simple_key(self.level())?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), SyntaxError> {
        self.reset()?;
        self.is_done = true;
        self.push(TokenKind::StreamEnd, 0);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.reset()?;
        self.push(kind, 3);
        Ok(())
    }

    fn fetch_flow_collection_start(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_keys.push(None);
        self.simple_key_allowed = true;
        self.push(kind, 1);
        Ok(())
    }

    fn fetch_flow_collection_end(&mut self, kind: TokenKind<'t>) -> Result<(), SyntaxError> {
        self.remove_simple_key(self.level())?;
        if self.in_flow() {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), SyntaxError> {
        self.remove_simple_key(self.level())?;
        self.simple_key_allowed = true;
        self.push(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        // Between brackets a dash is an error too, but the parser reports it.
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return Err(self.error("a list entry must not begin here; put it on its own line"));
            }
            let start = self.place();
            self.roll_indent(self.column(), None, TokenKind::BlockSequenceStart, start);
        }
        self.remove_simple_key(self.level())?;
        self.simple_key_allowed = true;
        self.push(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return Err(self.error("a key must not begin here; put it on its own line"));
            }
            let start = self.place();
            self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, start);
        }
        self.remove_simple_key(self.level())?;
        self.simple_key_allowed = !self.in_flow();
        self.push(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        let level = self.level();
        if let Some(key) = self.simple_keys.get_mut(level).and_then(Option::take) {
            self.possible_keys -= 1;
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(place, Token { kind: TokenKind::Key, start: key.place, end: key.place.offset });
            let column = isize::try_from(key.place.offset - self.line_start).unwrap_or(isize::MAX);
            self.roll_indent(column, Some(key.token), TokenKind::BlockMappingStart, key.place);
            self.simple_key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.simple_key_allowed {
                    return Err(
                        self.error("a mapping must not begin here; put a string with `: ` in quotes, or a nested key on its own line")
                    );
                }
                let start = self.place();
                self.roll_indent(self.column(), None, TokenKind::BlockMappingStart, start);
            }
            self.simple_key_allowed = !self.in_flow();
        }
        self.push(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_anchor(&mut self) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.place();
        let is_alias = self.here() == b'*';
        self.at += 1;
        let from = self.at;
        self.skip_while(WORD);
        let name = self.slice(from, self.at);
        let is_ended = self.is_blankz(self.at) || matches!(self.here(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !is_ended {
            let what = if is_alias { "an alias" } else { "an anchor" };
            return Err(self.error(format!(
                "the name of {what} must consist of letters, digits, `-` and `_`; put a string that begins with `*` or `&` in quotes"
            )));
        }
        self.push_at(if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<(), SyntaxError> {
        self.remove_simple_key(self.level())?;
        self.simple_key_allowed = true;
        let quoting = if self.here() == b'|' { Quoting::Literal } else { Quoting::Folded };
        let start = self.place();
        let token = self.scan_block_scalar(quoting, start)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_flow_scalar(&mut self) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let quoting = if self.here() == b'"' { Quoting::Double } else { Quoting::Single };
        let start = self.place();
        let text = self.scan_flow_scalar(quoting, start)?;
        self.push_at(TokenKind::Scalar { text, quoting }, start);
        Ok(())
    }

    fn fetch_plain_scalar(&mut self) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.place();
        let (text, end) = self.scan_plain_scalar()?;
        self.tokens.push_back(Token { kind: TokenKind::Scalar { text, quoting: Quoting::Plain }, start, end });
        Ok(())
    }
}
