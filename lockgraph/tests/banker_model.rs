//! The banker against a model that tries all orders: what it grants, what it refuses, and the order
//! that it gives as its reason. And real threads, in a process of its own, which all end.

mod process;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use lockgraph::banker::{Banker, Because, Grant, Limit, MustWait, TryRequestError};
use lockgraph::thread;
use proptest::prelude::*;

const MOST_CUSTOMERS: usize = 5;
const MOST_KINDS: usize = 3;
const MOST_UNITS: usize = 4;

/// What is done next. Numbers are brought into range by whoever does it.
#[derive(Clone, Debug)]
enum Deed {
    /// Somebody comes, and claims this.
    Come([usize; MOST_KINDS]),
    /// A customer wants this, of what is left of its claim.
    Want(usize, [usize; MOST_KINDS]),
    /// A customer wants one unit more than is left of its claim, of a kind.
    WantTooMuch(usize, usize),
    /// A customer gives back what it got at once.
    GiveBack(usize, usize),
    /// A customer ends, with all that it has.
    End(usize),
}

/// What is asked of a customer.
enum Ask {
    Units(Vec<usize>),
    GiveBack(usize),
}

type Answer = Result<(), TryRequestError>;

/// A customer and its grants, which borrow it, as one value: a coroutine. Dropped, it ends.
struct Coroutine<'a> {
    ask: Rc<Cell<Option<Ask>>>,
    answer: Rc<Cell<Option<Answer>>>,
    run: Pin<Box<dyn Future<Output = ()> + 'a>>,
}

impl<'a> Coroutine<'a> {
    fn begin(banker: &'a Banker, claim: Vec<usize>) -> Coroutine<'a> {
        let (ask, answer) =
            (Rc::<Cell<Option<Ask>>>::default(), Rc::<Cell<Option<Answer>>>::default());
        let (asked, answers) = (Rc::clone(&ask), Rc::clone(&answer));
        let run = async move {
            let customer = banker.customer(&claim).expect("there is as much as is claimed");
            let mut grants: Vec<Grant<'_>> = Vec::new();
            loop {
                let next = poll_fn(|_| asked.take().map_or(Poll::Pending, Poll::Ready)).await;
                let answer = match next {
                    Ask::Units(units) => {
                        let why = customer.explain(&units);
                        let got = customer.try_request(&units);
                        let refused = match &got {
                            Ok(_) => Ok(None),
                            Err(TryRequestError::MustWait(why)) => Ok(Some(why.clone())),
                            Err(TryRequestError::Exceeded(why)) => Err(*why),
                        };
                        assert_eq!(why, refused, "it is explained as it is refused");
                        got.map(|grant| grants.push(grant))
                    }
                    Ask::GiveBack(at) => {
                        drop(grants.swap_remove(at));
                        Ok(())
                    }
                };
                answers.set(Some(answer));
            }
        };
        let mut coroutine = Coroutine { ask, answer, run: Box::pin(run) };
        coroutine.go_on();
        coroutine
    }

    fn go_on(&mut self) {
        let polled = self.run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Pending);
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        self.ask.set(Some(ask));
        self.go_on();
        self.answer.take().expect("it answers at once")
    }
}

/// A customer as the model has it.
#[derive(Clone)]
struct Account {
    number: usize,
    claim: Vec<usize>,
    grants: Vec<Vec<usize>>,
}

impl Account {
    fn has(&self, kind: usize) -> usize {
        self.grants.iter().map(|units| units[kind]).sum()
    }

    fn left(&self, kind: usize) -> usize {
        self.claim[kind] - self.has(kind)
    }
}

/// What is free when these have what they have.
fn free(total: &[usize], accounts: &[Account]) -> Vec<usize> {
    let out = |kind| accounts.iter().map(|account| account.has(kind)).sum::<usize>();
    (0..total.len()).map(|kind| total[kind] - out(kind)).collect()
}

fn can_end(free: &[usize], account: &Account) -> bool {
    (0..free.len()).all(|kind| account.left(kind) <= free[kind])
}

/// Whether there is an order in which all can end. Tries them all.
fn is_safe(total: &[usize], accounts: &[Account]) -> bool {
    let free = free(total, accounts);
    accounts.is_empty()
        || (0..accounts.len()).filter(|at| can_end(&free, &accounts[*at])).any(|at| {
            let mut others = accounts.to_vec();
            others.remove(at);
            is_safe(total, &others)
        })
}

