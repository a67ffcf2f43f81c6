//! Which critical sections there are, what they have to wait for, and how the part of the run grows
//! that leads to a pattern.

use super::{Rule, rule};

pub(super) const ALL: &[Rule] = &[
    // What is held.
    rule(
        "a reentrant lock is taken once",
        "history.rs",
        &[(
            "if hold.mode.is_reentered(mode) {\n                hold.depth",
            "if false {\n                hold.depth",
        )],
    ),
    rule("a lock taken twice is given back twice", "history.rs", &[("hold.depth += 1;", "")]),
    rule(
        "what was given back in between is not held",
        "history.rs",
        &[("if at < life.held.len() {", "if false {")],
    ),
    rule(
        "a change of mode is no second hold",
        "history.rs",
        &[("if how.changes(hold.mode, mode) {", "if false {")],
    ),
    rule(
        "a section ends where its mode changes",
        "history.rs",
        &[(
            "life.sections[hold.section as usize].until = life.steps;\n        life.held[at] = Hold {",
            "life.held[at] = Hold {",
        )],
    ),
    rule(
        "an upgrade can wait",
        "history.rs",
        &[(
            "let waits = how == How::Blocking || requested.is_some();",
            "let _ = requested;\nlet waits = false;",
        )],
    ),
    rule(
        "a downgrade does not wait",
        "history.rs",
        &[(
            "let waits = how == How::Blocking || requested.is_some();",
            "let _ = requested;\nlet waits = true;",
        )],
    ),
    rule(
        "after a change of mode the hold is in that mode",
        "history.rs",
        &[("Hold { mode, section, ..hold }", "Hold { section, ..hold }")],
    ),
    rule(
        "a request that was granted is over",
        "history.rs",
        &[("life.request.take();", "life.request;")],
    ),
    // Critical sections.
    rule(
        "an earlier section ends",
        "closure.rs",
        &[("kept => self.earlier[at] = kept,", "_ => {}")],
    ),
    rule(
        "an upgradable section ends before a writer",
        "closure.rs",
        &[(
            "closing.meet(1, kept.upgradable);\n                closing.is_late |=",
            "closing.is_late |=",
        )],
    ),
    rule(
        "an upgradable section ends before an upgradable one",
        "closure.rs",
        &[(
            "closing.meet(1, kept.upgradable);\n                replace(&mut kept.upgradable, new);",
            "replace(&mut kept.upgradable, new);",
        )],
    ),
    rule(
        "readers end before a writer",
        "closure.rs",
        &[(".chain(earlier).chain(readers)", ".chain(earlier)")],
    ),
    rule(
        "of readers only the earlier ones end before a writer",
        "closure.rs",
        &[(
            "let is_later = |read: &Entered| read.turn > new.turn;",
            "let is_later = |_: &Entered| false;",
        )],
    ),
    rule(
        "a section ends if a later one is there",
        "closure.rs",
        &[("let own = closing.is_late.then_some(new);", "let own: Option<Entered> = None;")],
    ),
    rule(
        "a writer ends if a later reader is there",
        "closure.rs",
        &[("closing.is_late |= kept.latest_read.is_some_and(|turn| turn > new.turn);", "")],
    ),
    rule(
        "of two sections the later one is kept",
        "closure.rs",
        &[("kept.is_none_or(|kept| kept.turn < new.turn)", "kept.is_none()")],
    ),
    rule(
        "what is kept is of this part",
        "closure.rs",
        &[("if kept.sweep != self.sweep {", "if kept.sweep == u64::MAX {")],
    ),
    rule(
        "readers do not wait for readers to end",
        "closure.rs",
        &[("match claim.mode() {", "match Mode::Exclusive {")],
    ),
    rule(
        "a section that is not over cannot end",
        "closure.rs",
        &[(
            "OPEN => *self.history.ended_by.get(&(thread, section))?,",
            "OPEN => match self.history.ended_by.get(&(thread, section)) {\n\
             Some(end) => *end,\nNone => return Some(()),\n},",
        )],
    ),
    rule(
        "another thread can end a section",
        "history.rs",
        &[(
            "self.ended_by.insert((taker, hold.section), Point { thread, steps });",
            "let _ = steps;",
        )],
    ),
    rule(
        "who has a lock does not wait for itself",
        "closure.rs",
        &[("if !is_own || history.ended_by", "if true || history.ended_by")],
    ),
    rule(
        "who has a lock waits for who has to give it back",
        "closure.rs",
        &[(
            "if !is_own || history.ended_by.contains_key(&(thread, closed.section)) {",
            "if !is_own {",
        )],
    ),
    // The sweep over the instances.
    rule(
        "an instance in the part is over",
        "closure.rs",
        &[("partition_point(|at| at.at <= reached)", "partition_point(|at| at.at < reached)")],
    ),
    rule(
        "no instance is passed over",
        "closure.rs",
        &[("*next += over;", "*next += over + usize::from(over > 0);")],
    ),
    rule(
        "after an instance comes the next one",
        "closure.rs",
        &[("is_over &= over == 0;", "if over > 0 {\nreturn None;\n}")],
    ),
    rule(
        "an attempt itself is not needed",
        "closure.rs",
        &[("attempt.instances.get(*next)?.at - 1;", "attempt.instances.get(*next)?.at;")],
    ),
    rule(
        "a part is used again only if it is needed again",
        "closure.rs",
        &[("self.is_closed && self.roots.iter().all(is_before)", "self.is_closed")],
    ),
    rule(
        "a part is used again only before the first instances",
        "closure.rs",
        &[("|first| first.at > root.steps)", "|_| true)")],
    ),
    rule(
        "a part is used again only if it is closed",
        "closure.rs",
        &[("self.is_closed && self.roots.iter()", "self.roots.iter()")],
    ),
    rule(
        "what cannot be proved may be feasible",
        "closure.rs",
        &[("else if has_data && let Some", "else if has_data && false && let Some")],
    ),
    rule(
        "what is proved changes no read",
        "closure.rs",
        &[("self.reached[link.after.thread as usize] < link.after.steps", "link.at == 0")],
    ),
    rule(
        "only with all data it is proved",
        "closure.rs",
        &[("if proves { Verdict::Proved }", "if proves || true { Verdict::Proved }")],
    ),
    rule(
        "what has no time is not excluded",
        "closure.rs",
        &[("witness.is_none() && has_instances", "witness.is_none() && (has_instances || true)")],
    ),
    rule(
        "what cannot be done is excluded only if signals say so",
        "closure.rs",
        &[("&& self.sweep(SIGNALS, attempts).is_none()", "")],
    ),
    rule(
        "what signals keep apart is excluded",
        "closure.rs",
        &[("&& self.sweep(SIGNALS, attempts).is_none()", "&& false")],
    ),
    rule(
        "spawns and joins are told from signals",
        "closure.rs",
        &[("for bond in [Bond::Life, Bond::Signal] {", "for bond in [Bond::Signal] {")],
    ),
];
