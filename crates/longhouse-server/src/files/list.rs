//! A directory, in pages.

use axum::Json;
use axum::extract::State;
use longhouse_engine::FilePage;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{FileBody, cursor, read_cursor, text};
use super::question::{FilePath, PlaceOf};
use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How many entries a page has if nobody says, and at most.
const PAGE: usize = 200;
const LARGEST_PAGE: usize = 500;

/// A page of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FilePage)]
pub(crate) struct FilePageBody {
    /// As asked for; what is not UTF-8 in it is replaced.
    path: String,
    /// By the bytes of their names.
    items: Vec<FileBody>,
    /// How many the whole directory has.
    total: u64,
    next_cursor: Option<String>,
    /// Whether the directory has more entries than are ever looked at.
    truncated: bool,
}

/// Lists a directory. Links are shown and not followed.
#[utoipa::path(get, path = "/api/files", tag = "files", params(
        ("session" = Option<String>, Query, description = "The session in whose working directory the path begins; without it the path is absolute, on this machine"),
        ("path" = Option<String>, Query, description = "Percent-encoded bytes, decoded once; in a session the working directory by default"),
        ("limit" = Option<u32>, Query, description = "1 to 500; by default 200"),
        ("cursor" = Option<String>, Query, description = "From `nextCursor` of the page before")),
    responses((status = 200, body = FilePageBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_files(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    path: FilePath,
    mut question: Question,
) -> Result<Json<FilePageBody>, Problem> {
    let limit = question.parsed("limit", "1 to 500", |text| {
        text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n))
    });
    let after = question.parsed("cursor", "from the page before", read_cursor);
    question.done()?;
    let page = state
        .engine()
        .list_files(
            &caller.actor,
            place.place(),
            &path.0,
            &after.unwrap_or_default(),
            limit.unwrap_or(PAGE),
        )
        .await?;
    Ok(Json(present(path, page)))
}

fn present(path: FilePath, page: FilePage) -> FilePageBody {
    FilePageBody {
        path: text(path.0).0,
        items: page.items.into_iter().map(FileBody::from).collect(),
        total: page.total,
        next_cursor: page.next.map(|name| cursor(&name)),
        truncated: page.truncated,
    }
}
