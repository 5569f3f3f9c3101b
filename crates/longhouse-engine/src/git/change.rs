//! Work with a session's repository by hand.

use std::time::Duration;

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{
    CommitMessage, GitPath, LoggedCommit, Operation, Unreadable, read_log,
};

use super::ask::{ask, nonsense, succeeded};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::inside::require_running;

/// How long work may take that stays in the session: all of a large tree may have to be written.
const WORK_TIME: Duration = Duration::from_secs(5 * 60);

/// A commit to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCommit {
    /// What to say of it; made from the change, if absent.
    pub message: Option<CommitMessage>,
    /// Only these; without any what is staged, and where nothing is, all that changed and is not ignored.
    pub paths: Vec<GitPath>,
}

impl Engine {
    /// Commits in the session's repository, as the session's person.
    pub async fn git_commit(
        &self,
        actor: &Actor,
        reference: &str,
        new: NewCommit,
    ) -> Result<LoggedCommit, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        require_running(&session)?;
        let operation = Operation::Commit {
            message: new.message,
            paths: new.paths,
        };
        let transports = &self.context().settings.git_transports;
        let reply = succeeded(ask(&handle, &operation, transports, WORK_TIME).await?)?;
        let commits = read_log(&reply.stdout, reply.truncated).map_err(nonsense)?;
        commits
            .into_iter()
            .next()
            .ok_or_else(|| nonsense(Unreadable))
    }
}
