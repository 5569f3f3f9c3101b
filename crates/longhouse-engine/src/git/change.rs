//! Work with a session's repository by hand.

use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{
    CommandLine, CommitMessage, GitPath, LoggedCommit, Operation, PullWay, RepositoryUrl, Step,
    Underway, Unreadable, read_log,
};
use longhouse_domain::session::Session;
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::limits::{GIT_STATUS_BYTES, GIT_TIME};
use longhouse_link::proto::GitReply;

use super::ask::{ask, ask_at, failed, nonsense, succeeded};
use super::failure;
use super::look::RepositoryStatus;
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

/// What a command line said.
#[derive(Clone, Debug)]
pub struct GitOutcome {
    /// 128 + n where signal n ended it.
    pub exit_code: i32,
    /// Any bytes.
    pub stdout: Bytes,
    /// Any bytes.
    pub stderr: Bytes,
    /// Whether it said more.
    pub truncated: bool,
    /// How long it took.
    pub duration: Duration,
}

impl Engine {
    /// Commits in the session's repository, as the session's person.
    pub async fn git_commit(
        &self,
        actor: &Actor,
        reference: &str,
        new: NewCommit,
    ) -> Result<LoggedCommit, EngineError> {
        let operation = Operation::Commit {
            message: new.message,
            paths: new.paths,
        };
        let (_, reply) = self
            .work(actor, reference, WORK_TIME, |_| operation)
            .await?;
        let reply = succeeded(reply)?;
        let commits = read_log(&reply.stdout, reply.truncated).map_err(nonsense)?;
        let commit = commits.into_iter().next();
        commit.ok_or_else(|| nonsense(Unreadable))
    }

    /// Takes a step in the session's repository; gives how it stands afterwards.
    pub async fn git_step(
        &self,
        actor: &Actor,
        reference: &str,
        step: Step,
    ) -> Result<RepositoryStatus, EngineError> {
        let operation = Operation::Step(step);
        let (_, reply) = self
            .work(actor, reference, WORK_TIME, |_| operation)
            .await?;
        settled(&reply)
    }

    /// Fetches from the repository that the session's came from.
    pub async fn git_fetch(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, reference, Operation::Fetch).await
    }

    /// Fetches, and joins what the branch's namesake has.
    pub async fn git_pull(
        &self,
        actor: &Actor,
        reference: &str,
        way: PullWay,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, reference, |url| Operation::Pull(url, way))
            .await
    }

    /// Pushes the branch to its namesake, never by force.
    pub async fn git_push(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<RepositoryStatus, EngineError> {
        self.exchange(actor, reference, Operation::Push).await
    }

    /// Runs a command line from the closed list in a repository of the session's; what it says of failing is for the caller to read.
    pub async fn git_run(
        &self,
        actor: &Actor,
        reference: &str,
        path: &CopyPath,
        line: CommandLine,
    ) -> Result<GitOutcome, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        require_running(&session)?;
        let transports = &self.context().settings.git_transports;
        let operation = Operation::Run(line);
        let reply = ask_at(&handle, path, &operation, transports, WORK_TIME).await?;
        if reply.timed_out {
            return Err(failed(&reply));
        }
        Ok(GitOutcome {
            exit_code: reply.exit_code,
            stdout: reply.stdout,
            stderr: reply.stderr,
            truncated: reply.truncated,
            duration: Duration::from_millis(reply.duration_ms),
        })
    }

    /// A piece of work whose answer is more than how the repository stands.
    pub(super) async fn step(
        &self,
        actor: &Actor,
        reference: &str,
        operation: Operation,
    ) -> Result<GitReply, EngineError> {
        let worked = self.work(actor, reference, WORK_TIME, |_| operation).await;
        worked.map(|(_, reply)| reply)
    }

    async fn exchange(
        &self,
        actor: &Actor,
        reference: &str,
        operation: impl FnOnce(Option<RepositoryUrl>) -> Operation,
    ) -> Result<RepositoryStatus, EngineError> {
        let known = |session: &Session| {
            let repository = session.spec.repository.as_ref();
            operation(repository.map(|repository| repository.url.clone()))
        };
        let (session, reply) = self.work(actor, reference, GIT_TIME, known).await?;
        match failure::of_exchange(&session, &reply) {
            Some(error) => Err(error),
            None => settled(&reply),
        }
    }

    async fn work(
        &self,
        actor: &Actor,
        reference: &str,
        time: Duration,
        operation: impl FnOnce(&Session) -> Operation,
    ) -> Result<(Session, GitReply), EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        require_running(&session)?;
        let transports = &self.context().settings.git_transports;
        let reply = ask(&handle, &operation(&session), transports, time).await?;
        if reply.status.len() > GIT_STATUS_BYTES {
            return Err(nonsense(Unreadable));
        }
        Ok((session, reply))
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
