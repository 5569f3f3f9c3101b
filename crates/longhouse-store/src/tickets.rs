//! One-use tickets that open a WebSocket. They are kept here so that any replica can take what another gave out.

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Timestamp, UserId};

use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, storable};

impl Store {
    /// Remembers a ticket by its hash, for one user and one resource.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the user is not there.
    pub async fn create_ticket(
        &self,
        hash: &str,
        user: UserId,
        resource: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into tickets (hash, user_id, resource, expires_at) values ($1, $2, $3, $4)",
        )
        .bind(hash)
        .bind(user.to_string())
        .bind(storable(resource).into_owned())
        .bind(to_millis(expires_at))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Takes a ticket: whose it is, if it holds for that resource. It is used up in any case, so of two that show it at
    /// once one gets in.
    pub async fn consume_ticket(
        &self,
        hash: &str,
        resource: &str,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let row = sqlx::query("delete from tickets where hash = $1 returning *")
            .bind(hash)
            .fetch_optional(&self.writer)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let holds =
            row.text("resource")? == storable(resource) && row.int("expires_at")? > to_millis(now);
        holds.then(|| row.parsed("user_id")).transpose()
    }

    /// Forgets tickets that nobody used in time. Says how many.
    pub async fn forget_expired_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from tickets where expires_at <= $1")
            .bind(to_millis(now))
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }
}
