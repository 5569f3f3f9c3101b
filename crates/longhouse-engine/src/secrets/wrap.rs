//! A key locked under a passphrase, to travel in a backup.

use argon2::Argon2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::SecretsError;
use super::key::{KEY_BYTES, Key};
use super::seal;
use crate::accounts::Secret;

/// Work for each guess: 64 MiB of memory, three passes. It is done once in a while by a person.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// What a locked key is sealed for.
const PLACE: &str = "backup:master";

/// A key that only its passphrase opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrappedKey {
    salt: String,
    sealed: String,
}

impl WrappedKey {
    /// Locks a key.
    pub fn lock(key: &Key, passphrase: &Secret) -> Result<Self, SecretsError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| SecretsError::NoChance(error.to_string()))?;
        let sealed = seal::seal(&stretched(passphrase, &salt)?, PLACE, key.bytes())?;
        Ok(Self {
            salt: STANDARD.encode(salt),
            sealed,
        })
    }

    /// The key; `None` where the passphrase is another.
    pub fn unlock(&self, passphrase: &Secret) -> Result<Option<Key>, SecretsError> {
        let Ok(salt) = STANDARD.decode(&self.salt) else {
            return Ok(None);
        };
        let plain = seal::open(&stretched(passphrase, &salt)?, PLACE, &self.sealed);
        Ok(plain.and_then(|plain| Key::from_bytes(&plain)))
    }
}

fn stretched(passphrase: &Secret, salt: &[u8]) -> Result<Key, SecretsError> {
    let broken = |error: argon2::Error| SecretsError::Source(error.to_string());
    let params = argon2::Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_BYTES)).map_err(broken)?;
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    argon2
        .hash_password_into(passphrase.reveal().as_bytes(), salt, &mut *bytes)
        .map_err(broken)?;
    Key::from_bytes(&*bytes).ok_or(SecretsError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_key_is_opened_by_its_passphrase_alone() {
        let key = Key::random().unwrap();
        let wrapped = WrappedKey::lock(&key, &Secret::new("open sesame")).unwrap();
        let open = |text: &str| wrapped.unlock(&Secret::new(text)).unwrap();
        assert_eq!(open("open sesame"), Some(key));
        assert_eq!(open("open says me"), None);
    }
}
