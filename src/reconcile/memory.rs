//! The memory of an object: hashes of the fields that were rendered last. A field that differs from the memory was edited by the
//! user.
//!
//! kubectl stores the whole object for the same purpose (`last-applied-configuration`). The memory stores only ten
//! characters for each leaf: five for its place and five for its value. So a long string is not stored twice.

use std::collections::{BTreeMap, HashMap};

use super::leaves::{Place, each_leaf, short};
use crate::finding::Path;
use crate::yaml::Node;

/// The annotation of a record with the name of its JinaFlow. An object that has no record may have its memory in this
/// annotation, `flow.jina.ai/rendered: v1.…`: five characters of base64 (URL alphabet) for the place of each leaf, and five for
/// its value.
pub const RENDERED: &str = "flow.jina.ai/rendered";

/// The place of an object's JinaFlow during the last render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// In the package of the object. If the JinaFlow is not in the package any more, a user has removed it.
    Package,
    /// Outside of the package. Only earlier versions of jinaflow set this value; later renders keep it.
    Elsewhere,
}

impl Mark {
    fn prefix(self) -> &'static str {
        match self {
            Mark::Package => "v1.",
            Mark::Elsewhere => "v1-elsewhere.",
        }
    }
}

/// The number of characters for a leaf.
const LEAF: usize = 10;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Leaves whose older value stays in the memory, because of a conflict in which the user's value stays. Both sides differ
/// from the older value, so every render finds the conflict again. `None` is a leaf that did not exist.
pub type Held = BTreeMap<u32, Option<u32>>;

/// The leaves of an object when it was rendered last.
#[derive(Debug, Clone)]
pub struct Memory {
    leaves: HashMap<u32, u32>,
    /// The place of the object's JinaFlow.
    pub mark: Mark,
}

/// Creates the annotation's value for an object. Leaves in `held` keep their older value.
pub fn remember(object: &Node<'_>, mark: Mark, held: &Held) -> String {
    let mut text = String::with_capacity(1024);
    text.push_str(mark.prefix());
    let mut write = |place: u32, value: u32| {
        for number in [place, value] {
            for digit in 0..5 {
                text.push(char::from(ALPHABET[(number >> (6 * digit) & 63) as usize]));
            }
        }
    };
    let mut rest = held.clone();
    each_leaf("", object, Place::ROOT, &Path::root(""), &mut |place, _, leaf| match rest.remove(&place.short()) {
        None => write(place.short(), short(leaf.hash())),
        Some(Some(older)) => write(place.short(), older),
        Some(None) => {}
    });
    // Leaves that the Flow has removed and the user has changed are not in the object any more.
    for (place, older) in rest {
        if let Some(older) = older {
            write(place, older);
        }
    }
    text
}

/// Creates the annotation's value for an object that was rendered without conflicts.
pub fn memory_of(object: &Node<'_>) -> String {
    remember(object, Mark::Package, &Held::new())
}

impl Memory {
    /// The leaves of an object.
    pub fn of(object: &Node<'_>) -> Self {
        let mut leaves = HashMap::new();
        each_leaf("", object, Place::ROOT, &Path::root(""), &mut |place, _, leaf| {
            leaves.insert(place.short(), short(leaf.hash()));
        });
        Self { leaves, mark: Mark::Package }
    }

    /// Reads the annotation's value; `None` if jinaflow did not write it.
    pub fn parse(text: &str) -> Option<Self> {
        let (mark, digits) =
            [Mark::Package, Mark::Elsewhere].into_iter().find_map(|mark| Some((mark, text.strip_prefix(mark.prefix())?)))?;
        if digits.len() % LEAF != 0 {
            return None;
        }
        let mut leaves = HashMap::with_capacity(digits.len() / LEAF);
        for leaf in digits.as_bytes().chunks_exact(LEAF) {
            let (place, value) = leaf.split_at(5);
            leaves.insert(number(place)?, number(value)?);
        }
        Some(Self { leaves, mark })
    }

    /// The value that the leaf at this place had.
    pub fn value(&self, place: Place) -> Option<u32> {
        self.leaves.get(&place.short()).copied()
    }

    /// The number of leaves.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }
}

/// The memory as a record keeps it: the version on the first line, and each leaf on a line of its own.
pub fn lines_of(memory: &str) -> String {
    let (version, leaves) = memory.split_once('.').unwrap_or((memory, ""));
    let mut text = String::with_capacity(memory.len() + memory.len() / LEAF + 2);
    text.push_str(version);
    text.push('\n');
    for leaf in leaves.as_bytes().chunks(LEAF) {
        text.extend(leaf.iter().copied().map(char::from));
        text.push('\n');
    }
    text
}

/// The memory that [`lines_of`] has written. Other lines, such as a comment, say nothing about a leaf.
pub fn of_lines(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let version = lines.next().unwrap_or_default();
    let leaves: String = lines.filter(|line| line.len() == LEAF && number(line.as_bytes()).is_some()).collect();
    format!("{version}.{leaves}")
}

/// Whether a memory has two values for a place.
pub fn has_two_values(memory: &str) -> bool {
    let (_, leaves) = memory.split_once('.').unwrap_or_default();
    let mut known: HashMap<&[u8], &[u8]> = HashMap::new();
    let mut leaves = leaves.as_bytes().chunks_exact(LEAF).map(|leaf| leaf.split_at(LEAF / 2));
    leaves.any(|(place, value)| known.insert(place, value).is_some_and(|other| other != value))
}

/// The part of the annotation's value about leaves, without the part about the JinaFlow.
pub fn leaves_of(annotation: &str) -> &str {
    annotation.split_once('.').map_or(annotation, |(_, leaves)| leaves)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().rev().try_fold(0, |number, digit| {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        Some(number << 6 | u32::from(value))
    })
}
