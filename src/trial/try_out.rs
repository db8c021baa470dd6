//! Sending one sample now, for whoever asks, within the limit.

use super::{Limit, answered::TestedWebhook, asked::TestWebhook, send::send, target::Target};
use crate::{app::App, auth::Caller, error::Result};

/// Sends one sample now, and tells all that happened.
pub async fn test(
    app: &App,
    caller: &Caller,
    limit: &Limit,
    wanted: &TestWebhook,
) -> Result<TestedWebhook> {
    let target = Target::of(app, caller, wanted).await?;
    limit.charge(caller)?;
    let trial = send(app, &target).await?;
    Ok(TestedWebhook::new(&target, &trial))
}
