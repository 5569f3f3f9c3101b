//! Signatures: made with the keys that are kept here, and verified where a host has signed. Whatever signs or verifies is ring's.

use longhouse_domain::ssh::wire::{Reader, Writer};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair, UnparsedPublicKey};
use rsa::BigUint;
use rsa::pkcs1::EncodeRsaPrivateKey;
use ssh_key::PrivateKey;
use ssh_key::private::{EcdsaKeypair, KeypairData};

use super::read::UnusableKey;

/// Bits of an RSA key that are enough, and that can be computed with.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// What the flags of a sign request ask of an RSA key.
const SHA2_256: u32 = 2;
pub(crate) const SHA2_512: u32 = 4;

/// A key that signs.
pub(crate) enum Signer {
    Ed25519(Ed25519KeyPair),
    Ecdsa {
        pair: EcdsaKeyPair,
        curve: &'static str,
    },
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    /// Makes one of a key that is not encrypted.
    ///
    /// # Errors
    /// [`UnusableKey`] where its halves do not fit, or its type is none of ours.
    pub(crate) fn new(key: &PrivateKey) -> Result<Self, UnusableKey> {
        match key.key_data() {
            KeypairData::Ed25519(pair) => {
                let (seed, public) = (pair.private.as_ref(), pair.public.as_ref());
                Ed25519KeyPair::from_seed_and_public_key(seed, public)
                    .map(Self::Ed25519)
                    .map_err(|_| UnusableKey::Damaged)
            }
            KeypairData::Ecdsa(pair) => ecdsa(pair),
            KeypairData::Rsa(pair) => rsa_pair(pair),
            KeypairData::SkEcdsaSha2NistP256(_) | KeypairData::SkEd25519(_) => {
                Err(UnusableKey::SecurityKey)
            }
            KeypairData::Encrypted(_) => Err(UnusableKey::PassphraseNeeded),
            _ => Err(UnusableKey::Type(key.algorithm().as_str().to_owned())),
        }
    }

    /// A signature over `data`, as the agent protocol has it. `None` where the flags ask for one that nobody should trust (SHA-1).
    pub(crate) fn sign(&self, data: &[u8], flags: u32) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(pair) => Some(blob("ssh-ed25519", pair.sign(data).as_ref())),
            Self::Ecdsa { pair, curve } => {
                let signed = pair.sign(&random, data).ok()?;
                let (r, s) = signed.as_ref().split_at(signed.as_ref().len() / 2);
                let numbers = Writer::new().number(r).number(s).done();
                Some(blob(&format!("ecdsa-sha2-{curve}"), &numbers))
            }
            Self::Rsa(pair) => {
                let (name, padding): (_, &'static dyn signature::RsaEncoding) =
                    if flags & SHA2_512 != 0 {
                        ("rsa-sha2-512", &signature::RSA_PKCS1_SHA512)
                    } else if flags & SHA2_256 != 0 {
                        ("rsa-sha2-256", &signature::RSA_PKCS1_SHA256)
                    } else {
                        return None;
                    };
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, data, &mut signed).ok()?;
                Some(blob(name, &signed))
            }
        }
    }
}

fn blob(algorithm: &str, signature: &[u8]) -> Vec<u8> {
    let blob = Writer::new().string(algorithm.as_bytes());
    blob.string(signature).done()
}

fn ecdsa(pair: &EcdsaKeypair) -> Result<Signer, UnusableKey> {
    let (algorithm, curve) = match pair {
        EcdsaKeypair::NistP256 { .. } => (&signature::ECDSA_P256_SHA256_FIXED_SIGNING, "nistp256"),
        EcdsaKeypair::NistP384 { .. } => (&signature::ECDSA_P384_SHA384_FIXED_SIGNING, "nistp384"),
        EcdsaKeypair::NistP521 { .. } => {
            return Err(UnusableKey::Type("ecdsa-sha2-nistp521".to_owned()));
        }
    };
    let (private, public) = (pair.private_key_bytes(), pair.public_key_bytes());
    let random = SystemRandom::new();
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, public, &random)
        .map(|pair| Signer::Ecdsa { pair, curve })
        .map_err(|_| UnusableKey::Damaged)
}

/// The numbers that a key of OpenSSH's leaves out are computed again.
fn rsa_pair(pair: &ssh_key::private::RsaKeypair) -> Result<Signer, UnusableKey> {
    let number = |number: &ssh_key::Mpint| {
        let bytes = number.as_positive_bytes().ok_or(UnusableKey::Damaged)?;
        Ok(BigUint::from_bytes_be(bytes))
    };
    let n = number(&pair.public.n)?;
    let bits = n.bits();
    if bits < *RSA_BITS.start() {
        return Err(UnusableKey::WeakRsa(bits));
    }
    if bits > *RSA_BITS.end() {
        return Err(UnusableKey::LargeRsa(bits));
    }
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    let (e, d) = (number(&pair.public.e)?, number(&pair.private.d)?);
    let whole = rsa::RsaPrivateKey::from_components(n, e, d, primes);
    let whole = whole.and_then(|mut key| key.precompute().map(|()| key));
    let der = whole.map_err(|_| UnusableKey::Damaged)?.to_pkcs1_der();
    let der = der.map_err(|_| UnusableKey::Damaged)?;
    RsaKeyPair::from_der(der.as_bytes())
        .map(|pair| Signer::Rsa(Box::new(pair)))
        .map_err(|_| UnusableKey::Damaged)
}

/// Whether the holder of this public key has signed `data`. Keys and signatures of kinds that are not understood have not.
pub(crate) fn has_signed(public_key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    verified(public_key, data, signature).is_some()
}

fn verified(public_key: &[u8], data: &[u8], signature: &[u8]) -> Option<()> {
    let (mut key, mut signed) = (Reader::new(public_key), Reader::new(signature));
    let (kind, algorithm, signed) = (key.string()?, signed.string()?, signed.last_string()?);
    match (kind, algorithm) {
        (b"ssh-ed25519", b"ssh-ed25519") => {
            let key = UnparsedPublicKey::new(&signature::ED25519, key.last_string()?);
            key.verify(data, signed).ok()
        }
        (b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp256") => {
            let _curve = key.string()?;
            let signed = side_by_side(signed, 32)?;
            let key =
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key.last_string()?);
            key.verify(data, &signed).ok()
        }
        (b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp384") => {
            let _curve = key.string()?;
            let signed = side_by_side(signed, 48)?;
            let key =
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, key.last_string()?);
            key.verify(data, &signed).ok()
        }
        (b"ssh-rsa", b"rsa-sha2-256" | b"rsa-sha2-512") => {
            let (e, n) = (key.number()?, key.number()?);
            let how = if algorithm == b"rsa-sha2-512" {
                &signature::RSA_PKCS1_2048_8192_SHA512
            } else {
                &signature::RSA_PKCS1_2048_8192_SHA256
            };
            PublicKeyComponents { n, e }.verify(how, data, signed).ok()
        }
        _ => None,
    }
}

/// Two numbers, each in so many bytes.
fn side_by_side(numbers: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut numbers = Reader::new(numbers);
    let mut both = Vec::with_capacity(2 * width);
    for _ in 0..2 {
        let number = numbers.number()?;
        both.resize(both.len() + width.checked_sub(number.len())?, 0);
        both.extend_from_slice(number);
    }
    Some(both)
}
