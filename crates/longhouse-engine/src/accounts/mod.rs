//! People: accounts, passwords, sign-ins, API tokens and tickets.
//!
//! It decides who somebody is. It knows nothing of cookies, headers or JSON web tokens (those are the server's), and nothing
//! of what a user may do with a session (that is the domain's `Actor`).

mod api_token;
mod error;
mod external;
mod identity;
mod link;
mod password;
mod secret;
mod setup;
mod sign_in;
mod ticket;

use std::sync::Arc;

use longhouse_domain::audit::AuditTarget;
use longhouse_domain::user::User;
use longhouse_domain::{Clock, Role, UserId};
pub use longhouse_store::{ApiToken, ExternalIdentity, Link, SignIn, WaysIn};
use longhouse_store::{Deed, NewUser, Removed, Store, UserChange};
use tokio::sync::broadcast;
use uuid::Uuid;

pub(crate) use api_token::LISTED_AFTER_EXPIRY;
pub use api_token::TokenWish;
pub use error::AccountError;
pub use external::{Decides, ExternalLogin, NewcomerPolicy};
pub use identity::{Credential, HeldBy, Identity, Revocation, Revoked, TokenGrant};
pub use link::RECENT;
pub use secret::Secret;
pub use sign_in::{REFRESH_LIFETIME, REPLAY_GRACE, SignedIn, Visitor};
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

    /// The admin who has been there longest: as whom the owner of this process acts on the control socket.
    pub async fn first_admin(&self) -> Result<Option<User>, AccountError> {
        let users = self.store.users().await?;
        Ok(users
            .into_iter()
            .filter(|user| user.role == Role::Admin && !user.disabled)
            .min_by_key(|user| (user.created_at, user.id)))
    }

    /// How many password hashes were computed since the start: the work that logins cost.
    #[must_use]
    pub fn password_hashes(&self) -> u64 {
        self.passwords.computed()
    }

    /// All users by name.
    pub async fn users(&self) -> Result<Vec<User>, AccountError> {
        Ok(self.store.users().await?)
    }

    /// Makes an account. The deed is its record, written with it.
    ///
    /// # Errors
    /// [`AccountError::NameTaken`], [`AccountError::Invalid`].
    pub async fn create_user(&self, new: NewAccount, deed: &Deed) -> Result<User, AccountError> {
        let user = self.prepare(new).await?;
        let deed = creating(&user, deed);
        let now = self.clock.now();
        Ok(self.store.create_user(&user, &deed, now).await?)
    }

    /// Gives a user another password, as an admin does. Every token of theirs stops being good.
    ///
    /// # Errors
    /// [`AccountError::UserNotFound`], [`AccountError::Invalid`].
    pub async fn set_password(
        &self,
        username: &str,
        password: Secret,
        deed: &Deed,
    ) -> Result<User, AccountError> {
        let hash = self.hash(password).await?;
        let user = self
            .store
            .user_by_name(username)
            .await?
            .ok_or(AccountError::UserNotFound)?;
        let change = UserChange {
            password_hash: Some(hash),
            ..UserChange::default()
        };
        self.change(&user, &change, deed).await
    }

    /// Changes an account. Every token of theirs stops being good.
    ///
    /// # Errors
    /// [`AccountError::LastAdmin`] where nobody would be left to administer, [`AccountError::UserNotFound`].
    pub async fn change(
        &self,
        user: &User,
        change: &UserChange,
        deed: &Deed,
    ) -> Result<User, AccountError> {
        let deed = deed.clone().about(account(user));
        let changed = self
            .store
            .change_user(user.id, change, &deed, self.clock.now())
            .await
            .map_err(|error| match error {
                longhouse_store::StoreError::Conflict(_) => AccountError::LastAdmin,
                other => other.into(),
            })?
            .ok_or(AccountError::UserNotFound)?;
        self.revoke(user.id, Revoked::All);
        Ok(changed)
    }

    /// Removes an account that owns no session. Its tokens stop being good.
    ///
    /// # Errors
    /// [`AccountError::OwnsSessions`], [`AccountError::LastAdmin`], [`AccountError::UserNotFound`].
    pub async fn remove(&self, user: &User, deed: &Deed) -> Result<(), AccountError> {
        let deed = deed.clone().about(account(user));
        match self.store.remove_user(user.id, &deed).await? {
            Removed::Done => {}
            Removed::Unknown => return Err(AccountError::UserNotFound),
            Removed::OwnsSessions => return Err(AccountError::OwnsSessions),
            Removed::LastAdmin => return Err(AccountError::LastAdmin),
        }
        self.revoke(user.id, Revoked::All);
        Ok(())
    }

    /// A new password's hash.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] for a password that will not do.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, AccountError> {
        password::check(&password, "password")?;
        self.passwords.hash(password).await
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

    fn revoke(&self, user: UserId, of: Revoked) {
        // Nobody may be listening, and then nobody has to close anything.
        let _ = self.revocations.send(Revocation { user, of });
    }
}

/// An account, as records call it.
fn account(user: &User) -> AuditTarget {
    AuditTarget::new("user", Some(user.id.to_string()), &user.username)
}

/// The deed of making an account: what it is called and what it may do.
fn creating(user: &NewUser, deed: &Deed) -> Deed {
    let target = AuditTarget::new("user", Some(user.id.to_string()), &user.username);
    deed.clone()
        .about(target)
        .with("role", user.role.as_str())
        .with("host", user.may_use_host.to_string())
}

/// A name that somebody tried, as it may be put on record. People paste passwords and tokens where the name belongs: what no account
/// can be called, and what has the form of a token, is not repeated.
#[must_use]
pub fn recordable(tried: &str) -> &str {
    if is_username(tried) && !api_token::is_well_formed(tried) {
        tried
    } else {
        "(not a name)"
    }
}

fn is_username(name: &str) -> bool {
    (1..=LONGEST_USERNAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b'-'))
        // Where a name is asked for an identifier is understood too: nobody may be called as somebody else is numbered.
        && Uuid::try_parse(name).is_err()
}

#[cfg(test)]
mod tests;
