//! The server's own keys, which sign its tokens and seal its audit log: made at the first start, kept among the secrets.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use longhouse_engine::secrets::{KEY_BYTES, Key, Vault};
use longhouse_server::SigningKey;
use longhouse_store::{AuditKey, SecretScope};

use crate::private_file;

/// The keys' names among the server's secrets.
const SIGNING: &str = "signing";
const AUDIT: &str = "audit";

/// The key that signs tokens. An earlier version kept it in a file: it moves, and logins stay good.
pub(super) async fn signing_key(vault: &Vault, keys_dir: &Path) -> anyhow::Result<SigningKey> {
    let file = keys_dir.join("signing.key");
    let damaged = || {
        format!(
            "the key {} is damaged: restore it, or remove it, which ends every login",
            file.display()
        )
    };
    let first = match private_file::read(&file)? {
        Some(bytes) => Key::from_bytes(&bytes).with_context(damaged)?,
        None => Key::random()?,
    };
    let kept = vault
        .get_or_put(SecretScope::Server, SIGNING, first.bytes())
        .await?;
    private_file::remove(&file)?;
    let key: [u8; KEY_BYTES] = kept[..].try_into().ok().context(
        "the signing key among the secrets is damaged: restore the database from a backup",
    )?;
    Ok(SigningKey(key))
}

/// The key that seals the audit log. It lies in the database only sealed: whoever can change rows still cannot make a seal.
pub(crate) async fn audit_key(vault: &Vault) -> anyhow::Result<AuditKey> {
    let kept = vault
        .get_or_put(SecretScope::Server, AUDIT, Key::random()?.bytes())
        .await?;
    let key: [u8; KEY_BYTES] = kept[..].try_into().ok().context(
        "the audit key among the secrets is damaged: restore the database from a backup",
    )?;
    Ok(AuditKey(key))
}

/// Removes what a killed server left unfinished in these directories. Only the lock's holder may call this.
pub(super) fn remove_unfinished(dirs: &[PathBuf]) -> io::Result<()> {
    for dir in dirs {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|end| end == private_file::UNFINISHED)
            {
                std::fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use longhouse_store::{Store, StoreUrl};

    use super::*;
    use crate::clock::SystemClock;

    async fn vault(dir: &Path) -> Vault {
        let url = StoreUrl::Sqlite(dir.join("longhouse.db"));
        let store = Store::open(&url).await.unwrap();
        let master = Arc::new(Key::from_bytes(&[7; KEY_BYTES]).unwrap());
        let vault = Vault::open(store, master, Arc::new(SystemClock));
        vault.await.unwrap()
    }

    #[tokio::test]
    async fn the_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let first = signing_key(&vault(dir.path()).await, dir.path()).await;
        let again = signing_key(&vault(dir.path()).await, dir.path()).await;
        assert_eq!(first.unwrap().0, again.unwrap().0);
    }

    #[tokio::test]
    async fn a_key_in_a_file_moves_among_the_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("signing.key");
        let vault = vault(dir.path()).await;
        private_file::write(&file, &[9; 31]).unwrap();
        assert!(signing_key(&vault, dir.path()).await.is_err());
        assert!(file.exists(), "what is damaged may still be mended");
        private_file::write(&file, &[9; KEY_BYTES]).unwrap();
        for _ in 0..2 {
            let key = signing_key(&vault, dir.path()).await.unwrap();
            assert_eq!(key.0, [9; KEY_BYTES]);
            assert!(!file.exists());
        }
    }

    #[test]
    fn what_a_killed_server_left_unfinished_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        private_file::write(&dir.path().join("a.key"), b"whole").unwrap();
        std::fs::write(dir.path().join("b.key.tmp"), "half").unwrap();
        remove_unfinished(&[dir.path().to_owned()]).unwrap();
        let left = std::fs::read_dir(dir.path()).unwrap();
        let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.key"]);
    }
}
