//! Why a banker does not give what is asked for, or not yet.

use std::error::Error;
use std::fmt;

/// More than there can ever be. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exceeded {
    /// Which kind of resource, by its position.
    pub resource: usize,
    /// How many units were wanted or claimed.
    pub wanted: usize,
    /// How many there could be at most.
    pub allowed: usize,
    /// By what.
    pub limit: Limit,
}

/// What limits a claim or a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// All units of the banker: they limit a claim.
    Total,
    /// What the customer claimed when it came, less what it has: that limits a request.
    Claim,
}

/// A request cannot be granted now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MustWait {
    /// Why.
    pub because: Because,
    /// An order in which all customers can end, as things are: once those before it have, the
    /// customer that wants the units can have them.
    pub safe_sequence: Vec<usize>,
}

/// Why a request cannot be granted now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    /// There are not as many units.
    NotFree {
        /// Of which kind.
        resource: usize,
        /// How many are wanted.
        wanted: usize,
        /// How many are free.
        free: usize,
    },
    /// There are, but with the others customers could come to wait for each other for ever.
    Unsafe {
        /// Who could still end.
        ended: Vec<usize>,
        /// Who could not.
        stuck: Vec<Stuck>,
    },
}

/// A customer that could not end if a request were granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// Who.
    pub customer: usize,
    /// A kind of resource of which it may still want more than there would be.
    pub resource: usize,
    /// How many units it may still want.
    pub needs: usize,
    /// How many would be free at best.
    pub free: usize,
}

/// Why [`Customer::try_request`](crate::banker::Customer::try_request) and
/// [`Customer::request_timeout`](crate::banker::Customer::request_timeout) gave nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TryRequestError {
    /// It will never be granted.
    Exceeded(Exceeded),
    /// It may be granted later.
    MustWait(MustWait),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exceeded { resource, wanted, allowed, limit } = self;
        match limit {
            Limit::Total => write!(
                f,
                "{wanted} units of resource {resource} are claimed, and the banker has {allowed}: \
                 claim no more than that, or give the banker more when it is made"
            ),
            Limit::Claim => write!(
                f,
                "{wanted} units of resource {resource} are wanted, and {allowed} are left of the \
                 claim: claim as many as are ever held at once when the customer comes"
            ),
        }
    }
}

impl fmt::Display for MustWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.because {
            Because::NotFree { resource, wanted, free } => {
                write!(f, "{wanted} units of resource {resource} are wanted and {free} are free")?;
            }
            Because::Unsafe { ended, stuck } => {
                f.write_str("with these units gone the state would be unsafe: ")?;
                if !ended.is_empty() {
                    write!(f, "even after {} ended, ", customers(ended, "has", "have"))?;
                }
                for (number, stuck) in stuck.iter().enumerate() {
                    let Stuck { customer, resource, needs, free } = stuck;
                    let and = if number > 0 { ", and " } else { "" };
                    write!(
                        f,
                        "{and}customer {customer} may still want {needs} of resource {resource}, of \
                         which there would be {free}"
                    )?;
                }
            }
        }
        let order: Vec<String> = self.safe_sequence.iter().map(usize::to_string).collect();
        let order = order.join(", ");
        write!(f, "; the customers can all end in the order {order}; `request` waits for that")
    }
}

/// "customer 1 has", "customers 1, 2 have"
fn customers(numbers: &[usize], one: &str, many: &str) -> String {
    let names: Vec<String> = numbers.iter().map(usize::to_string).collect();
    match names.as_slice() {
        [name] => format!("customer {name} {one}"),
        _ => format!("customers {} {many}", names.join(", ")),
    }
}

impl fmt::Display for TryRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryRequestError::Exceeded(exceeded) => exceeded.fmt(f),
            TryRequestError::MustWait(must_wait) => must_wait.fmt(f),
        }
    }
}

impl Error for Exceeded {}
impl Error for MustWait {}
impl Error for TryRequestError {}

impl From<Exceeded> for TryRequestError {
    fn from(exceeded: Exceeded) -> TryRequestError {
        TryRequestError::Exceeded(exceeded)
    }
}

impl From<MustWait> for TryRequestError {
    fn from(must_wait: MustWait) -> TryRequestError {
        TryRequestError::MustWait(must_wait)
    }
}
