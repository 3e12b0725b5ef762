//! The places of findings: sorts findings by place, and adds the line that the user wrote.
//!
//! The place of a finding is its mark, or else the place of the field at its path. Orchestrators rewrite the YAML of an
//! item. So in an item only a Flow that is given as a string still has the lines that the user wrote.

use std::cell::OnceCell;
use std::str::Utf8Error;

use super::subject::{Subject, SubjectFinding};
use crate::config;
use crate::finding::{Code, Excerpt, Finding, Findings, Mark, Step};
use crate::krm::meta::Meta;
use crate::yaml::{self, Data, Dialect, Document, Node, Scalar, Style};

/// The field of a `JinaFlow` that may be a string with its own lines.
const FLOW: &str = "spec.flow";

/// The steps of a path below [`FLOW`]; `None` if the path is not below that field.
fn within_flow(path: &[Step]) -> Option<&[Step]> {
    match path {
        [Step::Key(spec), Step::Key(flow), below @ ..] if **spec == *"spec" && **flow == *"flow" => Some(below),
        _ => None,
    }
}

/// A document that a user wrote. The starts of its lines are searched only once, for all excerpts.
#[derive(Debug)]
pub struct Written<'t> {
    /// The name of the document in messages.
    name: &'t str,
    text: &'t str,
    /// The number of lines before the document in its file.
    before: u32,
    starts: OnceCell<Vec<usize>>,
}

impl<'t> Written<'t> {
    /// Creates a document that follows `before` lines of its file.
    pub fn new(name: &'t str, text: &'t str, before: u32) -> Self {
        Self { name, text, before, starts: OnceCell::new() }
    }

    /// The text of the document from a line to the end. Lines are counted from 1.
    fn from(&self, line: u32) -> Option<&'t str> {
        let starts = self.starts.get_or_init(|| {
            let feeds = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(feeds.map(|feed| feed + 1)).collect()
        });
        self.text.get(*starts.get(line.checked_sub(1)? as usize)?..)
    }

    fn line(&self, line: u32) -> Option<&'t str> {
        self.from(line)?.lines().next()
    }

    /// The line at a place, for a message.
    pub fn excerpt(&self, mark: Mark) -> Option<Excerpt> {
        // A place after the end is shown at the end of the last line, so the line before the place is needed too.
        let first = mark.line.saturating_sub(1).max(1);
        let within = Mark { line: mark.line.checked_sub(first)? + 1, column: mark.column };
        let mut excerpt = Excerpt::of(self.name, self.from(first)?, within)?;
        excerpt.mark.line = (excerpt.mark.line + first - 1).saturating_add(self.before);
        Some(excerpt)
    }
}

/// Sorts the findings about a document of a file, and adds their lines. The file is read again, once, if there are findings.
pub fn in_file(findings: Findings, file: &Subject, text: &str, document: usize) -> Vec<SubjectFinding> {
    let is_needed = !findings.is_empty() && findings.len() <= MOST_SORTED;
    let documents = if is_needed { config::documents(text).unwrap_or_default() } else { Vec::new() };
    let root = documents.get(document).and_then(|document| document.root.as_ref());
    let ordered = ordered(findings, root, Some(&Written::new(&file.words(), text, 0)));
    ordered.into_iter().map(|finding| (file.clone(), finding)).collect()
}

/// Sorts the findings about an item, and adds their lines.
pub fn in_item(findings: Findings, item: &Meta, document: &Document<'_>) -> Vec<SubjectFinding> {
    let item = item.reference();
    let ordered = ordered(findings, document.root.as_ref(), None);
    ordered.into_iter().map(|finding| (Subject::Object(item.clone()), finding)).collect()
}

/// Sorts the findings about an object. `file` is the file of the object if a user can see it; its lines are then added.
pub fn in_object(findings: Findings, object: &Node<'_>, file: Option<&Written<'_>>) -> Vec<Finding> {
    ordered(findings, Some(object), file)
}

/// The finding about bytes that are not UTF-8.
pub fn not_utf8(subject: &Subject, bytes: &[u8], error: Utf8Error) -> Finding {
    let mark = behind(&bytes[..error.valid_up_to()]);
    let message = format!("is not UTF-8 at line {}, column {}", mark.line, mark.column);
    let finding = Code::NotUtf8.error("", message).fix("convert it to UTF-8");
    finding.quoting(Excerpt::of(&subject.words(), &String::from_utf8_lossy(bytes), mark))
}

