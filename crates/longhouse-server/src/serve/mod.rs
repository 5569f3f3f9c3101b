//! Listening: on the network with and without TLS, and on the control socket for the command line.
//!
//! An own accept loop, for axum's has no limits on heads and connections and does not say who came by which way.
//!
//! ```text
//!   door ──► berth ──► TLS handshake ──► HTTP/1.1 or 2 ──► routes
//!              └ none: turned away
//! ```

mod berths;
mod connection;
mod door;
mod frames;
mod local;
mod redirect;
mod stream;
mod turned_away;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::routes::router;
use crate::state::AppState;
use crate::tls::{Agreed, Tls};
use berths::{Berth, Berths, Full};
use connection::{Protocol, handle};
use door::{Door, Knock};
use stream::Moored;
use turned_away::turn_away;

pub(crate) use berths::Standing;
pub(crate) use frames::{FrameFault, LARGEST_MESSAGE};
pub use local::{LocalSocket, serve_local};
pub use redirect::serve_redirect;
pub(crate) use stream::Conduct;

/// How long connections may take to end after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The pause after the system refused a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

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

/// Serves plain HTTP until the state's stop token is cancelled and what is open has ended. The routes are put together at once: whoever
/// gives memory back after that gives back what it took.
///
/// # Errors
/// None after the start: a connection that fails concerns nobody else.
pub fn serve(
    listener: TcpListener,
    app: AppState,
) -> impl Future<Output = io::Result<()>> + Send + 'static {
    serve_routes(listener, None, router(&app), app)
}

/// The same over TLS, with HTTP/2 for those who can.
///
/// # Errors
/// None after the start.
pub fn serve_tls(
    listener: TcpListener,
    tls: Tls,
    app: AppState,
) -> impl Future<Output = io::Result<()>> + Send + 'static {
    serve_routes(listener, Some(tls), router(&app), app)
}

async fn serve_routes(
    listener: TcpListener,
    tls: Option<Tls>,
    service: Router,
    app: AppState,
) -> io::Result<()> {
    let berths = Berths::new(
        app.limits().connections,
        app.limits().connections_per_address,
    );
    listen(listener, tls, service, berths, &app).await;
    Ok(())
}

async fn listen(
    listener: TcpListener,
    tls: Option<Tls>,
    service: Router,
    berths: Arc<Berths>,
    app: &AppState,
) {
    let mut door = Door::new(listener);
    let porters = Arc::new(Semaphore::new(turned_away::AT_ONCE));
    loop {
        let knock = tokio::select! {
            biased;
            () = app.stop().cancelled() => break,
            knock = door.knock() => knock,
        };
        let (stream, room) = match knock {
            Knock::NoDescriptor(stream) => {
                (stream, Err((Full::Everywhere, turned_away::SHORT_TIME)))
            }
            Knock::Welcome(stream, address) => {
                let ip = address.ip().to_canonical();
                let many = ip.is_loopback() || app.settings().trusts(ip);
                let peer = Peer::Network(SocketAddr::new(ip, address.port()));
                let room = berths.take(ip, many).map(|berth| (peer, berth));
                (stream, room.map_err(|why| (why, turned_away::TIME)))
            }
        };
        // Echoes of single keys must not wait for company.
        let _ = stream.set_nodelay(true);
        match room {
            Ok(room) => {
                let (app, service, tls) = (app.clone(), service.clone(), tls.clone());
                app.tasks()
                    .clone()
                    .spawn(welcome(app, service, tls, stream, room));
            }
            Err((why, within)) => {
                app.metrics().turned_away();
                let Ok(porter) = Arc::clone(&porters).try_acquire_owned() else {
                    continue;
                };
                let tls = tls.clone();
                app.tasks().spawn(async move {
                    refuse(tls, stream, why, within).await;
                    drop(porter);
                });
            }
        }
    }
    farewell(app).await;
}

async fn welcome(
    app: AppState,
    service: Router,
    tls: Option<Tls>,
    stream: TcpStream,
    (peer, berth): (Peer, Berth),
) {
    let (who, patience) = ((peer, berth.standing()), app.limits().message_time);
    let Some(tls) = tls else {
        let stream = Moored::new(stream, Some(berth), patience);
        return handle(app, service, stream, Protocol::One, who).await;
    };
    let handshake = tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream));
    let agreed = tokio::select! {
        agreed = handshake => agreed,
        () = app.stop().cancelled() => return,
    };
    let (stream, protocol) = match agreed {
        Ok(Ok(Agreed::Http1(stream))) => (stream, Protocol::One),
        Ok(Ok(Agreed::Http2(stream))) => (stream, Protocol::Two),
        // The authority has seen the certificate it asked for; there is nothing more to say.
        Ok(Ok(Agreed::Challenge)) => return,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let stream = Moored::new(stream, Some(berth), patience);
    handle(app, service, stream, protocol, who).await;
}

async fn refuse(tls: Option<Tls>, stream: TcpStream, why: Full, within: Duration) {
    let Some(tls) = tls else {
        return turn_away(stream, why, within).await;
    };
    let handshake = tls.accept_http1(stream);
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME, handshake).await {
        turn_away(stream, why, within).await;
    }
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
