//! Receivers over TLS, before the real binary with its real trust: the authorities of the machine,
//! which here are one that the test has made.

use std::{net::TcpListener as Listener, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    ADMIN, Home, Server, client,
    hostile::{After, Deed, Hostile, Then},
};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

pub fn certificate(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    params
}

pub type Shown = (CertificateDer<'static>, KeyPair);

pub fn by(authority: &Authority, params: CertificateParams) -> Shown {
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, authority).unwrap().into(), key)
}

fn by_itself(params: CertificateParams) -> Shown {
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().into(), key)
}

/// What a receiver needs to show this.
pub fn showing((certificate, key): Shown) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

/// One that speaks these protocols.
pub fn acceptor(mut config: ServerConfig, protocols: &[&[u8]]) -> TlsAcceptor {
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A receiver that shows this and takes whatever it is sent; its address.
async fn receiver(shown: Shown) -> String {
    let acceptor = acceptor(showing(shown), &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut peer) = acceptor.accept(peer).await else {
                    return;
                };
                let mut heard = Vec::new();
                while peer.read_buf(&mut heard).await.is_ok_and(|read| read > 0) {
                    if heard.ends_with(b"}") {
                        let _ = peer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                    }
                }
            });
        }
    });
    format!("https://localhost:{port}/hook")
}

fn pem(authority: &Authority) -> String {
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    format!("{begin}\n{}\n{end}\n", BASE64.encode(authority.der()))
}

/// A server that trusts this authority and no other.
pub async fn trusting(authority: &Authority) -> (Home, Server) {
    let home = Home::configured().await;
    let file = home.file("authorities.pem");
    std::fs::write(&file, pem(authority)).unwrap();
    let home = home
        .with("SSL_CERT_FILE", file.to_str().unwrap())
        .with("RINGBACK_DELIVERY_TIMEOUT", "2s");
    let server = home.serve();
    (home, server)
}

/// What became of a delivery that was sent there for a trial.
pub async fn tried(server: &Server, url: &str) -> Value {
    let path = format!("{}/api/v6/call/webhook/test", server.base());
    let wanted = json!({"webhook_url": url, "event_type": "call.completed"});
    let request = client().post(path).bearer_auth(ADMIN).json(&wanted);
    request.send().await.unwrap().json().await.unwrap()
}

async fn fails(server: &Server, url: &str, error: &str, hint: &str) {
    let tried = tried(server, url).await;
    assert_eq!(tried["delivered"], false, "{hint}: {tried}");
    assert_eq!(tried["error"], error, "{hint}: {tried}");
    let said = tried["hint"].as_str().unwrap();
    assert!(said.contains(hint), "{hint}: {said}");
}

#[tokio::test]
async fn a_certificate_is_believed_only_if_it_is_right_in_all() {
    let ours = authority("the tests'");
    let (home, server) = trusting(&ours).await;
    let good = receiver(by(&ours, certificate("localhost"))).await;
    let delivered = tried(&server, &good).await;
    assert_eq!(delivered["delivered"], true, "{delivered}");

    let [mut expired, mut early] = ["localhost"; 2].map(certificate);
    expired.not_after = date_time_ymd(2020, 1, 1);
    early.not_before = date_time_ymd(2999, 1, 1);
    let stranger = authority("somebody's");
    for (shown, hint) in [
        (by(&ours, expired), "has expired"),
        (by(&ours, early), "not valid yet"),
        (by(&ours, certificate("other.example")), "for another name"),
        (
            by(&stranger, certificate("localhost")),
            "by nobody we trust",
        ),
        (by_itself(certificate("localhost")), "signed itself"),
    ] {
        fails(&server, &receiver(shown).await, "tls", hint).await;
    }
    drop(server);
    home.leave().await;
}

#[tokio::test]
async fn a_handshake_that_goes_wrong_is_told_by_how_it_did() {
    let (home, server) = trusting(&authority("the tests'")).await;
    let alert = |description: u8| vec![0x15, 3, 1, 0, 2, 2, description];
    // Of an answer with a server's part of the handshake: that it is long, and not the rest.
    let torn = vec![0x16, 3, 3, 0x40, 0];
    for (says, then, error, hint) in [
        (vec![], Then::Hang, "timeout", "no end of the TLS handshake"),
        (
            torn.clone(),
            Then::Hang,
            "timeout",
            "no end of the TLS handshake",
        ),
        (
            torn.clone(),
            Then::Drip(0),
            "timeout",
            "no end of the TLS handshake",
        ),
        (torn, Then::Close, "tls", "closed during the TLS handshake"),
        (
            vec![],
            Then::Close,
            "tls",
            "closed during the TLS handshake",
        ),
        (vec![], Then::Reset, "tls", "reset during the TLS handshake"),
        (
            b"HTTP/1.1 400 Bad\r\n\r\n".to_vec(),
            Then::Hang,
            "tls",
            "does not speak TLS",
        ),
        (vec![0; 5], Then::Hang, "tls", "does not speak TLS"),
        (alert(70), Then::Hang, "tls", "no longer safe"),
        (alert(40), Then::Hang, "tls", "in common"),
        (alert(112), Then::Hang, "tls", "no host of this name"),
        (alert(116), Then::Hang, "tls", "client certificates"),
    ] {
        let after = After::Hello;
        let receiver = Hostile::that(Deed { after, says, then }).await;
        let url = receiver.url().replace("http:", "https:");
        fails(&server, &url, error, hint).await;
        receiver.gone(1).await;
    }
    let closed = Listener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", closed.local_addr().unwrap());
    drop(closed);
    fails(&server, &url, "connect", "nothing listens").await;
    drop(server);
    home.leave().await;
}
