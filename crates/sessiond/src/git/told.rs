//! What a person's work with a repository came to, for everybody who may know: a commit, a push, changes that do not go together.

use longhouse_domain::git::{
    CONFLICTING_FILES, ConflictIn, KeptCommit, KeptConflict, KeptNews, KeptPush, LoggedCommit,
    Operation, StatusKind, TreeStatus, Underway, read_log,
};

use longhouse_domain::working_copy::CopyPath;

use super::commit;
use super::keep;
use super::operate::Work;
use crate::exec::Outcome;

/// Tells of it, where there is something to tell.
pub(super) async fn tell(
    work: &mut Work<'_>,
    path: &CopyPath,
    operation: &Operation,
    outcome: &Outcome,
    status: &[u8],
) {
    let Ok(tree) = TreeStatus::read(status, true) else {
        return;
    };
    let at_ms = work.session.now();
    let news = if outcome.code == 0 && operation.commits() {
        last_commit(work, operation, outcome)
            .await
            .map(|commit| committed(path, commit, &tree, at_ms))
    } else if outcome.code == 0 && pushes(operation, &tree) {
        pushed(path, outcome, &tree, at_ms)
    } else if operation.joins() && outcome.code != 0 && tree.has_conflicts() {
        Some(conflict(path, work.underway(), &tree, at_ms))
    } else {
        None
    };
    if let Some(news) = news {
        keep::tell(&work.session.events, &news);
    }
}

/// Whether it pushes the branch that the working tree stands on. Of another nothing is known here that could be told.
fn pushes(operation: &Operation, tree: &TreeStatus) -> bool {
    match operation {
        Operation::Push(_) => true,
        Operation::PushBranch(_, branch) => tree.branch.as_deref() == Some(branch.as_str()),
        _ => false,
    }
}

async fn last_commit(
    work: &mut Work<'_>,
    operation: &Operation,
    outcome: &Outcome,
) -> Option<LoggedCommit> {
    let commits = match operation {
        // It is the answer.
        Operation::Commit { .. } => read_log(&outcome.stdout, outcome.truncated),
        _ => {
            let log = commit::tell(work).await.ok()?;
            read_log(&log.stdout, log.truncated)
        }
    };
    commits.ok()?.into_iter().next()
}

fn committed(path: &CopyPath, commit: LoggedCommit, tree: &TreeStatus, at_ms: u64) -> KeptNews {
    KeptNews::Committed(KeptCommit {
        path: path.clone(),
        commit: commit.hash.to_string(),
        branch: tree.branch.clone().unwrap_or_default(),
        subject: commit.subject,
        files: commit.figures.files,
        added: commit.figures.additions,
        removed: commit.figures.deletions,
        at_ms,
    })
}

/// Nothing where the other repository had it all.
fn pushed(path: &CopyPath, outcome: &Outcome, tree: &TreeStatus, at_ms: u64) -> Option<KeptNews> {
    let said = String::from_utf8_lossy(&outcome.stdout);
    if said.lines().any(|line| line.starts_with('=')) {
        return None;
    }
    let branch = tree.branch.clone()?;
    Some(KeptNews::Pushed(KeptPush {
        path: path.clone(),
        commit: tree.head.as_ref()?.to_string(),
        to: branch.clone(),
        branch,
        at_ms,
    }))
}

fn conflict(path: &CopyPath, underway: Underway, tree: &TreeStatus, at_ms: u64) -> KeptNews {
    let both = tree
        .entries
        .iter()
        .filter(|entry| matches!(entry.kind, StatusKind::Conflicted(_)));
    let files = both.map(|entry| String::from_utf8_lossy(&entry.path).into_owned());
    KeptNews::Conflict(KeptConflict {
        path: path.clone(),
        during: match underway {
            Underway::Merge => ConflictIn::Merge,
            Underway::Rebase => ConflictIn::Rebase,
            _ => ConflictIn::Stash,
        },
        branch: tree.branch.clone(),
        files: files.take(CONFLICTING_FILES).collect(),
        at_ms,
    })
}
