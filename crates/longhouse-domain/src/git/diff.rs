//! Changes of files, read from `git diff --raw --numstat -z --patch`: first which files, then how many lines, then the lines.

mod patch;

use std::collections::HashMap;

use super::status::{FileChange, change};
use super::text::{Unreadable, number, shown};

/// The most lines of one file that are kept where several are shown.
pub const FILE_LINES: usize = 5_000;

/// The most files.
pub const DIFF_FILES: usize = 3_000;

/// A stretch of a file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first line before, from 1; 0 where there was none.
    pub old_start: u64,
    /// How many lines before.
    pub old_lines: u64,
    /// The first line after.
    pub new_start: u64,
    /// How many lines after.
    pub new_lines: u64,
    /// What git takes for the function around it.
    pub heading: String,
    /// The lines, each behind ` `, `+`, `-`, or `\` where there is no end of line.
    pub lines: Vec<String>,
}

/// What became of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDiff {
    /// Its path.
    pub path: Vec<u8>,
    /// What it was called before, if otherwise.
    pub from: Option<Vec<u8>>,
    /// What happened; nothing where it only is to be settled by a person.
    pub change: Option<FileChange>,
    /// Whether it is to be settled by a person.
    pub conflicted: bool,
    /// The mode before; 0 where it was not there.
    pub old_mode: u32,
    /// The mode after.
    pub new_mode: u32,
    /// Lines that were added and taken away; unknown for what is no text.
    pub lines: Option<(u64, u64)>,
    /// The lines, in stretches.
    pub hunks: Vec<Hunk>,
    /// Whether there are lines that are not here.
    pub omitted: bool,
}

impl FileDiff {
    /// Whether it is no text.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.change.is_some() && self.lines.is_none()
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeDiff {
    /// The files, in git's order.
    pub files: Vec<FileDiff>,
    /// Whether there are more files than these.
    pub truncated: bool,
}

impl TreeDiff {
    /// Reads what git said, up to so many lines of each file; `cut` says that it said more.
    ///
    /// # Errors
    /// When git does not speak so.
    pub fn read(said: &[u8], cut: bool, file_lines: usize) -> Result<Self, Unreadable> {
        let mut diff = Self::default();
        let mut counts = HashMap::new();
        let mut rest = said;
        let mut whole = false;
        while let Some(field) = next(&mut rest) {
            if field.is_empty() {
                whole = true;
                break;
            }
            let known = match field.strip_prefix(b":") {
                Some(record) => diff.file(record, &mut rest)?,
                None => count(field, &mut rest, &mut counts)?,
            };
            if known.is_none() {
                break;
            }
        }
        if !whole && !rest.is_empty() && !cut {
            return Err(Unreadable);
        }
        diff.truncated |= cut && !whole;
        for file in &mut diff.files {
            file.lines = counts.get(&file.path).copied().flatten();
        }
        if diff.files.len() > DIFF_FILES {
            diff.files.truncate(DIFF_FILES);
            diff.truncated = true;
        }
        patch::read(rest, &mut diff.files, file_lines);
        Ok(diff)
    }

