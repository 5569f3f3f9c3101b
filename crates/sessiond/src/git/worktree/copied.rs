//! What git ignores in the other working tree and somebody asked for: copied, for a new one lacks what runs it (`.env`, say).
//!
//! Which files are ignored is git's word; which of them are wanted, the patterns'. Links are copied as links and never followed, on neither
//! side: every directory on the way is opened by handle. What has its place already keeps it. Where the file system can, a copy shares its
//! blocks with what it was made from (`copy_file_range`).

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use longhouse_link::limits::{CLONE_PROGRESS, COPIED_BYTES, COPIED_FILES};
use longhouse_link::proto::WorktreeNews;
use longhouse_link::proto::worktree_news::{Made, Stage, Why};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, fchmod, mkdirat, openat, openat2,
    readlinkat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Broken, Wanted, failed, is_gits, tell};
use crate::exec::{self, CutShort, Job, Overflow};
use crate::git::place::rename_over_nothing;
use crate::git::repository::Repository;
use crate::git::watch::LeftOut;
use crate::git::{in_repository, words};
use crate::session::Session;

/// The most bytes of names: those of a few million files.
const NAMES_BYTES: usize = 256 * 1024 * 1024;

/// What a copy is called until it is whole. Who is killed leaves one, which goes with the next attempt.
const TEMPORARY: &str = ".longhouse-copy";

const DIRECTORY: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

const NEW: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Copies what is wanted, and tells how it goes.
pub(super) async fn copy(
    session: &Session,
    source: &Repository,
    root: &Path,
    wanted: &Wanted,
    news: &mpsc::Sender<WorktreeNews>,
) -> Result<Made, Broken> {
    if wanted.copy.is_empty() {
        return Ok(Made::default());
    }
    tell(news, Stage::Copy, "looking for ignored files", None);
    let names = ignored(session, source, wanted, news).await?;
    let patterns = LeftOut::new(&wanted.copy);
    let (from, to) = (source.root.clone(), root.to_owned());
    let (news, deadline) = (news.clone(), wanted.deadline);
    let work = move || {
        let paths: Vec<PathBuf> = names
            .split(|byte| *byte == 0)
            .map(|name| PathBuf::from(OsString::from_vec(name.to_vec())))
            .filter(|path| is_wanted(path, &patterns))
            .collect();
        let mut copying = Copying::new(&from, &to)?;
        let mut told_at = Instant::now();
        for (at, path) in paths.iter().enumerate() {
            if news.is_closed() {
                return Ok(None);
            }
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if told_at.elapsed() >= CLONE_PROGRESS {
                told_at = Instant::now();
                let step = format!("copying ignored files ({at}/{})", paths.len());
                let percent = u32::try_from(at * 100 / paths.len()).ok();
                tell(&news, Stage::Copy, &step, percent);
            }
            copying.one(path)?;
        }
        Ok(Some(copying.made))
    };
    let copied = tokio::task::spawn_blocking(work).await;
    match copied.map_err(io::Error::other).flatten() {
        Ok(Some(made)) => Ok(made),
        Ok(None) => Err(Broken::Unwanted),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(failed(Why::TimeOver, "")),
        Err(error) => Err(error.into()),
    }
}

/// Whether a path that git names as ignored is to be copied. One that ends with a slash is a repository of its own.
fn is_wanted(path: &Path, patterns: &LeftOut) -> bool {
    let is_file = !path.as_os_str().is_empty() && !path.as_os_str().as_bytes().ends_with(b"/");
    is_file && path.is_relative() && !is_gits(path) && patterns.has(path)
}

