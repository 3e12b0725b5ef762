//! The edits of a user: the differences between rendered objects and those of the user.

use std::collections::{HashMap, HashSet};

use super::difference::{Difference, differences};
use super::place::Place;
use super::rendered::Rendered;
use crate::yaml::Node;

/// The kind and the name of an object.
pub type Identity = (String, String);

/// The identity of an object.
pub fn identity(object: &Node<'_>) -> Identity {
    (object.text_at("kind").to_owned(), object.text_at("metadata.name").to_owned())
}

/// A value that the user changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The kind and the name of the object.
    pub object: Identity,
    /// The place of the object's component; `None` for an object that the Flow does not have.
    pub component: Option<usize>,
    /// The change. The place is empty if the object itself was added or removed.
    pub change: Difference,
}

impl Edit {
    /// The object and the place in it, by which an edit is found again in the differences of another render.
    pub fn key(&self) -> (&Identity, &Place) {
        (&self.object, &self.change.place)
    }

    /// Whether this is an edit of an object.
    pub fn is_of(&self, object: &Node<'_>) -> bool {
        self.object.1 == object.text_at("metadata.name") && self.object.0 == object.text_at("kind")
    }

    /// Whether an object was added or removed.
    pub fn is_of_object(&self) -> bool {
        self.change.place.0.is_empty()
    }
}

/// The objects of the user.
pub struct Wanted {
    /// The objects, in the order of the user.
    pub objects: Vec<Node<'static>>,
    places: HashMap<Identity, usize>,
}

impl Wanted {
    /// Objects, each with its own kind and name.
    pub fn of(objects: Vec<Node<'static>>) -> Self {
        let mut places = HashMap::new();
        for (place, object) in objects.iter().enumerate() {
            places.entry(identity(object)).or_insert(place);
        }
        Self { objects, places }
    }

    /// The object with this identity.
    pub fn get(&self, identity: &Identity) -> Option<&Node<'static>> {
        self.places.get(identity).and_then(|place| self.objects.get(*place))
    }

    /// The differences between rendered objects and these objects.
    pub fn edits(&self, rendered: &Rendered) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut seen = HashSet::new();
        for object in &rendered.objects {
            let (identity, component) = (identity(&object.node), Some(object.component));
            seen.insert(identity.clone());
            let changes = match self.get(&identity) {
                Some(wanted) => differences(&object.node, wanted),
                None => vec![Difference { place: Place::default(), old: Some(object.node.clone()), new: None }],
            };
            edits.extend(changes.into_iter().map(|change| Edit { object: identity.clone(), component, change }));
        }
        for object in &self.objects {
            let identity = identity(object);
            if !seen.contains(&identity) {
                let change = Difference { place: Place::default(), old: None, new: Some(object.clone()) };
                edits.push(Edit { object: identity, component: None, change });
            }
        }
        edits
    }
}
