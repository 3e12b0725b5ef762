//! Scans the text of scalars in the five styles: folds lines and replaces escapes. Text that equals the input is borrowed.

use std::borrow::Cow;

use super::characters::{BLANK, BREAK, COLON, DOUBLE, FLOW, SINGLE, has_class};
use super::dialect::Dialect;
use super::error::SyntaxError;
use super::scan::{Place, Quoting, Scanner, Token, TokenKind};

/// The line breaks between two parts of a scalar, until they are folded by `join`.
#[derive(Default)]
struct Fold {
    first: Option<char>,
    more: String,
}

impl Fold {
    fn push(&mut self, line_break: char) {
        if self.first.is_none() {
            self.first = Some(line_break);
        } else {
            self.more.push(line_break);
        }
    }

    /// Adds the line breaks to `text`: a single line feed becomes a space, and of several line feeds one is dropped.
    fn join(&mut self, text: &mut String) {
        match self.first.take() {
            Some('\n') if self.more.is_empty() => text.push(' '),
            Some('\n') | None => {}
            Some(other) => text.push(other),
        }
        text.push_str(&self.more);
        self.more.clear();
    }
}

/// The text of a scalar, borrowed as long as possible.
struct Pieces<'t> {
    joined: Option<String>,
    /// The start of the part that is not joined yet.
    from: usize,
    scanned: &'t str,
}

impl<'t> Pieces<'t> {
    fn new(text: &'t str, from: usize) -> Self {
        Self { joined: None, from, scanned: text }
    }

    /// Joins the part up to `to`; the next part starts at `from`.
    fn cut(&mut self, to: usize, from: usize) -> &mut String {
        let part = self.scanned.get(self.from..to).unwrap_or_default();
        self.from = from;
        let joined = self.joined.get_or_insert_default();
        joined.push_str(part);
        joined
    }

    fn finish(self, to: usize) -> Cow<'t, str> {
        let part = self.scanned.get(self.from..to).unwrap_or_default();
        match self.joined {
            None => Cow::Borrowed(part),
            Some(mut joined) => {
                joined.push_str(part);
                Cow::Owned(joined)
            }
        }
    }
}

impl<'t> Scanner<'t> {
    /// Scans a plain scalar; returns it with the offset after it. The blanks and line breaks after it are skipped too,
    /// because only the text after them shows whether the scalar continues.
    pub(super) fn scan_plain_scalar(&mut self) -> Result<(Cow<'t, str>, usize), SyntaxError> {
        let stops = BLANK | BREAK | COLON | if self.in_flow() { FLOW } else { 0 };
        let mut pieces = Pieces::new(self.text, self.at);
        let mut end = self.at;
        let mut fold = Fold::default();
        loop {
            if self.here() == b'#' || self.is_document_indicator() {
                break;
            }
            let begin = self.at;
            self.skip_plain(stops);
            if self.at == begin {
                break;
            }
            if fold.first.is_some() {
                fold.join(pieces.cut(end, begin));
            }
            end = self.at;
            let blanks_end = self.skip_plain_blanks(&mut fold)?;
            if !blanks_end || (!self.in_flow() && self.column() <= self.indent) {
                break;
            }
        }
        if fold.first.is_some() {
            self.simple_key_allowed = true;
        }
        Ok((pieces.finish(end), end))
    }

    /// Skips to the next character that ends a part of a plain scalar.
    fn skip_plain(&mut self, stops: u8) {
        let bytes = self.text.as_bytes();
        while let Some(length) = bytes.get(self.at..).and_then(|rest| rest.iter().position(|byte| has_class(*byte, stops))) {
            self.at += length;
            let ends = match self.here() {
                b':' => self.is_blankz(self.at + 1) || (self.in_flow() && self.ends_key_in_flow()),
                0xc2 | 0xe2 => self.break_length(self.at) > 0,
                _ => true,
            };
            if ends {
                return;
            }
            self.at += 1;
        }
        self.at = bytes.len();
    }

    /// Whether a colon ends a key between brackets, although a bracket or comma follows, as in `{a:}` and `[a:[b]]`. This is
    /// so only in PyYAML.
    fn ends_key_in_flow(&self) -> bool {
        self.dialect == Dialect::Jina && matches!(self.byte(self.at + 1), b',' | b'[' | b']' | b'{' | b'}')
    }

