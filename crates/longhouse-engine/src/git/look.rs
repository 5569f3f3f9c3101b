//! Looking at a session's repository.

use std::time::Duration;

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{
    DiffOf, FILE_LINES, GitPath, LoggedCommit, Operation, Revision, TreeDiff, TreeStatus, Underway,
    read_log,
};

use longhouse_link::proto::GitReply;

use super::ask::{ask_at, knows_no_such_commit, nonsense, succeeded, underway};
use super::place::RepositoryAt;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::inside::require_running;

/// How long a look may take. A status of a hundred thousand files takes a second or two, on a disk that sleeps a few more.
pub(crate) const LOOK_TIME: Duration = Duration::from_secs(60);

/// The most lines of a file that is looked at alone: more than anybody reads, and as many as an answer holds.
const ONE_FILES_LINES: usize = 50_000;

/// How a session's repository stands.
#[derive(Clone, Debug)]
pub struct RepositoryStatus {
    /// Its working tree.
    pub tree: TreeStatus,
    /// What waits for a person.
    pub underway: Underway,
}

impl RepositoryStatus {
    /// As it came with an answer.
    pub(super) fn read(reply: &GitReply, said: &[u8], cut: bool) -> Result<Self, EngineError> {
        Ok(Self {
            tree: TreeStatus::read(said, cut).map_err(nonsense)?,
            underway: underway(reply),
        })
    }
}

/// Some commits, the newest first.
#[derive(Clone, Debug)]
pub struct CommitPage {
    /// They.
    pub items: Vec<LoggedCommit>,
    /// Where the next page begins: the commit that this one began with, and how many to pass over.
    pub next: Option<(Revision, u32)>,
}

impl Engine {
    /// How the session's repository stands.
    pub async fn git_status(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
    ) -> Result<RepositoryStatus, EngineError> {
        let reply = self.look(actor, at, &Operation::Status).await?;
        let reply = succeeded(reply)?;
        RepositoryStatus::read(&reply, &reply.stdout, reply.truncated)
    }

    /// Commits of the session's repository, from one on, the newest first.
    pub async fn git_log(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        from: Option<Revision>,
        skip: u32,
        limit: u32,
        path: Option<GitPath>,
    ) -> Result<CommitPage, EngineError> {
        let operation = Operation::Log {
            from: from.clone(),
            skip,
            // One more tells whether there is another page.
            limit: limit.saturating_add(1),
            path,
        };
        let reply = self.look(actor, at, &operation).await?;
        if knows_no_such_commit(&reply) {
            return match from {
                Some(from) => Err(no_such_commit("from", &from)),
                // There is none yet.
                None => Ok(CommitPage {
                    items: Vec::new(),
                    next: None,
                }),
            };
        }
        let reply = succeeded(reply)?;
        let mut items = read_log(&reply.stdout, reply.truncated).map_err(nonsense)?;
        let more = reply.truncated || items.len() > limit as usize;
        items.truncate(limit as usize);
        let told = u32::try_from(items.len()).unwrap_or(u32::MAX);
        // Later pages go on in the same history, whatever is committed meanwhile.
        let first = items
            .first()
            .map(|first| Revision::from(first.hash.clone()));
        let next = from.filter(|_| skip > 0).or(first);
        let next = next.map(|from| (from, skip.saturating_add(told)));
        Ok(CommitPage {
            next: next.filter(|_| more && told > 0),
            items,
        })
    }

    /// How files of the session's repository differ, each change with so many unchanged lines around it.
    pub async fn git_diff(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        between: DiffOf,
        path: Option<GitPath>,
        context: u32,
    ) -> Result<TreeDiff, EngineError> {
        let lines = if path.is_some() {
            ONE_FILES_LINES
        } else {
            FILE_LINES
        };
        let operation = Operation::Diff {
            between: between.clone(),
            path,
            context,
        };
        let reply = self.look(actor, at, &operation).await?;
        if knows_no_such_commit(&reply) {
            return Err(match between {
                DiffOf::Commit(to) => no_such_commit("to", &to),
                DiffOf::Since(from) | DiffOf::StagedSince(from) => no_such_commit("from", &from),
                DiffOf::Commits(from, to) => {
                    let text = format!("{from} or {to} names no commit of the repository");
                    EngineError::invalid("from", text)
                }
                DiffOf::Unstaged | DiffOf::Staged => super::ask::failed(&reply),
            });
        }
        let reply = succeeded(reply)?;
        TreeDiff::read(&reply.stdout, reply.truncated, lines).map_err(nonsense)
    }

    pub(super) async fn look(
        &self,
        actor: &Actor,
        at: &RepositoryAt,
        operation: &Operation,
    ) -> Result<GitReply, EngineError> {
        let (session, handle) = self.find(actor, &at.session, Permission::Look).await?;
        require_running(&session)?;
        let transports = &self.context().settings.git_transports;
        ask_at(&handle, &at.path, operation, transports, LOOK_TIME).await
    }
}

fn no_such_commit(field: &str, revision: &Revision) -> EngineError {
    EngineError::invalid(
        field,
        format!("{revision} names no commit of the repository"),
    )
}
