//! Reading a private key as a person pastes it, with words for each way in which it is none.
//!
//! What comes out is a key that can sign: its halves fit, and its type is one that servers accept. It knows neither files nor who
//! keeps the key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longhouse_domain::SecretText;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use ssh_key::private::{KeypairData, RsaKeypair, RsaPrivateKey};
use ssh_key::public::RsaPublicKey;
use ssh_key::{Kdf, Mpint, PrivateKey};
use zeroize::Zeroizing;

use super::short;
use super::sign::{SHA2_512, Signer, has_signed};

/// The most bytes of a key's text. One of 16,384 bits has 13 KiB.
const KEY_BYTES: usize = 32 * 1024;

/// The most rounds that a passphrase is stretched by: `ssh-keygen` takes 16 or 24, and the careful take 100. Each costs milliseconds.
const MOST_ROUNDS: u32 = 1_000;

/// What every key has to sign before it is kept.
const PROBE: &[u8] = b"longhouse";

/// Not every forge takes it, and this server does not sign with it.
const P521: &str = "ecdsa-sha2-nistp521";

/// Letters in a line of an OpenSSH key, and of the older format.
const OPENSSH_LINE: usize = 70;
const PEM_LINE: usize = 64;

/// Why a key is of no use; the words follow the name of the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// Nothing of a key.
    #[error(
        "is no private key: paste the whole file, from its line \"-----BEGIN … PRIVATE KEY-----\" to its line \"-----END …\""
    )]
    NotAKey,
    /// Longer than any key.
    #[error("has more than {KEY_BYTES} bytes, which no key has")]
    TooLong,
    /// The other half.
    #[error(
        "is the public half of a key: the private half is needed, which is in the file without \".pub\""
    )]
    PublicHalf,
    /// `PuTTY-User-Key-File`.
    #[error(
        "is in PuTTY's format: convert it with `puttygen KEY.ppk -O private-openssh-new -o KEY`, or in PuTTYgen with \"Export OpenSSH \
         key\""
    )]
    Putty,
    /// PEM of another kind than RSA, or with a passphrase.
    #[error("is in a format of older programs: convert it with `ssh-keygen -p -f FILE`")]
    OldFormat,
    /// It begins like a key.
    #[error("cannot be read: it is cut off or damaged, so paste it once more")]
    Damaged,
    /// Only with its passphrase.
    #[error("is missing: the key is encrypted")]
    PassphraseNeeded,
    /// Not with this one.
    #[error("is not the one that the key is encrypted with")]
    WrongPassphrase,
    /// See [`MOST_ROUNDS`].
    #[error(
        "is encrypted with more than {MOST_ROUNDS} rounds: take fewer with `ssh-keygen -p -a 100 -f FILE`"
    )]
    TooManyRounds,
    /// Its private half is elsewhere.
    #[error(
        "stands for a security key, which has to be touched: only keys that are whole can be kept here"
    )]
    SecurityKey,
    /// Nobody accepts it, or this server cannot sign with it.
    #[error(
        "has the type {0}, which cannot be used: ed25519, ecdsa (nistp256, nistp384) and rsa can"
    )]
    Type(String),
    /// Broken, or soon.
    #[error(
        "is an RSA key of {0} bits, which is too weak: 2048 are the least, and ed25519 is better"
    )]
    WeakRsa(usize),
    /// More than can be computed with.
    #[error("is an RSA key of {0} bits: 4096 are the most")]
    LargeRsa(usize),
}

impl UnusableKey {
    /// Whether it is the passphrase that is to be corrected, not the key.
    #[must_use]
    pub fn is_about_passphrase(&self) -> bool {
        matches!(self, Self::PassphraseNeeded | Self::WrongPassphrase)
    }
}

/// Reads a key. It may take a second, where there is a passphrase.
///
/// # Errors
/// See [`UnusableKey`].
pub(crate) fn read(text: &str, passphrase: Option<&SecretText>) -> Result<PrivateKey, UnusableKey> {
    let key = decode(text)?;
    let key = if key.is_encrypted() {
        decrypt(&key, passphrase)?
    } else {
        key
    };
    // What it signs is verified with the other half, once and for all.
    let signed = Signer::new(&key)?.sign(PROBE, SHA2_512);
    let public = key.public_key().to_bytes();
    match (signed, public) {
        (Some(signed), Ok(public)) if has_signed(&public, PROBE, &signed) => Ok(key),
        _ => Err(UnusableKey::Damaged),
    }
}

