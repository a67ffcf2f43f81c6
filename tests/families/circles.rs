//! Families with patterns, in sizes up to millions of events.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::script::Script;
use super::{Trace, Truth};

/// Philosopher p takes fork p, then the next one; one of them at a time, so that all goes well.
pub(crate) fn philosophers(philosophers: u32, rounds: u32) -> Trace {
    let room = 6 * (philosophers * rounds) as usize;
    let events = Script::of(philosophers, room, |script| {
        for _ in 0..rounds {
            for one in 0..philosophers {
                let next = (one + 1) % philosophers;
                script.nest(one + 1, one.into(), next.into(), 10);
            }
        }
    });
    let instances = u64::from(rounds).saturating_pow(philosophers);
    Trace { events, truth: Truth::all(1).instances(instances) }
}

/// Thread 1 takes A, then B, `times` times, and writes; thread 2 reads that and takes B, then A,
/// `times` times. So with `pairs` pairs. Only data keeps them apart.
pub(crate) fn ordered(pairs: u64, times: u32) -> Trace {
    let room = (12 * u64::from(times) + 2) * pairs;
    let events = Script::of(2, room as usize, |script| {
        for pair in 0..pairs {
            let (a, b) = (2 * pair, 2 * pair + 1);
            for _ in 0..times {
                script.nest(1, a, b, 10);
            }
            script.write(1, pair);
            script.read(2, pair);
            for _ in 0..times {
                script.nest(2, b, a, 20);
            }
        }
    });
    let instances = pairs * u64::from(times).pow(2);
    Trace { events, truth: Truth::new(pairs, 0, pairs).instances(instances) }
}

/// AB, write, read, BA, write, read, over and over: of n^2 instances none can happen, but for the
/// last one if there is a last round without data.
pub(crate) fn pingpong(rounds: u32, is_real: bool) -> Trace {
    let (a, b, to, back) = (0, 1, 0, 1);
    let events = Script::of(2, 16 * rounds as usize + 12, |script| {
        for _ in 0..rounds {
            script.nest(1, a, b, 10);
            script.write(1, to);
            script.read(2, to);
            script.nest(2, b, a, 20);
            script.write(2, back);
            script.read(1, back);
        }
        if is_real {
            script.nest(1, a, b, 10);
            script.nest(2, b, a, 20);
        }
    });
    let each = u64::from(rounds) + u64::from(is_real);
    Trace { events, truth: Truth::new(1, is_real.into(), 1).instances(each * each) }
}

/// `rounds` of noise in which all keep the order of `locks` locks, and in it `inverted` pairs that
/// two threads each take in opposite orders, at places of their own.
pub(crate) fn mixed(threads: u32, locks: u64, rounds: u64, inverted: u64, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    // Which half of which pair comes in which round.
    let mut halves: Vec<(u64, u64)> =
        (0..2 * inverted).map(|half| (dice.below(rounds), half)).collect();
    dice.shuffle(&mut halves);
    halves.sort_by_key(|(round, _)| *round);
    let of_pair: Vec<_> = (0..inverted).map(|_| dice.two_below(threads.into())).collect();
    let mut halves = halves.into_iter().peekable();
    let room = 10 * rounds + 12 * inverted;
    let events = Script::of(threads, room as usize, |script| {
        for round in 0..rounds {
            let thread = dice.below(threads.into()) as u32 + 1;
            noise(script, &mut dice, thread, locks, thread.into());
            while let Some((_, half)) = halves.next_if(|(at, _)| *at == round) {
                half_of_a_pair(script, half, of_pair[half as usize / 2], locks);
            }
        }
    });
    Trace { events, truth: Truth::all(inverted).instances(inverted) }
}

/// Two of the locks in their order, with a read and a write inside: 8 events.
pub(super) fn noise(script: &mut Script, dice: &mut Dice, thread: u32, locks: u64, variable: u64) {
    let (one, other) = dice.two_below(locks);
    script.lock(thread, one.min(other), 100);
    script.lock(thread, one.max(other), 101);
    script.read(thread, variable);
    script.write(thread, variable);
    script.unlock(thread, one.max(other));
    script.unlock(thread, one.min(other));
}

