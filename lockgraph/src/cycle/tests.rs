//! The judge against a naive twin that tries every circle of everything that was wanted.

use proptest::prelude::*;

use super::*;
use crate::graph::Want;
use crate::held::Held;
use crate::id::{LockKind, SiteId};
use crate::span::SpanId;

/// One step of a random program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The thread takes the lock, if it can have it without waiting for itself.
    Take(u32, u64, Mode),
    /// The thread gives the lock back that it took last but `n`.
    Give(u32, usize),
    /// The thread spawns the other, if that has not begun.
    Fork(u32, u32),
    /// The thread joins the other.
    Join(u32, u32),
}

/// What was wanted, as the twin keeps it.
#[derive(Clone, Debug)]
struct Seen {
    thread: u32,
    held: Vec<(LockId, Mode)>,
    want: LockId,
    mode: Mode,
    span: SpanId,
}

const THREADS: u32 = 4;

/// It has two permits.
const SEMAPHORE: LockId = LockId(5);

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        4 => Just(Mode::Exclusive),
        3 => Just(Mode::Shared),
        1 => Just(Mode::SharedRecursive),
        1 => Just(Mode::Upgradable),
    ];
    prop_oneof![
        8 => (0..THREADS, 0..4_u64, mode).prop_map(|(t, l, m)| Step::Take(t, l, m)),
        2 => (0..THREADS).prop_map(|t| Step::Take(t, SEMAPHORE.0 - 1, Mode::SharedRecursive)),
        5 => (0..THREADS, 0..3_usize).prop_map(|(t, n)| Step::Give(t, n)),
        1 => (0..THREADS, 0..THREADS).prop_map(|(a, b)| Step::Fork(a, b)),
        1 => (0..THREADS, 0..THREADS).prop_map(|(a, b)| Step::Join(a, b)),
    ]
}

struct Run {
    graph: Graph,
    held: Vec<Held>,
    begun: [bool; THREADS as usize],
    ended: [bool; THREADS as usize],
    seen: Vec<Seen>,
    found: bool,
}

impl Run {
    fn take(&mut self, thread: u32, lock: u64, mode: Mode) {
        let lock = LockId(lock + 1);
        let held = &self.held[thread as usize];
        if held.holds().iter().any(|hold| hold.lock == lock && mode.waits_for(hold.mode)) {
            return;
        }
        let id = ThreadId(thread);
        let want = Want { thread: id, lock, kind: LockKind::RwLock, mode, site: SiteId::UNKNOWN };
        let span = self.graph.spans.current(id);
        self.graph.spans.retain(span);
        let holds = held.holds().iter().map(|hold| (hold.lock, hold.mode)).collect();
        self.seen.push(Seen { thread, held: holds, want: lock, mode, span });
        let holds: Vec<_> = held.holds().iter().map(|h| (h.lock, h.mode, h.site)).collect();
        if let Some(witness) = self.graph.observe(&holds, want, || [1]) {
            let found = matches!(search(&self.graph, witness), Search::Found(_));
            assert!(!found || self.graph.may_close(witness), "the trigger is wider than the judge");
            self.found |= found;
        }
        self.held[thread as usize].push(lock, mode, SiteId::UNKNOWN);
    }

    fn step(&mut self, step: Step) {
        let runs = |run: &Run, thread: u32| !run.ended[thread as usize];
        match step {
            Step::Take(thread, lock, mode) if runs(self, thread) => {
                self.begun[thread as usize] = true;
                self.take(thread, lock, mode);
            }
            Step::Give(thread, below_top) => {
                let held = &mut self.held[thread as usize];
                let at = held.holds().len().checked_sub(below_top + 1);
                if let Some(lock) = at.map(|at| held.holds()[at].lock) {
                    held.release(lock);
                }
            }
            Step::Fork(parent, child)
                if parent != child && runs(self, parent) && !self.begun[child as usize] =>
            {
                self.begun[parent as usize] = true;
                self.begun[child as usize] = true;
                self.graph.spans.fork(ThreadId(parent), ThreadId(child));
            }
            Step::Join(parent, child)
                if parent != child
                    && runs(self, parent)
                    && runs(self, child)
                    && self.begun[child as usize]
                    && self.held[child as usize].holds().is_empty() =>
            {
                self.begun[parent as usize] = true;
                self.ended[child as usize] = true;
                self.graph.spans.end(ThreadId(child));
                self.graph.spans.join(ThreadId(parent), ThreadId(child));
            }
            _ => {}
        }
    }

