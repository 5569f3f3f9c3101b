//! The files of a session's repository that are to be settled by a person.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{StatusEntry, StatusKind};
use longhouse_engine::RepositoryStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::place::RepositoryOf;
use super::status::{GitConflict, GitUnderway};
use crate::auth::Caller;
use crate::files::text;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A file that holds changes which do not go together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitConflictingFile)]
pub(crate) struct ConflictingFileBody {
    /// Below the repository's root; what is not UTF-8 in it is replaced.
    path: String,
    /// The path's bytes in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    conflict: GitConflict,
}

/// The files that are to be settled: staged as they are to be, then what is under way is continued; or it is aborted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitConflicts)]
pub(crate) struct ConflictsBody {
    items: Vec<ConflictingFileBody>,
    total: usize,
    /// Always null: they come at once.
    next_cursor: Option<String>,
    /// What is under way, and is to be continued or aborted.
    underway: Option<GitUnderway>,
    /// Whether there are more changed files than could be looked at.
    truncated: bool,
}

impl From<RepositoryStatus> for ConflictsBody {
    fn from(status: RepositoryStatus) -> Self {
        let entries = status.tree.entries.into_iter();
        let items: Vec<_> = entries.filter_map(conflicting).collect();
        Self {
            total: items.len(),
            items,
            next_cursor: None,
            underway: GitUnderway::of(status.underway),
            truncated: status.tree.truncated,
        }
    }
}

fn conflicting(entry: StatusEntry) -> Option<ConflictingFileBody> {
    let StatusKind::Conflicted(conflict) = entry.kind else {
        return None;
    };
    let (path, path_bytes) = text(entry.path);
    Some(ConflictingFileBody {
        path,
        path_bytes,
        conflict: conflict.into(),
    })
}

/// Lists the files of a session's repository whose changes do not go together.
#[utoipa::path(get, path = "/api/sessions/{id}/git/conflicts", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = ConflictsBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn list_git_conflicts(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
) -> Result<Json<ConflictsBody>, Problem> {
    let status = state.engine().git_status(&caller.actor, &at.0).await?;
    Ok(Json(status.into()))
}
