//! Making directories, moving, copying, deleting.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use longhouse_engine::{FileChange, FilePlace};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::FileBody;
use super::question::{FilePath, PlaceOf};
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, Question, parse_switch};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A directory to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MakeDirectory {
    path: Option<String>,
    /// In base64, for a path that is not UTF-8, in place of `path`.
    path_bytes: Option<String>,
    /// Make what is missing on the way too; a directory that is there already is no error then.
    #[serde(default)]
    parents: bool,
}

/// A thing to move.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MoveFile {
    from: Option<String>,
    /// In base64, for a path that is not UTF-8, in place of `from`.
    from_bytes: Option<String>,
    to: Option<String>,
    /// In base64, for a path that is not UTF-8, in place of `to`.
    to_bytes: Option<String>,
    /// Replace a file, or an empty directory, that has the new name.
    #[serde(default)]
    overwrite: bool,
}

/// A thing to copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CopyFile {
    from: Option<String>,
    /// In base64, for a path that is not UTF-8, in place of `from`.
    from_bytes: Option<String>,
    to: Option<String>,
    /// In base64, for a path that is not UTF-8, in place of `to`.
    to_bytes: Option<String>,
}

/// Makes a directory.
#[utoipa::path(post, path = "/api/files/mkdir", tag = "files", request_body = MakeDirectory, params(
        ("session" = Option<String>, Query, description = "The session in whose working directory paths begin; without it they are absolute, on this machine")),
    responses((status = 201, body = FileBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn make_directory(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    note: Note,
    body: Body<MakeDirectory>,
) -> Result<(StatusCode, Json<FileBody>), Problem> {
    let change = FileChange::MakeDirectory {
        path: path(&note, "path", body.0.path, body.0.path_bytes)?,
        parents: body.0.parents,
    };
    let made = changed(&state, &caller, place.place(), change).await?;
    Ok((StatusCode::CREATED, made))
}

/// Gives a file, a directory or a link another name. A link is moved itself, not what it leads to.
#[utoipa::path(post, path = "/api/files/move", tag = "files", request_body = MoveFile, params(
        ("session" = Option<String>, Query, description = "The session in whose working directory paths begin; without it they are absolute, on this machine")),
    responses((status = 200, body = FileBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn move_file(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    note: Note,
    body: Body<MoveFile>,
) -> Result<Json<FileBody>, Problem> {
    let change = FileChange::Move {
        from: path(&note, "from", body.0.from, body.0.from_bytes)?,
        to: path(&note, "to", body.0.to, body.0.to_bytes)?,
        replace: body.0.overwrite,
    };
    changed(&state, &caller, place.place(), change).await
}

/// Copies a file, a link, or a directory with all that is in it. Pipes, sockets and devices are left out.
#[utoipa::path(post, path = "/api/files/copy", tag = "files", request_body = CopyFile, params(
        ("session" = Option<String>, Query, description = "The session in whose working directory paths begin; without it they are absolute, on this machine")),
    responses((status = 201, body = FileBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 507, body = ProblemBody)))]
pub(crate) async fn copy_file(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    note: Note,
    body: Body<CopyFile>,
) -> Result<(StatusCode, Json<FileBody>), Problem> {
    let change = FileChange::Copy {
        from: path(&note, "from", body.0.from, body.0.from_bytes)?,
        to: path(&note, "to", body.0.to, body.0.to_bytes)?,
    };
    let copied = changed(&state, &caller, place.place(), change).await?;
    Ok((StatusCode::CREATED, copied))
}

/// Deletes a file, a link, or a directory; one that is not empty only with `recursive=true`.
#[utoipa::path(delete, path = "/api/files", tag = "files", params(
        ("session" = Option<String>, Query, description = "The session in whose working directory the path begins; without it the path is absolute, on this machine"),
        ("path" = String, Query, description = "Percent-encoded bytes, decoded once"),
        ("recursive" = Option<bool>, Query, description = "With all that is in it")),
    responses((status = 204, description = "Deleted"), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn delete_file(
    state: State<AppState>,
    caller: Caller,
    place: PlaceOf,
    path: FilePath,
    mut question: Question,
) -> Result<StatusCode, Problem> {
    let recursive = question.parsed("recursive", "true or false", parse_switch);
    question.done()?;
    let change = FileChange::Delete {
        path: path.0,
        recursive: recursive.unwrap_or(false),
    };
    let engine = state.engine();
    engine
        .change_files(&caller.actor, place.place(), change)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn changed(
    state: &AppState,
    caller: &Caller,
    place: FilePlace<'_>,
    change: FileChange,
) -> Result<Json<FileBody>, Problem> {
    let engine = state.engine();
    let changed = engine.change_files(&caller.actor, place, change).await?;
    match changed {
        Some(file) => Ok(Json(FileBody::from(file))),
        None => Err(Problem::internal(
            "a change of files told nothing of what came of it",
        )),
    }
}

/// A path in one of its two forms, noted for the record of the call.
fn path(
    note: &Note,
    field: &str,
    text: Option<String>,
    bytes: Option<String>,
) -> Result<Vec<u8>, Problem> {
    let path = match (text, bytes) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(bytes)) => BASE64_STANDARD
            .decode(bytes)
            .map_err(|_| Problem::invalid_field(&format!("{field}Bytes"), "must be base64")),
        (None, None) => Err(Problem::invalid_field(field, "must name a file")),
        (Some(_), Some(_)) => Err(Problem::invalid_field(
            &format!("{field}Bytes"),
            "stands in place of the text, not beside it",
        )),
    }?;
    note.detail(field, String::from_utf8_lossy(&path));
    Ok(path)
}