/// Everybody is in it once, and can end when those before have.
fn check_order(total: &[usize], accounts: &[Account], order: &[usize]) {
    let mut left = accounts.to_vec();
    for number in order {
        let at = left.iter().position(|account| account.number == *number);
        let account = left.remove(at.expect("a customer, once"));
        let others: Vec<Account> = left.iter().chain([&account]).cloned().collect();
        assert!(can_end(&free(total, &others), &account), "{number} of {order:?}");
    }
    assert!(left.is_empty(), "somebody is left out of {order:?}");
}

fn check_refusal(
    total: &[usize],
    accounts: &[Account],
    at: usize,
    units: &[usize],
    why: &MustWait,
) {
    let free = free(total, accounts);
    check_order(total, accounts, &why.safe_sequence);
    let are_free = units.iter().zip(&free).all(|(units, free)| units <= free);
    match &why.because {
        Because::NotFree { resource, wanted, free: there } => {
            assert_eq!((*wanted, *there), (units[*resource], free[*resource]));
            assert!(wanted > there);
        }
        Because::Unsafe { ended, stuck } => {
            assert!(are_free && !is_safe(total, &with(accounts, at, units)));
            assert_eq!(ended.len() + stuck.len(), accounts.len());
            assert!(stuck.iter().all(|stuck| stuck.needs > stuck.free));
        }
    }
}

/// The accounts, had these units been granted.
fn with(accounts: &[Account], at: usize, units: &[usize]) -> Vec<Account> {
    let mut accounts = accounts.to_vec();
    accounts[at].grants.push(units.to_vec());
    accounts
}

/// The banker and the model, side by side.
struct Both<'a> {
    total: &'a [usize],
    banker: &'a Banker,
    accounts: Vec<Account>,
    customers: Vec<Coroutine<'a>>,
    come: usize,
}

