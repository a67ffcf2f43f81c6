//! The books of a banker: who claims and has how much, and who waits for more.
//!
//! Knows nothing of the detector but the stamp that it keeps. One `std` mutex, held while the state
//! is judged (O(n²m) for n customers and m kinds, see `safety`); what sleeps, sleeps on one condition
//! variable.
//!
//! Units that come back go to those who wait, in the order in which they came, as far as that is
//! safe: who cannot have its units yet is passed over, because what it waits for may be the end of
//! one that came later. A wait ends for certain once all others have ended, for what is then free is
//! everything, and nobody may claim more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::refusal::{Because, MustWait, Stuck};
use super::watch::Stamp;
use crate::polling;
use crate::safety::{Account, Unsafe, safe_sequence};

pub(super) struct Ledger {
    books: Mutex<Books>,
    changed: Condvar,
}

struct Books {
    free: Vec<usize>,
    /// By customer.
    accounts: BTreeMap<usize, Account>,
    next: usize,
    waiting: VecDeque<Waiting>,
    /// That of whoever gave units back last.
    stamp: Stamp,
}

/// A request that could not be granted at once.
struct Waiting {
    customer: usize,
    units: Vec<usize>,
}

impl Ledger {
    pub(super) fn new(total: &[usize]) -> Ledger {
        let books = Books {
            free: total.to_vec(),
            accounts: BTreeMap::new(),
            next: 0,
            waiting: VecDeque::new(),
            stamp: Stamp::NONE,
        };
        Ledger { books: Mutex::new(books), changed: Condvar::new() }
    }

    pub(super) fn free(&self) -> Vec<usize> {
        self.lock().free.clone()
    }

    /// A new customer, which has nothing yet: that is always safe.
    pub(super) fn open(&self, claim: &[usize]) -> usize {
        let mut books = self.lock();
        let customer = books.next;
        books.next += 1;
        books.accounts.insert(customer, Account::new(claim));
        customer
    }

    /// A customer ends. What it has goes back, and so does what it could have claimed.
    pub(super) fn close(&self, customer: usize, stamp: impl FnOnce(Stamp) -> Stamp) {
        let mut books = self.lock();
        let Some(account) = books.accounts.remove(&customer) else { return };
        books.add(&account.has);
        self.changed_by(&mut books, stamp);
    }

    /// What the customer has of each kind.
    pub(super) fn has(&self, customer: usize) -> Vec<usize> {
        self.lock().account(customer).has.clone()
    }

    /// What it may still want of each kind.
    pub(super) fn left(&self, customer: usize) -> Vec<usize> {
        let books = self.lock();
        let account = books.account(customer);
        (0..account.claim.len()).map(|kind| account.need(kind)).collect()
    }

    /// Gives the units, if they are there and all can still end afterwards.
    pub(super) fn grant(&self, customer: usize, units: &[usize]) -> Result<Stamp, MustWait> {
        let mut books = self.lock();
        books.grant(customer, units).map_err(|because| books.must_wait(because))?;
        Ok(books.stamp)
    }

    /// Why that would wait now; `None` if it would not.
    pub(super) fn explain(&self, customer: usize, units: &[usize]) -> Option<MustWait> {
        let books = self.lock();
        books.judge(customer, units).err().map(|because| books.must_wait(because))
    }

