//! Who asks: an owner and a role.
//!
//! Handlers take `Caller` where anybody may come who has passed the door, and
//! `Admin` where the role must be that: the permission is in the signature.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use anyhow::anyhow;
use entity::api_keys::Role;

use super::Scope;
use crate::error::{Code, Error, Result};

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    owner: String,
    role: Role,
}

/// A caller whose role is admin.
#[derive(Clone, Debug)]
pub struct Admin(Caller);

impl Caller {
    pub(super) fn new(owner: impl Into<String>, role: Role) -> Self {
        Self {
            owner: owner.into(),
            role,
        }
    }

    /// Whoever asks without a token while the door stands open.
    pub(super) fn at_the_open_door() -> Self {
        Self::new("dev", Role::Admin)
    }

    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// This caller as one text, the same on every request and replica.
    pub fn principal(&self) -> String {
        match self.role {
            Role::Admin => format!("admin:{}", self.owner),
            Role::User => format!("user:{}", self.owner),
        }
    }

    /// What the caller has, an admin too.
    pub fn own(&self) -> Scope {
        Scope::of_owner(&self.owner)
    }

    /// What the caller may see: an admin everything, a user what it has.
    pub fn scope(&self) -> Scope {
        match self.role {
            Role::Admin => Scope::of_everything(),
            Role::User => self.own(),
        }
    }

    fn of(req: &HttpRequest) -> Result<Self> {
        let caller = req.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| Error::internal(anyhow!("{} lies outside the door", req.path())))
    }
}

impl Admin {
    pub fn principal(&self) -> String {
        self.0.principal()
    }
}

impl TryFrom<Caller> for Admin {
    type Error = Error;

    fn try_from(caller: Caller) -> Result<Self> {
        match caller.role {
            Role::Admin => Ok(Self(caller)),
            Role::User => Err(Error::new(
                Code::Forbidden,
                "Only an admin may do this: ask for an admin key, or for the admin claim in your token.",
            )),
        }
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

impl FromRequest for Admin {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Caller::of(req).and_then(Self::try_from))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(role: Option<Role>) -> HttpRequest {
        let req = TestRequest::default().to_http_request();
        if let Some(role) = role {
            req.extensions_mut().insert(Caller::new("alice", role));
        }
        req
    }

    fn admin(role: Role) -> Result<Admin> {
        Caller::of(&request(Some(role)))?.try_into()
    }

    #[test]
    fn a_route_outside_the_door_is_a_fault_of_ours() {
        let error = Caller::of(&request(None)).unwrap_err();
        assert_eq!(error.code(), Code::Internal);
    }

    #[test]
    fn only_an_admin_is_taken_for_one() {
        let refused = admin(Role::User).unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
        let admin = admin(Role::Admin).unwrap();
        assert_eq!(admin.principal(), "admin:alice");
    }

    #[test]
    fn an_admin_is_another_principal_than_a_user_of_the_same_owner() {
        assert_ne!(
            Caller::new("alice", Role::Admin).principal(),
            Caller::new("alice", Role::User).principal(),
        );
    }
}
