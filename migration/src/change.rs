//! A change of the schema: its name, the statements that make it, the statements that undo it.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::sql::{Sql, run};

pub struct Change {
    /// Stored in the database as the mark that this change was applied, so it never changes.
    pub name: &'static str,
    pub up: Vec<Sql>,
    pub down: Vec<Sql>,
}

impl MigrationName for Change {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Change {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &self.up).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &self.down).await
    }

    /// Both databases can roll back DDL, so a change is applied whole or not at all.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
