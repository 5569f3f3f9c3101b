//! Work with a session's repository by hand.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{
    CommitMessage, GitPath, LoggedCommit, Operation, PullWay, RepositoryUrl, Step, Underway,
    Unreadable, read_log,
};
use longhouse_domain::session::Session;
use longhouse_link::limits::{GIT_STATUS_BYTES, GIT_TIME};
use longhouse_link::proto::GitReply;

use super::ask::{ask_at, failed, nonsense, succeeded};
use super::failure;
use super::look::RepositoryStatus;
use super::place::RepositoryAt;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::handle::Handle;
use crate::session::inside::require_running;

/// How long work may take that stays in the session: all of a large tree may have to be written.
pub(super) const WORK_TIME: Duration = Duration::from_secs(5 * 60);

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
        at: &RepositoryAt,
        new: NewCommit,
    ) -> Result<LoggedCommit, EngineError> {
        let operation = Operation::Commit {
            message: new.message,
            paths: new.paths,
        };
        let reply = succeeded(self.step(actor, at, operation).await?)?;
        let commits = read_log(&reply.stdout, reply.truncated).map_err(nonsense)?;
        let commit = commits.into_iter().next();
        commit.ok_or_else(|| nonsense(Unreadable))
    }

    /// Takes a step in the session's repository; gives how it stands afterwards.
    pub async fn git_step(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        step: Step,
    ) -> Result<RepositoryStatus, EngineError> {
        settled(&self.step(actor, at, Operation::Step(step)).await?)
    }

    /// Fetches from the repository that the session's came from.
    pub async fn git_fetch(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, at, Operation::Fetch).await
    }

    /// Fetches, and joins what the branch's namesake has.
    pub async fn git_pull(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        way: PullWay,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, at, |url| Operation::Pull(url, way))
            .await
    }

    /// Pushes the branch to its namesake, never by force.
    pub async fn git_push(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, at, Operation::Push).await
    }

    /// A piece of work whose answer is more than how the repository stands.
    pub(super) async fn step(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        operation: Operation,
    ) -> Result<GitReply, EngineError> {
        let (_, handle) = self.driven(actor, at).await?;
        self.work(&handle, at, WORK_TIME, &operation).await
    }

    async fn exchange(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        operation: impl FnOnce(Option<RepositoryUrl>) -> Operation,
    ) -> Result<RepositoryStatus, EngineError> {
        let (session, handle) = self.driven(actor, at).await?;
        let url = self.stored_remote(&session, &at.path).await?;
        let operation = operation(url.clone());
        let reply = self.work(&handle, at, GIT_TIME, &operation).await?;
        match failure::of_exchange(url.as_ref(), &reply) {
            Some(error) => Err(error),
            None => settled(&reply),
        }
    }

    /// The session, where the actor may work in it and it runs.
    pub(super) async fn driven(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
    ) -> Result<(Session, Arc<Handle>), EngineError> {
        let (session, handle) = self.find(actor, &at.session, Permission::Drive).await?;
        require_running(&session)?;
        Ok((session, handle))
    }

    async fn work(
        &self,
        handle: &Handle,
        at: &RepositoryAt,
        time: Duration,
        operation: &Operation,
    ) -> Result<GitReply, EngineError> {
        let transports = &self.context().settings.git_transports;
        let reply = ask_at(handle, &at.path, operation, transports, time).await?;
        if reply.status.len() > GIT_STATUS_BYTES {
            return Err(nonsense(Unreadable));
        }
        Ok(reply)
    }
}

/// How the repository stands; where the step stopped at what is to be settled, that.
fn settled(reply: &GitReply) -> Result<RepositoryStatus, EngineError> {
    let cut = reply.status.len() == GIT_STATUS_BYTES;
    let status = RepositoryStatus::read(reply, &reply.status, cut)?;
    if reply.exit_code == 0 {
        return Ok(status);
    }
    if status.tree.has_conflicts()
        && (status.underway != Underway::Nothing || status.tree.stashes > 0)
    {
        return Err(failure::of_conflict(&status));
    }
    Err(failed(reply))
}
