//! Who may change which subscription.
//!
//! An admin's subscription may hear everybody's events. Users of the same
//! owner see that it is there; but whoever could change its address or its
//! secret would hear them too, so only an admin may.

use entity::subscriptions::{Model, SubscriptionScope};

use crate::{
    auth::Caller,
    error::{Code, Error, Result},
};

/// Whether the caller may make this of it.
pub(super) fn may_become(caller: &Caller, scope: Option<SubscriptionScope>) -> Result<()> {
    refuse_unless(
        caller.is_admin() || scope != Some(SubscriptionScope::All),
        "Only an admin's subscription may hear everybody's events: leave scope out, or make it own.",
    )
}

/// Whether the caller may change it at all.
pub fn is_changeable_by(caller: &Caller, row: &Model) -> bool {
    caller.is_admin() || row.scope != SubscriptionScope::All
}

/// The same, or a refusal.
pub(super) fn may_change(caller: &Caller, row: &Model) -> Result<()> {
    refuse_unless(
        is_changeable_by(caller, row),
        "This subscription hears everybody's events: only an admin may change it.",
    )
}

fn refuse_unless(may: bool, message: &'static str) -> Result<()> {
    match may {
        true => Ok(()),
        false => Err(Error::new(Code::Forbidden, message)),
    }
}
