//! `ringback key …`: API keys beside a running server or without one, and the
//! rotation of the sealing keys.

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use entity::{KeyId, api_keys};

use super::progress::Progress;
use crate::{
    auth::api_key::{self, NewKey},
    config::Config,
    infra::{
        clock::Clock,
        data_dir::DataDir,
        db::{Db, migrate},
        page::Page,
    },
    run::rotate,
};

const LIST_ROWS_PER_READ: u64 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make an API key; it is printed alone on standard output, this once
    Create {
        /// What its holder may do
        #[arg(long, value_enum)]
        role: Role,
        /// Whose data it reaches
        #[arg(long)]
        owner: String,
        /// What people call it
        #[arg(long)]
        name: String,
    },
    /// List all API keys, the revoked ones too
    List,
    /// Revoke an API key; a running server refuses it within five seconds
    Revoke {
        /// Such as key_0192f0c1-…, as `key list` shows it
        id: KeyId,
    },
    /// Seal everything again with the first of the sealing keys
    ///
    /// Where the keys are kept in the data directory, a new one is made first; stop the server
    /// for that. Where RINGBACK_KEYS lists them, put the new key first on every replica, then run
    /// this beside them.
    Rotate,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Role {
    Admin,
    User,
}

pub(super) async fn execute(command: KeyCommand, config: Config) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { role, owner, name } => {
            let role = role.into();
            let new = NewKey { name, owner, role };
            on_database(&config, async |db| create(db, new).await).await
        }
        KeyCommand::List => on_database(&config, list).await,
        KeyCommand::Revoke { id } => on_database(&config, async |db| revoke(db, id).await).await,
        KeyCommand::Rotate => rotate(config).await,
    }
}

/// The database is closed, however the work on it ended.
async fn on_database(
    config: &Config,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let db = open(config).await?;
    let done = work(&db).await;
    db.close().await;
    done
}

/// Works on a database that no server has started on yet, too.
async fn open(config: &Config) -> anyhow::Result<Db> {
    if !config.storage.database.is_postgres() {
        DataDir::open(&config.storage.data_dir)?;
    }
    if config.storage.migrate_at_start {
        migrate::up(&config.storage.database).await?;
    }
    Db::open(&config.storage).await
}

async fn create(db: &Db, new: NewKey) -> anyhow::Result<()> {
    let new = new.checked()?;
    let clock = Clock::system();
    let (id, secret) = db
        .write(move |tx| async move { api_key::create(&*tx, &clock, new).await })
        .await?;
    eprintln!("{id}: shown this once");
    println!("{}", secret.expose());
    Ok(())
}

async fn list(db: &Db) -> anyhow::Result<()> {
    let mut page = Page {
        limit: LIST_ROWS_PER_READ,
        before: None,
    };
    println!(
        "{:<40}  {:<5}  {:<8}  {:<20}  NAME",
        "ID", "ROLE", "STATE", "OWNER"
    );
    loop {
        let (keys, next) = api_key::list(db.read(), &page).await?;
        for key in &keys {
            println!("{}", line(key));
        }
        match (next, keys.last()) {
            (Some(_), Some(last)) => page.before = Some(last.id.uuid()),
            _ => return Ok(()),
        }
    }
}

fn line(key: &api_keys::Model) -> String {
    let state = if key.revoked_at.is_some() {
        "revoked"
    } else {
        "valid"
    };
    let role = match key.role {
        api_keys::Role::Admin => "admin",
        api_keys::Role::User => "user",
    };
    format!(
        "{:<40}  {role:<5}  {state:<8}  {:<20}  {} (…{})",
        key.id.to_string(),
        key.owner.escape_debug().to_string(),
        key.name.escape_debug(),
        key.hint
    )
}

async fn revoke(db: &Db, id: KeyId) -> anyhow::Result<()> {
    let clock = Clock::system();
    let revoked = db
        .write(move |tx| async move { api_key::revoke(&*tx, &clock, id).await })
        .await?;
    revoked
        .then_some(())
        .with_context(|| format!("there is no valid key {id}; `ringback key list` shows them"))?;
    println!("{id} is revoked; running servers refuse it within five seconds");
    Ok(())
}

async fn rotate(config: Config) -> anyhow::Result<()> {
    let progress = Progress::unless(false);
    let watch = |values| progress.show("sealing again, in values", values, None);
    let rotated = rotate::rotate(config, &watch).await?;
    drop(progress);
    println!("{rotated}");
    Ok(())
}

impl From<Role> for api_keys::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::User => Self::User,
        }
    }
}
