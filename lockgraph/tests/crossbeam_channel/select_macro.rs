//! `select!` and `select_biased!`.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::cb::{
    self, Receiver, RecvError, SendError, after, bounded, never, select, select_biased, tick,
    unbounded,
};
use crate::{LONG, SHORT};

#[test]
fn the_case_that_is_ready() {
    let ((sender, receiver), (full, of_full)) = (unbounded(), bounded(1));
    full.send(0).unwrap();
    let step = || {
        select! {
            recv(receiver) -> message => message.map_or(-1, |message: i32| message),
            send(full, 7) -> result => {
                assert_eq!(result, Ok(()));
                of_full.recv().unwrap()
            }
            default => -2,
        }
    };
    assert_eq!(step(), -2);
    sender.send(5).unwrap();
    assert_eq!(step(), 5);
    assert_eq!(of_full.recv(), Ok(0));
    assert_eq!(step(), 7);
    full.send(0).unwrap();
    drop(sender);
    assert_eq!(step(), -1);
}

#[test]
fn default_after_a_time() {
    let (_sender, receiver) = unbounded::<u8>();
    let start = Instant::now();
    let is_over = select! {
        recv(receiver) -> _ => false,
        default(SHORT) => true,
    };
    assert!(is_over && start.elapsed() >= SHORT);
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    let message = select! {
        recv(receiver) -> message => message,
        default(LONG) => Err(RecvError)
    };
    assert_eq!(message, Ok(1));
}

#[test]
fn every_way_to_write_a_case() {
    let (sender, receiver) = unbounded();
    sender.send((1, "one")).unwrap();
    select! { recv(receiver) -> message => { assert_eq!(message, Ok((1, "one"))) } }
    sender.send((1, "one")).unwrap();
    select! { recv(receiver,) -> message => assert!(message.is_ok()) };
    select! {
        send(sender, (2, "two"),) -> _result => (),
        default() => unreachable!(),
    }
    select! {
        default => {}
        recv(&receiver) -> mut message => {
            message = message.map(|(number, _)| (number + 1, "three"));
            assert_eq!(message, Ok((3, "three")));
        }
    }
    select!(default => ());
    cb::select! { recv(after(SHORT)) -> _ => {}, }
    cb::select_biased! {
        default => {}
        recv(never::<u8>()) -> _ => unreachable!(),
    }
    let receivers = [receiver.clone(), receiver];
    select! {
        recv(receivers[0]) -> _ => unreachable!(),
        recv(&receivers[1]) -> _ => unreachable!(),
        send(sender, (0, "")) -> result => result.unwrap(),
    }
}

#[test]
fn bodies_jump_and_may_change_the_channels() {
    fn first(receiver: &Receiver<u8>) -> Result<u8, RecvError> {
        let message = select! {
            recv(receiver) -> message => message?,
        };
        let never = never::<u8>();
        select! {
            recv(never) -> _ => unreachable!(),
            default => {
                if message == 1 {
                    return Ok(2);
                }
            }
        }
        Ok(message)
    }
    let (sender, mut receiver) = unbounded::<u8>();
    sender.send(1).unwrap();
    assert_eq!(first(&receiver), Ok(2));
    sender.send(9).unwrap();
    assert_eq!(first(&receiver), Ok(9));
    sender.send(3).unwrap();
    drop(sender);
    let (mut seen, clock) = (Vec::new(), tick(SHORT));
    let last = loop {
        select_biased! {
            recv(receiver) -> message => match message {
                Ok(message) => seen.push(message),
                // Its turn does not come again.
                Err(RecvError) => receiver = never(),
            },
            recv(clock) -> _ => {
                if seen.len() < 2 {
                    seen.push(9);
                    continue;
                }
                break seen.len();
            }
        }
    };
    assert_eq!((last, seen), (2, vec![3, 9]));
    assert!(receiver.same_channel(&never()));
    // Moved within the body.
    let (sender, receiver) = unbounded::<u8>();
    let messages = select! {
        recv(receiver) -> _ => unreachable!(),
        send(sender, 4) -> _ => {
            drop(sender);
            receiver.into_iter().collect::<Vec<_>>()
        }
    };
    assert_eq!(messages, [4]);
}

#[test]
fn only_what_is_sent_is_evaluated() {
    fn never_asked() -> u8 {
        panic!("evaluated, and not sent")
    }
    let ((sender, receiver), (full, _of_full)) = (unbounded(), bounded::<u8>(0));
    let shared = Arc::new(sender);
    select! {
        send(full, never_asked()) -> _ => unreachable!(),
        send(shared, { 5 }) -> result => result.unwrap(),
    }
    assert_eq!(receiver.recv(), Ok(5));
    drop(receiver);
    select! {
        send(shared, 6) -> result => assert_eq!(result, Err(SendError(6))),
    }
}

#[test]
fn channels_may_be_temporaries() {
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    for wanted in [Some(&receiver), None] {
        let message = select! {
            recv(wanted.unwrap_or(&never())) -> message => message.ok(),
            recv(if wanted.is_some() { never() } else { after(SHORT) }) -> _ => None,
        };
        assert_eq!(message, wanted.map(|_| 1));
    }
}

#[test]
fn a_biased_selection_takes_the_first_that_is_ready() {
    let ((one, from_one), (two, from_two)) = (unbounded(), unbounded());
    for _ in 0..20 {
        one.send(1).unwrap();
        two.send(2).unwrap();
    }
    let next = || {
        select_biased! {
            recv(from_one) -> message => message,
            recv(from_two) -> message => message,
            default => Err(RecvError),
        }
    };
    let received: Vec<_> = (0..41).map_while(|_| next().ok()).collect();
    assert_eq!(received, [[1; 20], [2; 20]].concat());
}

#[test]
fn a_worker_with_many_channels() {
    let ((jobs, todo), (results, done), (stop, stopped)) = (bounded(0), bounded(0), bounded(0));
    let worker = thread::spawn(move || {
        let mut sum = 0;
        loop {
            select! {
                recv(todo) -> job => sum += job.unwrap_or(0),
                send(results, sum) -> result => if result.is_err() { break },
                recv(stopped) -> end => {
                    assert_eq!(end, Err::<(), _>(RecvError));
                    break;
                }
            }
        }
        sum
    });
    (1..=10).for_each(|job| jobs.send(job).unwrap());
    assert_eq!(done.recv(), Ok(55));
    jobs.send(1).unwrap();
    drop(stop);
    assert_eq!(worker.join().unwrap(), 56);
}
