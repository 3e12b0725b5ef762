//! Findings as lines for stderr.

use std::fmt::Write as _;

use super::subject::SubjectFinding;
use crate::finding::{Severity, harmless};

/// Whether any finding fails the run.
pub fn has_errors(findings: &[SubjectFinding]) -> bool {
    findings.iter().any(|(_, finding)| finding.severity == Severity::Error)
}

/// Writes one line for each finding, errors first: `error[CODE]: SUBJECT: FIELD: message (got "x"); fix`. If the place is
/// known, the line that the user wrote follows, and then the block of the finding. All lines but the first are indented.
pub fn lines(findings: &[SubjectFinding]) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for (subject, finding) in findings.iter().filter(|(_, finding)| finding.severity == severity) {
            let field = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
            let line = one_line(&format!("{}: {field}{finding}", subject.words()));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}[{}]: {line}", severity.as_str(), finding.code);
            if let Some(excerpt) = &finding.excerpt {
                let _ = write!(out, "{excerpt}");
            }
            for line in finding.block.as_deref().unwrap_or_default().lines() {
                let _ = writeln!(out, "  {}", line.chars().map(harmless).collect::<String>());
            }
        }
    }
    out
}

/// A string on one line, without characters that a terminal would interpret as commands.
pub(super) fn one_line(text: &str) -> String {
    let text = if text.contains(['\n', '\r']) { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text.to_owned() };
    text.chars().map(harmless).collect()
}

/// Adds colors to the output of [`lines`], as compilers do: red errors, yellow warnings, blue places.
pub fn painted(lines: &str) -> String {
    const BLUE: &str = "1;34";
    let mut out = String::with_capacity(lines.len() * 2);
    for line in lines.split_inclusive('\n') {
        let colors = [("error", "1;31"), ("warning", "1;33"), ("info", BLUE), ("  -->", BLUE)];
        let color_of = |head: &str| colors.iter().find(|(start, _)| head.split('[').next() == Some(start)).map(|(_, color)| *color);
        let head = if line.starts_with("  -->") { Some("  -->") } else { line.split_once(':').map(|(head, _)| head) };
        match head.and_then(|head| Some((head, color_of(head)?))) {
            Some((head, color)) => out.push_str(&format!("\u{1b}[{color}m{head}\u{1b}[0m{}", &line[head.len()..])),
            None => match line.split_once(" | ").filter(|(margin, _)| margin.trim().bytes().all(|byte| byte.is_ascii_digit())) {
                Some((margin, code)) if code.trim() == "^" => {
                    out.push_str(&format!("\u{1b}[{BLUE}m{margin} |\u{1b}[0m {}\u{1b}[1;31m^\u{1b}[0m\n", &code[..code.len() - 2]));
                }
                Some((margin, code)) => out.push_str(&format!("\u{1b}[{BLUE}m{margin} |\u{1b}[0m {code}")),
                None => out.push_str(line),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::subject::Subject;
    use super::*;
    use crate::finding::{Code, Excerpt, Mark};

    #[test]
    fn a_report_is_plain_or_painted() {
        let excerpt = Excerpt::of("f.yml", "a: 0", Mark { line: 1, column: 4 });
        let finding = Code::ValueOutOfRange.error("a", "must\nbe\u{1b}[31m 1").quoting(excerpt);
        let plain = lines(&[(Subject::Input, Code::FieldWithoutEffect.warning("", "odd")), (Subject::File("f.yml".into()), finding)]);
        assert_eq!(
            plain,
            "error[value-out-of-range]: f.yml: a: must be\u{fffd}[31m 1\n  --> f.yml:1:4\n  1 | a: 0\n    |    ^\nwarning[field-without-effect]: stdin: odd\n"
        );
        let painted = painted(&plain);
        assert_eq!(painted.matches("\u{1b}[1;31m").count(), 2);
        let mut bare = painted;
        for color in ["1;31", "1;33", "1;34", "0"] {
            bare = bare.replace(&format!("\u{1b}[{color}m"), "");
        }
        assert_eq!(bare, plain);
    }
}
