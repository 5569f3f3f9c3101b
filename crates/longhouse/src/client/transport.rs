//! How bytes reach the server: a Unix socket on this machine, TCP elsewhere, with or without TLS. One connection per question.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

use super::error::ClientError;
use super::trust::Trust;

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    /// On this machine, for the same user.
    Local(PathBuf),
    /// Over HTTP.
    Network {
        /// Host and port.
        address: String,
        /// What goes into the `Host` header.
        host: String,
        /// Over TLS, and whose certificates are believed.
        trust: Option<Trust>,
    },
}

impl Endpoint {
    /// An address such as `https://longhouse.example.org`. `ca` names an authority to believe in place of the system's.
    pub(crate) fn parse(url: &str, ca: Option<&Path>) -> Result<Self, ClientError> {
        let wrong = |reason: &str| {
            let shown = crate::text::line(url).into_owned();
            Err(ClientError::Address(format!("\"{shown}\": {reason}")))
        };
        let Ok(uri) = url.parse::<Uri>() else {
            return wrong("this is no address; it should look like http://127.0.0.1:7070");
        };
        let encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return wrong("an address begins with https:// or http://"),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return wrong("an address has no path");
        }
        let Some(authority) = uri.authority() else {
            return wrong("there is no host in it");
        };
        if authority.as_str().contains('@') {
            return wrong(
                "leave the name and password away; put an API token into LONGHOUSE_TOKEN",
            );
        }
        let port = authority
            .port_u16()
            .unwrap_or(if encrypted { 443 } else { 80 });
        let trust = encrypted.then(|| Trust::new(authority.host(), ca));
        Ok(Self::Network {
            address: format!("{}:{port}", authority.host()),
            host: authority.as_str().to_owned(),
            trust: trust.transpose()?,
        })
    }

    /// What goes into the `Host` header.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Local(_) => "localhost",
            Self::Network { host, .. } => host,
        }
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> Result<Connection, ClientError> {
        let connect = async {
            match self {
                Self::Local(path) => UnixStream::connect(path).await.map(Connection::Unix),
                Self::Network { address, trust, .. } => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    match trust {
                        None => Ok(Connection::Tcp(stream)),
                        Some(trust) => Ok(Connection::Tls(Box::new(trust.connect(stream).await?))),
                    }
                }
            }
        };
        let late = || Err(std::io::ErrorKind::TimedOut.into());
        let connected = tokio::time::timeout(CONNECT_LIMIT, connect).await;
        connected
            .unwrap_or_else(|_| late())
            .map_err(|error| match self {
                Self::Local(path) if is_absent(&error) => ClientError::NotRunning(path.clone()),
                Self::Local(path) => ClientError::Unreachable {
                    address: path.display().to_string(),
                    error,
                },
                Self::Network { address, .. } => ClientError::Unreachable {
                    address: address.clone(),
                    error,
                },
            })
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::ConnectionRefused
    )
}

/// One question, one answer. The connection lives as long as the answer's body is read.
pub(super) async fn exchange(
    connection: Connection,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, ClientError> {
    let io = TokioIo::new(connection);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
        .await
        .map_err(ClientError::protocol)?;
    tokio::spawn(async move {
        // A broken connection shows as an error of the answer's body, which is where somebody waits for it.
        _ = connection.await;
    });
    sender
        .send_request(request)
        .await
        .map_err(ClientError::protocol)
}

/// An open connection of any kind.
#[derive(Debug)]
pub(crate) enum Connection {
    /// On this machine.
    Unix(UnixStream),
    /// Over the network.
    Tcp(TcpStream),
    /// Over the network, encrypted.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_or_refused_with_a_way_out() {
        for (url, reached, named, encrypted) in [
            (
                "http://127.0.0.1:7070",
                "127.0.0.1:7070",
                "127.0.0.1:7070",
                false,
            ),
            ("http://box.lan/", "box.lan:80", "box.lan", false),
            ("http://[::1]:7070", "[::1]:7070", "[::1]:7070", false),
            ("https://box.lan", "box.lan:443", "box.lan", true),
            ("https://[::1]:7443", "[::1]:7443", "[::1]:7443", true),
        ] {
            let Endpoint::Network {
                address,
                host,
                trust,
            } = Endpoint::parse(url, None).unwrap()
            else {
                panic!("{url}");
            };
            assert_eq!((address.as_str(), host.as_str()), (reached, named));
            assert_eq!(trust.is_some(), encrypted, "{url}");
        }
        for (bad, says) in [
            ("127.0.0.1:7070", "https://"),
            ("ftp://a", "https://"),
            ("http://a/b", "no path"),
            ("http://u:p@a", "LONGHOUSE_TOKEN"),
        ] {
            let error = Endpoint::parse(bad, None).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }
}
