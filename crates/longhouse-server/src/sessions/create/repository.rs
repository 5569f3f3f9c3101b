//! The repository that a new session begins with, as it is asked for.

use std::num::NonZeroU32;

use longhouse_domain::git::{BranchName, Repository, RepositoryUrl};
use longhouse_domain::session::SessionSpec;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CreateSession;
use crate::problem::FieldError;

/// How a session's directory begins: as it is, with a repository, or with a working tree of another session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RepoType {
    Empty,
    Clone,
    Worktree,
}

impl RepoType {
    /// How a session's directory began.
    pub(crate) fn of(spec: &SessionSpec) -> Self {
        match (&spec.worktree, &spec.repository) {
            (Some(_), _) => Self::Worktree,
            (None, Some(_)) => Self::Clone,
            (None, None) => Self::Empty,
        }
    }
}

impl CreateSession {
    /// The repository to begin with; what makes no sense is written to `errors`.
    pub(super) fn repository(&self, errors: &mut Vec<FieldError>) -> Option<Repository> {
        let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
        let Some(url) = &self.repo_url else {
            if self.repo_type == Some(RepoType::Clone) {
                wrong("repoUrl", "must be given where repoType is clone");
            }
            for (field, given) in [
                ("branch", self.branch.is_some()),
                ("cloneDepth", self.clone_depth.is_some()),
                ("cloneSubmodules", self.clone_submodules),
            ] {
                if given {
                    wrong(field, "is of a repository, and there is no repoUrl");
                }
            }
            return None;
        };
        if self.repo_type.is_some_and(|kind| kind != RepoType::Clone) {
            wrong("repoType", "must be clone where there is a repoUrl");
        }
        let url = url.parse::<RepositoryUrl>();
        let branch = self.branch.as_deref().map(str::parse::<BranchName>);
        let depth = self.clone_depth.map(NonZeroU32::new);
        if let Err(error) = &url {
            wrong("repoUrl", &error.to_string());
        }
        if let Some(Err(error)) = &branch {
            wrong("branch", &error.to_string());
        }
        if depth == Some(None) {
            wrong("cloneDepth", "must be at least 1");
        }
        Some(Repository {
            url: url.ok()?,
            branch: branch.transpose().ok()?,
            depth: depth.flatten(),
            submodules: self.clone_submodules,
        })
    }
}
