//! What a session on this machine printed: the log that its sessiond keeps beside its sockets.
//!
//! The session's programs run as the same user and may have put anything in its place, so it is opened with care, and bounded.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::output::{OutputError, OutputLine, OutputLines, OutputQuestion};

/// The file's name beside the session's sockets.
pub(super) const FILE: &str = "sessiond.log";

/// The most that is read of it at once, bytes: of what was written before, this is the end.
const AT_ONCE: u64 = 256 * 1024;

/// How often a file that is followed is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How far a file was read, and which one it was: the log turns to a new one now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    file: u64,
    offset: u64,
}

/// Reads the log at `path`, and with `follow` goes on until nobody listens any more.
pub(super) async fn output(
    path: PathBuf,
    question: OutputQuestion,
) -> Result<OutputLines, OutputError> {
    let gone =
        |error: io::Error| OutputError::Gone(format!("sessiond's log is not there: {error}"));
    let (mut lines, place) = read_after(path.clone(), Place::default())
        .await
        .map_err(gone)?;
    let last = usize::try_from(question.last).unwrap_or(usize::MAX);
    lines.drain(..lines.len().saturating_sub(last));
    let past = stream::iter(lines);
    if !question.follow {
        return Ok(past.boxed());
    }
    let coming = stream::unfold((path, place), |(path, place)| async move {
        tokio::time::sleep(LOOK).await;
        // Where it cannot be read at this moment, it turns to a new one, or the session ends.
        let (lines, place) = read_after(path.clone(), place)
            .await
            .unwrap_or((Vec::new(), place));
        Some((stream::iter(lines), (path, place)))
    });
    Ok(past.chain(coming.flatten()).boxed())
}

async fn read_after(path: PathBuf, place: Place) -> io::Result<(Vec<OutputLine>, Place)> {
    tokio::task::spawn_blocking(move || read_lines(&path, place))
        .await
        .map_err(io::Error::other)?
}

/// The whole lines after a place, and where to go on.
fn read_lines(path: &Path, after: Place) -> io::Result<(Vec<OutputLine>, Place)> {
    let mut file = open(path)?;
    let (number, size) = (file.metadata()?.ino(), file.metadata()?.len());
    let known = after.file == number && after.offset <= size;
    let begin = if known { after.offset } else { 0 };
    let skipped = size.saturating_sub(begin) > AT_ONCE;
    let begin = if skipped { size - AT_ONCE } else { begin };
    file.seek(SeekFrom::Start(begin))?;
    let mut text = Vec::new();
    file.take(AT_ONCE).read_to_end(&mut text)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n');
    text.truncate(whole.map_or(0, |end| end + 1));
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    // Where one began in the middle, the first line is a piece of one.
    let lines = lines.skip(usize::from(skipped));
    let lines = lines.map(|line| OutputLine::new(None, false, line));
    let place = Place {
        file: number,
        offset: begin + text.len() as u64,
    };
    Ok((lines.collect(), place))
}

/// Opens nothing but a regular file that stands there itself; nobody is waited for.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[OutputLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_log_is_read_line_by_line_and_on_when_it_turned_to_a_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::fs::write(&path, "one\ntwo\nhal").unwrap();
        let (lines, place) = read_lines(&path, Place::default()).unwrap();
        assert_eq!(texts(&lines), ["one", "two"]);
        std::fs::write(&path, "one\ntwo\nhalf\n").unwrap();
        let (lines, place) = read_lines(&path, place).unwrap();
        assert_eq!(texts(&lines), ["half"]);
        // The old file keeps its number as long as it is there.
        std::fs::rename(&path, dir.path().join("old")).unwrap();
        std::fs::write(&path, "new file\n").unwrap();
        let (lines, place) = read_lines(&path, place).unwrap();
        assert_eq!(texts(&lines), ["new file"]);
        std::fs::write(&path, "x\n".repeat(1_000_000)).unwrap();
        let (lines, _) = read_lines(&path, place).unwrap();
        assert!(lines.len() as u64 <= AT_ONCE / 2, "{}", lines.len());
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert!(read_lines(&path, Place::default()).is_err());
        std::fs::remove_file(&path).unwrap();
        std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(read_lines(&path, Place::default()).is_err());
    }
}
