//! The line that a finding is about.

use std::fmt;

use super::mark::Mark;
use super::secrets::without_secrets;
use super::text::harmless;

/// A line of a file or string, and a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The name of the text: a file name, `stdin`, or the path of the field whose value is the text.
    pub name: String,
    /// The place.
    pub mark: Mark,
    /// The line. A long line is shortened to the part around the place.
    pub line: String,
    /// The indentation of the caret, as wide as the text before the place.
    pub indent: String,
}

impl Excerpt {
    /// Returns the excerpt at `mark` in the text with the name `name`; `None` if the text does not have this line. A place
    /// after the end of the text becomes the end of its last line.
    pub fn of(name: &str, text: &str, mark: Mark) -> Option<Self> {
        const BEFORE: usize = 60;
        const AFTER: usize = 40;
        let mut lines = text.lines().skip(mark.line.saturating_sub(2) as usize);
        let (line, mark) = match (mark.line, lines.next()?, lines.next()) {
            (0, ..) => return None,
            (1, first, _) => (first, mark),
            (_, _, Some(line)) => (line, mark),
            (_, last, None) => {
                let column = u32::try_from(last.chars().count()).ok()?.saturating_add(1);
                (last, Mark { line: mark.line - 1, column })
            }
        };
        let line = without_secrets(line);
        let at = (mark.column as usize).saturating_sub(1);
        let skipped = at.saturating_sub(BEFORE);
        let start = if skipped > 0 { "…" } else { "" };
        let mut rest = line.chars().skip(skipped);
        let shown: String = rest.by_ref().take(at - skipped + AFTER).map(harmless).collect();
        let end = if rest.next().is_some() { "…" } else { "" };
        // The indentation keeps each tab, so that it is as wide as the text before the place.
        let before = shown.chars().take(at - skipped).map(|c| if c == '\t' { c } else { ' ' });
        let indent = start.chars().map(|_| ' ').chain(before).collect();
        Some(Self { name: name.to_owned(), mark, line: format!("{start}{shown}{end}"), indent })
    }
}

/// The place, the line, and a caret below the place; each on its own line, indented.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { line, column } = self.mark;
        let number = line.to_string();
        writeln!(f, "  --> {}:{line}:{column}", self.name.chars().map(harmless).collect::<String>())?;
        writeln!(f, "  {number} | {}", self.line)?;
        writeln!(f, "  {:1$} | {2}^", "", number.len(), self.indent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_points_at_its_place() {
        let shown = |text: &str, line, column| Excerpt::of("f.yml", text, Mark { line, column }).map(|e| e.to_string());
        assert_eq!(shown("a: 1\r\n\tb: 2\r\n", 2, 5).as_deref(), Some("  --> f.yml:2:5\n  2 | \tb: 2\n    | \t   ^\n"));
        assert_eq!(shown("a: \u{1b}[31m", 1, 1).as_deref(), Some("  --> f.yml:1:1\n  1 | a: \u{fffd}[31m\n    | ^\n"));
        let long = format!("{}X{}", "é".repeat(200), "-".repeat(200));
        let expected = format!("  --> f.yml:1:201\n  1 | …{}X{}…\n    | {}^\n", "é".repeat(60), "-".repeat(39), " ".repeat(61));
        assert_eq!(shown(&long, 1, 201), Some(expected));
        let secret = "a: [jinahub+docker://A:s3cr/v1, 'jinahub://B:t', jinahub+docker://C/v1] # a:b";
        let shown_line = Excerpt::of("f", secret, Mark { line: 1, column: 60 }).map(|e| e.line);
        assert_eq!(shown_line.as_deref(), Some("a: [jinahub+docker://A:****/v1, 'jinahub://B:*', jinahub+docker://C/v1] # a:b"));
        // The place after the end of a line, where a bracket may be missing.
        assert_eq!(shown("[a", 1, 3).as_deref(), Some("  --> f.yml:1:3\n  1 | [a\n    |   ^\n"));
        assert_eq!(shown("[a\n", 2, 1), shown("[a", 1, 3));
        assert_eq!((shown("a", 0, 0), shown("a", 3, 1), shown("", 1, 1)), (None, None, None));
    }
}
