//! What the tables of people's credentials have in common: API tokens, SSH keys and git tokens are each somebody's, bounded in number,
//! forgotten with a record of it, and note when they were used last.

use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Timestamp, UserId};
use uuid::Uuid;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::row::Fields;
use crate::users::lock_accounts;

/// One table's statements.
pub(crate) struct Credentials {
    /// How many (`n`) a user ($1) has.
    pub(crate) count: &'static str,
    /// Forgets one ($1) of a user's ($2).
    pub(crate) forget: &'static str,
    /// Notes when one ($1) was used ($2), unless that was noted after a moment ($3).
    pub(crate) note_use: &'static str,
}

impl Credentials {
    /// Whether a user has fewer than `most`. Nobody else counts until the transaction's end, so that two at once do not both fit into the
    /// last place.
    pub(crate) async fn have_room(
        &self,
        tx: &mut WriteTransaction,
        user: UserId,
        most: u32,
    ) -> Result<bool, StoreError> {
        lock_accounts(tx).await?;
        let there = sqlx::query(self.count)
            .bind(user.to_string())
            .fetch_one(&mut **tx)
            .await?
            .int("n")?;
        Ok(there < i64::from(most))
    }
}

impl Store {
    /// Forgets one of a user's. `false` where they have no such one.
    pub(crate) async fn forget_credential(
        &self,
        table: &Credentials,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(table.forget)
            .bind(id.to_string())
            .bind(user.to_string())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.commit_deed(tx, deed).await?;
        Ok(true)
    }

    /// Notes that one was used, unless that was noted less than `interval` ago.
    pub(crate) async fn note_use_of_credential(
        &self,
        table: &Credentials,
        id: Uuid,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), StoreError> {
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        sqlx::query(table.note_use)
            .bind(id.to_string())
            .bind(to_millis(now))
            .bind(to_millis(now).saturating_sub(interval))
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
