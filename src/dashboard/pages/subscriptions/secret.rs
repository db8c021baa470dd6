//! The page on which a secret stands, the one time that it does.

use askama::Template;

use entity::SubscriptionId;

use crate::{dashboard::frame::Frame, infra::clock::Millis};

/// The field in which somebody may bring a secret of their own.
pub const SECRET: &str = "secret_key";

#[derive(Template)]
#[template(path = "subscriptions/secret.html")]
pub struct SecretPage {
    pub frame: Frame,
    pub id: SubscriptionId,
    pub url: String,
    pub secret: String,
    pub title: &'static str,
    /// What receivers have to do now.
    pub message: &'static str,
    /// Until when the one before signs as well.
    pub previous_until: Option<Millis>,
    pub is_new: bool,
}
