//! An event: a flag that threads wait for, until somebody sets it. `std` has none.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::watch::{self, Object, Stamp};

/// A flag to wait for. `std` has none.
///
/// It stays set until it is cleared, so a wait that comes late does not wait. A thread that was
/// woken by [`Event::set`] goes on also if the event is cleared before it has come to run.
///
/// # Examples
///
/// ```
/// use lockgraph::sync::Event;
/// use lockgraph::thread;
///
/// static READY: Event = Event::new();
///
/// thread::scope(|scope| {
///     scope.spawn(|| READY.wait());
///     READY.set();
/// });
/// assert!(READY.is_set());
/// ```
pub struct Event {
    object: Object,
    state: Mutex<State>,
    set: Condvar,
}

#[derive(Clone, Copy)]
struct State {
    is_set: bool,
    /// How often it was set, for those who wait while it is set and cleared again.
    times: u64,
    /// That of whoever set it last.
    stamp: Stamp,
    sleepers: usize,
}

impl Event {
    /// An event that is not set.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new() -> Event {
        Event::of(Object::event())
    }

    pub(crate) const fn named(name: &'static &'static str) -> Event {
        Event::of(Object::event_named(name))
    }

    const fn of(object: Object) -> Event {
        let state = State { is_set: false, times: 0, stamp: Stamp::NONE, sleepers: 0 };
        Event { object, state: Mutex::new(state), set: Condvar::new() }
    }

    /// Sets the event: all who wait for it go on, and nobody waits until it is cleared.
    #[track_caller]
    pub fn set(&self) {
        let stamp = self.object.serving(watch::here());
        let mut state = self.lock();
        state.is_set = true;
        state.times += 1;
        state.stamp = stamp;
        if state.sleepers > 0 {
            self.set.notify_all();
        }
    }

    /// Clears the event: whoever comes to wait from now on waits until it is set again.
    #[track_caller]
    pub fn clear(&self) {
        let mut state = self.lock();
        self.object.changing(watch::here());
        state.is_set = false;
    }

    /// Whether the event is set. It may be otherwise right after.
    #[track_caller]
    pub fn is_set(&self) -> bool {
        let state = *self.lock();
        if state.is_set {
            self.object.awaited(state.stamp, watch::here());
        } else {
            self.object.seen_changed(watch::here());
        }
        state.is_set
    }

    /// Waits until the event is set.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    pub fn wait(&self) {
        let site = watch::here();
        self.object.could_wait(site);
        let mut state = *self.lock();
        if !state.is_set {
            let _waiting = self.object.awaiting(site);
            state = self.sleep(|locked| {
                let asleep = |now: &mut State| !now.has_been_set_since(state);
                self.set.wait_while(locked, asleep).unwrap_or_else(PoisonError::into_inner)
            });
        }
        self.object.awaited(state.stamp, site);
    }

    /// Waits until the event is set, but for about `timeout` at most. Returns whether it was.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let mut state = *self.lock();
        let mut has_come = state.is_set;
        if !has_come {
            let before = state;
            state = self.sleep(|locked| {
                let asleep = |now: &mut State| !now.has_been_set_since(before);
                let woken = self.set.wait_timeout_while(locked, timeout, asleep);
                woken.unwrap_or_else(PoisonError::into_inner).0
            });
            has_come = state.has_been_set_since(before);
        }
        if has_come {
            self.object.awaited(state.stamp, watch::here());
        } else {
            self.object.seen_changed(watch::here());
        }
        has_come
    }

    /// Sleeps as `sleep` does. Returns what it was woken by.
    fn sleep<'a>(
        &'a self,
        sleep: impl FnOnce(MutexGuard<'a, State>) -> MutexGuard<'a, State>,
    ) -> State {
        let mut locked = self.lock();
        locked.sleepers += 1;
        let mut locked = sleep(locked);
        locked.sleepers -= 1;
        *locked
    }

    /// Never left half changed by a panic: there is none while it is locked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether it is set, or was and has been cleared since.
    fn has_been_set_since(&self, before: State) -> bool {
        self.is_set || self.times != before.times
    }
}

impl Default for Event {
    #[track_caller]
    fn default() -> Event {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = self.lock().is_set;
        f.debug_struct("Event").field("is_set", &is_set).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_setting_that_is_cleared_at_once_wakes_whoever_was_asleep() {
        let event = Event::new();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_timeout(Duration::from_secs(60)));
            while event.lock().sleepers == 0 {
                thread::yield_now();
            }
            event.set();
            event.clear();
            assert!(waiter.join().expect("it does not panic"));
        });
    }
}
