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

fn write(path: &Path, key: &Key) -> io::Result<()> {
    let line = Zeroizing::new(format!("{}\n", *key.to_base64()));
    private_file::write(path, line.as_bytes())
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
            // A rotation ended before the database changed over: its key was never used.
            (Some(key), Some(_)) if holds(&key) => {
                self.change(private_file::remove(&self.next()))?;
                Ok(key)
            }
            // It ended after.
            (_, Some(next)) if holds(&next) => {
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
        self.change(private_file::rename(&self.next(), &self.path))
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
                assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
            }
        }
    }
}
