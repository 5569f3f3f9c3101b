//! What would be lost with a session: changes that are not committed, commits that no other repository is known to have.
//!
//! Only sessiond looks, in the session. What does not run is not looked at; where a repository was cloned into it, that is said instead.

use std::time::Duration;

use longhouse_domain::git::{Operation, StatusKind, TreeStatus, read_log};
use longhouse_domain::lifecycle::Status;
use longhouse_domain::session::{RuntimeKind, Session, Workdir};
use longhouse_domain::working_copy::CopyPath;
use tokio::time::Instant;

use super::ask::ask_at;
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem, plain};
use crate::session::handle::Handle;
use crate::session::worktree::has_worktree;

/// How long a look may take before the session is deleted: somebody waits.
const LOOK_TIME: Duration = Duration::from_secs(20);

/// The most files and commits that are named, each.
const NAMED: usize = 20;

/// What becomes of work that would be lost with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsavedWork {
    /// It keeps the session.
    Kept,
    /// It is lost; but what can be kept without the session, in the repository that it shares, is.
    GivenUp,
    /// It is lost where it cannot be kept.
    Discarded,
}

impl Engine {
    /// Refuses where something would be lost.
    pub(crate) async fn require_saved(
        &self,
        session: &Session,
        handle: &Handle,
    ) -> Result<(), EngineError> {
        // A directory that a person named stays as it is.
        let stays =
            session.spec.runtime == RuntimeKind::Host && session.spec.workdir != Workdir::Own;
        if stays {
            return Ok(());
        }
        let mut places = self.context().store.repository_paths(session.id).await?;
        let has_repository = session.cloned_at.is_some() || !places.is_empty();
        if session.status() != Status::Running {
            return cannot_look(has_repository);
        }
        places.retain(|path| !path.is_workspace());
        let deadline = Instant::now() + LOOK_TIME;
        let is_one_of_several = has_worktree(session);
        let of_the_workspace = match is_one_of_several {
            true => Operation::UnsavedHere,
            false => Operation::Unsaved,
        };
        let below = places.into_iter().map(|path| (path, Operation::Unsaved));
        let mut items = Vec::new();
        for (path, question) in [(CopyPath::default(), of_the_workspace)]
            .into_iter()
            .chain(below)
        {
            match self.unsaved_at(handle, &path, &question, deadline).await {
                Some(found) => items.extend(found),
                None => return cannot_look(has_repository),
            }
        }
        if items.is_empty() {
            return Ok(());
        }
        Err(EngineError::InTheWay {
            code: "session.unsaved_work",
            detail: what_to_do(is_one_of_several).to_owned(),
            items,
        })
    }

    /// What would be lost with one repository of the session; nothing where it cannot be looked at.
    async fn unsaved_at(
        &self,
        handle: &Handle,
        path: &CopyPath,
        question: &Operation,
        deadline: Instant,
    ) -> Option<Vec<FieldProblem>> {
        let transports = &self.context().settings.git_transports;
        let left = deadline.saturating_duration_since(Instant::now());
        let asked = ask_at(handle, path, question, transports, left);
        let reply = match asked.await {
            Ok(reply) => reply,
            // There is no repository to lose anything of.
            Err(EngineError::Conflict { code, .. })
                if code.starts_with("git.") && code != "git.timeout" =>
            {
                return Some(Vec::new());
            }
            Err(_) => return None,
        };
        let status = TreeStatus::read(&reply.status, true).ok()?;
        let commits = read_log(&reply.stdout, true).ok()?;
        let mut items = files(path, &status);
        let subjects = commits.iter().take(NAMED);
        items.extend(subjects.map(|commit| {
            let short = &commit.hash.as_str()[..12];
            FieldProblem::new(short, format!("not pushed: {}", plain(&commit.subject)))
        }));
        Some(items)
    }
}

/// What one can do, and what becomes of the work where somebody insists.
fn what_to_do(is_one_of_several: bool) -> &'static str {
    if is_one_of_several {
        "the session holds work that is neither committed nor pushed: save it, or delete the session with force=true; its branch stays, and what \
         is not committed is kept in the repository (git/kept of the session that has it), without files that are ignored, too large, or look \
         like a secret"
    } else {
        "the session holds work that is neither committed nor pushed: save it, or delete the session with force=true"
    }
}

fn files(below: &CopyPath, status: &TreeStatus) -> Vec<FieldProblem> {
    let entries = status.entries.iter().take(NAMED);
    let named = entries.map(|entry| {
        let what = match entry.kind {
            StatusKind::Untracked => "new, not committed",
            StatusKind::Conflicted(_) => "to be settled, not committed",
            StatusKind::Tracked { .. } => "changed, not committed",
        };
        let path = String::from_utf8_lossy(&entry.path);
        let path = match below.is_workspace() {
            true => plain(&path),
            false => plain(&format!("{below}/{path}")),
        };
        FieldProblem::new(path, what)
    });
    named.collect()
}

/// Of a session with a repository nobody knows what would be lost.
fn cannot_look(has_repository: bool) -> Result<(), EngineError> {
    if !has_repository {
        return Ok(());
    }
    Err(EngineError::InTheWay {
        code: "session.unsaved_work",
        detail: "the session holds a repository and does not run, so nobody can look whether its work is saved: start it, or delete it with \
                 force=true"
            .to_owned(),
        items: Vec::new(),
    })
}
