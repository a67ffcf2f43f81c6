//! The circle of a finding as a picture: threads and what they wait for, in a ring.
//!
//! An edge goes from a thread to what it waits for, and from there to the thread that has it, so a
//! deadlock goes round. The ring is an ellipse that grows with what is on it. Linear in the steps but
//! for locks that occur twice, which are looked for.

use lockgraph::explain::{Spelling, StepWords, awaited};
use lockgraph::finding::{Blocks, Finding, Lock, Step, Wanted};
use serde::Serialize;

use super::place::Place;

/// Half of the ellipse, for each node on it.
const GROWS: (f64, f64) = (34.0, 22.0);
/// Half of the smallest ellipse.
const SMALLEST: (f64, f64) = (210.0, 110.0);
/// Around the ellipse, for what the nodes in it say.
const MARGIN: (f64, f64) = (130.0, 50.0);

#[derive(Serialize)]
pub(super) struct Circle {
    width: u32,
    height: u32,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Node {
    kind: &'static str,
    name: String,
    detail: String,
    x: u32,
    y: u32,
}

#[derive(Serialize)]
struct Edge {
    from: usize,
    to: usize,
    act: &'static str,
    text: String,
    column: usize,
    place: Option<Place>,
}

/// The circle of a finding, if its threads wait for something.
pub(super) fn circle(finding: &Finding, words: &[StepWords]) -> Option<Circle> {
    let steps = &finding.steps;
    if !steps.iter().any(|step| step.wants.is_some()) {
        return None;
    }
    let mut ring = Ring { spell: Spelling::of(finding), ..Ring::default() };
    // Threads first take their places in the ring, each before what it waits for.
    let mut threads = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        threads.push(ring.thread(step));
        ring.awaited(step, &steps[(at + 1) % steps.len()]);
    }
    for (at, step) in steps.iter().enumerate() {
        let next = (at + 1) % steps.len();
        ring.wait(steps, words, (at, next), (threads[at], threads[next]), step);
    }
    Some(ring.placed())
}

#[derive(Default)]
struct Ring {
    spell: Spelling,
    /// What tells a node from the others.
    keys: Vec<Key>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Clone, PartialEq, Eq)]
enum Key {
    Thread(u32),
    Lock(u64),
    /// The end of the queue of a lock, which is not the lock.
    Queue(u64),
    Signal(String),
}

impl Ring {
    fn node(&mut self, key: Key, kind: &'static str, name: String, detail: String) -> usize {
        let known = self.keys.iter().position(|known| *known == key);
        known.unwrap_or_else(|| {
            self.keys.push(key);
            self.nodes.push(Node { kind, name, detail, x: 0, y: 0 });
            self.nodes.len() - 1
        })
    }

    fn thread(&mut self, step: &Step) -> usize {
        let name = self.spell.thread(&step.thread);
        self.node(Key::Thread(step.thread.id), "thread", bare(&name), "thread".into())
    }

    fn lock(&mut self, lock: &Lock, blocks: &Blocks) -> usize {
        let (key, detail) = match blocks {
            Blocks::QueuesBefore(_) => {
                (Key::Queue(lock.id), format!("queue of the {}", lock.kind.name()))
            }
            _ => (Key::Lock(lock.id), lock.kind.name().to_string()),
        };
        let name = self.spell.label(lock);
        self.node(key, "lock", name, detail)
    }

    /// What `step` waits for, as a node of its own; nothing for the end of a thread.
    fn awaited(&mut self, step: &Step, next: &Step) -> Option<usize> {
        match step.wants.as_ref()? {
            Wanted::Lock(lock, _) => Some(self.lock(lock, &next.blocks)),
            Wanted::End(_) => None,
            Wanted::Signal(signal, object) => {
                let object = object.as_ref();
                let name = awaited(*signal, object.map(|it| self.spell.lock(it)).as_deref());
                let detail = object.map_or("signal", |object| object.kind.name()).to_string();
                Some(self.node(Key::Signal(name.clone()), "signal", name, detail))
            }
        }
    }

    /// The edges from a thread to what it waits for, and on to the one that has it.
    fn wait(
        &mut self,
        steps: &[Step],
        words: &[StepWords],
        (at, next): (usize, usize),
        (waiter, blocker): (usize, usize),
        step: &Step,
    ) {
        let Some(waits) = words[at].wants.clone() else { return };
        let object = self.awaited(step, &steps[next]);
        let ends_with = match &step.wants {
            Some(Wanted::End(thread)) => {
                self.keys.iter().position(|key| *key == Key::Thread(thread.id)).unwrap_or(blocker)
            }
            _ => blocker,
        };
        let place = step.site.as_ref().map(Place::of);
        let to = object.unwrap_or(ends_with);
        self.edges.push(Edge { from: waiter, to, act: "waits", text: waits, column: at, place });
        let (Some(object), Some(has)) = (object, words[next].has.clone()) else { return };
        let held = match &steps[next].blocks {
            Blocks::Holds(held) | Blocks::LeftBehind(held) => held.site.as_ref(),
            Blocks::QueuesBefore(_) => steps[next].site.as_ref(),
            _ => None,
        };
        let place = held.map(Place::of);
        let edge = Edge { from: object, to: blocker, act: "holds", text: has, column: next, place };
        self.edges.push(edge);
    }

    /// Gives every node its place, the first one at the left, the others clockwise.
    fn placed(mut self) -> Circle {
        let count = self.nodes.len() as f64;
        let half = |grows: f64, smallest: f64| (grows * count).max(smallest);
        let (half_width, half_height) = (half(GROWS.0, SMALLEST.0), half(GROWS.1, SMALLEST.1));
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let angle = std::f64::consts::PI + std::f64::consts::TAU * at as f64 / count;
            node.x = pixels(MARGIN.0 + half_width * (1.0 + angle.cos()));
            node.y = pixels(MARGIN.1 + half_height * (1.0 + angle.sin()));
        }
        let (width, height) = (half_width + MARGIN.0, half_height + MARGIN.1);
        let (width, height) = (pixels(2.0 * width), pixels(2.0 * height));
        Circle { width, height, nodes: self.nodes, edges: self.edges }
    }
}

fn pixels(length: f64) -> u32 {
    length.round() as u32
}

/// "worker" for "thread `worker`", "thread 3" as it is.
fn bare(thread: &str) -> String {
    let name = thread.strip_prefix("thread `").and_then(|name| name.strip_suffix('`'));
    name.unwrap_or(thread).to_string()
}
