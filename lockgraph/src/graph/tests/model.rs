//! The graph against a naive twin, on few locks and many operations.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const THREADS: u32 = 12;
const LOCKS: u64 = 6;

#[derive(Clone, Debug)]
enum Step {
    /// The thread, holding these locks, wants this one, and has this stack.
    Want(u32, Vec<(u64, Mode)>, (u64, Mode), Vec<u64>),
    /// The lock goes, and another takes its place.
    Destroy(u64),
    /// The thread spawns one that does nothing, and so is in another span.
    Fork(u32),
    /// The thread ends, and another takes its place.
    End(u32),
}

/// A witness as the twin keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    thread: ThreadId,
    span: SpanId,
    held: Vec<Holding>,
    want: LockId,
    mode: Mode,
    stack: Vec<u64>,
}

#[derive(Default)]
struct Twin {
    /// By ends, newest first.
    edges: BTreeMap<(LockId, LockId), Vec<Seen>>,
    writers: BTreeMap<LockId, Vec<Seen>>,
    ended: BTreeSet<ThreadId>,
}

struct Run {
    graph: Graph,
    twin: Twin,
    locks: Vec<LockId>,
    threads: Vec<ThreadId>,
    /// For new locks and threads.
    next: u32,
}

impl Seen {
    fn holds(&self) -> BTreeSet<(LockId, Mode)> {
        self.held.iter().map(|(lock, mode, _)| (*lock, *mode)).collect()
    }
}

impl Twin {
    /// Whether the new witness was kept.
    fn observe(&mut self, seen: &Seen, is_writer: bool) -> bool {
        let holds = seen.holds();
        let known = |list: Option<&Vec<Seen>>| {
            list.into_iter().flatten().any(|old| {
                old.span == seen.span && old.mode == seen.mode && old.holds().is_subset(&holds)
            })
        };
        let again = (seen.want, Mode::Exclusive);
        let from: BTreeSet<LockId> =
            holds.iter().filter(|hold| **hold != again).map(|(lock, _)| *lock).collect();
        let news: Vec<(LockId, LockId)> = from
            .into_iter()
            .map(|from| (from, seen.want))
            .filter(|ends| !known(self.edges.get(ends)))
            .collect();
        let is_new_writer = is_writer && !known(self.writers.get(&seen.want));
        let mut is_kept = false;
        for ends in news {
            is_kept |= add(self.edges.entry(ends).or_default(), seen, &self.ended);
        }
        if is_new_writer {
            is_kept |= add(self.writers.entry(seen.want).or_default(), seen, &self.ended);
        }
        is_kept
    }

    fn destroy(&mut self, lock: LockId) {
        self.edges.retain(|(from, to), _| *from != lock && *to != lock);
        self.writers.remove(&lock);
    }
}

/// Puts a witness first on a list, if there is one to lose or room.
fn add(list: &mut Vec<Seen>, seen: &Seen, ended: &BTreeSet<ThreadId>) -> bool {
    if list.len() >= WITNESSES {
        let own = list.iter().rposition(|old| old.thread == seen.thread);
        let over = list.iter().rposition(|old| ended.contains(&old.thread));
        let wider = list.iter().rposition(|old| {
            let is_more = old.held.len() > seen.held.len();
            old.mode == seen.mode && is_more && seen.holds().is_subset(&old.holds())
        });
        let Some(at) = own.or(over).or(wider) else { return false };
        list.remove(at);
    }
    list.insert(0, seen.clone());
    true
}

impl Run {
    fn step(&mut self, step: Step) {
        match step {
            Step::Want(thread, held, (lock, mode), stack) => {
                let held = held
                    .into_iter()
                    .map(|(lock, mode)| (self.locks[lock as usize], mode, SiteId(lock as u32 % 2)));
                let held = held.collect();
                self.want(
                    self.threads[thread as usize],
                    held,
                    self.locks[lock as usize],
                    mode,
                    stack,
                );
            }
            Step::Destroy(lock) => {
                self.next += 1;
                let gone = self.locks[lock as usize];
                self.locks[lock as usize] = LockId(u64::from(self.next));
                self.graph.destroy(gone);
                self.twin.destroy(gone);
            }
            Step::Fork(thread) => {
                self.next += 1;
                self.graph.spans.fork(self.threads[thread as usize], ThreadId(self.next));
            }
            Step::End(thread) => {
                self.next += 1;
                let thread = &mut self.threads[thread as usize];
                // Only who was heard of can end.
                self.graph.spans.current(*thread);
                self.graph.spans.end(*thread);
                self.twin.ended.insert(*thread);
                *thread = ThreadId(self.next);
            }
        }
    }

    fn want(
        &mut self,
        thread: ThreadId,
        held: Vec<Holding>,
        lock: LockId,
        mode: Mode,
        stack: Vec<u64>,
    ) {
        let want = Want { thread, lock, kind: LockKind::RwLock, mode, site: SiteId(7) };
        let witness = self.graph.observe(&held, want, || &stack);
        let made: BTreeSet<u32> = self.graph.met().iter().copied().collect();
        assert!(witness.is_some() || made.is_empty(), "a lock is met only with a witness");
        let span = self.graph.spans.current(thread);
        let seen = Seen { thread, span, held, want: lock, mode, stack };
        assert_eq!(witness.is_some(), self.twin.observe(&seen, mode == Mode::Exclusive));
        let known = witness.map(|witness| self.seen(witness));
        assert!(known.is_none_or(|known| known == seen));
    }

