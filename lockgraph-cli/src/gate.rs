//! The gate: which findings fail, and which were accepted.

/// What the gate makes of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// There is no gate.
    Unjudged,
    /// It fails.
    New,
    /// The settings accept it.
    Accepted(Acceptance),
    /// The settings accepted it until a day that has passed: it fails.
    Expired(Acceptance),
    /// The settings let findings of this kind, or this unsure, pass.
    Tolerated,
}

/// Why a finding may stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acceptance {
    /// In the words of who accepted it.
    pub(crate) reason: String,
    /// The last day, as `2027-01-31`.
    pub(crate) expires: Option<String>,
    /// Whether it was accepted under other names: a class or function was renamed since.
    pub(crate) is_moved: bool,
}
