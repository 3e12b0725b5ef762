//! An item of a list, with its text.

use std::borrow::Cow;

use crate::finding::Mark;
use crate::yaml::{self, Data, Document, Node, SyntaxError};

/// An item of a list, with its text.
#[derive(Debug, Clone)]
pub struct Item<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) shape: Shape,
    /// The offset of the item's own document in the text. The text before that belongs to empty documents.
    pub(super) body: usize,
    /// Whether no quote and no bracket is open at the end of any line. Then the lines show the structure, and the item need
    /// not be parsed.
    pub(super) are_lines_sure: bool,
}

impl<'t> Item<'t> {
    pub(super) fn new(text: impl Into<Cow<'t, str>>, shape: Shape) -> Self {
        Self { text: text.into(), shape, body: 0, are_lines_sure: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An entry of a block sequence, including the dash.
    Entry,
    /// A document, or a value without a dash.
    Document,
    /// JSON.
    Json,
}

impl Item<'_> {
    /// Reads the item.
    pub fn read(&self) -> Result<Document<'_>, SyntaxError> {
        match self.shape {
            Shape::Json => {
                let root = serde_json::from_str(&self.text)
                    .map_err(|e| SyntaxError { message: e.to_string(), mark: Mark { line: 1, column: 1 } })?;
                Ok(Document { root: Some(root), duplicates: Vec::new() })
            }
            Shape::Document => yaml::read(self.body()),
            Shape::Entry => {
                let document = yaml::read(&self.text)?;
                let root = match document.root {
                    Some(Node { data: Data::List(mut entries), .. }) => entries.pop(),
                    other => other,
                };
                // The paths of duplicate keys begin with the index in the list.
                let mut duplicates = document.duplicates;
                for duplicate in &mut duplicates {
                    duplicate.path = duplicate.path.steps().get(1..).unwrap_or_default().to_vec().into();
                }
                Ok(Document { root, duplicates })
            }
        }
    }

    /// The text of the item, including the text between it and the item above.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the item's own document, which [`Item::read`] reads.
    pub fn body(&self) -> &str {
        self.text.get(self.body..).unwrap_or_default()
    }
}
