//! A trace as Chrome's trace events, which Perfetto and chrome://tracing show.
//!
//! Each thread has a track, and one more for each level of holds that lie on each other: there every
//! slice is complete, and none overlaps another, in whatever order locks are given back. A wait is a
//! slice too, with an arrow to the hold that it waits for. An event takes a microsecond, for a trace
//! has an order and no times.
//!
//! Written as the events go by: memory follows threads, locks and open holds. What lies on more than
//! [`LEVELS`] holds is left out.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use lockgraph::event::Event;
use lockgraph::explain::Spelling;
use lockgraph::id::ThreadId;
use lockgraph::trace::{Source, Trace};
use serde::Serialize;
use serde_json::Number;

use crate::lanes::{Bar, Kind, LaneId, Lanes, ThingId};

/// The number of a track is its level, from so many times the number of its lane, plus 1.
const LEVELS: u32 = 1 << 12;

/// The document while it is written.
pub(crate) struct Timeline<'a> {
    out: &'a mut dyn Write,
    trace: &'a Trace,
    lanes: Lanes,
    /// Bars that have ended by the event that goes by.
    ended: Vec<Bar>,
    tracks: BTreeSet<(LaneId, u32)>,
    spell: Spelling,
    names: HashMap<ThingId, String>,
    arrows: u64,
    is_first: bool,
}

/// The only one that there is.
#[derive(Serialize)]
struct Process(u32);

impl Default for Process {
    fn default() -> Process {
        Process(1)
    }
}

/// One of the document's events; see "Trace Event Format".
#[derive(Serialize)]
struct Entry<'a> {
    ph: &'static str,
    name: &'a str,
    cat: &'static str,
    pid: Process,
    tid: u64,
    /// In microseconds.
    ts: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Of the end of an arrow: that it is at the slice around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// Of a moment: that it is one of its track.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Args::is_empty")]
    args: Args<'a>,
}

/// One about the process, at the beginning: readers want a category and a time of it too.
impl Default for Entry<'_> {
    fn default() -> Self {
        Entry {
            ph: "M",
            name: "process_name",
            cat: "__metadata",
            pid: Process::default(),
            tid: 0,
            ts: Number::from(0),
            dur: None,
            id: None,
            bp: None,
            s: None,
            args: Args::default(),
        }
    }
}

#[derive(Serialize, Default)]
struct Args<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<String>,
}

impl Args<'_> {
    fn is_empty(&self) -> bool {
        let Args { name, sort_index, place, held_by } = self;
        name.is_none() && sort_index.is_none() && place.is_none() && held_by.is_none()
    }
}

impl<'a> Timeline<'a> {
    /// Begins a document about `trace`, whose events are to follow.
    pub(crate) fn begin(out: &'a mut dyn Write, trace: &'a Trace) -> io::Result<Timeline<'a>> {
        let made_by = concat!("lockgraph ", env!("CARGO_PKG_VERSION"));
        let about = serde_json::json!({
            "made_by": made_by,
            "unit": "an event takes 1 microsecond: a trace has an order, not times",
        });
        write!(out, "{{\"displayTimeUnit\":\"ns\",\"otherData\":{about},\"traceEvents\":[")?;
        let threads: Vec<_> = trace.threads.keys().map(|thread| trace.thread(*thread)).collect();
        let mut timeline = Timeline {
            out,
            trace,
            lanes: Lanes::default(),
            ended: Vec::new(),
            tracks: BTreeSet::new(),
            spell: Spelling::of_all(trace.locks.values(), &threads, trace.sites.values()),
            names: HashMap::new(),
            arrows: 0,
            is_first: true,
        };
        let name = match &trace.source {
            Source::Native(process) => process.program.as_str(),
            Source::Std | Source::RapidBin(_) => "trace",
        };
        let args = Args { name: Some(name), ..Args::default() };
        timeline.entry(&Entry { args, ..Entry::default() })?;
        Ok(timeline)
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub(crate) fn step(&mut self, event: &Event) -> io::Result<()> {
        let Timeline { lanes, ended, .. } = self;
        lanes.step(event, &mut |bar| ended.push(bar));
        self.bars()
    }

