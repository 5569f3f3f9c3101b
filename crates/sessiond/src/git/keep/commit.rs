//! Commits that make themselves: from a snapshot, in groups, put on the branch in one step, and then the index brought in line for exactly
//! their files.
//!
//! ```text
//!   trees and commits are written        nothing leads to them yet
//!   .git/longhouse/commit                says which commit comes, and after which
//!   the branch moves                     only from where it was
//!   the index follows                    for the files of the commits, but for those that somebody has prepared meanwhile; in a copy that
//!                                        takes its place, so that nobody's git is kept waiting
//!   .git/longhouse/commit is removed
//! ```
//!
//! Whoever is killed in between: the branch has moved or it has not, and who comes next lets the index follow or forgets what was meant.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::time::Duration;

use longhouse_domain::git::{Change, LineCount, MessageTemplate, TreeChange, group, message};
use tokio::time::sleep;

use super::index::{Copied, private_index};
use super::own::{Call, Own, Trouble};
use super::snapshot::{Refused, Renames, Snapshot, call, changes, index_info, with_index};
use crate::git::watch::LeftOut;

/// How often one tries to change the index while another git holds it, and how long one waits in between.
const TRIES: u32 = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Stands in git's answers for no commit.
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// Who commits where nobody said: neither the session nor the repository.
pub(super) const OURSELVES: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Longhouse"),
    ("GIT_AUTHOR_EMAIL", "longhouse@localhost"),
    ("GIT_COMMITTER_NAME", "Longhouse"),
    ("GIT_COMMITTER_EMAIL", "longhouse@localhost"),
];

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) commit: String,
    pub(crate) subject: String,
    pub(crate) files: usize,
    pub(crate) lines: LineCount,
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// These commits were made, on this branch, in this order; none where nothing has changed.
    Done {
        branch: String,
        made: Vec<Made>,
        refused: Vec<Refused>,
    },
    /// Nothing was done, for this reason; in words.
    Blocked(&'static str),
}

/// What the commits are to look like.
pub(crate) struct Wanted<'a> {
    pub(crate) left_out: &'a LeftOut,
    pub(crate) template: &'a MessageTemplate,
    pub(crate) summary: Option<&'a str>,
}

/// Commits what there is, unless somebody is at something that must not be disturbed.
pub(crate) async fn commit(own: &Own<'_>, wanted: &Wanted<'_>) -> Result<Attempt, Trouble> {
    recover(own).await?;
    if let Some(underway) = underway(own) {
        return Ok(Attempt::Blocked(underway));
    }
    let Some(branch) = own.maybe(&["symbolic-ref", "--quiet", "HEAD"]).await? else {
        return Ok(Attempt::Blocked(
            "the repository stands on a commit and not on a branch: check out a branch",
        ));
    };
    let snapshot = Snapshot::take(own, wanted.left_out).await?;
    if snapshot.conflicted {
        return Ok(Attempt::Blocked("files are to be settled by a person"));
    }
    if snapshot.staged {
        return Ok(Attempt::Blocked(
            "a commit is being prepared: commit what is staged, or unstage it",
        ));
    }
    let mut made = Vec::new();
    if !snapshot.changes.is_empty() {
        made = write(own, &snapshot, wanted).await?;
        if !advance(own, &branch, &snapshot, &made).await? {
            return Ok(Attempt::Blocked("somebody committed at the same moment"));
        }
    }
    Ok(Attempt::Done {
        branch: branch.trim_start_matches("refs/heads/").to_owned(),
        made,
        refused: snapshot.refused,
    })
}

/// What a person is at.
pub(super) fn underway(own: &Own<'_>) -> Option<&'static str> {
    use longhouse_domain::git::Underway;
    match own.repository.underway() {
        Underway::Nothing => None,
        Underway::Merge => Some("a merge is under way"),
        Underway::Rebase => Some("a rebase is under way"),
        Underway::CherryPick => Some("a cherry-pick is under way"),
        Underway::Revert => Some("a revert is under way"),
        Underway::Bisect => Some("a bisect is under way"),
    }
}

/// Writes a commit for each group, one after the other. Nothing leads to them yet.
async fn write(
    own: &Own<'_>,
    snapshot: &Snapshot,
    wanted: &Wanted<'_>,
) -> Result<Vec<Made>, Trouble> {
    let told: Vec<Change> = snapshot.changes.iter().map(TreeChange::told).collect();
    let groups = group(&told);
    let env = author(own).await?;
    let index = private_index(own, "index-of-groups")?;
    if groups.len() > 1 {
        let begin = ["read-tree", "--end-of-options", &snapshot.base];
        own.run(with_index(&begin, &index)).await?;
    }
    let mut made: Vec<Made> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let tree = if at + 1 == groups.len() {
            snapshot.tree.clone()
        } else {
            let mut lines = Vec::new();
            group
                .iter()
                .for_each(|n| snapshot.changes[*n].write(&mut lines));
            index_info(own, Some(&index), &lines).await?;
            own.word(with_index(&["write-tree"], &index)).await?
        };
        let changes: Vec<Change> = group.iter().map(|n| told[*n].clone()).collect();
        let text = message(&changes, wanted.summary, wanted.template);
        let parent = made
            .last()
            .map(|made| &made.commit)
            .or(snapshot.head.as_ref());
        let commit = commit_tree(own, &tree, parent, &text, &env).await?;
        made.push(Made {
            commit,
            subject: text.lines().next().unwrap_or_default().to_owned(),
            files: changes.len(),
            lines: LineCount::sum(&changes),
        });
    }
    // Nobody needs it again.
    let _left = fs::remove_file(index);
    Ok(made)
}

