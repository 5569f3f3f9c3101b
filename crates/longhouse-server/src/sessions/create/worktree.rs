//! The working tree that a new session begins with, as it is asked for, and as it is shown afterwards.

use longhouse_domain::Timestamp;
use longhouse_domain::git::{BranchName, Revision, Worktree};
use longhouse_engine::{NewWorktree, WorktreeOf};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CreateSession, RepoType};
use crate::problem::FieldError;

/// A working tree of another session's repository, on a branch of its own. Both sessions live on the host and are the caller's. One of `of` and
/// `repository` says which repository.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateWorktree {
    /// The session whose repository it is, by its identifier or name.
    of: Option<String>,
    /// Or that repository's identifier in the list of repositories. It is the workspace of its session.
    repository: Option<Uuid>,
    /// Stood on as it is where it is there and no other working tree stands on it; else begun. By default `longhouse/` and the session's name.
    branch: Option<String>,
    /// The branch, tag or commit where a new branch begins; by default where the other session stands.
    from: Option<String>,
    /// Which files that git ignores there are copied: lines as of a `.gitignore`, such as `.env*` or `node_modules`. By default `.env`,
    /// `.env.*`, `.envrc` and `*.local.json`.
    copy: Option<Vec<String>>,
    /// What `sh -e` runs in it before the agent starts, in the terminal `setup`. If it fails the session begins all the same, and says so.
    setup: Option<String>,
}

/// The working tree that a session has in another's repository.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Worktree)]
pub(crate) struct WorktreeBody {
    /// The session that it was made from.
    of: Uuid,
    /// The session in whose directory the repository is. It cannot be deleted before this one.
    base: Uuid,
    /// The branch that it began on.
    branch: String,
    /// Where that was begun, where somebody chose.
    from: Option<String>,
    /// Which ignored files were copied.
    copy: Vec<String>,
    /// The set-up script.
    setup: Option<String>,
    /// How that went, the last time; absent before.
    set_up: Option<SetUpBody>,
}

/// How a set-up script went.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SetUp)]
pub(crate) struct SetUpBody {
    at: Timestamp,
    /// What it ended with; null where it took too long to be waited for.
    exit_code: Option<i32>,
}

impl From<&Worktree> for WorktreeBody {
    fn from(worktree: &Worktree) -> Self {
        Self {
            of: worktree.of.0,
            base: worktree.base.0,
            branch: worktree.branch.to_string(),
            from: worktree.from.as_ref().map(ToString::to_string),
            copy: worktree.copy.clone(),
            setup: worktree.setup.clone(),
            set_up: worktree.set_up.map(|set_up| SetUpBody {
                at: set_up.at,
                exit_code: set_up.code,
            }),
        }
    }
}

impl CreateSession {
    /// The working tree to begin with; what makes no sense is written to `errors`.
    pub(super) fn worktree(&self, errors: &mut Vec<FieldError>) -> Option<NewWorktree> {
        let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
        let is_said = self.repo_type == Some(RepoType::Worktree);
        let Some(asked) = &self.worktree else {
            if is_said {
                wrong(
                    "worktree",
                    "must be given where repoType is worktree".to_owned(),
                );
            }
            return None;
        };
        if self.repo_type.is_some() && !is_said {
            wrong("repoType", "must be worktree beside a worktree".to_owned());
        }
        let branch = asked.branch.as_deref().map(str::parse::<BranchName>);
        let from = asked.from.as_deref().map(str::parse::<Revision>);
        if let Some(Err(error)) = &branch {
            wrong("worktree.branch", error.to_string());
        }
        if let Some(Err(error)) = &from {
            wrong("worktree.from", error.to_string());
        }
        let of = match (&asked.of, asked.repository) {
            (Some(session), None) => Some(WorktreeOf::Session(session.clone())),
            (None, Some(repository)) => Some(WorktreeOf::Repository(repository)),
            (Some(_), Some(_)) | (None, None) => {
                wrong(
                    "worktree",
                    "names a session (of) or a repository of the list (repository): one of the two"
                        .to_owned(),
                );
                None
            }
        };
        Some(NewWorktree {
            of: of?,
            branch: branch.transpose().ok()?,
            from: from.transpose().ok()?,
            copy: asked.copy.clone(),
            setup: asked.setup.clone(),
        })
    }
}
