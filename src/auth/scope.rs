//! Whose data a piece of work may touch.
//!
//! Every store function that reads or changes an owner's data takes a
//! `&Scope`, so tenancy is an argument that cannot be forgotten. Its fields
//! are private: in a request it comes only from the caller.

use sea_orm::{ColumnTrait, Condition};

/// One owner's data, or everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Reach);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Reach {
    Owner(String),
    Everything,
}

impl Scope {
    pub(super) fn of_owner(owner: &str) -> Self {
        Self(Reach::Owner(owner.to_owned()))
    }

    pub(super) fn of_everything() -> Self {
        Self(Reach::Everything)
    }

    /// For workers, who act for nobody in particular. Never for a handler.
    pub fn of_the_service() -> Self {
        Self::of_everything()
    }

    /// The rows within this scope, by the column that names their owner. A
    /// row without an owner is within none but everything.
    pub fn owns(&self, owner: impl ColumnTrait) -> Condition {
        match &self.0 {
            Reach::Owner(name) => Condition::all().add(owner.eq(name.as_str())),
            Reach::Everything => Condition::all(),
        }
    }

    /// Whether nothing is outside of it: it is an admin's, or the service's own.
    pub fn is_everything(&self) -> bool {
        self.0 == Reach::Everything
    }

    /// Whether what this owner has, or nobody, is within this scope.
    pub fn includes(&self, owner: Option<&str>) -> bool {
        match &self.0 {
            Reach::Owner(name) => owner == Some(name.as_str()),
            Reach::Everything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::api_keys::{Column, Entity};
    use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryTrait};

    use super::*;

    fn condition(scope: &Scope) -> String {
        let sql = Entity::find()
            .filter(scope.owns(Column::Owner))
            .build(DbBackend::Sqlite)
            .to_string();
        sql.split_once(" WHERE ")
            .map_or(String::new(), |(_, condition)| condition.to_owned())
    }

    #[test]
    fn an_owner_is_a_condition_on_the_column_and_everything_is_always_true() {
        assert_eq!(
            condition(&Scope::of_owner("alice")),
            r#""api_keys"."owner" = 'alice'"#
        );
        assert_eq!(condition(&Scope::of_the_service()), "TRUE");
    }

    #[test]
    fn what_nobody_has_is_within_everything_alone() {
        let alice = Scope::of_owner("alice");
        assert!(Scope::of_the_service().is_everything() && !alice.is_everything());
        for (owner, is_hers) in [(Some("alice"), true), (Some("bob"), false), (None, false)] {
            assert_eq!(alice.includes(owner), is_hers, "{owner:?}");
            assert!(Scope::of_the_service().includes(owner));
        }
    }
}
