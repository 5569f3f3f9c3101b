//! Sign-ins: a login begins one, each refresh token is exchanged for its successor, a logout ends it.
//!
//! A token's successor is made from the token and a key, so that a client whose answer was lost gets the very same one again
//! within [`REPLAY_GRACE`]. After that a token that comes back is a stolen one, and ends the sign-in.

use std::time::Duration;

use longhouse_domain::audit::{AuditActor, AuditTarget};
use longhouse_domain::user::User;
use longhouse_domain::{Timestamp, UserId};
use longhouse_store::{Deed, NewSignIn, NewToken, Rotation, SignIn, UserChange};
use uuid::Uuid;

use super::error::AccountError;
use super::identity::{Identity, Revoked};
use super::secret::Secret;
use super::{Accounts, account, password};

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
    pub async fn refresh(
        &self,
        token: &Secret,
        key: &[u8; 32],
        deed: &Deed,
    ) -> Result<SignedIn, AccountError> {
        let (user, known) = self
            .holder_of(token)
            .await?
            .ok_or(AccountError::NotSignedIn)?;
        let reuse = deed
            .step("auth.end_sign_in")
            .by(AuditActor::system("server"))
            .about(sign_in_of(&user, known))
            .with("why", "a refresh token was used twice");
        let successor = token.successor(key)?;
        let (now, hash) = (self.clock.now(), token.hash());
        let next = remembered(&successor, now);
        let rotation = self
            .store
            .rotate_token(&hash, &next, &reuse, now, REPLAY_GRACE);
        match rotation.await? {
            Rotation::Rotated { .. } | Rotation::ReplayedWithinGrace { .. } => {}
            Rotation::ReuseDetected { sign_in, .. } => {
                tracing::error!(user = %user.id, %sign_in, "a refresh token was used twice: the sign-in is ended");
                self.revoke(user.id, Revoked::SignIn(sign_in));
                return Err(AccountError::TokenReused {
                    user: Box::new(user),
                    sign_in,
                });
            }
            Rotation::Revoked | Rotation::Expired | Rotation::Unknown => {
                return Err(AccountError::NotSignedIn);
            }
        }
        if user.disabled {
            return Err(AccountError::NotSignedIn);
        }
        Ok(SignedIn {
            user,
            sign_in: known,
            refresh: successor,
        })
    }

    /// Ends a sign-in. Its connections close.
    pub async fn log_out(&self, identity: &Identity, deed: &Deed) -> Result<(), AccountError> {
        match identity.sign_in() {
            Some(sign_in) => self.end_own(&identity.user, sign_in, deed).await,
            None => Ok(()),
        }
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
    pub async fn end_sign_in(
        &self,
        identity: &Identity,
        id: Uuid,
        deed: &Deed,
    ) -> Result<(), AccountError> {
        let (user, now) = (identity.user.id, self.clock.now());
        let deed = deed.clone().about(sign_in_of(&identity.user, id));
        if !self.store.revoke_sign_in(user, id, &deed, now).await? {
            return Err(AccountError::SignInNotFound);
        }
        self.revoke(user, Revoked::SignIn(id));
        Ok(())
    }

    /// Ends all of somebody's sign-ins but the one they ask with. Says how many ended.
    pub async fn end_other_sign_ins(
        &self,
        identity: &Identity,
        deed: &Deed,
    ) -> Result<u64, AccountError> {
        let (user, now) = (identity.user.id, self.clock.now());
        let ended = self
            .store
            .revoke_other_sign_ins(user, identity.sign_in(), deed, now)
            .await?;
        self.revoke(user, Revoked::All);
        Ok(ended)
    }

    /// Ends the sign-in of a refresh token, for a client whose access token has run out. Says whose it was.
    pub async fn log_out_token(
        &self,
        token: &Secret,
        deed: &Deed,
    ) -> Result<Option<User>, AccountError> {
        let Some((user, sign_in)) = self.holder_of(token).await? else {
            return Ok(None);
        };
        self.end_own(&user, sign_in, deed).await?;
        Ok(Some(user))
    }

    /// Whose refresh token it is, and of which sign-in, whatever has become of that.
    async fn holder_of(&self, token: &Secret) -> Result<Option<(User, Uuid)>, AccountError> {
        let Some(sign_in) = self.store.sign_in_of_token(&token.hash()).await? else {
            return Ok(None);
        };
        let user = self.store.user(sign_in.user).await?;
        Ok(user.map(|user| (user, sign_in.id)))
    }

    /// Somebody leaves. Where they had left before, that is fine too.
    async fn end_own(&self, user: &User, sign_in: Uuid, deed: &Deed) -> Result<(), AccountError> {
        let (id, now) = (user.id, self.clock.now());
        let deed = deed
            .clone()
            .by(AuditActor::user(id, &user.username))
            .about(account(user));
        self.store.revoke_sign_in(id, sign_in, &deed, now).await?;
        self.revoke(id, Revoked::SignIn(sign_in));
        Ok(())
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
        deed: &Deed,
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
        let user = self.change(&identity.user, &change, deed).await?;
        self.begin(user, visitor).await
    }
}

/// A sign-in, as records call it.
fn sign_in_of(user: &User, id: Uuid) -> AuditTarget {
    AuditTarget::new("sign_in", Some(id.to_string()), &user.username)
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
