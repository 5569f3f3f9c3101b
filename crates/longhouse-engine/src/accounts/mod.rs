//! People: accounts, passwords, sign-ins and tickets.
//!
//! It decides who somebody is. It knows nothing of cookies, headers or JSON web tokens (those are the server's), and nothing
//! of what a user may do with a session (that is the domain's `Actor`).

mod error;
mod password;
mod secret;
mod setup;
mod sign_in;
mod ticket;

use std::sync::Arc;

use longhouse_domain::user::User;
use longhouse_domain::{Clock, Role, UserId};
use longhouse_store::{NewUser, Store, UserChange};
use tokio::sync::broadcast;
use uuid::Uuid;

pub use error::AccountError;
pub use secret::Secret;
pub use sign_in::{REFRESH_LIFETIME, REPLAY_GRACE, SignedIn};
pub use ticket::TICKET_LIFETIME;

use crate::error::FieldProblem;
use password::Passwords;
use setup::SetupToken;

/// How many revocations may wait for a slow listener. A listener that missed some asks again who its user is.
const REVOCATIONS_KEPT: usize = 256;

/// Longest user name, in characters.
const LONGEST_USERNAME: usize = 64;

/// Everybody with an account. A clone is another handle on the same accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    setup: Arc<SetupToken>,
    revocations: broadcast::Sender<Revocation>,
}

/// Somebody who showed that they are who they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user: User,
    /// By which sign-in; `None` where there is none (the control socket).
    pub sign_in: Option<Uuid>,
}

/// Tokens that may have stopped being good. Whoever holds an open connection that it concerns asks
/// [`Accounts::identify_again`], and closes it where the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Whose tokens.
    pub user: UserId,
    /// Those of one sign-in, or all of the user's.
    pub sign_in: Option<Uuid>,
}

impl Revocation {
    /// Whether a connection of that identity has to ask.
    #[must_use]
    pub fn concerns(&self, identity: &Identity) -> bool {
        self.user == identity.user.id
            && (self.sign_in.is_none() || self.sign_in == identity.sign_in)
    }
}

/// An account to be made by somebody who may make accounts.
pub struct NewAccount {
    /// Unique, compared without regard to case; 1 to 64 of `a-z A-Z 0-9 . _ @ -`.
    pub username: String,
    /// 8 to 1024 bytes.
    pub password: Secret,
    /// Role.
    pub role: Role,
    /// The `host` permission.
    pub may_use_host: bool,
}

