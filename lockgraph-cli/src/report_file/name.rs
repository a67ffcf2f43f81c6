//! Members that are one of a few names.

use std::fmt;
use std::marker::PhantomData;

use lockgraph::check::State;
use lockgraph::finding::{Kind, Verdict};
use lockgraph::id::{LockKind, Mode, Signal};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::print::json_finding::mode_name;

/// What has a name in a report.
pub(super) trait Named: Sized + Copy + 'static {
    const WHAT: &'static str;
    const ALL: &'static [Self];
    fn name(self) -> &'static str;
}

/// A value that is written by its name.
pub(super) struct Name<T>(pub(super) T);

/// What has this name, or what is wrong with it.
pub(super) fn named<T: Named>(name: &str) -> Result<T, String> {
    let found = T::ALL.iter().copied().find(|it| it.name() == name);
    found.ok_or_else(|| format!("`{name}` is the name of no {}", T::WHAT))
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Name<T>, D::Error> {
        from.deserialize_str(Text(PhantomData))
    }
}

struct Text<T>(PhantomData<T>);

impl<T: Named> Visitor<'_> for Text<T> {
    type Value = Name<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "the name of a {}", T::WHAT)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name<T>, E> {
        named(name).map(Name).map_err(E::custom)
    }
}

impl Named for Kind {
    const WHAT: &'static str = "kind of finding";
    const ALL: &'static [Kind] = &Kind::ALL;
    fn name(self) -> &'static str {
        Kind::name(self)
    }
}

impl Named for Verdict {
    const WHAT: &'static str = "verdict";
    const ALL: &'static [Verdict] = &Verdict::ALL;
    fn name(self) -> &'static str {
        Verdict::name(self)
    }
}

impl Named for State {
    const WHAT: &'static str = "state of a thread";
    const ALL: &'static [State] = &State::ALL;
    fn name(self) -> &'static str {
        State::name(self)
    }
}

impl Named for LockKind {
    const WHAT: &'static str = "kind of lock";
    const ALL: &'static [LockKind] = &LockKind::ALL;
    fn name(self) -> &'static str {
        LockKind::name(self)
    }
}

impl Named for Signal {
    const WHAT: &'static str = "thing to wait for";
    const ALL: &'static [Signal] = &Signal::ALL;
    fn name(self) -> &'static str {
        Signal::name(self)
    }
}

impl Named for Mode {
    const WHAT: &'static str = "mode of a lock";
    const ALL: &'static [Mode] = &Mode::ALL;
    fn name(self) -> &'static str {
        mode_name(self)
    }
}
