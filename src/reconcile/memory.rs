//! What was rendered last, as an annotation of the object.
//!
//! kubectl remembers the whole object for the same purpose (`last-applied-configuration`). Here ten characters for each
//! leaf are enough: which place, which value. So a long text is not stored twice, and a changed field is one line more in
//! a diff.

use std::collections::HashMap;

use super::leaves::{Place, each_leaf, short};
use crate::yaml::Node;

/// `flow.jina.ai/rendered: v1.…`, five characters of base64 (URL alphabet) for a leaf's place and five for its value.
pub const RENDERED: &str = "flow.jina.ai/rendered";

/// The Flow was among the items of the list, so that it is known to be gone when it is there no more.
const FROM_PACKAGE: &str = "v1.";

/// The Flow came as functionConfig, from nobody knows where.
const FROM_ELSEWHERE: &str = "v1-elsewhere.";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The leaves that an object had when it was rendered last.
#[derive(Debug)]
pub struct Memory {
    leaves: HashMap<u32, u32>,
    /// Whether its Flow was among the items.
    pub from_package: bool,
}

/// The annotation's value for an object.
pub fn remember(object: &Node<'_>, from_package: bool) -> String {
    let mut text = String::with_capacity(1024);
    text.push_str(if from_package { FROM_PACKAGE } else { FROM_ELSEWHERE });
    each_leaf("", object, Place::ROOT, &mut |place, value| {
        for number in [place.short(), short(value)] {
            text.extend((0..5).map(|digit| char::from(ALPHABET[(number >> (6 * digit) & 63) as usize])));
        }
    });
    text
}

impl Memory {
    /// Reads the annotation's value; `None` when it is nothing that we wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (from_package, digits) = match text.strip_prefix(FROM_PACKAGE) {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix(FROM_ELSEWHERE)?),
        };
        if digits.len() % 10 != 0 {
            return None;
        }
        let mut leaves = HashMap::with_capacity(digits.len() / 10);
        for leaf in digits.as_bytes().chunks_exact(10) {
            let (place, value) = leaf.split_at(5);
            leaves.insert(number(place)?, number(value)?);
        }
        Some(Self { leaves, from_package })
    }

    /// The value that the leaf at this place had.
    pub fn value(&self, place: Place) -> Option<u32> {
        self.leaves.get(&place.short()).copied()
    }
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
