//! API keys: made, listed, revoked, by an admin over HTTP and by the command
//! line.
//!
//! A key is `rbk_` and 32 random bytes in base64url. It is shown once; what
//! is stored is its SHA-256 (a key is not guessable, so a slow hash would
//! only be slow) and its last four characters, by which people tell their
//! keys apart.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use entity::{
    KeyId,
    api_keys::{ActiveModel, Column, Entity, Model, Role},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    config::Secret,
    error::{Detail, Error, Result},
    infra::{clock::Clock, page::Page},
};

const PREFIX: &str = "rbk_";
const KEY_BYTES: usize = 32;
const HINT_CHARS: usize = 4;
const NAME_CHARS_MAX: usize = 100;
const OWNER_CHARS_MAX: usize = 128;

/// What a key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    pub owner: String,
}

impl NewKey {
    /// Checks the texts and tells all that is wrong at once.
    pub fn checked(self) -> Result<Self> {
        let name = check("name", &self.name, NAME_CHARS_MAX);
        let owner = check("owner", &self.owner, OWNER_CHARS_MAX);
        let wrong: Vec<_> = name.into_iter().chain(owner).collect();
        match wrong.is_empty() {
            true => Ok(self),
            false => Err(Error::invalid_many(wrong)),
        }
    }
}

/// A text that people will read, in a list or in a log.
fn check(path: &str, text: &str, chars_max: usize) -> Option<Detail> {
    let chars = text.chars().count();
    let is_good =
        !text.trim().is_empty() && chars <= chars_max && !text.chars().any(char::is_control);
    (!is_good).then(|| Detail {
        path: path.to_owned(),
        message: format!("give 1 to {chars_max} characters, not all spaces, no control characters"),
    })
}

/// SHA-256 of a key: all that is kept of it.
pub(super) type KeyDigest = [u8; 32];

pub(super) fn digest_of(key: &str) -> KeyDigest {
    Sha256::digest(key).into()
}

/// It looks like one of ours: worth asking the database about.
pub(super) fn is_well_formed(key: &str) -> bool {
    let bytes = key
        .strip_prefix(PREFIX)
        .and_then(|text| BASE64.decode(text).ok());
    bytes.is_some_and(|bytes| bytes.len() == KEY_BYTES)
}

pub(super) fn has_prefix(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Makes a key. Its text is known here for the last time.
pub async fn create(
    conn: &impl ConnectionTrait,
    clock: &Clock,
    new: NewKey,
) -> Result<(KeyId, Secret)> {
    let key = format!(
        "{PREFIX}{}",
        BASE64.encode(rand::random::<[u8; KEY_BYTES]>())
    );
    let id = KeyId::from_uuid(Uuid::now_v7());
    let row = ActiveModel {
        id: Set(id),
        name: Set(new.name),
        owner: Set(new.owner),
        role: Set(new.role),
        digest: Set(digest_of(&key).to_vec()),
        hint: Set(key[key.len() - HINT_CHARS..].to_owned()),
        created_at: Set(clock.millis()),
        revoked_at: Set(None),
    };
    row.insert(conn).await?;
    Ok((id, Secret::new(key)))
}

/// A page of all keys, the revoked ones too, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    page: &Page,
) -> Result<(Vec<Model>, Option<String>)> {
    let mut query = Entity::find()
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(KeyId::from_uuid(before)));
    }
    let mut keys = query.all(conn).await?;
    let next_cursor = page.cut(&mut keys, |key| key.id.uuid());
    Ok((keys, next_cursor))
}

pub async fn find(conn: &impl ConnectionTrait, id: KeyId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn find_by_digest(
    conn: &impl ConnectionTrait,
    digest: &KeyDigest,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Digest.eq(digest.as_slice()))
        .one(conn)
        .await?)
}

/// Revokes a key for good; false where there is none that was good.
pub async fn revoke(conn: &impl ConnectionTrait, clock: &Clock, id: KeyId) -> Result<bool> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(clock.millis()))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(conn)
        .await?;
    Ok(revoked.rows_affected == 1)
}

/// Somebody has made a key here before, be it revoked by now.
pub async fn any_exists(conn: &impl ConnectionTrait) -> Result<bool> {
    Ok(Entity::find().limit(1).one(conn).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_an_owner_are_short_printable_texts() {
        let refusal = |name: &str, owner: &str| {
            let new = NewKey {
                name: name.to_owned(),
                role: Role::User,
                owner: owner.to_owned(),
            };
            new.checked()
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert_eq!(
            refusal(&"ä".repeat(NAME_CHARS_MAX), &"ö".repeat(OWNER_CHARS_MAX)),
            ""
        );
        for name in ["", "  ", "a\nb", &"a".repeat(NAME_CHARS_MAX + 1)] {
            assert!(refusal(name, "acme").contains("name: "), "{name:?}");
        }
        assert!(refusal("n", &"o".repeat(OWNER_CHARS_MAX + 1)).contains("owner: "));
        assert!(refusal("", "").contains("Several"));
    }

    #[test]
    fn a_key_is_a_prefix_and_exactly_32_bytes() {
        let key = |bytes: &[u8]| format!("{PREFIX}{}", BASE64.encode(bytes));
        assert!(is_well_formed(&key(&[7; 32])));
        for nonsense in [
            String::new(),
            PREFIX.to_owned(),
            key(&[7; 31]),
            key(&[7; 33]),
            key(&[7; 32]) + "=",
        ] {
            assert!(!is_well_formed(&nonsense), "{nonsense}");
        }
    }
}