    /// Waits until the units are given, but not beyond `end`.
    pub(super) fn wait(
        &self,
        customer: usize,
        units: &[usize],
        end: Option<Instant>,
    ) -> Result<Stamp, MustWait> {
        let mut books = self.lock();
        if books.grant(customer, units).is_ok() {
            return Ok(books.stamp);
        }
        books.waiting.push_back(Waiting { customer, units: units.to_vec() });
        while books.is_waiting(customer) {
            let left = end.map(polling::left);
            books = match left {
                None => self.changed.wait(books).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return books.give_up(customer, units),
                Some(left) => {
                    let woken = self.changed.wait_timeout(books, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Ok(books.stamp)
    }

    /// Units come back.
    pub(super) fn give_back(
        &self,
        customer: usize,
        units: &[usize],
        stamp: impl FnOnce(Stamp) -> Stamp,
    ) {
        let mut books = self.lock();
        // A grant that outlives its customer, which no safe code has, has nothing to give back.
        let Some(account) = books.accounts.get_mut(&customer) else { return };
        account.has.iter_mut().zip(units).for_each(|(has, unit)| *has -= unit);
        books.add(units);
        self.changed_by(&mut books, stamp);
    }

    /// An order in which all customers can end.
    pub(super) fn safe_sequence(&self) -> Vec<usize> {
        self.lock().sequence()
    }

    fn changed_by(&self, books: &mut Books, stamp: impl FnOnce(Stamp) -> Stamp) {
        books.stamp = stamp(books.stamp);
        if books.serve() {
            self.changed.notify_all();
        }
    }

    /// Never left half changed by a panic: there is none while it is locked.
    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn account(&self, customer: usize) -> &Account {
        self.accounts.get(&customer).expect("a customer has its account until it is dropped")
    }

    fn add(&mut self, units: &[usize]) {
        self.free.iter_mut().zip(units).for_each(|(free, units)| *free += units);
    }

    fn is_waiting(&self, customer: usize) -> bool {
        self.waiting.iter().any(|waiting| waiting.customer == customer)
    }

    fn give_up(&mut self, customer: usize, units: &[usize]) -> Result<Stamp, MustWait> {
        self.waiting.retain(|waiting| waiting.customer != customer);
        // It may have come to be there with nobody giving anything back: a customer is new.
        match self.grant(customer, units) {
            Ok(()) => Ok(self.stamp),
            Err(because) => Err(self.must_wait(because)),
        }
    }

    /// Gives units to those who wait, as far as that is safe. Returns whether anybody got any.
    fn serve(&mut self) -> bool {
        let before = self.waiting.len();
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|waiting| self.grant(waiting.customer, &waiting.units).is_err());
        self.waiting = waiting;
        self.waiting.len() < before
    }

    fn grant(&mut self, customer: usize, units: &[usize]) -> Result<(), Because> {
        self.judge(customer, units)?;
        self.take(customer, units);
        Ok(())
    }

    fn take(&mut self, customer: usize, units: &[usize]) {
        let Some(account) = self.accounts.get_mut(&customer) else { return };
        account.has.iter_mut().zip(units).for_each(|(has, units)| *has += units);
        self.free.iter_mut().zip(units).for_each(|(free, units)| *free -= units);
    }

    /// Whether the units can be given: they are there, and what is left is safe.
    fn judge(&self, customer: usize, units: &[usize]) -> Result<(), Because> {
        let short = units.iter().zip(&self.free).position(|(wanted, free)| wanted > free);
        match short {
            Some(resource) => {
                let (wanted, free) = (units[resource], self.free[resource]);
                Err(Because::NotFree { resource, wanted, free })
            }
            None => self.after(customer, units),
        }
    }

    /// A refusal, with the order in which all can end as things are.
    fn must_wait(&self, because: Because) -> MustWait {
        MustWait { because, safe_sequence: self.sequence() }
    }

    /// Whether all could end if the units were given.
    fn after(&self, customer: usize, units: &[usize]) -> Result<(), Because> {
        let free: Vec<usize> =
            self.free.iter().zip(units).map(|(free, units)| free - units).collect();
        let Some(mut account) = self.accounts.get(&customer).cloned() else { return Ok(()) };
        account.has.iter_mut().zip(units).for_each(|(has, units)| *has += units);
        let numbers: Vec<usize> = self.accounts.keys().copied().collect();
        let accounts: Vec<&Account> = self
            .accounts
            .iter()
            .map(|(number, other)| if *number == customer { &account } else { other })
            .collect();
        safe_sequence(&free, &accounts).map(|_| ()).map_err(|Unsafe { ended, free, stuck }| {
            let told = |at: usize| {
                let resource = (0..free.len()).find(|kind| accounts[at].need(*kind) > free[*kind]);
                let resource = resource.unwrap_or_default();
                let needs = accounts[at].need(resource);
                Stuck { customer: numbers[at], resource, needs, free: free[resource] }
            };
            let ended = ended.iter().map(|at| numbers[*at]).collect();
            Because::Unsafe { ended, stuck: stuck.into_iter().map(told).collect() }
        })
    }

    /// An order in which all can end, which there always is.
    fn sequence(&self) -> Vec<usize> {
        let accounts: Vec<&Account> = self.accounts.values().collect();
        let numbers: Vec<usize> = self.accounts.keys().copied().collect();
        let order = safe_sequence(&self.free, &accounts);
        debug_assert!(order.is_ok(), "the banker has come into an unsafe state");
        order.unwrap_or_default().into_iter().map(|at| numbers[at]).collect()
    }
}
