//! What waits at a banker, in processes of their own: customers that hang with plain semaphores end,
//! and a wait that nobody ends is told as one for units of that banker.

#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use std::sync::Barrier;

use lockgraph::banker::{Banker, Customer, Grant};
use lockgraph::finding::{Finding, Step, Verdict, Wanted};
use lockgraph::id::{LockKind, Signal};
use lockgraph::named;
use lockgraph::sync::{Mutex, Permit, Semaphore};
use lockgraph::thread::{self, Scope};

use process::Case;

/// Kinds of resources, as many as there are customers.
const KINDS: usize = 3;
/// Units of each kind.
const THERE: usize = 3;
/// So many of one kind and then of the next one does a customer want.
const WANTED: usize = 2;

/// Where units can be had.
trait Counter {
    type Units;
    fn try_take(self, kind: usize) -> Option<Self::Units>;
    fn take(self, kind: usize) -> Self::Units;
}

impl<'a> Counter for &'a [Semaphore; KINDS] {
    type Units = Permit<'a>;

    fn try_take(self, kind: usize) -> Option<Permit<'a>> {
        self[kind].try_acquire_many(WANTED)
    }

    fn take(self, kind: usize) -> Permit<'a> {
        self[kind].acquire_many(WANTED)
    }
}

impl<'a> Counter for &'a Customer<'a> {
    type Units = Grant<'a>;

    fn try_take(self, kind: usize) -> Option<Grant<'a>> {
        self.try_request(&only(kind)).ok()
    }

    fn take(self, kind: usize) -> Grant<'a> {
        self.request(&only(kind)).expect("it is within the claim")
    }
}

fn only(kind: usize) -> [usize; KINDS] {
    std::array::from_fn(|other| if other == kind { WANTED } else { 0 })
}

/// The first units, and when all have what they can have of those, the second ones.
fn take_both<C: Counter + Copy>(counter: C, kind: usize, all_have: &Barrier) {
    let first = counter.try_take(kind);
    all_have.wait();
    let _first = first.unwrap_or_else(|| counter.take(kind));
    let _second = counter.take((kind + 1) % KINDS);
}

fn semaphores() {
    let kinds: [&'static &'static str; KINDS] = [&"tapes", &"printers", &"plotters"];
    let kinds = kinds.map(|name| named::bounded_semaphore(name, THERE));
    let all_have = Barrier::new(KINDS);
    thread::scope(|scope| {
        for kind in 0..KINDS {
            let (kinds, all_have) = (&kinds, &all_have);
            scope.spawn(move || take_both(kinds, kind, all_have));
        }
    });
}

fn banker() {
    let (banker, all_have) = (named::banker(&"devices", &[THERE; KINDS]), Barrier::new(KINDS));
    thread::scope(|scope| {
        for kind in 0..KINDS {
            let (banker, all_have) = (&banker, &all_have);
            scope.spawn(move || {
                let (mut claim, next) = (only(kind), only((kind + 1) % KINDS));
                claim.iter_mut().zip(next).for_each(|(claim, next)| *claim += next);
                let customer = banker.customer(&claim).expect("there are so many");
                take_both(&customer, kind, all_have);
            });
        }
    });
    assert_eq!(banker.available(), [THERE; KINDS]);
}

#[test]
fn what_hangs_with_semaphores_ends_with_a_banker() {
    if process::is_child(&[("semaphores", semaphores), ("banker", banker)]) {
        return;
    }
    let test = "what_hangs_with_semaphores_ends_with_a_banker";
    let hung = process::run(test, "semaphores", &[("LOCKGRAPH_ON_STALL", "abort")]);
    let found = [("lock-order-cycle", Verdict::Possible), ("stall", Verdict::Stalled)];
    assert_eq!(hung.found(), found, "{}", hung.stderr);
    assert!(!hung.ended_well());
    let ended = process::run(test, "banker", &[("LOCKGRAPH_ON_STALL", "abort")]);
    assert!(ended.ended_well(), "{}", ended.stderr);
    assert_eq!(ended.found(), []);
}

/// What the threads of a case share.
struct Shop {
    pool: Banker,
    books: Mutex<()>,
    all_have: Barrier,
}

impl Shop {
    fn new(threads: usize) -> Shop {
        let books = named::mutex(&"books", ());
        Shop { pool: named::banker(&"pool", &[3]), books, all_have: Barrier::new(threads) }
    }

