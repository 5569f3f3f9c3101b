//! The lines of a diff, given to the files that were named before them. Nothing here can fail: what cannot be read is left out, and the
//! file says so.

use super::{FileDiff, Hunk};
use crate::git::status::FileChange;
use crate::git::text::shown;

/// The longest line that is kept, bytes.
const LINE_BYTES: usize = 4_000;

/// Gives each file its lines, in the order of the files.
pub(super) fn read(said: &[u8], files: &mut [FileDiff], file_lines: usize) {
    let mut rest = said;
    for file in files {
        let header = header(file);
        let mut found = false;
        skip_to(&mut rest, &header);
        // A file that became something else has one part for what went and one for what came.
        while let Some(after) = rest.strip_prefix(header.as_slice()) {
            found = true;
            rest = after;
            if part(&mut rest, file, file_lines).is_none() {
                file.omitted = true;
                rest = &[];
            }
        }
        let has_lines = file
            .lines
            .is_some_and(|(added, removed)| added + removed > 0);
        let has_other = file.is_binary()
            || file.old_mode != file.new_mode
            || file.change == Some(FileChange::Renamed);
        file.omitted |= !found && (has_lines || has_other) && file.change.is_some();
        if file.omitted {
            file.hunks.clear();
        }
    }
}

fn header(file: &FileDiff) -> Vec<u8> {
    let old = file.from.as_ref().unwrap_or(&file.path);
    [b"diff --git a/", old.as_slice(), b" b/", &file.path, b"\n"].concat()
}

/// Past lines that belong to no file (`* Unmerged path x`).
fn skip_to(rest: &mut &[u8], header: &[u8]) {
    while !rest.starts_with(header) && rest.starts_with(b"* ") {
        if line(rest).is_none() {
            return;
        }
    }
}

/// One part of a file; nothing where its end was cut off.
fn part(rest: &mut &[u8], file: &mut FileDiff, file_lines: usize) -> Option<()> {
    while !rest.is_empty() && !rest.starts_with(b"diff --git ") && !rest.starts_with(b"* ") {
        let head = line(rest)?;
        if head.starts_with(b"@@ ") {
            let hunk = hunk(&shown(head), rest)?;
            let kept: usize = file.hunks.iter().map(|hunk| hunk.lines.len()).sum();
            file.omitted |= kept + hunk.lines.len() > file_lines;
            if !file.omitted {
                file.hunks.push(hunk);
            }
        }
    }
    Some(())
}

/// `@@ -1,2 +3,4 @@ heading`, then as many lines as it says.
fn hunk(head: &str, rest: &mut &[u8]) -> Option<Hunk> {
    let (ranges, heading) = head.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let ((old_start, old_lines), (new_start, new_lines)) = (range(old)?, range(new)?);
    let (mut old_left, mut new_left) = (old_lines, new_lines);
    let mut lines = Vec::new();
    while old_left > 0 || new_left > 0 || rest.starts_with(b"\\") {
        let line = line(rest)?;
        let (old, new) = match line.first()? {
            b' ' => (1, 1),
            b'-' => (1, 0),
            b'+' => (0, 1),
            b'\\' => (0, 0),
            _ => return None,
        };
        old_left = old_left.checked_sub(old)?;
        new_left = new_left.checked_sub(new)?;
        lines.push(shown(&line[..line.len().min(LINE_BYTES)]));
    }
    Some(Hunk {
        old_start,
        old_lines,
        new_start,
        new_lines,
        heading: heading.trim_start().to_owned(),
        lines,
    })
}

fn range(text: &str) -> Option<(u64, u64)> {
    match text.split_once(',') {
        Some((start, lines)) => Some((start.parse().ok()?, lines.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// The next line, if it has its end.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|b| *b == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line)
}
