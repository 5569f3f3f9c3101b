//! The Socket.IO server as a service: its bounds, and who gets in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::response::Response;
use futures_util::FutureExt as _;
use longhouse_domain::Scope;
use longhouse_domain::audit::AuditActor;
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;

use super::client::Client;
use super::wire::Handshake;
use crate::access::{ForTokens, limit_user};
use crate::audit::{Visitor, refused};
use crate::auth::{Presented, identify, token_identity};
use crate::edge::OwnBody;
use crate::problem::Problem;
use crate::state::AppState;

/// The path that the library listens on; the other one is rewritten to it.
const PATH: &str = "/socket.io/";

/// How many packets may wait for one client. A chunk of terminal output takes two.
const MOST_PACKETS: usize = 128;

/// Largest message of a client, in bytes.
const LARGEST_MESSAGE: usize = 1 << 20;

/// How long a client may take from the connection to its login.
const LOGIN_TIME: Duration = Duration::from_secs(10);

/// A Socket.IO server of its own for this state, reachable at whatever path it is mounted.
pub(crate) fn service(app: &AppState) -> Router {
    let (socket_io, io) = SocketIo::builder()
        .req_path("/socket.io")
        .max_buffer_size(MOST_PACKETS)
        .max_payload(LARGEST_MESSAGE as u64)
        .ws_max_message_size(LARGEST_MESSAGE)
        .ws_max_frame_size(LARGEST_MESSAGE)
        .connect_timeout(LOGIN_TIME)
        .build_svc();
    let (for_check, for_client) = (app.clone(), app.clone());
    let connected = async move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        Client::begin(&for_client, socket, handshake.unwrap_or_default());
    };
    let check = move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        let app = for_check.clone();
        admit(app, socket, handshake.unwrap_or_default())
    };
    io.ns("/", connected.with(check));

    let stop = app.stop().clone();
    app.tasks().spawn(async move {
        stop.cancelled().await;
        io.close().await;
    });
    // As a service and not as a layer: a router lays a layer anew around its fallback for every request, and each would then
    // meet a Socket.IO server of its own, which knows no client. Polling takes many requests.
    Router::new()
        .fallback_service(socket_io)
        .layer(axum::middleware::map_request(at_own_path))
        .layer(axum::middleware::map_response(with_own_body))
}

async fn at_own_path(mut request: Request) -> Request {
    let address = match request.uri().query() {
        Some(query) => format!("{PATH}?{query}").parse::<Uri>(),
        None => Ok(Uri::from_static(PATH)),
    };
    if let Ok(address) = address {
        *request.uri_mut() = address;
    }
    request
}

/// The library's clients read its own error bodies.
async fn with_own_body(mut response: Response) -> Response {
    response.extensions_mut().insert(OwnBody);
    response
}

/// Why a client is not let in; the client reads the code as the message of its `connect_error`.
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        if let Some(private) = problem.private() {
            tracing::error!("{private}");
        }
        Self(problem.code().to_owned())
    }
}

async fn admit(app: AppState, socket: SocketRef, handshake: Handshake) -> Result<(), Refused> {
    let (presented, visitor) = {
        let parts = socket.req_parts();
        (
            Presented::by(&app, &parts.headers, &parts.extensions),
            Visitor::of(&app, &parts.headers, &parts.extensions),
        )
    };
    let identity = match handshake.token {
        Some(token) => token_identity(&app, &token).boxed().await,
        None => identify(&app, presented).boxed().await,
    };
    let room = identity.and_then(|identity| {
        ForTokens::With(Scope::SessionsRead).admit(&identity)?;
        limit_user(&app, None, identity.user.id)?;
        Ok((app.sockets().take(&identity.user)?, identity))
    });
    match room {
        Ok((slot, identity)) => {
            socket.extensions.insert(identity);
            socket.extensions.insert(Arc::new(slot));
            Ok(())
        }
        Err(problem) => {
            let entry = visitor.entry(&app, AuditActor::nobody(), "socket.open");
            refused(&app, entry, &problem).await;
            Err(problem.into())
        }
    }
}