    /// A witness of the graph as the twin would keep it.
    fn seen(&self, witness: WitnessId) -> Seen {
        let witness = self.graph.witness(witness);
        let links = self.graph.chains.holds(witness.held);
        let mut held: Vec<Holding> = links.map(|h| (h.lock, h.mode, h.site)).collect();
        held.reverse();
        assert_eq!(witness.site, SiteId(7));
        Seen {
            thread: witness.thread,
            span: witness.span,
            held,
            want: self.graph.lock(witness.node),
            mode: witness.mode,
            stack: witness.stack.to_vec(),
        }
    }

    fn compare(&self) {
        self.graph.check_invariants();
        let lock = |node: u32| self.graph.lock(node);
        let edges: BTreeMap<(LockId, LockId), Vec<Seen>> = self
            .graph
            .nodes
            .edges()
            .into_iter()
            .map(|(from, to)| {
                let list = self.graph.between(from, to).map(|witness| self.seen(witness));
                ((lock(from), lock(to)), list.collect())
            })
            .collect();
        assert_eq!(edges, self.twin.edges);
        for node in self.graph.nodes.all() {
            let list: Vec<Seen> = self.graph.writers(node).map(|at| self.seen(at)).collect();
            assert_eq!(&list, self.twin.writers.get(&lock(node)).unwrap_or(&Vec::new()));
        }
        let is_known = |lock: &LockId| self.graph.find(*lock).is_some();
        assert!(self.twin.writers.keys().all(is_known));
    }
}

impl Graph {
    /// Panics unless everything that is counted is counted right, and nothing is left behind.
    pub(super) fn check_invariants(&self) {
        self.nodes.check_invariants();
        self.order.check_invariants(&self.nodes.all(), &self.nodes);
        let all = self.nodes.all();
        let ends = self.nodes.edges();
        let lists: Vec<Vec<WitnessId>> = (all.iter().map(|node| self.writers(*node).collect()))
            .chain(ends.iter().map(|(from, to)| self.between(*from, *to).collect()))
            .collect();
        let mut times: BTreeMap<u32, u32> = BTreeMap::new();
        lists.iter().flatten().for_each(|witness| *times.entry(witness.0).or_default() += 1);
        let counted: BTreeMap<u32, u32> =
            self.witnesses.full().map(|at| (at, self.witnesses[at].lists.get())).collect();
        assert_eq!(counted, times);
        assert!(lists.iter().all(|list| list.len() <= WITNESSES));
        assert_eq!(self.lists.len(), lists.iter().filter(|list| list.len() > 1).count());
        let kept: Vec<_> = times.keys().map(|at| &self.witnesses[*at]).collect();
        let stacks: BTreeSet<&[u64]> = times
            .keys()
            .map(|at| self.witness(WitnessId(*at)).stack)
            .filter(|s| !s.is_empty())
            .collect();
        assert_eq!(self.stacks.len(), stacks.len());
        let moments: BTreeSet<_> = times
            .keys()
            .map(|at| self.witness(WitnessId(*at)))
            .map(|witness| (witness.span, witness.mode, witness.site, witness.stack))
            .collect();
        assert_eq!(self.moments.len(), moments.len());
        let mut chains = BTreeSet::new();
        for kept in kept {
            let links: Vec<_> =
                self.chains.holds(kept.held).map(|h| (h.lock, h.mode, h.site)).collect();
            chains.extend((0..links.len()).map(|at| links[at..].to_vec()));
        }
        assert_eq!(self.chains.len(), chains.len());
    }
}

fn check(steps: Vec<Step>) {
    let mut run = Run {
        graph: Graph::default(),
        twin: Twin::default(),
        locks: (0..LOCKS).map(LockId).collect(),
        threads: (0..THREADS).map(ThreadId).collect(),
        next: 100,
    };
    for step in steps {
        run.step(step);
        run.compare();
    }
    for lock in run.locks.clone() {
        run.graph.destroy(lock);
    }
    assert_eq!(sizes(&run.graph), [0; 8]);
}

fn step() -> impl Strategy<Value = Step> {
    let mode = || prop_oneof![4 => Just(Mode::Exclusive), 2 => Just(Mode::Shared), 1 => Just(Mode::Upgradable)];
    let held = prop::collection::vec((0..LOCKS, mode()), 0..4);
    let stack = prop::collection::vec(0..2_u64, 0..3);
    prop_oneof![
        // Mostly one edge, so that its list gets full.
        10 => (0..THREADS, held, (0..LOCKS, mode()), stack)
            .prop_map(|(thread, held, want, stack)| Step::Want(thread, held, want, stack)),
        10 => (0..THREADS, prop::bool::ANY, prop::bool::ANY).prop_map(|(thread, gate, write)| {
            let held = if gate { vec![(4, MODE), (0, MODE)] } else { vec![(0, MODE)] };
            let mode = if write { MODE } else { Mode::Shared };
            Step::Want(thread, held, (1, mode), vec![u64::from(thread)])
        }),
        2 => (0..LOCKS).prop_map(Step::Destroy),
        2 => (0..THREADS).prop_map(Step::Fork),
        1 => (0..THREADS).prop_map(Step::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn agrees_with_a_naive_twin(steps in prop::collection::vec(step(), 1..80)) {
        check(steps);
    }
}