/// The place after the last character.
pub fn behind(text: &[u8]) -> Mark {
    let line = 1 + memchr::memchr_iter(b'\n', text).count();
    let start = memchr::memrchr(b'\n', text).map_or(0, |feed| feed + 1);
    let column = 1 + String::from_utf8_lossy(&text[start..]).chars().count();
    let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
    Mark { line: number(line), column: number(column) }
}

/// The most findings that are sorted by place. If there are more, all stay in the order in which they were found, because
/// the search for places takes time and memory.
const MOST_SORTED: usize = 1000;

/// The most findings that are shown with their line.
const MOST_SHOWN: usize = 100;

/// The place of a finding: `outer` is its place in the document, `inner` its place in a Flow that is given as a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    outer: Option<Mark>,
    inner: Option<Mark>,
}

fn ordered(findings: Findings, root: Option<&Node<'_>>, file: Option<&Written<'_>>) -> Vec<Finding> {
    if findings.is_empty() || findings.len() > MOST_SORTED {
        return findings.into_iter().collect();
    }
    let flow = root.and_then(flow_text);
    let lines = flow.map(|(_, text)| Written::new(FLOW, text, 0));
    // A Flow that is given as a string is read again, only once, and only if a finding is in it.
    let inner_root = OnceCell::new();
    let read_flow = |text| yaml::read_as(text, Dialect::Jina).ok().and_then(|document| document.root);
    let place = |finding: &Finding| {
        let path = finding.path.steps();
        match (flow, within_flow(path)) {
            (Some((outer, text)), Some(below)) => {
                let inner = inner_root.get_or_init(|| read_flow(text)).as_ref();
                Place { outer: Some(outer), inner: inner.map_or(finding.mark, |inner| mark_of(inner, below, finding.mark)) }
            }
            _ => Place { outer: root.map_or(finding.mark, |root| mark_of(root, path, finding.mark)), inner: None },
        }
    };
    let mut placed: Vec<(Place, Finding)> = findings.into_iter().map(|finding| (place(&finding), finding)).collect();
    placed.sort_by_key(|(place, _)| *place);
    let shown = |(index, (place, finding)): (usize, (Place, Finding))| {
        let excerpt = Some(place).filter(|_| index < MOST_SHOWN).and_then(|place| excerpt(place, flow.zip(lines.as_ref()), file));
        finding.quoting(excerpt)
    };
    placed.into_iter().enumerate().map(shown).collect()
}

/// The excerpt for a place: from the file if the place in the file is known, otherwise from the Flow.
fn excerpt(place: Place, flow: Option<((Mark, &str), &Written<'_>)>, file: Option<&Written<'_>>) -> Option<Excerpt> {
    let (Some(inner), Some(((block, _), lines))) = (place.inner, flow) else { return file?.excerpt(place.outer?) };
    let in_file = file.and_then(|file| file.excerpt(in_block(file, block, lines, inner)?));
    in_file.or_else(|| lines.excerpt(inner))
}

/// The place and the value of a Flow that is given as a string.
fn flow_text<'n>(root: &'n Node<'_>) -> Option<(Mark, &'n str)> {
    let flow = root.get("spec")?.get("flow")?;
    match &flow.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => Some((flow.mark, text)),
        _ => None,
    }
}

/// Converts a place in a literal block scalar into a place in the file. `block` is the mark of the scalar, which is its first
/// line that is not blank.
fn in_block(file: &Written<'_>, block: Mark, lines: &Written<'_>, inner: Mark) -> Option<Mark> {
    let blank = u32::try_from(lines.text.bytes().take_while(|byte| *byte == b'\n').count()).ok()?;
    let line = (block.line + inner.line).checked_sub(1 + blank)?;
    let (in_file, in_text) = (file.line(line)?, lines.line(inner.line)?);
    let indent = in_file.strip_suffix(in_text).filter(|indent| indent.bytes().all(|byte| byte == b' '))?.len();
    Some(Mark { line, column: u32::try_from(indent).ok()?.checked_add(inner.column)? })
}

