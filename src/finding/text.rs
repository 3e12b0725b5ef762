//! Strings in messages: shortened, and safe for a terminal.

/// Shortens a long value for a message.
pub fn shortened(value: &str) -> String {
    const LONGEST: usize = 80;
    match value.char_indices().nth(LONGEST) {
        None => value.to_owned(),
        Some((cut, _)) => format!("{}…", &value[..cut]),
    }
}

/// Replaces a character that is not safe for a terminal: control characters, and characters that are invisible or change
/// the direction of text, so that a name looks like another one (<https://trojansource.codes>).
pub fn harmless(c: char) -> char {
    let is_hidden =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}' | '\u{180e}');
    if c.is_control() && c != '\t' || is_hidden { '\u{fffd}' } else { c }
}
