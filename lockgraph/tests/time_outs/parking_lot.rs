//! The same with the locks of parking_lot, which have time limits of their own.

use std::sync::Arc;

use lockgraph::parking_lot::{RwLockUpgradableReadGuard as Upgradable, named};

use super::{SHORT, named_main, overlapping};
use crate::staged::{Meeting, sleeping, spawned, until_told};

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
                assert!(other.try_lock_for(overlapping()).is_none(), "the other one has it");
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
        let (own, (until, tell)) = (Arc::clone(&table), until_told());
        let holder = sleeping(move |sleeper| {
            let _read = own.read();
            sleeper.is_here();
            until();
        });
        let mut guard = table.upgradable_read();
        for _ in 0..40 {
            guard = Upgradable::try_upgrade_for(guard, SHORT).expect_err("somebody reads");
        }
        drop(guard);
        tell();
        holder.join().expect("it ends");
    });
}
