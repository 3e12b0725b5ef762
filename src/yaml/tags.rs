//! Scans tags, and the directives that define the handles of tags.

use std::borrow::Cow;

use super::characters::{URI, WORD};
use super::dialect::Dialect;
use super::error::SyntaxError;
use super::scan::{Scanner, TagName, Token, TokenKind};

impl<'t> Scanner<'t> {
    pub(super) fn fetch_tag(&mut self) -> Result<(), SyntaxError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.place();
        let (handle, suffix) = if self.byte(self.at + 1) == b'<' {
            self.at += 2;
            let suffix = self.scan_tag_uri()?;
            if self.here() != b'>' {
                return Err(self.error("the closing `>` of a tag is missing"));
            }
            self.at += 1;
            ("", suffix)
        } else {
            match self.scan_tag_handle() {
                "!" if self.is_blankz(self.at) => ("", Cow::Borrowed("!")),
                handle if handle.len() > 1 && handle.ends_with('!') => (handle, self.scan_tag_uri()?),
                // This is not a handle, but `!` and the start of the tag's name.
                _ => {
                    self.at = start.offset + 1;
                    let suffix = self.scan_tag_uri()?;
                    if self.dialect == Dialect::Jina && suffix.contains('!') {
                        return Err(self.error("the handle of a tag must consist of letters, digits, `-` and `_`"));
                    }
                    ("!", suffix)
                }
            }
        };
        if !self.is_blankz(self.at) || (self.dialect == Dialect::Jina && self.here() == b'\t') {
            return Err(self.error("a tag must be followed by a space or the end of the line"));
        }
        self.push_at(TokenKind::Tag(Box::new(TagName { handle, suffix })), start);
        Ok(())
    }

    /// Scans a handle, `!`, `!!` or `!name!`. Also returns the text `!name` of a tag without a handle.
    fn scan_tag_handle(&mut self) -> &'t str {
        let from = self.at;
        self.at += 1;
        self.skip_while(WORD);
        if self.here() == b'!' {
            self.at += 1;
        }
        self.slice(from, self.at)
    }

    fn scan_tag_uri(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        let from = self.at;
        self.skip_while(URI | WORD);
        let raw = self.slice(from, self.at);
        if raw.is_empty() {
            return Err(self.error("a tag must have a name"));
        }
        if !raw.contains('%') {
            return Ok(Cow::Borrowed(raw));
        }
        let mut bytes = Vec::new();
        let mut rest = raw.bytes();
        while let Some(byte) = rest.next() {
            let hex = |digit: Option<u8>| char::from(digit.unwrap_or_default()).to_digit(16).and_then(|n| u8::try_from(n).ok());
            let read = if byte == b'%' { hex(rest.next()).zip(hex(rest.next())).map(|(high, low)| high << 4 | low) } else { Some(byte) };
            // For other characters add a byte that is never valid in UTF-8, so that the conversion below fails.
            bytes.push(read.unwrap_or(0xff));
        }
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| self.error("`%` in a tag must be followed by two hexadecimal digits of UTF-8"))
    }

    pub(super) fn fetch_directive(&mut self) -> Result<(), SyntaxError> {
        self.reset()?;
        let start = self.place();
        self.at += 1;
        let from = self.at;
        self.skip_while(WORD);
        let name = self.slice(from, self.at);
        if name.is_empty() || !self.is_blankz(self.at) {
            return Err(self.error("a directive must have a name of letters; put a string that begins with `%` in quotes"));
        }
        let kind = match name {
            "YAML" => self.scan_version()?,
            "TAG" => self.scan_tag_directive()?,
            _ if self.dialect == Dialect::Jina => {
                self.at = self.line_end(self.at);
                TokenKind::UnknownDirective
            }
            _ => return Err(self.error("a directive must be %YAML or %TAG; put a string that begins with `%` in quotes")),
        };
        let end = self.at;
        self.skip_directive_blanks();
        if self.dialect == Dialect::Jina && self.at == end && !self.is_blankz(end) {
            return Err(self.error("the value of a directive must be followed by a space or the end of the line"));
        }
        if self.here() == b'#' {
            self.at = self.line_end(self.at);
        }
        if !self.is_end() && self.break_length(self.at) == 0 {
            return Err(self.error("only a comment may follow a directive"));
        }
        self.tokens.push_back(Token { kind, start, end });
        self.skip_break();
        Ok(())
    }

    fn skip_directive_blanks(&mut self) {
        while self.here() == b' ' || (self.here() == b'\t' && self.dialect == Dialect::Kubernetes) {
            self.at += 1;
        }
    }

    fn scan_version(&mut self) -> Result<TokenKind<'t>, SyntaxError> {
        self.skip_directive_blanks();
        let from = self.at;
        while matches!(self.here(), b'0'..=b'9' | b'.') {
            self.at += 1;
        }
        let minor = self.slice(from, self.at).strip_prefix("1.").unwrap_or_default();
        let is_long = minor.len() > 2 && self.dialect == Dialect::Kubernetes;
        if minor.is_empty() || minor.contains('.') || is_long {
            return Err(self.error("the version of %YAML must be 1.x, such as %YAML 1.1"));
        }
        Ok(TokenKind::VersionDirective)
    }

    fn scan_tag_directive(&mut self) -> Result<TokenKind<'t>, SyntaxError> {
        self.skip_directive_blanks();
        let handle = if self.here() == b'!' { self.scan_tag_handle() } else { "" };
        let behind = self.at;
        self.skip_directive_blanks();
        if !handle.ends_with('!') || self.at == behind {
            return Err(self.error("%TAG must be followed by a handle, such as `!a!`, and its prefix"));
        }
        let suffix = self.scan_tag_uri()?;
        Ok(TokenKind::TagDirective(Box::new(TagName { handle, suffix })))
    }
}
