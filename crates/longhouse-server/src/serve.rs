//! Listening: on the network, and on the control socket for the command line.
//!
//! An own accept loop, for axum's has no time limit on a request's head and does not say who came by which way.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::routes::router;
use crate::state::AppState;

/// Largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// How many headers a request may have.
const MOST_HEADERS: usize = 100;

/// How long connections may take to end after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The pause after the system refused a connection, for lack of descriptors above all.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Over the network, from this address.
    Network(SocketAddr),
    /// Over the control socket, from a process of this user.
    Local {
        /// That process's user.
        uid: u32,
    },
}

/// The address that a request comes from, as far as a trusted proxy or the connection says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(app.client_address(&parts.headers, &parts.extensions)))
    }
}

/// Serves on the network until the state's stop token is cancelled and what is open has ended.
///
/// # Errors
/// None after the start: a connection that fails concerns nobody else.
pub async fn serve(listener: TcpListener, app: AppState) -> io::Result<()> {
    let service = router(&app);
    let slots = Arc::new(Semaphore::new(app.limits().connections));
    while let Some((stream, slot)) = next_connection(&app, &slots, || listener.accept()).await {
        let (stream, address) = stream;
        // Echoes of single keys must not wait for company.
        let _ = stream.set_nodelay(true);
        let connection = handle(app.clone(), service.clone(), stream, Peer::Network(address));
        app.tasks().spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    farewell(&app).await;
    Ok(())
}

/// The control socket, bound. Its file goes when this is dropped.
#[derive(Debug)]
pub struct LocalSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl LocalSocket {
    /// Binds it. Whoever reaches it acts as admin, so its directory must be this user's alone.
    ///
    /// # Errors
    /// Where the socket cannot be made.
    pub fn bind(path: PathBuf) -> io::Result<Self> {
        // What an earlier run left behind; a server that still runs holds the data directory's lock.
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = Self {
            listener: UnixListener::bind(&path)?,
            path,
        };
        std::fs::set_permissions(&socket.path, std::fs::Permissions::from_mode(0o600))?;
        Ok(socket)
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

/// Serves on the control socket until the state's stop token is cancelled. Only a process of this user or of root is heard.
///
/// # Errors
/// None after the start: a connection that fails concerns nobody else.
pub async fn serve_local(socket: LocalSocket, app: AppState) -> io::Result<()> {
    let service = router(&app);
    let slots = Arc::new(Semaphore::new(app.limits().connections));
    let accept = || socket.listener.accept();
    while let Some((stream, slot)) = next_connection(&app, &slots, accept).await {
        let (stream, _) = stream;
        let Some(uid) = own_user(&stream) else {
            tracing::warn!("somebody else's process was refused on the control socket");
            continue;
        };
        let connection = handle(app.clone(), service.clone(), stream, Peer::Local { uid });
        app.tasks().spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    drop(socket);
    farewell(&app).await;
    Ok(())
}

/// The peer's user, where it is this process's or root.
fn own_user(stream: &UnixStream) -> Option<u32> {
    let uid = stream.peer_cred().ok()?.uid();
    (uid == 0 || uid == rustix::process::geteuid().as_raw()).then_some(uid)
}

/// The next connection and its slot; `None` when the server stops.
async fn next_connection<T, F>(
    app: &AppState,
    slots: &Arc<Semaphore>,
    accept: impl Fn() -> F,
) -> Option<(T, tokio::sync::OwnedSemaphorePermit)>
where
    F: Future<Output = io::Result<T>>,
{
    let next = async {
        let slot = Arc::clone(slots).acquire_owned().await.ok()?;
        loop {
            match accept().await {
                Ok(stream) => return Some((stream, slot)),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = app.stop().cancelled() => None,
        next = next => next,
    }
}

async fn handle<S>(app: AppState, service: Router, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service.map_request(move |mut request: axum::http::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let request: Request = request.map(axum::body::Body::new);
        request
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits().head_time)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
            return;
        }
        () = app.stop().cancelled() => connection.as_mut().graceful_shutdown(),
    }
    // What is being answered may finish, but not for ever: a client that stopped reading would hold the server up.
    let _ = tokio::time::timeout(FAREWELL, connection).await;
}

async fn farewell(app: &AppState) {
    app.tasks().close();
    if tokio::time::timeout(FAREWELL, app.tasks().wait())
        .await
        .is_err()
    {
        tracing::warn!(
            tasks = app.tasks().len(),
            "some connections did not end in time"
        );
    }
}
