//! Much of everything: locks made and dropped, deep nests, a growing graph.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use lockgraph::sync::Mutex;
use lockgraph::thread;

use crate::detector;

/// Begins the lines in which a child tells how much memory it has, in KiB.
pub(crate) const RSS: &str = "rss ";

/// Locks that live at the same time in [`churn`]: few, so that the graph of the living has its
/// full size soon, and what grows after that is what is kept of the dead.
const ALIVE: usize = 128;
/// Locks that are made and dropped in [`churn`], at least: by the first half of them the threads'
/// caches of chains have their full size, and what grows after that is a leak.
const MADE: usize = 60_000;
const THREADS: u64 = 16;
const SMALL_STACK: usize = 64 * 1024;

type Slots = Arc<Vec<RwLock<Arc<Mutex<u64>>>>>;

/// A small generator of numbers that look random (xorshift); no seed gives zero.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("less than `end`")
    }
}

/// Sixteen threads nest locks in slot order and replace them all the while.
pub(super) fn churn() {
    churn_with(thread::Builder::new);
}

/// The same on stacks of 64 KiB.
pub(super) fn churn_on_small_stacks() {
    churn_with(|| thread::Builder::new().stack_size(SMALL_STACK));
}

fn churn_with(builder: fn() -> thread::Builder) {
    detector::tell_at_once();
    let seconds = std::env::var("E2E_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(10));
    let slots: Slots = Arc::new((0..ALIVE).map(|_| RwLock::default()).collect());
    let made = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let worker = |seed: u64| {
        let (slots, made, stop) = (Arc::clone(&slots), Arc::clone(&made), Arc::clone(&stop));
        let work = move || {
            let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            while !stop.load(Ordering::Relaxed) {
                step(&slots, &made, &mut dice);
            }
        };
        builder().spawn(work).expect("a thread can be begun")
    };
    let workers: Vec<_> = (1..=THREADS).map(worker).collect();
    while Instant::now() < end || made.load(Ordering::Relaxed) < MADE {
        println!("{RSS}{}", resident());
        std::thread::sleep(Duration::from_millis(100));
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.join().expect("nobody panics");
    }
    println!("made {}", made.load(Ordering::Relaxed));
}

/// Nests up to six locks, or makes a new lock. Locks of a slot are taken in slot order, within a
/// window, so that the edges between living locks are bounded.
fn step(slots: &Slots, made: &AtomicUsize, dice: &mut Dice) {
    const WINDOW: usize = 16;
    let first = dice.below(ALIVE - WINDOW);
    if dice.below(8) == 0 {
        *slots[first].write().expect("nobody panics") = Arc::default();
        made.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let chosen: Vec<Arc<Mutex<u64>>> = (first..first + WINDOW)
        .filter(|_| dice.below(3) == 0)
        .map(|slot| Arc::clone(&slots[slot].read().expect("nobody panics")))
        .collect();
    let mut guards = Vec::with_capacity(chosen.len());
    for lock in &chosen {
        let mut guard = lock.lock().expect("nobody panics");
        *guard += 1;
        guards.push(guard);
    }
    while !guards.is_empty() {
        drop(guards.swap_remove(dice.below(guards.len())));
    }
}

/// How much memory this process has, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Fifty values of a megabyte, each locked once under one lock that stays: nothing may keep them.
pub(super) fn heavy_values() {
    detector::tell_at_once();
    let anchor = Mutex::new(());
    for _ in 0..50 {
        let heavy = Mutex::new(vec![1_u8; 1 << 20]);
        let _anchor = anchor.lock().expect("nobody panics");
        heavy.lock().expect("nobody panics")[0] = 2;
        println!("{RSS}{}", resident());
    }
}

/// Ten thousand locks, fifty thousand random ascending pairs from two threads, twice: the time
/// that a new edge takes must not grow with the graph, or this does not end in time.
pub(super) fn growing_graph() {
    const LOCKS: usize = 10_000;
    const PAIRS: usize = 25_000;
    detector::tell_at_once();
    let locks: Vec<Mutex<u64>> = (0..LOCKS as u64).map(Mutex::new).collect();
    let work = |seed: u64| {
        for _ in 0..2 {
            let mut dice = Dice(seed);
            for _ in 0..PAIRS {
                let first = dice.below(LOCKS - 1);
                let second = first + 1 + dice.below(LOCKS - first - 1);
                let outer = locks[first].lock().expect("nobody panics");
                *locks[second].lock().expect("nobody panics") += *outer;
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| work(1));
        scope.spawn(|| work(2));
    });
}
