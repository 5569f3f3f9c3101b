//! Tickets: what opens one WebSocket, once, within half a minute. They may stand in an address, where tokens must not.

use std::time::Duration;

use uuid::Uuid;

use super::Accounts;
use super::error::AccountError;
use super::identity::{Credential, Identity};
use super::secret::Secret;
use super::sign_in::later;

/// How long a ticket is good.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

/// Longest name of a resource, in bytes.
const LONGEST_RESOURCE: usize = 512;

impl Accounts {
    /// A ticket for one resource: the path of the address that it will open.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] for a resource that no address can have.
    pub async fn issue_ticket(
        &self,
        identity: &Identity,
        resource: &str,
    ) -> Result<Secret, AccountError> {
        if !resource.starts_with('/') || resource.len() > LONGEST_RESOURCE {
            return Err(AccountError::Invalid(vec![
                crate::error::FieldProblem::new(
                    "resource",
                    "must be the path of an address of this server, at most 512 bytes long",
                ),
            ]));
        }
        // What it was asked for with stands in the ticket itself, which cannot be changed: only the hash of the whole is known.
        // So a logout reaches what a ticket opened, too, and a token's scopes hold there.
        let chance = Secret::random()?;
        let ticket = match &identity.by {
            Credential::SignIn(id) => Secret::new(format!("{}.s{id}", chance.reveal())),
            Credential::ApiToken(grant) => {
                Secret::new(format!("{}.t{}", chance.reveal(), grant.id))
            }
            Credential::ControlSocket => chance,
        };
        let expires = later(self.clock.now(), TICKET_LIFETIME);
        self.store
            .create_ticket(&ticket.hash(), identity.user.id, resource, expires)
            .await?;
        Ok(ticket)
    }

    /// Who a ticket for that resource speaks for. It is used up, whatever the answer.
    ///
    /// # Errors
    /// [`AccountError::NotSignedIn`].
    pub async fn redeem_ticket(
        &self,
        ticket: &Secret,
        resource: &str,
    ) -> Result<Identity, AccountError> {
        let user = self
            .store
            .consume_ticket(&ticket.hash(), resource, self.clock.now())
            .await?
            .ok_or(AccountError::NotSignedIn)?;
        let user = self.enabled_user(user).await?;
        let of = ticket.reveal().split_once('.').map(|(_, of)| of);
        let id = |text: &str| Uuid::try_parse(text).map_err(|_| AccountError::NotSignedIn);
        match of.and_then(|of| of.split_at_checked(1)) {
            Some(("s", sign_in)) => {
                self.identify(user.id, user.token_version, id(sign_in)?)
                    .await
            }
            Some(("t", token)) => self.identify_token(id(token)?).await,
            Some(_) | None => Ok(Identity {
                user,
                by: Credential::ControlSocket,
            }),
        }
    }
}
