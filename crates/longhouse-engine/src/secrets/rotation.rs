//! Rotation: new keys while everything goes on. Each step is one transaction, and what is left to do can be read off the
//! database, so a server that was killed at any of them goes on at its next start.
//!
//! ```text
//! data key    add a new one ─► re-seal what the old ones seal, some at a time ─► forget the old ones
//! master key  keep the new one beside the old ─► re-seal all data keys, at once ─► forget the old one
//! ```

use std::collections::BTreeMap;

use longhouse_store::SealedSecret;

use super::error::SecretsError;
use super::key::Key;
use super::ring::{self, Ring};
use super::{Open, Vault, no_data_key};

/// How many secrets one step re-seals: a step is one transaction, and others wait for it.
const STEP: u32 = 100;

/// How the keys stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultState {
    /// Where the master key comes from.
    pub master_source: String,
    /// Its fingerprint.
    pub master: String,
    /// The data key that new secrets are sealed with.
    pub data_key: i64,
    /// How many secrets each data key seals. More than one key means that a rotation is under way.
    pub secrets_per_data_key: BTreeMap<i64, u64>,
}

impl Vault {
    /// How the keys stand.
    pub async fn state(&self) -> Result<VaultState, SecretsError> {
        let open = self.at_hand();
        let (data_key, _) = open.ring.current().ok_or_else(no_data_key)?;
        let counts = self.inner.store.secrets_per_data_key().await?;
        Ok(VaultState {
            master_source: self.inner.source.describe(),
            master: open.master.fingerprint(),
            data_key,
            secrets_per_data_key: counts.into_iter().collect(),
        })
    }

    /// Makes a new data key; from now on new secrets are sealed with it. [`Vault::finish_rotation`] does the rest.
    pub async fn add_data_key(&self) -> Result<i64, SecretsError> {
        let _rotating = self.inner.rotating.lock().await;
        let open = self.at_hand();
        let id = open.ring.next_id();
        let sealed = ring::seal_one(&open.master, id, &Key::random()?)?;
        // Where another server has taken the number, its key is the new one.
        let now = self.inner.clock.now();
        self.inner.store.add_data_key(&sealed, now).await?;
        self.reload().await?;
        let open = self.at_hand();
        open.ring
            .current()
            .map(|(id, _)| id)
            .ok_or_else(no_data_key)
    }

    /// Re-seals what earlier data keys seal, and forgets those keys. Where there is nothing to do, it does nothing. How many
    /// secrets it re-sealed.
    pub async fn finish_rotation(&self) -> Result<u64, SecretsError> {
        let _rotating = self.inner.rotating.lock().await;
        let mut done = 0;
        loop {
            self.reload().await?;
            let open = self.at_hand();
            let (current, _) = open.ring.current().ok_or_else(no_data_key)?;
            let store = &self.inner.store;
            let old = store.secrets_under_other_keys(current, STEP).await?;
            if old.is_empty() {
                store.retire_data_keys(current).await?;
                self.reload().await?;
                return Ok(done);
            }
            let anew: Result<Vec<_>, _> =
                old.iter().map(|secret| self.sealed_anew(secret)).collect();
            // What others changed meanwhile is passed over, and looked at again.
            done += store.put_secrets(&anew?, self.inner.clock.now()).await?;
        }
    }

    fn sealed_anew(&self, secret: &SealedSecret) -> Result<SealedSecret, SecretsError> {
        let plain = self.opened(secret)?.ok_or(SecretsError::Busy)?;
        self.seal(secret.scope, &secret.name, secret.version + 1, &plain)
    }

    /// Puts the data keys under another master key. Its fingerprint.
    ///
    /// # Errors
    /// [`SecretsError::Source`] where the new key cannot be had or kept; nothing has changed then.
    pub async fn rotate_master(&self, given: Option<Key>) -> Result<String, SecretsError> {
        let _rotating = self.inner.rotating.lock().await;
        self.reload().await?;
        let open = self.at_hand();
        let master = self.inner.source.successor(given).await?;
        let before = open.master.fingerprint();
        if master.fingerprint() == before {
            return Err(SecretsError::Source(format!(
                "the new master key is the one in use ({before}): bring another one"
            )));
        }
        let sealed = open.ring.sealed_under(&master)?;
        let looking = self.inner.looking.lock().await;
        self.inner.store.replace_data_keys(&before, &sealed).await?;
        let ring = Ring::open(&master, &sealed)?;
        let fingerprint = master.fingerprint();
        self.set_open(Open { master, ring });
        drop(looking);
        self.inner.source.settle().await?;
        Ok(fingerprint)
    }
}
