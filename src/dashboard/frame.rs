//! What every page has around it: where one is, who one is, what was just said.

use super::{
    assets,
    view::{Ago, When},
};
use crate::infra::clock::Millis;

/// The parts of the house, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Overview,
    Subscriptions,
    Calls,
    Campaigns,
    Schedules,
    Tools,
    Debugger,
    Keys,
    /// None of them.
    Elsewhere,
}

/// A line of the navigation.
pub struct Entrance {
    pub room: Room,
    pub path: &'static str,
    pub name: &'static str,
    /// What its icon is called in `templates/icons.html`.
    pub icon: &'static str,
    pub for_admins: bool,
}

const fn entrance(
    room: Room,
    path: &'static str,
    name: &'static str,
    icon: &'static str,
) -> Entrance {
    Entrance {
        room,
        path,
        name,
        icon,
        for_admins: false,
    }
}

#[rustfmt::skip]
const ENTRANCES: [Entrance; 8] = [
    entrance(Room::Overview, "/", "Overview", "overview"),
    entrance(Room::Subscriptions, "/subscriptions", "Subscriptions", "subscriptions"),
    entrance(Room::Calls, "/calls", "Calls", "calls"),
    entrance(Room::Campaigns, "/campaigns", "Campaigns", "campaigns"),
    entrance(Room::Schedules, "/schedules", "Schedules", "schedules"),
    entrance(Room::Tools, "/tools", "Tools", "tools"),
    entrance(Room::Debugger, "/debugger", "Signature debugger", "debugger"),
    Entrance { for_admins: true, ..entrance(Room::Keys, "/keys", "API keys", "keys") },
];

pub struct Frame {
    /// The owner whose data is shown.
    pub who: String,
    pub is_admin: bool,
    /// For every form.
    pub csrf: String,
    pub room: Room,
    /// What came of the form that led here.
    pub said: Option<String>,
    pub theme: Option<&'static str>,
    pub now: Millis,
}

impl Frame {
    /// A moment of a page.
    pub fn when(&self, at: &Millis) -> When {
        When(*at)
    }

    /// The same, as how long before this page was made, or after.
    pub fn ago(&self, at: &Millis) -> Ago {
        Ago {
            at: *at,
            now: self.now,
        }
    }

    /// The navigation, as far as it leads somewhere for this caller.
    pub fn entrances(&self) -> impl Iterator<Item = &'static Entrance> {
        ENTRANCES
            .iter()
            .filter(|entrance| self.is_admin || !entrance.for_admins)
    }

    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The address of a style sheet or a script.
    pub fn asset(&self, name: &str) -> String {
        assets::address_of(name)
    }
}
