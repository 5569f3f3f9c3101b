//! Terminals listed, opened, closed, restarted, resized.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::name::TerminalName;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize};
use longhouse_engine::NewTerminal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::TerminalBody;
use crate::audit::Note;
use crate::auth::{Caller, Empty};
use crate::extract::{Body, OptionalBody, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The terminals of a session, in the order of their tabs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TerminalPage {
    items: Vec<TerminalBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// What a terminal is to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CommandRequest {
    /// `shell` or `agent`.
    Named(NamedCommand),
    /// A program, then its arguments. No shell takes them apart.
    Program(Vec<String>),
}

/// What can be run by name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NamedCommand {
    Shell,
    Agent,
}

/// A terminal to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateTerminal {
    /// 1 to 64 of `a-z A-Z 0-9 _ -`; by default the next free `terminal-N`.
    name: Option<String>,
    title: Option<String>,
    /// By default the login shell.
    command: Option<CommandRequest>,
    /// Brought into 1 to 1000.
    cols: Option<u64>,
    /// Brought into 1 to 1000.
    rows: Option<u64>,
}

/// A size.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResizeRequest {
    /// Brought into 1 to 1000.
    cols: u64,
    /// Brought into 1 to 1000.
    rows: u64,
}

impl ResizeRequest {
    fn size(&self) -> TerminalSize {
        TerminalSize::clamped(self.cols, self.rows)
    }
}

/// The identifier of a session that was addressed by its name, too: links hold identifiers, which never change.
async fn session_id(state: &AppState, caller: &Caller, reference: &str) -> Result<Uuid, Problem> {
    let view = state
        .engine()
        .peek_session(&caller.actor, reference)
        .await?;
    Ok(view.session.id.0)
}

/// Lists a session's terminals.
#[utoipa::path(get, path = "/api/sessions/{id}/terminals", tag = "terminals",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = TerminalPage), (status = 404, body = ProblemBody)))]
pub(crate) async fn list_terminals(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<TerminalPage>, Problem> {
    let session = session_id(&state, &caller, &id.0).await?;
    let views = state.engine().list_terminals(&caller.actor, &id.0).await?;
    let items: Vec<_> = views
        .iter()
        .map(|view| TerminalBody::new(session, view))
        .collect();
    Ok(Json(TerminalPage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}

/// Opens another terminal. The next start of the session opens it again.
#[utoipa::path(post, path = "/api/sessions/{id}/terminals", tag = "terminals", request_body = CreateTerminal,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 201, body = TerminalBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn create_terminal(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    id: PathOf<String>,
    body: OptionalBody<CreateTerminal>,
) -> Result<(StatusCode, Json<TerminalBody>), Problem> {
    let request = body.0;
    let name = request
        .name
        .map(TerminalName::try_from)
        .transpose()
        .map_err(|error| Problem::invalid_field("name", error.to_string()))?;
    let usual = TerminalSize::DEFAULT;
    let new = NewTerminal {
        name,
        title: request.title,
        command: match request.command {
            None | Some(CommandRequest::Named(NamedCommand::Shell)) => TerminalCommand::Shell,
            Some(CommandRequest::Named(NamedCommand::Agent)) => TerminalCommand::Agent,
            Some(CommandRequest::Program(argv)) => TerminalCommand::Program { argv },
        },
        size: TerminalSize::clamped(
            request.cols.unwrap_or_else(|| usual.cols.into()),
            request.rows.unwrap_or_else(|| usual.rows.into()),
        ),
    };
    let session = session_id(&state, &caller, &id.0).await?;
    let view = state
        .engine()
        .create_terminal(&caller.actor, &id.0, new)
        .await?;
    note.detail("terminal", view.name.as_str());
    Ok((StatusCode::CREATED, Json(TerminalBody::new(session, &view))))
}

/// Gives one terminal.
#[utoipa::path(get, path = "/api/sessions/{id}/terminals/{name}", tag = "terminals",
    params(("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)), responses(
    (status = 200, body = TerminalBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_terminal(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
) -> Result<Json<TerminalBody>, Problem> {
    let (id, name) = path.0;
    let session = session_id(&state, &caller, &id).await?;
    let view = state
        .engine()
        .get_terminal(&caller.actor, &id, &name)
        .await?;
    Ok(Json(TerminalBody::new(session, &view)))
}

/// Ends a terminal's program and forgets the terminal.
#[utoipa::path(delete, path = "/api/sessions/{id}/terminals/{name}", tag = "terminals",
    params(("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody)))]
pub(crate) async fn close_terminal(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, name) = path.0;
    state
        .engine()
        .close_terminal(&caller.actor, &id, &name)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a terminal's program, if it runs, and starts it again.
#[utoipa::path(post, path = "/api/sessions/{id}/terminals/{name}/restart", tag = "terminals",
    params(("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)), responses(
    (status = 200, body = TerminalBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn restart_terminal(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
    _body: OptionalBody<Empty>,
) -> Result<Json<TerminalBody>, Problem> {
    let (id, name) = path.0;
    let session = session_id(&state, &caller, &id).await?;
    let view = state
        .engine()
        .restart_terminal(&caller.actor, &id, &name)
        .await?;
    Ok(Json(TerminalBody::new(session, &view)))
}

/// Gives a terminal another size, whoever drives it.
#[utoipa::path(post, path = "/api/sessions/{id}/terminals/{name}/resize", tag = "terminals", request_body = ResizeRequest,
    params(("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)), responses(
    (status = 200, body = TerminalBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn resize_terminal(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
    body: Body<ResizeRequest>,
) -> Result<Json<TerminalBody>, Problem> {
    let (id, name) = path.0;
    resize(&state, &caller, &id, &name, body.0.size()).await
}

/// Gives the agent's terminal another size.
#[utoipa::path(post, path = "/api/sessions/{id}/resize", tag = "sessions", request_body = ResizeRequest,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = TerminalBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn resize_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    body: Body<ResizeRequest>,
) -> Result<Json<TerminalBody>, Problem> {
    let agent = TerminalName::agent();
    resize(&state, &caller, &id.0, agent.as_str(), body.0.size()).await
}

async fn resize(
    state: &AppState,
    caller: &Caller,
    id: &str,
    name: &str,
    size: TerminalSize,
) -> Result<Json<TerminalBody>, Problem> {
    let session = session_id(state, caller, id).await?;
    let view = state
        .engine()
        .resize_terminal(&caller.actor, id, name, size)
        .await?;
    Ok(Json(TerminalBody::new(session, &view)))
}
