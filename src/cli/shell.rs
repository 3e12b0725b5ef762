//! Words of a shell, for commands in messages.

use std::borrow::Cow;

/// A path as a word of a shell.
pub fn quoted(path: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if path.chars().all(is_plain) { Cow::Borrowed(path) } else { Cow::Owned(format!("'{}'", path.replace('\'', r"'\''"))) }
}
