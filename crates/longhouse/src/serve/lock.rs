//! One server per data directory. The kernel releases the lock with the process, however it ends, so nothing is ever
//! stale; the file itself stays, since removing it would let two servers lock two files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// The server that holds a data directory, as it introduces itself to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Holder {
    /// Its process.
    pub(crate) pid: u32,
    /// Its version.
    pub(crate) version: String,
    /// Where it serves; absent until it does.
    pub(crate) url: Option<String>,
}

/// Why the data directory is not ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another server has it.
    #[error("{} is in use by {}", data_dir.display(), describe(holder.as_ref()))]
    Held {
        /// The data directory.
        data_dir: PathBuf,
        /// Who has it, where that could be read.
        holder: Option<Holder>,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot lock {}: {error}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

fn describe(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder {
            pid,
            url: Some(url),
            ..
        }) => {
            format!("another Longhouse server (process {pid}) at {url}")
        }
        Some(Holder { pid, url: None, .. }) => {
            format!("another Longhouse server (process {pid}), which is starting")
        }
        None => "another Longhouse server".to_owned(),
    }
}

/// The data directory is ours as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDirLock {
    file: File,
}

impl DataDirLock {
    /// Takes the data directory.
    pub(crate) fn take(data_dir: &Path, path: &Path) -> Result<Self, LockError> {
        let unusable = |error| LockError::Unusable {
            path: path.to_owned(),
            error,
        };
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(unusable)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(Errno::WOULDBLOCK) => Err(LockError::Held {
                data_dir: data_dir.to_owned(),
                holder: read(file),
            }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// Says who we are to those who come later.
    pub(crate) fn introduce(&mut self, holder: &Holder) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(&serde_json::to_vec(holder)?)
    }
}

impl Drop for DataDirLock {
    fn drop(&mut self) {
        // Nobody holds it any more; the lock itself goes with the file handle.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "the lock file could not be emptied");
        }
    }
}

/// The server that holds this lock file now; `None` where none does.
pub(crate) fn holder(path: &Path) -> Option<Holder> {
    let file = OpenOptions::new().read(true).open(path).ok()?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => read(file),
        _ => None,
    }
}

fn read(file: File) -> Option<Holder> {
    /// More than any introduction takes.
    const LIMIT: u64 = 4096;
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mut first = DataDirLock::take(dir.path(), &path).unwrap();
        let us = Holder {
            pid: 42,
            version: "1".to_owned(),
            url: Some("http://127.0.0.1:7070".to_owned()),
        };
        first.introduce(&us).unwrap();
        let error = DataDirLock::take(dir.path(), &path).unwrap_err();
        assert!(error.to_string().contains("process 42"), "{error}");
        assert_eq!(holder(&path), Some(us));

        drop(first);
        assert_eq!(holder(&path), None);
        DataDirLock::take(dir.path(), &path).unwrap();
    }
}
