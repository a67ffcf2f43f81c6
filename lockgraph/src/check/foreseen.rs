//! Waits that have not hung, but could: judged over all that a trace says of an object.

use super::Judge;
use crate::describe;
use crate::held::Hold;
use crate::meet::{Meeting, Meetings, Role};
use crate::trace;

/// Finds the waits under locks that everybody needs who could end them.
pub(super) fn judge(judge: &mut Judge<'_>) {
    let mut meetings = Meetings::default();
    for meeting in &judge.trace.meetings {
        let trace::Meeting { thread, span, object, signal, waits, site, ref locks } = *meeting;
        judge.spans.insert(thread, span);
        judge.enter_span(span);
        let spans = &mut judge.graph.spans;
        let role = if waits { Role::Waits } else { Role::Serves };
        let locks = locks.iter().map(|(lock, mode, site)| Hold::new(*lock, *mode, *site)).collect();
        let span = spans.current(thread);
        meetings.add(object, Meeting { thread, span, signal, role, site, locks }, spans);
    }
    for object in meetings.objects() {
        let foreseen = meetings.judge(object, &judge.graph.spans);
        let found = foreseen.iter().map(|found| describe::wait_while_holding(found, &judge.names));
        judge.findings.extend(found);
    }
}
