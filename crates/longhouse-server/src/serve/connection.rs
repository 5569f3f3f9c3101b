//! One connection: HTTP/1.1 or HTTP/2 over it, with their bounds, until either side ends it.

use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::berths::Standing;
use super::stream::Moored;
use super::{FAREWELL, Peer};
use crate::preview::Foreign;
use crate::state::AppState;

/// Largest head of a request, in bytes.
const LARGEST_HEAD: u32 = 32 * 1024;

/// How many headers a request may have.
const MOST_HEADERS: usize = 100;

/// How long a connection of the reserve may take to say who sends it.
const RESERVED_HEAD_TIME: Duration = Duration::from_secs(5);

/// Requests that one HTTP/2 connection may have under way.
const MOST_STREAMS: u32 = 128;

/// Requests that an HTTP/2 client may have taken back before we even looked at them, and those that it broke.
const MOST_PENDING_RESETS: usize = 32;
const MOST_ERROR_RESETS: usize = 256;

/// What one HTTP/2 connection may have waiting to be sent, in bytes.
const SEND_BUFFER: usize = 256 * 1024;

/// How many bytes an HTTP/2 client sends before its first frame. As long as it has not, nothing asks whether it is there.
const PREFACE: usize = 24;

/// How often an HTTP/2 client is asked whether it is there, and how long it may take to say so.
const ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const ALIVE_TIME: Duration = Duration::from_secs(20);

/// Which HTTP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP/1.1, on which WebSockets open.
    One,
    /// HTTP/2, agreed upon during the TLS handshake.
    Two,
}

/// Serves one connection to its end.
pub(super) async fn handle<S>(
    app: AppState,
    service: Router,
    stream: Moored<S>,
    protocol: Protocol,
    (peer, standing): (Peer, Standing),
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let conduct = stream.conduct();
    let carried = conduct.clone();
    let service = service
        .map_request(move |mut request: axum::http::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(standing);
            request.extensions_mut().insert(carried.clone());
            let request: Request = request.map(axum::body::Body::new);
            request
        })
        .map_response(move |response: axum::response::Response| {
            // What a program of a session says on its own WebSocket is between it and its page.
            let foreign = response.extensions().get::<Foreign>().is_some();
            if response.status() == StatusCode::SWITCHING_PROTOCOLS && !foreign {
                conduct.upgraded();
            }
            response
        });
    let service = TowerToHyperService::new(service);
    // Each by its own builder: hyper-util's, which can do both, looks for HTTP/2 whatever it was told, and waits for the first
    // bytes without a limit.
    match protocol {
        Protocol::One => {
            let connection = http1(&app, standing).serve_connection(TokioIo::new(stream), service);
            let end = http1::UpgradeableConnection::graceful_shutdown;
            attend(&app, connection.with_upgrades(), end).await;
        }
        Protocol::Two => {
            let stream = stream.that_says(PREFACE, head_time(&app, standing));
            let connection = http2(&app).serve_connection(TokioIo::new(stream), service);
            attend(&app, connection, http2::Connection::graceful_shutdown).await;
        }
    }
}

/// Carries a connection to its end. `end` asks it to come to one.
async fn attend<C>(app: &AppState, connection: C, end: fn(Pin<&mut C>))
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
            return;
        }
        () = app.stop().cancelled() => end(connection.as_mut()),
    }
    // What is being answered may finish, but not for ever: a client that stopped reading would hold the server up.
    let _ = tokio::time::timeout(FAREWELL, connection).await;
}

fn head_time(app: &AppState, standing: Standing) -> Duration {
    match standing {
        Standing::Ordinary => app.limits().head_time,
        Standing::Reserved => RESERVED_HEAD_TIME.min(app.limits().head_time),
    }
}

fn http1(app: &AppState, standing: Standing) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head_time(app, standing))
        .max_buf_size(LARGEST_HEAD as usize)
        .max_headers(MOST_HEADERS);
    builder
}

fn http2(app: &AppState) -> http2::Builder<Tracked> {
    let mut builder = http2::Builder::new(Tracked(app.tasks().clone()));
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(LARGEST_HEAD)
        .max_concurrent_streams(MOST_STREAMS)
        .max_pending_accept_reset_streams(MOST_PENDING_RESETS)
        .max_local_error_reset_streams(MOST_ERROR_RESETS)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(ALIVE_INTERVAL)
        .keep_alive_timeout(ALIVE_TIME);
    builder
}

/// Where the requests of an HTTP/2 connection run: in the tracker, as everything does.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> Executor<F> for Tracked
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
