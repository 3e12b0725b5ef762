//! A limit on work that grows faster than the input.
//!
//! A selector that requires a label finds its pods in an index. A selector that only excludes labels is compared with every
//! pod: a thousand selectors and a thousand pods need a million comparisons. The check counts these steps, and reports the
//! objects that it skips when the limit is reached.

use std::cell::{Cell, RefCell};

/// The number of steps that a check may take, which is about one second.
const MOST_STEPS: usize = 5_000_000;

/// The steps that a check may still take.
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
    /// Takes steps from the limit. Returns whether enough steps were left.
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
