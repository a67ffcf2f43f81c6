//! Events as STD text, for those who look at what went wrong.

use lockgraph::event::Event;
use lockgraph::trace;

/// These events, without places.
pub(crate) fn std_text(events: &[Event]) -> String {
    let mut trace = trace::read_bytes("empty", b"T1|begin|?").expect("it is STD");
    trace.events = events.to_vec();
    let mut text = Vec::new();
    trace::write_std(&mut text, &trace).expect("memory takes all");
    String::from_utf8(text).expect("STD is text")
}
