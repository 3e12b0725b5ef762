//! The documentation of codes: the sections of `functions/jinaflow/codes.md`.

const PAGE: &str = include_str!("../../functions/jinaflow/codes.md");

/// The documentation of a code.
struct Section {
    name: &'static str,
    /// The lines of Markdown below the heading.
    lines: Vec<&'static str>,
}

/// The names of all documented codes.
pub fn names() -> impl Iterator<Item = &'static str> {
    sections().into_iter().map(|section| section.name)
}

/// The documentation of a code for a terminal: its name, the cause, an example, the fix.
pub fn explain(name: &str) -> Option<String> {
    let section = sections().into_iter().find(|section| section.name == name)?;
    let mut out = format!("{name}\n{}\n", "=".repeat(name.chars().count()));
    let mut is_example = false;
    let mut is_blank = false;
    for line in section.lines {
        let shown = match line.strip_prefix("```") {
            Some(fence) => {
                is_example = !is_example;
                if is_example { format!("{}\n", title(fence)) } else { continue }
            }
            None if is_example && !line.is_empty() => format!("    {line}"),
            None => line.to_owned(),
        };
        // Several blank lines become one blank line.
        if !(shown.is_empty() && is_blank) {
            out.push_str(&shown);
            out.push('\n');
        }
        is_blank = shown.is_empty() || shown.ends_with('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    Some(out)
}

/// The title of an example, from the words after its fence: `yaml`, `yaml file=flow.yml`.
fn title(fence: &str) -> String {
    match fence.split_whitespace().find_map(|word| word.strip_prefix("file=")) {
        Some(file) => format!("File {file}:"),
        None => "Example:".to_owned(),
    }
}

fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut is_example = false;
    let mut is_code = false;
    for line in PAGE.lines() {
        is_example ^= line.starts_with("```");
        if !is_example && line.starts_with("## ") {
            is_code = false;
        } else if let Some(name) = line.strip_prefix("### ").filter(|_| !is_example) {
            sections.push(Section { name, lines: Vec::new() });
            is_code = true;
        } else if let Some(section) = sections.last_mut().filter(|_| is_code) {
            section.lines.push(line);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_by_its_section() {
        let text = explain("unknown-command").unwrap();
        assert!(text.starts_with("unknown-command\n===============\n\n"), "{text}");
        for part in ["\nExample:\n\n    $ jinaflow exprot flow.yml\n", "\nFix: "] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("```") && !text.contains("##") && !text.contains("\n\n\n"), "{text}");
        assert_eq!(explain("no-such-code"), None);
    }

    #[test]
    fn every_documented_code_exists() {
        for name in names() {
            assert!(crate::finding::Code::parse(name).is_some(), "{name}");
        }
    }
}
