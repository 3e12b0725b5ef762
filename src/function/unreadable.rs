//! Items that are not valid YAML.

use super::documents;
use super::response::Response;
use crate::config;
use crate::finding::{Code, Excerpt, Mark, Severity};
use crate::krm::meta::Meta;
use crate::krm::{Item, ResourceList, annotations, glance};
use crate::report::{Subject, SubjectFinding, place};
use crate::yaml::{Document, SyntaxError};

/// How a check treats an item that cannot be read and does not mention jinaflow's API group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The whole call fails. The caller reads the list in another way and repeats the call.
    Fails,
    /// The item is reported, and all other items are checked.
    IsReported,
}

/// An item that cannot be read.
pub struct Unreadable {
    subject: Subject,
    text: String,
    error: SyntaxError,
}

/// Reads an item.
pub fn read<'i>(item: &'i Item<'_>) -> Result<Document<'i>, Box<Unreadable>> {
    item.read().map_err(|error| Box::new(Unreadable::of(item, error)))
}

impl Unreadable {
    /// An item with the error of its reader.
    pub fn of(item: &Item<'_>, error: SyntaxError) -> Self {
        let subject = match glance(item) {
            Some(seen) => Subject::Object(Meta {
                kind: seen.kind.to_owned(),
                name: seen.name.to_owned(),
                api_version: config::API_VERSION.into(),
                annotations: seen.path.map(|path| (annotations::PATH.to_owned(), path.to_owned())).into_iter().collect(),
                ..Meta::default()
            }),
            None => Subject::Input,
        };
        Self { subject, text: item.body().to_owned(), error }
    }

    /// Refuses the call. `whole` is the text of the list.
    pub fn refuse<'l, 't>(self, list: &'l ResourceList<'t>, whole: &str) -> Response<'l, 't> {
        let SyntaxError { message, mark } = self.error;
        let mut finding =
            Code::InvalidYaml.error("", format!("is not valid YAML: {message}")).fix(format!("correct line {} of the item", mark.line));
        if let Some(start) = memchr::memmem::find(whole.as_bytes(), self.text.as_bytes()) {
            let before = place::behind(&whole.as_bytes()[..start]);
            let column = if mark.line == 1 { before.column + mark.column - 1 } else { mark.column };
            let mark = Mark { line: before.line.saturating_add(mark.line) - 1, column };
            finding = finding.quoting(Excerpt::of(&Subject::Input.words(), whole, mark));
        }
        Response::refusal(list, vec![(self.subject, finding)])
    }

    /// The finding about this item if all other items are checked. It is an error if the item looks like a part of a Flow.
    pub fn finding(self) -> SubjectFinding {
        let severity = if documents::is_ours(&self.text) { Severity::Error } else { Severity::Warning };
        let finding = Code::InvalidYaml.error("", format!("is not valid YAML: {}", self.error.message)).with_severity(severity);
        let fix = format!("correct line {} of the item: this item was not checked, all others were", self.error.mark.line);
        (self.subject, finding.fix(fix))
    }
}
