//! One container: looked at, started, stopped, restarted, deleted, by the operations of its session.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::ContainerBody;
use crate::audit::Note;
use crate::auth::{Caller, Empty};
use crate::extract::{OptionalBody, PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::sessions;
use crate::sessions::{MetricsBody, SessionHealthBody, SessionStatsBody};
use crate::state::AppState;

/// What the path of one container calls it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path, names("id"))]
#[expect(
    dead_code,
    reason = "only its document is used; the path is read as text"
)]
pub(crate) struct ContainerName(
    /// Identifier in the engine or at least its first 12 digits, identifier of its session, or unique name
    String,
);

/// The session that is meant, as the operations of sessions take it.
async fn session_of(app: &AppState, caller: &Caller, id: &str) -> Result<String, Problem> {
    let session = app.engine().session_of_container(&caller.actor, id).await?;
    Ok(session.to_string())
}

/// Gives one container.
#[utoipa::path(get, path = "/api/containers/{id}", tag = "containers", params(ContainerName), responses(
    (status = 200, body = ContainerBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn get_container(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<ContainerBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    let view = state.engine().get_session(&caller.actor, &session).await?;
    Ok(Json(ContainerBody::new(state.previews(), &view)))
}

/// Starts a container that is at rest: a new one, with the workspace and the home of the former. Answers with `starting`.
#[utoipa::path(post, path = "/api/containers/{id}/start", tag = "containers", params(ContainerName), responses(
    (status = 200, body = ContainerBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn start_container(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<ContainerBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    let view = state
        .engine()
        .start_session(&caller.actor, &session)
        .await?;
    Ok(Json(ContainerBody::new(state.previews(), &view)))
}

/// Stops a container; answers when its programs have ended.
#[utoipa::path(post, path = "/api/containers/{id}/stop", tag = "containers", params(ContainerName), responses(
    (status = 200, body = ContainerBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn stop_container(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<ContainerBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    let view = state.engine().stop_session(&caller.actor, &session).await?;
    Ok(Json(ContainerBody::new(state.previews(), &view)))
}

/// Stops a container and starts a new one in its place.
#[utoipa::path(post, path = "/api/containers/{id}/restart", tag = "containers", params(ContainerName), responses(
    (status = 200, body = ContainerBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn restart_container(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<ContainerBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    let view = state
        .engine()
        .restart_session(&caller.actor, &session)
        .await?;
    Ok(Json(ContainerBody::new(state.previews(), &view)))
}

/// Deletes a container with its session and its volumes; answers when all of it is gone.
#[utoipa::path(delete, path = "/api/containers/{id}", tag = "containers",
    params(ContainerName, ("force" = Option<bool>, Query, description = "Also where work would be lost that is neither committed nor pushed")),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn delete_container(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    id: PathOf<String>,
    question: Question,
) -> Result<StatusCode, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    sessions::delete_session(state, caller, note, PathOf(session), question).await
}

/// Says how a container fares.
#[utoipa::path(get, path = "/api/containers/{id}/health", tag = "containers", params(ContainerName), responses(
    (status = 200, body = SessionHealthBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn get_container_health(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SessionHealthBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    sessions::get_session_health(state, caller, PathOf(session)).await
}

/// Says what a container uses at this moment: processor, memory, disk, network, processes, and whether its agent is at work. What it has
/// used before is told by its session's metrics. May take a second or two.
#[utoipa::path(get, path = "/api/containers/{id}/metrics", tag = "containers", params(ContainerName), responses(
    (status = 200, body = MetricsBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn get_container_metrics(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<MetricsBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    let engine = state.engine();
    let metrics = engine.session_metrics(&caller.actor, &session).await?;
    Ok(Json(metrics.into()))
}

/// Says what a container's programs use, as they say themselves.
#[utoipa::path(get, path = "/api/containers/{id}/stats", tag = "containers", params(ContainerName), responses(
    (status = 200, body = SessionStatsBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn get_container_stats(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<SessionStatsBody>, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    sessions::get_session_stats(state, caller, PathOf(session)).await
}

/// Gives a container's log, as its session's is given.
#[utoipa::path(get, path = "/api/containers/{id}/logs", tag = "containers", params(ContainerName, sessions::LogFilters),
    responses((status = 200, content((sessions::LogPage = "application/json"), (sessions::LogLineBody = "application/x-ndjson"), (String = "text/plain"))),
    (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn get_container_logs(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    question: Question,
) -> Result<Response, Problem> {
    let session = session_of(&state, &caller, &id.0).await?;
    sessions::get_session_logs(state, caller, PathOf(session), question).await
}
