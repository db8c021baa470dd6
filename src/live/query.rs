//! Which events a client of the stream asks for.

use serde::Deserialize;
use utoipa::IntoParams;

use super::reader::WantedCall;
use crate::{
    app::App,
    auth::Scope,
    contact::named,
    error::{Error, Result},
    events::Kind,
};

/// Which events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StreamQuery {
    /// Those of one call alone, by Vapi's id or ours.
    #[param(example = "call_abc123")]
    call_id: Option<String>,
    /// Those of some kinds alone, by comma.
    #[param(example = "call.completed,call.failed")]
    events: Option<String>,
}

impl StreamQuery {
    pub(super) fn kinds(&self) -> Result<Vec<Kind>> {
        let names = self.events.iter().flat_map(|list| list.split(','));
        let read = |name: &str| {
            let kind = name.trim().parse::<Kind>();
            kind.map_err(|unknown| Error::invalid("events", unknown.to_string()))
        };
        names.map(read).collect()
    }

    pub(super) async fn call(&self, app: &App, scope: &Scope) -> Result<Option<WantedCall>> {
        let Some(name) = &self.call_id else {
            return Ok(None);
        };
        if name.is_empty() || !named::can_be_a_name(name) {
            let message = "give a call's id, of 1 to 255 characters";
            return Err(Error::invalid("call_id", message));
        }
        let call = named::find(app.db.read(), scope, name).await?;
        Ok(Some(call.map_or_else(
            || WantedCall::Named(name.clone()),
            |call| WantedCall::Known(call.id),
        )))
    }
}
