//! Reads variables from a file in the format of dotenv (`--env-file`).

use std::fs;
use std::io;

use crate::finding::{Code, Finding, Path};

/// The variables of a file, in its order.
pub fn read(file: &str, flag: &Path<'_>) -> Result<Vec<(String, String)>, Finding> {
    let unreadable = |error| Code::FileUnreadable.error(flag, format!("{file} cannot be read: {error}"));
    let bytes = fs::read(file).map_err(|error: io::Error| unreadable(error).fix("check the path of the file"))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Code::NotUtf8.error(flag, format!("{file} is not UTF-8")).fix("convert it to UTF-8"))?;
    variables(&text).map_err(|Wrong { line, message, fix }| {
        let finding = Code::InvalidEnvFile.error(flag, format!("line {line} of {file} {message}"));
        finding.fix(fix)
    })
}

/// A line that is not valid. Its text is not shown, because it may be a password.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    line: usize,
    message: &'static str,
    fix: &'static str,
}

/// Reads the lines `NAME=VALUE` of a file.
fn variables(text: &str) -> Result<Vec<(String, String)>, Wrong> {
    let mut variables = Vec::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |message, fix| Wrong { line: number, message, fix };
        let pair = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = pair.split_once('=') else {
            return Err(wrong("has no `=`", "write NAME=VALUE"));
        };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(wrong("does not begin with the name of a variable", "use letters, digits and `_` in the name"));
        }
        let value = value_of(value.trim()).map_err(|message| wrong(message, "write the value in one line, in quotes or without any"))?;
        variables.push((name.to_owned(), value));
    }
    Ok(variables)
}

/// The value behind `=`: in single quotes unchanged, in double quotes with escapes, or without quotes up to a comment.
fn value_of(written: &str) -> Result<String, &'static str> {
    let Some(quote) = written.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let comment = written.find(" #").or_else(|| written.find("\t#"));
        let value = comment.map_or(written, |at| &written[..at]);
        return Ok(if value.starts_with('#') { String::new() } else { value.trim_end().to_owned() });
    };
    let mut value = String::new();
    let mut rest = written[1..].chars();
    loop {
        match rest.next() {
            None => return Err("has a quote that is not closed"),
            Some(c) if c == quote => break,
            Some('\\') if quote == '"' => match rest.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(c) => value.push(c),
                None => return Err("has a quote that is not closed"),
            },
            Some(c) => value.push(c),
        }
    }
    let rest = rest.as_str().trim_start();
    if rest.is_empty() || rest.starts_with('#') { Ok(value) } else { Err("has text after the closing quote") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_variables() {
        let text = "\u{feff}# comment\n\nA=1\nexport B = two words # comment\nC='a # b \\n'\nD=\"x\\ny\\\"z\" # comment\nE=\nF=a#b\nG=a=b\r\nH= # x\n";
        let expected =
            [("A", "1"), ("B", "two words"), ("C", "a # b \\n"), ("D", "x\ny\"z"), ("E", ""), ("F", "a#b"), ("G", "a=b"), ("H", "")];
        let expected: Vec<(String, String)> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(variables(text), Ok(expected));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [("A=1\nB", 2), ("=1", 1), ("A-B=1", 1), ("1A=1", 1), ("\n\nA='x", 3), ("A=\"x\\", 1), ("A='x'y", 1)] {
            assert_eq!(variables(text).map_err(|wrong| wrong.line), Err(line), "{text}");
        }
    }
}
