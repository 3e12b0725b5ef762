//! Paths of fields.

use std::fmt;

use super::text::shortened;

/// A step from a value to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The field of a mapping.
    Key(Box<str>),
    /// The entry of a list, counted from 0.
    Index(usize),
}

/// The path of a field, such as `spec.flow.executors[1].replicas`; empty for the whole document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldPath(Box<[Step]>);

impl FieldPath {
    /// The steps from the document to the field.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the path is empty, so that it means the whole document.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path of a field below this one.
    pub fn join(&self, below: &[Step]) -> Self {
        Self([&*self.0, below].concat().into())
    }

    /// The path of the field `name` below this one.
    pub fn key(&self, name: &str) -> Self {
        self.join(&[Step::Key(name.into())])
    }

    /// The path of the entry `index` of the list at this path, counted from 0.
    pub fn index(&self, index: usize) -> Self {
        self.join(&[Step::Index(index)])
    }
}

impl From<Vec<Step>> for FieldPath {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps.into())
    }
}

/// A known path: names separated by dots, such as `metadata.annotations`.
impl From<&'static str> for FieldPath {
    fn from(dotted: &'static str) -> Self {
        Self(dotted.split('.').filter(|name| !name.is_empty()).map(|name| Step::Key(name.into())).collect())
    }
}

impl From<&FieldPath> for FieldPath {
    fn from(path: &FieldPath) -> Self {
        path.clone()
    }
}

impl From<Path<'_>> for FieldPath {
    fn from(path: Path<'_>) -> Self {
        Self::from(&path)
    }
}

impl From<&Path<'_>> for FieldPath {
    fn from(path: &Path<'_>) -> Self {
        let mut steps = Vec::new();
        path.collect(&mut steps);
        Self(steps.into())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(name) if !is_plain(name) => write!(f, "[{:?}]", shortened(name))?,
                Step::Key(name) if place == 0 => f.write_str(name)?,
                Step::Key(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

/// Whether a name needs no quotes in a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'))
}

/// A path that is built while a document is read. It borrows its steps, so a field without findings costs no memory.
#[derive(Clone, Copy)]
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    part: Part<'p>,
}

#[derive(Clone, Copy)]
enum Part<'p> {
    Root(&'static str),
    Below(&'p FieldPath),
    Key(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    /// The path of the document itself (`""`) or of a known part (`"spec.flow"`).
    pub fn root(dotted: &'static str) -> Self {
        Path { parent: None, part: Part::Root(dotted) }
    }

    /// A path that starts with an owned path.
    pub fn from(path: &'p FieldPath) -> Self {
        Path { parent: None, part: Part::Below(path) }
    }

    /// The field `name` of the mapping at this path.
    pub fn key(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), part: Part::Key(name) }
    }

    /// The entry `index` of the list at this path, counted from 0.
    pub fn index(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), part: Part::Index(index) }
    }

    fn collect(&self, steps: &mut Vec<Step>) {
        if let Some(parent) = self.parent {
            parent.collect(steps);
        }
        match self.part {
            Part::Root(dotted) => steps.extend(FieldPath::from(dotted).0),
            Part::Below(path) => steps.extend_from_slice(&path.0),
            Part::Key(name) => steps.push(Step::Key(name.into())),
            Part::Index(index) => steps.push(Step::Index(index)),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FieldPath::from(self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_kubernetes_field_paths() {
        let root = Path::root("");
        let executors = root.key("executors");
        let second = executors.index(1);
        assert_eq!(second.key("replicas").to_string(), "executors[1].replicas");
        let flow = Path::root("spec.flow");
        let env = flow.key("env");
        assert_eq!(env.key("a.b").to_string(), "spec.flow.env[\"a.b\"]");
        assert_eq!(Path::root("").to_string(), "");
        let path = FieldPath::from(&second);
        assert_eq!(Path::from(&path).key("x").to_string(), "executors[1].x");
        assert_eq!(path.key("").to_string(), "executors[1][\"\"]");
    }
}
