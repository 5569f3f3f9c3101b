//! Sealing: XChaCha20-Poly1305 with a random nonce. What a text belongs to is sealed into it, so that no sealed text can take
//! another's place.
//!
//! ```text
//! base64( format, one byte | nonce, 24 bytes | ciphertext and tag )
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::error::SecretsError;
use super::key::Key;

/// The format of sealed texts.
const FORMAT: u8 = 1;

/// Bytes of a nonce: long enough to be chosen at random.
const NONCE_BYTES: usize = 24;

/// Seals `plain` for the place that `belongs_to` names.
pub(super) fn seal(key: &Key, belongs_to: &str, plain: &[u8]) -> Result<String, SecretsError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| SecretsError::NoChance(error.to_string()))?;
    let payload = Payload {
        msg: plain,
        aad: belongs_to.as_bytes(),
    };
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SecretsError::TooLong)?;
    let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    Ok(STANDARD.encode(bytes))
}

/// Opens what was sealed for that place. `None` where the key or the place is another, or the text is damaged.
pub(super) fn open(key: &Key, belongs_to: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = STANDARD.decode(sealed).ok()?;
    let (&format, rest) = bytes.split_first()?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: sealed,
        aad: belongs_to.as_bytes(),
    };
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
    (format == FORMAT).then(|| Zeroizing::new(plain))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_only_with_its_key_at_its_place() {
        let key = Key::random().unwrap();
        let sealed = seal(&key, "secrets:server:signing:1", b"hush").unwrap();
        assert!(!sealed.contains("hush"));
        let open_as = |key: &Key, place: &str| open(key, place, &sealed);
        let plain = open_as(&key, "secrets:server:signing:1").unwrap();
        assert_eq!(&plain[..], b"hush");
        assert_eq!(open_as(&key, "secrets:server:signing:2"), None);
        assert_eq!(
            open_as(&Key::random().unwrap(), "secrets:server:signing:1"),
            None
        );
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way_twice() {
        let key = Key::random().unwrap();
        assert_ne!(
            seal(&key, "a", b"hush").unwrap(),
            seal(&key, "a", b"hush").unwrap()
        );
    }

    #[test]
    fn a_damaged_text_is_not_opened_whatever_byte_was_hit() {
        let key = Key::random().unwrap();
        let sealed = STANDARD.decode(seal(&key, "a", b"hush").unwrap()).unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(open(&key, "a", &STANDARD.encode(&damaged)), None, "{at}");
            assert_eq!(open(&key, "a", &STANDARD.encode(&sealed[..at])), None);
        }
        assert_eq!(open(&key, "a", "no base64!"), None);
    }
}
