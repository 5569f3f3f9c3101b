//! Who somebody has shown to be, by what, and how long that holds.

use std::time::Duration;

use longhouse_domain::user::User;
use longhouse_domain::{Actor, Scope, Scopes, Timestamp, UserId};
use uuid::Uuid;

use super::Accounts;
use super::error::AccountError;

/// Somebody who showed that they are who they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user: User,
    /// By what they showed it.
    pub by: Credential,
}

/// By what somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The socket that only this process's own user can reach.
    ControlSocket,
    /// A sign-in, by its identifier.
    SignIn(Uuid),
    /// An API token.
    ApiToken(TokenGrant),
}

/// Which credential something else was given out on the strength of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// A sign-in.
    SignIn(Uuid),
    /// An API token.
    ApiToken(Uuid),
}

/// What an API token gives to whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrant {
    /// The token's identifier.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl Identity {
    /// This person, asking. One who shows an API token without the scope for more only looks.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            only_looks: !self.reaches(Scope::SessionsWrite),
            ..self.user.actor()
        }
    }

    /// Whether what they showed may be used for that. A person is not bound by scopes, only their tokens are.
    #[must_use]
    pub fn reaches(&self, scope: Scope) -> bool {
        match &self.by {
            Credential::ControlSocket | Credential::SignIn(_) => true,
            Credential::ApiToken(grant) => grant.scopes.contains(scope),
        }
    }

    /// The sign-in, where there is one.
    #[must_use]
    pub fn sign_in(&self) -> Option<Uuid> {
        match &self.by {
            Credential::SignIn(id) => Some(*id),
            Credential::ControlSocket | Credential::ApiToken(_) => None,
        }
    }
}

/// Tokens that may have stopped being good. Whoever holds an open connection that it concerns asks
/// [`Accounts::identify_again`], and closes it where the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Whose tokens.
    pub user: UserId,
    /// Which of them.
    pub of: Revoked,
}

/// Which of a user's credentials may have stopped being good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Any.
    All,
    /// Those of one sign-in.
    SignIn(Uuid),
    /// One API token.
    ApiToken(Uuid),
}

impl Revocation {
    /// Whether a connection of that identity has to ask.
    #[must_use]
    pub fn concerns(&self, identity: &Identity) -> bool {
        self.user == identity.user.id
            && match (self.of, &identity.by) {
                (Revoked::All, _) => true,
                (Revoked::SignIn(ended), Credential::SignIn(id)) => ended == *id,
                (Revoked::ApiToken(ended), Credential::ApiToken(grant)) => ended == grant.id,
                (Revoked::SignIn(_) | Revoked::ApiToken(_), _) => false,
            }
    }
}

impl Accounts {
    /// Who an access token speaks for, if it is still good: the user is there, enabled, of the same token version, and the
    /// sign-in has not ended. Asked with every request, so that a logout holds at once.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where it is not good any more.
    pub async fn identify(
        &self,
        user: UserId,
        token_version: i64,
        sign_in: Uuid,
    ) -> Result<Identity, AccountError> {
        let found = self.enabled_user(user).await?;
        if found.token_version != token_version {
            return Err(AccountError::NotSignedIn);
        }
        match self.store.live_sign_in(sign_in).await? {
            Some(live) if live.user == user => Ok(Identity {
                user: found,
                by: Credential::SignIn(sign_in),
            }),
            _ => Err(AccountError::NotSignedIn),
        }
    }

    /// The same person a while later, as they are now.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where what they showed has stopped being good since, or they may do other things now.
    pub async fn identify_again(&self, before: &Identity) -> Result<Identity, AccountError> {
        let (user, version) = (before.user.id, before.user.token_version);
        let now = match &before.by {
            Credential::SignIn(sign_in) => return self.identify(user, version, *sign_in).await,
            Credential::ApiToken(grant) => self.identify_token(grant.id).await?,
            Credential::ControlSocket => Identity {
                user: self.enabled_user(user).await?,
                by: Credential::ControlSocket,
            },
        };
        if now.user.token_version == version {
            Ok(now)
        } else {
            Err(AccountError::NotSignedIn)
        }
    }

    /// Who is behind something that was given out on the strength of a credential, if that still holds.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`] where it does not.
    pub async fn identify_held(
        &self,
        user: UserId,
        token_version: i64,
        by: HeldBy,
    ) -> Result<Identity, AccountError> {
        let found = match by {
            HeldBy::SignIn(sign_in) => return self.identify(user, token_version, sign_in).await,
            HeldBy::ApiToken(token) => self.identify_token(token).await?,
        };
        if (found.user.id, found.user.token_version) == (user, token_version) {
            Ok(found)
        } else {
            Err(AccountError::NotSignedIn)
        }
    }

    /// After how long what they showed stops being good by itself, where that is known.
    #[must_use]
    pub fn time_left(&self, identity: &Identity) -> Option<Duration> {
        let Credential::ApiToken(grant) = &identity.by else {
            return None;
        };
        let left = grant.expires_at?.duration_since(self.clock.now());
        Some(left.try_into().unwrap_or_default())
    }

    pub(super) async fn enabled_user(&self, user: UserId) -> Result<User, AccountError> {
        match self.store.user(user).await? {
            Some(user) if !user.disabled => Ok(user),
            _ => Err(AccountError::NotSignedIn),
        }
    }
}
