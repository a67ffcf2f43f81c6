//! The reduction against a naive twin, and what is shown of a standstill.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const THREADS: u32 = 6;
const LOCKS: u64 = 4;
const OBJECT: LockId = LockId(100);

/// A wait as the tests stage it: what is held, and what is wanted.
type Staged = (Vec<(u64, Mode)>, Target);

fn waits(staged: &[Option<Staged>]) -> Waits<()> {
    let mut waits = Waits::default();
    for (thread, staged) in (0..).zip(staged) {
        let Some((held, target)) = staged.clone() else { continue };
        let hold = |(lock, mode): (u64, Mode)| Hold::new(LockId(lock), mode, ());
        let blocked = Blocked {
            is_writer: matches!(target, Target::Lock(_, Mode::Exclusive)),
            target,
            site: (),
            held: held.into_iter().map(hold).collect(),
            is_upgrade: false,
            has_returned: false,
            stack: Vec::new(),
            turn: 0,
            task: 0,
            since: 0,
        };
        waits.block(ThreadId(thread), blocked);
    }
    waits
}

#[test]
fn without_queues_a_circle_is_of_holds_alone() {
    use Mode::{Exclusive, Shared};
    let lock = |lock, mode| Target::Lock(LockId(lock), mode);
    // The first reads 0 behind the second, which queues to write it behind the third, which wants 1.
    let queued = [
        Some((vec![(1, Exclusive)], lock(0, Shared))),
        Some((vec![], lock(0, Exclusive))),
        Some((vec![(0, Shared)], lock(1, Exclusive))),
    ];
    let held = [
        Some((vec![(1, Exclusive)], lock(0, Shared))),
        Some((vec![(0, Exclusive)], lock(1, Exclusive))),
    ];
    for (staged, want) in [(&queued[..], None), (&held[..], Some(2))] {
        let waits = waits(staged);
        assert!(waits.deadlock(ThreadId(0)).is_some());
        let firm = waits.without_queues().deadlock(ThreadId(0));
        assert_eq!(firm.map(|circle| circle.len()), want);
    }
}

/// By the definition: as long as somebody can go on if only those outside `stuck` do, it leaves.
fn naive(staged: &[Option<Staged>], servers: &[u32]) -> Vec<ThreadId> {
    let number = |at: usize| at as u32;
    let mut stuck: Vec<usize> = (0..staged.len()).filter(|at| staged[*at].is_some()).collect();
    loop {
        let is_stuck = |thread: u32| stuck.iter().any(|at| number(*at) == thread);
        let is_free = |lock: LockId, mode: Mode, own: usize| {
            stuck.iter().all(|at| {
                let Some((held, target)) = &staged[*at] else { return true };
                let holds =
                    held.iter().any(|(l, held)| LockId(*l) == lock && mode.waits_for(*held));
                let queues = mode.queues_behind_writers()
                    && *at != own
                    && *target == Target::Lock(lock, Mode::Exclusive);
                !holds && !queues
            })
        };
        let goes_on = |at: usize| match &staged[at].as_ref().expect("it is blocked").1 {
            Target::Lock(lock, mode) => is_free(*lock, *mode, at),
            Target::Ends(threads) | Target::Returns(threads) => {
                threads.iter().all(|thread| !is_stuck(thread.0))
            }
            Target::Any(..) => true,
            Target::Signal(_, object, mutex) => {
                let is_served =
                    object.is_none() || servers.iter().any(|s| *s != number(at) && !is_stuck(*s));
                is_served && mutex.is_none_or(|mutex| is_free(mutex, Mode::Exclusive, at))
            }
        };
        let before = stuck.len();
        let next: Vec<usize> = stuck.iter().copied().filter(|at| !goes_on(*at)).collect();
        stuck = next;
        if stuck.len() == before {
            return stuck.into_iter().map(|at| ThreadId(number(at))).collect();
        }
    }
}

