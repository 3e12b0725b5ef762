//! The place of an edit in an object.

use std::fmt;

/// A step from a value to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The field of a mapping.
    Field(String),
    /// The entry of a list whose entries have names, such as a container.
    Entry(String),
    /// A flag of a command line, with the words after it.
    Flag(String),
    /// The order of a list whose entries have names.
    Order,
}

/// The steps from an object to one of its values; empty for the object itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place(pub Vec<Step>);

impl Place {
    /// The place of a part of the value at this place.
    pub fn then(&self, step: Step) -> Self {
        Self([self.0.as_slice(), &[step]].concat())
    }

    /// The names at this place that a pattern leaves open, if the place matches the pattern. In a pattern `*` is any field, `[]`
    /// any entry and `--` any flag; `**` at the end is the rest of the place.
    pub fn matches(&self, pattern: &str) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        let mut steps = self.0.iter();
        for word in pattern.split('.') {
            if word == "**" {
                return Some(names);
            }
            match (word, steps.next()?) {
                ("*", Step::Field(name)) | ("[]", Step::Entry(name)) | ("--", Step::Flag(name)) => names.push(name.as_str()),
                (word, Step::Field(name)) if word == name => {}
                _ => return None,
            }
        }
        steps.next().is_none().then_some(names)
    }

    /// Whether the edit at this place is only an order.
    pub fn is_order(&self) -> bool {
        self.0.last() == Some(&Step::Order)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if name.contains('.') => write!(f, "[{name}]")?,
                Step::Field(name) if place == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Entry(name) => write!(f, "[{name}]")?,
                Step::Flag(name) if name.is_empty() => {}
                Step::Flag(name) => write!(f, " {}", name.split('\0').next().unwrap_or_default())?,
                Step::Order => f.write_str(" (order)")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_leave_names_open() {
        let field = |name: &str| Step::Field(name.to_owned());
        let place = Place(vec![field("spec"), field("containers"), Step::Entry("executor".to_owned()), field("image")]);
        assert_eq!(place.matches("spec.containers.[].image"), Some(vec!["executor"]));
        assert_eq!(place.matches("spec.*.[].**"), Some(vec!["containers", "executor"]));
        assert_eq!(place.matches("spec.containers.[]"), None);
        assert_eq!(place.matches("spec.containers.[].image.*"), None);
        assert_eq!(place.to_string(), "spec.containers[executor].image");
    }
}
