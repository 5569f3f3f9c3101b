//! A commit by hand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::git::{COMMIT_PATHS, CommitMessage, GitPath};
use longhouse_engine::NewCommit;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::CommitBody;
use super::place::RepositoryOf;
use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::OptionalBody;
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::state::AppState;

/// A commit to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CommitRequest {
    /// Made from the change, if absent. At most 64 KiB.
    message: Option<String>,
    /// Files or directories below the repository's root, as they are now; what else is staged stays staged. Without any what is staged is
    /// committed, and where nothing is, all that changed and is not ignored. At most 2000.
    #[serde(default)]
    paths: Vec<String>,
    /// Whether to push the branch afterwards. Where that fails the commit stays, and the answer is the push's.
    #[serde(default)]
    push: bool,
}

impl TryFrom<CommitRequest> for NewCommit {
    type Error = Problem;

    fn try_from(request: CommitRequest) -> Result<Self, Problem> {
        let message = request.message.map(CommitMessage::try_from).transpose();
        let message =
            message.map_err(|error| Problem::invalid_field("message", error.to_string()))?;
        let paths = paths_of(request.paths)?;
        Ok(Self { message, paths })
    }
}

/// Paths as they came.
pub(super) fn paths_of(paths: Vec<String>) -> Result<Vec<GitPath>, Problem> {
    if paths.len() > COMMIT_PATHS {
        let text = format!("must be at most {COMMIT_PATHS}; name directories instead");
        return Err(Problem::invalid_field("paths", text));
    }
    let paths = paths.into_iter().enumerate().map(|(at, path)| {
        let path = GitPath::try_from(path.into_bytes());
        path.map_err(|error| FieldError::new(format!("paths[{at}]"), error.to_string()))
    });
    let paths: Result<_, _> = paths.collect();
    paths.map_err(|error| Problem::invalid(vec![error]))
}

/// Commits in a session's repository, as the session's person: no hook runs, and nothing is signed.
#[utoipa::path(post, path = "/api/sessions/{id}/git/commit", tag = "git", request_body = CommitRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 201, body = CommitBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn commit_in_session(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    at: RepositoryOf,
    body: OptionalBody<CommitRequest>,
) -> Result<(StatusCode, Json<CommitBody>), Problem> {
    let push = body.0.push;
    let new = NewCommit::try_from(body.0)?;
    let commit = state.engine().git_commit(&caller.actor, &at.0, new).await?;
    note.detail("commit", commit.hash.as_str());
    if push {
        state.engine().git_push(&caller.actor, &at.0).await?;
    }
    Ok((StatusCode::CREATED, Json(commit.into())))
}

/// The same under another name.
#[utoipa::path(post, path = "/api/sessions/{id}/commit", tag = "git", request_body = CommitRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 201, body = CommitBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn commit_session(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    at: RepositoryOf,
    body: OptionalBody<CommitRequest>,
) -> Result<(StatusCode, Json<CommitBody>), Problem> {
    commit_in_session(state, caller, note, at, body).await
}
