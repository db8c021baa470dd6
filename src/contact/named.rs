//! A call by any of its names.
//!
//! Vapi has an id for it and we have one, and neither can be told from the other by its looks, so
//! both are always tried. A call that Vapi announced before we knew that it was ours has a third
//! name: the id under which it was ordered. Whoever ordered it was given that one, and asks by it
//! for as long as there is a call.

use entity::{
    CallId,
    calls::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{auth::Scope, error::Result};

/// As long as ids of calls are let in.
const NAME_CHARS_MAX: usize = 255;

/// The call of this name, within the scope.
pub async fn find(conn: &impl ConnectionTrait, scope: &Scope, name: &str) -> Result<Option<Model>> {
    if !can_be_a_name(name) {
        return Ok(None);
    }
    let call = Entity::find()
        .filter(is_named(name))
        .filter(scope.owns(Column::Owner));
    Ok(call.one(conn).await?)
}

/// PostgreSQL would not even take a NUL as a question.
pub fn can_be_a_name(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX && !name.contains('\0')
}

/// Each of these columns has an index of its own.
pub fn is_named(name: &str) -> Condition {
    let ours = name.parse::<CallId>().ok();
    Condition::any()
        .add(Column::VapiCallId.eq(name))
        .add_option(ours.map(|id| Column::Id.eq(id)))
        .add_option(ours.map(|id| Column::RequestId.eq(id.to_string())))
}