    /// Comes to be a customer, and sleeps with its units in `f`.
    fn customer<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        f: impl FnOnce() + Send + 'scope,
    ) {
        start(scope, "customer", move || {
            let customer = self.pool.customer(&[2]).expect("there are three");
            let _units = customer.request(&[2]).expect("they are claimed");
            f();
        });
    }

    /// Wants more than the customer has left.
    fn clerk(&self) {
        let clerk = self.pool.customer(&[2]).expect("there are three");
        let _units = clerk.request(&[2]).expect("they are claimed");
    }
}

fn start<'scope>(scope: &'scope Scope<'scope, '_>, name: &str, f: impl FnOnce() + Send + 'scope) {
    let started = thread::Builder::new().name(name.into()).spawn_scoped(scope, f);
    started.expect("a thread can begin");
}

/// The customer wants the lock under which the clerk asks for units.
fn wants_a_lock() {
    let shop = Shop::new(2);
    thread::scope(|scope| {
        shop.customer(scope, || {
            shop.all_have.wait();
            drop(shop.books.lock());
        });
        start(scope, "clerk", || {
            let _books = shop.books.lock();
            shop.all_have.wait();
            shop.clerk();
        });
    });
}

/// The customer sleeps, with a lock that somebody else needs, for the clerk's second letter.
fn sleeps_with_a_lock() {
    let (shop, (letters, post)) = (Shop::new(3), named::channel(&"letters"));
    let shop = &shop;
    thread::scope(|scope| {
        shop.customer(scope, move || {
            let _books = shop.books.lock();
            shop.all_have.wait();
            post.iter().take(2).for_each(drop);
        });
        start(scope, "clerk", move || {
            shop.all_have.wait();
            letters.send(1).expect("there is a receiver");
            shop.clerk();
            letters.send(2).expect("there is a receiver");
        });
        start(scope, "auditor", || {
            shop.all_have.wait();
            drop(shop.books.lock());
        });
    });
}

/// One thread is both customers.
fn waits_for_itself() {
    let banker = Banker::new(&[1]);
    let (first, second) = (banker.customer(&[1]), banker.customer(&[1]));
    let (first, second) = (first.expect("there is one"), second.expect("there is one"));
    let _unit = first.request(&[1]).expect("it is claimed");
    let _same = second.request(&[1]).expect("it is claimed");
}

/// What hangs, and what is said of it.
const HANGS: &[(Case, &[&str])] = &[
    (
        ("waits_for_itself", waits_for_itself),
        &[
            " waits, it seems for ever, for units of the banker made at banker_that_waits.rs:",
            "help: have somebody give units of the banker made at banker_that_waits.rs:",
        ],
    ),
    (
        ("wants_a_lock", wants_a_lock),
        &[
            "thread `clerk` holds `books` and waits for units of the banker `pool`",
            "thread `customer` could give units of the banker `pool` back but waits for `books`",
            "use `request_timeout` at banker_that_waits.rs:",
        ],
    ),
    (
        ("sleeps_with_a_lock", sleeps_with_a_lock),
        &[
            "thread `clerk` could send to `letters` but waits for units of the banker `pool`",
            "thread `customer` could give units of the banker `pool` back but waits for a message in \
             `letters`",
        ],
    ),
];

/// How many of them wait at a banker.
fn at_a_banker(finding: &Finding) -> usize {
    let is_there = |step: &&Step| match &step.wants {
        Some(Wanted::Signal(Signal::Units, Some(it))) => it.kind == LockKind::Banker,
        _ => false,
    };
    finding.steps.iter().filter(is_there).count()
}

#[test]
fn a_wait_at_a_banker_is_told_as_one() {
    let cases: Vec<Case> = HANGS.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), lines) in HANGS {
        let test = "a_wait_at_a_banker_is_told_as_one";
        let hung = process::run(test, case, &[("LOCKGRAPH_ON_STALL", "abort")]);
        assert_eq!(hung.found(), [("stall", Verdict::Stalled)], "{case}: {}", hung.stderr);
        assert_eq!(at_a_banker(&hung.findings[0]), 1, "{case}");
        for line in *lines {
            assert!(hung.stderr.contains(line), "{case}: {line}\n{}", hung.stderr);
        }
        assert!(!hung.ended_well(), "{case}");
    }
}