/// The place of the field at a path, or of the last step of the path that exists. The finding's own mark has priority, unless
/// it is the mark of a mapping or list around the field. A command-line flag has no field, so it only has its own mark.
fn mark_of(root: &Node<'_>, path: &[Step], own: Option<Mark>) -> Option<Mark> {
    if matches!(path.first(), Some(Step::Key(name)) if name.starts_with("--")) {
        return own;
    }
    let mut node = root;
    let mut around = vec![root.mark];
    for step in path {
        let next = match step {
            Step::Key(name) => node.get(name),
            Step::Index(index) => node.as_list().and_then(|entries| entries.get(*index)),
        };
        let Some(next) = next else { break };
        node = next;
        around.push(node.mark);
    }
    own.filter(|own| !around.contains(own)).or(Some(node.mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FieldPath;

    /// A path from its steps with `/` between them; a number is an index.
    fn path(steps: &str) -> FieldPath {
        let step = |step: &str| step.parse().map_or_else(|_| Step::Key(step.into()), Step::Index);
        steps.split('/').map(step).collect::<Vec<_>>().into()
    }

    fn placed(findings: &[(&str, Option<Mark>)], text: &str, name: Option<&str>) -> Vec<String> {
        let mut list = Findings::default();
        for (steps, mark) in findings {
            let finding = Code::UnknownField.error(path(steps), "m");
            list.push(mark.map_or(finding.clone(), |mark| finding.at(mark)));
        }
        let found = match (name, yaml::read(text)) {
            (Some(name), _) => in_file(list, &Subject::File(name.to_owned()), text, 0),
            (None, Ok(document)) => in_item(list, &Meta::default(), &document),
            (None, Err(_)) => Vec::new(),
        };
        let place = |excerpt: &Excerpt| format!("{}:{}:{}", excerpt.name, excerpt.mark.line, excerpt.mark.column);
        found.iter().map(|(_, finding)| format!("{} {}", finding.path, finding.excerpt.as_deref().map(place).unwrap_or_default())).collect()
    }

    #[test]
    fn findings_are_sorted_by_place() {
        let text = "a: 1\nl:\n- x: {\"p q\": 1}\n- y\n";
        let paths = [("l/1", None), ("l/0/x/p q", None), ("l/0/x/missing", None), ("--flag", None), ("a", None)];
        assert_eq!(
            placed(&paths, text, Some("f.yml")),
            ["--flag ", "a f.yml:1:4", "l[0].x.missing f.yml:3:6", "l[0].x[\"p q\"] f.yml:3:14", "l[1] f.yml:4:3"]
        );
        assert_eq!(placed(&paths[3..], text, None), ["--flag ", "a "]);
        // A finding's own mark has priority, unless it is the mark of a value around the field.
        let marked = |steps, line, column| placed(&[(steps, Some(Mark { line, column }))], text, Some("f.yml"));
        assert_eq!(marked("a", 4, 1), ["a f.yml:4:1"]);
        assert_eq!(marked("l/0/x", 3, 3), ["l[0].x f.yml:3:6"]);
    }

    #[test]
    fn a_flow_given_as_a_string_has_its_own_lines() {
        let text = "spec:\n  z: 1\n  flow: |\n\n    a: 1\n    b: {c: 2}\n";
        let paths = [("spec/flow/b/c", None), ("spec/z", None), ("spec/flow/a", None), ("spec/flow", None)];
        assert_eq!(
            placed(&paths, text, None),
            ["spec.z ", "spec.flow spec.flow:2:1", "spec.flow.a spec.flow:2:4", "spec.flow.b.c spec.flow:3:8"]
        );
        assert_eq!(
            placed(&paths, text, Some("f.yml")),
            ["spec.z f.yml:2:6", "spec.flow f.yml:5:5", "spec.flow.a f.yml:5:8", "spec.flow.b.c f.yml:6:12"]
        );
        assert_eq!(placed(&[("spec/flow/b", None)], "spec:\n  flow: |2\n    b: 1\n", Some("f.yml")), ["spec.flow.b f.yml:3:8"]);
        // A quoted string has no lines in the file.
        assert_eq!(placed(&paths[..1], "spec: {flow: \"b: {c: 2}\"}\n", Some("f.yml")), ["spec.flow.b.c spec.flow:1:8"]);
    }
}
