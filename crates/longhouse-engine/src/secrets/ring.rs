//! The data keys at hand: sealed in the database under the master key, open in memory.

use std::collections::BTreeMap;

use longhouse_store::SealedDataKey;

use super::error::SecretsError;
use super::key::Key;
use super::seal;

/// Open data keys by number. The highest is the one to seal with; the others only open what they sealed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring(BTreeMap<i64, Key>);

impl Ring {
    /// Opens the keys with the master key.
    pub(super) fn open(master: &Key, sealed: &[SealedDataKey]) -> Result<Self, SecretsError> {
        let given = master.fingerprint();
        let opened = sealed.iter().map(|key| {
            if key.master != given {
                return Err(SecretsError::WrongMasterKey {
                    expected: key.master.clone(),
                    given: given.clone(),
                });
            }
            let plain = seal::open(master, &place(key.id), &key.sealed);
            let opened = plain.and_then(|plain| Key::from_bytes(&plain));
            let damaged = || SecretsError::Damaged {
                what: format!("the data key {}", key.id),
            };
            Ok((key.id, opened.ok_or_else(damaged)?))
        });
        opened.collect::<Result<_, _>>().map(Self)
    }

    /// The keys, sealed under that master key.
    pub(super) fn sealed_under(&self, master: &Key) -> Result<Vec<SealedDataKey>, SecretsError> {
        self.0
            .iter()
            .map(|(id, key)| seal_one(master, *id, key))
            .collect()
    }

    /// The key to seal with, and its number.
    pub(super) fn current(&self) -> Option<(i64, &Key)> {
        self.0.last_key_value().map(|(id, key)| (*id, key))
    }

    /// The number that a new key gets.
    pub(super) fn next_id(&self) -> i64 {
        self.current().map_or(1, |(id, _)| id + 1)
    }

    pub(super) fn get(&self, id: i64) -> Option<&Key> {
        self.0.get(&id)
    }
}

/// A data key, sealed under the master key.
pub(super) fn seal_one(master: &Key, id: i64, key: &Key) -> Result<SealedDataKey, SecretsError> {
    Ok(SealedDataKey {
        id,
        master: master.fingerprint(),
        sealed: seal::seal(master, &place(id), key.bytes())?,
    })
}

/// What a data key is sealed for.
fn place(id: i64) -> String {
    format!("data_keys:{id}")
}
