//! What each verdict means, and what to do with a finding that has it.

use crate::finding::Verdict;

/// What there is to say about a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerdictPage {
    /// Which one.
    pub verdict: Verdict,
    /// What it means, in a few sentences.
    pub what: &'static str,
    /// What it rests on, and what it does not know.
    pub evidence: &'static str,
    /// What to do with such a finding.
    pub what_to_do: &'static str,
}

/// Explains a verdict.
pub fn verdict_page(verdict: Verdict) -> VerdictPage {
    let (what, evidence, what_to_do) = match verdict {
        Verdict::Actual => ACTUAL,
        Verdict::Stalled => STALLED,
        Verdict::Proved => PROVED,
        Verdict::Feasible => FEASIBLE,
        Verdict::Possible => POSSIBLE,
        Verdict::Excluded => EXCLUDED,
    };
    VerdictPage { verdict, what, evidence, what_to_do }
}

type Text = (&'static str, &'static str, &'static str);

const ACTUAL: Text = (
    "It happened: these threads wait for each other for ever. They were seen blocked, each by the \
     next one.",
    "Who was blocked at that moment, and what each of them held. Nobody outside the circle can end \
     such a wait, so this is not a guess.",
    "Repair it. What each thread holds and wants, and where, is in the finding.",
);

const STALLED: Text = (
    "These threads wait, and nobody that is known can end it; but not everybody is known. A thread \
     that is not watched, or is blocked in something that is not, may yet do it.",
    "As for `actual`, but for the threads that the finding names as not known.",
    "See what those threads do. If they are idle, it is a deadlock.",
);

const PROVED: Text = (
    "A schedule of the steps that were seen ends in a deadlock, and every read that was recorded \
     sees in it what it saw. The run went well; with other timing the same program hangs.",
    "The schedule, step by step, of which only the order differs from the run: each thread takes \
     the steps that it took, locks and joins are respected, and so is what was sent and told. What \
     was not recorded (memory behind `unsafe`, files, sockets, time) could still keep a thread from \
     going the same way.",
    "Repair it as if it had happened. `lockgraph check --witness DIR` writes the schedule as a \
     trace.",
);

const FEASIBLE: Text = (
    "A schedule of the steps that were seen ends in a deadlock, if the threads would take them: what \
     they read was not recorded, or would be something else.",
    "The schedule, as for `proved`. A thread that reads another value may go another way before it \
     comes to the end of it.",
    "Look whether what is read on the way decides which locks are taken. If it does not, repair it. \
     A trace in full (`LOCKGRAPH_LEVEL=full`) has what goes through locks, so that it can be \
     proved or not.",
);

const POSSIBLE: Text = (
    "A cycle that nothing that was seen keeps from deadlocking, but for which there is no schedule. \
     Either only the order of locks was recorded, or no order of the steps was found that leads to \
     it.",
    "Each step of the cycle was seen, on different threads, with no lock around them that keeps them \
     apart, and no spawn, join or message that puts one after the other.",
    "Take the locks in one order. It is cheaper than to find out that it cannot happen.",
);

const EXCLUDED: Text = (
    "A cycle that cannot deadlock, for the reason given. Shown only on request (`--all`).",
    "One thread alone, a lock that is held around all of it, readers only, or an order by spawn, \
     join or messages: in this run. A change that takes the reason away makes it possible.",
    "Nothing. It does not count as a finding.",
);
