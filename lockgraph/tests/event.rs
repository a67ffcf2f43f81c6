//! What an event does, in every build: nothing here asks what the detector says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lockgraph::sync::{Barrier, Event};
use lockgraph::thread;

const SHORT: Duration = Duration::from_millis(1);

#[test]
fn it_stays_set_until_it_is_cleared() {
    static EVENT: Event = Event::new();
    assert!(!EVENT.is_set() && !EVENT.wait_timeout(SHORT));
    EVENT.set();
    EVENT.set();
    EVENT.wait();
    assert!(EVENT.is_set() && EVENT.wait_timeout(Duration::ZERO));
    EVENT.clear();
    EVENT.clear();
    assert!(!EVENT.is_set() && !EVENT.wait_timeout(SHORT));
    assert_eq!(format!("{EVENT:?}"), "Event { is_set: false, .. }");
}

#[test]
fn all_who_wait_go_on() {
    let event = Event::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| event.wait());
            scope.spawn(|| assert!(event.wait_timeout(Duration::MAX)));
        }
        event.set();
    });
    assert!(event.is_set());
}

/// Rounds over two events, each cleared before it is used again: nobody runs ahead, and none is
/// left behind.
#[test]
fn it_can_be_used_again() {
    let (even, odd) = (Event::new(), Event::new());
    let round = AtomicUsize::new(0);
    let parties = Barrier::new(4);
    thread::scope(|scope| {
        for leader in [true, false, false, false] {
            let (even, odd, round, parties) = (&even, &odd, &round, &parties);
            scope.spawn(move || {
                for at in 0..500 {
                    let (now, next) = if at % 2 == 0 { (even, odd) } else { (odd, even) };
                    parties.wait();
                    if leader {
                        next.clear();
                        round.store(at, Ordering::Relaxed);
                        now.set();
                    } else {
                        now.wait();
                        assert_eq!(round.load(Ordering::Relaxed), at);
                    }
                }
            });
        }
    });
}
