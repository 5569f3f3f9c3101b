//! The first account: whoever reads the server's console, or its environment, becomes admin; nobody else does.

use std::sync::{Mutex, PoisonError};

use longhouse_domain::Role;
use longhouse_domain::user::User;

use super::error::AccountError;
use super::secret::Secret;
use super::{Accounts, NewAccount};

/// The hash of the token that opens the set-up, from when it was asked for until it was used. It lives as long as the
/// process: the next start prints another one.
#[derive(Default)]
pub(super) struct SetupToken(Mutex<Option<String>>);

impl SetupToken {
    fn set(&self, hash: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hash;
    }

    fn fits(&self, token: &Secret) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_deref()
            .is_some_and(|hash| token.has_hash(hash))
    }
}

impl Accounts {
    /// Whether the first account has yet to be made.
    pub async fn needs_setup(&self) -> Result<bool, AccountError> {
        Ok(self.store.user_count().await? == 0)
    }

    /// A token that opens the set-up, to be shown once on the server's console; it replaces an earlier one. `None` where
    /// there is an account already.
    pub async fn setup_token(&self) -> Result<Option<Secret>, AccountError> {
        if !self.needs_setup().await? {
            return Ok(None);
        }
        let token = Secret::random()?;
        self.setup.set(Some(token.hash()));
        Ok(Some(token))
    }

    /// Makes the first account, an admin. Of several claims at once exactly one wins.
    ///
    /// # Errors
    /// [`AccountError::SetupClosed`], [`AccountError::WrongSetupToken`], [`AccountError::Invalid`].
    pub async fn set_up(
        &self,
        token: &Secret,
        username: String,
        password: Secret,
    ) -> Result<User, AccountError> {
        if !self.needs_setup().await? {
            return Err(AccountError::SetupClosed);
        }
        // Checked before the password is hashed: an anonymous caller must not make the server work.
        if !self.setup.fits(token) {
            return Err(AccountError::WrongSetupToken);
        }
        let user = self.make_first(username, password).await?;
        user.ok_or(AccountError::SetupClosed)
    }

    /// Makes the first account where there is none, as `LONGHOUSE_ADMIN_PASSWORD` asks. `None` where there is one: a
    /// password that was changed since is not set back.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] for a password that will not do.
    pub async fn ensure_admin(
        &self,
        username: &str,
        password: Secret,
    ) -> Result<Option<User>, AccountError> {
        if !self.needs_setup().await? {
            return Ok(None);
        }
        self.make_first(username.to_owned(), password).await
    }

    async fn make_first(
        &self,
        username: String,
        password: Secret,
    ) -> Result<Option<User>, AccountError> {
        let first = self
            .prepare(NewAccount {
                username,
                password,
                role: Role::Admin,
                may_use_host: true,
            })
            .await?;
        let made = self
            .store
            .create_first_user(&first, self.clock.now())
            .await?;
        self.setup.set(None);
        Ok(made)
    }
}
