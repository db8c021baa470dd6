//! Ids: a UUID in the database, the same behind a prefix everywhere else.
//!
//! Each noun has a type of its own, so that a delivery is never looked up by the id of its event,
//! and the prefix tells a person which one it is.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant, Version};

/// What an id of version 7 begins with.
const TIME_BYTES: usize = 6;

macro_rules! ids {
    ($($name:ident = $prefix:literal)+) => {$(
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// What a sealed value of this row is bound to.
            pub const fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        /// An id is made by us and never counted up by the database.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    CallId = "call_"
    CampaignId = "cmp_"
    DeliveryId = "dlv_"
    EventId = "evt_"
    KeyId = "key_"
    MessageId = "msg_"
    ScheduleId = "sch_"
    SubscriptionId = "sub_"
    ToolId = "tool_"
}

impl DeliveryId {
    /// The id of an event's first delivery to a subscription follows from the two, so it is known
    /// without asking. It is as old as its event, and as hard to guess as both.
    pub fn of(subscription: SubscriptionId, event: EventId) -> Self {
        let digest = Sha256::new()
            .chain_update(subscription.as_bytes())
            .chain_update(event.as_bytes())
            .finalize();
        let mut bytes = event.uuid().into_bytes();
        // Version and variant are set below.
        bytes[TIME_BYTES..].copy_from_slice(&digest[..16 - TIME_BYTES]);
        Self(
            Builder::from_bytes(bytes)
                .with_version(Version::SortRand)
                .with_variant(Variant::RFC4122)
                .into_uuid(),
        )
    }

    /// The ids that are as old as this event: those of its first deliveries are among them.
    pub fn as_old_as(event: EventId) -> RangeInclusive<Self> {
        let bound = |rest| {
            let mut bytes = [rest; 16];
            bytes[..TIME_BYTES].copy_from_slice(&event.as_bytes()[..TIME_BYTES]);
            Self(Uuid::from_bytes(bytes))
        };
        bound(0)..=bound(0xff)
    }

    /// A new id, for an event that was told before: it is of another time than the event, by which
    /// the attempts at replays are told apart from those at first deliveries.
    pub fn of_replay(event: EventId) -> Self {
        loop {
            let id = Self(Uuid::now_v7());
            if !Self::as_old_as(event).contains(&id) {
                return id;
            }
        }
    }
}

/// The text is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId {
    pub prefix: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected `{}` and a UUID", self.prefix)
    }
}

impl std::error::Error for InvalidId {}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    text.strip_prefix(prefix)
        .and_then(|uuid| Uuid::try_parse(uuid).ok())
        .ok_or(InvalidId { prefix })
}
