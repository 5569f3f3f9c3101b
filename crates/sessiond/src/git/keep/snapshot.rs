//! The working tree as a tree of git's, made beside everything: an index of its own, which is a copy of the repository's, takes what has
//! changed. Neither the branch nor the index nor a file is touched.
//!
//! What is too large or looks like a secret is left as the last commit has it. Content is judged by what git has taken in, so a file that
//! changes meanwhile is judged by what would be kept of it.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use longhouse_domain::git::{LARGEST_FILE, TreeChange, Unsaved, suspicious_name};

use super::index::Copied;
use super::judge::{suspicion, suspicions};
use super::own::{Call, Own, Trouble, shown};
use crate::git::watch::LeftOut;

/// A file that is not kept, and why; in words that go on after "it".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) path: Vec<u8>,
    pub(crate) why: String,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The last commit; none before the first.
    pub(super) head: Option<String>,
    /// Its tree, or an empty one.
    pub(super) base: String,
    /// The tree of what there is now.
    pub(super) tree: String,
    pub(super) changes: Vec<TreeChange>,
    pub(super) refused: Vec<Refused>,
    /// Whether somebody has prepared a commit.
    pub(super) staged: bool,
    /// Whether somebody has to settle something.
    pub(super) conflicted: bool,
}

impl Snapshot {
    /// Takes it.
    pub(super) async fn take(own: &Own<'_>, left_out: &LeftOut) -> Result<Self, Trouble> {
        let head = own
            .maybe(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])
            .await?;
        let base = match &head {
            Some(head) => {
                own.word(call(&[
                    "rev-parse",
                    "--verify",
                    &format!("{head}^{{tree}}"),
                ]))
                .await?
            }
            None => own.word(call(&["mktree"])).await?,
        };
        let index = Copied::make(own).await?.place;
        let words = [
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=all",
            "--ignore-submodules=dirty",
        ];
        let said = own.run(with_index(&words, &index)).await?;
        let unsaved = Unsaved::read(&said).map_err(|_| Trouble::Unreadable("status".to_owned()))?;
        let (paths, mut refused) = sifted(own, unsaved.paths, left_out, &index).await?;
        let mut snapshot = Self {
            head,
            base,
            tree: String::new(),
            changes: Vec::new(),
            refused: Vec::new(),
            staged: unsaved.staged,
            conflicted: unsaved.conflicted,
        };
        refused.extend(take_in(own, &index, paths).await?);
        snapshot.compare(own, &index).await?;
        refused.extend(snapshot.judge(own, &index).await?);
        snapshot.refused = refused;
        Ok(snapshot)
    }

    /// Writes the tree, and finds how it differs from the last commit's.
    async fn compare(&mut self, own: &Own<'_>, index: &Path) -> Result<(), Trouble> {
        self.tree = own.word(with_index(&["write-tree"], index)).await?;
        self.changes = if self.tree == self.base {
            Vec::new()
        } else {
            changes(own, &self.base, &self.tree, Renames::Found).await?
        };
        Ok(())
    }

    /// Takes back what looks like a secret.
    async fn judge(&mut self, own: &Own<'_>, index: &Path) -> Result<Vec<Refused>, Trouble> {
        let contents = self.changes.iter().filter_map(|change| change.new.as_ref());
        let found = suspicions(own, contents).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        // What a person has committed before is not refused again with each change.
        let before = self
            .changes
            .iter()
            .filter(|change| suspicion(&found, change.new.as_ref()).is_some());
        let before = suspicions(own, before.filter_map(|change| change.old.as_ref())).await?;
        let mut refused = Vec::new();
        let mut back = Vec::new();
        for change in &self.changes {
            let Some(why) = suspicion(&found, change.new.as_ref()) else {
                continue;
            };
            if suspicion(&before, change.old.as_ref()) != Some(why) {
                change.write_back(&mut back);
                refused.push(Refused {
                    path: change.path.clone(),
                    why: why.to_owned(),
                });
            }
        }
        if !back.is_empty() {
            index_info(own, Some(index), &back).await?;
            self.compare(own, index).await?;
        }
        Ok(refused)
    }
}

/// Whether renamed files are found, or told as one that is gone and one that is new.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Renames {
    Found,
    Apart,
}

/// How two trees differ.
pub(super) async fn changes(
    own: &Own<'_>,
    old: &str,
    new: &str,
    renames: Renames,
) -> Result<Vec<TreeChange>, Trouble> {
    let renames = match renames {
        Renames::Found => "--find-renames",
        Renames::Apart => "--no-renames",
    };
    let words = [
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--numstat",
        "-l500",
        renames,
        "--no-ext-diff",
        "--no-textconv",
        "--end-of-options",
        old,
        new,
    ];
    let said = own.run(call(&words)).await?;
    TreeChange::read(&said).map_err(|_| Trouble::Unreadable("diff-tree".to_owned()))
}

