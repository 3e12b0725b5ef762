//! Parses tokens into events, as libyaml's parser does (`parser.c`; go-yaml's `parserc.go`, PyYAML's `parser.py`).

use std::borrow::Cow;

use super::dialect::Dialect;
use super::error::SyntaxError;
use super::scan::{Place, Quoting, Scanner, TagName, Token, TokenKind};
use crate::finding::Mark;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EventKind<'t> {
    DocumentStart,
    DocumentEnd,
    Alias(&'t str),
    Scalar { text: Cow<'t, str>, quoting: Quoting },
    SequenceStart { is_flow: bool },
    SequenceEnd,
    MappingStart { is_flow: bool },
    MappingEnd,
}

/// The meaning of a node's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag<'t> {
    /// The tag `!`.
    NonSpecific,
    /// `!name`, a tag of the application.
    Local(Cow<'t, str>),
    /// `!!name`, a tag of YAML's schemas.
    Core(Cow<'t, str>),
    /// Any other tag, in full.
    Other(Cow<'t, str>),
}

/// The anchor and the tag before the text of a node. They are rare, so events store them in a box.
#[derive(Debug, Clone)]
pub(super) struct Properties<'t> {
    pub anchor: Option<&'t str>,
    pub tag: Option<Tag<'t>>,
    pub start: Place,
}

#[derive(Debug)]
pub(super) struct Event<'t> {
    pub kind: EventKind<'t>,
    pub properties: Option<Box<Properties<'t>>>,
    /// The start of the node's text.
    pub start: Place,
    /// The offset after the node's text; for a block collection, the start of the next token.
    pub end: usize,
    /// The offset of the `-`, `?` or `:` before the node, if there is one.
    pub indicator: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    BlockNode,
    End,
}

/// The deepest nesting: deeper than any Flow or Kubernetes object, and also the limit of `serde_json`.
pub(super) const DEEPEST: usize = 128;

pub(super) fn too_deep(mark: Mark) -> SyntaxError {
    SyntaxError { message: format!("must not be nested deeper than {DEEPEST} levels"), mark }
}

/// The default meaning of `!!`, unless a directive changes it.
const CORE: &str = "tag:yaml.org,2002:";

pub(super) struct Parser<'t> {
    scanner: Scanner<'t>,
    /// The next token; valid only if `has_token` is true.
    token: Token<'t>,
    has_token: bool,
    state: State,
    states: Vec<State>,
    /// The lines on which the open collections begin.
    lines: Vec<u32>,
    tag_directives: Vec<(&'t str, Cow<'t, str>)>,
    indicator: usize,
}

