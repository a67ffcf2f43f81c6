//! What the graph keeps, and what it lets go.

use super::*;

mod model;

const MODE: Mode = Mode::Exclusive;

fn want(thread: u32, lock: u64) -> Want {
    let (thread, lock) = (ThreadId(thread), LockId(lock));
    Want { thread, lock, kind: LockKind::Mutex, mode: MODE, site: SiteId::UNKNOWN }
}

/// Each thread takes the locks with a stack of its own.
fn nest(graph: &mut Graph, thread: u32, locks: &[u64]) {
    let mut held = Vec::new();
    for lock in locks {
        graph.observe(&held, want(thread, *lock), || [u64::from(thread)]);
        held.push((LockId(*lock), MODE, SiteId::UNKNOWN));
    }
}

/// Everything that grows: nodes, edges, lists of neighbours, witnesses, lists of these, links of
/// chains, moments, stacks.
fn sizes(graph: &Graph) -> [usize; 8] {
    let [nodes, edges, neighbours] = graph.nodes.sizes();
    [
        nodes,
        edges,
        neighbours,
        graph.witnesses.len(),
        graph.lists.len(),
        graph.chains.len(),
        graph.moments.len(),
        graph.stacks.len(),
    ]
}

#[test]
fn destroyed_locks_leave_nothing_behind() {
    let mut graph = Graph::default();
    nest(&mut graph, 0, &[1, 2, 3, 4]);
    nest(&mut graph, 1, &[4, 3, 2, 1]);
    for lock in [2, 4, 1, 3] {
        graph.destroy(LockId(lock));
    }
    assert_eq!(sizes(&graph), [0; 8]);
}

#[test]
fn locks_that_come_and_go_cost_what_is_alive() {
    let mut graph = Graph::default();
    let mut slots: Vec<u64> = (0..200).collect();
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    let mut early = [0; 8];
    for round in 0..60_000_u64 {
        let mut picked: Vec<usize> = (0..=next() % 4).map(|_| next() % slots.len()).collect();
        picked.sort_unstable();
        picked.dedup();
        let locks: Vec<u64> = picked.iter().map(|at| slots[*at]).collect();
        nest(&mut graph, (next() % 16) as u32, &locks);
        let gone = next() % slots.len();
        graph.destroy(LockId(slots[gone]));
        slots[gone] = 1_000 + round;
        let now = sizes(&graph);
        if round < 20_000 {
            early = std::array::from_fn(|at| early[at].max(now[at]));
        } else {
            assert!(
                now.iter().zip(early).all(|(now, early)| *now <= early * 3 / 2),
                "{now:?} {early:?}"
            );
        }
    }
}

#[test]
fn an_edge_keeps_few_witnesses_and_the_newest_of_a_thread() {
    let mut graph = Graph::default();
    for thread in 0..100 {
        nest(&mut graph, thread, &[1, 2]);
    }
    assert_eq!(graph.witnesses.len(), WITNESSES);
    assert_eq!(graph.left_out, 100 - WITNESSES as u64);
    // A thread that spawns after every round is in a new span each time.
    for child in 1_000..1_100 {
        graph.spans.fork(ThreadId(0), ThreadId(child));
        nest(&mut graph, 0, &[1, 2]);
    }
    assert_eq!(graph.witnesses.len(), WITNESSES);
    let (from, to) = (graph.find(LockId(1)), graph.find(LockId(2)));
    let newest = graph.between(from.expect("it is known"), to.expect("it is known")).next();
    let span = graph.witness(newest.expect("the edge has one")).span;
    assert_eq!(graph.spans.get(span).segment, 100);
}

#[test]
fn holding_more_tells_nothing_new() {
    let mut graph = Graph::default();
    nest(&mut graph, 0, &[1, 3]);
    nest(&mut graph, 0, &[2, 3]);
    let before = graph.witnesses.len();
    nest(&mut graph, 0, &[1, 2, 3]);
    assert_eq!(graph.witnesses.len(), before + 1, "1 before 2 is new, 3 after both is not");
}

#[test]
fn gated_witnesses_make_room_for_one_without_the_gate() {
    let mut graph = Graph::default();
    for thread in 0..20 {
        nest(&mut graph, thread, &[9, 1, 2]);
    }
    nest(&mut graph, 20, &[1, 2]);
    let (from, to) = (graph.find(LockId(1)), graph.find(LockId(2)));
    let newest = graph.between(from.expect("it is known"), to.expect("it is known")).next();
    assert_eq!(graph.witness(newest.expect("the edge has one")).thread, ThreadId(20));
}
