//! A database that is away for a while: on SQLite another connection holds the lock, on PostgreSQL
//! nobody is let in.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

pub struct Outage {
    held: DatabaseConnection,
    end: String,
}

impl Outage {
    pub async fn begin(url: &str) -> Self {
        if !url.starts_with("postgres") {
            let held = connect(url).await;
            say(&held, "BEGIN EXCLUSIVE").await;
            let end = "ROLLBACK".to_owned();
            return Self { held, end };
        }
        let (server, name) = url.rsplit_once('/').unwrap();
        let held = connect(&format!("{server}/postgres")).await;
        let door = |is_open: bool| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {is_open}");
        say(&held, &door(false)).await;
        let all = format!("FROM pg_stat_activity WHERE datname = '{name}'");
        say(&held, &format!("SELECT pg_terminate_backend(pid) {all}")).await;
        Self {
            held,
            end: door(true),
        }
    }

    pub async fn end(self) {
        say(&self.held, &self.end).await;
        self.held.close().await.unwrap();
    }
}

pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

pub async fn say(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap();
}
