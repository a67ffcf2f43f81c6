//! What makes a pattern, and what makes a schedule worth telling.

use super::{Rule, rule};

pub(super) const ALL: &[Rule] = &[
    // Who is a candidate.
    rule(
        "who tries does not wait",
        "attempts.rs",
        &[("Aim::Try(_) => continue,", "Aim::Try(claim) => (claim.lock(), Some(claim.mode())),")],
    ),
    rule(
        "who asked and was refused did not wait",
        "attempts.rs",
        &[("if !node.is_made && !stuck.contains(&number) => continue,", "if false => continue,")],
    ),
    rule(
        "who asked and got no answer waits",
        "attempts.rs",
        &[(
            "!node.is_made && !stuck.contains(&number)",
            "!node.is_made && stuck.len() < usize::MAX",
        )],
    ),
    rule(
        "who waits for the end of a thread waits for the thread",
        "attempts.rs",
        &[("joined[candidate.thread as usize].then_some(locks + candidate.thread)", "None::<u32>")],
    ),
    rule(
        "writers in a queue are candidates",
        "attempts.rs",
        &[("group.push(at);", "let _ = group;")],
    ),
    rule(
        "a writer in a queue is a candidate once",
        "attempts.rs",
        &[("            && !held(candidate).any(|from| of(from) == of(candidate.want))\n", "")],
    ),
    rule(
        "requests at the end are attempts",
        "attempts.rs",
        &[("life.joins.iter().chain(&life.request)", "life.joins.iter()")],
    ),
    rule(
        "joins are attempts",
        "attempts.rs",
        &[("life.joins.iter().chain(&life.request)", "life.request.iter()")],
    ),
    rule(
        "a lock whose guards travel is not held",
        "attempts.rs",
        &[(".filter(|claim| !history.travelling.contains(&claim.lock()))", "")],
    ),
    rule(
        "a guard that another thread drops travels",
        "history.rs",
        &[("self.travelling.insert(lock);", "")],
    ),
    // The gates of a group.
    rule(
        "a gate of readers is none",
        "attempts.rs",
        &[
            ("gates.retain(|claim| !claim.mode().is_read());", ""),
            ("gate.lock() && !claim.mode().is_read())", "gate.lock())"),
        ],
    ),
    rule(
        "a gate is one only if nobody reads behind it",
        "attempts.rs",
        &[("gate.lock() && !claim.mode().is_read())", "gate.lock())")],
    ),
    rule(
        "what one gate keeps apart is not searched",
        "attempts.rs",
        &[("groups.retain(|group| can_close(history, group, &candidates));", "")],
    ),
    rule(
        "one thread alone is not searched",
        "attempts.rs",
        &[("let mut is_alone = true;", "let mut is_alone = false;")],
    ),
    rule(
        "a gate whose guards travel is none",
        "attempts.rs",
        &[("gates.retain(|claim| !history.travelling.contains(&claim.lock()));", "")],
    ),
    // The search for circles.
    rule(
        "what is held together is compatible",
        "search.rs",
        &[("&& candidate.held.iter().all(|(lock, mode)| self.is_compatible(*lock, *mode))", "")],
    ),
    rule(
        "readers share what they hold",
        "search.rs",
        &[("holds[*held as usize] == 0 || !mode.waits_for(*held)", "holds[*held as usize] == 0")],
    ),
    rule("threads differ", "search.rs", &[("&& !self.threads[candidate.thread as usize]", "")]),
    rule(
        "modes conflict",
        "search.rs",
        &[(
            "held.any(|(lock, held)| *lock == last.want && mode.waits_for(*held))",
            "held.any(|(lock, _)| *lock == last.want)",
        )],
    ),
    rule(
        "wants differ",
        "search.rs",
        &[("wanted == 0 || wanted == 1 && self.may_queue_for_start(candidate)", "true")],
    ),
    rule(
        "readers queue",
        "search.rs",
        &[("if !last.mode.is_some_and(Mode::queues_behind_writers) {", "if true {")],
    ),
    rule(
        "only readers who queue do",
        "search.rs",
        &[(
            "if !last.mode.is_some_and(Mode::queues_behind_writers) {",
            "if !last.mode.is_some_and(|mode| mode.is_read()) {",
        )],
    ),
    rule(
        "behind a writer only if readers keep it out",
        "search.rs",
        &[(
            "(Way::Holds, Way::Queues) => candidate.only_reads(last.want),",
            "(Way::Holds, Way::Queues) => true,",
        )],
    ),
    rule(
        "behind a writer only if it is no upgradable hold that keeps it out",
        "search.rs",
        &[(
            "held.all(|(_, mode)| mode.is_read())",
            "held.all(|(_, mode)| mode.is_read() || *mode == Mode::Upgradable)",
        )],
    ),
    rule(
        "the same where the queue closes the circle",
        "search.rs",
        &[("second.is_some_and(|second| second.only_reads(start.want))", "second.is_some()")],
    ),
    rule(
        "a queue may close the circle",
        "search.rs",
        &[("wanted == 0 || wanted == 1 && self.may_queue_for_start(candidate)", "wanted == 0")],
    ),
    rule(
        "who queues behind the start closes the circle",
        "search.rs",
        &[("            && !self.has_to_close()\n", "")],
    ),
    rule(
        "who queues behind the start closes it by the queue",
        "search.rs",
        &[(
            "Way::Holds => !self.has_to_close() && self.blocks(start, way),",
            "Way::Holds => self.blocks(start, way),",
        )],
    ),
    rule("each circle once", "search.rs", &[("candidate > start && self.fits", "self.fits")]),
    rule(
        "who holds a lock twice is in the way once",
        "search.rs",
        &[("if list.last() != Some(&at) {", "{")],
    ),
    rule(
        "short circles only once",
        "search.rs",
        &[("self.path.len() >= shortest && self.closes(way)", "self.closes(way)")],
    ),
    rule("who is looked at is counted", "search.rs", &[("*budget -= 1;", "")]),
    rule(
        "long circles after short ones",
        "search.rs",
        &[("if !is_cut {\n            break;", "if is_cut || !is_cut {\n            break;")],
    ),
    rule(
        "a spent budget is told",
        "search.rs",
        &[(
            "if *budget == 0 {\n                return true;",
            "if *budget == 0 {\n                return false;",
        )],
    ),
    rule("a bound that was met is told", "search.rs", &[("self.is_bounded = true;", "")]),
    // Schedules.
    rule(
        "writers ask first",
        "schedule.rs",
        &[("for writes in [true, false] {", "for writes in [false, true] {")],
    ),
    rule(
        "a lock whose mode changes is not given back",
        "schedule.rs",
        &[(".filter(|end| !is_change(end))", "")],
    ),
    rule(
        "that a message was taken shows afterwards",
        "schedule.rs",
        &[("Bond::Signal if self.turn(here) < self.turn(link.after) => {}", "")],
    ),
    rule(
        "a short schedule takes what is held in the end",
        "schedule.rs",
        &[("own.any(|(_, at)| of.until >= *at)", "own.any(|(_, at)| of.until >= *at || true)")],
    ),
    rule(
        "a short schedule waits for nobody who is not in it",
        "schedule.rs",
        &[("!matches!(made.act, Act::Joins(other) if !known.contains(&other))", "true")],
    ),
    rule(
        "a short schedule hears what was told",
        "schedule.rs",
        &[("Act::Hears(token) => told.contains(&token),", "")],
    ),
    rule(
        "a short schedule joins what has ended",
        "schedule.rs",
        &[("Act::Joins(other) => queues.get(&other).is_none_or(VecDeque::is_empty),", "")],
    ),
    rule(
        "a short schedule begins what runs",
        "schedule.rs",
        &[("!unborn.contains(thread)\n                    && match", "match")],
    ),
    rule(
        "a short schedule needs what is linked",
        "schedule.rs",
        &[(
            "grown.extend(new.filter(|link| link.bond <= Bond::Signal).map(|link| link.after));",
            "let _ = new;",
        )],
    ),
];
