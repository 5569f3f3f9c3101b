//! Typing into a terminal by one request.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What to type.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InputRequest {
    /// As the keyboard would send it: Enter is `\r`.
    data: String,
}

/// Types into a terminal. Answers when the program's side has taken it.
#[utoipa::path(post, path = "/api/sessions/{id}/terminals/{name}/input", tag = "terminals", request_body = InputRequest,
    params(("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 413, body = ProblemBody)))]
pub(crate) async fn write_terminal(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<(String, String)>,
    body: Body<InputRequest>,
) -> Result<StatusCode, Problem> {
    let (id, name) = path.0;
    let data = Bytes::from(body.0.data);
    let length = data.len();
    note.detail("bytes", length.to_string());
    state
        .engine()
        .write_terminal(&caller.actor, &id, &name, data)
        .await?;
    state.metrics().typed(length);
    Ok(StatusCode::NO_CONTENT)
}
