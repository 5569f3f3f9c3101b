//! TLS: the handshake, and which certificate is shown. rustls with ring, and nothing older than TLS 1.2.
//!
//! Where certificates come from stands in [`files`] and [`acme`]. Both replace the one that is shown while connections go on.

mod acme;
mod certificate;
mod files;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use acme::{Acme, AcmeError, AcmeSettings, Challenge};
pub use certificate::{Certificate, CertificateError};
pub use files::CertificateFiles;

const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";
/// What a certificate authority asks for, by RFC 8737.
const CHALLENGE: &[u8] = b"acme-tls/1";

/// The encryption of one listener. A clone shows the same certificates.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    http1_acceptor: TlsAcceptor,
    certificates: Certificates,
}

/// A handshake that succeeded, and what will be spoken.
pub(crate) enum Agreed {
    /// HTTP/1.1.
    Http1(TlsStream<TcpStream>),
    /// HTTP/2.
    Http2(TlsStream<TcpStream>),
    /// Nothing: it was a certificate authority that looked at a certificate.
    Challenge,
}

impl Tls {
    /// Encryption with no certificate yet: until there is one, handshakes fail.
    ///
    /// # Errors
    /// Where the cryptographic provider lacks what TLS needs, which no build of this program does.
    pub fn new() -> Result<Self, rustls::Error> {
        let certificates = Certificates::default();
        let acceptor = |protocols: &[&[u8]]| -> Result<TlsAcceptor, rustls::Error> {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let mut config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(certificates.clone()));
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Ok(TlsAcceptor::from(Arc::new(config)))
        };
        Ok(Self {
            acceptor: acceptor(&[HTTP_2, HTTP_1, CHALLENGE])?,
            http1_acceptor: acceptor(&[HTTP_1])?,
            certificates,
        })
    }

    /// What is shown.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Agreed> {
        let stream = self.acceptor.accept(stream).await?;
        Ok(match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => Agreed::Http2(stream),
            Some(CHALLENGE) => Agreed::Challenge,
            _ => Agreed::Http1(stream),
        })
    }

    /// The same, where HTTP/1.1 is all that will be answered.
    pub(crate) async fn accept_http1(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.http1_acceptor.accept(stream).await
    }
}

/// What is shown to whom: the certificate, and while an authority asks for proof, that proof.
#[derive(Clone, Default)]
pub struct Certificates(Arc<Shown>);

#[derive(Default)]
struct Shown {
    current: RwLock<Option<Certificate>>,
    /// By name, for TLS-ALPN-01.
    proofs: Mutex<HashMap<String, Arc<CertifiedKey>>>,
    /// By token, for HTTP-01.
    answers: Mutex<HashMap<String, String>>,
}

impl Certificates {
    /// Shows this one from the next handshake on. Connections that are open keep theirs.
    pub fn show(&self, certificate: Certificate) {
        let mut current = self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Some(certificate);
    }

    /// The one that is shown.
    pub fn current(&self) -> Option<Certificate> {
        let current = self
            .0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// What an authority that asks for this token is answered.
    pub(crate) fn answer_to(&self, token: &str) -> Option<String> {
        let answers = self
            .0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        answers.get(token).cloned()
    }

    fn prove_by_answer(&self, token: String, answer: String) {
        let mut answers = self
            .0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        answers.insert(token, answer);
    }

    fn prove_by_certificate(&self, name: String, proof: Arc<CertifiedKey>) {
        let mut proofs = self.0.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.insert(name, proof);
    }

    /// Forgets every proof: an order has ended.
    fn forget_proofs(&self) {
        self.0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.0
            .proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked_for_proof = hello
            .alpn()
            .is_some_and(|mut offered| offered.any(|name| name == CHALLENGE));
        if asked_for_proof {
            let proofs = self.0.proofs.lock().unwrap_or_else(PoisonError::into_inner);
            return proofs.get(hello.server_name()?).cloned();
        }
        self.current().map(|certificate| certificate.key())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificates")
            .field(&self.current())
            .finish()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}
