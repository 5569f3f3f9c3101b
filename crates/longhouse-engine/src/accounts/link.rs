//! The providers from which an account is reached, beside its password or in place of it: linking one, and taking a link away.

use std::time::Duration;

use longhouse_store::{Deed, ExternalIdentity, Link, Linking, StoreError, Unlinking, WaysIn};

use super::Accounts;
use super::error::AccountError;
use super::identity::Identity;
use super::secret::Secret;
use super::sign_in::later;
use crate::error::FieldProblem;

/// How old a login may be that stands for a password, where there is none.
pub const RECENT: Duration = Duration::from_secs(600);

impl Accounts {
    /// Makes sure that it is still the person who logged in, before they open a further way into their account: whoever finds
    /// their browser open, or has their access token, would otherwise make themselves a lasting one.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] where there is a password and it was not given, [`AccountError::WrongCredentials`] where it is
    /// wrong; without a password [`AccountError::LoginTooOld`].
    pub async fn confirm(
        &self,
        identity: &Identity,
        password: Option<Secret>,
        ways: &WaysIn,
    ) -> Result<(), AccountError> {
        let found = self.store.credentials(&identity.user.username).await?;
        let hash = found.and_then(|found| found.password_hash);
        if !ways.passwords || hash.is_none() {
            return self.confirm_by_login(identity).await;
        }
        let password = password.ok_or_else(|| {
            AccountError::Invalid(vec![FieldProblem::new("password", "must be given")])
        })?;
        if self.passwords.matches(password, hash).await? {
            Ok(())
        } else {
            Err(AccountError::WrongCredentials)
        }
    }

    async fn confirm_by_login(&self, identity: &Identity) -> Result<(), AccountError> {
        let Some(sign_in) = identity.sign_in() else {
            return Err(AccountError::LoginTooOld);
        };
        let live = self.store.live_sign_in(sign_in).await?;
        let began = live.ok_or(AccountError::NotSignedIn)?.created_at;
        if later(began, RECENT) < self.clock.now() {
            return Err(AccountError::LoginTooOld);
        }
        Ok(())
    }

    /// From where somebody's account is reached.
    pub async fn links(&self, identity: &Identity) -> Result<Vec<Link>, AccountError> {
        Ok(self.store.links(identity.user.id).await?)
    }

    /// Lets somebody's account be reached by whom a provider vouches for.
    ///
    /// # Errors
    /// [`AccountError::LinkedElsewhere`], [`AccountError::LinkedAlready`].
    pub async fn link(
        &self,
        identity: &Identity,
        who: &ExternalIdentity,
        deed: &Deed,
    ) -> Result<Link, AccountError> {
        let (user, now) = (identity.user.id, self.clock.now());
        match self.store.link(who, user, deed, now).await {
            Ok(Linking::Linked(link)) => Ok(link),
            Ok(Linking::AsAnother) => Err(AccountError::LinkedAlready),
            // They logged in for the first time meanwhile, and have an account of their own now.
            Ok(Linking::OfAnother) | Err(StoreError::Conflict(_)) => {
                Err(AccountError::LinkedElsewhere)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Takes a provider's link away from somebody's account. Who is logged in stays so.
    ///
    /// # Errors
    /// [`AccountError::LinkNotFound`]; [`AccountError::LastWayIn`] where nothing would be left to log in with.
    pub async fn unlink(
        &self,
        identity: &Identity,
        issuer: &str,
        ways: &WaysIn,
        deed: &Deed,
    ) -> Result<(), AccountError> {
        let user = identity.user.id;
        match self.store.unlink(user, issuer, ways, deed).await? {
            Unlinking::Unlinked => Ok(()),
            Unlinking::Unknown => Err(AccountError::LinkNotFound),
            Unlinking::LastWayIn => Err(AccountError::LastWayIn),
        }
    }
}