    /// Skips blanks and line breaks, and returns whether a plain scalar may continue after them.
    fn skip_plain_blanks(&mut self, fold: &mut Fold) -> Result<bool, SyntaxError> {
        let begin = self.at;
        loop {
            if self.here() == b' ' {
                self.at += 1;
            } else if self.here() == b'\t' {
                if self.dialect == Dialect::Jina {
                    return Ok(false);
                }
                if fold.first.is_some() && self.column() <= self.indent {
                    return Err(self.error("a tab must not be used for indentation; use spaces"));
                }
                self.at += 1;
            } else if let Some(line_break) = self.skip_break() {
                fold.push(line_break);
                if self.is_document_indicator() {
                    return Ok(false);
                }
            } else {
                return Ok(self.at > begin);
            }
        }
    }

    /// Scans a quoted scalar. Its lines may have any indentation.
    pub(super) fn scan_flow_scalar(&mut self, quoting: Quoting, start: Place) -> Result<Cow<'t, str>, SyntaxError> {
        let is_single = quoting == Quoting::Single;
        let (quote, stops) = if is_single { (b'\'', SINGLE | BREAK) } else { (b'"', DOUBLE | BREAK) };
        self.at += 1;
        let mut pieces = Pieces::new(self.text, self.at);
        let bytes = self.text.as_bytes();
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|byte| has_class(*byte, stops)).unwrap_or(rest.len());
            let at = self.at;
            match self.here() {
                b'\'' if self.byte(at + 1) == b'\'' => {
                    self.at += 2;
                    pieces.cut(at + 1, at + 2);
                }
                byte if byte == quote => {
                    self.at += 1;
                    return Ok(pieces.finish(at));
                }
                b'\\' => self.scan_escape(&mut pieces, start)?,
                _ if self.is_end() => {
                    let message = format!("the closing `{}` of this quoted string is missing", char::from(quote));
                    return Err(SyntaxError { message, mark: start.mark });
                }
                _ if self.break_length(at) > 0 => {
                    let before = self.slice(pieces.from, at).trim_end_matches([' ', '\t']).len();
                    let end = pieces.from + before;
                    self.scan_quoted_breaks(&mut pieces, end, start)?;
                }
                // The byte is the start of a character that is not a line break.
                _ => self.at += 1,
            }
        }
    }

    /// Folds the lines of a quoted scalar. `end` is the end of the part of the scalar on this line.
    fn scan_quoted_breaks(&mut self, pieces: &mut Pieces<'t>, end: usize, start: Place) -> Result<(), SyntaxError> {
        let mut fold = Fold::default();
        while let Some(line_break) = self.skip_break() {
            fold.push(line_break);
            if self.is_document_indicator() {
                return Err(self.document_indicator(start));
            }
            self.skip_while(BLANK);
        }
        fold.join(pieces.cut(end, self.at));
        Ok(())
    }

    fn document_indicator(&mut self, start: Place) -> SyntaxError {
        let message =
            format!("a line of a quoted string must not begin with `---` or `...`; the string begins on line {}", start.mark.line);
        self.error(message)
    }

    /// Scans an escape sequence in double quotes.
    fn scan_escape(&mut self, pieces: &mut Pieces<'t>, start: Place) -> Result<(), SyntaxError> {
        let at = self.at;
        let byte = self.byte(at + 1);
        if self.break_length(at + 1) > 0 {
            // An escaped line break joins two lines. Empty lines between them count.
            self.at += 1;
            pieces.cut(at, at + 1);
            self.skip_break();
            let mut more = String::new();
            loop {
                if self.is_document_indicator() {
                    return Err(self.document_indicator(start));
                }
                self.skip_while(BLANK);
                match self.skip_break() {
                    Some(line_break) => more.push(line_break),
                    None => break,
                }
            }
            let joined = pieces.cut(pieces.from, self.at);
            joined.push_str(&more);
            return Ok(());
        }
        let simple = match byte {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' | b'"' | b'\\' | b'/' => char::from(byte),
            b'\'' if self.dialect == Dialect::Kubernetes => '\'',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => {
                let digits = match byte {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                let (c, length) = self.scan_code(digits)?;
                self.at += length;
                pieces.cut(at, self.at).push(c);
                return Ok(());
            }
            _ => {
                return Err(
                    self.error("`\\` in double quotes must begin a valid escape sequence such as \\n; write `\\\\` for a backslash")
                );
            }
        };
        self.at += 2;
        pieces.cut(at, at + 2).push(simple);
        Ok(())
    }

    /// The character of an escape sequence with hexadecimal digits, and the length of the sequence. JSON writes a character above
    /// U+FFFF as two sequences.
    fn scan_code(&mut self, digits: usize) -> Result<(char, usize), SyntaxError> {
        let code = |at: usize| {
            let digits = self.text.get(at + 2..at + 2 + digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let length = 2 + digits;
        let Some(value) = code(self.at) else {
            return Err(self.error(format!("this escape sequence must have {digits} hexadecimal digits")));
        };
        if let Some(c) = char::from_u32(value) {
            return Ok((c, length));
        }
        let is_second = self.slice(self.at + length, self.at + length + 2) == "\\u";
        let unit = |value: u32| u16::try_from(value).ok();
        let pair = code(self.at + length).filter(|_| digits == 4 && is_second).and_then(unit).zip(unit(value));
        let joined = pair.and_then(|(second, first)| char::decode_utf16([first, second]).next()?.ok());
        joined.map(|c| (c, 2 * length)).ok_or_else(|| self.error("this escape sequence is not a valid character"))
    }

    /// Scans a block scalar. The mark of the token is its first line that is not empty, and the end is the end of its last line.
    pub(super) fn scan_block_scalar(&mut self, quoting: Quoting, start: Place) -> Result<Token<'t>, SyntaxError> {
        self.at += 1;
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.here() {
                sign @ (b'+' | b'-') if chomping.is_none() => chomping = Some(sign),
                b'0' if increment.is_none() => return Err(self.error("the indentation after `|` or `>` must be 1 or more")),
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(isize::from(digit - b'0')),
                _ => break,
            }
            self.at += 1;
        }
        let is_strict = self.dialect == Dialect::Jina;
        let begin = self.at;
        self.skip_while(BLANK);
        if is_strict && (self.slice(begin, self.at).contains('\t') || (self.at == begin && self.here() == b'#')) {
            return Err(self.error("only spaces and a comment may follow `|` or `>`"));
        }
        if self.here() == b'#' {
            self.at = self.line_end(self.at);
        }
        if !self.is_end() && self.break_length(self.at) == 0 {
            return Err(self.error("the string of `|` or `>` must begin on the next line"));
        }
        let mut text_end = self.at;
        self.skip_break();

        let mut indent = increment.map(|more| self.indent.max(0) + more);
        let mut breaks = String::new();
        self.scan_block_scalar_breaks(&mut indent, &mut breaks)?;
        let indent = indent.unwrap_or_default();
        let place = if self.column() == indent && !self.is_end() { self.place() } else { start };
        let mut text = String::new();
        let mut leading = None;
        let mut leading_blank = false;
        let mut known = Some(indent);
        while self.column() == indent && !self.is_end() {
            let trailing_blank = has_class(self.here(), BLANK);
            let is_folded = quoting == Quoting::Folded && leading == Some('\n') && !leading_blank && !trailing_blank;
            match leading.take() {
                Some(_) if is_folded => text.push_str(if breaks.is_empty() { " " } else { "" }),
                Some(line_break) => text.push(line_break),
                None => {}
            }
            text.push_str(&breaks);
            breaks.clear();
            leading_blank = trailing_blank;
            let end = self.line_end(self.at);
            text.push_str(self.slice(self.at, end));
            self.at = end;
            text_end = end;
            leading = self.skip_break();
            self.scan_block_scalar_breaks(&mut known, &mut breaks)?;
        }
        if chomping != Some(b'-') {
            text.extend(leading);
        }
        if chomping == Some(b'+') {
            text.push_str(&breaks);
        }
        let kind = TokenKind::Scalar { text: Cow::Owned(text), quoting };
        Ok(Token { kind, start: Place { offset: start.offset, ..place }, end: text_end })
    }

    /// Skips indentation and empty lines, adds the lines to `breaks`, and detects the indentation if it is not given.
    fn scan_block_scalar_breaks(&mut self, indent: &mut Option<isize>, breaks: &mut String) -> Result<(), SyntaxError> {
        let mut deepest = 0;
        loop {
            while self.here() == b' ' && indent.is_none_or(|indent| self.column() < indent) {
                self.at += 1;
            }
            deepest = deepest.max(self.column());
            // PyYAML reads the tab as text if there are enough spaces before it; otherwise it reports an error later.
            let is_indentation = self.here() == b'\t' && indent.is_none_or(|indent| self.column() < indent);
            if is_indentation && self.dialect == Dialect::Kubernetes {
                return Err(self.error("a tab must not be used for indentation; use spaces"));
            }
            match self.skip_break() {
                Some(line_break) => breaks.push(line_break),
                None => break,
            }
        }
        indent.get_or_insert(deepest.max(self.indent + 1).max(1));
        Ok(())
    }
}
