//! Every table, and what becomes of it when a database is copied.
//!
//! A table is described by its entity: the columns with their kinds, and the
//! key, in whose order the rows go. A test compares the two lists with the
//! schema, so a new table is copied, or left out for a reason that stands here.

use entity::{
    api_keys, call_events, calls, campaigns, dashboard_sessions, delivery_attempts, delivery_queue,
    events, idempotency_keys, identities, inquiries, lanes, messages, placements, schedule_runs,
    schedules, stats_minutes, subscriptions, subscriptions_epoch, tool_calls, tools,
};
use sea_orm::{
    ColumnTrait, EntityTrait, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, sea_query::ColumnType,
};

/// Tables that have their own rows in every database, or none worth keeping.
pub const LEFT_OUT: [(&str, &str); 4] = [
    (
        "instances",
        "processes of the old place do not run in the new one",
    ),
    (
        "maintenance",
        "each schema makes its rows, and at rest they are all alike",
    ),
    ("maintenance_at_rest", "as above"),
    ("seaql_migrations", "the new place was migrated by itself"),
];

#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    /// How many of the columns, which stand first, are the key.
    pub key: usize,
    /// The database counts the key up by itself.
    pub is_counted: bool,
    /// A new schema has its one row already, which gives way.
    pub is_seeded: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

/// All kinds of values there are: times are numbers, and JSON is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Bytes,
    Bool,
    Small,
    Int,
    Big,
    Text,
}

/// All tables that are copied. What is asked for most at the end comes last.
pub fn all() -> Vec<Table> {
    vec![
        of::<api_keys::Entity>(),
        of::<dashboard_sessions::Entity>(),
        of::<subscriptions::Entity>(),
        Table {
            is_seeded: true,
            ..of::<subscriptions_epoch::Entity>()
        },
        of::<tools::Entity>(),
        of::<campaigns::Entity>(),
        of::<schedules::Entity>(),
        of::<schedule_runs::Entity>(),
        of::<calls::Entity>(),
        of::<placements::Entity>(),
        of::<inquiries::Entity>(),
        of::<call_events::Entity>(),
        of::<messages::Entity>(),
        of::<events::Entity>(),
        of::<lanes::Entity>(),
        of::<delivery_queue::Entity>(),
        of::<delivery_attempts::Entity>(),
        of::<stats_minutes::Entity>(),
        of::<tool_calls::Entity>(),
        of::<idempotency_keys::Entity>(),
        of::<identities::Entity>(),
    ]
}

fn of<E: EntityTrait>() -> Table {
    let keys: Vec<_> = E::PrimaryKey::iter()
        .map(|key| column(key.into_column()))
        .collect();
    let is_key = |column: &Column| keys.iter().any(|key| key.name == column.name);
    let others = E::Column::iter()
        .map(column)
        .filter(|column| !is_key(column));
    Table {
        name: E::default().table_name(),
        key: keys.len(),
        columns: keys.iter().copied().chain(others).collect(),
        is_counted: E::PrimaryKey::auto_increment(),
        is_seeded: false,
    }
}

fn column(column: impl ColumnTrait) -> Column {
    Column {
        name: column.as_str(),
        kind: match column.def().get_column_type() {
            ColumnType::Uuid => Kind::Uuid,
            ColumnType::Boolean => Kind::Bool,
            ColumnType::SmallInteger => Kind::Small,
            ColumnType::Integer => Kind::Int,
            ColumnType::BigInteger => Kind::Big,
            ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => Kind::Bytes,
            _ => Kind::Text,
        },
    }
}

impl Table {
    pub fn key(&self) -> &[Column] {
        &self.columns[..self.key]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts are ordered by a collation, which is another in each database.
    #[test]
    fn keys_are_of_kinds_that_all_databases_put_in_the_same_order() {
        for table in all() {
            let is_safe = |column: &Column| !matches!(column.kind, Kind::Text | Kind::Bool);
            assert!(
                !table.key().is_empty() && table.key().iter().all(is_safe),
                "{}",
                table.name
            );
        }
    }
}
