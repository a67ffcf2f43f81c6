//! The same with the locks of parking_lot, which have time limits of their own.

use std::sync::{Arc, Barrier};

use lockgraph::parking_lot::{RwLockUpgradableReadGuard as Upgradable, named};

use super::{Meeting, SHORT, named_main, spawned};

pub(crate) fn livelock() {
    let locks = (named::mutex(&"a", ()), named::mutex(&"b", ()));
    let shared = Arc::new((locks, Meeting::default()));
    let threads = ["left", "right"].map(|name| {
        let shared = Arc::clone(&shared);
        spawned(name, move || {
            let ((a, b), both) = &*shared;
            let (own, other) = if name == "left" { (a, b) } else { (b, a) };
            for _ in 0..30 {
                let _held = own.lock();
                both.wait();
                assert!(other.try_lock_for(SHORT).is_none(), "the other one has it");
                both.wait();
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
}

/// A reader keeps a hold from becoming a writer's.
pub(crate) fn upgrade() {
    named_main(|| {
        let table = Arc::new(named::rwlock(&"table", ()));
        let has_it = Arc::new(Barrier::new(2));
        let own = (Arc::clone(&table), Arc::clone(&has_it));
        let holder = spawned("holder", move || {
            let _read = own.0.read();
            own.1.wait();
            own.1.wait();
        });
        has_it.wait();
        let mut guard = table.upgradable_read();
        for _ in 0..40 {
            guard = Upgradable::try_upgrade_for(guard, SHORT).expect_err("somebody reads");
        }
        drop(guard);
        has_it.wait();
        holder.join().expect("it ends");
    });
}
