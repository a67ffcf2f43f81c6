//! What the gate has to say, for people.

use std::io::{self, Write};

use lockgraph::explain::escaped;
use lockgraph::report;

use super::text::counted;
use crate::check::{Checked, Found};
use crate::gate::{Acceptance, Judgement, Standing};

/// What the gate lets pass, a line each.
pub(crate) fn passed(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    if checked.gate.is_none() {
        return Ok(());
    }
    let mut any = false;
    for found in &checked.found {
        let why = match &found.standing {
            Standing::Accepted(it) => {
                let until = it.expires.as_ref().map(|last| format!(" until {last}"));
                let moved = if it.is_moved { " under another name" } else { "" };
                let until = until.unwrap_or_default();
                format!("accepted{until}{moved}: {}", escaped(&it.reason))
            }
            Standing::Tolerated => "passes by the settings".to_string(),
            Standing::Unjudged | Standing::New | Standing::Expired(_) => continue,
        };
        writeln!(out, "{}\n  {why}", report::one_line(&found.finding))?;
        any = true;
    }
    if any { writeln!(out) } else { Ok(()) }
}

/// The gate in a line, and what is not as it was.
pub(crate) fn summary(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let Some(gate) = &checked.gate else { return Ok(()) };
    let count = |is: &dyn Fn(&Standing) -> bool| {
        checked.found.iter().filter(|found: &&Found| is(&found.standing)).count()
    };
    let mut parts = vec![match count(&|it| *it == Standing::New) {
        0 => "nothing new".to_string(),
        new => format!("{new} new"),
    }];
    let others = [
        (count(&|it| matches!(it, Standing::Expired(_))), "accepted until a day that has passed"),
        (count(&|it| matches!(it, Standing::Accepted(_))), "accepted"),
        (count(&|it| *it == Standing::Tolerated), "tolerated"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, what)| format!("{count} {what}")));
    writeln!(out, "  gate: {}", parts.join(", "))?;
    if count(&|it| matches!(it, Standing::New | Standing::Expired(_))) > 0 {
        writeln!(out, "  accept what may stay, with a reason: cargo lockgraph review")?;
    }
    let moved = count(&|it| matches!(it, Standing::Accepted(Acceptance { is_moved: true, .. })));
    if moved > 0 {
        let moved = counted(moved as u64, "finding is", "findings are");
        writeln!(out, "  {moved} accepted under another name; to note it: cargo lockgraph learn")?;
    }
    order(out, gate)?;
    for stale in &gate.stale {
        writeln!(out, "  accepted and not found: {}", escaped(stale))?;
    }
    if gate.stale.is_empty() {
        return Ok(());
    }
    writeln!(out, "  if that was the whole run: cargo lockgraph prune")
}

fn order(out: &mut dyn Write, gate: &Judgement) -> io::Result<()> {
    if !gate.has_order {
        return writeln!(
            out,
            "  there is no committed order: `cargo lockgraph learn` writes lock-order.json"
        );
    }
    let parts = [
        (gate.new_edges, "new edge", "new edges"),
        (gate.moved_edges, "edge under another name", "edges under another name"),
    ];
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(count, one, many)| counted(*count as u64, one, many)).collect();
    if !parts.is_empty() {
        let parts = parts.join(", ");
        writeln!(out, "  order: {parts}; what is right, commit: cargo lockgraph learn")?;
    }
    if gate.unseen_edges == 0 {
        return Ok(());
    }
    let edges = counted(gate.unseen_edges as u64, "edge", "edges");
    writeln!(
        out,
        "  order: {edges} not seen; if that was the whole run: cargo lockgraph learn --prune"
    )
}
