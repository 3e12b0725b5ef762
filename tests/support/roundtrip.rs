//! Documents that people have written, as items of a list beside a `JinaFlow`.

use std::fs;
use std::path::{Path, PathBuf};

use jinaflow::internals::function;
use jinaflow::internals::krm::ResourceList;

/// The YAML files below a folder.
pub fn yaml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            yaml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

/// The documents of a stream that can be foreign items: those with content, without markers and directives.
pub fn documents(text: &str) -> Vec<String> {
    let list = ResourceList::read_documents(text);
    // Items of jinaflow may be changed.
    list.items.iter().filter(|item| !item.text().contains("flow.jina.ai")).filter_map(|item| without_marks(item.body())).collect()
}

/// A document without its markers and directives. `None` when the line of a marker has other content.
fn without_marks(document: &str) -> Option<String> {
    let document = document.strip_prefix('\u{feff}').unwrap_or(document);
    let mut text = String::new();
    for line in document.split_inclusive('\n') {
        if line.starts_with('%') {
            continue;
        }
        match line.strip_prefix("---").or_else(|| line.strip_prefix("...")) {
            Some(rest) if rest.trim().is_empty() => {}
            Some(rest) if rest.starts_with([' ', '\t']) => return None,
            _ => text.push_str(line),
        }
    }
    Some(text)
}

/// A document as an entry with its dash at a column: every line is indented by that number of columns.
pub fn entry(document: &str, indent: usize) -> String {
    let mut text = format!("{:indent$}-", "");
    // A first line that is indented itself is written below the dash.
    let begins_at_margin = document.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| !line.starts_with([' ', '#', '\t']));
    let document = if begins_at_margin { document.trim_start_matches(['\n', '\r']) } else { document };
    text.push_str(if begins_at_margin { " " } else { "\n" });
    // Old Macs end lines with a carriage return only.
    let lines: Vec<&str> =
        if document.contains('\n') { document.split_inclusive('\n').collect() } else { document.split_inclusive('\r').collect() };
    for (place, line) in lines.into_iter().enumerate() {
        if (place > 0 || !begins_at_margin) && !line.trim().is_empty() {
            text.push_str(&format!("{:width$}", "", width = indent + 2));
        }
        text.push_str(line);
    }
    if !text.ends_with(['\n', '\r']) {
        text.push('\n');
    }
    text
}

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

const FLOW: &str = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: round-trip}\n\
                    spec:\n  flow: {jtype: Flow, executors: [{name: zz, uses: 'docker://zz'}]}\n";

/// The documents that the function does not return byte for byte, in any position among other items.
pub fn changed(documents: &[String]) -> Vec<String> {
    documents.iter().filter(|document| [0, 2].iter().any(|indent| !comes_back(document, *indent))).cloned().collect()
}

fn comes_back(document: &str, indent: usize) -> bool {
    let (ours, theirs) = (entry(FLOW, indent), entry(document, indent));
    // As the last item, and before another item and a field.
    let last = format!("{HEAD}{ours}{theirs}");
    let first = format!("{HEAD}{theirs}{ours}");
    [(&last, ""), (&first, "other: {a: 010} # field\n")].iter().all(|(list, more)| {
        let mut out = Vec::new();
        let outcome = function::run(format!("{list}{more}").as_bytes(), &mut out).unwrap();
        let answer = String::from_utf8(out).unwrap();
        answer.starts_with(*list) && answer.contains(more) && (!outcome.success || answer.contains("name: zz\n"))
    })
}
