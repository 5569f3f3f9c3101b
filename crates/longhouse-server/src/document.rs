//! The API's document: what stands in it beside the routes.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    RefOr, Schema,
    schema::{SchemaType, Type},
};
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
        socketio::GitCheckpointEvent,
        socketio::GitCommitEvent,
        socketio::GitHostKeyEvent,
        socketio::GitConflictEvent,
        socketio::GitPushEvent,
        socketio::GitRefusedEvent,
        socketio::SessionEgressEvent,
        socketio::SessionProgressEvent,
        socketio::ContainerHealthEvent,
        socketio::SessionPortOpenedEvent,
        socketio::SessionPortClosedEvent,
        socketio::EventPosition,
        socketio::LogEvent,
        socketio::MetricsSubscription,
        socketio::ContainerTarget,
        socketio::MetricsEvent,
        socketio::MetricsErrorEvent,
        socketio::SessionSubscription,
        socketio::ContainerSubscription,
        socketio::ContainerLogsInitial,
        socketio::ContainerLogsData,
        socketio::ContainerProblem,
        socketio::ContainerStatusEvent,
        socketio::TerminalTarget,
        socketio::Dimensions,
    )),
    security(("bearer" = []), ("cookie" = [])),
    modifiers(&Credentials),
    tags(
        (name = "meta", description = "What the server says of itself"),
        (name = "auth", description = "Set-up, login, tickets"),
        (name = "sessions", description = "Sessions"),
        (name = "containers", description = "Sessions in containers, for programs that know containers"),
        (name = "terminals", description = "Terminals of a session"),
        (name = "admin", description = "What only admins may: the audit log, the policy"),
        (name = "files", description = "Files of a session, and of this machine"),
        (name = "git", description = "The repository of a session; identity and SSH keys of one's own"),
        (name = "users", description = "Accounts, for admins; people to share with")
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

/// Shapes that clients send: there a field that may be null may also be left out.
const SENT_BY_CLIENTS: &[&str] = &[
    "AutoCommit",
    "BranchRequest",
    "BringBackWork",
    "ChangeAutoCommit",
    "CheckoutRequest",
    "ClientError",
    "CommitNow",
    "CommitRequest",
    "ContainerSubscription",
    "CopyFile",
    "CreateRepository",
    "CreateSession",
    "CreateShare",
    "CreateTerminal",
    "CreateUser",
    "CreateWorktree",
    "Empty",
    "ExecRequest",
    "GitCommandRequest",
    "GitConfigPatch",
    "InputRequest",
    "JoinRequest",
    "LinkRequest",
    "LoginRequest",
    "MakeDirectory",
    "MetricsSubscription",
    "MoveFile",
    "NewApiToken",
    "NewGitToken",
    "NewIdentity",
    "NewMasterKey",
    "NewSshKey",
    "PasswordRequest",
    "PortRequest",
    "PreviewRequest",
    "PullRequest",
    "ResetRequest",
    "ResizeRequest",
    "RestoreCheckpoint",
    "SessionSubscription",
    "SettingsPatch",
    "SetupRequest",
    "SocketHandshake",
    "StageRequest",
    "StashRequest",
    "TerminalTarget",
    "TicketRequest",
    "UpdateRepository",
    "UpdateSession",
    "UpdateUser",
];

/// Says of every field in the server's answers that it is there. The server writes null rather than leaving a field out, which
/// the derived document cannot know; without this, clients would have to check for both.
pub(crate) fn promise_fields(document: &mut utoipa::openapi::OpenApi) {
    let schemas = document.components.get_or_insert_default();
    for (name, schema) in &mut schemas.schemas {
        if !SENT_BY_CLIENTS.contains(&name.as_str()) {
            promise(schema);
        }
    }
}

fn promise(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else {
        return;
    };
    match schema {
        Schema::Object(object) => {
            for (name, field) in &object.properties {
                if may_be_null(field) && !object.required.contains(name) {
                    object.required.push(name.clone());
                }
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(promise),
        Schema::OneOf(one) => one.items.iter_mut().for_each(promise),
        _ => {}
    }
}

fn may_be_null(field: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match field {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(may_be_null),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_that_clients_send_is_known_as_such() {
        let document = serde_json::to_value(crate::routes::openapi()).unwrap();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let schema =
                    &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
                if let Some(name) = schema.as_str().and_then(|path| path.rsplit('/').next()) {
                    assert!(SENT_BY_CLIENTS.contains(&name), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_field_that_is_null_is_still_there() {
        let document = serde_json::to_value(crate::routes::openapi()).unwrap();
        let required =
            |schema: &str| document["components"]["schemas"][schema]["required"].to_string();
        assert!(required("Session").contains("lastActivityAt"));
        assert!(required("Terminal").contains("exitCode"));
        assert!(!required("CreateSession").contains("workdir"));
    }
}
