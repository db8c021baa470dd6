//! A database that is away for a while.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use super::TestApp;

/// Somebody else who holds the database, until it is dropped.
pub struct Away(DatabaseConnection, Option<String>);

impl Away {
    /// On SQLite another connection holds the lock; on PostgreSQL nobody may
    /// connect any more, and who is connected is thrown out.
    pub async fn take(app: &TestApp) -> Self {
        let url = app.database_url();
        if !app.app.db.is_postgres() {
            let connection = connect(&url).await;
            connection
                .execute_unprepared("BEGIN EXCLUSIVE")
                .await
                .unwrap();
            return Self(connection, None);
        }
        let (server, name) = url.rsplit_once('/').unwrap();
        let connection = connect(&format!("{server}/postgres")).await;
        connection
            .execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            .await
            .unwrap();
        let out = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        connection.execute_unprepared(&out).await.unwrap();
        Self(connection, Some(name.to_owned()))
    }

    pub async fn give_back(self) {
        let sql = match &self.1 {
            None => "ROLLBACK".to_owned(),
            Some(name) => format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
        };
        self.0.execute_unprepared(&sql).await.unwrap();
        self.0.close().await.unwrap();
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
