//! All secrets of one owner at once: named texts, as sessions have them.

use longhouse_domain::{SecretText, Secrets};
use longhouse_store::{SealedSecret, SecretScope, SecretsChange};

use super::error::SecretsError;
use super::{TRIES, Vault};
use crate::session::request::SecretsPatch;

impl Vault {
    /// All of an owner's secrets.
    pub async fn texts_of(&self, scope: SecretScope) -> Result<Secrets, SecretsError> {
        for _ in 0..TRIES {
            let sealed = self.inner.store.secrets_of(scope).await?;
            let opened: Result<Option<Secrets>, _> =
                sealed.iter().map(|secret| self.text(secret)).collect();
            if let Some(secrets) = opened? {
                return Ok(secrets);
            }
            self.reload().await?;
        }
        Err(SecretsError::Busy)
    }

    /// `None` where it is sealed with a key that was made elsewhere since the last look.
    fn text(&self, secret: &SealedSecret) -> Result<Option<(String, SecretText)>, SecretsError> {
        let Some(plain) = self.opened(secret)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&plain).map_err(|_| SecretsError::Damaged {
            what: format!("the secret {} of {}", secret.name, secret.scope.key()),
        })?;
        Ok(Some((secret.name.clone(), SecretText::new(text))))
    }

    /// The first secrets of a new owner, sealed, for whoever writes them down together with it.
    pub(crate) fn sealed_first(
        &self,
        scope: SecretScope,
        secrets: &Secrets,
    ) -> Result<Vec<SealedSecret>, SecretsError> {
        secrets
            .iter()
            .map(|(name, secret)| self.seal(scope, name, 1, secret.reveal().as_bytes()))
            .collect()
    }

    /// A change of an owner's secrets, sealed, for whoever writes it down together with something else.
    pub(crate) async fn sealed_change(
        &self,
        scope: SecretScope,
        patch: SecretsPatch,
    ) -> Result<SecretsChange, SecretsError> {
        let before = self.inner.store.secrets_of(scope).await?;
        let mut change = SecretsChange::default();
        for (name, secret) in patch {
            let Some(secret) = secret else {
                change.remove.push(name);
                continue;
            };
            let known = before.iter().find(|known| known.name == name);
            let version = known.map_or(0, |known| known.version) + 1;
            let sealed = self.seal(scope, &name, version, secret.reveal().as_bytes())?;
            change.put.push(sealed);
        }
        Ok(change)
    }
}
