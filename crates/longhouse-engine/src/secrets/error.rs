//! Why a secret cannot be kept or given back, named for what the caller will do about it. No value is ever quoted.

use longhouse_store::StoreError;

/// Why the secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The master key is another one than the secrets were sealed under.
    #[error(
        "the secrets in the database are sealed under the master key {expected}, and this server was given the master key {given}: \
         give it the right one, or restore the backup that belongs to this key"
    )]
    WrongMasterKey {
        /// The fingerprint of the right one.
        expected: String,
        /// The fingerprint of the one at hand.
        given: String,
    },
    /// A sealed text does not open although its key is the right one.
    #[error("{what} is damaged: restore the database from a backup")]
    Damaged {
        /// What.
        what: String,
    },
    /// Others change the same secrets again and again.
    #[error("the secrets are being changed by somebody else: try again")]
    Busy,
    /// The source of the master key does not do as it should; the text says what to do.
    #[error("{0}")]
    Source(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoChance(String),
    /// More than can be sealed in one piece.
    #[error("the secret is too long")]
    TooLong,
    /// The store's own trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
}
