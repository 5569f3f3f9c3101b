//! Elliptic keys whose number begins with zeros, one in 256. OpenSSH writes a number without them; the library that reads the format takes
//! numbers of their full length alone. Here the zeros are put back, in front of everything else that the library checks.

use ssh_key::PrivateKey;
use zeroize::Zeroizing;

use longhouse_domain::SecretText;
use longhouse_domain::ssh::wire::Reader;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Bytes of a number, by the key's type.
const KINDS: [(&str, usize); 2] = [("ecdsa-sha2-nistp256", 32), ("ecdsa-sha2-nistp384", 48)];

/// What a key that is not encrypted is filled up to.
const BLOCK: usize = 8;

/// The most bytes that fill one up, whatever it was encrypted with.
const FILLING: usize = 16;

/// A key's file as OpenSSH lays it out.
struct Parts<'a> {
    /// The public half.
    public: &'a [u8],
    /// The private half, which may be encrypted.
    private: &'a [u8],
    /// What proves that nobody changed it, where the cipher has that.
    tag: &'a [u8],
}

/// The key of these bytes, where all it lacks are zeros.
pub(super) fn with_zeros(bytes: &[u8]) -> Option<PrivateKey> {
    let parts = Parts::read(bytes)?;
    whole(parts.public, parts.private)
}

/// The same, of one that this passphrase opens.
pub(super) fn opened_with_zeros(key: &PrivateKey, passphrase: &SecretText) -> Option<PrivateKey> {
    let bytes = key.to_bytes().ok()?;
    let parts = Parts::read(&bytes)?;
    let (secret, start) = key
        .kdf()
        .derive_key_and_iv(key.cipher(), passphrase.reveal())
        .ok()?;
    let mut private = Zeroizing::new(parts.private.to_vec());
    let tag = match parts.tag {
        [] => None,
        tag => Some(tag.try_into().ok()?),
    };
    let cipher = key.cipher();
    cipher.decrypt(&secret, &start, &mut private, tag).ok()?;
    whole(parts.public, &private)
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let inner = bytes.strip_prefix(MAGIC)?;
        let mut reader = Reader::new(inner);
        let _how_it_is_encrypted = [reader.string()?, reader.string()?, reader.string()?];
        let keys = reader.u32()?;
        let (public, private) = (reader.string()?, reader.string()?);
        (keys == 1).then_some(Self {
            public,
            private,
            tag: reader.rest(),
        })
    }
}

/// Writes the key anew, not encrypted and with its number at full length, and has the library read that.
fn whole(public: &[u8], private: &[u8]) -> Option<PrivateKey> {
    let mut reader = Reader::new(private);
    let checks = [reader.u32()?, reader.u32()?];
    let head = [reader.string()?, reader.string()?, reader.string()?];
    let (number, comment, filling) = (reader.string()?, reader.string()?, reader.rest());
    let size = KINDS.iter().find(|(name, _)| name.as_bytes() == head[0])?.1;
    let zeros = size.checked_sub(number.len()).filter(|zeros| *zeros > 0)?;
    let is_filled = filling.len() < FILLING && (1_u8..).zip(filling).all(|(n, byte)| n == *byte);
    if checks[0] != checks[1] || !is_filled {
        return None;
    }
    // Room for all of it at once: what grows leaves copies behind.
    let room = MAGIC.len() + public.len() + private.len() + size + 128;
    let mut section = Zeroizing::new(Vec::with_capacity(room));
    for check in checks {
        section.extend_from_slice(&check.to_be_bytes());
    }
    for text in head {
        put(&mut section, &[text])?;
    }
    put(&mut section, &[&[0; 48][..zeros], number])?;
    put(&mut section, &[comment])?;
    let filling = section.len().next_multiple_of(BLOCK) - section.len();
    section.extend((1..).take(filling));
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * room));
    bytes.extend_from_slice(MAGIC);
    for text in [&b"none"[..], b"none", b""] {
        put(&mut bytes, &[text])?;
    }
    bytes.extend_from_slice(&1_u32.to_be_bytes());
    put(&mut bytes, &[public])?;
    put(&mut bytes, &[&section])?;
    PrivateKey::from_bytes(&bytes).ok()
}

/// One text of these parts, with its length in front.
fn put(bytes: &mut Vec<u8>, parts: &[&[u8]]) -> Option<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    bytes.extend_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    Some(())
}
