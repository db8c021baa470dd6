//! Where things are kept: the database, the data directory, the sealing keys.

use std::path::{Path, PathBuf};

use super::{
    ConfigError, Environment, Secret,
    value::{self, Kind},
};

const DATA_DIR: &str = "./ringback-data";
const DATABASE_FILE: &str = "ringback.db";

/// Which database, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite { file: PathBuf },
    Postgres { url: Secret },
}

#[derive(Clone, Debug)]
pub struct StorageConfig {
    /// `RINGBACK_DATA_DIR`: everything local: database, keys, spool, secrets.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: `sqlite:<path>` or `postgres://…`.
    pub database: Database,
    /// `RINGBACK_MIGRATE`: whether `serve` brings the schema up to date.
    pub migrate_at_start: bool,
    /// `REDIS_URL`: the result cache that replicas share.
    pub redis_url: Option<Secret>,
    /// `RINGBACK_KEYS`: the sealing keys, `[id:]base64` by comma, the first seals.
    pub sealing_keys: Option<Secret>,
}

const DATABASE: Kind<Database> = Kind {
    allowed: "sqlite:<path of a file> or postgres://user:password@host/database",
    parse: parse_database,
};

impl StorageConfig {
    pub(super) fn read(env: &Environment) -> Result<Self, ConfigError> {
        let data_dir = env
            .read("RINGBACK_DATA_DIR", value::PATH)?
            .unwrap_or_else(|| DATA_DIR.into());
        let database = env
            .read_secret("DATABASE_URL", DATABASE)?
            .unwrap_or_else(|| Database::Sqlite {
                file: data_dir.join(DATABASE_FILE),
            });
        let sealing_keys = env.secret("RINGBACK_KEYS")?;
        if sealing_keys.is_none() && database.is_postgres() {
            return Err(ConfigError::Missing {
                name: "RINGBACK_KEYS",
                why: "replicas on PostgreSQL must share their sealing keys; \
                      make one with `openssl rand -base64 32`",
            });
        }
        let redis_url = env.read_secret("REDIS_URL", value::REDIS_URL)?;
        Ok(Self {
            data_dir,
            database,
            migrate_at_start: env.read("RINGBACK_MIGRATE", value::ON_OFF)?.unwrap_or(true),
            redis_url: redis_url.map(Secret::new),
            sealing_keys,
        })
    }
}

impl Database {
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// As `DATABASE_URL` writes it.
    pub fn parse(text: &str) -> Option<Self> {
        parse_database(text)
    }
}

/// An in-memory SQLite is refused: what it answered 200 would not be durable.
fn parse_database(text: &str) -> Option<Database> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let url = url::Url::parse(text).ok().filter(url::Url::has_host)?;
        return Some(Database::Postgres {
            url: Secret::new(url),
        });
    }
    let path = text.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let is_file = !path.is_empty() && !path.contains(['?', '\0']) && path != ":memory:";
    is_file.then(|| Database::Sqlite {
        file: Path::new(path).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_sqlite_file_or_a_postgres_server() {
        let file = |path: &str| Some(Database::Sqlite { file: path.into() });
        assert_eq!(parse_database("sqlite:data/x.db"), file("data/x.db"));
        assert_eq!(parse_database("sqlite:///var/x.db"), file("/var/x.db"));
        assert!(
            parse_database("postgres://u:p@localhost/db")
                .unwrap()
                .is_postgres()
        );
        for nonsense in [
            "",
            "sqlite:",
            "sqlite::memory:",
            "mysql://x/y",
            "postgres://",
            "x.db",
        ] {
            assert_eq!(parse_database(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn postgres_without_sealing_keys_is_refused_by_name() {
        let env = Environment::of_pairs([("DATABASE_URL", "postgres://localhost/db")]);
        let line = StorageConfig::read(&env).unwrap_err().to_string();
        assert!(line.starts_with("RINGBACK_KEYS is not set"), "{line}");
    }
}
