//! Saving a file.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use longhouse_engine::{EngineError, FileError, Saved, UploadError};

use super::body::{FileBody, etag};
use super::question::{FilePath, PlaceOf};
use super::range::condition;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Saves the body as the file's content, whole and at once; its permissions stay. With `If-Match` only where the content is still the
/// one of that entity tag (`*`: where there is such a file at all), with `If-None-Match: *` only where there is none yet. The body may
/// be of any type.
#[utoipa::path(put, path = "/api/files/content", tag = "files", request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(
        ("session" = Option<String>, Query, description = "The session in whose working directory the path begins; without it the path is absolute, on this machine"),
        ("path" = String, Query, description = "Percent-encoded bytes, decoded once"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the content that is replaced; `*`: only a file that is there"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only a new file")),
    responses((status = 200, body = FileBody), (status = 201, body = FileBody), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 413, body = ProblemBody), (status = 507, body = ProblemBody)))]
pub(crate) async fn save_file(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    path: FilePath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = state.limits();
    let condition = condition(&headers)?;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|n| n.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limits.file_write) {
        return Err(EngineError::from(FileError::TooLarge(limits.file_write)).into());
    }
    let saved = state
        .engine()
        .save_file(
            &caller.actor,
            place.place(),
            &path.0,
            condition,
            limits.file_write,
            arriving(body, limits.body_time),
        )
        .await?;
    Ok(present(saved))
}

/// What arrives, as long as it goes on arriving.
fn arriving(
    body: Body,
    patience: Duration,
) -> impl Stream<Item = Result<Bytes, UploadError>> + Send + 'static {
    stream::unfold(body.into_data_stream(), move |mut body| async move {
        let piece = match tokio::time::timeout(patience, body.next()).await {
            Ok(piece) => piece?.map_err(|_| UploadError::Broken),
            Err(_) => Err(UploadError::Slow),
        };
        Some((piece, body))
    })
}

fn present(saved: Saved) -> Response {
    let status = match saved.created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let tag = etag(saved.file.tag.as_deref().unwrap_or_default());
    (status, [(ETAG, tag)], Json(FileBody::from(saved.file))).into_response()
}
