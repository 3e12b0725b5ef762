//! A limit on work that grows faster than the input.
//!
//! An index answers a selector that names a label. A selector that only excludes labels has to be compared with every pod,
//! and a thousand of those need a million comparisons. Such steps are counted; when the limit is reached, the check reports it.

use std::cell::{Cell, RefCell};

/// The number of counted steps: about a second.
const MOST_STEPS: usize = 5_000_000;

/// The steps that are left.
#[derive(Debug)]
pub struct Work {
    left: Cell<usize>,
    /// The objects that were not checked in full.
    skipped: RefCell<Vec<usize>>,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: Cell::new(MOST_STEPS), skipped: RefCell::default() }
    }
}

impl Work {
    /// Takes steps and returns whether that many were left.
    pub fn take(&self, steps: usize) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Records that an object was not checked in full.
    pub fn skip(&self, object: usize) {
        self.skipped.borrow_mut().push(object);
    }

    /// The first object that was not checked in full, and the number of such objects.
    pub fn skipped(&self) -> Option<(usize, usize)> {
        let mut skipped = self.skipped.borrow().clone();
        skipped.sort_unstable();
        skipped.dedup();
        Some((*skipped.first()?, skipped.len()))
    }
}
