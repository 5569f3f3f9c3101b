//! Tickets: what opens one WebSocket, once, within half a minute. They may stand in an address, where tokens must not.

use std::time::Duration;

use uuid::Uuid;

use super::error::AccountError;
use super::secret::Secret;
use super::sign_in::later;
use super::{Accounts, Identity};

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
        // The sign-in stands in the ticket itself, which cannot be changed: only the hash of the whole is known. So a logout
        // reaches what a ticket opened, too.
        let ticket = match identity.sign_in {
            Some(sign_in) => Secret::new(format!("{}.{sign_in}", Secret::random()?.reveal())),
            None => Secret::random()?,
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
        let user = self
            .store
            .user(user)
            .await?
            .ok_or(AccountError::NotSignedIn)?;
        let sign_in = ticket
            .reveal()
            .split_once('.')
            .and_then(|(_, sign_in)| Uuid::try_parse(sign_in).ok());
        self.identify_again(&Identity { user, sign_in }).await
    }
}
