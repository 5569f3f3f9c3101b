//! How a repository's working tree stands, read from `git status --porcelain=v2 --branch --show-stash -z`.

use super::revision::CommitHash;
use super::text::{Unreadable, fields, number, shown};

/// The most entries that are kept.
pub const STATUS_ENTRIES: usize = 5_000;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// It is new.
    Added,
    /// Its content is another, or whether it can be run.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
    /// It came of another file.
    Copied,
    /// It is something else now: a link instead of a file, say.
    TypeChanged,
}

/// Which two changes of a file do not go together: ours is what the branch has, theirs is what comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Both deleted it.
    BothDeleted,
    /// Only we have it.
    AddedByUs,
    /// They deleted it, we changed it.
    DeletedByThem,
    /// Only they have it.
    AddedByThem,
    /// We deleted it, they changed it.
    DeletedByUs,
    /// Both made it, each differently.
    BothAdded,
    /// Both changed it, each differently.
    BothModified,
}

/// One file that is not as the last commit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// Below the repository's root.
    pub path: Vec<u8>,
    /// What it was called before, where it has another name now.
    pub from: Option<Vec<u8>>,
    /// How.
    pub kind: StatusKind,
    /// Whether it is a repository inside this one.
    pub submodule: bool,
}

/// How a file is not as the last commit has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// Git knows it.
    Tracked {
        /// What the next commit would have of it.
        staged: Option<FileChange>,
        /// What it would not have.
        unstaged: Option<FileChange>,
    },
    /// Git does not know it.
    Untracked,
    /// It is to be settled by a person.
    Conflicted(Conflict),
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeStatus {
    /// The commit it stands on; none before the first.
    pub head: Option<CommitHash>,
    /// The branch it stands on; none where it stands on a commit alone.
    pub branch: Option<String>,
    /// The branch that it follows.
    pub upstream: Option<String>,
    /// How many commits it has before that one, and that one before it; unknown where that one is not there.
    pub ahead_behind: Option<(u64, u64)>,
    /// How many states are put away.
    pub stashes: u64,
    /// The files, in git's order.
    pub entries: Vec<StatusEntry>,
    /// Whether there are more files than these.
    pub truncated: bool,
}

impl TreeStatus {
    /// Reads what git said; `cut` says that it said more.
    ///
    /// # Errors
    /// When git does not speak so.
    pub fn read(said: &[u8], cut: bool) -> Result<Self, Unreadable> {
        let mut status = Self::default();
        let mut records = fields(said, cut);
        while let Some(record) = records.next() {
            if let Some(header) = record.strip_prefix(b"# ") {
                status.header(header)?;
                continue;
            }
            if status.entries.len() == STATUS_ENTRIES {
                status.truncated = true;
                return Ok(status);
            }
            let renamed = record.starts_with(b"2 ");
            let Some(from) = renamed
                .then(|| records.next())
                .map_or(Some(None), |from| from.map(Some))
            else {
                // The end of it was cut off.
                break;
            };
            status
                .entries
                .push(entry(record, from.map(<[u8]>::to_vec))?);
        }
        status.truncated = cut;
        Ok(status)
    }

    /// Whether something is to be settled by a person.
    #[must_use]
    pub fn has_conflicts(&self) -> bool {
        let conflicted = |entry: &StatusEntry| matches!(entry.kind, StatusKind::Conflicted(_));
        self.entries.iter().any(conflicted)
    }

    /// Whether the next commit would have something.
    #[must_use]
    pub fn has_staged(&self) -> bool {
        let staged = |entry: &StatusEntry| {
            matches!(
                entry.kind,
                StatusKind::Tracked {
                    staged: Some(_),
                    ..
                }
            )
        };
        self.entries.iter().any(staged)
    }

    fn header(&mut self, header: &[u8]) -> Result<(), Unreadable> {
        let text = shown(header);
        let (name, value) = text.split_once(' ').ok_or(Unreadable)?;
        match name {
            "branch.oid" if value == "(initial)" => {}
            "branch.oid" => self.head = Some(value.parse().map_err(|_| Unreadable)?),
            "branch.head" if value == "(detached)" => {}
            "branch.head" => self.branch = Some(value.to_owned()),
            "branch.upstream" => self.upstream = Some(value.to_owned()),
            "branch.ab" => {
                let (ahead, behind) = value.split_once(' ').ok_or(Unreadable)?;
                let ahead = number(ahead.strip_prefix('+').ok_or(Unreadable)?)?;
                let behind = number(behind.strip_prefix('-').ok_or(Unreadable)?)?;
                self.ahead_behind = Some((ahead, behind));
            }
            "stash" => self.stashes = number(value)?,
            // A later git may say more.
            _ => {}
        }
        Ok(())
    }
}

/// `1 XY sub mH mI mW hH hI path`, `2 … Xscore path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`.
fn entry(record: &[u8], from: Option<Vec<u8>>) -> Result<StatusEntry, Unreadable> {
    let (kind, rest) = split(record)?;
    if kind == b"?" {
        return Ok(StatusEntry {
            path: path(rest)?,
            from,
            kind: StatusKind::Untracked,
            submodule: false,
        });
    }
    let (states, rest) = split(rest)?;
    let [x, y] = *states else {
        return Err(Unreadable);
    };
    let (sub, mut rest) = split(rest)?;
    let between = match kind {
        b"1" => 5,
        b"2" => 6,
        b"u" => 7,
        _ => return Err(Unreadable),
    };
    for _ in 0..between {
        (_, rest) = split(rest)?;
    }
    let kind = match kind {
        b"u" => StatusKind::Conflicted(conflict(x, y)?),
        _ => StatusKind::Tracked {
            staged: change(x)?,
            unstaged: change(y)?,
        },
    };
    Ok(StatusEntry {
        path: path(rest)?,
        from,
        kind,
        submodule: sub.starts_with(b"S"),
    })
}

