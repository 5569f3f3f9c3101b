//! What may be asked of a session's repository. Every part was read whole, so that none is an option to git; the server and sessiond
//! share these types, and each reads them anew.

mod question;

use serde::{Deserialize, Serialize};

use super::{
    BranchName, CommandLine, CommitMessage, GitPath, Repository, RepositoryUrl, Revision, Step,
};
use crate::SessionId;
use crate::working_copy::CopyPath;

/// The most paths that a commit can be told.
pub const COMMIT_PATHS: usize = 2_000;

/// How many unchanged lines are shown around a change if nobody says.
pub const CONTEXT_LINES: u32 = 3;

/// One question or one piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Operation {
    /// How the working tree stands.
    Status,
    /// On which branch it stands, and whether anything has changed: a status that tells of no file more than that needs.
    Glance,
    /// Commits, the newest first.
    Log {
        /// Where to begin; `HEAD` by default.
        from: Option<Revision>,
        /// How many to pass over.
        skip: u32,
        /// How many to tell of.
        limit: u32,
        /// Only those that changed this.
        path: Option<GitPath>,
    },
    /// How files differ.
    Diff {
        /// What from what.
        between: DiffOf,
        /// Only this.
        path: Option<GitPath>,
        /// How many unchanged lines are shown around each change.
        context: u32,
    },
    /// Commits that no other repository is known to have, the newest first, and how the working tree stands: what would be lost with it.
    Unsaved,
    /// The same of one working tree of several: commits that it stands on and that neither another branch nor another repository has.
    UnsavedHere,
    /// What sessions left that are deleted.
    KeptWork,
    /// Makes a branch of what a session left, which then is no longer kept otherwise.
    BringBack {
        /// Which session.
        session: SessionId,
        /// What the branch is called; as it was, if absent.
        branch: Option<BranchName>,
    },
    /// Commits: these paths and nothing else of what is staged; without paths what is staged, and where nothing is, all that changed and is
    /// not ignored.
    Commit {
        /// What to say of it; made from the change, if absent.
        message: Option<CommitMessage>,
        /// At most [`COMMIT_PATHS`].
        paths: Vec<GitPath>,
    },
    /// Does something that needs nothing but the repository.
    Step(Step),
    /// Fetches from this address, or from the one that the repository has for `origin`.
    Fetch(Option<RepositoryUrl>),
    /// Fetches, and joins what the branch's namesake has.
    Pull(Option<RepositoryUrl>, PullWay),
    /// Pushes the branch to its namesake, never by force.
    Push(Option<RepositoryUrl>),
    /// Fetches, and joins what the branch of that name has over there to the one that the working tree stands on.
    PullBranch(Option<RepositoryUrl>, BranchName, PullWay),
    /// Pushes the branch of that name to its namesake, wherever the working tree stands, never by force.
    PushBranch(Option<RepositoryUrl>, BranchName),
    /// Clones into a directory of the session that is not there yet.
    Clone(Repository, CopyPath),
    /// Runs a command line from the closed list.
    Run(CommandLine),
    /// Makes a repository without a commit, which stands on this branch. Where there is one, nothing happens.
    Init(BranchName),
    /// Gives `origin` this address.
    SetOrigin(RepositoryUrl),
    /// Does this in the repository that lies there in the session's workspace, and not in the workspace itself. It stands in the operation
    /// and not beside it, for a sessiond that does not know of places must not do it elsewhere.
    Below(CopyPath, Box<Operation>),
}

/// How what was fetched is joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PullWay {
    /// Only where the branch has no commits of its own.
    #[default]
    FastForward,
    /// By a commit with both as its parents.
    Merge,
    /// The branch's own commits are made anew on top.
    Rebase,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum DiffOf {
    /// The working tree with what is staged.
    Unstaged,
    /// What is staged with the last commit.
    Staged,
    /// The working tree with a commit.
    Since(Revision),
    /// What is staged with a commit.
    StagedSince(Revision),
    /// Two commits.
    Commits(Revision, Revision),
    /// A commit with its first parent.
    Commit(Revision),
}

impl Operation {
    /// Where it is done, and what.
    #[must_use]
    pub fn placed(self) -> (CopyPath, Self) {
        match self {
            Self::Below(path, operation) => (path, *operation),
            operation => (CopyPath::default(), operation),
        }
    }

    /// The same, there.
    #[must_use]
    pub fn at(self, path: &CopyPath) -> Self {
        match path.is_workspace() {
            true => self,
            false => Self::Below(path.clone(), Box::new(self)),
        }
    }

    /// Whether another repository has to answer for it.
    #[must_use]
    pub fn exchanges(&self) -> bool {
        matches!(
            self,
            Self::Fetch(_)
                | Self::Pull(..)
                | Self::PullBranch(..)
                | Self::Push(_)
                | Self::PushBranch(..)
                | Self::Clone(..)
        )
    }

    /// Whether it is to make a commit of what has changed.
    #[must_use]
    pub fn commits(&self) -> bool {
        match self {
            Self::Commit { .. } => true,
            Self::Run(line) => line.command() == "commit" && !line.has("--dry-run"),
            _ => false,
        }
    }

    /// Whether changes are joined by it, which may turn out not to go together.
    #[must_use]
    pub fn joins(&self) -> bool {
        match self {
            Self::Pull(..) | Self::PullBranch(..) => true,
            Self::Step(step) => matches!(
                step,
                Step::Merge(_)
                    | Step::Rebase(_)
                    | Step::Continue(_)
                    | Step::PopStash(_)
                    | Step::ApplyStash(_)
            ),
            Self::Run(line) => matches!(line.command(), "merge" | "rebase" | "stash"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_as_strictly_as_it_was_made() {
        let operation = Operation::Diff {
            between: DiffOf::Since("HEAD".parse().unwrap()),
            path: Some(GitPath::try_from(b"a\xff".to_vec()).unwrap()),
            context: CONTEXT_LINES,
        };
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation);
        let path: CopyPath = "a/b".parse().unwrap();
        let below = serde_json::to_string(&operation.clone().at(&path)).unwrap();
        let read = serde_json::from_str::<Operation>(&below).unwrap().placed();
        assert_eq!(read, (path, operation.clone()));
        for bad in [
            below.replace("a/b", "../b"),
            text.replace("HEAD", "--output=x"),
            text.replace("[97,255]", "[47,97]"),
            text.replace("\"path\"", "\"paths\""),
        ] {
            assert!(serde_json::from_str::<Operation>(&bad).is_err(), "{bad}");
        }
    }
}
