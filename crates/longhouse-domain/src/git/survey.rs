//! What of a working tree is not saved, read from git's own words: `git status --porcelain=v1 -z --no-renames`, and two trees compared by
//! `git diff-tree -r -z --raw --numstat`.
//!
//! Unlike what people are shown, nothing is left out here, however much it is: these are the files that are saved.

use std::collections::HashMap;

use super::change::{Change, ChangeKind, LineCount};
use super::text::{Unreadable, fields, number, shown};

/// How a working tree differs from its index, and that from the last commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    /// Whether the index has something that the last commit has not: somebody prepares a commit.
    pub staged: bool,
    /// Whether something is to be settled by a person.
    pub conflicted: bool,
    /// The files, new ones included, that are not as the index has them.
    pub paths: Vec<Vec<u8>>,
}

impl Unsaved {
    /// Reads what git said.
    ///
    /// # Errors
    /// When git does not speak so.
    pub fn read(said: &[u8]) -> Result<Self, Unreadable> {
        let mut unsaved = Self::default();
        for record in fields(said, false) {
            let [x, y, b' ', path @ ..] = record else {
                return Err(Unreadable);
            };
            let conflict = matches!((x, y), (b'U', _) | (_, b'U') | (b'A', b'A') | (b'D', b'D'));
            unsaved.conflicted |= conflict;
            unsaved.staged |= !conflict && !matches!(x, b' ' | b'?');
            // With a slash at its end it is a repository of its own, which is nobody's but its.
            if (conflict || *y != b' ') && !path.is_empty() && !path.ends_with(b"/") {
                unsaved.paths.push(path.to_vec());
            }
        }
        Ok(unsaved)
    }
}

/// A file on one side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its mode, as git writes it.
    pub mode: String,
    /// The name of its content.
    pub hash: String,
}

/// A file that two trees have differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// Its path, in the later tree where it has another there.
    pub path: Vec<u8>,
    /// Its path in the earlier tree, where that is another.
    pub from: Option<Vec<u8>>,
    /// What it was.
    pub old: Option<Blob>,
    /// What it is.
    pub new: Option<Blob>,
    /// Its lines; none for what is no text.
    pub lines: Option<LineCount>,
}

impl TreeChange {
    /// Reads all changes that git told of.
    ///
    /// # Errors
    /// When git does not speak so.
    pub fn read(said: &[u8]) -> Result<Vec<Self>, Unreadable> {
        let mut changes = Vec::new();
        let mut places = HashMap::new();
        let mut words = fields(said, false);
        while let Some(word) = words.next() {
            let mut path = || words.next().ok_or(Unreadable).map(<[u8]>::to_vec);
            if let Some(record) = word.strip_prefix(b":") {
                let text = shown(record);
                let change = raw(&text, &mut path)?;
                places.insert(change.path.clone(), changes.len());
                changes.push(change);
                continue;
            }
            let mut columns = word.splitn(3, |byte| *byte == b'\t');
            let mut column = || columns.next().ok_or(Unreadable);
            let (added, removed, named) = (column()?, column()?, column()?.to_vec());
            let named = if named.is_empty() {
                path()?;
                path()?
            } else {
                named
            };
            let place = places.get(&named).and_then(|at| changes.get_mut(*at));
            place.ok_or(Unreadable)?.lines = lines(added, removed)?;
        }
        Ok(changes)
    }

    /// The change as people are told of it.
    #[must_use]
    pub fn told(&self) -> Change {
        let kind = match (&self.old, &self.new, &self.from) {
            (_, _, Some(from)) => ChangeKind::Renamed { from: shown(from) },
            (None, _, _) => ChangeKind::Added,
            (_, None, _) => ChangeKind::Deleted,
            _ => ChangeKind::Modified,
        };
        Change {
            lines: self.lines,
            ..Change::new(shown(&self.path), kind)
        }
    }

    /// What makes the change in an index, as `git update-index -z --index-info` reads it.
    pub fn write(&self, list: &mut Vec<u8>) {
        if let Some(from) = &self.from {
            entry(None, from, list);
        }
        entry(self.new.as_ref(), &self.path, list);
    }

    /// What takes it back.
    pub fn write_back(&self, list: &mut Vec<u8>) {
        let before = self.from.as_ref().unwrap_or(&self.path);
        if self.from.is_some() {
            entry(None, &self.path, list);
        }
        entry(self.old.as_ref(), before, list);
    }
}

/// A line of an index; without a blob the path leaves it.
fn entry(blob: Option<&Blob>, path: &[u8], list: &mut Vec<u8>) {
    // Git asks for a name there, and looks at it for nothing but its form.
    let (mode, hash) = blob.map_or(("0", "0000000000000000000000000000000000000000"), |blob| {
        (blob.mode.as_str(), blob.hash.as_str())
    });
    list.extend_from_slice(mode.as_bytes());
    list.push(b' ');
    list.extend_from_slice(hash.as_bytes());
    list.push(b'\t');
    list.extend_from_slice(path);
    list.push(0);
}

