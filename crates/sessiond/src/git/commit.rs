//! A commit by hand, over whatever a person has staged.
//!
//! Paths are committed alone (`git commit --only`), and the rest of the index stays as it is. What was staged for a commit that then was
//! refused is taken back.

use longhouse_domain::git::{
    Change, ChangeKind, CommitMessage, FileChange, FileDiff, GitPath, LOG_FORMAT, LineCount,
    MessageTemplate, Refusal, TreeDiff, message,
};
use tonic::Status;

use super::operate::{Work, refused};
use super::repository::Turn;
use super::words;
use crate::exec::Outcome;

/// Git refuses for want of a name with one of these.
const NOBODY: [&str; 3] = [
    "Please tell me who you are",
    "empty ident name",
    "unable to auto-detect email",
];

/// Git's list of paths on its standard input, each with NUL after it.
const LISTED: [&str; 2] = ["--pathspec-from-file=-", "--pathspec-file-nul"];

/// Commits, and tells of the commit as `git log` does; where git refuses, what it said.
pub(super) async fn commit(
    work: &mut Work<'_>,
    said: Option<&CommitMessage>,
    paths: &[GitPath],
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    if has_conflicts(work).await? {
        return Err(refused(Refusal::Conflicts));
    }
    let staged = stage(work, &turn, paths).await?;
    let outcome = finish(work, &turn, said, paths).await;
    if outcome.as_ref().is_ok_and(|outcome| outcome.code == 0) {
        return tell(work).await;
    }
    take_back(work, &turn, staged).await?;
    outcome
}

/// What was staged for this commit, and was not before.
enum Staged {
    /// Nothing.
    Nothing,
    /// These new files, which git was told of: their names, each with NUL after it.
    New(Vec<u8>),
    /// All that there is.
    All,
}

async fn stage(work: &mut Work<'_>, turn: &Turn<'_>, paths: &[GitPath]) -> Result<Staged, Status> {
    if paths.is_empty() {
        if has_staged(work).await? {
            return Ok(Staged::Nothing);
        }
        done(work.change(turn, words(["add", "--all"]), b"").await?)?;
        return Ok(Staged::All);
    }
    let others = words(["ls-files", "--others", "--exclude-standard", "-z", "--"]);
    let new = work.look(with_paths(others, paths)).await?;
    if new.truncated {
        let text = "the paths hold more new files than one commit can be told: stage them, and commit without paths";
        return Err(Status::invalid_argument(text));
    }
    if new.stdout.is_empty() {
        return Ok(Staged::Nothing);
    }
    let add = ["add", "--intent-to-add"].into_iter().chain(LISTED);
    done(work.change(turn, words(add), &new.stdout).await?)?;
    Ok(Staged::New(new.stdout))
}

/// A step of which nothing but its success matters.
fn done(outcome: Outcome) -> Result<(), Status> {
    match outcome.code {
        0 => Ok(()),
        _ => Err(Status::aborted(shown(&outcome.stderr))),
    }
}

async fn take_back(work: &mut Work<'_>, turn: &Turn<'_>, staged: Staged) -> Result<(), Status> {
    let reset = ["reset", "--quiet"].into_iter();
    match staged {
        Staged::Nothing => {}
        Staged::New(list) => {
            work.change(turn, words(reset.chain(LISTED)), &list).await?;
        }
        Staged::All => {
            work.change(turn, words(reset), b"").await?;
        }
    }
    Ok(())
}

async fn finish(
    work: &mut Work<'_>,
    turn: &Turn<'_>,
    said: Option<&CommitMessage>,
    paths: &[GitPath],
) -> Result<Outcome, Status> {
    let text = match said {
        Some(said) => said.as_str().to_owned(),
        None => of_the_change(work, paths).await?,
    };
    let commit = [
        "commit",
        "--quiet",
        "--no-verify",
        "--no-gpg-sign",
        "--cleanup=whitespace",
        "--no-status",
        "--file=-",
    ];
    let only = (!paths.is_empty()).then_some("--only");
    let commit = words(commit.into_iter().chain(only).chain(["--"]));
    let outcome = work
        .change(turn, with_paths(commit, paths), text.as_bytes())
        .await?;
    let complaint = String::from_utf8_lossy(&outcome.stderr);
    if outcome.code != 0 && NOBODY.iter().any(|words| complaint.contains(words)) {
        return Err(refused(Refusal::NoIdentity));
    }
    if outcome.code == 1 && complaint.trim().is_empty() {
        return Err(refused(Refusal::NothingToCommit));
    }
    Ok(outcome)
}

/// A message from what will be committed.
async fn of_the_change(work: &mut Work<'_>, paths: &[GitPath]) -> Result<String, Status> {
    let diff = [
        "diff",
        "--raw",
        "--numstat",
        "-z",
        "--find-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=dirty",
    ];
    // Paths are taken as they are now, whatever is staged of them.
    let against = if paths.is_empty() { "--cached" } else { "HEAD" };
    let diff = words(diff.into_iter().chain([against, "--"]));
    let outcome = work.look(with_paths(diff, paths)).await?;
    let read = TreeDiff::read(&outcome.stdout, outcome.truncated, 0);
    let changes: Vec<Change> = match read {
        Ok(diff) if outcome.code == 0 => diff.files.iter().map(change).collect(),
        // Before the first commit there is nothing to compare with.
        _ => paths
            .iter()
            .map(|path| Change::new(shown(path.as_bytes()), ChangeKind::Added))
            .collect(),
    };
    Ok(message(&changes, None, &MessageTemplate::default()))
}

fn change(file: &FileDiff) -> Change {
    let kind = match (file.change, &file.from) {
        (Some(FileChange::Renamed), Some(from)) => ChangeKind::Renamed { from: shown(from) },
        (Some(FileChange::Added | FileChange::Copied), _) => ChangeKind::Added,
        (Some(FileChange::Deleted), _) => ChangeKind::Deleted,
        _ => ChangeKind::Modified,
    };
    let lines = file
        .lines
        .map(|(added, removed)| LineCount { added, removed });
    Change {
        lines,
        ..Change::new(shown(&file.path), kind)
    }
}

/// The last commit, as `git log` tells of it.
pub(super) async fn tell(work: &mut Work<'_>) -> Result<Outcome, Status> {
    let log = [
        "log",
        "-z",
        LOG_FORMAT,
        "--decorate=full",
        "--shortstat",
        "--find-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--max-count=1",
    ];
    work.look(words(log)).await
}

async fn has_conflicts(work: &mut Work<'_>) -> Result<bool, Status> {
    let unmerged = work.look(words(["ls-files", "--unmerged", "-z"])).await?;
    Ok(!unmerged.stdout.is_empty())
}

async fn has_staged(work: &mut Work<'_>) -> Result<bool, Status> {
    let diff = [
        "diff",
        "--cached",
        "--quiet",
        "--no-ext-diff",
        "--ignore-submodules=dirty",
    ];
    Ok(work.look(words(diff)).await?.code == 1)
}

fn with_paths(mut words: Vec<Vec<u8>>, paths: &[GitPath]) -> Vec<Vec<u8>> {
    words.extend(paths.iter().map(|path| path.as_bytes().to_vec()));
    words
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
