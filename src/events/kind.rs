//! The catalogue: every event that can be subscribed to, a row each.
//!
//! A kind is stored, sent and asked for by its name, so a new one is a new row here and nothing
//! else: no migration, no second list.

use std::{fmt, str::FromStr};

/// How an event stands in the count of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// It is counted: its number is one more than that of the event before.
    Counted,
    /// It is not counted, and carries the call's number as it stands.
    Carried,
    /// It is not about a call, and has no number.
    Absent,
}

/// What is to be known of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub description: &'static str,
    /// False for what is told only to those who ask for it.
    pub is_default: bool,
    pub sequence: Sequence,
}

macro_rules! catalogue {
    ($($kind:ident { $($entry:tt)+ })+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            pub const fn entry(self) -> Entry {
                match self { $(Self::$kind => Entry { $($entry)+ }),+ }
            }
        }
    };
}

catalogue! {
    CallStatusChanged {
        name: "call.status.changed",
        description: "A call moved on: it is ringing, was answered, has ended. Told at once for every change.",
        is_default: true,
        sequence: Sequence::Counted,
    }
    CallCompleted {
        name: "call.completed",
        description: "A call ended well. Told once, with its results, or shortly after the end where none came.",
        is_default: true,
        sequence: Sequence::Counted,
    }
    CallFailed {
        name: "call.failed",
        description: "A call failed, reached nobody, or was not heard of again. Told once, with why, and whether to try again.",
        is_default: true,
        sequence: Sequence::Counted,
    }
    CallReport {
        name: "call.report",
        description: "Results that came, or came more fully, after the end of the call was told.",
        is_default: false,
        sequence: Sequence::Counted,
    }
    CallTranscript {
        name: "call.transcript",
        description: "A line was spoken, in its final form.",
        is_default: false,
        sequence: Sequence::Carried,
    }
    SessionEnded {
        name: "session.ended",
        description: "A session is over; with its summary.",
        is_default: false,
        sequence: Sequence::Carried,
    }
    CampaignProgress {
        name: "campaign.progress",
        description: "A call of a campaign ended, and the campaign goes on.",
        is_default: false,
        sequence: Sequence::Absent,
    }
    CampaignCompleted {
        name: "campaign.completed",
        description: "The last call of a campaign ended.",
        is_default: false,
        sequence: Sequence::Absent,
    }
    SubscriptionDeactivated {
        name: "subscription.deactivated",
        description: "Another subscription of the same owner was given up, because its receiver failed for too long.",
        is_default: false,
        sequence: Sequence::Absent,
    }
}

impl Kind {
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether a call is told of by this once, when it is over.
    pub const fn ends_call(self) -> bool {
        matches!(self, Self::CallCompleted | Self::CallFailed)
    }

    /// What a subscription hears that names no events.
    pub fn defaults() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|kind| kind.entry().is_default)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}

/// No event has that name. Says which names there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownKind;

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        write!(f, "unknown event; give one of {}", names.join(", "))
    }
}

impl std::error::Error for UnknownKind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name_alone() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        for unknown in [
            "",
            "call",
            "call.complete",
            "Call.Completed",
            " call.completed",
        ] {
            assert_eq!(unknown.parse::<Kind>(), Err(UnknownKind), "{unknown:?}");
        }
    }

    #[test]
    fn whoever_asks_for_an_unknown_event_is_told_the_known_ones() {
        assert_eq!(
            UnknownKind.to_string(),
            "unknown event; give one of call.status.changed, call.completed, call.failed, call.report, \
             call.transcript, session.ended, campaign.progress, campaign.completed, subscription.deactivated"
        );
    }

    #[test]
    fn what_happens_to_a_call_is_told_unasked_and_counted() {
        let defaults: Vec<_> = Kind::defaults().map(Kind::name).collect();
        assert_eq!(
            defaults,
            ["call.status.changed", "call.completed", "call.failed"]
        );
        let counted = |kind: &&Kind| kind.entry().sequence == Sequence::Counted;
        let counted: Vec<_> = Kind::ALL.iter().filter(counted).collect();
        use Kind::*;
        assert_eq!(
            counted,
            [&CallStatusChanged, &CallCompleted, &CallFailed, &CallReport]
        );
    }
}
