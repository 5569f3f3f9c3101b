//! Keys: made from chance, wiped when they are dropped, told apart by a fingerprint that gives nothing away.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::SecretsError;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Bytes of a fingerprint: enough that two keys never share one by chance.
const FINGERPRINT_BYTES: usize = 8;

/// A key of 256 bits. `Debug` shows its fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn random() -> Result<Self, SecretsError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(|error| SecretsError::NoChance(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// The key with these bytes. `None` where it has another length, or only zeros: then somebody forgot to fill it in.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        (bytes != [0; KEY_BYTES]).then(|| Self(Zeroizing::new(bytes)))
    }

    /// The key in this text: base64 of its bytes, white space around it.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Self::from_bytes(&bytes)
    }

    /// As [`Key::from_base64`] reads it.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes()))
    }

    /// The bytes. Every use of this is a place to look at.
    #[must_use]
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// A name for the key that may be shown: nobody can find the key from it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use std::fmt::Write as _;
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes()) else {
            return String::new();
        };
        mac.update(b"longhouse key fingerprint");
        let digest = mac.finalize().into_bytes();
        digest[..FINGERPRINT_BYTES]
            .iter()
            .fold(String::new(), |mut text, byte| {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_and_shows_only_its_fingerprint() {
        let key = Key::random().unwrap();
        let text = key.to_base64();
        assert_eq!(
            Key::from_base64(&format!(" {}\n", *text)),
            Some(key.clone())
        );
        assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
        assert_ne!(Key::random().unwrap().fingerprint(), key.fingerprint());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let zeros = STANDARD.encode([0; KEY_BYTES]);
        let short = STANDARD.encode([1; 31]);
        for text in ["", "secret", &zeros, &short] {
            assert_eq!(Key::from_base64(text), None, "{text:?}");
        }
    }
}
