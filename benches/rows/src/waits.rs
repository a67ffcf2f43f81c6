//! Rows of what threads wait for, which not every contestant has.

use std::hint::black_box;
use std::ops::DerefMut;
use std::sync::{Condvar, Mutex};

use crate::row::{Work, repeat};

/// What each side of two threads does, which take turns: that of side 0, or 1. Side 2 is one thread
/// that does all of it alone, and never waits.
pub type Turns = Box<dyn Fn(u64) -> Work + Sync>;

/// Turns that are told by a condition variable: whose it is, is kept under the mutex, and whoever
/// has had it notifies the other.
pub fn turns<M, C, G>(
    mutex: M,
    condvar: C,
    lock: impl Fn(&'static M) -> G + Copy + Sync + 'static,
    wait: impl Fn(&'static C, G) -> G + Copy + Sync + 'static,
    notify: impl Fn(&'static C) + Copy + Sync + 'static,
) -> Turns
where
    M: Sync + 'static,
    C: Sync + 'static,
    G: DerefMut<Target = u64>,
{
    let (mutex, condvar): (&'static M, &'static C) =
        (Box::leak(Box::new(mutex)), Box::leak(Box::new(condvar)));
    Box::new(move |side| {
        repeat(move || {
            let mut turn = lock(black_box(mutex));
            while side < 2 && *turn % 2 != side {
                turn = wait(condvar, turn);
            }
            *turn += 1;
            drop(turn);
            notify(black_box(condvar));
        })
    })
}

/// `turns!(module, unwrap)`: [`turns`] with the mutex and the condition variable of a module; the
/// last argument is left out if they are of the shape of `parking_lot`.
#[macro_export]
macro_rules! turns {
    ($($module:ident)::+, unwrap) => {
        $crate::turns(
            $($module)::+::Mutex::new(0),
            $($module)::+::Condvar::new(),
            |mutex| mutex.lock().unwrap(),
            |condvar, turn| condvar.wait(turn).unwrap(),
            |condvar| condvar.notify_one(),
        )
    };
    ($($module:ident)::+) => {
        $crate::turns(
            $($module)::+::Mutex::new(0),
            $($module)::+::Condvar::new(),
            |mutex| mutex.lock(),
            |condvar, mut turn| {
                condvar.wait(&mut turn);
                turn
            },
            |condvar| {
                condvar.notify_one();
            },
        )
    };
}

/// Passes through a semaphore, which is free.
pub fn passes<S: 'static>(semaphore: S, mut pass: impl FnMut(&S) + 'static) -> Work {
    repeat(move || pass(black_box(&semaphore)))
}

/// Passes through what programs write that have none.
pub fn plain_passes() -> Work {
    passes(Permits { free: Mutex::new(1), given: Condvar::new() }, Permits::pass)
}

/// The count under a mutex, and a condition variable.
struct Permits {
    free: Mutex<usize>,
    given: Condvar,
}

impl Permits {
    #[inline(always)]
    fn pass(&self) {
        let mut free = self.free.lock().expect("nobody panics with it");
        while *free == 0 {
            free = self.given.wait(free).expect("nobody panics with it");
        }
        *free -= 1;
        drop(free);
        *self.free.lock().expect("nobody panics with it") += 1;
        self.given.notify_one();
    }
}
