//! In a build that is not instrumented, every name is the original.

use std::any::{TypeId, type_name};

static UNUSED: lockgraph::Rank = lockgraph::Rank::new("unused");

fn check_same<Ours: 'static, Original: 'static>() {
    assert_eq!(TypeId::of::<Ours>(), TypeId::of::<Original>(), "{}", type_name::<Original>());
}

macro_rules! check_all {
    ($ours:path, $original:path) => {{
        use {$original as original, $ours as ours};
        check_same::<ours::Mutex<i32>, original::Mutex<i32>>();
        check_same::<ours::FairMutex<i32>, original::FairMutex<i32>>();
        check_same::<ours::ReentrantMutex<i32>, original::ReentrantMutex<i32>>();
        check_same::<ours::RwLock<i32>, original::RwLock<i32>>();
        check_same::<ours::Condvar, original::Condvar>();
        check_same::<ours::Once, original::Once>();
        check_same::<ours::WaitTimeoutResult, original::WaitTimeoutResult>();
        assert_eq!(*ours::named::mutex(&"unused", 1).lock(), 1);
        assert_eq!(*ours::named::fair_mutex(&"unused", 1).lock(), 1);
        assert_eq!(*ours::named::reentrant_mutex(&"unused", 1).lock(), 1);
        assert_eq!(*ours::named::rwlock(&"unused", 1).read(), 1);
        assert_eq!(*ours::ranked::mutex(&UNUSED, 1).lock(), 1);
        assert_eq!(*ours::ranked::fair_mutex(&UNUSED, 1).lock(), 1);
        assert_eq!(*ours::ranked::rwlock(&UNUSED, 1).read(), 1);
    }};
}

#[cfg(feature = "parking_lot")]
#[test]
fn names_are_those_of_0_12() {
    check_all!(lockgraph::parking_lot, parking_lot_0_12);
}

#[cfg(feature = "parking_lot_0_13")]
#[test]
fn names_are_those_of_0_13() {
    check_all!(lockgraph::parking_lot_0_13, parking_lot_0_13);
    check_same::<
        lockgraph::parking_lot_0_13::RecursiveRwLock<i32>,
        parking_lot_0_13::RecursiveRwLock<i32>,
    >();
}
