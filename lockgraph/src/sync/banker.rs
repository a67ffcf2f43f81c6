//! The banker: grants units of resources only where everybody can still end.
//!
//! The books and the sleeping are in `ledger`, what is safe in `safety`. A wait is one for anybody
//! who may give units back, and giving them back is the service; who has units holds no lock, for
//! units of one banker can be taken in any order. No unsafe code.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::ledger::Ledger;
use super::refusal::{Exceeded, Limit, MustWait, TryRequestError};
use super::watch::{self, Object, Site};
use crate::event::How;
use crate::polling;

/// Grants units of several kinds of resources to customers that say beforehand how many they will
/// hold at most, and never comes into a state in which they could deadlock.
///
/// This is Dijkstra's algorithm (EWD 108, about 1965), for several kinds of resources (A. N.
/// Habermann, "Prevention of system deadlocks", CACM 12(7), 1969). A request is granted when the
/// units are free and an order is left in which all customers can end, each with all that it has
/// claimed: a *safe sequence*. Others wait, though the units may be there. Each decision takes time in
/// proportion to the square of the number of customers.
///
/// It avoids what locks in an order prevent, at the price of the claims. Use it where the order in
/// which resources are needed is not known before, but how many are.
///
/// A request that waits is overtaken by others as long as it could not be granted itself. It is
/// granted at the latest when all other customers have ended.
///
/// # Examples
///
/// Two customers that want two units each, of three: with plain semaphores of two, each could have
/// one and wait for the other's.
///
/// ```
/// use lockgraph::banker::Banker;
/// use lockgraph::thread;
///
/// let buffers = Banker::new(&[3]);
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let customer = buffers.customer(&[2]).expect("there are three");
///             let _input = customer.request(&[1]).expect("it is within the claim");
///             let _output = customer.request(&[1]).expect("so are both");
///         });
///     }
/// });
/// assert_eq!(buffers.available(), [3]);
/// ```
pub struct Banker {
    object: Object,
    total: Vec<usize>,
    ledger: Ledger,
}

/// Who has claimed resources of a [`Banker`], and may request them. Dropping it gives back all that
/// it still has, and the claim.
///
/// It may go to another thread, but serves one at a time.
pub struct Customer<'a> {
    banker: &'a Banker,
    number: usize,
    _one_at_a_time: PhantomData<Cell<()>>,
}

/// Units of resources, given back when this is dropped.
#[must_use = "if unused the units are given back at once"]
#[clippy::has_significant_drop]
pub struct Grant<'a> {
    customer: &'a Customer<'a>,
    units: Vec<usize>,
}

impl Banker {
    /// A banker with so many units of each kind of resource.
    #[must_use]
    #[track_caller]
    pub fn new(total: &[usize]) -> Banker {
        Banker::of(Object::banker(), total)
    }

    pub(crate) fn named(name: &'static &'static str, total: &[usize]) -> Banker {
        Banker::of(Object::banker_named(name), total)
    }

    fn of(object: Object, total: &[usize]) -> Banker {
        Banker { object, total: total.to_vec(), ledger: Ledger::new(total) }
    }

    /// A new customer that will never have more than `claim` units of each kind at once. It has none
    /// yet, so this never waits.
    ///
    /// # Errors
    ///
    /// If it claims more than there is. Claim less, or make the banker with more.
    ///
    /// ```
    /// use lockgraph::banker::Banker;
    ///
    /// let error = Banker::new(&[3]).customer(&[4]).map(drop).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "4 units of resource 0 are claimed, and the banker has 3: claim no more than that, or give \
    ///      the banker more when it is made"
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// If `claim` has another number of kinds than the banker: "units of 1 kinds are given, and the
    /// banker has 2 kinds of resources: give one for each kind, 0 where none is wanted".
    ///
    /// ```should_panic
    /// use lockgraph::banker::Banker;
    ///
    /// let _ = Banker::new(&[3, 1]).customer(&[2]); // `&[2, 0]` would be right
    /// ```
    #[track_caller]
    pub fn customer(&self, claim: &[usize]) -> Result<Customer<'_>, Exceeded> {
        within(claim, &self.total, Limit::Total)?;
        let number = self.ledger.open(claim);
        Ok(Customer { banker: self, number, _one_at_a_time: PhantomData })
    }

    /// How many units of each kind nobody has. They may be others right after.
    pub fn available(&self) -> Vec<usize> {
        self.ledger.free()
    }

    /// The customers' numbers, in an order in which all can end, each with all that it has claimed.
    pub fn safe_sequence(&self) -> Vec<usize> {
        self.ledger.safe_sequence()
    }
}