    /// Whether any circle of different threads can be blocked all at once. Each member comes with
    /// how it blocks the one before it: by its place in a queue, or by a hold.
    fn twin(&self) -> bool {
        let starts = (0..self.seen.len()).flat_map(|at| [vec![(at, false)], vec![(at, true)]]);
        let mut paths: Vec<Vec<(usize, bool)>> = starts.collect();
        while let Some(path) = paths.pop() {
            let (last, queues) = path[path.len() - 1];
            let last = &self.seen[last];
            let (first, first_queues) = path[0];
            if path.len() > 1 && blocks(&self.seen[first], first_queues, last, queues) {
                return true;
            }
            for (at, next) in self.seen.iter().enumerate() {
                for next_queues in [false, true] {
                    if blocks(next, next_queues, last, queues)
                        && path.iter().all(|(on, _)| self.can_meet(&self.seen[*on], next))
                        && self.have_permits(&[&path[..], &[(at, next_queues)]].concat())
                    {
                        paths.push([&path[..], &[(at, next_queues)]].concat());
                    }
                }
            }
        }
        false
    }

    fn have_permits(&self, path: &[(usize, bool)]) -> bool {
        let holds = |seen: &Seen| seen.held.iter().any(|(lock, _)| *lock == SEMAPHORE);
        path.iter().filter(|(on, _)| holds(&self.seen[*on])).count() <= 2
    }

    fn can_meet(&self, a: &Seen, b: &Seen) -> bool {
        let shut_out = |(lock, mode): &(LockId, Mode)| {
            b.held.iter().any(|(other, held)| lock == other && mode.waits_for(*held))
        };
        let (a_span, b_span) = (self.graph.spans.get(a.span), self.graph.spans.get(b.span));
        let over = |first: &crate::span::Span, second: &crate::span::Span| {
            second
                .clock
                .iter()
                .any(|over| over.thread == first.thread && over.segment >= first.segment)
        };
        a.thread != b.thread
            && !a.held.iter().any(shut_out)
            && !over(a_span, b_span)
            && !over(b_span, a_span)
    }
}

/// Whether `blocker` blocks `wanter`: by its place in the queue, or else by a hold. If `wanter`
/// stops others itself by its place in a queue, it waits for a reader.
fn blocks(blocker: &Seen, by_queue: bool, wanter: &Seen, wanter_queues: bool) -> bool {
    if by_queue {
        return !wanter_queues
            && blocker.want == wanter.want
            && blocker.mode == Mode::Exclusive
            && matches!(wanter.mode, Mode::Shared | Mode::Upgradable);
    }
    let held: Vec<Mode> = blocker
        .held
        .iter()
        .filter(|(lock, _)| *lock == wanter.want)
        .map(|(_, mode)| *mode)
        .collect();
    held.iter().any(|held| wanter.mode.waits_for(*held))
        && (!wanter_queues || held.iter().all(|held| held.is_read()))
}

/// True if there was a deadlock to find.
fn check(steps: &[Step]) -> bool {
    let mut run = Run {
        graph: Graph::default(),
        held: (0..THREADS).map(|_| Held::new()).collect(),
        begun: [false; THREADS as usize],
        ended: [false; THREADS as usize],
        seen: Vec::new(),
        found: false,
    };
    run.graph.let_in(SEMAPHORE, 2);
    for step in steps {
        run.step(*step);
    }
    let twin = run.twin();
    assert_eq!(run.found, twin, "found by the judge, and by its twin, in {:#?}", run.seen);
    twin
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn agrees_with_a_naive_twin(steps in prop::collection::vec(step(), 1..24)) {
        check(&steps);
    }
}

/// Five at a round table, each takes the left fork first, under permits of a semaphore.
fn table(permits: u32, sits_twice: bool) -> bool {
    let mut graph = Graph::default();
    graph.let_in(SEMAPHORE, permits);
    let (seat, shared) = (SEMAPHORE, Mode::SharedRecursive);
    (0..5).any(|at: u32| {
        let (left, right) = (LockId(10 + u64::from(at)), LockId(10 + u64::from(at + 1) % 5));
        let mut held = vec![(seat, shared, SiteId::UNKNOWN)];
        held.extend(sits_twice.then_some((seat, shared, SiteId::UNKNOWN)));
        held.push((left, Mode::Exclusive, SiteId::UNKNOWN));
        let (thread, kind, mode) = (ThreadId(at), LockKind::Mutex, Mode::Exclusive);
        let want = Want { thread, lock: right, kind, mode, site: SiteId::UNKNOWN };
        let witness = graph.observe(&held, want, || [1]).expect("it is new");
        matches!(search(&graph, witness), Search::Found(_))
    })
}

#[test]
fn as_many_as_there_are_permits_can_be_in() {
    for (permits, sits_twice, want) in [
        (1, false, false),
        (4, false, false),
        (5, false, true),
        (u32::MAX, false, true),
        // Another time it may take one.
        (5, true, true),
    ] {
        assert_eq!(table(permits, sits_twice), want, "{permits} {sits_twice}");
    }
}

#[test]
fn the_random_programs_are_worth_their_while() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let programs = prop::collection::vec(step(), 20..24);
    let hangs = (0..1000).filter(|_| {
        let program = programs.new_tree(&mut runner).expect("no filter rejects it").current();
        check(&program)
    });
    let hangs = hangs.count();
    assert!((50..950).contains(&hangs), "{hangs} of 1000 could hang");
}
