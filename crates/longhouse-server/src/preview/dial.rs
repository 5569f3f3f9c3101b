//! The way to a program of a session, for the HTTP client: it calls a [`Place`] like a host, and gets a connection through the link.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::Uri;
use futures_util::future::BoxFuture;
use hyper::rt::Executor;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioIo, TokioTimer};
use longhouse_engine::{Engine, PortError, PortStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::names::{Place, place};

/// How long a connection that nobody uses is kept for the next request.
const KEPT: std::time::Duration = std::time::Duration::from_secs(15);

/// How many of them, of one port.
const KEPT_OF_ONE: usize = 4;

/// Largest head of a program's answer, in bytes.
const LARGEST_HEAD: usize = 128 * 1024;

/// How many headers an answer may have.
const MOST_HEADERS: usize = 200;

/// Calls programs of sessions.
pub(crate) type Caller = Client<Dialler, Body>;

/// A client that reaches the sessions of this engine.
pub(crate) fn caller(engine: Engine, tasks: TaskTracker, stop: CancellationToken) -> Caller {
    Client::builder(UntilStopped { tasks, stop })
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEPT)
        .pool_max_idle_per_host(KEPT_OF_ONE)
        .http1_max_buf_size(LARGEST_HEAD)
        .http1_max_headers(MOST_HEADERS)
        .set_host(false)
        .build(Dialler { engine })
}

/// Where connections are attended, until the server goes away.
#[derive(Clone)]
struct UntilStopped {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<F> Executor<F> for UntilStopped
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        let stop = self.stop.clone();
        self.tasks.spawn(stop.run_until_cancelled_owned(future));
    }
}

/// The address by which the client knows a place. It means nothing to anybody else.
pub(super) fn address(place: Place, path: &str) -> Option<Uri> {
    format!("http://{}--{}{path}", place.port, place.session)
        .parse()
        .ok()
}

/// Connects to places.
#[derive(Clone)]
pub(crate) struct Dialler {
    engine: Engine,
}

impl Service<Uri> for Dialler {
    type Response = TokioIo<Line>;
    type Error = PortError;
    type Future = BoxFuture<'static, Result<Self::Response, PortError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), PortError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let engine = self.engine.clone();
        Box::pin(async move {
            let place = address.host().and_then(place);
            let Place { session, port } = place.ok_or(PortError::NobodyListens)?;
            let stream = engine.connect_port(session, port).await?;
            Ok(TokioIo::new(Line(stream)))
        })
    }
}

/// A connection, of which there is nothing more to say.
pub(crate) struct Line(PortStream);

impl Connection for Line {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl tokio::io::AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl tokio::io::AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