/// Writes lines into an index.
pub(super) async fn index_info(
    own: &Own<'_>,
    index: Option<&Path>,
    lines: &[u8],
) -> Result<(), Trouble> {
    let written = own.run(Call {
        words: &["update-index", "-z", "--index-info"],
        input: lines,
        index,
        ..Call::default()
    });
    written.await.map(drop)
}

pub(super) fn call<'a>(words: &'a [&'a str]) -> Call<'a> {
    Call {
        words,
        ..Call::default()
    }
}

pub(super) fn with_index<'a>(words: &'a [&'a str], index: &'a Path) -> Call<'a> {
    Call {
        words,
        index: Some(index),
        ..Call::default()
    }
}

/// What is to be kept of what has changed, and what is refused by its name or its size.
async fn sifted(
    own: &Own<'_>,
    paths: Vec<Vec<u8>>,
    left_out: &LeftOut,
    index: &Path,
) -> Result<(Vec<Vec<u8>>, Vec<Refused>), Trouble> {
    let named = |path: &Vec<u8>| suspicious_name(&shown(path)).is_some();
    let suspicious: Vec<&[u8]> = paths
        .iter()
        .filter(|path| named(path))
        .map(Vec::as_slice)
        .collect();
    // A name is no news of a file that a person has committed.
    let known = if suspicious.is_empty() {
        Vec::new()
    } else {
        let words = ["ls-files", "-z", "--cached"];
        own.run(Call {
            words: &words,
            paths: &suspicious,
            index: Some(index),
            ..Call::default()
        })
        .await?
    };
    let known: Vec<Vec<u8>> = known.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let (root, left_out) = (own.repository.root.clone(), left_out.clone());
    let sift = move || {
        let mut refused = Vec::new();
        let kept = paths.into_iter().filter(|path| {
            let place = Path::new(std::ffi::OsStr::from_bytes(path));
            if left_out.has(place) {
                return false;
            }
            let Some(why) = reason(&root.join(place), path, known.contains(path)) else {
                return true;
            };
            refused.push(Refused {
                path: path.clone(),
                why,
            });
            false
        });
        let kept = kept.collect();
        (kept, refused)
    };
    let sifted = tokio::task::spawn_blocking(sift).await;
    sifted.map_err(|error| Trouble::io("the working tree")(io::Error::other(error)))
}

/// Why a file is refused before anything is read of it.
fn reason(place: &Path, path: &[u8], known: bool) -> Option<String> {
    let found = place.symlink_metadata().ok()?;
    if found.is_file() && found.len() > LARGEST_FILE {
        let most = LARGEST_FILE / 1024 / 1024;
        return Some(format!("is larger than {most} MiB"));
    }
    suspicious_name(&shown(path))
        .filter(|_| !known)
        .map(str::to_owned)
}

/// Takes files into the index. Those that cannot be read are refused.
async fn take_in(
    own: &Own<'_>,
    index: &Path,
    paths: Vec<Vec<u8>>,
) -> Result<Vec<Refused>, Trouble> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let Err(trouble) = update(own, index, &paths).await else {
        return Ok(Vec::new());
    };
    let root = own.repository.root.clone();
    let sort_out = move || {
        paths.into_iter().partition::<Vec<_>, _>(|path| {
            let place = root.join(std::ffi::OsStr::from_bytes(path));
            let is_file = place.symlink_metadata().is_ok_and(|found| found.is_file());
            !is_file || File::open(place).is_ok()
        })
    };
    let sorted = tokio::task::spawn_blocking(sort_out).await;
    let (readable, refused) =
        sorted.map_err(|error| Trouble::io("the working tree")(io::Error::other(error)))?;
    if refused.is_empty() {
        return Err(trouble);
    }
    update(own, index, &readable).await?;
    let why = || "cannot be read".to_owned();
    let refused = refused.into_iter();
    Ok(refused.map(|path| Refused { path, why: why() }).collect())
}

async fn update(own: &Own<'_>, index: &Path, paths: &[Vec<u8>]) -> Result<(), Trouble> {
    let mut list = paths.join(&0);
    list.push(0);
    let updated = own.run(Call {
        words: &[
            "update-index",
            "--add",
            "--remove",
            "--replace",
            "-z",
            "--stdin",
        ],
        input: &list,
        index: Some(index),
        ..Call::default()
    });
    updated.await.map(drop)
}
