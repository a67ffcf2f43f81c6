//! Ranks: what is told and what is not, live and from the trace, once for a place.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use lockgraph::acquire::{AcquireError, acquire, acquire_any_order};
use lockgraph::finding::{Class, Finding, Wanted};
use lockgraph::sync::{Mutex, RwLock};
use lockgraph::{Rank, Ranked, named, ranked, read, thread};

use process::Case;

const BRANCH: Rank = Rank::new("branch");
static ACCOUNT: Rank = Rank::after("account", &[&BRANCH]);
static AUDIT: Rank = Rank::after("audit", &[&BRANCH]);
static LOG: Rank = Rank::after("log", &[&ACCOUNT, &AUDIT]);

static A_BRANCH: RwLock<u8> = ranked::rwlock(&BRANCH, 0);
static AN_ACCOUNT: Mutex<u8> = ranked::mutex(&ACCOUNT, 0);
static ANOTHER_ACCOUNT: Mutex<u8> = ranked::mutex(&ACCOUNT, 0);
static AN_AUDIT: Mutex<u8> = ranked::mutex(&AUDIT, 0);
static A_LOG: Mutex<u8> = ranked::mutex(&LOG, 0);
static FREE: Mutex<u8> = named::mutex(&"free", 0);

/// Takes all, one while the others are held, many times.
fn nested(locks: &[&Mutex<u8>]) {
    for _ in 0..3 {
        let _held: Vec<_> = locks.iter().map(|lock| lock.lock().expect("nobody panics")).collect();
    }
}

/// What a child does; of each finding what is held and what is wanted.
const ROWS: &[(Case, &[(&str, &str)])] = &[
    (("in_order", in_order), &[]),
    (("unrelated", unrelated), &[]),
    (("against", || nested(&[&AN_AUDIT, &AN_ACCOUNT, &A_LOG])), &[]),
    (("directly", || nested(&[&A_LOG, &AN_AUDIT])), &[("log", "audit")]),
    (("through_others", through_others), &[("log", "branch")]),
    (("behind_others", || nested(&[&A_LOG, &FREE, &AN_AUDIT])), &[("log", "audit")]),
    (("tried", tried), &[]),
    (("same_rank", || nested(&[&AN_ACCOUNT, &ANOTHER_ACCOUNT])), &[("account", "account")]),
    (("together", together), &[]),
    (("together_and_then_not", together_and_then_not), &[("account", "account")]),
    (("together_under_one", together_under_one), &[("account", "account")]),
    (("together_across_ranks", together_across_ranks), &[]),
    (("together_by_keys", together_by_keys), &[]),
    #[cfg(feature = "parking_lot")]
    (("together_while_one_is_given_back", lent::together_while_one_is_given_back), &[]),
    #[cfg(feature = "parking_lot")]
    (("together_after_one_was_given_back", lent::together_after_one_was_given_back), &[]),
    (("any_order", any_order), &[]),
    (("keyed", || by_keys(&[1, 2, 5])), &[]),
    (("against_keys", || by_keys(&[2, 1])), &[("account", "account")]),
    (("same_keys", || by_keys(&[1, 1])), &[("account", "account")]),
    (("key_and_none", key_and_none), &[("account", "account")]),
    (("in_another_thread", in_another_thread), &[("log", "account")]),
];

fn in_order() {
    for _ in 0..3 {
        let _branch = A_BRANCH.read().expect("nobody panics");
        nested(&[&AN_ACCOUNT, &A_LOG]);
    }
}

fn unrelated() {
    nested(&[&AN_ACCOUNT, &FREE]);
    nested(&[&AN_AUDIT, &AN_ACCOUNT]);
    nested(&[&A_LOG, &FREE]);
}

fn through_others() {
    for _ in 0..3 {
        let _log = A_LOG.lock().expect("nobody panics");
        let _branch = A_BRANCH.read().expect("nobody panics");
    }
}

/// A try does not wait.
fn tried() {
    let _log = A_LOG.lock().expect("nobody panics");
    let _account = AN_ACCOUNT.try_lock().expect("it is free");
}

fn together() {
    for _ in 0..3 {
        drop(acquire((&ANOTHER_ACCOUNT, &AN_ACCOUNT)).expect("nothing is held"));
    }
}

/// That it is known to be right at once does not make it right one by one, in the same order.
fn together_and_then_not() {
    [&AN_ACCOUNT, &ANOTHER_ACCOUNT].into_iter().for_each(|lock| drop(lock.lock()));
    together();
    nested(&[&AN_ACCOUNT, &ANOTHER_ACCOUNT]);
}

/// What was held before was not taken with the others.
fn together_under_one() {
    let accounts: Vec<Mutex<u8>> = (0..3).map(|_| Mutex::ranked(&ACCOUNT, 0)).collect();
    for account in &accounts {
        drop(account.lock());
    }
    drop(acquire(&accounts).expect("nothing is held"));
    for _ in 0..3 {
        let _first = accounts[0].lock().expect("nobody panics");
        drop(acquire(&accounts[1..]).expect("they come later"));
    }
}

/// In the declared order, whatever their numbers; and one that is held already comes before.
fn together_across_ranks() {
    [&A_LOG, &AN_AUDIT, &AN_ACCOUNT].into_iter().for_each(|lock| drop(lock.lock()));
    drop(A_BRANCH.read());
    for _ in 0..3 {
        drop(acquire((&A_LOG, &AN_ACCOUNT, read(&A_BRANCH))).expect("nothing is held"));
        let _branch = A_BRANCH.read().expect("nobody panics");
        drop(acquire((&AN_AUDIT, &A_LOG, &AN_ACCOUNT)).expect("they come later"));
    }
    let _log = A_LOG.lock().expect("nobody panics");
    let refused = acquire((&AN_ACCOUNT,)).expect_err("it comes before the log");
    assert!(matches!(refused, AcquireError::OutOfOrder(_)));
}

