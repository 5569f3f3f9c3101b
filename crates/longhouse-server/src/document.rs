//! The API's document: what stands in it beside the routes.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{problem, socketio, terminals};

/// The frame of the document; the routes add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Longhouse",
        description = "Sessions with coding agents and terminals that outlive browser, network and server.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(
        problem::ProblemBody,
        terminals::ServerMessage,
        terminals::ClientMessage,
        socketio::Handshake,
        socketio::SocketAck,
        socketio::SessionEvent,
        socketio::SessionDeletedEvent,
        socketio::SessionStatusEvent,
        socketio::SessionProgressEvent,
        socketio::EventPosition,
        socketio::LogEvent,
        socketio::SessionSubscription,
        socketio::TerminalTarget,
        socketio::Dimensions,
    )),
    security(("bearer" = []), ("cookie" = [])),
    modifiers(&Credentials),
    tags(
        (name = "meta", description = "What the server says of itself"),
        (name = "auth", description = "Set-up, login, tickets"),
        (name = "sessions", description = "Sessions"),
        (name = "terminals", description = "Terminals of a session")
    )
)]
pub(crate) struct ApiDocument;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("longhouse_access"));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}
