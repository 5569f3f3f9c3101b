//! Certificates from an authority that speaks ACME (RFC 8555), got by ourselves and renewed in time.
//!
//! ```text
//!   start ──► stored? ──► shown ──► wait for two thirds of its life ──► order ──► stored, shown ─┐
//!               └ no ─────────────────────────────────────────────────────┘ failed: wait, longer ┘
//! ```
//!
//! What is said to the authority stands in [`order`], what is kept in [`kept`].

mod kept;
mod order;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::{Clock, Timestamp};
use tokio_util::sync::CancellationToken;

use super::certificate::CertificateError;
use super::{Certificate, Certificates};
use kept::Kept;

/// The longest time that an order may take.
const ORDER_TIME: Duration = Duration::from_secs(300);

/// The pause after a first failure, and the longest. Let's Encrypt lets a name fail five times an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(120);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// How an authority sees that a name is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// It asks on port 80, where the redirecting listener answers.
    Http01,
    /// It asks on port 443, where this server shows a certificate made for the purpose.
    TlsAlpn01,
}

/// Which certificate is wanted, and from whom.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The address of the authority's directory.
    pub directory: String,
    /// The authority that vouches for that address, in a PEM file; the system's where absent.
    pub directory_ca: Option<PathBuf>,
    /// The names that it is to hold.
    pub domains: Vec<String>,
    /// Where the authority may write to.
    pub email: Option<String>,
    /// How the names are proved.
    pub challenge: Challenge,
    /// Where account and certificate are kept, a directory of our own.
    pub kept_in: PathBuf,
    /// How often to see whether it is time.
    pub check_every: Duration,
}

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// What is kept cannot be read or written.
    #[error("cannot keep account and certificate in {path}: {error}")]
    Kept {
        /// Where.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The authority said no, or cannot be reached.
    #[error("the certificate authority: {0}")]
    Authority(#[from] instant_acme::Error),
    /// It does not offer the proof that we can give.
    #[error("the certificate authority does not offer {0:?} for {1}")]
    NoChallenge(Challenge, String),
    /// It looked and was not convinced.
    #[error("the certificate authority did not accept the proof for {0}")]
    NotProved(String),
    /// It took too long.
    #[error("the certificate authority took too long")]
    Late,
    /// What it sent cannot be used.
    #[error("what the certificate authority sent: {0}")]
    Unusable(#[from] CertificateError),
    /// The proof could not be made.
    #[error("the proof could not be made: {0}")]
    Proof(String),
}

/// The keeper of one certificate.
pub struct Acme {
    settings: AcmeSettings,
    kept: Kept,
    certificates: Certificates,
    clock: Arc<dyn Clock>,
}

impl Acme {
    /// Takes up what is kept, and shows it where it is still good.
    ///
    /// # Errors
    /// Where what is kept cannot be read.
    pub fn open(
        settings: AcmeSettings,
        certificates: Certificates,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AcmeError> {
        let kept = Kept::new(&settings);
        if let Some(pem) = kept.certificate()? {
            match Certificate::from_pem(&pem, &pem) {
                Ok(certificate) => certificates.show(certificate),
                Err(error) => tracing::warn!(%error, "the certificate that was kept is not used"),
            }
        }
        Ok(Self {
            settings,
            kept,
            certificates,
            clock,
        })
    }

    /// Gets a certificate and renews it, until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut failures = 0;
        let mut not_before = Timestamp::MIN;
        loop {
            let now = self.clock.now();
            let due = self
                .certificates
                .current()
                .is_none_or(|shown| shown.renew_at() <= now);
            if due && not_before <= now {
                let obtained = tokio::select! {
                    () = stop.cancelled() => return,
                    obtained = self.obtain() => obtained,
                };
                failures = if obtained.is_ok() { 0 } else { failures + 1 };
                let pause = pause(failures, chance());
                self.report(obtained, pause);
                not_before = self
                    .clock
                    .now()
                    .checked_add(pause)
                    .unwrap_or(Timestamp::MAX);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.settings.check_every) => {}
            }
        }
    }

    async fn obtain(&self) -> Result<Certificate, AcmeError> {
        let ordered = order::order(&self.settings, &self.kept, &self.certificates);
        let obtained = tokio::time::timeout(ORDER_TIME, ordered).await;
        self.certificates.forget_proofs();
        let pem = obtained.map_err(|_| AcmeError::Late)??;
        let certificate = Certificate::from_pem(pem.as_bytes(), pem.as_bytes())?;
        self.kept.keep_certificate(&pem)?;
        self.certificates.show(certificate.clone());
        Ok(certificate)
    }

    fn report(&self, obtained: Result<Certificate, AcmeError>, pause: Duration) {
        match obtained {
            Ok(certificate) => tracing::info!(
                names = ?self.settings.domains, until = %certificate.not_after, "got a certificate"
            ),
            Err(error) => tracing::error!(
                names = ?self.settings.domains, again_in_seconds = pause.as_secs(),
                until = ?self.certificates.current().map(|shown| shown.not_after.to_string()),
                "got no certificate: {error}"
            ),
        }
    }
}

/// How long to wait after so many failures in a row: twice as long each time, and a chance of a quarter less or more, so that
/// servers that failed together do not come back together.
fn pause(failures: u32, chance: f64) -> Duration {
    if failures == 0 {
        return Duration::ZERO;
    }
    let doubled = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(0.75 + chance / 2.0)
}

/// From 0 to 1.
fn chance() -> f64 {
    let mut byte = [0_u8];
    // Without chance all wait equally long, which harms nobody here.
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 256.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_followed_by_longer_and_longer_pauses_that_differ() {
        assert_eq!(pause(0, 0.5), Duration::ZERO);
        let middle: Vec<_> = (1..=20).map(|failures| pause(failures, 0.5)).collect();
        assert_eq!(middle[0], FIRST_PAUSE);
        assert!(middle.is_sorted());
        assert_eq!(middle[19], LONGEST_PAUSE);
        assert_eq!(pause(1, 0.0), FIRST_PAUSE.mul_f64(0.75));
        assert!(pause(u32::MAX, 0.99) < LONGEST_PAUSE.mul_f64(1.25));
    }
}
