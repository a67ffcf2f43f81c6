//! Safe states: whether everybody can still end, whatever they claim.
//!
//! Each customer has so much and may want more, up to its claim. A state is safe if the customers
//! can be put in a row so that each can get all that it may still want from what is free and from
//! what those before it give back when they end: a *safe sequence*. In any other state they may come
//! to wait for each other for ever, with nobody to blame but who granted the last request.
//! (E. W. Dijkstra, "Een algorithme ter voorkoming van de dodelijke omarming", EWD 108, about 1965;
//! for several kinds of resources: A. N. Habermann, "Prevention of system deadlocks", CACM 12(7),
//! 1969.)
//!
//! Who can end may end first: it only gives back. So there is no choice to go back on, and a row is
//! found in at most n rounds over n customers with m kinds each: O(n²m).

/// What a customer has of each kind of resource, and the most it may come to have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Account {
    pub(crate) has: Vec<usize>,
    pub(crate) claim: Vec<usize>,
}

/// Why a state is not safe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unsafe {
    /// Who can end, by position, in an order in which they can.
    pub(crate) ended: Vec<usize>,
    /// What is free then.
    pub(crate) free: Vec<usize>,
    /// The others, who can come to wait for each other.
    pub(crate) stuck: Vec<usize>,
}

impl Account {
    pub(crate) fn new(claim: &[usize]) -> Account {
        Account { has: vec![0; claim.len()], claim: claim.to_vec() }
    }

    /// What it may still want of a kind.
    pub(crate) fn need(&self, kind: usize) -> usize {
        self.claim[kind] - self.has[kind]
    }

    fn can_end(&self, free: &[usize]) -> bool {
        (0..free.len()).all(|kind| self.need(kind) <= free[kind])
    }
}

/// An order in which all of `accounts` can end, by position, with `free` units of each kind.
pub(crate) fn safe_sequence(free: &[usize], accounts: &[&Account]) -> Result<Vec<usize>, Unsafe> {
    let mut free = free.to_vec();
    let mut ended: Vec<usize> = Vec::with_capacity(accounts.len());
    let mut left: Vec<usize> = (0..accounts.len()).collect();
    loop {
        let before = left.len();
        left.retain(|&customer| {
            let account = accounts[customer];
            if !account.can_end(&free) {
                return true;
            }
            free.iter_mut().zip(&account.has).for_each(|(free, has)| *free += has);
            ended.push(customer);
            false
        });
        if left.is_empty() {
            return Ok(ended);
        }
        if left.len() == before {
            return Err(Unsafe { ended, free, stuck: left });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// Accounts as `has/claim` of each kind, by digits: "10/32" has 1 and 0, and claims 3 and 2.
    fn accounts(texts: &[&str]) -> Vec<Account> {
        let digits = |text: &str| -> Vec<usize> {
            text.chars().map(|digit| digit.to_digit(10).unwrap() as usize).collect()
        };
        let account = |text: &&str| {
            let (has, claim) = text.split_once('/').unwrap();
            Account { has: digits(has), claim: digits(claim) }
        };
        texts.iter().map(account).collect()
    }

    fn check(free: &[usize], texts: &[&str], want: Result<&[usize], (&[usize], &[usize])>) {
        let accounts = accounts(texts);
        let got = safe_sequence(free, &accounts.iter().collect::<Vec<_>>());
        let got = got.map_err(|unsafe_| (unsafe_.ended, unsafe_.stuck));
        let want = want.map(<[usize]>::to_vec).map_err(|(e, s)| (e.to_vec(), s.to_vec()));
        assert_eq!(got, want, "{free:?} {texts:?}");
    }

    #[test]
    fn states_of_the_textbooks() {
        check(&[0], &[], Ok(&[]));
        check(&[0], &["0/0"], Ok(&[0]));
        // One unit short of a deadlock, and one beyond.
        check(&[1], &["1/2", "1/2"], Ok(&[0, 1]));
        check(&[0], &["1/2", "1/2"], Err((&[], &[0, 1])));
        // Five processes and three kinds: the example that textbooks on operating systems share.
        let five = ["010/753", "200/322", "302/902", "211/222", "002/433"];
        check(&[3, 3, 2], &five, Ok(&[1, 3, 4, 0, 2]));
        // Process 0 asks for (0, 2, 0) after process 1 was given (1, 0, 2).
        let after = ["030/753", "302/322", "302/902", "211/222", "002/433"];
        check(&[2, 1, 0], &after, Err((&[], &[0, 1, 2, 3, 4])));
        // Who ends first makes room for some, not for all.
        check(&[1, 0], &["10/20", "11/23", "01/04"], Err((&[0], &[1, 2])));
    }

    /// Whether all can end: tries every order of single units given and customers ended. Knows
    /// nothing of sequences.
    fn can_all_end(free: &[usize], accounts: &[Account]) -> bool {
        type State = (Vec<usize>, Vec<Option<Vec<usize>>>);
        let first = (free.to_vec(), accounts.iter().map(|a| Some(a.has.clone())).collect());
        let mut seen: HashSet<State> = HashSet::from([first.clone()]);
        let mut open: Vec<State> = vec![first];
        while let Some((free, held)) = open.pop() {
            if held.iter().all(Option::is_none) {
                return true;
            }
            for (customer, has) in held.iter().enumerate() {
                let Some(has) = has else { continue };
                let claim = &accounts[customer].claim;
                let mut next: Vec<State> = Vec::new();
                if has == claim {
                    let free = free.iter().zip(has).map(|(free, has)| free + has).collect();
                    next.push((free, held.clone()));
                    next[0].1[customer] = None;
                }
                for kind in
                    (0..free.len()).filter(|kind| free[*kind] > 0 && has[*kind] < claim[*kind])
                {
                    let (mut free, mut held) = (free.clone(), held.clone());
                    free[kind] -= 1;
                    held[customer].as_mut().unwrap()[kind] += 1;
                    next.push((free, held));
                }
                open.extend(next.into_iter().filter(|state| seen.insert(state.clone())));
            }
        }
        false
    }

    fn any_account(kinds: usize) -> impl Strategy<Value = Account> {
        let one = (0..=2_usize, 0..=2_usize).prop_map(|(has, more)| (has, has + more));
        prop::collection::vec(one, kinds).prop_map(|pairs| {
            let (has, claim) = pairs.into_iter().unzip();
            Account { has, claim }
        })
    }

    fn any_state() -> impl Strategy<Value = (Vec<usize>, Vec<Account>)> {
        (1..=2_usize).prop_flat_map(|kinds| {
            let free = prop::collection::vec(0..=2_usize, kinds);
            (free, prop::collection::vec(any_account(kinds), 0..=4))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn safe_is_what_can_end((free, accounts) in any_state()) {
            let found = safe_sequence(&free, &accounts.iter().collect::<Vec<_>>());
            prop_assert_eq!(found.is_ok(), can_all_end(&free, &accounts));
            // The explanation holds: those who end can, and those who are stuck cannot.
            let (order, stuck) = match found {
                Ok(order) => (order, Vec::new()),
                Err(why) => (why.ended, why.stuck),
            };
            let mut free = free;
            for customer in &order {
                prop_assert!(accounts[*customer].can_end(&free));
                free.iter_mut().zip(&accounts[*customer].has).for_each(|(free, has)| *free += has);
            }
            prop_assert!(stuck.iter().all(|customer| !accounts[*customer].can_end(&free)));
            let mut all = [order, stuck].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..accounts.len()).collect::<Vec<_>>());
        }
    }
}
