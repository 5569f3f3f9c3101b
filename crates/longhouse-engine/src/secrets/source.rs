//! Where the master key comes from, as far as the engine has to know. The binary has the bodies: file, environment, command.

use async_trait::async_trait;

use super::error::SecretsError;
use super::key::Key;

/// Keeps the master key, outside of the database.
#[async_trait]
pub trait MasterKeySource: Send + Sync + 'static {
    /// Where it is, for people.
    fn describe(&self) -> String;

    /// The key. `recorded` is the fingerprint of the one that the database asks for; `None` at the very first start, when a key
    /// may be made.
    ///
    /// # Errors
    /// [`SecretsError::Source`] with what to do about it.
    async fn key(&self, recorded: Option<&str>) -> Result<Key, SecretsError>;

    /// The key that is to follow, kept where [`MasterKeySource::key`] finds it should the machine stop at any moment from now
    /// on. `given` is the one that an administrator brought along.
    ///
    /// # Errors
    /// [`SecretsError::Source`] with what to do about it.
    async fn successor(&self, given: Option<Key>) -> Result<Key, SecretsError>;

    /// The successor holds: the key before it is needed no more.
    ///
    /// # Errors
    /// [`SecretsError::Source`]; the successor holds all the same.
    async fn settle(&self) -> Result<(), SecretsError>;
}

/// A key that is at hand: for tests, and for whoever has read it already.
#[async_trait]
impl MasterKeySource for Key {
    fn describe(&self) -> String {
        "a key at hand".to_owned()
    }

    async fn key(&self, _recorded: Option<&str>) -> Result<Key, SecretsError> {
        Ok(self.clone())
    }

    async fn successor(&self, given: Option<Key>) -> Result<Key, SecretsError> {
        given.ok_or_else(|| SecretsError::Source("bring the new key along".to_owned()))
    }

    async fn settle(&self) -> Result<(), SecretsError> {
        Ok(())
    }
}