impl Accounts {
    /// The accounts in this store.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            passwords: Arc::new(Passwords::new()),
            setup: Arc::new(SetupToken::default()),
            revocations: broadcast::Sender::new(REVOCATIONS_KEPT),
        }
    }

    /// What stops being good from now on.
    #[must_use]
    pub fn revocations(&self) -> broadcast::Receiver<Revocation> {
        self.revocations.subscribe()
    }

    /// Who a token speaks for, if it is still good: the user is there, enabled, of the same token version, and the sign-in
    /// has not ended. Asked with every request, so that a logout holds at once.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where it is not good any more.
    pub async fn identify(
        &self,
        user: UserId,
        token_version: i64,
        sign_in: Uuid,
    ) -> Result<Identity, AccountError> {
        let found = self
            .store
            .user(user)
            .await?
            .ok_or(AccountError::NotSignedIn)?;
        if found.disabled || found.token_version != token_version {
            return Err(AccountError::NotSignedIn);
        }
        match self.store.live_sign_in(sign_in).await? {
            Some(live) if live.user == user => Ok(Identity {
                user: found,
                sign_in: Some(sign_in),
            }),
            _ => Err(AccountError::NotSignedIn),
        }
    }

    /// The same person a while later, as they are now.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where their tokens have stopped being good since.
    pub async fn identify_again(&self, before: &Identity) -> Result<Identity, AccountError> {
        if let Some(sign_in) = before.sign_in {
            return self
                .identify(before.user.id, before.user.token_version, sign_in)
                .await;
        }
        match self.store.user(before.user.id).await? {
            Some(user) if !user.disabled && user.token_version == before.user.token_version => {
                Ok(Identity {
                    user,
                    sign_in: None,
                })
            }
            _ => Err(AccountError::NotSignedIn),
        }
    }

    /// The admin who has been there longest: as whom the owner of this process acts on the control socket.
    pub async fn first_admin(&self) -> Result<Option<User>, AccountError> {
        let users = self.store.users().await?;
        Ok(users
            .into_iter()
            .filter(|user| user.role == Role::Admin && !user.disabled)
            .min_by_key(|user| (user.created_at, user.id)))
    }

    /// All users by name.
    pub async fn users(&self) -> Result<Vec<User>, AccountError> {
        Ok(self.store.users().await?)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`AccountError::NameTaken`], [`AccountError::Invalid`].
    pub async fn create_user(&self, new: NewAccount) -> Result<User, AccountError> {
        let user = self.prepare(new).await?;
        Ok(self.store.create_user(&user, self.clock.now()).await?)
    }

    /// Gives a user another password, as an admin does. Every token of theirs stops being good.
    ///
    /// # Errors
    /// [`AccountError::UserNotFound`], [`AccountError::Invalid`].
    pub async fn set_password(
        &self,
        username: &str,
        password: Secret,
    ) -> Result<User, AccountError> {
        password::check(&password, "password")?;
        let user = self
            .store
            .user_by_name(username)
            .await?
            .ok_or(AccountError::UserNotFound)?;
        let change = UserChange {
            password_hash: Some(self.passwords.hash(password).await?),
            ..UserChange::default()
        };
        self.change(user.id, &change).await
    }

    /// Disables or enables an account. A disabled one's tokens stop being good.
    ///
    /// # Errors
    /// [`AccountError::LastAdmin`] where nobody would be left to administer, [`AccountError::UserNotFound`].
    pub async fn change(&self, user: UserId, change: &UserChange) -> Result<User, AccountError> {
        let changed = self
            .store
            .change_user(user, change, self.clock.now())
            .await
            .map_err(|error| match error {
                longhouse_store::StoreError::Conflict(_) => AccountError::LastAdmin,
                other => other.into(),
            })?
            .ok_or(AccountError::UserNotFound)?;
        self.revoke(user, None);
        Ok(changed)
    }

    /// Forgets sign-ins and tickets whose time is over. For a timer.
    pub async fn forget_expired(&self) -> Result<(), AccountError> {
        let now = self.clock.now();
        self.store.forget_expired_tickets(now).await?;
        self.store.forget_expired_sign_ins(now).await?;
        Ok(())
    }

    async fn prepare(&self, new: NewAccount) -> Result<NewUser, AccountError> {
        let mut problems = Vec::new();
        if !is_username(&new.username) {
            problems.push(FieldProblem::new(
                "username",
                "must have 1 to 64 letters, digits, '.', '_', '@' or '-'",
            ));
        }
        if let Err(AccountError::Invalid(more)) = password::check(&new.password, "password") {
            problems.extend(more);
        }
        if !problems.is_empty() {
            return Err(AccountError::Invalid(problems));
        }
        Ok(NewUser {
            id: UserId(Uuid::now_v7()),
            username: new.username,
            role: new.role,
            may_use_host: new.may_use_host,
            password_hash: Some(self.passwords.hash(new.password).await?),
        })
    }

    fn revoke(&self, user: UserId, sign_in: Option<Uuid>) {
        // Nobody may be listening, and then nobody has to close anything.
        let _ = self.revocations.send(Revocation { user, sign_in });
    }
}

fn is_username(name: &str) -> bool {
    (1..=LONGEST_USERNAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b'-'))
}

#[cfg(test)]
mod tests;
