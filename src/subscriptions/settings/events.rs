//! Which events are asked for.

use super::Wrong;
use crate::events::{Kind, UnknownKind};

/// Far more than there are. A list is not answered word by word without end.
const NAMES_MAX: usize = 100;

/// The events of these names, each once, in the order in which they were given.
pub(super) fn read(names: &[String], wrong: &mut Wrong) -> Option<Vec<Kind>> {
    if names.is_empty() {
        wrong.add("events", format!("give at least one event: {UnknownKind}"));
    }
    if names.len() > NAMES_MAX {
        wrong.add("events", format!("give at most {NAMES_MAX} names"));
        return None;
    }
    let mut kinds = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let kind = wrong.note(format!("events[{at}]"), name.parse::<Kind>());
        kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
    }
    (!kinds.is_empty()).then_some(kinds)
}
