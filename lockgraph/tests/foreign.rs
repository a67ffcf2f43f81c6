//! A guard that another thread gives back voids the hold of the thread that took it, and no other.
#![cfg(all(feature = "parking_lot", any(debug_assertions, feature = "instrument")))]

use std::sync::mpsc;

use lockgraph::parking_lot::Mutex;
use lockgraph::thread;

static LENT: Mutex<u32> = Mutex::new(0);
static OTHER: Mutex<u32> = Mutex::new(0);
static LATER: Mutex<u32> = Mutex::new(0);

fn nested(first: &'static Mutex<u32>, second: &'static Mutex<u32>) {
    std::thread::spawn(|| {
        let mut outer = first.lock();
        *outer += *second.lock();
    })
    .join()
    .expect("it does not panic");
}

/// The only test of its process: it looks at all findings.
#[test]
fn a_foreign_release_voids_one_hold() {
    let (taken, is_taken) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let lender = thread::spawn(move || {
        std::mem::forget(LENT.lock());
        taken.send(()).expect("the other receives");
        may_go_on.recv().expect("the other sends");
        // It holds nothing any more.
        drop(OTHER.lock());
    });
    is_taken.recv().expect("the other sends");
    // SAFETY: the lock is held, and its guard is forgotten.
    let give_back = || unsafe { LENT.force_unlock() };
    std::thread::spawn(give_back).join().expect("it does not panic");
    // Takes it for real, before the lender has noticed.
    nested(&LENT, &LATER);
    go_on.send(()).expect("the other receives");
    lender.join().expect("it does not panic");
    nested(&OTHER, &LENT);
    assert_eq!(lockgraph::findings(), [], "nobody took OTHER while it held LENT");
    // That hold was good, so its order counts.
    nested(&LATER, &LENT);
    assert_eq!(lockgraph::findings().len(), 1);
}
