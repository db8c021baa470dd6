//! TLS, as the guarded client speaks it.
//!
//! It is what the client would set up by itself, the platform's authorities
//! included, with two additions that help a person: a certificate that signed
//! itself is told from one by an unknown authority, and the moment is noted at
//! which a handshake begins. The client has no hook for that moment. But each
//! handshake, the first as well as a later one, begins by asking the store of
//! sessions whether it knows the other side, and the store is ours.

use std::sync::Arc;

use anyhow::Context;
use rustls::{
    ClientConfig, NamedGroup,
    client::{
        ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
        Tls13ClientSessionValue,
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};

use super::{certificate::Judge, journey::Journey};

const SESSIONS_MAX: usize = 1024;

/// What the client is given; `roots` are trusted beside the platform's.
pub(super) fn config(roots: Vec<CertificateDer<'static>>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let judge = Judge::trusting(roots, provider.clone()).context("no certificate can be judged")?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(Sessions(ClientSessionMemoryCache::new(
        SESSIONS_MAX,
    ))));
    Ok(config)
}

/// A store of sessions that notes when it is first asked.
#[derive(Debug)]
struct Sessions(ClientSessionMemoryCache);

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, session);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, ticket);
    }

    /// The first question of every handshake.
    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        Journey::note_dialled();
        self.0.take_tls13_ticket(server)
    }
}
