//! Why branches were not joined and the other repository did not take or give what was asked, in words that a person can act on.

use longhouse_domain::git::{
    Conflict, PushAnswer, Repository, RepositoryUrl, StatusKind, Underway,
};
use longhouse_link::proto::GitReply;
use longhouse_link::proto::clone_news::Why;

use super::look::RepositoryStatus;
use crate::error::{EngineError, FieldProblem, plain};
use crate::session::clone_failure;

/// The most files that are named.
const NAMED: usize = 100;

/// What the other repository said to no; nothing where it did not.
pub(super) fn of_exchange(stored: Option<&RepositoryUrl>, reply: &GitReply) -> Option<EngineError> {
    let failed = reply.remote.as_ref().filter(|_| !reply.timed_out)?;
    let answer = PushAnswer::read(reply.exit_code, &reply.stdout, &reply.stderr);
    let no_pull = String::from_utf8_lossy(&reply.stderr).contains("Not possible to fast-forward");
    match answer {
        PushAnswer::Protected(line) => {
            let line = plain(&line);
            let text =
                format!("the branch is protected over there: push from another one ({line})");
            return Some(EngineError::conflict("git.protected", text));
        }
        PushAnswer::Declined(line) => {
            let text = format!("the other repository did not take it ({})", plain(&line));
            return Some(EngineError::conflict("git.declined", text));
        }
        PushAnswer::Taken | PushAnswer::HadIt | PushAnswer::Failed if !no_pull => {}
        PushAnswer::Taken | PushAnswer::HadIt | PushAnswer::Failed | PushAnswer::Behind => {
            return Some(EngineError::conflict(
                "git.diverged",
                "the other repository's branch has commits that this one has not: pull (with rebase or merge), and push again; nothing is ever forced",
            ));
        }
    }
    // What went wrong here is told by git itself.
    let local = failed.why() == Why::Other;
    let repository = Repository {
        url: stored.filter(|_| !local)?.clone(),
        branch: None,
        depth: None,
        submodules: false,
    };
    let words = clone_failure::words(&repository, failed.why(), &plain(&failed.said));
    let text = format!("{} was not reached: {words}", repository.url);
    Some(EngineError::conflict("git.remote_failed", text))
}

/// Files that are to be settled.
pub(super) fn of_conflict(status: &RepositoryStatus) -> EngineError {
    let files = status
        .tree
        .entries
        .iter()
        .filter_map(|entry| match entry.kind {
            StatusKind::Conflicted(conflict) => {
                let path = plain(&String::from_utf8_lossy(&entry.path));
                Some(FieldProblem::new(path, words(conflict)))
            }
            _ => None,
        });
    let what = match status.underway {
        Underway::Merge => "the merge",
        Underway::Rebase => "the rebase",
        Underway::CherryPick | Underway::Revert | Underway::Bisect | Underway::Nothing => "it",
    };
    EngineError::InTheWay {
        code: "git.conflict",
        detail: format!(
            "{what} stopped, for some files hold changes that do not go together: settle and stage them and continue, or abort"
        ),
        items: files.take(NAMED).collect(),
    }
}

fn words(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::BothDeleted => "deleted on both sides",
        Conflict::AddedByUs => "added on this side only",
        Conflict::DeletedByThem => "deleted on the other side, changed on this one",
        Conflict::AddedByThem => "added on the other side only",
        Conflict::DeletedByUs => "deleted on this side, changed on the other",
        Conflict::BothAdded => "added on both sides, differently",
        Conflict::BothModified => "changed on both sides, differently",
    }
}
