//! Passwords: argon2id at the recommended cost, off the async threads, a few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::error::AccountError;
use super::secret::Secret;
use crate::error::FieldProblem;

/// Shortest and longest password, in bytes. The upper bound keeps a login from costing more than it must.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;

/// How many are hashed at once: each takes 19 MiB and one processor for about 50 ms.
const AT_ONCE: usize = 2;

/// How long a login waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a login of an unknown user is compared with, so that it takes as long as any other. No password has this hash: its
/// digits were chosen, not computed.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bG9uZ2hvdXNlLW5vYm9keQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The door to hashing.
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    /// How often a hash was computed.
    computed: AtomicU64,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            computed: AtomicU64::new(0),
        }
    }

    /// How often a hash was computed since the start.
    pub(super) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The PHC string of a password, with a salt of its own: m = 19 MiB, t = 2, p = 1.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, AccountError> {
        self.in_turn(move || {
            Argon2::default()
                .hash_password(password.reveal().as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| AccountError::Internal(format!("hashing failed: {error}")))
        })
        .await?
    }

    /// Whether the password has that hash. Without a hash it says no, and takes as long to say it.
    pub(super) async fn matches(
        &self,
        password: Secret,
        hash: Option<String>,
    ) -> Result<bool, AccountError> {
        // Longer than any password can be: there is nothing to compare, but it is compared all the same.
        let (password, known) = if password.reveal().len() > *LENGTHS.end() {
            (Secret::new(""), None)
        } else {
            (password, hash)
        };
        self.in_turn(move || {
            let text = known.as_deref().unwrap_or(NOBODYS_HASH);
            let hash = PasswordHash::new(text).map_err(|error| {
                AccountError::Internal(format!("a stored hash cannot be read: {error}"))
            })?;
            let fits = Argon2::default()
                .verify_password(password.reveal().as_bytes(), &hash)
                .is_ok();
            Ok(fits && known.is_some())
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| AccountError::Busy)?
            .map_err(|_| AccountError::Busy)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|error| AccountError::Internal(format!("hashing ended early: {error}")))
    }
}

/// Whether a new password will do.
pub(super) fn check(password: &Secret, field: &str) -> Result<(), AccountError> {
    if LENGTHS.contains(&password.reveal().len()) {
        return Ok(());
    }
    Err(AccountError::Invalid(vec![FieldProblem::new(
        field,
        format!("must have {} to {} bytes", LENGTHS.start(), LENGTHS.end()),
    )]))
}
