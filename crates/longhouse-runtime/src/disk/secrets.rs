//! A session's secrets, as files that its programs read: `$LONGHOUSE_SECRETS_DIR/NAME`, on a file system in memory where there is one.
//!
//! They are in no environment and no argument list, and never on a disk unless there is no other place. They keep nothing from the
//! user's other programs: a session on the host is not held apart from those.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use longhouse_domain::{SecretText, Secrets, SessionId};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, fchmod, openat, renameat, statfs, unlinkat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::remove::remove_tree;
use super::{hex, own_dir, private_dir};

/// The variable that tells a session's programs where the files are.
pub(crate) const VARIABLE: &str = "LONGHOUSE_SECRETS_DIR";

/// The file system in memory that every Linux has.
const MEMORY: &str = "/dev/shm";

/// How the kernel calls such a file system.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// Before the name of a file that is being written. No secret's name begins so.
const UNFINISHED: &str = ".new-";

/// Where secrets are kept for a server with this data directory: in memory, else among its sockets. Nothing is made.
#[must_use]
pub fn choose_secrets_dir(data_dir: &Path, run_dir: &Path) -> PathBuf {
    let in_memory =
        statfs(MEMORY).is_ok_and(|found| u64::try_from(found.f_type) == Ok(TMPFS_MAGIC));
    if !in_memory {
        return run_dir.join("secrets");
    }
    let uid = rustix::process::geteuid().as_raw();
    let name = hex(&Sha256::digest(data_dir.as_os_str().as_bytes())[..8]);
    PathBuf::from(format!("{MEMORY}/longhouse-{uid}-{name}"))
}

/// Who reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Programs of the server's own user.
    Own,
    /// Whoever is given the session's directory: a container, as another user. The directory above keeps all others away. It is there as long as
    /// the session lives, even with nothing in it, for a container holds on to it.
    Guest,
}

impl Reader {
    fn file(self) -> Mode {
        match self {
            Self::Own => Mode::RUSR,
            Self::Guest => Mode::RUSR | Mode::RGRP | Mode::ROTH,
        }
    }
}

/// The secrets of all sessions of one server.
#[derive(Clone, Debug)]
pub(crate) struct SecretFiles {
    root: PathBuf,
    reader: Reader,
}

impl SecretFiles {
    pub(crate) fn new(root: PathBuf, reader: Reader) -> Self {
        Self { root, reader }
    }

    /// Where a session's files are, or would be.
    pub(crate) fn dir(&self, session: SessionId) -> PathBuf {
        self.root.join(session.short())
    }

    /// Makes the session's directory, with whatever is in it already.
    pub(crate) fn make(&self, session: SessionId) -> io::Result<OwnedFd> {
        private_dir(&self.root)?;
        match self.reader {
            Reader::Own => private_dir(&self.dir(session)),
            Reader::Guest => own_dir(&self.dir(session), 0o755),
        }
    }

    /// Makes the session's files these, and no others.
    pub(crate) fn keep(&self, session: SessionId, secrets: &Secrets) -> io::Result<()> {
        if secrets.is_empty() && self.reader == Reader::Own {
            return self.remove(&session.short());
        }
        let dir = self.make(session)?;
        for (name, secret) in secrets {
            write(&dir, name, secret, self.reader.file())?;
        }
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let known = name
                .to_str()
                .is_ok_and(|name| matches!(name, "." | "..") || secrets.contains_key(name));
            if !known {
                remove_tree(dir.as_fd(), std::ffi::OsStr::from_bytes(name.to_bytes()))?;
            }
        }
        Ok(())
    }

    /// Removes the files of the session of that short name.
    pub(crate) fn remove(&self, short: &str) -> io::Result<()> {
        super::remove_below(&self.root, short)?;
        // The last one turns off the light.
        match std::fs::remove_dir(&self.root) {
            Ok(()) => Ok(()),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty => Ok(()),
                _ => Err(error),
            },
        }
    }

    /// The short names of the sessions that have files.
    pub(crate) fn found(&self) -> io::Result<Vec<String>> {
        let names = super::names(&self.root)?.into_iter();
        Ok(names.filter(|name| crate::is_short_name(name)).collect())
    }
}

/// Writes one file, whole or not at all: a program may read it at any moment.
fn write(dir: &OwnedFd, name: &str, secret: &SecretText, mode: Mode) -> io::Result<()> {
    let unfinished = format!("{UNFINISHED}{name}");
    match unlinkat(dir, &unfinished, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = openat(dir, &unfinished, flags, mode)?;
    // Whatever mask the server was started with.
    fchmod(&file, mode)?;
    io::Write::write_all(&mut std::fs::File::from(file), secret.reveal().as_bytes())?;
    Ok(renameat(dir, &unfinished, dir, name)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> Secrets {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), SecretText::new(*value));
        pairs.iter().map(own).collect()
    }

    fn session(number: u128) -> SessionId {
        SessionId(uuid::Uuid::from_u128(number))
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_a_file_that_only_its_user_reads() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().join("secrets"), Reader::Own);
        let key = "-----BEGIN KEY-----\nline\n";
        let kept = secrets(&[("TOKEN", "hush"), ("KEY", key)]);
        files.keep(session(1), &kept).unwrap();
        let dir = files.dir(session(1));
        assert_eq!(std::fs::read_to_string(dir.join("KEY")).unwrap(), key);
        assert_eq!(mode(&dir.join("TOKEN")), 0o400);
        assert_eq!((mode(&dir), mode(&files.root)), (0o700, 0o700));
    }

    #[test]
    fn what_is_replaced_or_taken_away_is_gone_and_the_last_one_takes_the_directory_along() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().join("secrets"), Reader::Own);
        for short in [1, 2] {
            let kept = secrets(&[("A", "1"), ("B", "1")]);
            files.keep(session(short), &kept).unwrap();
        }
        files.keep(session(1), &secrets(&[("B", "2")])).unwrap();
        let dir = files.dir(session(1));
        assert!(!dir.join("A").exists());
        assert_eq!(std::fs::read_to_string(dir.join("B")).unwrap(), "2");
        files.keep(session(1), &Secrets::new()).unwrap();
        assert_eq!(files.found().unwrap(), [session(2).short()]);
        files.remove(&session(2).short()).unwrap();
        assert!(!files.root.exists());
        assert_eq!(files.found().unwrap(), [""; 0]);
    }

    #[test]
    fn a_guest_reads_what_it_is_given_and_keeps_its_directory_when_nothing_is_left() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().join("secrets"), Reader::Guest);
        files.keep(session(1), &secrets(&[("A", "1")])).unwrap();
        let dir = files.dir(session(1));
        assert_eq!((mode(&dir.join("A")), mode(&dir)), (0o444, 0o755));
        assert_eq!(mode(&files.root), 0o700);
        files.keep(session(1), &Secrets::new()).unwrap();
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    }

    #[test]
    fn a_link_in_a_files_place_is_replaced_and_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let files = SecretFiles::new(root.path().join("secrets"), Reader::Own);
        files.keep(session(1), &secrets(&[("A", "1")])).unwrap();
        let target = root.path().join("target");
        std::fs::write(&target, "mine").unwrap();
        let dir = files.dir(session(1));
        for name in ["A", ".new-A", "B"] {
            _ = std::fs::remove_file(dir.join(name));
            std::os::unix::fs::symlink(&target, dir.join(name)).unwrap();
        }
        files.keep(session(1), &secrets(&[("A", "2")])).unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
        assert_eq!(std::fs::read_to_string(dir.join("A")).unwrap(), "2");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    }
}
