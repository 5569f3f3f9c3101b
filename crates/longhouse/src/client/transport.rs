//! How bytes reach the server: a Unix socket on this machine, TCP elsewhere. One connection per question.

use std::path::PathBuf;
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

use super::error::ClientError;

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// On this machine, for the same user.
    Local(PathBuf),
    /// Over HTTP.
    Network {
        /// Host and port.
        address: String,
        /// What goes into the `Host` header.
        host: String,
    },
}

impl Endpoint {
    /// An address such as `http://127.0.0.1:7070`.
    pub(crate) fn parse(url: &str) -> Result<Self, ClientError> {
        let wrong = |reason: &str| {
            let shown = crate::text::line(url).into_owned();
            Err(ClientError::Address(format!("\"{shown}\": {reason}")))
        };
        let Ok(uri) = url.parse::<Uri>() else {
            return wrong("this is no address; it should look like http://127.0.0.1:7070");
        };
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return wrong(
                    "https is not supported by this client yet; forward the port through ssh (ssh -L 7070:127.0.0.1:7070 HOST) \
                     and use http://127.0.0.1:7070",
                );
            }
            _ => return wrong("an address begins with http://"),
        }
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
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self::Network {
            address: format!("{}:{port}", authority.host()),
            host: authority.as_str().to_owned(),
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
                Self::Network { address, .. } => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    Ok(Connection::Tcp(stream))
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

/// An open connection of either kind.
#[derive(Debug)]
pub(crate) enum Connection {
    /// On this machine.
    Unix(UnixStream),
    /// Over the network.
    Tcp(TcpStream),
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
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_or_refused_with_a_way_out() {
        let network = |address: &str, host: &str| Endpoint::Network {
            address: address.to_owned(),
            host: host.to_owned(),
        };
        assert_eq!(
            Endpoint::parse("http://127.0.0.1:7070").unwrap(),
            network("127.0.0.1:7070", "127.0.0.1:7070")
        );
        assert_eq!(
            Endpoint::parse("http://box.lan/").unwrap(),
            network("box.lan:80", "box.lan")
        );
        assert_eq!(
            Endpoint::parse("http://[::1]:7070").unwrap(),
            network("[::1]:7070", "[::1]:7070")
        );
        for (bad, says) in [
            ("https://a.example", "ssh -L"),
            ("127.0.0.1:7070", "http://"),
            ("http://a/b", "no path"),
            ("http://u:p@a", "LONGHOUSE_TOKEN"),
        ] {
            let error = Endpoint::parse(bad).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }
}
