//! Making a container: a session in one.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::body::ContainerBody;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::Body;
use crate::problem::{Problem, ProblemBody};
use crate::sessions::{CreateSession, create, note_ports};
use crate::state::AppState;

/// Makes a session in a container. It answers at once with `starting`; the rest happens in the background and is told by events.
#[utoipa::path(post, path = "/api/containers", tag = "containers", request_body = CreateSession,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key within 24 hours gives the same answer and no second container")),
    responses((status = 201, body = ContainerBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn create_container(
    state: State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    note: Note,
    body: Body<CreateSession>,
) -> Result<impl IntoResponse, Problem> {
    let view = create(&state, &caller, &headers, body.0.in_container()?).await?;
    note_ports(&note, &view);
    let location = format!("/api/containers/{}", view.session.id);
    let container = ContainerBody::new(state.previews(), &view);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(container)))
}
