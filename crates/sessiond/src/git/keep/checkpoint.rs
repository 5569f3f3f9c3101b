//! Checkpoints: the working tree as it was, new files included, as commits on refs of their own. Neither branch nor index know of them.
//!
//! They are numbered, and the newest hundred of a session are kept. Bringing one back touches only files that differ, makes a checkpoint of
//! the present first, and leaves alone what no checkpoint holds: files that are ignored, too large, or look like a secret.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use longhouse_domain::git::{
    CHECKPOINTS_KEPT, Change, GitPath, MessageTemplate, TreeChange, message,
};

use super::commit::{OURSELVES, commit_tree};
use super::index::private_index;
use super::own::{Call, Own, Trouble, shown};
use super::snapshot::{Refused, Renames, Snapshot, call, changes, with_index};
use crate::git::watch::LeftOut;

/// One that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) number: u64,
    pub(crate) commit: String,
    pub(crate) tree: String,
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) subject: String,
}

/// What a wish for one came to.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) checkpoint: Checkpoint,
    /// Whether it is new: where nothing has changed since the last one, that one stands for the present.
    pub(crate) new: bool,
    pub(crate) refused: Vec<Refused>,
}

/// What was brought back.
#[derive(Debug)]
pub(crate) struct Restored {
    /// What was there before.
    pub(crate) before: Taken,
    /// Files that were written or removed.
    pub(crate) files: usize,
    /// Files that were left alone, because no checkpoint holds what they are now.
    pub(crate) left_alone: Vec<Vec<u8>>,
}

/// All that are kept, the newest first.
pub(crate) async fn list(own: &Own<'_>) -> Result<Vec<Checkpoint>, Trouble> {
    let format =
        "--format=%(objectname) %(tree) %(committerdate:unix) %(refname) %(contents:subject)";
    let below = directory(own);
    let said = own.run(call(&["for-each-ref", format, &below])).await?;
    let said = shown(&said);
    let mut found: Vec<_> = said.lines().filter_map(|line| read(line, &below)).collect();
    found.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.number));
    Ok(found)
}

fn read(line: &str, below: &str) -> Option<Checkpoint> {
    let mut words = line.splitn(5, ' ');
    let mut word = || words.next();
    let (commit, tree, at, name) = (word()?, word()?, word()?, word()?);
    Some(Checkpoint {
        number: name.strip_prefix(below)?.parse().ok()?,
        commit: commit.to_owned(),
        tree: tree.to_owned(),
        at: at.parse().ok()?,
        subject: word().unwrap_or_default().to_owned(),
    })
}

/// Where the session's are.
fn directory(own: &Own<'_>) -> String {
    let session = own.session.environment.session();
    format!("refs/longhouse/checkpoints/{session}/")
}

/// Makes one of the present.
pub(crate) async fn take(own: &Own<'_>, left_out: &LeftOut) -> Result<Taken, Trouble> {
    let snapshot = Snapshot::take(own, left_out).await?;
    let kept = list(own).await?;
    if let Some(last) = kept.first().filter(|last| last.tree == snapshot.tree) {
        return Ok(Taken {
            checkpoint: last.clone(),
            new: false,
            refused: snapshot.refused,
        });
    }
    let told: Vec<Change> = snapshot.changes.iter().map(TreeChange::told).collect();
    let text = message(&told, None, &MessageTemplate::default());
    let parent = snapshot.head.as_ref();
    let commit = commit_tree(own, &snapshot.tree, parent, &text, &OURSELVES).await?;
    let number = kept.first().map_or(1, |last| last.number + 1);
    let name = format!("{}{number}", directory(own));
    // Only where there is none of that name.
    own.run(call(&[
        "update-ref",
        "--end-of-options",
        &name,
        &commit,
        "",
    ]))
    .await?;
    prune(own, &kept).await?;
    let when = [
        "show",
        "--no-patch",
        "--format=%ct",
        "--end-of-options",
        &commit,
    ];
    let at = own.word(call(&when)).await?.parse().unwrap_or_default();
    Ok(Taken {
        checkpoint: Checkpoint {
            number,
            commit,
            tree: snapshot.tree,
            at,
            subject: text.lines().next().unwrap_or_default().to_owned(),
        },
        new: true,
        refused: snapshot.refused,
    })
}

/// Lets the oldest go. `kept` is what was there before the newest one.
async fn prune(own: &Own<'_>, kept: &[Checkpoint]) -> Result<(), Trouble> {
    let old = kept.get(CHECKPOINTS_KEPT - 1..).unwrap_or_default();
    remove_refs(own, old).await
}

/// Lets all of the session's go: nobody asks for them once it is deleted, and a repository that other sessions share would hold them for ever.
pub(super) async fn forget(own: &Own<'_>) -> Result<(), Trouble> {
    let kept = list(own).await?;
    remove_refs(own, &kept).await
}

