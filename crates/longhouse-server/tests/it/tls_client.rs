//! Certificates for tests, and a client that speaks over TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use longhouse_server::{Certificate, Tls};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::house::{Person, in_time};

/// A certificate that vouches for itself, and its key.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = ["localhost", "127.0.0.1", "box.example"].map(str::to_owned);
        let parameters = rcgen::CertificateParams::new(names.to_vec()).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn shown(&self) -> Tls {
        let tls = Tls::new().unwrap();
        let certificate = Certificate::from_pem(self.certificate.as_bytes(), self.key.as_bytes());
        tls.certificates().show(certificate.unwrap());
        tls
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }

    pub(crate) fn write(&self, certificate: &Path, key: &Path) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(certificate, &self.certificate).unwrap();
        std::fs::write(key, &self.key).unwrap();
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Connects, where the server shows what `root` vouches for.
pub(crate) async fn connect(
    address: SocketAddr,
    root: &CertificateDer<'static>,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    in_time("the handshake", handshake).await
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// One question over a connection of its own, by `h2` or `http/1.1`.
pub(crate) async fn ask(
    address: SocketAddr,
    root: &CertificateDer<'static>,
    protocol: &str,
    (method, path, body): (Method, &str, Value),
    person: Option<&Person>,
) -> Answer {
    let io = TokioIo::new(connect(address, root, protocol).await.unwrap());
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let host = format!("localhost:{}", address.port());
    let mut request = axum::http::Request::builder().method(method);
    if let Some(person) = person {
        request = request.header("authorization", format!("Bearer {}", person.token));
    }
    request = request.header("content-type", "application/json");
    let response = if protocol == "h2" {
        let request = request.uri(format!("https://{host}{path}"));
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
                .await
                .unwrap();
        tokio::spawn(connection);
        sender
            .send_request(request.body(Full::new(body)).unwrap())
            .await
    } else {
        let request = request.uri(path).header("host", host);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender
            .send_request(request.body(Full::new(body)).unwrap())
            .await
    };
    let (parts, body) = response.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    }
}
