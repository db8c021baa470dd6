//! A database of its own for each test: a file, or a clone of a migrated
//! template on the server that `TEST_DATABASE_URL` names.

use std::path::Path;

use migration::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;
use uuid::Uuid;

/// One at a time makes the template; the others wait and find it.
const TEMPLATE_LOCK: i64 = i64::from_be_bytes(*b"template");

pub struct TestDatabase {
    url: String,
    server: Option<String>,
    name: String,
}

impl TestDatabase {
    pub async fn create(folder: &Path) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let Some(server) = server() else {
            let url = format!("sqlite:{}", folder.join("ringback.db").display());
            return Self {
                url,
                server: None,
                name,
            };
        };
        let template = template(&server).await;
        run(
            &server,
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        Self {
            url: database_at(&server, &name),
            server: Some(server),
            name,
        }
    }

    /// One without tables, or a file that does not exist yet.
    #[allow(dead_code, reason = "for what is restored, by one of the two suites")]
    pub async fn create_empty(folder: &Path) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let server = server();
        let url = match &server {
            Some(server) => database_at(server, &name),
            None => format!("sqlite:{}", folder.join("ringback.db").display()),
        };
        if let Some(server) = &server {
            run(server, &format!("CREATE DATABASE {name}")).await;
        }
        Self { url, server, name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Files go with their folder; a server is left as it was found.
    pub async fn drop(self) {
        if let Some(server) = self.server {
            run(
                &server,
                &format!("DROP DATABASE {} WITH (FORCE)", self.name),
            )
            .await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

/// The template of this build of the tests: another build may have another schema.
async fn template(server: &str) -> String {
    let build = std::fs::metadata(std::env::current_exe().unwrap())
        .unwrap()
        .modified()
        .unwrap();
    let stamp = build
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let name = format!("template_{stamp}");
    let lock = connect(server).await;
    lock.execute_unprepared(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})"))
        .await
        .unwrap();
    let found = lock
        .execute_unprepared(&format!(
            "SELECT 1 FROM pg_database WHERE datname = '{name}'"
        ))
        .await
        .unwrap();
    if found.rows_affected() == 0 {
        let unfinished = format!("{name}_unfinished");
        run(server, &format!("DROP DATABASE IF EXISTS {unfinished}")).await;
        run(server, &format!("CREATE DATABASE {unfinished}")).await;
        let fresh = connect(&database_at(server, &unfinished)).await;
        Migrator::up(&fresh, None).await.unwrap();
        fresh.close().await.unwrap();
        run(
            server,
            &format!("ALTER DATABASE {unfinished} RENAME TO {name}"),
        )
        .await;
    }
    lock.close().await.unwrap();
    name
}

fn database_at(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.to_string()
}

async fn run(server: &str, sql: &str) {
    let connection = connect(server).await;
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
