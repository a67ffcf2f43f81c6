//! The rules of reorderings and patterns, by name, so that one can be dropped: then something else
//! must be found somewhere, or the rule is not tested.

/// A rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    ReadsSeeTheSame,
    ForksComeFirst,
    /// A thread that has not begun is not before its first step.
    FirstStepsToo,
    JoinsComeLast,
    JoinsBlock,
    SentBeforeReceived,
    SentInOrder,
    ReceivedInOrder,
    RoomIsBounded,
    HandToHand,
    ToldBeforeHeard,
    NotifiedBeforeWoken,
    ArrivedBeforeLeft,
    RefusedWhileHeld,
    SectionsEnd,
    SectionsKeepTheirOrder,
    ReadersShare,
    ReadersQueue,
    /// Readers queue behind a writer only if it is readers who keep it out.
    OnlyBehindReaders,
    HeldTogether,
    WantsDiffer,
    TriesGiveUp,
    RequestsBlock,
    TakenAgainIsHeldLonger,
    ChangesKeepOneHold,
}

impl Rule {
    /// All of them, each with a mix of random traces in which it matters.
    pub(crate) const ALL: [(Rule, &'static str); 25] = [
        (Rule::ReadsSeeTheSame, "mutex"),
        (Rule::ForksComeFirst, "mutex"),
        (Rule::FirstStepsToo, "join"),
        (Rule::JoinsComeLast, "join"),
        (Rule::JoinsBlock, "join"),
        (Rule::SentBeforeReceived, "channels"),
        (Rule::SentInOrder, "channels"),
        (Rule::ReceivedInOrder, "channels"),
        (Rule::RoomIsBounded, "channels"),
        (Rule::HandToHand, "channels"),
        (Rule::ToldBeforeHeard, "semaphores"),
        (Rule::NotifiedBeforeWoken, "condvars"),
        (Rule::ArrivedBeforeLeft, "condvars"),
        (Rule::RefusedWhileHeld, "mutex"),
        (Rule::SectionsEnd, "mutex"),
        (Rule::SectionsKeepTheirOrder, "mutex"),
        (Rule::ReadersShare, "rw"),
        (Rule::ReadersQueue, "fair"),
        (Rule::OnlyBehindReaders, "fair"),
        (Rule::HeldTogether, "mutex"),
        (Rule::WantsDiffer, "rw"),
        (Rule::TriesGiveUp, "mutex"),
        (Rule::RequestsBlock, "mutex"),
        (Rule::TakenAgainIsHeldLonger, "mutex"),
        (Rule::ChangesKeepOneHold, "changes"),
    ];
}

/// The rules that are kept: all but one at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Rules {
    dropped: Option<Rule>,
}

impl Rules {
    /// All but this one.
    pub(crate) fn without(rule: Rule) -> Rules {
        Rules { dropped: Some(rule) }
    }

    pub(super) fn has(self, rule: Rule) -> bool {
        self.dropped != Some(rule)
    }
}
