//! A file of images, for `--images`: a line `KEY=IMAGE` for each image, or a YAML mapping.

use std::rc::Rc;

use crate::config::images::{Entry, Origin};
use crate::finding::{Code, Excerpt, Finding, Mark};
use crate::yaml;

/// Reads a file of images. The findings name the lines.
pub fn read(name: &str, text: &str) -> Result<Vec<Entry>, Vec<Finding>> {
    let file: Rc<str> = name.into();
    let entry = |key: &str, image: &str, line: u32| Entry {
        key: key.to_owned(),
        image: image.to_owned(),
        origin: Origin::File(Rc::clone(&file), line),
    };
    let wrong = |message: &str, mark: Mark, fix: &str| {
        let finding = Code::MalformedArgument.error("", format!("line {}: {message}", mark.line)).fix(fix);
        finding.at(mark).quoting(Excerpt::of(name, text, mark))
    };
    let mut entries = Vec::new();
    let mut findings = Vec::new();
    let document = yaml::read(text).ok();
    if let Some(pairs) = document.as_ref().and_then(|document| document.root.as_ref()?.as_map()) {
        for (key, image) in pairs {
            match image.as_text().filter(|image| !image.is_empty() && !key.shown().is_empty()) {
                Some(text) if !image.is_null() => entries.push(entry(&key.shown(), text, key.mark.line)),
                _ => findings.push(wrong("must be a key and an image", key.mark, "write KEY: IMAGE")),
            }
        }
    } else {
        for (line, number) in text.lines().zip(1..) {
            let content = without_comment(line);
            if content.is_empty() {
                continue;
            }
            // An image has no `=`, but a key may have one.
            match content.rsplit_once('=').map(|(key, image)| (key.trim(), image.trim())) {
                Some((key, image)) if !key.is_empty() && !image.is_empty() => entries.push(entry(key, image, number)),
                _ => findings.push(wrong("must have the form KEY=IMAGE", Mark { line: number, column: 1 }, "write KEY=IMAGE")),
            }
        }
    }
    if findings.is_empty() { Ok(entries) } else { Err(findings) }
}

/// A line without its comment, which starts with `#` at the start of the line or after a space.
fn without_comment(line: &str) -> &str {
    let starts = |at: usize| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let end = line.match_indices('#').map(|(at, _)| at).find(|at| starts(*at)).unwrap_or(line.len());
    line[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String, u32)>, Vec<String>> {
        let line = |origin: &Origin| if let Origin::File(_, line) = origin { *line } else { 0 };
        let read = read("images.txt", text).map_err(|findings| findings.iter().map(ToString::to_string).collect::<Vec<_>>());
        Ok(read?.into_iter().map(|entry| (entry.key, entry.image, line(&entry.origin))).collect())
    }

    #[test]
    fn a_file_has_lines_or_a_mapping() {
        let expected = vec![("a".to_owned(), "x/a:1".to_owned(), 2), ("jinahub+docker://B:s=/v1".to_owned(), "x/b".to_owned(), 4)];
        assert_eq!(pairs("# images\na=x/a:1  # the first\n\n jinahub+docker://B:s=/v1 = x/b\n"), Ok(expected.clone()));
        assert_eq!(pairs("# images\na: x/a:1\n\n'jinahub+docker://B:s=/v1': x/b\n"), Ok(expected));
        assert_eq!(pairs(""), Ok(Vec::new()));
        let wrong = pairs("a=x\nb\n=x\nc=\n");
        assert_eq!(wrong.as_ref().map_err(Vec::len), Err(3));
        assert!(wrong.is_err_and(|lines| lines[0].starts_with("line 2: ")));
        assert_eq!(pairs("a: [x]\nb: null\nc: x\n").map_err(|lines| lines.len()), Err(2));
    }
}
