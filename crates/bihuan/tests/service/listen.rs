//! The edge on real sockets: who is let in, how many, and by which certificate.

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use bihuan::http::edge::{Client, Edge, Limits, Tls, Trusted};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Longer than anything here takes.
const EVER: Duration = Duration::from_secs(60);

fn router() -> Router {
    let who = async |request: Request| {
        request.extensions().get::<Client>().map(|it| it.0.to_string()).unwrap_or_default()
    };
    Router::new().route("/who", get(who))
}

async fn listening(edge: &Edge) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let edge = edge.clone();
    (at, tokio::spawn(async move { edge.serve(listener, router()).await }))
}

async fn from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, last], 0).into()).expect("an address of this machine");
    timeout(EVER, socket.connect(to)).await.expect("in time").expect("a connection")
}

/// Asks who we are; empty where there is no answer.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), said: &str) -> String {
    let head = format!("GET /who HTTP/1.1\r\nHost: a\r\n{said}\r\n");
    let mut bytes = vec![0; 2_048];
    if stream.write_all(head.as_bytes()).await.is_err() {
        return String::new();
    }
    let read = timeout(EVER, stream.read(&mut bytes)).await.expect("in time").unwrap_or(0);
    let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
    text.rsplit_once("\r\n\r\n").map(|it| it.1.to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_a_trusted_proxy_as_many_as_it_likes() {
    let limits = Limits { connections_per_address_max: 2, ..Limits::default() };
    let edge = Edge::new(limits, Trusted(vec!["127.0.0.9/32".parse().expect("one")]), None);
    let (at, _serving) = listening(&edge).await;
    let mut held = Vec::new();
    for last in [2, 2, 3, 3, 9, 9, 9, 9] {
        let mut stream = from(last, at).await;
        let said = ask(&mut stream, "X-Forwarded-For: 192.0.2.7\r\n").await;
        let wanted = if last == 9 { "192.0.2.7".to_owned() } else { format!("127.0.0.{last}") };
        assert_eq!(said, wanted);
        held.push(stream);
    }
    assert_eq!(ask(&mut from(2, at).await, "").await, "", "a third is closed");
    drop(held.remove(0));
    // One that ended is noticed soon, not at once.
    let again = async { while ask(&mut from(2, at).await, "").await.is_empty() {} };
    timeout(EVER, again).await.expect("its place is free again");
}

#[tokio::test]
async fn what_is_too_much_in_all_waits_and_is_served_in_its_turn() {
    let limits = Limits { connections_max: 2, ..Limits::default() };
    let edge = Edge::new(limits, Trusted::default(), None);
    let (at, serving) = listening(&edge).await;
    let mut first = [from(2, at).await, from(3, at).await];
    for stream in &mut first {
        assert!(!ask(stream, "").await.is_empty());
    }
    assert_eq!(edge.connections(), 2);
    let mut third = from(4, at).await;
    let waiting = tokio::spawn(async move { ask(&mut third, "").await });
    drop(first);
    let said = timeout(EVER, waiting).await.expect("in time").expect("no panic");
    assert_eq!(said, "127.0.0.4");
    assert_eq!(timeout(EVER, edge.drained()).await.expect("in time"), 0);
    timeout(EVER, serving).await.expect("it takes no more in").expect("no panic");
    assert!(TcpStream::connect(at).await.is_err(), "nobody listens any more");
}

/// A certificate of our own, written to a folder.
fn certificate(dir: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(dir.join("a.pem"), cert.pem()).expect("it is written");
    std::fs::write(dir.join("k.pem"), signing_key.serialize_pem()).expect("it is written");
    cert.der().clone()
}

/// Shakes hands with whoever has this certificate.
async fn shake(
    at: SocketAddr,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    timeout(EVER, connector.connect(name, from(2, at).await)).await.expect("in time")
}

#[tokio::test]
async fn a_certificate_is_renewed_without_a_new_start_and_a_bad_one_is_not_taken() {
    let dir = tempfile::tempdir().expect("a folder");
    let (a, k) = (dir.path().join("a.pem"), dir.path().join("k.pem"));
    assert!(Tls::open(&a, &k).is_err(), "there is none yet");
    let old = certificate(dir.path());
    let tls = Arc::new(Tls::open(&a, &k).expect("a pair"));
    let edge = Edge::new(Limits::default(), Trusted::default(), Some(Arc::clone(&tls)));
    let (at, _serving) = listening(&edge).await;
    let mut stream = shake(at, &old).await.expect("it is trusted");
    assert_eq!(ask(&mut stream, "").await, "127.0.0.2");
    assert_eq!(ask(&mut from(3, at).await, "").await, "", "in the clear nothing is said");

    std::fs::write(&k, "no key").expect("it is written");
    assert!(tls.renew().is_err());
    assert!(shake(at, &old).await.is_ok(), "the one before stays");
    let new = certificate(dir.path());
    tls.renew().expect("a pair");
    assert!(shake(at, &old).await.is_err());
    assert_eq!(ask(&mut shake(at, &new).await.expect("it is trusted"), "").await, "127.0.0.2");
    assert_eq!(ask(&mut stream, "").await, "127.0.0.2", "who is connected stays so");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_given_up() {
    let dir = tempfile::tempdir().expect("a folder");
    certificate(dir.path());
    let tls = Tls::open(&dir.path().join("a.pem"), &dir.path().join("k.pem")).expect("a pair");
    let limits = Limits { first_byte: Duration::from_millis(200), ..Limits::default() };
    let edge = Edge::new(limits, Trusted::default(), Some(Arc::new(tls)));
    let (at, _serving) = listening(&edge).await;
    for said in [&b""[..], &b"\x16\x03\x01"[..]] {
        let mut stream = from(2, at).await;
        stream.write_all(said).await.expect("it is open");
        let read = timeout(EVER, stream.read(&mut [0; 64])).await.expect("it is closed");
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    }
}
