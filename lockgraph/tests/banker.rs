//! What a banker does, in every build: nothing here asks what the detector says.

use std::time::Duration;

use lockgraph::banker::{Banker, Because, Grant, Limit, Stuck, TryRequestError};

/// So short that it is over at once.
const SHORT: Duration = Duration::from_millis(1);

fn why(refused: Result<Grant<'_>, TryRequestError>) -> Because {
    match refused {
        Err(TryRequestError::MustWait(must_wait)) => must_wait.because,
        other => panic!("it does not wait: {other:?}"),
    }
}

#[test]
fn units_go_and_come_back() {
    let banker = Banker::new(&[3, 1]);
    let customer = banker.customer(&[3, 1]).unwrap();
    let one = customer.request(&[1, 0]).unwrap();
    let two = customer.try_request(&[1, 1]).unwrap();
    let three = customer.request_timeout(&[1, 0], SHORT).unwrap();
    assert_eq!((banker.available(), customer.has()), (vec![0, 0], vec![3, 1]));
    assert_eq!(two.units(), [1, 1]);
    drop(one);
    assert_eq!((banker.available(), customer.has()), (vec![1, 0], vec![2, 1]));
    drop((two, three));
    assert_eq!((banker.available(), customer.has()), (vec![3, 1], vec![0, 0]));
    // What was forgotten comes back with the end of the customer.
    std::mem::forget(customer.request(&[2, 1]).unwrap());
    assert_eq!(banker.available(), [1, 0]);
    drop(customer);
    assert_eq!(banker.available(), [3, 1]);
}

#[test]
fn no_more_than_there_is_and_than_was_claimed() {
    let banker = Banker::new(&[3, 1]);
    let error = banker.customer(&[3, 2]).map(drop).unwrap_err();
    assert_eq!((error.resource, error.wanted, error.allowed), (1, 2, 1));
    assert_eq!(error.limit, Limit::Total);
    let customer = banker.customer(&[2, 0]).unwrap();
    let _one = customer.request(&[1, 0]).unwrap();
    let error = customer.request(&[2, 0]).map(drop).unwrap_err();
    assert_eq!((error.resource, error.wanted, error.allowed), (0, 2, 1));
    assert_eq!(error.limit, Limit::Claim);
    assert_eq!(customer.try_request(&[2, 0]).map(drop), Err(error.into()));
    assert_eq!(customer.request_timeout(&[2, 0], SHORT).map(drop), Err(error.into()));
    assert_eq!(customer.explain(&[2, 0]), Err(error));
    assert_eq!(customer.has(), [1, 0]);
}

#[test]
fn who_must_wait_is_told_why() {
    let banker = Banker::new(&[4]);
    let [first, second, third] = [3, 4, 1].map(|claim| banker.customer(&[claim]).unwrap());
    let _one = first.request(&[1]).unwrap();
    let half = second.request(&[1]).unwrap();
    // Two are free. With one of them gone the first could not end, nor could the second.
    assert_eq!(banker.available(), [2]);
    let stuck = |customer, needs| Stuck { customer, resource: 0, needs, free: 1 };
    let want = Because::Unsafe { ended: vec![2], stuck: vec![stuck(0, 2), stuck(1, 2)] };
    assert_eq!(why(second.try_request(&[1])), want);
    assert_eq!(why(second.request_timeout(&[1], SHORT)), want);
    let told = second.explain(&[1]).unwrap().unwrap();
    assert_eq!((told.because, told.safe_sequence), (want, vec![0, 1, 2]));
    let not_free = Because::NotFree { resource: 0, wanted: 3, free: 2 };
    assert_eq!(why(second.try_request(&[3])), not_free);
    // The first may have it, though the second may not.
    assert_eq!(first.explain(&[1]), Ok(None));
    drop(half);
    assert_eq!(second.explain(&[1]), Ok(None));
    assert_eq!(third.number(), 2);
}
