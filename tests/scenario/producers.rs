//! Random programs of producers and consumers, one after the other: well-formed, so nothing may be
//! said about any of them.
//!
//! | how | what waits |
//! |---|---|
//! | channel, several consumers | a receiver under a mutex; the end of the senders stops it |
//! | channel, one consumer | bounded or not, also without room; a sentinel stops it |
//! | queue of one's own | a mutex with two condition variables, bounded; a sentinel each |
//! | semaphores | free places and full places, the queue under a mutex; a sentinel each |

use std::collections::VecDeque;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lockgraph::sync::mpsc::{self, Receiver};
use lockgraph::sync::{Condvar, Mutex, Semaphore};
use lockgraph::thread;

use super::Dice;
use crate::detector;

/// How many programs; `E2E_RUNS` says another number.
const RUNS: usize = 1000;
/// The first seed; `E2E_SEED` says another.
const SEED: u64 = 1;

/// One program.
#[derive(Clone, Copy)]
struct Plan {
    producers: usize,
    consumers: usize,
    /// For each producer.
    messages: usize,
    room: usize,
}

/// Runs them all, each with a seed that is printed first.
pub(super) fn many_runs() {
    detector::tell_at_once();
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("E2E_SEED").unwrap_or(SEED);
    let runs = number("E2E_RUNS").unwrap_or(RUNS as u64);
    for seed in first..first + runs {
        println!("seed {seed}");
        run(&mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
}

fn run(dice: &mut Dice) {
    let plan = Plan {
        producers: 1 + dice.below(3),
        consumers: 1 + dice.below(3),
        messages: dice.below(12),
        room: dice.below(4),
    };
    let received = match dice.below(5) {
        0 => closed_channel(plan, false),
        1 => closed_channel(plan, true),
        2 => channel_with_sentinel(plan),
        3 => own_queue(Plan { room: plan.room.max(1), ..plan }),
        _ => by_semaphores(Plan { room: plan.room.max(1), ..plan }),
    };
    assert_eq!(received, plan.producers * plan.messages, "every message comes once");
}

/// Runs `producers` times `produce` and `consumers` times `consume`, each in a thread; gives the sum
/// of what was consumed. `ended` runs when the producers have ended.
fn crew(
    plan: Plan,
    produce: impl Fn() + Clone + Send + 'static,
    ended: impl FnOnce(),
    consume: impl Fn() -> usize + Clone + Send + 'static,
) -> usize {
    let total = Arc::new(AtomicUsize::new(0));
    let consumer = |_| {
        let (consume, total) = (consume.clone(), Arc::clone(&total));
        thread::spawn(move || total.fetch_add(consume(), Ordering::Relaxed))
    };
    let consumers: Vec<_> = (0..plan.consumers).map(consumer).collect();
    let producers: Vec<_> = (0..plan.producers).map(|_| thread::spawn(produce.clone())).collect();
    // It may have the last sender.
    drop(produce);
    for producer in producers {
        producer.join().expect("nobody panics");
    }
    ended();
    for consumer in consumers {
        consumer.join().expect("nobody panics");
    }
    total.load(Ordering::Relaxed)
}

fn next<T>(receiver: &Mutex<Receiver<T>>) -> Option<T> {
    receiver.lock().expect("nobody panics").recv().ok()
}

fn closed_channel(plan: Plan, bounded: bool) -> usize {
    let count = |receiver: &Mutex<Receiver<()>>| std::iter::from_fn(|| next(receiver)).count();
    if bounded {
        let (sender, receiver) = mpsc::sync_channel(plan.room);
        let receiver = Arc::new(Mutex::new(receiver));
        let held = sender.clone();
        let produce = move || (0..plan.messages).for_each(|_| sender.send(()).expect("received"));
        crew(plan, produce, || drop(held), move || count(&receiver))
    } else {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let held = sender.clone();
        let produce = move || (0..plan.messages).for_each(|_| sender.send(()).expect("received"));
        crew(plan, produce, || drop(held), move || count(&receiver))
    }
}

fn channel_with_sentinel(plan: Plan) -> usize {
    let plan = Plan { consumers: 1, ..plan };
    let (sender, receiver) = mpsc::sync_channel(plan.room);
    let receiver = Arc::new(Mutex::new(receiver));
    let last = sender.clone();
    let produce = move || (0..plan.messages).for_each(|_| sender.send(true).expect("received"));
    let ended = move || last.send(false).expect("received");
    let consume = move || {
        let receiver = receiver.lock().expect("nobody panics");
        receiver.iter().take_while(|is_message| *is_message).count()
    };
    crew(plan, produce, ended, consume)
}

/// A bounded queue as one writes it by hand.
struct Queue {
    inside: Mutex<VecDeque<bool>>,
    has_room: Condvar,
    has_more: Condvar,
    room: usize,
}

impl Queue {
    fn push(&self, is_message: bool) {
        let inside = self.inside.lock().expect("nobody panics");
        let inside = self.has_room.wait_while(inside, |inside| inside.len() >= self.room);
        inside.expect("nobody panics").push_back(is_message);
        self.has_more.notify_one();
    }

    fn pop(&self) -> bool {
        let inside = self.inside.lock().expect("nobody panics");
        let inside = self.has_more.wait_while(inside, |inside| inside.is_empty());
        let is_message = inside.expect("nobody panics").pop_front().expect("it is not empty");
        self.has_room.notify_one();
        is_message
    }
}

fn own_queue(plan: Plan) -> usize {
    let queue = Arc::new(Queue {
        inside: Mutex::default(),
        has_room: Condvar::new(),
        has_more: Condvar::new(),
        room: plan.room,
    });
    let (pushed, ended, popped) = (Arc::clone(&queue), Arc::clone(&queue), queue);
    let produce = move || (0..plan.messages).for_each(|_| pushed.push(true));
    let ended = move || (0..plan.consumers).for_each(|_| ended.push(false));
    crew(plan, produce, ended, move || {
        std::iter::repeat_with(|| popped.pop()).take_while(|is_message| *is_message).count()
    })
}

/// The same with semaphores that count places.
struct Places {
    free: Semaphore,
    full: Semaphore,
    inside: Mutex<VecDeque<bool>>,
}

impl Places {
    fn push(&self, is_message: bool) {
        self.free.acquire().forget();
        self.inside.lock().expect("nobody panics").push_back(is_message);
        self.full.release(1);
    }

    fn pop(&self) -> bool {
        self.full.acquire().forget();
        let mut inside = self.inside.lock().expect("nobody panics");
        let is_message = inside.pop_front().expect("a full place has a message");
        drop(inside);
        self.free.release(1);
        is_message
    }
}

fn by_semaphores(plan: Plan) -> usize {
    let places = Arc::new(Places {
        free: Semaphore::new(plan.room),
        full: Semaphore::new(0),
        inside: Mutex::default(),
    });
    let (pushed, ended, popped) = (Arc::clone(&places), Arc::clone(&places), places);
    let produce = move || (0..plan.messages).for_each(|_| pushed.push(true));
    let ended = move || (0..plan.consumers).for_each(|_| ended.push(false));
    crew(plan, produce, ended, move || {
        std::iter::repeat_with(|| popped.pop()).take_while(|is_message| *is_message).count()
    })
}
