//! How a session's repository stands.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{Conflict, FileChange, StatusEntry, StatusKind, Underway};
use longhouse_engine::RepositoryStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::place::RepositoryOf;
use crate::auth::Caller;
use crate::files::text;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What became of a file.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GitFileChange {
    Added,
    Modified,
    Deleted,
    Renamed,
    Copied,
    /// It is something else now: a link instead of a file, say.
    TypeChanged,
}

impl From<FileChange> for GitFileChange {
    fn from(change: FileChange) -> Self {
        match change {
            FileChange::Added => Self::Added,
            FileChange::Modified => Self::Modified,
            FileChange::Deleted => Self::Deleted,
            FileChange::Renamed => Self::Renamed,
            FileChange::Copied => Self::Copied,
            FileChange::TypeChanged => Self::TypeChanged,
        }
    }
}

/// Which two changes of a file do not go together; `us` is the present branch, `them` what comes in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GitConflict {
    BothDeleted,
    AddedByUs,
    DeletedByThem,
    AddedByThem,
    DeletedByUs,
    BothAdded,
    BothModified,
}

impl From<Conflict> for GitConflict {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::BothDeleted => Self::BothDeleted,
            Conflict::AddedByUs => Self::AddedByUs,
            Conflict::DeletedByThem => Self::DeletedByThem,
            Conflict::AddedByThem => Self::AddedByThem,
            Conflict::DeletedByUs => Self::DeletedByUs,
            Conflict::BothAdded => Self::BothAdded,
            Conflict::BothModified => Self::BothModified,
        }
    }
}

/// What is under way in a repository, and waits for a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GitUnderway {
    Merge,
    Rebase,
    CherryPick,
    Revert,
    Bisect,
}

impl GitUnderway {
    pub(super) fn of(underway: Underway) -> Option<Self> {
        Some(match underway {
            Underway::Nothing => return None,
            Underway::Merge => Self::Merge,
            Underway::Rebase => Self::Rebase,
            Underway::CherryPick => Self::CherryPick,
            Underway::Revert => Self::Revert,
            Underway::Bisect => Self::Bisect,
        })
    }
}

/// A file that is not as the last commit has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitFile)]
pub(crate) struct GitFileBody {
    /// Below the repository's root; what is not UTF-8 in it is replaced.
    path: String,
    /// The path's bytes in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// What it was called before, where it has another name.
    from: Option<String>,
    /// The same in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_bytes: Option<String>,
    /// What the next commit would have of it.
    staged: Option<GitFileChange>,
    /// What it would not have.
    unstaged: Option<GitFileChange>,
    /// Whether git does not know it.
    untracked: bool,
    /// What is to be settled by a person.
    conflict: Option<GitConflict>,
    /// Whether it is a repository inside this one.
    submodule: bool,
}

impl From<StatusEntry> for GitFileBody {
    fn from(entry: StatusEntry) -> Self {
        let (path, path_bytes) = text(entry.path);
        let (from, from_bytes) = entry.from.map(text).unzip();
        let (staged, unstaged) = match entry.kind {
            StatusKind::Tracked { staged, unstaged } => (staged, unstaged),
            StatusKind::Untracked | StatusKind::Conflicted(_) => (None, None),
        };
        Self {
            path,
            path_bytes,
            from,
            from_bytes: from_bytes.flatten(),
            staged: staged.map(Into::into),
            unstaged: unstaged.map(Into::into),
            untracked: entry.kind == StatusKind::Untracked,
            conflict: match entry.kind {
                StatusKind::Conflicted(conflict) => Some(conflict.into()),
                _ => None,
            },
            submodule: entry.submodule,
        }
    }
}

/// How many files of each sort the list has. A file can be staged and have further changes.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitFileCounts {
    staged: u64,
    unstaged: u64,
    untracked: u64,
    conflicted: u64,
}

/// How a session's repository stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitStatus)]
pub(crate) struct GitStatusBody {
    /// The branch; none where the working tree stands on a commit alone.
    branch: Option<String>,
    /// Whether it stands on a commit alone.
    detached: bool,
    /// The commit's hash; none before the first.
    head: Option<String>,
    /// The branch that the branch follows, `origin/main` say.
    upstream: Option<String>,
    /// How many commits it has that the other has not; none where there is no other.
    ahead: Option<u64>,
    /// How many the other has, as it was fetched last.
    behind: Option<u64>,
    /// How many states are stashed.
    stashes: u64,
    /// What is under way, and is to be continued or aborted.
    underway: Option<GitUnderway>,
    counts: GitFileCounts,
    /// Files that are not as the last commit has them; ignored ones are not among them.
    files: Vec<GitFileBody>,
    /// Whether there are more files than these.
    truncated: bool,
}

impl From<RepositoryStatus> for GitStatusBody {
    fn from(status: RepositoryStatus) -> Self {
        let tree = status.tree;
        let mut counts = GitFileCounts::default();
        for entry in &tree.entries {
            match entry.kind {
                StatusKind::Untracked => counts.untracked += 1,
                StatusKind::Conflicted(_) => counts.conflicted += 1,
                StatusKind::Tracked { staged, unstaged } => {
                    counts.staged += u64::from(staged.is_some());
                    counts.unstaged += u64::from(unstaged.is_some());
                }
            }
        }
        let (ahead, behind) = tree.ahead_behind.unzip();
        Self {
            detached: tree.branch.is_none(),
            branch: tree.branch,
            head: tree.head.map(|head| head.to_string()),
            upstream: tree.upstream,
            ahead,
            behind,
            stashes: tree.stashes,
            underway: GitUnderway::of(status.underway),
            counts,
            files: tree.entries.into_iter().map(Into::into).collect(),
            truncated: tree.truncated,
        }
    }
}

/// Says how a session's repository stands: branch, what is under way, and which files are not as the last commit has them.
#[utoipa::path(get, path = "/api/sessions/{id}/git/status", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn get_git_status(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
) -> Result<Json<GitStatusBody>, Problem> {
    let status = state.engine().git_status(&caller.actor, &at.0).await?;
    Ok(Json(status.into()))
}
