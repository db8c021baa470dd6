//! Receivers that speak TLS, well and badly.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::infra::egress::{advice::WRONG_NAME, resolver::Resolver};

const HOST: &str = "hooks.example";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    params
}

struct Certificate(CertificateDer<'static>, KeyPair);

fn by(authority: &Authority, params: CertificateParams) -> Certificate {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Certificate(certificate.into(), key)
}

fn by_itself(params: CertificateParams) -> Certificate {
    let key = KeyPair::generate().unwrap();
    Certificate(params.self_signed(&key).unwrap().into(), key)
}

/// A receiver that shows this certificate and answers 204 to everything, in the first of
/// `protocols` that we offer. Of HTTP/2 it knows the name alone, and closes where it is spoken.
async fn receiver(shown: Certificate, protocols: &[&[u8]]) -> String {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(shown.1.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown.0], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
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
                    let answer: &[u8] = match peer.get_ref().1.alpn_protocol() {
                        Some(b"h2") => return,
                        _ if heard.ends_with(b"{\"a\":1}") => b"HTTP/1.1 204 No Content\r\n\r\n",
                        _ => continue,
                    };
                    heard.clear();
                    let _ = peer.write_all(answer).await;
                }
            });
        }
    });
    format!("https://{HOST}:{port}/hook")
}

/// An egress that finds every name on loopback and trusts this authority.
fn trusting(authority: &Authority) -> Egress {
    let lookup = |_| Box::pin(async { Ok(vec!["127.0.0.1:0".parse().unwrap()]) }) as _;
    let config = allowing(&["127.0.0.0/8"]);
    let resolver = Resolver::new(&config.allow_networks, lookup, LONG);
    let root = CertificateDer::from(authority.der().to_vec());
    Egress::with(resolver, vec![root], &config).unwrap()
}

#[tokio::test]
async fn the_handshake_has_a_time_of_its_own_and_is_made_once() {
    let authority = authority("tests");
    let url = receiver(by(&authority, params(HOST)), &[]).await;
    let egress = trusting(&authority);
    let first = answered(egress.send(post(&url, LONG)).await);
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    let times = first.timings;
    let parts = [times.dns, times.connect, times.tls, times.first_byte];
    let parts: Duration = parts.into_iter().map(Option::unwrap).sum();
    assert!(parts <= times.total, "{times:?}");

    let again = answered(egress.send(post(&url, LONG)).await).timings;
    assert!(again.dns.is_none() && again.tls.is_none() && again.connect.is_some());
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let authority = authority("tests");
    let shown = by(&authority, params(HOST));
    let url = receiver(shown, &[b"h2", b"http/1.1"]).await;
    let failure = failed(trusting(&authority).send(post(&url, LONG)).await);
    assert_ne!(failure.kind, FailureKind::Tls, "{failure:?}");
    let shown = by(&authority, params(HOST));
    let url = receiver(shown, &[b"http/1.1"]).await;
    assert!(answered(trusting(&authority).send(post(&url, LONG)).await).is_success());
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_named() {
    let ours = authority("tests");
    let [mut expired, mut early, mut as_made_by_openssl] = [HOST; 3].map(params);
    expired.not_after = date_time_ymd(2020, 1, 1);
    early.not_before = date_time_ymd(2999, 1, 1);
    as_made_by_openssl.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let egress = trusting(&ours);
    for (shown, words) in [
        (by(&ours, expired), "has expired"),
        (by(&ours, early), "not valid yet"),
        (by(&ours, params("other.example")), WRONG_NAME),
        (
            by(&authority("somebody"), params(HOST)),
            "by nobody we trust",
        ),
        (by_itself(params(HOST)), "signed itself"),
        (by_itself(as_made_by_openssl), "signed itself"),
    ] {
        let url = receiver(shown, &[]).await;
        let failure = failed(egress.send(post(&url, LONG)).await);
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
        assert!(failure.hint.contains(words), "{words}: {}", failure.hint);
        assert!(failure.timings.connect.is_some() && failure.timings.first_byte.is_none());
    }
}

#[tokio::test]
async fn an_old_version_is_told_from_another_refusal() {
    let alert = |description: u8| vec![0x15, 3, 1, 0, 2, 2, description];
    for (description, words) in [
        (70, "no longer safe"),
        (40, "in common"),
        (112, "no host of this name"),
        (116, "client certificates"),
    ] {
        let receiver = Receiver::that(alert(description), Then::Close).await;
        let url = receiver.url().replace("http:", "https:");
        let failure = failed(to_loopback().send(post(&url, LONG)).await);
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
        assert!(failure.hint.contains(words), "{words}: {}", failure.hint);
    }
}