/// The names of all ignored files. Git changes nothing for it, and takes no turn.
async fn ignored(
    session: &Session,
    source: &Repository,
    wanted: &Wanted,
    news: &mpsc::Sender<WorktreeNews>,
) -> Result<Vec<u8>, Broken> {
    let there = source.root.to_string_lossy();
    let question = [
        "-C",
        &there,
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-standard",
    ];
    let missing = |error: &dyn std::fmt::Display| failed(Why::ProgramMissing, &error.to_string());
    let mut command =
        in_repository(session, source, "", words(question)).map_err(|error| missing(&error))?;
    command
        .env
        .insert("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned());
    let job = Job {
        program: &command.program,
        args: &command.args,
        env: &command.env,
        directory: command.directory.as_deref(),
        timeout: wanted.deadline.saturating_duration_since(Instant::now()),
        output_limit: NAMES_BYTES,
        overflow: Overflow::Ends,
        stdin: Stdio::null(),
        grace: Duration::ZERO,
    };
    let ended = exec::run(job, &session.reaper, news.closed()).await;
    let outcome = ended.map_err(|error| missing(&error))?;
    match outcome.cut_short {
        None if outcome.code == 0 => Ok(outcome.stdout),
        None => Err(failed(
            Why::Other,
            &String::from_utf8_lossy(&outcome.stderr),
        )),
        Some(CutShort::Unwanted) => Err(Broken::Unwanted),
        Some(CutShort::TimeOver) => Err(failed(Why::TimeOver, "")),
        Some(CutShort::SaidEnough) => {
            Err(failed(Why::Other, "git ignores too many files to copy any"))
        }
    }
}

/// Copies one file after the other.
struct Copying {
    from: OwnedFd,
    to: OwnedFd,
    /// The directory of the file before, on both sides: files come directory by directory.
    last: Option<(PathBuf, OwnedFd, OwnedFd)>,
    made: Made,
}

impl Copying {
    fn new(from: &Path, to: &Path) -> io::Result<Self> {
        Ok(Self {
            from: openat(CWD, from, DIRECTORY, Mode::empty())?,
            to: openat(CWD, to, DIRECTORY, Mode::empty())?,
            last: None,
            made: Made::default(),
        })
    }

    /// Copies this one. Only a full disk and its kin end the whole; what cannot be copied is counted.
    fn one(&mut self, path: &Path) -> io::Result<()> {
        match self.attempt(path) {
            Ok(Some(bytes)) => {
                self.made.files += 1;
                self.made.bytes += bytes;
                Ok(())
            }
            Err(error) if is_the_disks(&error) => Err(error),
            Ok(None) | Err(_) => {
                self.made.left_out += 1;
                Ok(())
            }
        }
    }

    fn attempt(&mut self, path: &Path) -> io::Result<Option<u64>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        self.enter(parent)?;
        let Some((_, from, to)) = &self.last else {
            return Ok(None);
        };
        let found = statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let size = u64::try_from(found.st_size).unwrap_or(u64::MAX);
        let kind = FileType::from_raw_mode(found.st_mode);
        let is_too_much =
            self.made.files >= COPIED_FILES || size > COPIED_BYTES.saturating_sub(self.made.bytes);
        let is_there = statat(to, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        if is_too_much || is_there {
            return Ok(None);
        }
        match unlinkat(to, TEMPORARY, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let made = match kind {
            FileType::RegularFile => fill(from.as_fd(), name, to.as_fd(), size),
            FileType::Symlink => readlinkat(from, name, Vec::new())
                .and_then(|leads_to| symlinkat(&leads_to, to, TEMPORARY))
                .map_err(Into::into),
            _ => return Ok(None),
        };
        let settled = made.and_then(|()| rename_over_nothing(to, TEMPORARY, to, name));
        if settled.is_err() {
            // Where that fails too, the next attempt tries again.
            let _left = unlinkat(to, TEMPORARY, AtFlags::empty());
        }
        settled.map(|()| Some(size))
    }

    /// Opens the directory on both sides, and makes it where it is missing.
    fn enter(&mut self, directory: &Path) -> io::Result<()> {
        if self
            .last
            .as_ref()
            .is_some_and(|(last, ..)| last == directory)
        {
            return Ok(());
        }
        let mut to = self.to.try_clone()?;
        for part in directory {
            match mkdirat(&to, part, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            to = openat(&to, part, DIRECTORY, Mode::empty())?;
        }
        let from = if directory.as_os_str().is_empty() {
            self.from.try_clone()?
        } else {
            let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            openat2(&self.from, directory, DIRECTORY, Mode::empty(), how)?
        };
        self.last = Some((directory.to_owned(), from, to));
        Ok(())
    }
}

/// Copies a file's content, rights and time.
fn fill(from: BorrowedFd<'_>, name: &OsStr, to: BorrowedFd<'_>, size: u64) -> io::Result<()> {
    let source = File::from(openat(from, name, READ, Mode::empty())?);
    let found = source.metadata()?;
    if !found.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut target = File::from(openat(to, TEMPORARY, NEW, Mode::from_raw_mode(0o600))?);
    // No more than was announced: somebody may go on writing to it.
    io::copy(&mut source.take(size), &mut target)?;
    fchmod(&target, Mode::from_raw_mode(found.mode() & 0o777))?;
    target.set_modified(found.modified()?)
}

fn is_the_disks(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
    )
}

#[cfg(test)]
mod tests;
