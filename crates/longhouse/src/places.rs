//! Where things lie on this machine. Server, client and doctor all ask here, so they always look in the same place.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use longhouse_runtime::host::choose_run_dir;

use crate::config::Settings;

/// The directories of one server.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What is remembered.
    pub(crate) data_dir: PathBuf,
    /// Sockets.
    pub(crate) run_dir: PathBuf,
}

impl Places {
    /// As the settings say.
    pub(crate) fn new(settings: &Settings) -> Self {
        let data_dir = settings.data_dir.clone();
        let run_dir = settings.run_dir.clone();
        Self {
            run_dir: run_dir.unwrap_or_else(|| choose_run_dir(&data_dir)),
            data_dir,
        }
    }

    /// Held by the running server; says who it is.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.data_dir.join("longhouse.lock")
    }

    /// Keys, one per file.
    pub(crate) fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }

    /// The key that everything secret is sealed under, where nothing else is set.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.keys_dir().join("master.key")
    }

    /// Account and certificate of a certificate authority.
    pub(crate) fn acme_dir(&self) -> PathBuf {
        self.data_dir.join("acme")
    }

    /// Where old records of the audit log go.
    pub(crate) fn audit_archive(&self) -> PathBuf {
        self.data_dir.join("audit")
    }

    /// Where recordings of terminals are kept.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.data_dir.join("recordings")
    }

    /// The default database.
    pub(crate) fn database_file(&self) -> PathBuf {
        self.data_dir.join("longhouse.db")
    }

    /// The socket on which the command line talks to the server.
    pub(crate) fn control_socket(&self) -> PathBuf {
        self.run_dir.join("ctl.sock")
    }
}

/// Why a private directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    /// It cannot be made or looked at.
    #[error("cannot use the directory {}: {error}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody else made it, or it is a link or no directory: in `/tmp` that may be a trap.
    #[error("{} is not a directory of your own: remove it or choose another", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
}

/// Makes a directory that only its owner can enter, or takes such access from others where it is there already.
pub(crate) fn make_private(path: &Path) -> Result<(), DirectoryError> {
    let unusable = |error| DirectoryError::Unusable {
        path: path.to_owned(),
        error,
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(unusable)?;
    let found = std::fs::symlink_metadata(path).map_err(unusable)?;
    // A data directory may be a link to a bigger disk; what it leads to must be ours all the same.
    let target = std::fs::metadata(path).map_err(unusable)?;
    let ours = rustix::process::geteuid().as_raw();
    if !target.is_dir() || target.uid() != ours || found.uid() != ours {
        return Err(DirectoryError::Foreign {
            path: path.to_owned(),
        });
    }
    if target.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(unusable)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_private_directory_is_closed_to_others_also_where_it_was_open() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_file_in_the_way_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("file");
        std::fs::write(&path, "").unwrap();
        assert!(make_private(&path).is_err());
    }
}