    /// After the last event.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let Timeline { lanes, ended, trace, .. } = &mut self;
        lanes.end(trace, &mut |bar| ended.push(bar));
        self.bars()?;
        self.tracks()?;
        self.out.write_all(b"\n]}\n")
    }

    fn bars(&mut self) -> io::Result<()> {
        let mut bars = std::mem::take(&mut self.ended);
        for bar in bars.drain(..).filter(|bar| bar.level < LEVELS) {
            self.bar(&bar)?;
        }
        // The same memory serves the next event.
        self.ended = bars;
        Ok(())
    }

    fn bar(&mut self, bar: &Bar) -> io::Result<()> {
        self.tracks.insert((bar.lane, bar.level));
        let thing = bar.thing.map(|thing| self.name(thing));
        let name = words(bar.kind, thing.as_deref());
        let place = self.trace.place(bar.site).map(|place| self.spell.place(place));
        let held_by = bar.by.map(|by| self.thread(by.lane));
        let args = Args { place, held_by, ..Args::default() };
        let (tid, ts) = (track(bar.lane, bar.level), Number::from(bar.from));
        let (ph, dur, s) = match bar.kind >= Kind::Begins {
            true => ("i", None, Some("t")),
            false => ("X", Some(bar.to - bar.from), None),
        };
        let cat = if bar.kind.is_wait() { "wait" } else { "hold" };
        let cat = if bar.kind >= Kind::Begins { "moment" } else { cat };
        self.entry(&Entry { ph, name: &name, cat, tid, ts, dur, s, args, ..Entry::default() })?;
        self.arrow(bar)
    }

    /// From a wait to the hold that it waits for, in the middle of the first event when there are
    /// both: a reader goes by the time and then by the order in the file, where the hold may come
    /// later, and must have seen both by then.
    fn arrow(&mut self, bar: &Bar) -> io::Result<()> {
        let Some((by, (level, from))) = bar.by.and_then(|by| Some((by, by.hold?))) else {
            return Ok(());
        };
        if level >= LEVELS {
            return Ok(());
        }
        self.arrows += 1;
        let id = Some(self.arrows);
        let at = Number::from_f64(bar.from.max(from) as f64 + 0.5).expect("it is finite");
        let (name, cat) = ("waits for", "wait");
        let arrow = |ph, bp, tid| {
            let ts = at.clone();
            Entry { ph, name, cat, tid, ts, id, bp, ..Entry::default() }
        };
        self.entry(&arrow("s", None, track(bar.lane, bar.level)))?;
        self.entry(&arrow("f", Some("e"), track(by.lane, level)))
    }

    /// The names of the tracks.
    fn tracks(&mut self) -> io::Result<()> {
        let threads: Vec<ThreadId> = self.lanes.threads().collect();
        let mut order: Vec<usize> = (0..threads.len()).collect();
        order.sort_unstable_by_key(|lane| threads[*lane]);
        for (at, lane) in order.into_iter().enumerate() {
            let lane = LaneId(lane as u32);
            let levels: Vec<u32> =
                self.tracks.range((lane, 0)..(lane, LEVELS)).map(|(_, level)| *level).collect();
            for level in levels {
                let (tid, thread) = (track(lane, level), self.thread(lane));
                let name = match level {
                    0 => thread,
                    level => format!("{thread}, {} deep", level + 1),
                };
                let sort_index = Some(at as u64 * u64::from(LEVELS) + u64::from(level));
                for args in [
                    ("thread_name", Args { name: Some(&name), ..Args::default() }),
                    ("thread_sort_index", Args { sort_index, ..Args::default() }),
                ] {
                    let (name, args) = args;
                    self.entry(&Entry { name, tid, args, ..Entry::default() })?;
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.is_first) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, entry)?;
        Ok(())
    }

    fn thread(&self, lane: LaneId) -> String {
        self.spell.thread_label(&self.trace.thread(self.lanes.thread(lane)))
    }

    fn name(&mut self, thing: ThingId) -> String {
        let Timeline { lanes, trace, spell, names, .. } = self;
        let label = || spell.label(&lanes.things()[thing.0 as usize].lock(trace));
        names.entry(thing).or_insert_with(label).clone()
    }
}

fn track(lane: LaneId, level: u32) -> u64 {
    u64::from(lane.0) * u64::from(LEVELS) + u64::from(level) + 1
}

/// What a slice is called.
fn words(kind: Kind, thing: Option<&str>) -> String {
    let what = thing.unwrap_or("the end of a thread");
    match kind {
        Kind::Held => what.to_owned(),
        Kind::HeldShared => format!("{what} (shared)"),
        Kind::HeldForEver => format!("{what} (never given back)"),
        Kind::Waited => format!("waits for {what}"),
        Kind::WaitsForEver => format!("waits for {what}, for ever"),
        Kind::Begins => "begins".to_owned(),
        Kind::Ends => "ends".to_owned(),
        Kind::Forks => "begins a thread".to_owned(),
        Kind::Joins => "has joined a thread".to_owned(),
        Kind::Tells => format!("tells {what}"),
    }
}

#[cfg(test)]
mod tests;
