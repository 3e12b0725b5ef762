//! A bound on work that grows faster than what was given.
//!
//! A selector that names a label is answered by an index. One that only forbids labels has to look at every pod, and
//! a thousand of them look at a thousand pods each. Such steps are counted, and when they are used up the check says so.

use std::cell::{Cell, RefCell};

/// Steps that are counted: about a second.
const MOST_STEPS: usize = 5_000_000;

/// What may still be done.
#[derive(Debug)]
pub struct Work {
    left: Cell<usize>,
    /// The objects that were not looked at in full.
    skipped: RefCell<Vec<usize>>,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: Cell::new(MOST_STEPS), skipped: RefCell::default() }
    }
}

impl Work {
    /// Takes steps. The answer is whether there were as many left.
    pub fn take(&self, steps: usize) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Notes that an object was not looked at in full.
    pub fn skip(&self, object: usize) {
        self.skipped.borrow_mut().push(object);
    }

    /// The first object that was not looked at in full, and how many there are.
    pub fn skipped(&self) -> Option<(usize, usize)> {
        let mut skipped = self.skipped.borrow().clone();
        skipped.sort_unstable();
        skipped.dedup();
        Some((*skipped.first()?, skipped.len()))
    }
}
