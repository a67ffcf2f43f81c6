//! A bar in 20 bytes, and as bytes of the page.

use std::collections::HashMap;

use lockgraph::id::SiteId;

use super::MOST_LEVELS;
use crate::lanes::{self, Kind, LaneId, ThingId};

/// A bar of a lane.
#[derive(Clone, Copy)]
pub(super) struct Bar {
    pub(super) from: u32,
    length: u32,
    /// Plus 1; 0 is none.
    thing: u32,
    /// Plus 1; 0 is none.
    site: u32,
    /// Plus 1; 0 is nobody, or one of more threads than there are numbers for.
    by: u16,
    /// The level times [`KINDS`], plus the kind.
    level_and_kind: u16,
}

const KINDS: u16 = 1 << 4;

const _: () = assert!(size_of::<Bar>() == 20);
const _: () = assert!(Kind::ALL.len() <= KINDS as usize);
const _: () = assert!((MOST_LEVELS - 1) * KINDS as u32 <= u16::MAX as u32);

/// Numbers for places, in the order in which they occur.
#[derive(Default)]
pub(super) struct Sites {
    numbers: HashMap<SiteId, u32>,
    pub(super) all: Vec<SiteId>,
}

impl Sites {
    /// Plus 1; 0 if it is not known.
    fn number(&mut self, site: SiteId) -> u32 {
        if site == SiteId::UNKNOWN {
            return 0;
        }
        let Sites { numbers, all } = self;
        *numbers.entry(site).or_insert_with(|| {
            all.push(site);
            all.len() as u32
        })
    }
}

impl Bar {
    /// `None` if there are no numbers for it.
    pub(super) fn of(bar: &lanes::Bar, sites: &mut Sites) -> Option<Bar> {
        let level = u16::try_from(bar.level).ok().filter(|_| bar.level < MOST_LEVELS)?;
        let from = u32::try_from(bar.from).ok()?;
        let to = u32::try_from(bar.to).unwrap_or(u32::MAX);
        let by = bar.by.and_then(|by| u16::try_from(by.lane.0).ok()?.checked_add(1));
        Some(Bar {
            from,
            length: to - from,
            thing: bar.thing.map_or(0, |thing| thing.0 + 1),
            site: sites.number(bar.site),
            by: by.unwrap_or(0),
            level_and_kind: level * KINDS + bar.kind as u16,
        })
    }

    pub(super) fn to(&self) -> u32 {
        self.from + self.length
    }

    pub(super) fn level(&self) -> u16 {
        self.level_and_kind / KINDS
    }

    pub(super) fn kind(&self) -> Kind {
        Kind::ALL[usize::from(self.level_and_kind % KINDS)]
    }

    pub(super) fn thing(&self) -> Option<ThingId> {
        self.thing.checked_sub(1).map(ThingId)
    }

    /// The number of the place.
    pub(super) fn site(&self) -> Option<usize> {
        self.site.checked_sub(1).map(|site| site as usize)
    }

    pub(super) fn by(&self) -> Option<LaneId> {
        self.by.checked_sub(1).map(|lane| LaneId(lane.into()))
    }
}

/// The positions in the lists of the page.
pub(super) struct Positions {
    pub(super) things: Vec<u32>,
    /// `None` where nothing is known of the place.
    pub(super) sites: Vec<Option<u32>>,
    pub(super) lanes: Vec<u32>,
}

/// The bytes of a lane whose bars are in the order of their beginnings.
pub(super) fn bytes(bars: &[Bar], positions: &Positions) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 * bars.len());
    let mut before = 0;
    for bar in bars {
        number(&mut bytes, bar.from - before);
        number(&mut bytes, bar.length);
        number(&mut bytes, bar.kind() as u32);
        number(&mut bytes, bar.level().into());
        let thing = bar.thing().map(|thing| positions.things[thing.0 as usize]);
        let site = bar.site().and_then(|site| positions.sites[site]);
        number(&mut bytes, thing.map_or(0, |at| at + 1));
        number(&mut bytes, site.map_or(0, |at| at + 1));
        if bar.kind().is_wait() {
            let by = bar.by().map(|by| positions.lanes[by.0 as usize]);
            number(&mut bytes, by.map_or(0, |at| at + 1));
        }
        before = bar.from;
    }
    bytes
}

/// Unsigned LEB128.
fn number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
