//! A file's content.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt as _;
use longhouse_engine::{FileBytes, FileContent, FileRange};

use super::body::{attachment, etag};
use super::question::{FilePath, PlaceOf};
use super::range::{is_known, range, range_holds};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Whatever a workspace holds, no browser may take it for a page of ours: no scripts, no forms, no origin.
const SANDBOX: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");

/// Gives a regular file's content, or the part that `Range` names. Links are followed where they stay below.
#[utoipa::path(get, path = "/api/files/content", tag = "files", params(
        ("session" = Option<String>, Query, description = "The session in whose working directory the path begins; without it the path is absolute, on this machine"),
        ("path" = String, Query, description = "Percent-encoded bytes, decoded once"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag of what is there already")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"), (status = 304, description = "Unchanged"),
        (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 413, body = ProblemBody), (status = 416, body = ProblemBody)))]
pub(crate) async fn read_file(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    path: FilePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = state.limits().file_read;
    let open = |range| {
        let engine = state.engine();
        engine.read_file(&caller.actor, place.place(), &path.0, range, limit)
    };
    let mut range = range(&headers);
    let mut content = open(range).await?;
    let tag = |content: &FileContent| content.file.tag.clone().unwrap_or_default();
    if range != FileRange::Whole && !range_holds(&headers, &tag(&content)) {
        range = FileRange::Whole;
        content = open(range).await?;
    }
    if is_known(&headers, &tag(&content)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag(&tag(&content)))]).into_response());
    }
    Ok(present(content, range))
}

fn present(content: FileContent, range: FileRange) -> Response {
    let (offset, length, size) = (content.offset, content.length, content.file.size);
    let tag = content.file.tag.unwrap_or_default();
    let mut response = download(
        &content.file.name,
        "application/octet-stream",
        content.bytes,
    );
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    // The tag was checked: it holds nothing that a header could not.
    if let Ok(tag) = HeaderValue::from_str(&etag(&tag)) {
        headers.insert(ETAG, tag);
    }
    if range != FileRange::Whole {
        let last = offset + length - 1;
        if let Ok(part) = HeaderValue::from_str(&format!("bytes {offset}-{last}/{size}")) {
            headers.insert(CONTENT_RANGE, part);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// Bytes to be kept under that name.
pub(super) fn download(name: &[u8], kind: &'static str, bytes: FileBytes) -> Response {
    // An answer that has begun can only be cut off; the client sees that less came than was announced.
    let bytes = bytes.inspect_err(|error| tracing::info!(%error, "a download ended early"));
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, attachment(name));
    headers.insert(CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
