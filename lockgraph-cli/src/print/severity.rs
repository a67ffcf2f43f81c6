//! How grave a finding is to the machines that show reports, which know three levels.

use lockgraph::finding::Verdict;

use crate::check::Found;
use crate::gate::Standing;

/// How grave a finding is, gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// What fails the gate is an error, what it lets pass a note. Without a gate what is certain is
    /// an error, as in the text report.
    pub(crate) fn of(found: &Found) -> Severity {
        match (&found.standing, found.finding.verdict) {
            (_, Verdict::Excluded) | (Standing::Accepted(_) | Standing::Tolerated, _) => {
                Severity::Note
            }
            (Standing::New | Standing::Expired(_), _)
            | (Standing::Unjudged, Verdict::Actual | Verdict::Proved) => Severity::Error,
            (Standing::Unjudged, Verdict::Stalled | Verdict::Feasible | Verdict::Possible) => {
                Severity::Warning
            }
        }
    }
}

/// Whether the run fails for it.
pub(crate) fn fails(found: &Found) -> bool {
    let is_let_pass = matches!(found.standing, Standing::Accepted(_) | Standing::Tolerated);
    found.finding.verdict != Verdict::Excluded && !is_let_pass
}

/// What the settings say of it, in a sentence without a full stop.
pub(crate) fn standing(found: &Found) -> Option<String> {
    match &found.standing {
        Standing::Unjudged | Standing::New => None,
        Standing::Tolerated => Some("the settings let it pass".into()),
        Standing::Accepted(acceptance) => {
            let until = acceptance.expires.as_ref().map(|day| format!(" until {day}"));
            let moved = if acceptance.is_moved { " under another name" } else { "" };
            let until = until.unwrap_or_default();
            Some(format!("accepted{moved}{until}: {}", acceptance.reason))
        }
        Standing::Expired(acceptance) => {
            let day = acceptance.expires.as_deref().unwrap_or("a day");
            Some(format!("accepted until {day}, which has passed: {}", acceptance.reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use lockgraph::finding::Finding;

    use super::*;
    use crate::staged::{self, accepted, expired};

    #[test]
    fn the_gate_decides_if_there_is_one() {
        use Severity::{Error, Note, Warning};
        for (standing, verdict, severity, does_fail) in [
            (Standing::Unjudged, Verdict::Actual, Error, true),
            (Standing::Unjudged, Verdict::Proved, Error, true),
            (Standing::Unjudged, Verdict::Stalled, Warning, true),
            (Standing::Unjudged, Verdict::Possible, Warning, true),
            (Standing::Unjudged, Verdict::Excluded, Note, false),
            (Standing::New, Verdict::Possible, Error, true),
            (Standing::New, Verdict::Excluded, Note, false),
            (expired(), Verdict::Feasible, Error, true),
            (accepted(), Verdict::Actual, Note, false),
            (Standing::Tolerated, Verdict::Possible, Note, false),
        ] {
            let finding = Finding { verdict, ..staged::cycle() };
            let found = Found { standing, ..staged::found("a.lgt", &finding) };
            let got = (Severity::of(&found), fails(&found));
            assert_eq!(got, (severity, does_fail), "{:?} {verdict:?}", found.standing);
        }
    }

    #[test]
    fn an_acceptance_is_told_with_its_reason_and_day() {
        for (standing, want) in [
            (Standing::New, None),
            (accepted(), Some("accepted under another name: \"old\" & <known>")),
            (expired(), Some("accepted until 2026-01-31, which has passed: for a while")),
            (Standing::Tolerated, Some("the settings let it pass")),
        ] {
            let found = Found { standing, ..staged::found("a.lgt", &staged::cycle()) };
            assert_eq!(super::standing(&found).as_deref(), want);
        }
    }
}
