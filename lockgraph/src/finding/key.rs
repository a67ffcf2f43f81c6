//! What a step is known by, as text that stays the same from run to run. O(its length).

use super::{Blocks, Class, Lock, Place, Step, Wanted};

pub(super) fn sites(steps: &[Step]) -> impl Iterator<Item = &Place> {
    steps.iter().flat_map(|step| {
        let held = match &step.blocks {
            Blocks::Holds(held) | Blocks::LeftBehind(held) => held.site.as_ref(),
            _ => None,
        };
        [held, step.through.as_ref().or(step.site.as_ref())].into_iter().flatten()
    })
}

pub(super) fn are_in_one_line(steps: &[Step]) -> bool {
    let mut sites = sites(steps);
    sites.next().is_some_and(|first| sites.all(|site| site == first))
}

/// Of all steps, in whatever order.
pub(super) fn keys(steps: &[Step]) -> String {
    let is_in_one_line = are_in_one_line(steps);
    let mut keys: Vec<String> = steps.iter().map(|step| step.key(is_in_one_line)).collect();
    keys.sort_unstable();
    keys.join("; ")
}

impl Step {
    fn key(&self, says_for_whom: bool) -> String {
        let class = |lock: &Lock| match &lock.made_for {
            Some(place) if says_for_whom => {
                format!("{} for {}", lock.class.key(), place_key(Some(place)))
            }
            _ => lock.class.key(),
        };
        let blocks = match &self.blocks {
            Blocks::Holds(held) | Blocks::LeftBehind(held) => {
                format!("{}@{}", class(&held.lock), place_key(held.site.as_ref()))
            }
            Blocks::QueuesBefore(lock) => class(lock),
            Blocks::HasNotEnded => "end".to_string(),
            Blocks::CannotServe(signal, object) => {
                format!("{signal:?} {}", object.as_ref().map(class).unwrap_or_default())
            }
            Blocks::Nobody => "-".to_string(),
        };
        let wants = match &self.wants {
            Some(Wanted::Lock(lock, _)) => class(lock),
            Some(Wanted::End(_)) => "join".to_string(),
            Some(Wanted::Signal(signal, object)) => {
                format!("{signal:?} {}", object.as_ref().map(class).unwrap_or_default())
            }
            None => "gone".to_string(),
        };
        let through = self.through.as_ref().map(|place| format!("/{}", place_key(Some(place))));
        let site = place_key(self.site.as_ref());
        format!("{blocks}->{wants}@{site}{}", through.unwrap_or_default())
    }
}

impl Class {
    /// Text that is the same for locks of the same class.
    pub fn key(&self) -> String {
        match self {
            Class::Named(name) => name.clone(),
            Class::Made(place) | Class::FirstTaken(place) => place_key(Some(place)),
            Class::Unknown => "?".to_string(),
        }
    }
}

fn place_key(place: Option<&Place>) -> String {
    place.map_or_else(|| "?".to_string(), |p| format!("{}:{}:{}", p.file, p.line, p.column))
}
