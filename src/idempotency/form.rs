//! The same for a form of a page: its number is a hidden field, and what it
//! made is shown again, and not made again, where it is sent again.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::once::{Claim, made};
use crate::{app::App, error::Result, infra::db::Tx};

/// A form that may have been sent before.
pub struct Sent<'a> {
    pub principal: &'a str,
    pub path: &'a str,
    /// The number that the form was given when it was shown.
    pub number: &'a str,
    pub fields: &'a [(String, String)],
}

impl Sent<'_> {
    /// Runs `work` once; what it made is remembered for a day, sealed.
    pub async fn once<A, F, Fut>(&self, app: &App, work: F) -> Result<A>
    where
        A: Serialize + DeserializeOwned,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<A>> + Send,
    {
        made(app, Some(self.claim()), work).await
    }

    fn claim(&self) -> Claim {
        let mut digest = Sha256::new();
        for part in self.fields.iter().flat_map(|(name, value)| [name, value]) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Claim::new(
            self.principal,
            self.path,
            self.number,
            digest.finalize().into(),
        )
    }
}
