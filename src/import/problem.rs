//! A problem of an export, with its object.

use crate::finding::Finding;

/// A problem, and the place of its object; `None` if the problem is about all objects.
pub type Problem = (Option<usize>, Finding);