async fn remove_refs(own: &Own<'_>, kept: &[Checkpoint]) -> Result<(), Trouble> {
    let mut list = String::new();
    for old in kept {
        list.push_str(&format!(
            "delete {}{} {}\n",
            directory(own),
            old.number,
            old.commit
        ));
    }
    if list.is_empty() {
        return Ok(());
    }
    let gone = own.run(Call {
        words: &["update-ref", "--stdin"],
        input: list.as_bytes(),
        ..Call::default()
    });
    gone.await.map(drop)
}

/// Brings one back, or a file or directory of it; nothing where there is none of that number.
pub(crate) async fn restore(
    own: &Own<'_>,
    number: u64,
    path: Option<&GitPath>,
    left_out: &LeftOut,
) -> Result<Option<Restored>, Trouble> {
    let wanted = list(own)
        .await?
        .into_iter()
        .find(|one| one.number == number);
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let taken = take(own, left_out).await?;
    let differ = changes(own, &taken.checkpoint.tree, &wanted.tree, Renames::Apart).await?;
    let below =
        |change: &TreeChange| path.is_none_or(|path| is_below(&change.path, path.as_bytes()));
    let refused: BTreeSet<&[u8]> = taken
        .refused
        .iter()
        .map(|one| one.path.as_slice())
        .collect();
    let (left_alone, differ): (Vec<_>, Vec<_>) = differ
        .into_iter()
        .filter(below)
        .partition(|change| refused.contains(change.path.as_slice()));
    let mut left_alone: Vec<_> = left_alone.into_iter().map(|change| change.path).collect();
    let root = own.repository.root.clone();
    let make_room = move || make_room(&root, differ);
    let sorted = tokio::task::spawn_blocking(make_room).await;
    let sorted = sorted.map_err(io::Error::other).flatten();
    let Room {
        gone,
        written,
        in_the_way,
    } = sorted.map_err(Trouble::io("a file that is to go"))?;
    left_alone.extend(in_the_way);
    let files = gone + written.len();
    write(own, &wanted.tree, &written).await?;
    Ok(Some(Restored {
        before: taken,
        files,
        left_alone,
    }))
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    let rest = path.strip_prefix(directory);
    directory == b"." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Whether something is there that no checkpoint holds: for what is to be written where the present has nothing, or a directory.
fn is_in_the_way(place: &Path, change: &TreeChange) -> bool {
    let Ok(found) = place.symlink_metadata() else {
        return false;
    };
    found.is_dir() || (change.old.is_none() && change.new.is_some())
}

/// What was found when room was made.
struct Room {
    /// How many files went.
    gone: usize,
    /// Which are to be written.
    written: Vec<Vec<u8>>,
    /// Which are not, because something is there.
    in_the_way: Vec<Vec<u8>>,
}

/// Removes the files that are to go.
fn make_room(root: &Path, differ: Vec<TreeChange>) -> io::Result<Room> {
    let (gone, come): (Vec<_>, Vec<_>) = differ.into_iter().partition(|c| c.new.is_none());
    for change in &gone {
        remove(root, Path::new(OsStr::from_bytes(&change.path)))?;
    }
    let is_taken =
        |change: &TreeChange| is_in_the_way(&root.join(OsStr::from_bytes(&change.path)), change);
    let (in_the_way, written): (Vec<_>, Vec<_>) = come.into_iter().partition(is_taken);
    let paths = |changes: Vec<TreeChange>| changes.into_iter().map(|c| c.path).collect();
    Ok(Room {
        gone: gone.len(),
        written: paths(written),
        in_the_way: paths(in_the_way),
    })
}

/// Removes a file, and directories that are empty by it.
fn remove(root: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(root.join(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let above = path.ancestors().skip(1);
    for directory in above.take_while(|directory| !directory.as_os_str().is_empty()) {
        // The first that is not empty stays, and so do those above it.
        if fs::remove_dir(root.join(directory)).is_err() {
            break;
        }
    }
    Ok(())
}

async fn write(own: &Own<'_>, tree: &str, paths: &[Vec<u8>]) -> Result<(), Trouble> {
    if paths.is_empty() {
        return Ok(());
    }
    let index = private_index(own, "index-of-restore")?;
    own.run(with_index(&["read-tree", "--end-of-options", tree], &index))
        .await?;
    let mut list = paths.join(&0);
    list.push(0);
    let written = own.run(Call {
        words: &["checkout-index", "--force", "-z", "--stdin"],
        input: &list,
        index: Some(&index),
        ..Call::default()
    });
    written.await?;
    // Nobody needs it again.
    let _left = fs::remove_file(index);
    Ok(())
}
