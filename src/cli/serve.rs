//! `ringback serve`: until it is told to stop.

use entity::api_keys::Role;
use tokio::signal::unix::{SignalKind, signal};

use super::greeting;
use crate::{
    auth::api_key::{self, NewKey},
    config::{Config, Secret},
    infra::{clock::Clock, egress::Egress, telemetry::Telemetry},
    run::{self, Running},
};

pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    let telemetry = Telemetry::start(&config.telemetry, &Egress::new(&config.egress)?)?;
    let mut running = run::start(config, Clock::system()).await?;
    let greeting = greeting(&running).await?;
    // Whoever has read the greeting may tell us to stop at once.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    println!("{greeting}");
    let broken = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        error = running.ended() => Some(error),
    };
    tracing::info!("stopping");
    let stopped = running.stop().await;
    tracing::info!("stopped");
    telemetry.stop().await;
    broken.map_or(stopped, Err)
}

async fn greeting(running: &Running) -> anyhow::Result<String> {
    if running.app.config.access.is_open {
        return Ok(greeting::at_the_open_door(running));
    }
    let admin_key = first_admin_key(running).await?;
    Ok(greeting::of(running, admin_key.as_ref()))
}

/// On the first start of the embedded default nobody could come in: a key is
/// made, and shown this once.
async fn first_admin_key(running: &Running) -> anyhow::Result<Option<Secret>> {
    let app = &running.app;
    let is_set_from_outside = app.config.access.admin_key.is_some();
    if running.database_file().is_none() || is_set_from_outside {
        return Ok(None);
    }
    let clock = app.clock.clone();
    let made = app
        .db
        .write(move |tx| async move {
            if api_key::any_exists(&*tx).await? {
                return Ok(None);
            }
            let (_, secret) = api_key::create(
                &*tx,
                &clock,
                NewKey {
                    name: "first admin".to_owned(),
                    role: Role::Admin,
                    owner: "admin".to_owned(),
                },
            )
            .await?;
            Ok(Some(secret))
        })
        .await?;
    Ok(made)
}
