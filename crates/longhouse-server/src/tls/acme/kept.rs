//! What is kept of an authority: our account there, and the last certificate with its key in one file, so that the two are
//! replaced together.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use sha2::{Digest as _, Sha256};

use super::{AcmeError, AcmeSettings};

/// The files of one authority and one set of names: with other settings other files are looked for.
pub(super) struct Kept {
    directory: PathBuf,
    account: PathBuf,
    certificate: PathBuf,
}

impl Kept {
    pub(super) fn new(settings: &AcmeSettings) -> Self {
        let authority = mark([settings.directory.as_str()]);
        let wanted = settings.domains.iter().map(String::as_str);
        let wanted = mark(std::iter::once(settings.directory.as_str()).chain(wanted));
        let directory = settings.kept_in.clone();
        Self {
            account: directory.join(format!("account-{authority}.json")),
            certificate: directory.join(format!("certificate-{wanted}.pem")),
            directory,
        }
    }

    pub(super) fn certificate(&self) -> Result<Option<Vec<u8>>, AcmeError> {
        self.read(&self.certificate)
    }

    pub(super) fn keep_certificate(&self, pem: &str) -> Result<(), AcmeError> {
        self.write(&self.certificate, pem.as_bytes())
    }

    /// Our account. One that cannot be read is as good as none.
    pub(super) fn account(&self) -> Result<Option<AccountCredentials>, AcmeError> {
        let found = self.read(&self.account)?;
        Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(super) fn keep_account(&self, account: &AccountCredentials) -> Result<(), AcmeError> {
        let json = serde_json::to_vec(account).map_err(|error| self.failed(error.into()))?;
        self.write(&self.account, &json)
    }

    /// Forgets the account: the authority does not know it any more.
    pub(super) fn forget_account(&self) -> Result<(), AcmeError> {
        std::fs::remove_file(&self.account).map_err(|error| self.failed(error))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, AcmeError> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// There whole or not at all, and for nobody else to read.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), AcmeError> {
        let written = || {
            let temporary = path.with_extension("tmp");
            match std::fs::remove_file(&temporary) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&temporary, path)?;
            File::open(&self.directory)?.sync_all()
        };
        written().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> AcmeError {
        AcmeError::Kept {
            path: self.directory.display().to_string(),
            error,
        }
    }
}

/// A short name for some texts.
fn mark<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
