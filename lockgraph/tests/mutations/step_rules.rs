//! What a step comes after: data, spawns, joins, refusals and signals.

use super::{Rule, rule};

pub(super) const ALL: &[Rule] = &[
    // Data, spawns and joins.
    rule(
        "a read comes after its write",
        "history.rs",
        &[("life.depend(thread, write, Bond::Data);", "let _ = write;")],
    ),
    rule(
        "a write comes after what was read before",
        "history.rs",
        &[("life.settle(&mut self.clock);\n        life.looks.wrote", "life.looks.wrote")],
    ),
    rule(
        "a thread begins after its spawn",
        "history.rs",
        &[("life.links.push(Link { at: 1, after, bond: Bond::Life });", "let _ = after;")],
    ),
    rule(
        "a thread that has not begun is not before its first step",
        "history.rs",
        &[
            (
                "life.advance(&mut self.clock);\n            self.lives.push(life);",
                "self.lives.push(life);",
            ),
            ("life.steps == 1 && life.links", "life.steps == 0 && life.links"),
            ("life.turns[0] = self.clock;", ""),
            (
                "            let mut life = Life::default();",
                "            let life = Life::default();",
            ),
        ],
    ),
    rule(
        "a thread begins when it is spawned",
        "history.rs",
        &[("life.turns[0] = self.clock;", "")],
    ),
    rule(
        "a join comes after the end",
        "history.rs",
        &[("life.link(thread, after, Bond::Life);", "let _ = after;")],
    ),
    rule(
        "a link that is left out with the data says nothing of a signal",
        "life.rs",
        &[(" && *by <= bond", "")],
    ),
    rule(
        "a join is one although nothing new is learnt from it",
        "life.rs",
        &[(" || bond == Bond::Life", "")],
    ),
    // What was read before a step comes before it, whatever the step is.
    rule(
        "a lock is taken after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        if life.held.is_empty() {",
            "if life.held.is_empty() {",
        )],
    ),
    rule(
        "a lock is given back after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        life.advance(&mut self.clock);\n        \
             let hold =",
            "life.advance(&mut self.clock);\nlet hold =",
        )],
    ),
    rule(
        "a lock is asked for after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        \
             let set = life.set(&mut self.nodes, &mut self.sets);\n        \
             let node = self.nodes.asks(",
            "let set = life.set(&mut self.nodes, &mut self.sets);\n\
             let node = self.nodes.asks(",
        )],
    ),
    rule(
        "a mode changes after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        let hold = life.held[at];",
            "let hold = life.held[at];",
        )],
    ),
    rule(
        "a thread is spawned after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        life.advance(&mut self.clock);\n        \
             let after =",
            "life.advance(&mut self.clock);\nlet after =",
        )],
    ),
    rule(
        "an end comes after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        let after = Point { thread: child,",
            "let after = Point { thread: child,",
        )],
    ),
    rule(
        "a join comes after what was read before",
        "history.rs",
        &[("life.request = None;\n        life.settle(&mut self.clock);", "life.request = None;")],
    ),
    rule(
        "an end is waited for after what was read before",
        "history.rs",
        &[(
            "if child != thread {\n            life.settle(&mut self.clock);",
            "if child != thread {",
        )],
    ),
    rule(
        "a signal comes after what was read before",
        "history.rs",
        &[(
            "life.settle(&mut self.clock);\n        life.advance(&mut self.clock);\n        \
             let here =",
            "life.advance(&mut self.clock);\nlet here =",
        )],
    ),
    // Refusals.
    rule(
        "a refusal comes after what it was for",
        "history.rs",
        &[("life.depend(thread, point, Bond::Signal);", "let _ = point;")],
    ),
    rule(
        "a refusal is for those in the way",
        "history.rs",
        &[("hold.lock == lock && mode.waits_for(hold.mode);", "hold.lock == lock;\nlet _ = mode;")],
    ),
    rule(
        "a request that was refused is over",
        "history.rs",
        &[("self.lives[thread as usize].request = None;", "")],
    ),
    // Signals.
    rule(
        "told before heard",
        "signals.rs",
        &[(
            "Op::Tell(object) => self.objects.entry(object).or_default().tell(here),",
            "Op::Tell(_) => {}",
        )],
    ),
    rule(
        "what is told twice counts twice",
        "signals.rs",
        &[("Some(point) => *point = here,", "Some(_) => {}")],
    ),
    rule(
        "arrived before left",
        "signals.rs",
        &[(
            "Op::Arrive(barrier) => self.barriers.entry(barrier).or_default().tell(here),",
            "Op::Arrive(_) => {}",
        )],
    ),
    rule(
        "notified before woken",
        "signals.rs",
        &[(
            "self.notifications[from..].iter().copied().for_each(after);",
            "let _ = (from, after);",
        )],
    ),
    rule(
        "only notifications since the wait began",
        "signals.rs",
        &[("self.notifications[from..]", "let _ = from;\nself.notifications[..]")],
    ),
    rule(
        "sent before received",
        "signals.rs",
        &[(".replace(here).into_iter().chain(send)", ".replace(here).into_iter()")],
    ),
    rule(
        "sent in order",
        "signals.rs",
        &[("self.last_send.replace(here).into_iter().for_each(&mut after);", "")],
    ),
    rule(
        "received in order",
        "signals.rs",
        &[("self.last_receive.replace(here).into_iter().chain(send)", "send.into_iter()")],
    ),
    rule(
        "sent when there was room",
        "signals.rs",
        &[("self.made_room.pop_front().into_iter().for_each(after);", "")],
    ),
    rule(
        "room is as large as it is",
        "signals.rs",
        &[("self.sent > room.into()", "self.sent > 0")],
    ),
    rule(
        "handed over by who receives",
        "signals.rs",
        &[("(room == 0).then_some(Handed::Over)", "None")],
    ),
    rule(
        "who handed over goes on when it was taken",
        "history.rs",
        &[(
            "self.lives[sender as usize].links[waiting].after = before;",
            "let _ = (sender, waiting, before);",
        )],
    ),
    rule(
        "who handed over to nobody does not go on",
        "history.rs",
        &[("after: NEVER,", "after: here,")],
    ),
];
