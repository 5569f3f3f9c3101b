//! What a terminal showed, and when, as a file that players of asciicasts open.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::auth::Caller;
use crate::extract::PathOf;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// <https://docs.asciinema.org/manual/asciicast/v3/#mime-type>
const ASCIICAST: &str = "application/x-asciicast";

/// Gives what a terminal showed, and when: an asciicast of version 3, as far as it was recorded. It goes on after the session's end. Of a
/// terminal that nobody records, what is still kept of it while its session runs. An output that begins with a reset (`ESC c`) repaints the
/// whole screen: one may begin to play there.
#[utoipa::path(get, path = "/api/sessions/{id}/terminals/{name}/recording", tag = "terminals", params(
        ("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)),
    responses((status = 200, content((String = "application/x-asciicast"))), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_recording(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
) -> Result<Response, Problem> {
    let (id, name) = path.0;
    let playing = state.engine().recording(&caller.actor, &id, &name).await?;
    // Names of sessions and terminals hold neither quotes nor control characters.
    let disposition = format!("attachment; filename=\"{}.cast\"", playing.name);
    let disposition = HeaderValue::from_str(&disposition);
    let mut response = Body::from_stream(playing.into_pieces()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(ASCIICAST));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        CONTENT_DISPOSITION,
        disposition.unwrap_or(HeaderValue::from_static("attachment")),
    );
    Ok(response)
}

/// Forgets what was recorded of a terminal. Where it is being recorded, that goes on with what is seen now.
#[utoipa::path(delete, path = "/api/sessions/{id}/terminals/{name}/recording", tag = "terminals", params(
        ("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path)),
    responses((status = 204, description = "Nothing of it is left"), (status = 404, body = ProblemBody)))]
pub(crate) async fn delete_recording(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, name) = path.0;
    state
        .engine()
        .delete_recording(&caller.actor, &id, &name)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
