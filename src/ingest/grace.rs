//! The worker that tells of calls whose report did not come in time.
//!
//! The times are rows, so a restart forgets none. A process sleeps until the
//! nearest one, or until a commit of its own sets a nearer one; where there
//! are replicas it also looks once a second for those that another one set.

use std::time::Duration;

use entity::calls::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::record::Recorder;
use crate::{app::App, error::Result, infra::clock::Millis};

const LOOK_FOR_OTHERS_EVERY: Duration = Duration::from_secs(1);
/// Where nothing is due, a commit wakes us; this is only a backstop.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(300);

pub(super) async fn tell_in_time(
    app: App,
    recorder: Recorder,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        // Interest is registered before the look, so that no commit between
        // the two is missed.
        let woken = recorder.set_a_time();
        while recorder.announce_due(&app).await? > 0 {}
        let pause = pause(&app).await?;
        let waited = async {
            tokio::select! {
                () = app.clock.sleep(pause) => {}
                () = woken => {}
            }
        };
        if stop.run_until_cancelled(waited).await.is_none() {
            return Ok(());
        }
    }
}

async fn pause(app: &App) -> Result<Duration> {
    let next: Option<Option<Millis>> = Entity::find()
        .select_only()
        .column_as(Column::AnnounceDueAt.min(), "next")
        .filter(Column::AnnounceDueAt.is_not_null())
        .into_tuple()
        .one(app.db.read())
        .await?;
    let at_most = if app.db.is_postgres() {
        LOOK_FOR_OTHERS_EVERY
    } else {
        LOOK_AT_LEAST_EVERY
    };
    let until_next = next
        .flatten()
        .map(|due| u64::try_from(due - app.clock.millis()).unwrap_or(0));
    Ok(until_next.map_or(at_most, |millis| Duration::from_millis(millis).min(at_most)))
}