impl Both<'_> {
    fn step(&mut self, deed: &Deed) {
        let kinds = 0..self.total.len();
        match deed {
            Deed::Come(claim) if self.accounts.len() < MOST_CUSTOMERS => {
                let claim: Vec<usize> = kinds.map(|k| claim[k] % (self.total[k] + 1)).collect();
                self.customers.push(Coroutine::begin(self.banker, claim.clone()));
                self.accounts.push(Account { number: self.come, claim, grants: Vec::new() });
                self.come += 1;
            }
            _ if self.accounts.is_empty() => {}
            Deed::Come(_) => {}
            Deed::Want(who, units) => {
                let at = who % self.accounts.len();
                let left = |k| self.accounts[at].left(k);
                let units: Vec<usize> = kinds.map(|k| units[k] % (left(k) + 1)).collect();
                self.want(at, &units);
            }
            Deed::WantTooMuch(who, kind) => {
                let (at, kind) = (who % self.accounts.len(), kind % self.total.len());
                let mut units = vec![0; self.total.len()];
                units[kind] = self.accounts[at].left(kind) + 1;
                let refused = self.customers[at].ask(Ask::Units(units));
                let Err(TryRequestError::Exceeded(why)) = refused else { panic!("{refused:?}") };
                let left = self.accounts[at].left(kind);
                assert_eq!((why.resource, why.wanted, why.allowed), (kind, left + 1, left));
                assert_eq!(why.limit, Limit::Claim);
            }
            Deed::GiveBack(who, which) => {
                let at = who % self.accounts.len();
                let which = which % self.accounts[at].grants.len().max(1);
                if which < self.accounts[at].grants.len() {
                    self.accounts[at].grants.swap_remove(which);
                    self.customers[at].ask(Ask::GiveBack(which)).expect("it is given back");
                }
            }
            Deed::End(who) => {
                let at = who % self.accounts.len();
                self.accounts.remove(at);
                drop(self.customers.remove(at));
            }
        }
        self.compare();
    }

    fn want(&mut self, at: usize, units: &[usize]) {
        let free = free(self.total, &self.accounts);
        let are_free = units.iter().zip(&free).all(|(units, free)| units <= free);
        let granted = with(&self.accounts, at, units);
        match self.customers[at].ask(Ask::Units(units.to_vec())) {
            Ok(()) => {
                assert!(are_free && is_safe(self.total, &granted), "it must not be granted");
                self.accounts = granted;
            }
            Err(TryRequestError::MustWait(why)) => {
                let is_good = are_free && is_safe(self.total, &granted);
                assert!(!is_good, "it must not be refused: {why}");
                check_refusal(self.total, &self.accounts, at, units, &why);
            }
            Err(why) => panic!("{why}"),
        }
    }

    fn compare(&self) {
        assert_eq!(self.banker.available(), free(self.total, &self.accounts));
        assert!(is_safe(self.total, &self.accounts));
        check_order(self.total, &self.accounts, &self.banker.safe_sequence());
    }
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let units = || prop::array::uniform3(0..=MOST_UNITS);
    let who = || 0..MOST_CUSTOMERS;
    prop_oneof![
        3 => units().prop_map(Deed::Come),
        8 => (who(), units()).prop_map(|(who, units)| Deed::Want(who, units)),
        1 => (who(), 0..MOST_KINDS).prop_map(|(who, kind)| Deed::WantTooMuch(who, kind)),
        3 => (who(), 0..MOST_UNITS).prop_map(|(who, which)| Deed::GiveBack(who, which)),
        1 => who().prop_map(Deed::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_banker_grants_what_is_free_and_safe_and_nothing_else(
        total in prop::collection::vec(0..=MOST_UNITS, 1..=MOST_KINDS),
        deeds in prop::collection::vec(any_deed(), 1..60),
    ) {
        let banker = Banker::new(&total);
        let (accounts, customers) = (Vec::new(), Vec::new());
        let mut both = Both { total: &total, banker: &banker, accounts, customers, come: 0 };
        deeds.iter().for_each(|deed| both.step(deed));
    }
}

/// Numerical Recipes' linear congruential generator; its high bits are good enough.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

const ROUNDS: usize = 200;

/// Claims at random and takes it bit by bit, giving something back now and then.
fn claim_and_take(banker: &Banker, total: &[usize], out: &Mutex<Vec<usize>>, dice: &mut Dice) {
    let claim: Vec<usize> = total.iter().map(|total| dice.below(total + 1)).collect();
    let customer = banker.customer(&claim).expect("there is as much");
    let mut grants: Vec<Grant<'_>> = Vec::new();
    for _ in 0..10 {
        let has = customer.has();
        let units: Vec<usize> =
            claim.iter().zip(has).map(|(claim, has)| dice.below(claim - has + 1)).collect();
        grants.push(customer.request(&units).expect("it is claimed"));
        let mut out = out.lock().expect("nobody panics with it");
        for kind in 0..total.len() {
            out[kind] += units[kind];
            assert!(out[kind] <= total[kind], "more is out than there is");
        }
        if dice.below(3) == 0 {
            let back = grants.swap_remove(dice.below(grants.len()));
            take_away(&mut out, &back);
        }
    }
    let mut out = out.lock().expect("nobody panics with it");
    grants.iter().for_each(|grant| take_away(&mut out, grant));
}

/// Before it is given back, so that nobody can have it and count it first.
fn take_away(out: &mut [usize], grant: &Grant<'_>) {
    out.iter_mut().zip(grant.units()).for_each(|(out, units)| *out -= units);
}

fn random_customers() {
    for seed in 1..=20 {
        let mut dice = Dice(seed);
        let total: Vec<usize> = (0..1 + dice.below(MOST_KINDS)).map(|_| dice.below(5)).collect();
        let banker = Banker::new(&total);
        let out = Mutex::new(vec![0; total.len()]);
        thread::scope(|scope| {
            for number in 1..=4 {
                let (banker, total, out) = (&banker, &total, &out);
                scope.spawn(move || {
                    let mut dice = Dice(seed << 8 | number);
                    (0..ROUNDS).for_each(|_| claim_and_take(banker, total, out, &mut dice));
                });
            }
        });
        assert_eq!(banker.available(), total);
        assert_eq!(banker.safe_sequence(), [0_usize; 0]);
    }
}

#[test]
fn four_threads_with_random_claims_all_end() {
    if process::is_child(&[("random_customers", random_customers)]) {
        return;
    }
    let test = "four_threads_with_random_claims_all_end";
    let ended = process::run(test, "random_customers", &[("LOCKGRAPH_ON_STALL", "abort")]);
    assert!(ended.ended_well(), "{}", ended.stderr);
    assert_eq!(ended.found(), []);
}
