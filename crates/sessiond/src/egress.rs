//! The way out of a session whose network is closed: a proxy on the loopback device, whose connections go over the link and
//! are opened by the server, where they are allowed.
//!
//! It is deliberately not a guard. A program that does not use it reaches nothing, because the session has no network.

mod proxy;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::StatusCode;
use longhouse_link::proto::outbound_refusal::Why;
use longhouse_link::{Outbound, limits};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Whoever opens connections to the outside.
pub(crate) trait WayOut: Send + Sync + 'static {
    /// What carries the bytes.
    type Tunnel: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Opens a connection to a host, which the program names as it likes, or says why not.
    fn open(
        &self,
        host: &str,
        port: u16,
    ) -> impl Future<Output = Result<Self::Tunnel, Refusal>> + Send;
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// For the program.
    pub(crate) status: StatusCode,
    /// For people.
    pub(crate) text: String,
}

/// By way of the server.
impl WayOut for Outbound {
    type Tunnel = DuplexStream;

    async fn open(&self, host: &str, port: u16) -> Result<DuplexStream, Refusal> {
        Self::open(self, host, port)
            .await
            .map_err(|refused| Refusal {
                status: match refused.why {
                    Why::Failed => StatusCode::BAD_GATEWAY,
                    Why::NotAllowed => StatusCode::FORBIDDEN,
                    Why::Busy => StatusCode::SERVICE_UNAVAILABLE,
                },
                text: refused.text,
            })
    }
}

/// The proxy, ready to be connected to.
#[derive(Debug)]
pub(crate) struct Proxy {
    listener: TcpListener,
}

impl Proxy {
    /// Listens on the loopback device. Port 0 takes any that is free.
    pub(crate) async fn bind(port: u16) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            listener: TcpListener::bind(address).await?,
        })
    }

    /// Serves programs until it is told to stop.
    pub(crate) async fn run(
        self,
        way_out: Arc<impl WayOut>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        let room = Arc::new(Semaphore::new(limits::OUTBOUND_STREAMS));
        while let Some(Ok(seat)) = stop.run_until_cancelled(room.clone().acquire_owned()).await {
            let Some(stream) = stop.run_until_cancelled(self.accept()).await else {
                return;
            };
            let served = proxy::serve(stream, way_out.clone(), tasks.clone(), stop.clone());
            tasks.spawn(async move {
                served.await;
                drop(seat);
            });
        }
    }

    async fn accept(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) => {
                    tracing::warn!(%error, "the session's proxy cannot take a connection");
                    // Out of descriptors, most often: others have to close theirs first.
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}