pub(super) async fn commit_tree(
    own: &Own<'_>,
    tree: &str,
    parent: Option<&String>,
    text: &str,
    env: &[(&str, &str)],
) -> Result<String, Trouble> {
    let mut words = vec!["commit-tree", "-F", "-"];
    if let Some(parent) = parent {
        words.extend(["-p", parent]);
    }
    words.push(tree);
    own.word(Call {
        words: &words,
        input: text.as_bytes(),
        env,
        ..Call::default()
    })
    .await
}

/// What git needs to know of who commits, where it does not know.
pub(super) async fn author(own: &Own<'_>) -> Result<Vec<(&'static str, &'static str)>, Trouble> {
    let known = own.ask(call(&[
        "-c",
        "user.useConfigOnly=true",
        "var",
        "GIT_COMMITTER_IDENT",
    ]));
    let author = own.ask(call(&[
        "-c",
        "user.useConfigOnly=true",
        "var",
        "GIT_AUTHOR_IDENT",
    ]));
    let known = known.await?.code == 0 && author.await?.code == 0;
    Ok(if known {
        Vec::new()
    } else {
        OURSELVES.to_vec()
    })
}

/// Moves the branch to the last of the commits, and lets the index follow. Whether the branch was still where it had been.
async fn advance(
    own: &Own<'_>,
    branch: &str,
    snapshot: &Snapshot,
    made: &[Made],
) -> Result<bool, Trouble> {
    let Some(last) = made.last() else {
        return Ok(true);
    };
    let old = snapshot.head.as_deref().unwrap_or(NOTHING);
    let note = Note {
        old_tree: snapshot.base.clone(),
        new: last.commit.clone(),
    };
    note.write(own)
        .map_err(Trouble::io("the note of a commit"))?;
    let reason = format!("longhouse: {}", last.subject);
    let words = [
        "update-ref",
        "-m",
        &reason,
        "--end-of-options",
        branch,
        &last.commit,
        old,
    ];
    let moved = own.ask(call(&words)).await?;
    if moved.code != 0 {
        Note::remove(own).map_err(Trouble::io("the note of a commit"))?;
        return Ok(false);
    }
    follow(own, &note).await?;
    Ok(true)
}

/// Brings to its end what was begun before a kill.
pub(crate) async fn recover(own: &Own<'_>) -> Result<(), Trouble> {
    let Some(note) = Note::read(own) else {
        return Ok(());
    };
    let head = own
        .maybe(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])
        .await?;
    if head.as_ref() == Some(&note.new) {
        tracing::info!(
            commit = note.new,
            "the index follows a commit that was made before"
        );
        return follow(own, &note).await;
    }
    // The branch had not moved, or somebody has gone on from there: the files are as they are, and nothing is to be done.
    Note::remove(own).map_err(Trouble::io("the note of a commit"))
}

/// Lets the index follow the branch, for the files of the commits. What somebody prepares of them stays.
async fn follow(own: &Own<'_>, note: &Note) -> Result<(), Trouble> {
    let new_tree = format!("{}^{{tree}}", note.new);
    let new_tree = own
        .word(call(&["rev-parse", "--verify", &new_tree]))
        .await?;
    let made = changes(own, &note.old_tree, &new_tree, Renames::Apart).await?;
    let words = [
        "diff-index",
        "--cached",
        "-z",
        "--name-only",
        "--no-renames",
        "--no-ext-diff",
        "--ignore-submodules=dirty",
        "--end-of-options",
        &note.old_tree,
    ];
    for _ in 0..TRIES {
        let index = Copied::make(own).await?;
        let prepared = own.run(with_index(&words, &index.place)).await?;
        let prepared: BTreeSet<&[u8]> = prepared.split(|byte| *byte == 0).collect();
        let mut lines = Vec::new();
        let mine = made
            .iter()
            .filter(|change| !prepared.contains(change.path.as_slice()));
        mine.for_each(|change| change.write(&mut lines));
        if !lines.is_empty() {
            index_info(own, Some(&index.place), &lines).await?;
            // So that nobody has to read the files again to see that they are as the index says. It does not matter whether it succeeds.
            let refresh = ["update-index", "-q", "--refresh"];
            own.ask(with_index(&refresh, &index.place)).await?;
            if !index.take_its_place(own).await? {
                // A person's git holds the index for a moment.
                sleep(BETWEEN_TRIES).await;
                continue;
            }
        }
        return Note::remove(own).map_err(Trouble::io("the note of a commit"));
    }
    let held = io::Error::from(io::ErrorKind::ResourceBusy);
    Err(Trouble::io("the index that another git holds")(held))
}

/// What is about to happen to the branch.
struct Note {
    old_tree: String,
    new: String,
}

impl Note {
    const NAME: &str = "commit";

    fn write(&self, own: &Own<'_>) -> io::Result<()> {
        let (new, place) = (
            own.directory().join("commit.new"),
            own.directory().join(Self::NAME),
        );
        let mut file = File::create(&new)?;
        writeln!(file, "{} {}", self.old_tree, self.new)?;
        file.sync_all()?;
        fs::rename(new, place)
    }

    /// What stands there, where it is what we write.
    fn read(own: &Own<'_>) -> Option<Self> {
        let text = fs::read_to_string(own.directory().join(Self::NAME)).ok()?;
        let (old_tree, new) = text.trim_end().split_once(' ')?;
        let is_name = |name: &str| {
            matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        (is_name(old_tree) && is_name(new)).then(|| Self {
            old_tree: old_tree.to_owned(),
            new: new.to_owned(),
        })
    }

    fn remove(own: &Own<'_>) -> io::Result<()> {
        match fs::remove_file(own.directory().join(Self::NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