    /// `100644 100644 0123456 0123456 M`, then its path, and the new one where there are two. Nothing where the end was cut off.
    fn file(&mut self, record: &[u8], rest: &mut &[u8]) -> Result<Option<()>, Unreadable> {
        let text = shown(record);
        let words: Vec<&str> = text.split(' ').collect();
        let [old, new, _, _, state] = words[..] else {
            return Err(Unreadable);
        };
        let mode = |text: &str| u32::from_str_radix(text, 8).map_err(|_| Unreadable);
        let letter = *state.as_bytes().first().ok_or(Unreadable)?;
        let Some(first) = next(rest) else {
            return Ok(None);
        };
        let second = match letter {
            b'R' | b'C' => match next(rest) {
                Some(second) => Some(second),
                None => return Ok(None),
            },
            _ => None,
        };
        let conflicted = letter == b'U';
        let mut file = FileDiff {
            path: second.unwrap_or(first).to_vec(),
            from: second.map(|_| first.to_vec()),
            change: if conflicted { None } else { change(letter)? },
            conflicted,
            old_mode: mode(old)?,
            new_mode: mode(new)?,
            ..FileDiff::default()
        };
        // A file that is to be settled comes twice: as that, and as what it is now.
        let last = self.files.last_mut().filter(|last| last.path == file.path);
        match last {
            Some(last) => {
                file.conflicted |= last.conflicted;
                *last = file;
            }
            None => self.files.push(file),
        }
        Ok(Some(()))
    }
}

type Counts = HashMap<Vec<u8>, Option<(u64, u64)>>;

/// `1\t2\tpath`, or `1\t2\t` and both paths; `-` for what is no text.
fn count(field: &[u8], rest: &mut &[u8], counts: &mut Counts) -> Result<Option<()>, Unreadable> {
    let mut parts = field.splitn(3, |b| *b == b'\t');
    let mut part = || parts.next().ok_or(Unreadable);
    let (added, removed, path) = (shown(part()?), shown(part()?), part()?);
    let lines = match (added.as_str(), removed.as_str()) {
        ("-", "-") => None,
        (added, removed) => Some((number(added)?, number(removed)?)),
    };
    let path = if path.is_empty() {
        let Some(path) = next(rest).and_then(|_| next(rest)) else {
            return Ok(None);
        };
        path
    } else {
        path
    };
    // Of a file that comes twice the first is that there is something to be settled, without lines.
    let known = counts.entry(path.to_vec()).or_insert(lines);
    if lines.is_none() || lines > *known {
        *known = lines;
    }
    Ok(Some(()))
}

fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|b| *b == 0)?;
    let field = &rest[..end];
    *rest = &rest[end + 1..];
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &[u8] = b":100644 100644 94619c9 0000000 M\0b\0:000000 100644 0000000 bdc955b A\0bin\0:120000 100644 63d8dbd 0000000 T\0l\0\
        :100644 100755 b680253 0000000 R090\0z\0y z\0:000000 100644 0000000 0000000 U\0u\0\
        1\t0\tb\0-\t-\tbin\x001\t1\tl\x000\t0\t\0z\0y z\x000\t0\tu\0\0\
        diff --git a/b b/b\nindex 1..2 100644\n--- a/b\n+++ b/b\n@@ -1,3 +1,4 @@ fn x\n x\n y\n more\n+diff --git a/bin b/bin\n\
        diff --git a/bin b/bin\nnew file mode 100644\nindex 0..1\nBinary files /dev/null and b/bin differ\n\
        diff --git a/l b/l\ndeleted file mode 120000\n--- a/l\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n\\ No newline at end of file\n\
        diff --git a/l b/l\nnew file mode 100644\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+q\n\
        diff --git a/z b/y z\nold mode 100644\nnew mode 100755\nsimilarity index 90%\nrename from z\nrename to y z\n* Unmerged path u\n";

    #[test]
    fn files_are_read_with_their_lines() {
        let diff = TreeDiff::read(SAID, false, 100).unwrap();
        let [b, bin, link, moved, unmerged] = &diff.files[..] else {
            panic!("{diff:?}");
        };
        assert_eq!(
            (b.change, b.lines, b.is_binary()),
            (Some(FileChange::Modified), Some((1, 0)), false)
        );
        let hunk = &b.hunks[0];
        assert_eq!(
            (
                hunk.old_start,
                hunk.old_lines,
                hunk.new_start,
                hunk.new_lines
            ),
            (1, 3, 1, 4)
        );
        assert_eq!((hunk.heading.as_str(), hunk.lines.len()), ("fn x", 4));
        assert_eq!(hunk.lines[3], "+diff --git a/bin b/bin");
        assert!(bin.is_binary() && bin.hunks.is_empty() && !bin.omitted);
        assert_eq!(link.hunks.len(), 2);
        assert_eq!(link.hunks[0].lines, ["-b", "\\ No newline at end of file"]);
        assert_eq!(
            (moved.path.as_slice(), moved.from.as_deref()),
            (&b"y z"[..], Some(&b"z"[..]))
        );
        assert_eq!((moved.old_mode, moved.new_mode), (0o100_644, 0o100_755));
        assert!(unmerged.conflicted && unmerged.change.is_none());
        assert!(!diff.truncated && diff.files.iter().all(|file| !file.omitted));
    }

    #[test]
    fn wherever_it_is_cut_what_is_missing_is_said() {
        for end in 0..SAID.len() {
            let cut = TreeDiff::read(&SAID[..end], true, 100).unwrap();
            let missing = cut.truncated || cut.files.iter().any(|file| file.omitted);
            let whole = TreeDiff::read(SAID, false, 100).unwrap() == cut;
            assert!(missing || whole || end > SAID.len() - 90, "{end}");
        }
        let short = TreeDiff::read(SAID, false, 2).unwrap();
        assert!(short.files[0].omitted && short.files[0].hunks.is_empty());
        assert_eq!(
            (short.files[0].lines, short.files[2].omitted),
            (Some((1, 0)), true)
        );
    }

    #[test]
    fn what_git_does_not_say_is_no_diff() {
        for said in [
            &b"x"[..],
            b":1 2\0",
            b"1\t2\0\0",
            b":100644 100644 1 2 Z\0a\0\0",
            b"-\t2\ta\0\0",
        ] {
            assert!(TreeDiff::read(said, false, 100).is_err(), "{said:?}");
        }
        assert!(TreeDiff::read(b"", false, 100).unwrap().files.is_empty());
    }
}
