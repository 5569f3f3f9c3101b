//! What a session's repository and the one it came from have of each other.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::PullWay;
use serde::Deserialize;
use utoipa::ToSchema;

use super::place::RepositoryOf;
use super::status::GitStatusBody;
use crate::auth::{Caller, Empty};
use crate::extract::OptionalBody;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How what was fetched is joined.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PullMode {
    /// Only where the branch has no commits of its own.
    #[default]
    FfOnly,
    /// By a commit with both as its parents.
    Merge,
    /// The branch's own commits are made anew on top.
    Rebase,
}

/// How to pull.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PullRequest {
    #[serde(default)]
    mode: PullMode,
}

/// Fetches from the repository that the session began with; else from what `origin` is.
#[utoipa::path(post, path = "/api/sessions/{id}/git/fetch", tag = "git", request_body = Empty,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn fetch_repository(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    _body: OptionalBody<Empty>,
) -> Result<Json<GitStatusBody>, Problem> {
    let status = state.engine().git_fetch(&caller.actor, &at.0).await?;
    Ok(Json(status.into()))
}

/// Fetches, and joins what the branch's namesake has. 409 `git.diverged` where `ffOnly` is not enough, `git.conflict` where it stops.
#[utoipa::path(post, path = "/api/sessions/{id}/git/pull", tag = "git", request_body = PullRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn pull_repository(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<PullRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let way = match body.0.mode {
        PullMode::FfOnly => PullWay::FastForward,
        PullMode::Merge => PullWay::Merge,
        PullMode::Rebase => PullWay::Rebase,
    };
    let status = state.engine().git_pull(&caller.actor, &at.0, way).await?;
    Ok(Json(status.into()))
}

/// Pushes the branch to its namesake in the repository that the session began with (else in what `origin` is), never by force. 409 `git.diverged`, `git.protected`, `git.declined`.
#[utoipa::path(post, path = "/api/sessions/{id}/git/push", tag = "git", request_body = Empty,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn push_repository(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    _body: OptionalBody<Empty>,
) -> Result<Json<GitStatusBody>, Problem> {
    let status = state.engine().git_push(&caller.actor, &at.0).await?;
    Ok(Json(status.into()))
}