type Step<'t> = Result<Event<'t>, SyntaxError>;

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Result<Self, SyntaxError> {
        Ok(Self {
            scanner: Scanner::new(text, dialect)?,
            token: Token { kind: TokenKind::StreamEnd, start: Place::default(), end: 0 },
            has_token: false,
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            lines: Vec::new(),
            tag_directives: Vec::new(),
            indicator: 0,
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.scanner.dialect
    }

    /// The next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event<'t>>, SyntaxError> {
        let event = match self.state {
            State::End => return Ok(None),
            State::ImplicitDocumentStart => return self.document_start(true),
            State::DocumentStart => return self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowSequenceEntryMappingKey => self.flow_sequence_entry_mapping_key(),
            State::FlowSequenceEntryMappingValue => self.flow_sequence_entry_mapping_value(),
            State::FlowSequenceEntryMappingEnd => self.flow_sequence_entry_mapping_end(),
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => self.flow_mapping_empty_value(),
        };
        event.map(Some)
    }

    #[inline]
    fn token(&mut self) -> Result<&Token<'t>, SyntaxError> {
        if !self.has_token {
            self.scanner.next(&mut self.token)?;
            self.has_token = true;
        }
        Ok(&self.token)
    }

    #[inline]
    fn kind(&mut self) -> Result<&TokenKind<'t>, SyntaxError> {
        Ok(&self.token()?.kind)
    }

    /// Takes the next token and returns its place.
    #[inline]
    fn take(&mut self) -> Result<(Place, usize), SyntaxError> {
        let Token { start, end, .. } = *self.token()?;
        self.has_token = false;
        Ok((start, end))
    }

    /// Takes a `-`, `?` or `:`.
    fn take_indicator(&mut self) -> Result<Place, SyntaxError> {
        let (mut start, end) = self.take()?;
        self.indicator = start.offset;
        let length = end - start.offset;
        start.mark.column = start.mark.column.saturating_add(u32::try_from(length).unwrap_or_default());
        start.offset = end;
        Ok(start)
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Creates an error at the next token.
    fn error(&mut self, message: impl Into<String>) -> SyntaxError {
        match self.token() {
            Ok(token) => SyntaxError { message: message.into(), mark: token.start.mark },
            Err(error) => error,
        }
    }

    fn event(&self, kind: EventKind<'t>, start: Place, end: usize) -> Event<'t> {
        Event { kind, properties: None, start, end, indicator: self.indicator }
    }

    /// Creates an empty scalar, for a value that is missing.
    fn empty_scalar(&self, place: Place) -> Event<'t> {
        self.event(EventKind::Scalar { text: Cow::Borrowed(""), quoting: Quoting::Plain }, place, place.offset)
    }

    fn document_start(&mut self, is_implicit: bool) -> Result<Option<Event<'t>>, SyntaxError> {
        if !is_implicit {
            while *self.kind()? == TokenKind::DocumentEnd {
                self.take()?;
            }
        }
        let start = self.token()?.start;
        match self.kind()? {
            TokenKind::StreamEnd => {
                self.state = State::End;
                return Ok(None);
            }
            kind if is_implicit
                && !matches!(
                    kind,
                    TokenKind::VersionDirective | TokenKind::TagDirective(_) | TokenKind::UnknownDirective | TokenKind::DocumentStart
                ) =>
            {
                self.state = State::BlockNode;
            }
            _ => {
                self.directives()?;
                if *self.kind()? != TokenKind::DocumentStart {
                    return Err(self.error("this line is not indented enough, or `---` is missing before another document"));
                }
                self.take()?;
                self.state = State::DocumentContent;
            }
        }
        self.states.push(State::DocumentEnd);
        Ok(Some(self.event(EventKind::DocumentStart, start, start.offset)))
    }

    fn directives(&mut self) -> Result<(), SyntaxError> {
        self.tag_directives.clear();
        let mut has_version = false;
        loop {
            match self.kind()? {
                TokenKind::VersionDirective if has_version => return Err(self.error("duplicate %YAML directive")),
                TokenKind::VersionDirective => has_version = true,
                TokenKind::UnknownDirective => {}
                TokenKind::TagDirective(directive) => {
                    let TagName { handle, suffix: prefix } = TagName::clone(directive);
                    if self.tag_directives.iter().any(|(known, _)| *known == handle) {
                        return Err(self.error(format!("duplicate %TAG directive for the handle `{handle}`")));
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.take()?;
        }
    }

    fn document_content(&mut self) -> Step<'t> {
        let place = self.token()?.start;
        match self.kind()? {
            TokenKind::VersionDirective
            | TokenKind::TagDirective(_)
            | TokenKind::UnknownDirective
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop();
                Ok(self.empty_scalar(place))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Step<'t> {
        let start = self.token()?.start;
        if *self.kind()? == TokenKind::DocumentEnd {
            self.take()?;
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(self.event(EventKind::DocumentEnd, start, start.offset))
    }

    fn node(&mut self, is_block: bool, is_indentless: bool) -> Step<'t> {
        let first = self.token()?.start;
        let mut properties: Option<Box<Properties<'t>>> = None;
        let mut end = first.offset;
        while matches!(self.kind()?, TokenKind::Anchor(_) | TokenKind::Tag(_)) {
            let known = properties.get_or_insert_with(|| Box::new(Properties { anchor: None, tag: None, start: first }));
            match &self.token.kind {
                TokenKind::Anchor(name) if known.anchor.is_none() => known.anchor = Some(name),
                TokenKind::Tag(tag) if known.tag.is_none() => {
                    let TagName { handle, suffix } = TagName::clone(tag);
                    known.tag = Some(self.resolve(handle, suffix)?);
                }
                _ => break,
            }
            end = self.take()?.1;
        }
        let Token { start, end: token_end, .. } = *self.token()?;
        let state = match &mut self.token.kind {
            TokenKind::Scalar { text, quoting } => {
                let kind = EventKind::Scalar { text: std::mem::take(text), quoting: *quoting };
                self.has_token = false;
                self.pop();
                return Ok(Event { properties, ..self.event(kind, start, token_end) });
            }
            TokenKind::Alias(name) if properties.is_none() => {
                let kind = EventKind::Alias(name);
                self.has_token = false;
                self.pop();
                return Ok(self.event(kind, start, token_end));
            }
            TokenKind::BlockEntry if is_indentless => State::IndentlessSequenceEntry,
            TokenKind::BlockSequenceStart if is_block => State::BlockSequenceEntry,
            TokenKind::BlockMappingStart if is_block => State::BlockMappingKey,
            TokenKind::FlowSequenceStart => State::FlowSequenceFirstEntry,
            TokenKind::FlowMappingStart => State::FlowMappingFirstKey,
            _ if properties.is_some() => {
                self.pop();
                return Ok(Event { properties, end, ..self.empty_scalar(first) });
            }
            _ => return Err(self.no_content()),
        };
        // A sequence that is not indented below its key has no token for its end.
        self.has_token = state == State::IndentlessSequenceEntry;
        self.open(start, state)?;
        let is_flow = matches!(state, State::FlowSequenceFirstEntry | State::FlowMappingFirstKey);
        let kind = match state {
            State::BlockMappingKey | State::FlowMappingFirstKey => EventKind::MappingStart { is_flow },
            _ => EventKind::SequenceStart { is_flow },
        };
        Ok(Event { properties, ..self.event(kind, start, start.offset) })
    }

    fn open(&mut self, content: Place, state: State) -> Result<(), SyntaxError> {
        if self.lines.len() >= DEEPEST {
            return Err(too_deep(content.mark));
        }
        self.lines.push(content.mark.line);
        self.state = state;
        Ok(())
    }

    fn close(&mut self, kind: EventKind<'t>, start: Place, end: usize) -> Event<'t> {
        self.lines.pop();
        self.pop();
        self.event(kind, start, end)
    }

    fn no_content(&mut self) -> SyntaxError {
        let message = match self.kind() {
            Ok(TokenKind::Value) => "`:` must have a key before it",
            Ok(TokenKind::FlowEntry) => "`,` must have an entry before it",
            Ok(TokenKind::FlowSequenceEnd) => "`]` has no matching `[`",
            Ok(TokenKind::FlowMappingEnd) => "`}` has no matching `{`",
            Ok(TokenKind::StreamEnd) => "a value is missing at the end of the document",
            Ok(TokenKind::BlockEntry) => "an entry between brackets must not begin with `-`",
            _ => "a value must not begin here",
        };
        self.error(message)
    }

    fn resolve(&mut self, handle: &'t str, suffix: Cow<'t, str>) -> Result<Tag<'t>, SyntaxError> {
        let known = self.tag_directives.iter().find(|(known, _)| *known == handle).map(|(_, prefix)| prefix);
        let whole = match (known, handle) {
            (Some(prefix), _) => Cow::Owned(format!("{prefix}{suffix}")),
            (None, "!") => return Ok(Tag::Local(suffix)),
            (None, "!!") => return Ok(Tag::Core(suffix)),
            (None, "") => suffix,
            (None, _) => return Err(self.error(format!("no %TAG directive defines the handle `{handle}` of this tag"))),
        };
        Ok(match (whole.strip_prefix(CORE), whole.strip_prefix('!')) {
            (Some(name), _) => Tag::Core(Cow::Owned(name.to_owned())),
            (None, Some("")) => Tag::NonSpecific,
            (None, Some(name)) => Tag::Local(Cow::Owned(name.to_owned())),
            (None, None) => Tag::Other(whole),
        })
    }

    fn block_sequence_entry(&mut self) -> Step<'t> {
        match self.kind()? {
            TokenKind::BlockEntry => {
                let place = self.take_indicator()?;
                self.state = State::BlockSequenceEntry;
                if matches!(self.kind()?, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    return Ok(self.empty_scalar(place));
                }
                self.states.push(State::BlockSequenceEntry);
                self.node(true, false)
            }
            TokenKind::BlockEnd => {
                let (start, end) = self.take()?;
                Ok(self.close(EventKind::SequenceEnd, start, end))
            }
            _ => {
                let line = self.lines.last().copied().unwrap_or_default();
                Err(self.error(format!("`- ` is missing, or the indentation is wrong, in the list that begins on line {line}")))
            }
        }
    }

    fn indentless_sequence_entry(&mut self) -> Step<'t> {
        if *self.kind()? == TokenKind::BlockEntry {
            let place = self.take_indicator()?;
            self.state = State::IndentlessSequenceEntry;
            if matches!(self.kind()?, TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
                return Ok(self.empty_scalar(place));
            }
            self.states.push(State::IndentlessSequenceEntry);
            return self.node(true, false);
        }
        let start = self.token()?.start;
        Ok(self.close(EventKind::SequenceEnd, start, start.offset))
    }

    fn block_mapping_key(&mut self) -> Step<'t> {
        match self.kind()? {
            TokenKind::Key => {
                let place = self.take_indicator()?;
                self.state = State::BlockMappingValue;
                if matches!(self.kind()?, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
                    return Ok(self.empty_scalar(place));
                }
                self.states.push(State::BlockMappingValue);
                self.node(true, true)
            }
            TokenKind::BlockEnd => {
                let (start, end) = self.take()?;
                Ok(self.close(EventKind::MappingEnd, start, end))
            }
            _ => {
                let line = self.lines.last().copied().unwrap_or_default();
                let message = format!("a key is missing, or the indentation is wrong, in the mapping that begins on line {line}");
                Err(self.error(message))
            }
        }
    }

    fn block_mapping_value(&mut self) -> Step<'t> {
        self.state = State::BlockMappingKey;
        if *self.kind()? != TokenKind::Value {
            let place = self.token()?.start;
            return Ok(self.empty_scalar(place));
        }
        let place = self.take_indicator()?;
        if matches!(self.kind()?, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            return Ok(self.empty_scalar(place));
        }
        self.states.push(State::BlockMappingKey);
        self.node(true, true)
    }

    /// Takes the comma before an entry between brackets, unless the entry is the first.
    fn comma(&mut self, is_first: bool, closing: char) -> Result<(), SyntaxError> {
        if is_first {
            return Ok(());
        }
        if *self.kind()? == TokenKind::FlowEntry {
            self.take()?;
            return Ok(());
        }
        let line = self.lines.last().copied().unwrap_or_default();
        let what = if closing == ']' { "list" } else { "mapping" };
        let hint = if *self.kind()? == TokenKind::Key { "; put a string with `?` in quotes" } else { "" };
        Err(self.error(format!("`,` or `{closing}` is missing in the {what} that begins on line {line}{hint}")))
    }

    fn flow_sequence_entry(&mut self, is_first: bool) -> Step<'t> {
        if *self.kind()? != TokenKind::FlowSequenceEnd {
            self.comma(is_first, ']')?;
            if *self.kind()? == TokenKind::Key {
                let start = self.token()?.start;
                let end = self.take_indicator()?.offset;
                self.open(start, State::FlowSequenceEntryMappingKey)?;
                return Ok(self.event(EventKind::MappingStart { is_flow: true }, start, end));
            }
            if *self.kind()? != TokenKind::FlowSequenceEnd {
                self.states.push(State::FlowSequenceEntry);
                return self.node(false, false);
            }
        }
        let (start, end) = self.take()?;
        Ok(self.close(EventKind::SequenceEnd, start, end))
    }

    fn flow_sequence_entry_mapping_key(&mut self) -> Step<'t> {
        self.state = State::FlowSequenceEntryMappingValue;
        if matches!(self.kind()?, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            if self.dialect() == Dialect::Kubernetes {
                // libyaml skips the next token here by mistake, and reports an unrelated error later.
                return Err(self.error("`?` must be followed by a key"));
            }
            let place = self.token()?.start;
            return Ok(self.empty_scalar(place));
        }
        self.states.push(State::FlowSequenceEntryMappingValue);
        self.node(false, false)
    }

    fn flow_sequence_entry_mapping_value(&mut self) -> Step<'t> {
        self.state = State::FlowSequenceEntryMappingEnd;
        let mut place = self.token()?.start;
        if *self.kind()? == TokenKind::Value {
            place = self.take_indicator()?;
            if !matches!(self.kind()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowSequenceEntryMappingEnd);
                return self.node(false, false);
            }
        }
        Ok(self.empty_scalar(place))
    }

    fn flow_sequence_entry_mapping_end(&mut self) -> Step<'t> {
        self.lines.pop();
        self.state = State::FlowSequenceEntry;
        let start = self.token()?.start;
        Ok(self.event(EventKind::MappingEnd, start, start.offset))
    }

    fn flow_mapping_key(&mut self, is_first: bool) -> Step<'t> {
        if *self.kind()? != TokenKind::FlowMappingEnd {
            self.comma(is_first, '}')?;
            if *self.kind()? == TokenKind::Key {
                let place = self.take_indicator()?;
                self.state = State::FlowMappingValue;
                if matches!(self.kind()?, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                    return Ok(self.empty_scalar(place));
                }
                self.states.push(State::FlowMappingValue);
                return self.node(false, false);
            }
            if *self.kind()? != TokenKind::FlowMappingEnd {
                self.states.push(State::FlowMappingEmptyValue);
                return self.node(false, false);
            }
        }
        let (start, end) = self.take()?;
        Ok(self.close(EventKind::MappingEnd, start, end))
    }

    fn flow_mapping_value(&mut self) -> Step<'t> {
        self.state = State::FlowMappingKey;
        let mut place = self.token()?.start;
        if *self.kind()? == TokenKind::Value {
            place = self.take_indicator()?;
            if !matches!(self.kind()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(false, false);
            }
        }
        Ok(self.empty_scalar(place))
    }

    fn flow_mapping_empty_value(&mut self) -> Step<'t> {
        self.state = State::FlowMappingKey;
        let place = self.token()?.start;
        Ok(self.empty_scalar(place))
    }
}
