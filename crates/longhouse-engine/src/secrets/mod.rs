//! Secrets: kept in the database, sealed with a data key; the data keys are sealed under a master key that is not in the database.
//!
//! ```text
//! master key (file, environment, command) ──seals──► data keys ──seal──► secrets, each for its owner, name and version
//! ```
//!
//! It knows neither files nor routes: the binary brings the master key, and whoever asks for a secret has been let through before.

mod error;
mod key;
mod owner;
mod ring;
mod rotation;
mod seal;
mod source;
mod wrap;

use std::sync::{Arc, PoisonError, RwLock};

use longhouse_domain::Clock;
use longhouse_store::{SealedSecret, SecretScope, Store};
use zeroize::Zeroizing;

pub use error::SecretsError;
pub use key::{KEY_BYTES, Key};
pub use rotation::VaultState;
pub use source::MasterKeySource;
pub use wrap::WrappedKey;

use ring::Ring;

/// How often a change is tried again that somebody else's change came before.
const TRIES: u32 = 8;

/// The secrets of one store. A clone is another handle on the same ones.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    source: Arc<dyn MasterKeySource>,
    open: RwLock<Open>,
    /// Held by whoever rotates: one rotation at a time.
    rotating: tokio::sync::Mutex<()>,
    /// Held from reading the data keys until they are what is open, so that an older look never replaces a newer one.
    looking: tokio::sync::Mutex<()>,
}

/// What is open in memory.
#[derive(Clone)]
struct Open {
    master: Key,
    ring: Ring,
}

impl Vault {
    /// Opens the secrets with the master key that `source` has; the first data key is made where there is none.
    ///
    /// # Errors
    /// [`SecretsError::WrongMasterKey`]; [`SecretsError::Source`] where there is no usable key; [`SecretsError::Damaged`].
    pub async fn open(
        store: Store,
        source: Arc<dyn MasterKeySource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SecretsError> {
        let sealed = store.data_keys().await?;
        let recorded = sealed.last().map(|key| key.master.clone());
        let master = source.key(recorded.as_deref()).await?;
        let ring = Ring::open(&master, &sealed)?;
        let is_new = ring.current().is_none();
        let vault = Self {
            inner: Arc::new(Inner {
                store,
                clock,
                source,
                open: RwLock::new(Open { master, ring }),
                rotating: tokio::sync::Mutex::default(),
                looking: tokio::sync::Mutex::default(),
            }),
        };
        if is_new {
            vault.add_data_key().await?;
        }
        Ok(vault)
    }

    /// A secret's value; `None` where there is none of that name.
    pub async fn get(
        &self,
        scope: SecretScope,
        name: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        for _ in 0..TRIES {
            let Some(secret) = self.inner.store.secret(scope, name).await? else {
                return Ok(None);
            };
            if let Some(plain) = self.opened(&secret)? {
                return Ok(Some(plain));
            }
            self.reload().await?;
        }
        Err(SecretsError::Busy)
    }

    /// Keeps a value, in place of the one before.
    ///
    /// # Errors
    /// [`SecretsError::Store`] where its owner is not there.
    pub async fn put(
        &self,
        scope: SecretScope,
        name: &str,
        value: &[u8],
    ) -> Result<(), SecretsError> {
        for _ in 0..TRIES {
            let before = self.inner.store.secret(scope, name).await?;
            let version = before.map_or(0, |secret| secret.version) + 1;
            if self.write(scope, name, version, value).await? {
                return Ok(());
            }
        }
        Err(SecretsError::Busy)
    }

    /// Keeps a value unless there is one, and gives the one that holds: of several servers that start at once, all get the same.
    pub async fn get_or_put(
        &self,
        scope: SecretScope,
        name: &str,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        for _ in 0..TRIES {
            if let Some(found) = self.get(scope, name).await? {
                return Ok(found);
            }
            if self.write(scope, name, 1, value).await? {
                return Ok(Zeroizing::new(value.to_vec()));
            }
        }
        Err(SecretsError::Busy)
    }

    /// Forgets a secret. `false` where there was none.
    pub async fn remove(&self, scope: SecretScope, name: &str) -> Result<bool, SecretsError> {
        Ok(self.inner.store.remove_secret(scope, name).await?)
    }

    /// Seals a value without writing it down, for whoever writes it together with something else.
    pub(crate) fn seal(
        &self,
        scope: SecretScope,
        name: &str,
        version: i64,
        value: &[u8],
    ) -> Result<SealedSecret, SecretsError> {
        let open = self.at_hand();
        let (data_key, key) = open.ring.current().ok_or_else(no_data_key)?;
        let mut secret = SealedSecret {
            scope,
            name: name.to_owned(),
            version,
            data_key,
            sealed: String::new(),
        };
        secret.sealed = seal::seal(key, &place(&secret), value)?;
        Ok(secret)
    }

    /// Writes one version. `false` where somebody else was faster, or the key has been retired meanwhile.
    async fn write(
        &self,
        scope: SecretScope,
        name: &str,
        version: i64,
        value: &[u8],
    ) -> Result<bool, SecretsError> {
        let secret = self.seal(scope, name, version, value)?;
        let now = self.inner.clock.now();
        match self.inner.store.put_secret(&secret, now).await {
            Err(longhouse_store::StoreError::Conflict(why)) => {
                self.reload().await?;
                if self.at_hand().ring.get(secret.data_key).is_some() {
                    // The key is there, so it is the owner that is not.
                    return Err(longhouse_store::StoreError::Conflict(why).into());
                }
                Ok(false)
            }
            written => Ok(written?),
        }
    }

    /// The value of a sealed secret; `None` where it is sealed with a key that was made elsewhere since the last look.
    fn opened(&self, secret: &SealedSecret) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        let open = self.at_hand();
        let Some(key) = open.ring.get(secret.data_key) else {
            return Ok(None);
        };
        match seal::open(key, &place(secret), &secret.sealed) {
            Some(plain) => Ok(Some(plain)),
            None => Err(SecretsError::Damaged {
                what: format!("the secret {} of {}", secret.name, secret.scope.key()),
            }),
        }
    }

    /// Looks at the data keys again: another process may have changed them.
    async fn reload(&self) -> Result<(), SecretsError> {
        let _looking = self.inner.looking.lock().await;
        let sealed = self.inner.store.data_keys().await?;
        let master = self.at_hand().master;
        let ring = Ring::open(&master, &sealed)?;
        self.set_open(Open { master, ring });
        Ok(())
    }

    fn at_hand(&self) -> Open {
        let open = self.inner.open.read();
        open.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_open(&self, open: Open) {
        let slot = self.inner.open.write();
        *slot.unwrap_or_else(PoisonError::into_inner) = open;
    }
}

/// What a secret is sealed for. The name comes last and may hold anything.
fn place(secret: &SealedSecret) -> String {
    format!(
        "secrets:{}:{}:{}:{}",
        secret.scope.key(),
        secret.version,
        secret.data_key,
        secret.name
    )
}

fn no_data_key() -> SecretsError {
    SecretsError::Damaged {
        what: "the list of data keys".to_owned(),
    }
}

#[cfg(test)]
mod tests;
