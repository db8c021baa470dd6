//! The tables as the entities describe them.

use entity::{
    api_keys, call_events, calls, campaigns, dashboard_sessions, delivery_attempts, delivery_queue,
    events, idempotency_keys, identities, inquiries, instances, lanes, maintenance, messages,
    placements, schedule_runs, schedules, stats_minutes, subscriptions, subscriptions_epoch,
    tool_calls, tools,
};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, sea_query::ColumnType};

pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

pub struct Column {
    pub name: &'static str,
    pub is_nullable: bool,
    pub holds_bytes: bool,
}

pub fn all() -> [Table; 23] {
    [
        table::<api_keys::Entity>(),
        table::<call_events::Entity>(),
        table::<calls::Entity>(),
        table::<campaigns::Entity>(),
        table::<dashboard_sessions::Entity>(),
        table::<delivery_attempts::Entity>(),
        table::<delivery_queue::Entity>(),
        table::<events::Entity>(),
        table::<idempotency_keys::Entity>(),
        table::<identities::Entity>(),
        table::<inquiries::Entity>(),
        table::<instances::Entity>(),
        table::<lanes::Entity>(),
        table::<maintenance::Entity>(),
        table::<messages::Entity>(),
        table::<placements::Entity>(),
        table::<schedule_runs::Entity>(),
        table::<schedules::Entity>(),
        table::<stats_minutes::Entity>(),
        table::<subscriptions::Entity>(),
        table::<subscriptions_epoch::Entity>(),
        table::<tool_calls::Entity>(),
        table::<tools::Entity>(),
    ]
}

pub fn table<E: EntityTrait>() -> Table {
    Table {
        name: E::default().table_name(),
        columns: E::Column::iter().map(column).collect(),
    }
}

fn column(column: impl ColumnTrait) -> Column {
    let described = column.def();
    Column {
        name: column.as_str(),
        is_nullable: described.is_null(),
        holds_bytes: matches!(
            described.get_column_type(),
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob
        ),
    }
}