/// The even half takes the pair's locks in one order, the odd half in the other.
fn half_of_a_pair(script: &mut Script, half: u64, threads: (u64, u64), first: u64) {
    let (pair, is_odd) = (half / 2, half % 2 == 1);
    let (a, b) = (first + 2 * pair, first + 2 * pair + 1);
    let (thread, outer, inner) = match is_odd {
        false => (threads.0, a, b),
        true => (threads.1, b, a),
    };
    script.nest(thread as u32 + 1, outer, inner, 1000 + 2 * half as u32);
}

/// `circles` private inverted pairs over many threads, each of which takes a lock of its own
/// `noise` times: a pool of connections.
pub(crate) fn dbcp_like(threads: u32, noise: u32, circles: u64, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let room = u64::from(4 * threads * noise) + 12 * circles;
    let of_pair: Vec<_> = (0..circles).map(|_| dice.two_below(threads.into())).collect();
    let pairs_from = u64::from(threads);
    let mut halves: Vec<u64> = (0..2 * circles).collect();
    dice.shuffle(&mut halves);
    let events = Script::of(threads, room as usize, |script| {
        for round in 0..noise {
            for thread in 1..=threads {
                script.lock(thread, u64::from(thread) - 1, 100);
                script.read(thread, thread.into());
                script.unlock(thread, u64::from(thread) - 1);
            }
            // A few pairs after each round, the rest after the last one.
            let left = (noise - round) as usize;
            for half in halves.split_off(halves.len() - halves.len().div_ceil(left)) {
                half_of_a_pair(script, half, of_pair[half as usize / 2], pairs_from);
            }
        }
    });
    Trace { events, truth: Truth::all(circles).instances(circles) }
}

/// Each two neighbouring threads take two locks in opposite orders, `times` times each: few
/// patterns, and `times`^2 instances of each.
pub(crate) fn stack_like(threads: u32, times: u32) -> Trace {
    let events = Script::of(threads, 8 * (threads * times) as usize, |script| {
        for _ in 0..times {
            for thread in 1..=threads {
                let first = u64::from((thread - 1) / 2 * 2);
                let (outer, inner) =
                    if thread % 2 == 1 { (first, first + 1) } else { (first + 1, first) };
                script.nest(thread, outer, inner, 10 + 2 * (thread % 2));
                script.write(thread, thread.into());
                script.read(thread, thread.into());
            }
        }
    });
    let patterns = u64::from(threads / 2);
    let instances = patterns * u64::from(times).pow(2);
    Trace { events, truth: Truth::all(patterns).instances(instances) }
}

/// Every thread takes `pairs` ordered pairs of the locks, dealt from all of them in random order:
/// as many patterns as there can be. How many is not known.
pub(crate) fn dense(threads: u32, locks: u64, pairs: u32, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let every = (0..locks).flat_map(|a| (0..locks).map(move |b| (a, b))).filter(|(a, b)| a != b);
    let mut deck: Vec<(u64, u64)> = every.collect();
    dice.shuffle(&mut deck);
    let events = Script::of(threads, 6 * (threads * pairs) as usize, |script| {
        for at in 0..pairs * threads {
            let (outer, inner) = deck[at as usize % deck.len()];
            script.nest(at % threads + 1, outer, inner, 10 + 2 * (at % 5));
        }
    });
    Trace { events, truth: Truth::default() }
}

/// Transfers between the two accounts of one of `accounts / 2` customers, there or back: each
/// inversion by two threads is a pattern of the locks, and all are one of the class of accounts.
pub(crate) fn transfers(accounts: u64, threads: u32, times: u64, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let mut seen: BTreeSet<(u64, u64, u32)> = BTreeSet::new();
    let events = Script::of(threads, 6 * times as usize, |script| {
        for _ in 0..times {
            let thread = dice.below(threads.into()) as u32 + 1;
            let first = dice.below(accounts / 2) * 2;
            let (from, to) = if dice.once_in(2) { (first, first + 1) } else { (first + 1, first) };
            script.nest(thread, from, to, 10);
            seen.insert((from, to, thread));
        }
    });
    // Two different threads, in opposite directions; counted from the lower account.
    let upwards = seen.iter().filter(|(from, to, _)| from < to);
    let against = |(from, to, thread): &(u64, u64, u32)| {
        seen.range((*to, *from, 0)..=(*to, *from, u32::MAX))
            .filter(|back| back.2 != *thread)
            .count()
    };
    let patterns = upwards.map(against).sum::<usize>() as u64;
    Trace { events, truth: Truth { patterns: Some(patterns), ..Truth::default() } }
}
