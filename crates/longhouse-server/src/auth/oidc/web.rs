//! The few requests that a provider is asked: one connection each, bounded in time and size, no redirects, no proxy, no cookies.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, Request, Uri};
use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

/// How long a provider may take for one answer, from the connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many names are looked up at once. A lookup takes a thread for as long as the system is patient with its name servers, also
/// when nobody waits for it any more; passwords and files need threads of the same kind.
const LOOKUPS: usize = 4;

/// Largest answer, in bytes. Key sets of large providers have some 20 KiB.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Why there is no answer. The text is for the log: it may hold what the provider said.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    /// No answer, or none in time.
    #[error("{address} cannot be reached: {why}")]
    Away {
        /// Whom we asked.
        address: String,
        /// Why.
        why: String,
    },
    /// It answered, but not with what was asked for.
    #[error("{address} {why}")]
    Refused {
        /// Whom we asked.
        address: String,
        /// What it did.
        why: String,
    },
}

/// The way out.
pub(super) struct Web {
    tls: Option<TlsConnector>,
    patience: Duration,
    lookups: Arc<Semaphore>,
}

/// What is asked.
pub(super) struct Ask<'a> {
    address: &'a str,
    authorization: Option<HeaderValue>,
    form: Option<String>,
}

impl<'a> Ask<'a> {
    pub(super) fn get(address: &'a str) -> Self {
        Self {
            address,
            authorization: None,
            form: None,
        }
    }

    pub(super) fn post(address: &'a str, form: String) -> Self {
        Self {
            form: Some(form),
            ..Self::get(address)
        }
    }

    /// With this `Authorization`; a text that no header can hold leaves it out, and the provider will refuse.
    pub(super) fn authorized(mut self, text: &str) -> Self {
        self.authorization = HeaderValue::from_str(text).ok().map(|mut value| {
            value.set_sensitive(true);
            value
        });
        self
    }
}

/// Whether a provider may have this address: HTTPS, or plain HTTP on this machine.
pub(super) fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => matches!(host, "127.0.0.1" | "localhost" | "[::1]"),
        _ => false,
    }
}

impl Web {
    pub(super) fn new(tls: Option<Arc<rustls::ClientConfig>>) -> Self {
        Self {
            tls: tls.map(TlsConnector::from),
            patience: PATIENCE,
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
        }
    }

    /// The body of a good answer.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Bytes, WebError> {
        let address = ask.address.to_owned();
        let away = |why: String| WebError::Away {
            address: address.clone(),
            why,
        };
        match tokio::time::timeout(self.patience, self.exchange(ask)).await {
            Ok(Ok((status, body))) if status.is_success() => Ok(body),
            Ok(Ok((status, body))) => Err(WebError::Refused {
                why: format!("answered {status}: {}", excerpt(&body)),
                address,
            }),
            Ok(Err(why)) => Err(away(why)),
            Err(_) => Err(away("it took too long".to_owned())),
        }
    }

    async fn exchange(&self, ask: Ask<'_>) -> Result<(axum::http::StatusCode, Bytes), String> {
        if !is_safe(ask.address) {
            return Err("only https is safe".to_owned());
        }
        let uri: Uri = ask.address.parse().map_err(text)?;
        let host = uri.host().unwrap_or_default().to_owned();
        let encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let request = request(&uri, ask).map_err(text)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = self.look_up(bare.to_owned(), port).await?;
        let stream = TcpStream::connect(&*addresses).await.map_err(text)?;
        if !encrypted {
            return converse(stream, request).await;
        }
        let tls = self.tls.as_ref().ok_or("no certificate is trusted")?;
        let name = ServerName::try_from(bare.to_owned()).map_err(text)?;
        converse(tls.connect(name, stream).await.map_err(text)?, request).await
    }
}

impl Web {
    async fn look_up(&self, name: String, port: u16) -> Result<Vec<SocketAddr>, String> {
        let turn = Arc::clone(&self.lookups).acquire_owned();
        let turn = turn.await.map_err(text)?;
        let found = tokio::task::spawn_blocking(move || {
            let found = (name.as_str(), port).to_socket_addrs();
            drop(turn);
            found.map(Iterator::collect)
        });
        found.await.map_err(text)?.map_err(text)
    }
}

fn request(uri: &Uri, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let authority = uri.authority().map(|authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .uri(path)
        .header(HOST, authority.unwrap_or_default())
        .header(ACCEPT, "application/json");
    if let Some(authorization) = ask.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    match ask.form {
        Some(form) => request
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(form)),
        None => request.body(Full::default()),
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<(axum::http::StatusCode, Bytes), String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(text)?;
    let answer = std::pin::pin!(async move {
        let response = sender.send_request(request).await.map_err(text)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER);
        let body = body.collect().await.map_err(text)?.to_bytes();
        Ok((status, body))
    });
    match select(answer, std::pin::pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // The connection has ended; what has come of the answer is still to be read.
        Either::Right((_, answer)) => answer.await,
    }
}

/// The beginning of what a provider said, for the log: printable, and short.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars()
        .take(200)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_by_https_or_on_this_machine() {
        for good in [
            "https://id.example.com/a",
            "http://127.0.0.1:9/a",
            "http://[::1]:9",
            "http://localhost",
        ] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "ftp://127.0.0.1",
            "//id.example.com",
            "",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1:80@evil.example",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_provider_that_takes_the_question_and_says_nothing_is_away() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/keys", silent.local_addr().unwrap());
        let web = Web {
            patience: Duration::from_millis(20),
            ..Web::new(None)
        };
        let answer = web.ask(Ask::get(&address)).await;
        let Err(WebError::Away { why, .. }) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(why, "it took too long");
    }
}