fn split(record: &[u8]) -> Result<(&[u8], &[u8]), Unreadable> {
    let space = record.iter().position(|b| *b == b' ').ok_or(Unreadable)?;
    Ok((&record[..space], &record[space + 1..]))
}

fn path(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    if bytes.is_empty() {
        Err(Unreadable)
    } else {
        Ok(bytes.to_vec())
    }
}

/// The change that git has that letter for; none for a dot.
pub(super) fn change(letter: u8) -> Result<Option<FileChange>, Unreadable> {
    Ok(Some(match letter {
        b'.' => return Ok(None),
        b'A' => FileChange::Added,
        b'M' => FileChange::Modified,
        b'D' => FileChange::Deleted,
        b'R' => FileChange::Renamed,
        b'C' => FileChange::Copied,
        b'T' => FileChange::TypeChanged,
        _ => return Err(Unreadable),
    }))
}

fn conflict(x: u8, y: u8) -> Result<Conflict, Unreadable> {
    Ok(match (x, y) {
        (b'D', b'D') => Conflict::BothDeleted,
        (b'A', b'U') => Conflict::AddedByUs,
        (b'U', b'D') => Conflict::DeletedByThem,
        (b'U', b'A') => Conflict::AddedByThem,
        (b'D', b'U') => Conflict::DeletedByUs,
        (b'A', b'A') => Conflict::BothAdded,
        (b'U', b'U') => Conflict::BothModified,
        _ => return Err(Unreadable),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    fn read(lines: &[&str]) -> Result<TreeStatus, Unreadable> {
        let said: String = lines.iter().map(|line| format!("{line}\0")).collect();
        TreeStatus::read(said.as_bytes(), false)
    }

    #[test]
    fn a_tree_is_read_with_its_branch_and_its_files() {
        let status = read(&[
            &format!("# branch.oid {HASH}"),
            "# branch.head main",
            "# branch.upstream origin/main",
            "# branch.ab +2 -1",
            "# stash 3",
            &format!("1 .M N... 100644 100644 100644 {HASH} {HASH} a file"),
            &format!("2 R. N... 100644 100644 100644 {HASH} {HASH} R100 new"),
            "old",
            &format!("u UU N... 100644 100644 100644 100644 {HASH} {HASH} {HASH} both"),
            "? un\ntracked",
        ])
        .unwrap();
        assert_eq!(
            (
                status.branch.as_deref(),
                status.ahead_behind,
                status.stashes
            ),
            (Some("main"), Some((2, 1)), 3)
        );
        assert_eq!(
            (status.head.unwrap().as_str(), status.upstream.as_deref()),
            (HASH, Some("origin/main"))
        );
        let [changed, renamed, both, untracked] = &status.entries[..] else {
            panic!("{:?}", status.entries);
        };
        let unstaged = StatusKind::Tracked {
            staged: None,
            unstaged: Some(FileChange::Modified),
        };
        assert_eq!(
            (changed.path.as_slice(), changed.kind),
            (&b"a file"[..], unstaged)
        );
        assert_eq!(
            (renamed.path.as_slice(), renamed.from.as_deref()),
            (&b"new"[..], Some(&b"old"[..]))
        );
        assert_eq!(both.kind, StatusKind::Conflicted(Conflict::BothModified));
        assert_eq!(
            (untracked.path.as_slice(), untracked.kind),
            (&b"un\ntracked"[..], StatusKind::Untracked)
        );
        assert!(!status.truncated);
    }

    #[test]
    fn a_repository_without_commits_and_one_without_a_branch() {
        let fresh = read(&["# branch.oid (initial)", "# branch.head main"]).unwrap();
        assert_eq!((fresh.head, fresh.branch.as_deref()), (None, Some("main")));
        let detached =
            read(&[&format!("# branch.oid {HASH}"), "# branch.head (detached)"]).unwrap();
        assert_eq!(detached.branch, None);
    }

    #[test]
    fn what_was_cut_off_is_left_out_and_said() {
        let cut = TreeStatus::read(b"? a\0? b", true).unwrap();
        assert_eq!((cut.entries.len(), cut.truncated), (1, true));
        let renamed = format!("2 R. N... 100644 100644 100644 {HASH} {HASH} R100 new\0ol");
        assert!(
            TreeStatus::read(renamed.as_bytes(), true)
                .unwrap()
                .entries
                .is_empty()
        );
        let many = "? a\0".repeat(STATUS_ENTRIES + 1);
        let many = TreeStatus::read(many.as_bytes(), false).unwrap();
        assert_eq!((many.entries.len(), many.truncated), (STATUS_ENTRIES, true));
    }

    #[test]
    fn what_git_does_not_say_is_no_status() {
        for said in [
            "x a",
            "1 .M N... a",
            "1 M N... 1 1 1 1 1 a",
            "? ",
            "# branch.ab 1 2",
            "# branch.oid x",
        ] {
            assert!(read(&[said]).is_err(), "{said}");
        }
    }
}
