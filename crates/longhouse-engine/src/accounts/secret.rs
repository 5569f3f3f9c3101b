//! Secrets: how they are made, hashed, compared, and kept out of what is printed.

use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::AccountError;

/// Text that must not be printed: a password, a token. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes text into keeping.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every use of this is a place to look at.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// 256 bits of chance as 64 hexadecimal digits.
    pub fn random() -> Result<Self, AccountError> {
        Ok(Self(hexadecimal(&Self::random_bytes()?)))
    }

    /// 256 bits of chance.
    pub(super) fn random_bytes() -> Result<[u8; 32], AccountError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            AccountError::Internal(format!("the system gives no random numbers: {error}"))
        })?;
        Ok(bytes)
    }

    /// What this secret turns into under a key: always the same, and nobody without the key can tell what.
    pub(super) fn successor(&self, key: &[u8; 32]) -> Result<Self, AccountError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key)
            .map_err(|error| AccountError::Internal(error.to_string()))?;
        mac.update(b"longhouse refresh successor\0");
        mac.update(self.0.as_bytes());
        Ok(Self(hexadecimal(&mac.finalize().into_bytes())))
    }

    /// What is kept in its stead. The secrets hashed here are random, so a plain fast hash is enough.
    pub(super) fn hash(&self) -> String {
        hexadecimal(&Sha256::digest(self.0.as_bytes()))
    }

    /// Whether it has that hash, in a time that does not depend on where they differ.
    pub(super) fn has_hash(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
