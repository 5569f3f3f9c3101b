//! The first account: whoever reads the server's console, or its environment, becomes admin; nobody else does.

use std::sync::{Mutex, PoisonError};

use longhouse_domain::Role;
use longhouse_domain::audit::AuditActor;
use longhouse_domain::user::User;
use longhouse_store::{Deed, NewUser};

use super::error::AccountError;
use super::secret::Secret;
use super::{Accounts, NewAccount, creating};

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
        deed: &Deed,
    ) -> Result<User, AccountError> {
        if !self.needs_setup().await? {
            return Err(AccountError::SetupClosed);
        }
        // Checked before the password is hashed: an anonymous caller must not make the server work.
        if !self.setup.fits(token) {
            return Err(AccountError::WrongSetupToken);
        }
        let first = first_account(username, password);
        let first = self.prepare(first).await?;
        // Whoever has the token is the person whose account it is.
        let deed = deed.clone().by(AuditActor::user(first.id, &first.username));
        let user = self.make_first(&first, &deed).await?;
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
        deed: &Deed,
    ) -> Result<Option<User>, AccountError> {
        if !self.needs_setup().await? {
            return Ok(None);
        }
        let first = first_account(username.to_owned(), password);
        let first = self.prepare(first).await?;
        self.make_first(&first, deed).await
    }

    async fn make_first(&self, first: &NewUser, deed: &Deed) -> Result<Option<User>, AccountError> {
        let deed = creating(first, deed);
        let now = self.clock.now();
        let made = self.store.create_first_user(first, &deed, now).await?;
        self.setup.set(None);
        Ok(made)
    }
}

fn first_account(username: String, password: Secret) -> NewAccount {
    NewAccount {
        username,
        password,
        role: Role::Admin,
        may_use_host: true,
    }
}