/// `100644 100755 <hash> <hash> M`, then one path, or two where it was renamed.
fn raw(
    record: &str,
    path: &mut impl FnMut() -> Result<Vec<u8>, Unreadable>,
) -> Result<TreeChange, Unreadable> {
    let words: Vec<&str> = record.split(' ').collect();
    let [old_mode, new_mode, old, new, state] = words[..] else {
        return Err(Unreadable);
    };
    let first = path()?;
    let (path, from) = match state.as_bytes().first() {
        Some(b'R') => (path()?, Some(first)),
        Some(b'C') => (path()?, None),
        Some(_) => (first, None),
        None => return Err(Unreadable),
    };
    Ok(TreeChange {
        path,
        from,
        old: blob(old_mode, old)?.filter(|_| !state.starts_with('C')),
        new: blob(new_mode, new)?,
        lines: None,
    })
}

fn blob(mode: &str, hash: &str) -> Result<Option<Blob>, Unreadable> {
    let is_mode = mode.len() == 6 && mode.bytes().all(|byte| byte.is_ascii_digit());
    let is_hash = matches!(hash.len(), 40 | 64) && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_mode || !is_hash {
        return Err(Unreadable);
    }
    Ok((mode != "000000").then(|| Blob {
        mode: mode.to_owned(),
        hash: hash.to_owned(),
    }))
}

fn lines(added: &[u8], removed: &[u8]) -> Result<Option<LineCount>, Unreadable> {
    if (added, removed) == (b"-", b"-") {
        return Ok(None);
    }
    let number = |digits: &[u8]| number(&shown(digits));
    Ok(Some(LineCount {
        added: number(added)?,
        removed: number(removed)?,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "94619c9f4fd9bd6a4a8b8ee5c2fb1c9c9e5b7d4a";
    const B: &str = "bdc955b7b2fb1c9c9e5b7d4a94619c9f4fd9bd6a";
    const NONE: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn what_is_not_saved_is_told_from_what_is_prepared() {
        let read = |said: &str| Unsaved::read(said.as_bytes()).unwrap();
        let unsaved = read(" M a\0?? b c\0 D d\0?? nested/\0");
        assert!(!unsaved.staged && !unsaved.conflicted);
        assert_eq!(unsaved.paths, [&b"a"[..], b"b c", b"d"]);
        let prepared = read("M  a\0A  b\0");
        assert!(prepared.staged && prepared.paths.is_empty());
        assert_eq!(read("MM a\0").paths, [b"a"]);
        let conflicted = read("UU a\0AA b\0");
        assert!(conflicted.conflicted && !conflicted.staged);
        assert_eq!(read(""), Unsaved::default());
        assert!(Unsaved::read(b"x\0").is_err());
    }

    #[test]
    fn changes_are_read_with_their_lines_and_written_for_an_index() {
        let said = format!(
            ":100644 100755 {A} {B} M\0a\0:000000 100644 {NONE} {B} A\0bin\0:100644 100644 {A} {A} R100\0old\0new\0:100644 000000 {A} {NONE} D\0gone\0\
             1\t2\ta\0-\t-\tbin\x000\t0\t\0old\0new\x000\t7\tgone\0"
        );
        let changes = TreeChange::read(said.as_bytes()).unwrap();
        let kinds: Vec<_> = changes.iter().map(|change| change.told().kind).collect();
        let from = "old".to_owned();
        assert_eq!(
            kinds,
            [
                ChangeKind::Modified,
                ChangeKind::Added,
                ChangeKind::Renamed { from },
                ChangeKind::Deleted
            ]
        );
        let counts: Vec<_> = changes.iter().map(|change| change.lines).collect();
        let count = |added, removed| Some(LineCount { added, removed });
        assert_eq!(counts, [count(1, 2), None, count(0, 0), count(0, 7)]);
        let written = |write: fn(&TreeChange, &mut Vec<u8>), at: usize| {
            let mut list = Vec::new();
            write(&changes[at], &mut list);
            String::from_utf8(list).unwrap()
        };
        assert_eq!(written(TreeChange::write, 0), format!("100755 {B}\ta\0"));
        assert_eq!(
            written(TreeChange::write, 2),
            format!("0 {NONE}\told\x00100644 {A}\tnew\0")
        );
        assert_eq!(
            written(TreeChange::write_back, 2),
            format!("0 {NONE}\tnew\x00100644 {A}\told\0")
        );
        assert_eq!(
            written(TreeChange::write_back, 1),
            format!("0 {NONE}\tbin\0")
        );
        assert_eq!(written(TreeChange::write, 3), format!("0 {NONE}\tgone\0"));
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(said in prop::collection::vec(any::<u8>(), 0..200), text in "[:0-9a-f \\t\\x00MADR-]{0,200}") {
            let _read = (Unsaved::read(&said), TreeChange::read(&said), TreeChange::read(text.as_bytes()));
        }
    }
}
