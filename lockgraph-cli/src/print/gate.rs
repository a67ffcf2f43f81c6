//! What the gate has to say, for people.

use std::io::{self, Write};

use lockgraph::explain::escaped;
use lockgraph::report;

use super::text::counted;
use crate::check::{Checked, Found};
use crate::gate::{Judgement, Standing};

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
                let moved = if it.is_moved { ", under another name" } else { "" };
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
        (count(&|it| matches!(it, Standing::Expired(_))), "accepted for a time that is over"),
        (count(&|it| matches!(it, Standing::Accepted(_))), "accepted"),
        (count(&|it| *it == Standing::Tolerated), "tolerated"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, what)| format!("{count} {what}")));
    writeln!(out, "  gate: {}", parts.join(", "))?;
    if count(&|it| *it == Standing::New) > 0 {
        writeln!(out, "  accept what may stay, with a reason: cargo lockgraph review")?;
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
        (gate.new_edges, "new"),
        (gate.moved_edges, "under another name"),
        (gate.unseen_edges, "not seen"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", counted(*count as u64, "edge", "edges")))
        .collect();
    if parts.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "  order: {}; to commit what is seen now: cargo lockgraph learn",
        parts.join(", ")
    )
}
