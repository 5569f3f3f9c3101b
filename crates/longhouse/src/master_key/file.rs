//! The master key in a file of its own, made at the first start. A rotation keeps the new key beside the old one until the
//! database has changed over; the next start reads off the database which of the two holds.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use longhouse_engine::secrets::{Key, MasterKeySource, SecretsError};
use zeroize::Zeroizing;

use super::{SHAPE, trouble};
use crate::private_file;

/// The ending of the key that is to follow.
const NEXT: &str = "next";

pub(super) struct FileSource {
    path: PathBuf,
}

impl FileSource {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn next(&self) -> PathBuf {
        self.path.with_added_extension(NEXT)
    }

    fn change<T>(&self, done: io::Result<T>) -> Result<T, SecretsError> {
        done.map_err(|error| trouble(format!("cannot change {}: {error}", self.path.display())))
    }

    fn make(&self) -> Result<Key, SecretsError> {
        let key = Key::random()?;
        self.change(write(&self.path, &key))?;
        tracing::info!(path = %self.path.display(), "made a master key: keep a copy of it apart from the backups");
        Ok(key)
    }
}

fn read(path: &Path) -> Result<Option<Key>, SecretsError> {
    let Some(bytes) = private_file::read(path).map_err(|error| trouble(error.to_string()))? else {
        return Ok(None);
    };
    let key = std::str::from_utf8(&bytes).ok().and_then(Key::from_base64);
    let damaged = || {
        trouble(format!(
            "{} holds no master key: restore it ({SHAPE})",
            path.display()
        ))
    };
    key.map(Some).ok_or_else(damaged)
}

/// Writes a key as it is read.
pub(crate) fn write(path: &Path, key: &Key) -> io::Result<()> {
    let line = Zeroizing::new(format!("{}\n", *key.to_base64()));
    private_file::write(path, line.as_bytes())
}

/// The key of that fingerprint: the one in the file, or the one that is to follow.
pub(super) fn find(path: &Path, fingerprint: &str) -> Result<Option<Key>, SecretsError> {
    let next = path.with_added_extension(NEXT);
    for path in [path, &next] {
        let key = read(path)?;
        if key
            .as_ref()
            .is_some_and(|key| key.fingerprint() == fingerprint)
        {
            return Ok(key);
        }
    }
    Ok(None)
}

/// Removes a key that was to follow and never did: the one in the file holds. Only for who holds the data directory, since a
/// server may be about to change over.
pub(super) fn clear_unused(path: &Path) -> io::Result<()> {
    private_file::remove(&path.with_added_extension(NEXT))
}

#[async_trait]
impl MasterKeySource for FileSource {
    fn describe(&self) -> String {
        format!("the file {}", self.path.display())
    }

    async fn key(&self, recorded: Option<&str>) -> Result<Key, SecretsError> {
        let found = read(&self.path)?;
        let Some(recorded) = recorded else {
            return found.map_or_else(|| self.make(), Ok);
        };
        let holds = |key: &Key| key.fingerprint() == recorded;
        match (found, read(&self.next())?) {
            // A rotation ended after the database had changed over.
            (found, Some(next)) if holds(&next) && !found.as_ref().is_some_and(holds) => {
                self.change(private_file::rename(&self.next(), &self.path))?;
                Ok(next)
            }
            (Some(key), _) => Ok(key),
            (None, _) => Err(trouble(format!(
                "the master key {} is missing, and the secrets in the database are sealed under it ({recorded}): put it back",
                self.path.display()
            ))),
        }
    }

    async fn successor(&self, given: Option<Key>) -> Result<Key, SecretsError> {
        let key = given.map_or_else(Key::random, Ok)?;
        self.change(write(&self.next(), &key))?;
        Ok(key)
    }

    async fn settle(&self) -> Result<(), SecretsError> {
        match private_file::rename(&self.next(), &self.path) {
            // Another command has looked meanwhile, and done it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => self.change(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn source() -> (tempfile::TempDir, FileSource) {
        let dir = tempfile::tempdir().unwrap();
        let source = FileSource::new(dir.path().join("master.key"));
        (dir, source)
    }

    #[tokio::test]
    async fn a_key_is_made_once_and_kept_private() {
        let (_dir, source) = source();
        let key = source.key(None).await.unwrap();
        assert_eq!(source.key(None).await.unwrap(), key);
        assert_eq!(source.key(Some(&key.fingerprint())).await.unwrap(), key);
        let mode = std::fs::metadata(&source.path).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_missing_damaged_or_exposed_key_is_never_replaced() {
        let (_dir, source) = source();
        let error = source.key(Some("f00d")).await.unwrap_err().to_string();
        assert!(
            error.contains("missing") && error.contains("f00d"),
            "{error}"
        );
        assert!(!source.path.exists());
        for content in ["", "canary", "AAAA\n"] {
            private_file::write(&source.path, content.as_bytes()).unwrap();
            for recorded in [None, Some("f00d")] {
                let error = source.key(recorded).await.unwrap_err().to_string();
                assert!(!error.contains("canary"), "{error}");
            }
        }
        std::fs::remove_file(&source.path).unwrap();
        source.key(None).await.unwrap();
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&source.path, open).unwrap();
        let error = source.key(None).await.unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[tokio::test]
    async fn a_rotation_that_was_cut_short_leaves_the_key_that_the_database_asks_for() {
        for changed_over in [false, true] {
            let (dir, source) = source();
            let old = source.key(None).await.unwrap();
            let new = source.successor(None).await.unwrap();
            let holds = if changed_over { &new } else { &old };
            let recorded = holds.fingerprint();
            for _ in 0..2 {
                assert_eq!(source.key(Some(&recorded)).await.unwrap(), *holds);
                clear_unused(&source.path).unwrap();
                assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
            }
        }
    }
}