fn decode(text: &str) -> Result<PrivateKey, UnusableKey> {
    if text.len() > KEY_BYTES {
        return Err(UnusableKey::TooLong);
    }
    let text = text.trim();
    let is = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if is(&["PuTTY-User-Key-File", "PuTTY-"]) {
        return Err(UnusableKey::Putty);
    }
    let public = [
        "ssh-",
        "ecdsa-",
        "sk-",
        "---- BEGIN SSH2 PUBLIC",
        "-----BEGIN PUBLIC",
        "-----BEGIN RSA PUBLIC",
    ];
    if is(&public) {
        return Err(UnusableKey::PublicHalf);
    }
    let label = text
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
        .map(|(label, _)| label);
    match label {
        Some(label @ "OPENSSH PRIVATE KEY") => {
            let text = straightened(text, label, OPENSSH_LINE)?;
            PrivateKey::from_openssh(text.as_bytes()).or_else(|error| match error {
                ssh_key::Error::AlgorithmUnknown => Err(UnusableKey::Type("unknown".to_owned())),
                _ => unread(&text),
            })
        }
        Some("RSA PRIVATE KEY") if text.contains("ENCRYPTED") => Err(UnusableKey::OldFormat),
        Some(label @ "RSA PRIVATE KEY") => {
            let text = straightened(text, label, PEM_LINE)?;
            let key = rsa::RsaPrivateKey::from_pkcs1_pem(&text);
            from_numbers(&key.map_err(|_| UnusableKey::Damaged)?)
        }
        Some(label @ "PRIVATE KEY") => {
            let text = straightened(text, label, PEM_LINE)?;
            let key = rsa::RsaPrivateKey::from_pkcs8_pem(&text);
            from_numbers(&key.map_err(|_| UnusableKey::OldFormat)?)
        }
        Some(label) if label.ends_with("PRIVATE KEY") => Err(UnusableKey::OldFormat),
        _ => Err(UnusableKey::NotAKey),
    }
}

/// A key that begins as it should, and that the library cannot read, or why it is of no use. The library reads numbers of one length alone,
/// and those of the largest curve are mostly shorter; what the key is stands before them, in the clear.
fn unread(text: &str) -> Result<PrivateKey, UnusableKey> {
    let letters: Zeroizing<String> = Zeroizing::new(
        text.lines()
            .filter(|line| !line.starts_with("-----"))
            .collect(),
    );
    let bytes = Zeroizing::new(STANDARD.decode(letters.as_bytes()).unwrap_or_default());
    let name = P521.as_bytes();
    match bytes.windows(name.len()).any(|part| part == name) {
        true => Err(UnusableKey::Type(P521.to_owned())),
        false => short::with_zeros(&bytes).ok_or(UnusableKey::Damaged),
    }
}

/// The same key with its letters in lines as they should be: what was pasted may have lost its line ends, or got others.
fn straightened(text: &str, label: &str, width: usize) -> Result<Zeroizing<String>, UnusableKey> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let body = text.strip_prefix(&begin);
    let body = body
        .and_then(|body| body.split_once(&end))
        .ok_or(UnusableKey::Damaged)?
        .0;
    let letters = Zeroizing::new(body.split_whitespace().collect::<String>());
    if !letters.is_ascii() {
        return Err(UnusableKey::Damaged);
    }
    // Room for all of it at once: a text that grows leaves copies behind.
    let mut straight = Zeroizing::new(String::with_capacity(2 * text.len() + 2 * begin.len()));
    straight.push_str(&begin);
    straight.push('\n');
    let mut rest = letters.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(width));
        straight.push_str(line);
        straight.push('\n');
        rest = after;
    }
    straight.push_str(&end);
    straight.push('\n');
    Ok(straight)
}

fn decrypt(key: &PrivateKey, passphrase: Option<&SecretText>) -> Result<PrivateKey, UnusableKey> {
    if matches!(key.kdf(), Kdf::Bcrypt { rounds, .. } if *rounds > MOST_ROUNDS) {
        return Err(UnusableKey::TooManyRounds);
    }
    let algorithm = key.public_key().algorithm();
    if algorithm.as_str() == P521 {
        return Err(UnusableKey::Type(P521.to_owned()));
    }
    let passphrase = passphrase.filter(|text| !text.reveal().is_empty());
    let passphrase = passphrase.ok_or(UnusableKey::PassphraseNeeded)?;
    key.decrypt(passphrase.reveal())
        .or_else(|error| match error {
            ssh_key::Error::Crypto => Err(UnusableKey::WrongPassphrase),
            _ => short::opened_with_zeros(key, passphrase).ok_or(UnusableKey::Damaged),
        })
}

/// An RSA key of the older formats, as one of the newer.
fn from_numbers(key: &rsa::RsaPrivateKey) -> Result<PrivateKey, UnusableKey> {
    let number = |bytes: Vec<u8>| {
        let bytes = Zeroizing::new(bytes);
        Mpint::from_positive_bytes(&bytes).map_err(|_| UnusableKey::Damaged)
    };
    let [p, q] = key.primes() else {
        return Err(UnusableKey::Type("rsa of more than two primes".to_owned()));
    };
    let inverse = key.crt_coefficient().ok_or(UnusableKey::Damaged)?;
    let pair = RsaKeypair {
        public: RsaPublicKey {
            e: number(key.e().to_bytes_be())?,
            n: number(key.n().to_bytes_be())?,
        },
        private: RsaPrivateKey {
            d: number(key.d().to_bytes_be())?,
            iqmp: number(inverse.to_bytes_be())?,
            p: number(p.to_bytes_be())?,
            q: number(q.to_bytes_be())?,
        },
    };
    PrivateKey::new(KeypairData::Rsa(pair), "").map_err(|_| UnusableKey::Damaged)
}
