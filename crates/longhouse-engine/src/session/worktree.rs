//! A session that is to work in another's repository: which repository that is, whether it may, and who still works in one.

use longhouse_domain::SessionId;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::git::{BranchName, Operation, Repository, Revision, USUAL_COPY, Worktree};
use longhouse_domain::lifecycle::{Status, Wish};
use longhouse_domain::session::{RuntimeKind, Session, Workdir};
use uuid::Uuid;

use super::handle::Handle;
use super::request::{NewSession, NewSessionKey};
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::git::is_no_repository;

/// Whose repository a working tree is to be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorktreeOf {
    /// This session's, by its identifier or name.
    Session(String),
    /// The one of this entry of the list.
    Repository(Uuid),
}

impl WorktreeOf {
    /// What it is asked for in.
    fn field(&self) -> &'static str {
        match self {
            Self::Session(_) => "worktree.of",
            Self::Repository(_) => "worktree.repository",
        }
    }
}

/// A working tree to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorktree {
    /// Of which repository.
    pub of: WorktreeOf,
    /// The branch; made from the session's name, if absent.
    pub branch: Option<BranchName>,
    /// Where it is begun; where the other session stands, if absent.
    pub from: Option<Revision>,
    /// Which ignored files are copied; the usual ones, if absent.
    pub copy: Option<Vec<String>>,
    /// What is run in it before anything else.
    pub setup: Option<String>,
}

/// What a new session has of the other one.
pub(super) struct Inherited {
    pub(super) worktree: Worktree,
    /// Where the repository is from: what is pushed goes there, as from the other session.
    pub(super) repository: Option<Repository>,
    /// The key that the other session uses, where its owner keeps it.
    pub(super) ssh_key: Option<NewSessionKey>,
}

fn wrong(field: &str, message: impl Into<String>) -> EngineError {
    EngineError::invalid(field, message)
}

impl Engine {
    /// What the wish for a working tree comes to.
    pub(super) async fn worktree_for(
        &self,
        actor: &Actor,
        runtime: RuntimeKind,
        new: &NewSession,
    ) -> Result<Option<Inherited>, EngineError> {
        let Some(asked) = &new.worktree else {
            return Ok(None);
        };
        check_beside(runtime, new)?;
        let (source, handle) = self.source_of(actor, asked).await?;
        let branch = asked.branch.clone();
        let branch = branch.or_else(|| Worktree::usual_branch(&new.name));
        let branch =
            branch.ok_or_else(|| wrong("worktree.branch", "is needed beside this name"))?;
        let usual = || USUAL_COPY.map(str::to_owned).into();
        let base = source.spec.worktree.as_ref();
        let setup = asked.setup.clone();
        let worktree = Worktree {
            of: source.id,
            base: base.map_or(source.id, |worktree| worktree.base),
            branch,
            from: asked.from.clone(),
            copy: asked.copy.clone().unwrap_or_else(usual),
            setup: setup.filter(|script| !script.trim().is_empty()),
            set_up: None,
        };
        let problems = worktree.problems();
        if !problems.is_empty() {
            let named = problems.into_iter().map(|problem| {
                FieldProblem::new(format!("worktree.{}", problem.field), problem.message)
            });
            return Err(EngineError::Invalid(named.collect()));
        }
        let field = asked.of.field();
        self.require_repository(&source, &handle, field).await?;
        let key = source.spec.ssh_key.as_ref().map(|key| key.id);
        let key = match key.filter(|_| new.ssh_key.is_none()) {
            Some(id) => self.context().store.ssh_key_of(actor.user, id).await?,
            None => None,
        };
        Ok(Some(Inherited {
            worktree,
            repository: source.spec.repository,
            ssh_key: key.map(|key| NewSessionKey::Kept(key.id)),
        }))
    }