impl Customer<'_> {
    /// Its number at the banker, from 0, as explanations name it.
    pub fn number(&self) -> usize {
        self.number
    }

    /// How many units of each kind it has.
    pub fn has(&self) -> Vec<usize> {
        self.banker.ledger.has(self.number)
    }

    /// Takes so many units of each kind, waiting until that leaves a safe state.
    ///
    /// # Errors
    ///
    /// If the customer would have more than it has claimed. Nothing is taken.
    ///
    /// ```
    /// use lockgraph::banker::Banker;
    ///
    /// let banker = Banker::new(&[3]);
    /// let customer = banker.customer(&[2])?;
    /// let _one = customer.request(&[1])?;
    /// let error = customer.request(&[2]).map(drop).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "2 units of resource 0 are wanted, and 1 are left of the claim: claim as many as are ever \
    ///      held at once when the customer comes"
    /// );
    /// # Ok::<(), lockgraph::banker::Exceeded>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `units` has another number of kinds than the banker.
    #[track_caller]
    pub fn request(&self, units: &[usize]) -> Result<Grant<'_>, Exceeded> {
        let site = watch::here();
        self.is_claimed(units)?;
        let Banker { object, ledger, .. } = self.banker;
        object.could_wait(site);
        let mut granted = ledger.grant(self.number, units);
        while granted.is_err() {
            let _waiting = object.awaiting(site);
            granted = ledger.wait(self.number, units, None);
        }
        granted.into_iter().for_each(|stamp| object.awaited(stamp, site));
        Ok(self.granted(units, site))
    }

    /// The same, if it need not wait.
    ///
    /// # Errors
    ///
    /// As [`Customer::request`]; and if the units are not free, or granting them would leave a state
    /// that is not safe: then the error says who could come to wait for whom, and in which order the
    /// customers can end as things are.
    ///
    /// ```
    /// use lockgraph::banker::Banker;
    ///
    /// let banker = Banker::new(&[3]);
    /// let (one, other) = (banker.customer(&[2])?, banker.customer(&[3])?);
    /// let _half = one.request(&[1])?;
    /// let error = other.try_request(&[2]).map(drop).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "with these units gone the state would be unsafe: customer 0 may still want 1 of resource \
    ///      0, of which there would be 0, and customer 1 may still want 1 of resource 0, of which \
    ///      there would be 0; the customers can all end in the order 0, 1; `request` waits for that"
    /// );
    /// let error = other.try_request(&[3]).map(drop).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "3 units of resource 0 are wanted and 2 are free; the customers can all end in the order 0, \
    ///      1; `request` waits for that"
    /// );
    /// # Ok::<(), lockgraph::banker::Exceeded>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `units` has another number of kinds than the banker.
    #[track_caller]
    pub fn try_request(&self, units: &[usize]) -> Result<Grant<'_>, TryRequestError> {
        self.is_claimed(units)?;
        let (stamp, site) = (self.banker.ledger.grant(self.number, units)?, watch::here());
        self.banker.object.awaited(stamp, site);
        Ok(self.granted(units, site))
    }

    /// The same, waiting for about `timeout` at most.
    ///
    /// # Errors
    ///
    /// As [`Customer::try_request`]. Nothing is taken.
    ///
    /// # Panics
    ///
    /// If `units` has another number of kinds than the banker.
    #[track_caller]
    pub fn request_timeout(
        &self,
        units: &[usize],
        timeout: Duration,
    ) -> Result<Grant<'_>, TryRequestError> {
        self.is_claimed(units)?;
        let (site, end) = (watch::here(), polling::end_of(timeout));
        let Banker { object, ledger, .. } = self.banker;
        let _waiting = object.limited(site);
        let granted = ledger.wait(self.number, units, end);
        let stamp = granted.inspect_err(|_| object.refused(How::Timed, site))?;
        object.had_in_time(site);
        object.awaited(stamp, site);
        Ok(self.granted(units, site))
    }

    /// Why a request for so many units would wait now; `None` if it would not.
    ///
    /// # Errors
    ///
    /// As [`Customer::request`].
    ///
    /// # Panics
    ///
    /// If `units` has another number of kinds than the banker.
    #[track_caller]
    pub fn explain(&self, units: &[usize]) -> Result<Option<MustWait>, Exceeded> {
        self.is_claimed(units)?;
        Ok(self.banker.ledger.explain(self.number, units))
    }

    #[track_caller]
    fn is_claimed(&self, units: &[usize]) -> Result<(), Exceeded> {
        within(units, &self.banker.ledger.left(self.number), Limit::Claim)
    }

    fn granted(&self, units: &[usize], site: Site) -> Grant<'_> {
        self.banker.object.could_serve(site);
        Grant { customer: self, units: units.to_vec() }
    }
}

impl Grant<'_> {
    /// How many units of each kind these are.
    pub fn units(&self) -> &[usize] {
        &self.units
    }
}

impl Drop for Grant<'_> {
    #[track_caller]
    fn drop(&mut self) {
        let (Banker { object, ledger, .. }, site) = (self.customer.banker, watch::here());
        let stamp = object.serving(site);
        let giving = |last| object.giving(last, Some(stamp), site);
        ledger.give_back(self.customer.number, &self.units, giving);
    }
}

impl Drop for Customer<'_> {
    #[track_caller]
    fn drop(&mut self) {
        let (Banker { object, ledger, .. }, site) = (self.banker, watch::here());
        let stamp = object.serving(site);
        ledger.close(self.number, |last| object.giving(last, Some(stamp), site));
    }
}

/// Whether `units` are no more than `most`, kind by kind.
#[track_caller]
fn within(units: &[usize], most: &[usize], limit: Limit) -> Result<(), Exceeded> {
    let (named, there) = (units.len(), most.len());
    assert!(
        named == there,
        "units of {named} kinds are given, and the banker has {there} kinds of resources: give one \
         for each kind, 0 where none is wanted"
    );
    match units.iter().zip(most).position(|(units, most)| units > most) {
        None => Ok(()),
        Some(resource) => {
            let (wanted, allowed) = (units[resource], most[resource]);
            Err(Exceeded { resource, wanted, allowed, limit })
        }
    }
}

impl fmt::Debug for Banker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Banker")
            .field("total", &self.total)
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Customer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("number", &self.number)
            .field("has", &self.has())
            .field("may_want", &self.banker.ledger.left(self.number))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("units", &self.units).finish_non_exhaustive()
    }
}
