//! Git as people type it. What it says of failing is for the caller to read.

use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::actor::Actor;
use longhouse_domain::git::{Operation, TypedGit};
use longhouse_domain::working_copy::BadCopyPath;
use longhouse_link::limits::GIT_TIME;
use longhouse_link::proto::GitReply;

use super::ask::{ask_at, failed};
use super::change::WORK_TIME;
use super::place::RepositoryAt;
use super::transport::check_transport;
use crate::engine::Engine;
use crate::error::EngineError;

/// What a line said.
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
    /// Does what a line from the closed list says. What speaks with another repository is told the stored address, as when it is asked for
    /// otherwise; a clone goes into a directory below the place where it was typed.
    pub async fn git_run(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        typed: TypedGit,
    ) -> Result<GitOutcome, EngineError> {
        let (session, handle) = self.driven(actor, at).await?;
        let transports = &self.context().settings.git_transports;
        let reply = match typed {
            TypedGit::Line(line) => {
                let operation = Operation::Run(line);
                ask_at(&handle, &at.path, &operation, transports, WORK_TIME).await?
            }
            TypedGit::Exchange(exchange) => {
                let url = self.stored_remote(&session, &at.path).await?;
                ask_at(&handle, &at.path, &exchange.with(url), transports, GIT_TIME).await?
            }
            TypedGit::Clone(clone) => {
                check_transport(transports, Some(&clone.repository.url), "args")?;
                let wrong = |error: BadCopyPath| EngineError::invalid("args", error.to_string());
                let to = at.path.join(&clone.directory).map_err(wrong)?;
                let operation = Operation::Clone(clone.repository, to);
                let workspace = RepositoryAt::workspace(&at.session);
                ask_at(&handle, &workspace.path, &operation, transports, GIT_TIME).await?
            }
        };
        outcome(reply)
    }
}

fn outcome(reply: GitReply) -> Result<GitOutcome, EngineError> {
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