    /// The session that is meant, where it can have a working tree beside its own.
    async fn source_of(
        &self,
        actor: &Actor,
        asked: &NewWorktree,
    ) -> Result<(Session, std::sync::Arc<Handle>), EngineError> {
        let field = asked.of.field();
        let reference = self.holder_of(actor, &asked.of).await?;
        let found = self.find(actor, &reference, Permission::Drive).await;
        let (source, handle) = found.map_err(|error| match error {
            EngineError::SessionNotFound => wrong(field, "is no session"),
            EngineError::Forbidden { .. } => wrong(field, "must be a session of your own"),
            other => other,
        })?;
        if source.owner != actor.user {
            return Err(wrong(field, "must be a session of your own"));
        }
        if source.spec.runtime != RuntimeKind::Host {
            return Err(wrong(
                field,
                "lives in a container, whose files no other session can have: clone its repository instead (repoUrl)",
            ));
        }
        let begins_with_one = source.spec.repository.is_some() || source.spec.worktree.is_some();
        if begins_with_one && source.cloned_at.is_none() {
            return Err(wrong(
                field,
                "has no repository yet: wait until it runs, or find out why it does not",
            ));
        }
        Ok((source, handle))
    }

    /// The session whose workspace the repository is.
    async fn holder_of(&self, actor: &Actor, of: &WorktreeOf) -> Result<String, EngineError> {
        let id = match of {
            WorktreeOf::Session(session) => return Ok(session.clone()),
            WorktreeOf::Repository(id) => *id,
        };
        let at = self.repository_place(actor, id).await;
        let at = at.map_err(|error| match error {
            EngineError::RepositoryNotFound => wrong(of.field(), "is no repository of the list"),
            other => other,
        })?;
        if !at.path.is_workspace() {
            return Err(wrong(
                of.field(),
                "lies below its session's workspace, and only a workspace is shared: clone it instead (repoUrl)",
            ));
        }
        Ok(at.session)
    }

    /// Refuses where the session that runs says that its directory is no repository. Of one at rest its sessiond is not there to be asked;
    /// the new one's finds out.
    async fn require_repository(
        &self,
        source: &Session,
        handle: &Handle,
        field: &str,
    ) -> Result<(), EngineError> {
        if source.status() != Status::Running {
            return Ok(());
        }
        let transports = &self.context().settings.git_transports;
        match is_no_repository(handle, &Operation::Status, transports).await {
            Some(why) => Err(wrong(field, why)),
            None => Ok(()),
        }
    }

    /// Refuses to delete a session in whose repository others have a working tree, whoever insists: their work would be gone.
    pub(super) fn require_no_worktrees(&self, base: SessionId) -> Result<(), EngineError> {
        let mut others = Vec::new();
        for (id, handle) in self.handles() {
            let live = handle.live.borrow();
            let session = &live.session;
            let worktree = session.spec.worktree.as_ref();
            if worktree.is_some_and(|worktree| worktree.base == base) && !live.gone {
                let doing = match session.wish {
                    Wish::Deleted => "is being deleted",
                    Wish::Running | Wish::Stopped => "works in its repository",
                };
                let text = format!("{} ({id})", session.name);
                others.push(FieldProblem::new(text, doing));
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        others.sort_by(|one, other| one.field.cmp(&other.field));
        Err(EngineError::InTheWay {
            code: "session.has_worktrees",
            detail: "other sessions work in this session's repository: delete them first"
                .to_owned(),
            items: others,
        })
    }
}

/// What a working tree cannot be asked for together with.
fn check_beside(runtime: RuntimeKind, new: &NewSession) -> Result<(), EngineError> {
    if runtime != RuntimeKind::Host {
        return Err(wrong(
            "runtime",
            "a container has no part in another session's files: clone the repository instead (repoUrl), or choose the host",
        ));
    }
    if new.repository.is_some() {
        return Err(wrong(
            "repoUrl",
            "a session begins with a clone or with a working tree, not with both",
        ));
    }
    if new.workdir.is_some() {
        return Err(wrong(
            "workdir",
            "a working tree gets a directory of its own, which goes with its session",
        ));
    }
    Ok(())
}

/// Whether a session's directory is a working tree that goes with it.
pub(crate) fn has_worktree(session: &Session) -> bool {
    session.spec.worktree.is_some() && session.spec.workdir == Workdir::Own
}
