//! The timeline of a run that was recorded in full: bars in lanes, one lane a thread.
//!
//! Events are handed over one by one, in order; a bar is known when it ends, and takes 20 bytes until
//! the end, where they are put in the order of their beginnings and into the bytes of the page. Of
//! bars there are at most [`MOST_BARS`]: if there are more, those that ended first are left out, all
//! before one event; what did not end is kept. Bars above [`MOST_LEVELS`] levels are left out too,
//! and what comes after 2^32 events.
//!
//! Nothing fails, whatever the events are. O(log bars) for a bar.

mod bar;
mod marks;
mod run;

use lockgraph::event::Event;
use lockgraph::finding::{Finding, Lock};
use lockgraph::trace::Trace;

use crate::lanes::{self, Lanes};
use crate::workspace::Files;
use bar::{Bar, Sites};
pub(crate) use run::{LaneBytes, Mark, Run, inlined};

/// So many bars are kept: 20 MB while a run is read, and some 8 MB of a page.
pub(crate) const MOST_BARS: usize = 1_000_000;
/// What lies on more holds than that is not drawn.
pub(crate) const MOST_LEVELS: u32 = 1 << 12;

/// The bars of the events so far.
pub(crate) struct Timeline {
    lanes: Lanes,
    kept: Kept,
}

/// What the timeline is told of its run at the end.
pub(crate) struct Told<'a> {
    pub(crate) name: &'a str,
    pub(crate) seen: &'a str,
    pub(crate) files: &'a Files,
    /// The node of a lock, as the trace has it, in the graph of the page.
    pub(crate) node: &'a dyn Fn(&Lock) -> Option<usize>,
    /// What was found in this trace, in its numbers and with its places, and as what the page has it.
    pub(crate) findings: &'a [(usize, &'a Finding)],
}

impl Timeline {
    /// Before the first event, for at most so many bars.
    pub(crate) fn of_at_most(most: usize) -> Timeline {
        Timeline { lanes: Lanes::default(), kept: Kept::new(most) }
    }

    /// The next event.
    pub(crate) fn step(&mut self, event: &Event) {
        let Timeline { lanes, kept } = self;
        lanes.step(event, &mut |bar| kept.put(&bar));
    }

    /// Keeps at most so many bars from here on.
    pub(crate) fn limit(&mut self, most: usize) {
        self.kept.most = self.kept.most.min(most);
    }

    /// After the last event: the run, as the page has it but for its lanes, and their bytes.
    pub(crate) fn finish(self, trace: &Trace, told: &Told<'_>) -> (Run, Vec<Vec<u8>>) {
        let Timeline { mut lanes, mut kept } = self;
        lanes.end(trace, &mut |bar| kept.put(&bar));
        kept.cut_to(kept.most);
        run::run(&lanes, kept, trace, told)
    }
}

/// The bars that are not left out.
struct Kept {
    most: usize,
    /// By number of lane, in the order in which they ended.
    lanes: Vec<Vec<Bar>>,
    sites: Sites,
    count: usize,
    left_out: u32,
}

impl Kept {
    fn new(most: usize) -> Kept {
        Kept { most, lanes: Vec::new(), sites: Sites::default(), count: 0, left_out: 0 }
    }

    fn put(&mut self, bar: &lanes::Bar) {
        let lane = bar.lane.0 as usize;
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Vec::new);
        }
        let Some(bar) = Bar::of(bar, &mut self.sites) else { return };
        self.lanes[lane].push(bar);
        self.count += 1;
        // Now and then, so that it costs little for each bar.
        if self.count > self.most + self.most / 4 {
            self.cut_to(self.most);
        }
    }

    /// Leaves out what ended before some event, so that so many bars are left, or less; but of the
    /// latest event, which may be the end of the run, all.
    fn cut_to(&mut self, most: usize) {
        if self.count <= most {
            return;
        }
        let first = |lane: &[Bar], event: u32| lane.partition_point(|bar| bar.to() < event);
        let left = |event| -> usize {
            self.lanes.iter().map(|lane| lane.len() - first(lane, event)).sum()
        };
        let latest = self.lanes.iter().filter_map(|lane| lane.last()).map(Bar::to).max();
        let (mut low, mut high) = (self.left_out, latest.unwrap_or(self.left_out));
        while low < high {
            let middle = low + (high - low) / 2;
            match left(middle) <= most {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        for lane in &mut self.lanes {
            lane.drain(..first(lane, high));
        }
        self.count = self.lanes.iter().map(Vec::len).sum();
        self.left_out = high;
    }
}

#[cfg(test)]
mod tests;
