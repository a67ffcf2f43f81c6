//! What a program waits for until a number is right, each a tracked mutex with a tracked condition
//! variable: wait groups and the ends of jobs, as programs build them that have no such type.

use std::sync::PoisonError;

use lockgraph::sync::{Condvar, Mutex, MutexGuard};

use crate::hold::eternal_name;

/// A number that threads change, and wait for.
pub(crate) struct Count {
    number: Mutex<usize>,
    changed: Condvar,
}

impl Count {
    /// Begins with `number`; its mutex has the class `name`.
    pub(crate) fn new(name: &str, number: usize) -> Count {
        let number = lockgraph::named::mutex(eternal_name(name), number);
        Count { number, changed: Condvar::new() }
    }

    /// Counts up.
    pub(crate) fn add(&self, number: usize) {
        *self.lock() += number;
        self.changed.notify_all();
    }

    /// Counts down, not below 0.
    pub(crate) fn take(&self, number: usize) {
        let mut left = self.lock();
        *left = left.saturating_sub(number);
        drop(left);
        self.changed.notify_all();
    }

    /// Waits until it is 0.
    pub(crate) fn wait_for_none(&self) {
        let left = self.lock();
        drop(self.changed.wait_while(left, |left| *left > 0));
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
