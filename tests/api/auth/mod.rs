//! Who may enter: every right way in, and every documented way to forge one.

mod api_keys;
mod door;
mod everywhere;
mod firebase;
mod forge;
mod forgeries;
mod issuer;
mod issuer_keys;
mod oidc;

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use ringback::{
    auth::{Access, Caller},
    error::{Code, Error},
};
use serde_json::Value;

use self::{
    forge::Signer,
    issuer::{Issuer, KEYS},
};
use crate::support::TestApp;

const PROJECT: &str = "demo-project";
const FIREBASE: &str = "https://securetoken.google.com/demo-project";
const AUDIENCE: &str = "ringback";

/// A door that takes the tokens of one issuer, and that issuer.
struct Door {
    access: Access,
    issuer: Issuer,
    app: TestApp,
    /// What right tokens say: `iss` and `aud`.
    names: (String, String),
}

impl Door {
    async fn for_firebase(signers: &[&Signer]) -> Self {
        Self::for_firebase_with(signers, &[]).await
    }

    async fn for_firebase_with(signers: &[&Signer], settings: &[(&str, &str)]) -> Self {
        let issuer = Issuer::with(signers).await;
        let keys = format!("{}{KEYS}", issuer.base);
        let firebase = [
            ("FIREBASE_PROJECT_ID", PROJECT),
            ("RINGBACK_JWKS_URL", keys.as_str()),
        ];
        Self::open(issuer, &[&firebase, settings].concat(), (FIREBASE, PROJECT)).await
    }

    async fn for_oidc(signers: &[&Signer]) -> Self {
        let issuer = Issuer::with(signers).await;
        let base = issuer.base.clone();
        let oidc = [("OIDC_ISSUER", base.as_str()), ("OIDC_AUDIENCE", AUDIENCE)];
        Self::open(issuer, &oidc, (&base, AUDIENCE)).await
    }

    async fn open(issuer: Issuer, settings: &[(&str, &str)], (iss, aud): (&str, &str)) -> Self {
        let app = TestApp::with(settings).await;
        let access = access(&app);
        Self {
            access,
            issuer,
            app,
            names: (iss.to_owned(), aud.to_owned()),
        }
    }

    /// Claims that are right now, but for `changes`.
    fn claims(&self, changes: Value) -> Value {
        forge::claims(&self.names.0, &self.names.1, self.now_secs(), changes)
    }

    fn now_secs(&self) -> i64 {
        self.app.clock.now().timestamp()
    }

    fn advance(&self, by: Duration) {
        self.app.advance(by);
    }

    async fn brings(&self, token: &str) -> Result<Caller, Error> {
        let header = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        self.access.authenticate([&header]).await
    }

    async fn lets_in(&self, token: &str) -> bool {
        self.brings(token).await.is_ok()
    }

    async fn refuses(&self, token: &str) -> bool {
        self.brings(token)
            .await
            .is_err_and(|error| error.code() == Code::Unauthorized)
    }

    /// Says that it cannot know just now.
    async fn cannot_tell(&self, token: &str) -> bool {
        self.brings(token)
            .await
            .is_err_and(|error| error.code() == Code::Unready)
    }

    async fn close(self) {
        self.app.finish().await;
    }
}

/// What recognises callers in one more process like this server.
fn access(app: &TestApp) -> Access {
    let parts = app.app.clone();
    Access::new(&parts.config.access, parts.clock, parts.egress, parts.db)
}
