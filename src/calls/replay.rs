//! Going through a call once more: its log through the rules, its events to whoever hears them.

use entity::calls::{CallStatus, Model};

use super::rerun::{is_same_state, rerun};
use crate::{
    app::App,
    delivery::{
        Deliveries,
        replay::of_call::{Retold, retell},
    },
    error::Result,
};

/// What a replay came to.
#[derive(Clone, Copy, Debug)]
pub struct Replayed {
    /// Whether the log leads to the state that is stored.
    pub state_matches: bool,
    /// What the log leads to.
    pub status: CallStatus,
    pub told: Retold,
}

/// Runs a call's log through the rules again, and tells all its events again.
pub async fn replay(app: &App, deliveries: &Deliveries, call: &Model) -> Result<Replayed> {
    let grace = app.config.delivery.report_grace;
    let again = rerun(app.db.read(), &app.seal, call, grace).await?;
    Ok(Replayed {
        state_matches: is_same_state(call, &again),
        status: again.status,
        told: retell(app, deliveries, call.id).await?,
    })
}
