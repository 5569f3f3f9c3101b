//! The other repository's branch has commits that are not here: they are fetched, and the branch's own are made anew on top of them, if that
//! goes without a person.
//!
//! The commits are made beside the working tree, one after the other, by merging trees; only when all of them are there does anything change
//! that somebody sees. Where two changes do not go together nothing has happened, and the files are known.

use longhouse_domain::git::{CONFLICTING_FILES, made_anew};
use longhouse_link::limits::KEEPING_TIME;
use tokio::time::Instant;
use tonic::Status;

use super::super::commit::{author, underway};
use super::super::own::{Call, Own, Trouble, shown};
use super::super::snapshot::call;
use super::{Target, onto};
use crate::git::operate::Work;
use crate::git::remote::Remote;

/// The most commits that are made anew without a person.
const COMMITS: usize = 200;

/// Who makes what nobody ever sees: the commits by which git is told what to merge.
const SCRATCH: [(&str, &str); 4] = super::super::commit::OURSELVES;

/// How it went.
pub(super) enum Reconciled {
    /// There is something to push now, or nothing any more.
    Goes,
    /// It has to wait, for this reason.
    Waits(String),
    /// A person has to settle it.
    Conflict { files: Vec<String>, reason: String },
}

/// Fetches, and sets the branch's own commits on top.
pub(super) async fn reconcile(
    work: &mut Work<'_>,
    remote: &Remote,
    target: &Target,
) -> Result<Reconciled, Status> {
    let turn = work.turn().await?;
    let fetched = remote.fetch(work, &turn).await?;
    if fetched.code != 0 {
        let said = super::super::own::said(&fetched.stderr);
        let reason = format!("the other repository was not reached: {said}");
        return Ok(Reconciled::Waits(reason));
    }
    let deadline = Instant::now() + KEEPING_TIME;
    let own = Own::new(work.session, work.repository, &turn, deadline);
    Ok(on_top(&own, target).await?)
}

async fn on_top(own: &Own<'_>, target: &Target) -> Result<Reconciled, Trouble> {
    let theirs = format!("refs/remotes/origin/{}^{{commit}}", target.to);
    let theirs = own
        .maybe(&["rev-parse", "--quiet", "--verify", &theirs])
        .await?;
    let Some(theirs) = theirs else {
        // It was deleted meanwhile.
        return Ok(Reconciled::Goes);
    };
    let head = own
        .maybe(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])
        .await?;
    if head.as_ref() != Some(&target.head) {
        return Ok(Reconciled::Goes);
    }
    if let Some(underway) = underway(own) {
        return Ok(Reconciled::Waits(underway.to_owned()));
    }
    let staged = Call {
        words: &[
            "diff",
            "--cached",
            "--quiet",
            "--no-ext-diff",
            "--ignore-submodules=dirty",
        ],
        // A person's git is not to meet a lock of ours.
        env: &[("GIT_OPTIONAL_LOCKS", "0")],
        ..Call::default()
    };
    if own.ask(staged).await?.code != 0 {
        let reason = "a commit is being prepared: commit what is staged, or unstage it";
        return Ok(Reconciled::Waits(reason.to_owned()));
    }
    let Some(commits) = own_commits(own, &theirs, &target.head).await? else {
        return Ok(by_hand(
            Vec::new(),
            "its own commits are joined with others, or too many",
        ));
    };
    let mut tip = theirs;
    for (commit, parent) in &commits {
        match on_tip(own, commit, parent, &tip).await? {
            Ok(next) => tip = next,
            Err(files) => {
                return Ok(by_hand(files, "some files were changed on both sides"));
            }
        }
    }
    if tip != target.head && !onto::stand_on(own, &target.head, &tip).await? {
        let reason = "files that changed over there are being changed here: it waits until they are committed";
        return Ok(Reconciled::Waits(reason.to_owned()));
    }
    Ok(Reconciled::Goes)
}

fn by_hand(files: Vec<String>, why: &str) -> Reconciled {
    let reason = format!(
        "the other repository's branch has commits that this one has not, and {why}: pull, settle it, and it goes on"
    );
    Reconciled::Conflict { files, reason }
}

/// The branch's own commits with their parents, the oldest first; nothing where they cannot be made anew one after the other.
async fn own_commits(
    own: &Own<'_>,
    theirs: &str,
    head: &str,
) -> Result<Option<Vec<(String, String)>>, Trouble> {
    let range = format!("{theirs}..{head}");
    let most = format!("--max-count={}", COMMITS + 1);
    let list = [
        "rev-list",
        "--reverse",
        "--topo-order",
        "--parents",
        &most,
        &range,
        "--",
    ];
    let said = shown(&own.run(call(&list)).await?);
    let mut commits = Vec::new();
    for line in said.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            [commit, parent] => commits.push((commit.to_owned(), parent.to_owned())),
            // One that joins, or one that came of nothing.
            _ => return Ok(None),
        }
    }
    Ok((commits.len() <= COMMITS).then_some(commits))
}

/// Makes a commit anew on top of another one. The files, where its change does not go with what is there.
async fn on_tip(
    own: &Own<'_>,
    commit: &str,
    parent: &str,
    tip: &str,
) -> Result<Result<String, Vec<String>>, Trouble> {
    if parent == tip {
        return Ok(Ok(commit.to_owned()));
    }
    // Git merges commits, and finds by itself where they part: so it is told three that part where the change began.
    let base = scratch(own, parent, None).await?;
    let ours = scratch(own, tip, Some(&base)).await?;
    let change = scratch(own, commit, Some(&base)).await?;
    let merge = [
        "merge-tree",
        "--write-tree",
        "-z",
        "--name-only",
        "--no-messages",
        &ours,
        &change,
    ];
    let merged = own.ask(call(&merge)).await?;
    let said = shown(&merged.stdout);
    let mut words = said.split('\0').filter(|word| !word.is_empty());
    let tree = words.next().unwrap_or_default().trim_end().to_owned();
    match merged.code {
        0 => {}
        1 => {
            let files = words.take(CONFLICTING_FILES);
            return Ok(Err(files.map(str::to_owned).collect()));
        }
        // A git that is too old for it.
        _ => return Ok(Err(Vec::new())),
    }
    if tree == tree_of(own, tip).await?
        && tree_of(own, commit).await? != tree_of(own, parent).await?
    {
        // The other side has this change.
        return Ok(Ok(tip.to_owned()));
    }
    let raw = own.run(call(&["cat-file", "commit", commit])).await?;
    let env = author(own).await?;
    let committer = Call {
        words: &["var", "GIT_COMMITTER_IDENT"],
        env: &env,
        ..Call::default()
    };
    let committer = own.word(committer).await?;
    let unreadable = || Trouble::Unreadable("cat-file".to_owned());
    let made = made_anew(&raw, &tree, tip, &committer).ok_or_else(unreadable)?;
    let write = Call {
        words: &["hash-object", "-t", "commit", "-w", "--stdin"],
        input: &made,
        ..Call::default()
    };
    Ok(Ok(own.word(write).await?))
}

/// A commit of the same tree, which comes of nothing else than this.
async fn scratch(own: &Own<'_>, of: &str, parent: Option<&String>) -> Result<String, Trouble> {
    let tree = tree_of(own, of).await?;
    super::super::commit::commit_tree(own, &tree, parent, "longhouse", &SCRATCH).await
}

async fn tree_of(own: &Own<'_>, commit: &str) -> Result<String, Trouble> {
    let tree = format!("{commit}^{{tree}}");
    own.word(call(&["rev-parse", "--verify", &tree])).await
}
