//! A certificate and its key in two files that somebody else renews.
//!
//! They are read again every few seconds, rather than watched: what stands behind a chain of symlinks, as certbot makes them,
//! changes without a trace at the place where one would look.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::Certificates;
use super::certificate::{Certificate, CertificateError};

/// Largest file that is read. A chain has some kilobytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Permissions of a key that are too many: for everybody, and for the group to write. Reading by a group is how Debian shares
/// keys between services.
const TOO_OPEN: u32 = 0o027;

/// Where the two lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What was read, and a mark that tells it from what is read later.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    mark: [u8; 32],
}

impl CertificateFiles {
    /// Reads both.
    ///
    /// # Errors
    /// Where they cannot be used; the text names the file.
    pub fn load(&self) -> Result<Certificate, CertificateError> {
        let contents = self.read()?;
        Certificate::from_pem(&contents.certificate, &contents.key)
    }

    fn read(&self) -> Result<Contents, CertificateError> {
        let certificate = read(&self.certificate, |_| true)?;
        let key = read(&self.key, |mode| mode & TOO_OPEN == 0)?;
        let mut mark = Sha256::new();
        mark.update((certificate.len() as u64).to_be_bytes());
        mark.update(&certificate);
        mark.update(&key);
        Ok(Contents {
            mark: mark.finalize().into(),
            certificate,
            key,
        })
    }

    /// Shows what the files hold, whenever they hold something else, until `stop`. What cannot be used changes nothing and is
    /// complained of once.
    pub async fn follow(
        self,
        certificates: Certificates,
        every: Duration,
        stop: CancellationToken,
    ) {
        let mut last = Seen::default();
        loop {
            let files = self.clone();
            let read = tokio::task::spawn_blocking(move || files.read()).await;
            if let Ok(read) = read {
                last.look(&self, read, &certificates);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }
}

/// What the last look found.
#[derive(Default)]
struct Seen {
    mark: Option<[u8; 32]>,
    complaint: Option<String>,
}

impl Seen {
    fn look(
        &mut self,
        files: &CertificateFiles,
        read: Result<Contents, CertificateError>,
        certificates: &Certificates,
    ) {
        let loaded = match read {
            Ok(contents) if self.mark == Some(contents.mark) => return,
            Ok(contents) => {
                let first = self.mark.replace(contents.mark).is_none();
                let loaded = Certificate::from_pem(&contents.certificate, &contents.key);
                loaded.map(|certificate| (certificate, first))
            }
            Err(error) => Err(error),
        };
        match loaded {
            Ok((certificate, first)) => {
                if !first || self.complaint.is_some() {
                    tracing::info!(until = %certificate.not_after, "a new certificate is in use");
                }
                self.complaint = None;
                certificates.show(certificate);
            }
            Err(error) => {
                let complaint = error.to_string();
                if self.complaint.as_ref() != Some(&complaint) {
                    tracing::error!(
                        certificate = %files.certificate.display(), key = %files.key.display(),
                        "the new certificate is not used, the old one stays: {complaint}"
                    );
                }
                self.complaint = Some(complaint);
            }
        }
    }
}

fn read(path: &Path, allowed: impl Fn(u32) -> bool) -> Result<Vec<u8>, CertificateError> {
    let unreadable = |error| CertificateError::Read {
        path: path.display().to_string(),
        error,
    };
    // What is opened is what is judged: a link may lead elsewhere a moment later.
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !allowed(metadata.permissions().mode()) {
        return Err(CertificateError::Exposed {
            path: path.display().to_string(),
        });
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn what_cannot_be_used_changes_nothing_and_is_complained_of_once() {
        let files = CertificateFiles {
            certificate: "cert.pem".into(),
            key: "key.pem".into(),
        };
        let certificates = Certificates::default();
        let mut seen = Seen::default();
        let mut look = |certificate: &str, key: &str, mark: u8| {
            let contents = Contents {
                certificate: certificate.as_bytes().to_vec(),
                key: key.as_bytes().to_vec(),
                mark: [mark; 32],
            };
            seen.look(&files, Ok(contents), &certificates);
            let shown = certificates.current().unwrap();
            (shown.key().cert[0].clone(), seen.complaint.is_some())
        };
        let ((first, first_key), (second, second_key)) = (pair(), pair());
        let (shown, complains) = look(&first, &first_key, 1);
        assert!(!complains);
        assert_eq!(look(&second, &first_key, 2), (shown.clone(), true));
        assert_eq!(look(&second, "", 3), (shown.clone(), true));
        assert_eq!(look("", &second_key, 4), (shown.clone(), true));
        let (other, complains) = look(&second, &second_key, 5);
        assert!(other != shown && !complains);
        assert_eq!(look(&first, &first_key, 6), (shown, false));
    }
}