fn together_by_keys() {
    let accounts: Vec<Mutex<u8>> =
        [5, 2, 1].map(|key| Mutex::ranked_by(&ACCOUNT, key, 0)).into_iter().collect();
    for _ in 0..3 {
        drop(acquire(&accounts).expect("nothing is held"));
        let _least = accounts[2].lock().expect("nobody panics");
        drop(acquire(&accounts[..2]).expect("they come later"));
    }
}

/// Guards that another thread gives back than took them.
#[cfg(feature = "parking_lot")]
mod lent {
    use lockgraph::parking_lot;

    use super::*;

    static EARLY: parking_lot::Mutex<u8> = parking_lot::ranked::mutex(&BRANCH, 0);
    static LATE: parking_lot::Mutex<u8> = parking_lot::ranked::mutex(&LOG, 0);

    /// Of that one the thread is known to hold what it took before it began to take locks together.
    pub(super) fn together_while_one_is_given_back() {
        let accounts: Vec<Mutex<u8>> = (0..3).map(|_| Mutex::ranked(&ACCOUNT, 0)).collect();
        accounts.iter().for_each(|account| drop(account.lock()));
        let second = accounts[1].lock().expect("nobody panics");
        thread::scope(|scope| {
            let taker = scope.spawn(|| {
                std::mem::forget(EARLY.lock());
                drop(acquire(&accounts).expect("they come later"));
            });
            // From then on it has the first, and wants the second.
            while accounts[0].try_lock().is_ok() {
                std::thread::yield_now();
            }
            // SAFETY: the taker has it, and its guard is forgotten.
            unsafe { EARLY.force_unlock() };
            drop(second);
            taker.join().expect("it does not panic");
        });
    }

    /// What comes later is held no more.
    pub(super) fn together_after_one_was_given_back() {
        std::mem::forget(LATE.lock());
        // SAFETY: this thread has it, and its guard is forgotten.
        let give_back = || unsafe { LATE.force_unlock() };
        std::thread::spawn(give_back).join().expect("it does not panic");
        drop(acquire((&ANOTHER_ACCOUNT, &AN_ACCOUNT)).expect("nothing is held any more"));
    }
}

fn any_order() {
    let _log = A_LOG.lock().expect("nobody panics");
    drop(acquire_any_order((&AN_ACCOUNT, &ANOTHER_ACCOUNT)).expect("they are free"));
}

fn by_keys(keys: &[u64]) {
    let locks: Vec<Mutex<u8>> =
        keys.iter().map(|key| Mutex::ranked_by(&ACCOUNT, *key, 0)).collect();
    nested(&locks.iter().collect::<Vec<_>>());
}

fn key_and_none() {
    let keyed = Mutex::ranked_by(&ACCOUNT, 7, 0);
    nested(&[&keyed, &AN_ACCOUNT]);
}

/// Each thread has its own memory of what it has shown.
fn in_another_thread() {
    for _ in 0..3 {
        thread::spawn(|| nested(&[&A_LOG, &AN_ACCOUNT])).join().expect("it ends");
    }
}

fn pair(finding: &Finding) -> (&str, &str) {
    fn name(class: &Class) -> &str {
        match class {
            Class::Named(name) => name,
            _ => "",
        }
    }
    let locks = finding.locks();
    let Some(Wanted::Lock(wanted, _)) = &finding.steps[0].wants else { return ("", "") };
    (name(&locks[0].class), name(&wanted.class))
}

#[test]
fn what_is_against_the_ranks_is_told_with_both_sites_and_nothing_else_is() {
    let cases: Vec<Case> = ROWS.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    let test = "what_is_against_the_ranks_is_told_with_both_sites_and_nothing_else_is";
    for ((case, _), expected) in ROWS {
        let ended = process::run(test, case, &[]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        let kinds = ended.found();
        assert!(kinds.iter().all(|(kind, _)| *kind == "rank-violation"), "{case}: {kinds:?}");
        let pairs: Vec<_> = ended.findings.iter().map(pair).collect();
        assert_eq!(pairs, *expected, "{case}: {}", ended.stderr);
        assert!(ended.findings.iter().all(|finding| finding.sites().count() == 2), "{case}");
        let heads = ended.stderr.lines().filter(|line| line.starts_with("warning[rank-violation]"));
        assert_eq!(heads.count(), pairs.len(), "{case}: {}", ended.stderr);
        if std::env::var_os("SHOW").is_some() {
            eprintln!("{case}: {}", ended.stderr);
        }
    }
}

const PANICS: &[Case] = &[("panics", || {
    let _log = A_LOG.lock().expect("nobody panics");
    let taken = std::panic::catch_unwind(|| drop(AN_AUDIT.lock()));
    assert!(taken.is_err());
    drop(AN_AUDIT.try_lock().expect("it was not taken"));
})];

#[test]
fn the_settings_say_what_is_done_about_it() {
    if process::is_child(PANICS) {
        return;
    }
    let environment = [("LOCKGRAPH_ON_VIOLATION", "panic")];
    let ended = process::run("the_settings_say_what_is_done_about_it", "panics", &environment);
    assert!(ended.ended_well(), "{}", ended.stderr);
    assert!(ended.stderr.contains("lockgraph: "), "{}", ended.stderr);
}
