//! Sign-ins: a login begins one, each refresh token is exchanged for its successor, a logout ends it.
//!
//! A token's successor is made from the token and a key, so that a client whose answer was lost gets the very same one again
//! within [`REPLAY_GRACE`]. After that a token that comes back is a stolen one, and ends the sign-in.

use std::time::Duration;

use longhouse_domain::user::User;
use longhouse_domain::{Timestamp, UserId};
use longhouse_store::{NewSignIn, NewToken, Rotation, SignIn, UserChange};
use uuid::Uuid;

use super::error::AccountError;
use super::identity::{Identity, Revoked};
use super::secret::Secret;
use super::{Accounts, password};

/// How long a sign-in lasts without being used.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long the same successor is given again.
pub const REPLAY_GRACE: Duration = Duration::from_secs(10);

/// How much of what a client says of itself is kept, in characters.
const LONGEST_CLIENT: usize = 200;

/// What signs in, and from where: for its user to recognise later.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// What the client says of itself.
    pub client: String,
    /// The address it comes from.
    pub address: String,
}

/// A sign-in that has just begun or gone on.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Which sign-in.
    pub sign_in: Uuid,
    /// The refresh token: good for one exchange.
    pub refresh: Secret,
}

impl Accounts {
    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`AccountError::WrongCredentials`], after the same time whatever was wrong; [`AccountError::Busy`].
    pub async fn log_in(
        &self,
        username: &str,
        password: Secret,
        visitor: &Visitor,
    ) -> Result<SignedIn, AccountError> {
        let found = self.store.credentials(username).await?;
        let hash = found.as_ref().and_then(|found| found.password_hash.clone());
        let fits = self.passwords.matches(password, hash).await?;
        match found {
            Some(found) if fits && !found.user.disabled => self.begin(found.user, visitor).await,
            _ => Err(AccountError::WrongCredentials),
        }
    }

    /// Begins a sign-in for somebody who has shown otherwise who they are: by having made the first account, or to a provider that
    /// vouches for them.
    pub async fn begin(&self, user: User, visitor: &Visitor) -> Result<SignedIn, AccountError> {
        let (sign_in, refresh) = (Uuid::now_v7(), Secret::random()?);
        let now = self.clock.now();
        let new = NewSignIn {
            id: sign_in,
            user: user.id,
            client: printable(&visitor.client),
            address: printable(&visitor.address),
            token: remembered(&refresh, now),
        };
        self.store.create_sign_in(&new, now).await?;
        Ok(SignedIn {
            user,
            sign_in,
            refresh,
        })
    }

    /// Exchanges a refresh token for its successor.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`]; [`AccountError::TokenReused`], with which the sign-in has ended.
    pub async fn refresh(&self, token: &Secret, key: &[u8; 32]) -> Result<SignedIn, AccountError> {
        let successor = token.successor(key)?;
        let now = self.clock.now();
        let rotation = self
            .store
            .rotate_token(
                &token.hash(),
                &remembered(&successor, now),
                now,
                REPLAY_GRACE,
            )
            .await?;
        let (user, sign_in) = match rotation {
            Rotation::Rotated { user, sign_in }
            | Rotation::ReplayedWithinGrace { user, sign_in } => (user, sign_in),
            Rotation::ReuseDetected { user, sign_in } => {
                tracing::error!(%user, %sign_in, "a refresh token was used twice: the sign-in is ended");
                self.revoke(user, Revoked::SignIn(sign_in));
                let user = self
                    .store
                    .user(user)
                    .await?
                    .ok_or(AccountError::NotSignedIn)?;
                return Err(AccountError::TokenReused {
                    user: Box::new(user),
                    sign_in,
                });
            }
            Rotation::Revoked | Rotation::Expired | Rotation::Unknown => {
                return Err(AccountError::NotSignedIn);
            }
        };
        let user = self
            .store
            .user(user)
            .await?
            .ok_or(AccountError::NotSignedIn)?;
        if user.disabled {
            return Err(AccountError::NotSignedIn);
        }
        Ok(SignedIn {
            user,
            sign_in,
            refresh: successor,
        })
    }

    /// Ends a sign-in. Its connections close.
    pub async fn log_out(&self, identity: &Identity) -> Result<(), AccountError> {
        let Some(sign_in) = identity.sign_in() else {
            return Ok(());
        };
        self.store
            .revoke_sign_in(identity.user.id, sign_in, self.clock.now())
            .await?;
        self.revoke(identity.user.id, Revoked::SignIn(sign_in));
        Ok(())
    }

    /// Where somebody is signed in, the latest used first.
    pub async fn sign_ins(&self, identity: &Identity) -> Result<Vec<SignIn>, AccountError> {
        Ok(self
            .store
            .sign_ins(identity.user.id, self.clock.now())
            .await?)
    }

    /// Ends one of somebody's own sign-ins. Its connections close.
    ///
    /// # Errors
    /// [`AccountError::SignInNotFound`].
    pub async fn end_sign_in(&self, identity: &Identity, id: Uuid) -> Result<(), AccountError> {
        let (user, now) = (identity.user.id, self.clock.now());
        if !self.store.revoke_sign_in(user, id, now).await? {
            return Err(AccountError::SignInNotFound);
        }
        self.revoke(user, Revoked::SignIn(id));
        Ok(())
    }

    /// Ends all of somebody's sign-ins but the one they ask with. Says how many ended.
    pub async fn end_other_sign_ins(&self, identity: &Identity) -> Result<u64, AccountError> {
        let (user, now) = (identity.user.id, self.clock.now());
        let ended = self
            .store
            .revoke_other_sign_ins(user, identity.sign_in(), now)
            .await?;
        self.revoke(user, Revoked::All);
        Ok(ended)
    }

    /// Ends the sign-in of a refresh token, for a client whose access token has run out. Says whose it was.
    pub async fn log_out_token(&self, token: &Secret) -> Result<Option<User>, AccountError> {
        let user = self
            .store
            .revoke_sign_in_of(&token.hash(), self.clock.now())
            .await?;
        let Some(user) = user else {
            return Ok(None);
        };
        // Which sign-in it was is not said, so all of the user's connections ask again who they are.
        self.revoke(user, Revoked::All);
        Ok(self.store.user(user).await?)
    }

    /// Whether somebody can log in with a password: whoever comes by a provider alone has none.
    pub async fn has_password(&self, user: UserId) -> Result<bool, AccountError> {
        let account = self.store.account(user).await?;
        Ok(account.is_some_and(|account| account.has_password))
    }

    /// Changes one's own password, and begins a new sign-in in place of all others, which end.
    ///
    /// # Errors
    /// [`AccountError::WrongCredentials`] where the present password is wrong, [`AccountError::Invalid`].
    pub async fn change_own_password(
        &self,
        identity: &Identity,
        present: Secret,
        new: Secret,
        visitor: &Visitor,
    ) -> Result<SignedIn, AccountError> {
        password::check(&new, "newPassword")?;
        let found = self.store.credentials(&identity.user.username).await?;
        let hash = found.and_then(|found| found.password_hash);
        if !self.passwords.matches(present, hash).await? {
            return Err(AccountError::WrongCredentials);
        }
        let change = UserChange {
            password_hash: Some(self.passwords.hash(new).await?),
            ..UserChange::default()
        };
        let user = self.change(identity.user.id, &change).await?;
        self.begin(user, visitor).await
    }
}

/// What a client says, made fit for a list: no control characters, and not endless.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_CLIENT)
        .collect()
}

fn remembered(token: &Secret, now: Timestamp) -> NewToken {
    NewToken {
        hash: token.hash(),
        expires_at: later(now, REFRESH_LIFETIME),
    }
}

/// A moment after another; the last one there is where that lies beyond it.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
