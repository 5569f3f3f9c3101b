//! A certificate with its key, and from when to when it is good.
//!
//! Of the certificate only that one field is read here; everything else is rustls' business.

use std::fmt;
use std::sync::Arc;

use longhouse_domain::Timestamp;
use rustls::client::verify_server_name;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Others on this machine can read the key.
    #[error(
        "the key {path} can be read by every user of this machine, or changed by others: run chmod 600 on it"
    )]
    Exposed {
        /// Which.
        path: String,
    },
    /// There is no certificate in it.
    #[error(
        "there is no certificate in it; it should be PEM, beginning with -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate,
    /// There is no key in it.
    #[error("there is no private key in it; it should be PEM and without a passphrase")]
    NoKey,
    /// The two do not belong together.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// rustls does not take it.
    #[error("it cannot be used: {0}")]
    Unusable(rustls::Error),
    /// The time for which it is good cannot be read.
    #[error("the time for which it is good cannot be read")]
    Malformed,
}

/// A certificate chain with its key. A clone is the same one.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    /// The first instant at which it is good.
    pub not_before: Timestamp,
    /// The last.
    pub not_after: Timestamp,
}

impl Certificate {
    /// From PEM.
    ///
    /// # Errors
    /// Where the two are not what they should be, or do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::NoCertificate)?;
        let first = chain.first().ok_or(CertificateError::NoCertificate)?;
        let (not_before, not_after) = validity(first).ok_or(CertificateError::Malformed)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::NoKey)?;
        let key = any_supported_type(&key).map_err(CertificateError::Unusable)?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(CertificateError::Mismatch),
            Err(error) => return Err(CertificateError::Unusable(error)),
        }
        Ok(Self {
            key: Arc::new(certified),
            not_before,
            not_after,
        })
    }

    /// Whether a browser that asked for this name or address takes it as that one's.
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        let own = self.key.cert.first();
        let parsed = own.and_then(|own| ParsedCertificate::try_from(own).ok());
        match (parsed, ServerName::try_from(name)) {
            (Some(parsed), Ok(name)) => verify_server_name(&parsed, &name).is_ok(),
            _ => false,
        }
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    /// When two thirds of its life are over, and another should take its place.
    pub(super) fn renew_at(&self) -> Timestamp {
        let life = self.not_after.as_second() - self.not_before.as_second();
        Timestamp::from_second(self.not_before.as_second() + life / 3 * 2).unwrap_or(self.not_after)
    }
}

/// Two are the same where they show the same chain.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// The explicit tag of the version, which version 1 certificates lack.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of an X.509 certificate: serial number, algorithm and issuer stand before it.
fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest, VERSION)?.1;
    }
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        rest = element(rest, tag)?.1;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (not_before, rest) = time(validity)?;
    let (not_after, _) = time(rest)?;
    Some((not_before, not_after))
}

/// The content of the DER element at the beginning, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` after that.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, rest, century) = match bytes.first()? {
        &UTC_TIME => {
            let (text, rest) = element(bytes, UTC_TIME)?;
            let century = if text.first()? < &b'5' { "20" } else { "19" };
            (text, rest, century)
        }
        _ => {
            let (text, rest) = element(bytes, GENERALIZED_TIME)?;
            (text, rest, "")
        }
    };
    let digits = format!(
        "{century}{}",
        std::str::from_utf8(text).ok()?.strip_suffix('Z')?
    );
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &digits[from..to];
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Some((text.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: (i32, u8, u8), until: (i32, u8, u8)) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        parameters.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let certificate = parameters.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn the_time_for_which_it_is_good_is_read_in_both_spellings() {
        let (chain, key) = pair((2026, 1, 1), (2026, 4, 1));
        let read = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(read.not_before.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(read.not_after.to_string(), "2026-04-01T00:00:00Z");
        assert_eq!(read.renew_at().to_string(), "2026-03-02T00:00:00Z");
        let (chain, key) = pair((1975, 1, 1), (4096, 1, 1));
        let read = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(read.not_before.to_string(), "1975-01-01T00:00:00Z");
        assert_eq!(read.not_after.to_string(), "4096-01-01T00:00:00Z");
    }

    #[test]
    fn it_is_for_the_names_that_it_holds_and_no_others() {
        let (chain, key) = pair((2026, 1, 1), (2026, 4, 1));
        let read = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert!(read.is_for("localhost") && read.is_for("LOCALHOST"));
        for other in ["box.example", "127.0.0.1", "localhost.example", "", "a b"] {
            assert!(!read.is_for(other), "{other}");
        }
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let (chain, key) = pair((2026, 1, 1), (2026, 4, 1));
        let (_, other) = pair((2026, 1, 1), (2026, 4, 1));
        let read = |chain: &str, key: &str| Certificate::from_pem(chain.as_bytes(), key.as_bytes());
        assert!(matches!(
            read(&chain, &other),
            Err(CertificateError::Mismatch)
        ));
        assert!(matches!(
            read(&key, &key),
            Err(CertificateError::NoCertificate)
        ));
        assert!(matches!(
            read("", &key),
            Err(CertificateError::NoCertificate)
        ));
        assert!(matches!(read(&chain, &chain), Err(CertificateError::NoKey)));
        let half = &chain[..chain.len() / 2];
        assert!(matches!(
            read(half, &key),
            Err(CertificateError::NoCertificate)
        ));
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_validity() {
        let (chain, _) = pair((2026, 1, 1), (2026, 4, 1));
        let der = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
        let cut: Vec<_> = (0..der.len())
            .filter_map(|end| validity(&der[..end]))
            .collect();
        assert!(cut.is_empty(), "{cut:?}");
        assert_eq!(validity(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
