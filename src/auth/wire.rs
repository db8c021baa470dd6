//! API keys as they look in JSON.

use entity::{
    KeyId,
    api_keys::{self, Model},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::api_key::NewKey;
use crate::{config::Secret, infra::clock::rfc3339};

/// What a key allows: `user`, its owner's data; `admin`, everything.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Admin,
    User,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What it is for, for people.
    #[schema(min_length = 1, max_length = 100, example = "billing service")]
    name: String,
    role: Role,
    /// Whose data it opens, and who owns what is made with it.
    #[schema(min_length = 1, max_length = 128, example = "acme")]
    owner: String,
}

/// A key that was made: its text is shown this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedKey {
    #[schema(example = true)]
    success: bool,
    #[schema(value_type = String, example = "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    key_id: KeyId,
    #[schema(example = "rbk_zq3UuQ0mJ9vXbN4tYd8cR2kLhW6fGpA1sEoT5iVxM7g")]
    key: String,
}

/// A key as everybody may see it later.
#[derive(Serialize, ToSchema)]
pub struct Key {
    #[schema(value_type = String, example = "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: KeyId,
    #[schema(example = "billing service")]
    name: String,
    role: Role,
    #[schema(example = "acme")]
    owner: String,
    /// The key's last four characters.
    #[schema(example = "xM7g")]
    hint: String,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    revoked_at: Option<String>,
}

/// One key.
#[derive(Serialize, ToSchema)]
pub struct OneKey {
    #[schema(example = true)]
    success: bool,
    key: Key,
}

/// A page of keys, newest first.
#[derive(Serialize, ToSchema)]
pub struct Keys {
    #[schema(example = true)]
    success: bool,
    keys: Vec<Key>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A key that is no longer good.
#[derive(Serialize, ToSchema)]
pub struct RevokedKey {
    #[schema(example = true)]
    success: bool,
    #[schema(example = "The key is revoked; it stops working within 5 seconds.")]
    message: &'static str,
}

impl From<CreateKey> for NewKey {
    fn from(wanted: CreateKey) -> Self {
        Self {
            name: wanted.name,
            role: wanted.role.into(),
            owner: wanted.owner,
        }
    }
}

impl CreatedKey {
    pub fn new((key_id, key): (KeyId, Secret)) -> Self {
        Self {
            success: true,
            key_id,
            key: key.expose().to_owned(),
        }
    }
}

impl From<Model> for Key {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role: row.role.into(),
            owner: row.owner,
            hint: row.hint,
            created_at: rfc3339(row.created_at),
            revoked_at: row.revoked_at.map(rfc3339),
        }
    }
}

impl From<Model> for OneKey {
    fn from(row: Model) -> Self {
        Self {
            success: true,
            key: row.into(),
        }
    }
}

impl Keys {
    pub fn new((rows, next_cursor): (Vec<Model>, Option<String>)) -> Self {
        Self {
            success: true,
            keys: rows.into_iter().map(Key::from).collect(),
            next_cursor,
        }
    }
}

impl RevokedKey {
    pub fn new() -> Self {
        Self {
            success: true,
            message: "The key is revoked; it stops working within 5 seconds.",
        }
    }
}

impl From<Role> for api_keys::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::User => Self::User,
        }
    }
}

impl From<api_keys::Role> for Role {
    fn from(role: api_keys::Role) -> Self {
        match role {
            api_keys::Role::Admin => Self::Admin,
            api_keys::Role::User => Self::User,
        }
    }
}