/// A name, waits, and the groups that they make.
type Apart<'a> = (&'a str, &'a [Staged], &'a [&'a [u32]]);

#[test]
fn waits_with_nothing_in_common_are_apart() {
    use Mode::{Exclusive, Shared};
    let lock = |number| Target::Lock(LockId(number), Exclusive);
    let token = || Target::Signal(Signal::Unpark, None, None);
    let signal = |mutex| Target::Signal(Signal::Notify, Some(OBJECT), mutex);
    let holds = |number, mode| vec![(number, mode)];
    let free = Vec::new;
    let cases: &[Apart<'_>] = &[
        (
            "two pairs",
            &[
                (free(), lock(1)),
                (free(), lock(2)),
                (holds(2, Exclusive), token()),
                (holds(1, Exclusive), token()),
            ],
            &[&[0, 3], &[1, 2]],
        ),
        (
            "at one lock, which somebody holds who runs",
            &[(free(), lock(1)), (free(), lock(2)), (free(), lock(1))],
            &[&[0, 2], &[1]],
        ),
        (
            "readers of a lock that nobody wants",
            &[(holds(3, Shared), lock(1)), (holds(3, Shared), lock(2))],
            &[&[0], &[1]],
        ),
        (
            "a join",
            &[
                (free(), Target::Ends(vec![ThreadId(2), ThreadId(5)])),
                (free(), Target::Ends(vec![ThreadId(5)])),
                (free(), token()),
            ],
            &[&[0, 2], &[1]],
        ),
        (
            "who gives a signal, and who has its mutex",
            &[
                (free(), signal(Some(LockId(1)))),
                (free(), token()),
                (holds(1, Exclusive), token()),
                (free(), lock(4)),
            ],
            &[&[0, 1, 2], &[3]],
        ),
    ];
    let servers = Servers::from_iter([((OBJECT, Signal::Notify), vec![ThreadId(1), ThreadId(4)])]);
    for (case, staged, expected) in cases {
        let waits = waits(&staged.iter().cloned().map(Some).collect::<Vec<_>>());
        let all: Vec<ThreadId> = (0..staged.len() as u32).rev().map(ThreadId).collect();
        let groups = waits.groups(&all, &servers);
        let numbers = |group: &Vec<ThreadId>| group.iter().map(|thread| thread.0).collect();
        let found: Vec<Vec<u32>> = groups.iter().map(numbers).collect();
        assert_eq!(found, *expected, "{case}");
    }
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(&Mode::ALL[..])
}

fn target() -> impl Strategy<Value = Target> {
    let thread = || (0..THREADS).prop_map(ThreadId);
    let lock = || (0..LOCKS).prop_map(LockId);
    prop_oneof![
        3 => (lock(), mode()).prop_map(|(lock, mode)| Target::Lock(lock, mode)),
        2 => vec(thread(), 1..3).prop_map(Target::Ends),
        2 => prop::option::of(lock())
            .prop_map(|mutex| Target::Signal(Signal::Notify, Some(OBJECT), mutex)),
        1 => Just(Target::Signal(Signal::Unpark, None, None)),
        1 => Just(Target::Any(Signal::Message, OBJECT)),
    ]
}

proptest! {
    #[test]
    fn who_is_stuck_is_what_the_definition_says(
        staged in vec(
            prop::option::weighted(0.8, (vec((0..LOCKS, mode()), 0..3), target())),
            THREADS as usize,
        ),
        servers in vec(0..THREADS, 0..4),
    ) {
        let mut known = Servers::default();
        let listed = servers.iter().copied().map(ThreadId).collect();
        known.insert((OBJECT, Signal::Notify), listed);
        prop_assert_eq!(waits(&staged).stuck(&known), naive(&staged, &servers));
    }

    /// Whoever goes on in a round could not before it, and can when all earlier ones have; together
    /// with those who are stuck, these are all who are blocked, each once.
    #[test]
    fn each_round_needs_nobody_of_a_later_one(
        staged in vec(
            prop::option::weighted(0.8, (vec((0..LOCKS, mode()), 0..3), target())),
            THREADS as usize,
        ),
        servers in vec(0..THREADS, 0..4),
    ) {
        let waits = waits(&staged);
        let mut known = Servers::default();
        let listed = servers.iter().copied().map(ThreadId).collect();
        known.insert((OBJECT, Signal::Notify), listed);
        let needs = || waits.blocked.keys().map(|it| (*it, waits.needs(*it, &known)));
        let mut rounds: Vec<Vec<ThreadId>> = Vec::new();
        let stuck = reduce(needs().collect(), &mut |freed| rounds.push(freed.to_vec()));
        prop_assert_eq!(&stuck, &waits.stuck(&known));
        let mut gone_on: HashSet<ThreadId> = HashSet::new();
        let is_met = |need: &Need, gone_on: &HashSet<ThreadId>| {
            need.of.iter().filter(|it| gone_on.contains(it)).count() >= need.missing
        };
        let can = |thread: &ThreadId, gone_on: &HashSet<ThreadId>| {
            needs().filter(|(it, _)| it == thread).all(|(_, needs)| {
                needs.iter().all(|need| is_met(need, gone_on))
            })
        };
        for round in &rounds {
            let ready = waits.blocked.keys().filter(|it| !gone_on.contains(it));
            let mut ready: Vec<ThreadId> = ready.copied().filter(|it| can(it, &gone_on)).collect();
            let mut freed = round.clone();
            ready.sort_unstable();
            freed.sort_unstable();
            prop_assert_eq!(&freed, &ready);
            gone_on.extend(freed);
        }
        prop_assert!(stuck.iter().all(|it| !gone_on.contains(it) && !can(it, &gone_on)));
        prop_assert_eq!(gone_on.len() + stuck.len(), waits.len());
    }
}

const A: u64 = 1;
const B: u64 = 2;

fn lock(lock: u64) -> Target {
    Target::Lock(LockId(lock), Mode::Exclusive)
}

fn signal(signal: Signal) -> Target {
    Target::Signal(signal, Some(OBJECT), None)
}

/// Whoever serves `signal`s at the object, and what is shown: a circle or a line of threads.
fn check(staged: &[(&[u64], Target)], servers: &[(Signal, u32)], want: Result<&[u32], &[u32]>) {
    let exclusive = |locks: &[u64]| locks.iter().map(|l| (*l, Mode::Exclusive)).collect();
    let staged: Vec<Option<Staged>> =
        staged.iter().map(|(held, target)| Some((exclusive(held), target.clone()))).collect();
    let mut known = Servers::default();
    for (signal, thread) in servers {
        known.entry((OBJECT, *signal)).or_default().push(ThreadId(*thread));
    }
    let numbers = |threads: Vec<ThreadId>| {
        let mut numbers: Vec<u32> = threads.into_iter().map(|thread| thread.0).collect();
        numbers.sort_unstable();
        numbers
    };
    let got = match waits(&staged).standstill(&known) {
        Standstill::Circle(cycle) => Ok(numbers(cycle.into_iter().map(|(t, _)| t).collect())),
        Standstill::Line(threads) => Err(numbers(threads)),
    };
    assert_eq!(got.as_deref().map_err(Vec::as_slice), want, "{staged:?}");
}

#[test]
fn a_standstill_is_shown_by_its_shortest_circle_or_by_who_waits_for_a_signal() {
    let join = |thread| Target::Ends(vec![ThreadId(thread)]);
    use Signal::{Message, Notify};
    // Locks alone, and a main thread that waits for the end of all of it.
    check(&[(&[], join(1)), (&[A], lock(B)), (&[B], lock(A))], &[], Ok(&[1, 2]));
    // Whoever would notify wants the lock that the waiter holds.
    check(&[(&[], join(1)), (&[A], signal(Notify)), (&[], lock(A))], &[], Ok(&[1, 2]));
    check(&[(&[], join(1)), (&[A], signal(Notify)), (&[], lock(A))], &[(Notify, 2)], Ok(&[1, 2]));
    // A notification that came too early: nobody holds anybody up.
    check(&[(&[], join(1)), (&[], signal(Notify))], &[(Notify, 0)], Err(&[1]));
    // The one who has sent waits for the end of the one who receives.
    check(&[(&[], join(1)), (&[], signal(Message))], &[(Message, 0)], Ok(&[0, 1]));
    check(&[(&[], join(1)), (&[], signal(Message))], &[], Err(&[1]));
    // It waits for the end of a worker that waits for the lock under which another one receives.
    let pool = [(&[][..], join(2)), (&[A][..], signal(Message)), (&[][..], lock(A))];
    check(&pool, &[(Message, 0)], Ok(&[0, 1, 2]));
    check(&pool, &[], Ok(&[1, 2]));
    // It waits for the end of a worker that waits for the lock under which another one receives.
    let pool = [(&[][..], join(2)), (&[A][..], signal(Message)), (&[][..], lock(A))];
    check(&pool, &[(Message, 0)], Ok(&[0, 1, 2]));
    check(&pool, &[], Ok(&[1, 2]));
    // Two that wait for each other's messages on one channel, as far as is known.
    check(
        &[(&[], signal(Message)), (&[], signal(Message))],
        &[(Message, 0), (Message, 1)],
        Ok(&[0, 1]),
    );
    // Two that have permits of one semaphore and want those of the other; here the object is one.
    let permits = || signal(Signal::Permits);
    check(&[(&[], join(1)), (&[OBJECT.0], lock(A)), (&[A], permits())], &[], Ok(&[1, 2]));
    check(&[(&[OBJECT.0], permits()), (&[OBJECT.0], permits())], &[], Ok(&[0, 1]));
    // Nothing but joins.
    check(&[(&[], join(1)), (&[], join(0))], &[], Ok(&[0, 1]));
}

#[test]
fn a_queue_goes_on_until_somebody_is_there_already() {
    let held = |locks: &[u64]| locks.iter().map(|at| (*at, Mode::Exclusive)).collect::<Vec<_>>();
    let check = |staged: &[(&[u64], u64)], want: &[u32]| {
        let staged: Vec<_> =
            staged.iter().map(|(locks, wanted)| Some((held(locks), lock(*wanted)))).collect();
        let queue = waits(&staged).queue(ThreadId(0));
        assert_eq!(queue.iter().map(|(thread, _)| thread.0).collect::<Vec<_>>(), want);
        let reasons = queue[1..].iter().map(|(_, because)| *because);
        assert!(reasons.into_iter().all(|because| matches!(because, Because::Holds(_))));
    };
    check(&[(&[], 1)], &[0]);
    check(&[(&[], 1), (&[2], 3)], &[0]);
    check(&[(&[], 1), (&[1], 2), (&[2], 3)], &[0, 1, 2]);
    check(&[(&[], 1), (&[1], 2), (&[2], 3), (&[3], 2)], &[0, 1, 2, 3]);
    check(&[(&[2], 1), (&[1], 2)], &[0, 1]);
}
