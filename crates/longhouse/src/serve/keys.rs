//! The server's own keys: 32 random bytes each, in files that only their owner reads. Made at first use, never replaced.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// It cannot be read or made.
    #[error("cannot use the key {}: {error}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not one of ours. Making a new one would lose what the old one protects.
    #[error("the key {} is damaged: restore it from a backup, or remove it, which ends every login", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Others could have read it.
    #[error("the key {} can be read by others: run chmod 600 on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

/// The key of that name; it is made where there is none. Only the holder of the data directory's lock may call this.
pub(crate) fn load_or_make(dir: &Path, name: &str) -> Result<[u8; KEY_BYTES], KeyError> {
    let path = dir.join(format!("{name}.key"));
    let unusable = |error| KeyError::Unusable {
        path: path.clone(),
        error,
    };
    match std::fs::read(&path) {
        Ok(bytes) => {
            let mode = std::fs::metadata(&path)
                .map_err(unusable)?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                return Err(KeyError::Exposed { path });
            }
            bytes.try_into().map_err(|_| KeyError::Damaged { path })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(dir, &path).map_err(unusable),
        Err(error) => Err(unusable(error)),
    }
}

fn make(dir: &Path, path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    write_new(dir, path, &key, 0o600)?;
    Ok(key)
}

/// Writes a file that is there whole or not at all, also after a power cut.
pub(super) fn write_new(dir: &Path, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_added_extension(TEMPORARY);
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    File::open(dir)?.sync_all()
}

/// The ending of files that are not finished. A killed server may leave one.
const TEMPORARY: &str = "tmp";

/// Removes what a killed server left unfinished in these directories. Only the lock's holder may call this.
pub(super) fn remove_unfinished(dirs: &[PathBuf]) -> io::Result<()> {
    for dir in dirs {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == TEMPORARY) {
                std::fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let first = load_or_make(dir.path(), "a").unwrap();
        assert_ne!(first, [0; KEY_BYTES]);
        assert_eq!(load_or_make(dir.path(), "a").unwrap(), first);
        assert_ne!(load_or_make(dir.path(), "b").unwrap(), first);
        let mode = std::fs::metadata(dir.path().join("a.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_or_exposed_key_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        load_or_make(dir.path(), "a").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            load_or_make(dir.path(), "a"),
            Err(KeyError::Exposed { .. })
        ));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(
            load_or_make(dir.path(), "a"),
            Err(KeyError::Damaged { .. })
        ));
    }

    #[test]
    fn what_a_killed_server_left_unfinished_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.key.tmp"), "half").unwrap();
        load_or_make(dir.path(), "a").unwrap();
        std::fs::write(dir.path().join("b.key.tmp"), "half").unwrap();
        remove_unfinished(&[dir.path().to_owned()]).unwrap();
        let left = std::fs::read_dir(dir.path()).unwrap();
        let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.key"]);
    }
}
