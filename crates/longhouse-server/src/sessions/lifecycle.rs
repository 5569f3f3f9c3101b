//! Starting, stopping, restarting.

use axum::Json;
use axum::extract::State;

use super::body::SessionBody;
use crate::auth::{Caller, Empty};
use crate::extract::{OptionalBody, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Starts a session that is at rest. Answers with `starting`.
#[utoipa::path(post, path = "/api/sessions/{id}/start", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn start_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<SessionBody>, Problem> {
    let view = state.engine().start_session(&caller.actor, &id.0).await?;
    Ok(Json(SessionBody::new(state.previews(), &view)))
}

/// Stops a session; answers when its programs have ended.
#[utoipa::path(post, path = "/api/sessions/{id}/stop", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn stop_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<SessionBody>, Problem> {
    let view = state.engine().stop_session(&caller.actor, &id.0).await?;
    Ok(Json(SessionBody::new(state.previews(), &view)))
}

/// Stops a session and starts it again.
#[utoipa::path(post, path = "/api/sessions/{id}/restart", tag = "sessions",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = SessionBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn restart_session(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    _body: OptionalBody<Empty>,
) -> Result<Json<SessionBody>, Problem> {
    let view = state.engine().restart_session(&caller.actor, &id.0).await?;
    Ok(Json(SessionBody::new(state.previews(), &view)))
}
