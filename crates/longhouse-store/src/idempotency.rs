//! Requests that may be sent twice. The key is written first: of two requests at once the second finds it.
//!
//! A session's creation writes its key in its own transaction ([`Store::create_session`]). Other creations claim a key,
//! do their work, and record what came of it.

use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Timestamp, UserId};

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, storable};

/// How long a key is remembered.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a client named its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose request. Keys of different users never meet.
    pub user: UserId,
    /// The key as the client sent it.
    pub name: String,
    /// A hash of method, path and body: the same key with another request is a mistake of the client's.
    pub request_hash: String,
}

/// What is known of a request with that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotentClaim {
    /// Nothing: carry it out, then record the outcome, or abandon the key.
    Fresh,
    /// It was carried out, with this outcome.
    Done(String),
    /// Somebody is carrying it out, or died over it.
    Underway,
}

impl Store {
    /// Claims a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the key belongs to another request.
    pub async fn claim_idempotency_key(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<IdempotentClaim, StoreError> {
        let mut tx = self.begin().await?;
        let claim = claim(&mut tx, key, now).await?;
        tx.commit().await?;
        Ok(claim)
    }

    /// The session that a request with this key made before, if it did: asked before anything else is checked, so that a
    /// repeated request gets its answer even where a new one would be refused.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the key belongs to another request.
    pub async fn session_made_with(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<longhouse_domain::SessionId>, StoreError> {
        let row = sqlx::query(
            "select request_hash, outcome from idempotency_keys where user_id = $1 and name = $2",
        )
        .bind(key.user.to_string())
        .bind(storable(&key.name).into_owned())
        .fetch_optional(&self.reader)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.text("request_hash")? != key.request_hash {
            return Err(StoreError::Conflict(
                "that idempotency key belongs to a different request",
            ));
        }
        row.maybe_text("outcome")?
            .map(|id| crate::row::named("outcome", &id, |id| id.parse().ok()))
            .transpose()
    }

    /// Records what came of a claimed request.
    pub async fn record_outcome(
        &self,
        key: &IdempotencyKey,
        outcome: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        record(&mut tx, key, outcome).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives a claimed key back, because the request failed and may be tried again.
    pub async fn abandon_idempotency_key(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        sqlx::query(
            "delete from idempotency_keys where user_id = $1 and name = $2 and outcome is null",
        )
        .bind(key.user.to_string())
        .bind(storable(&key.name).into_owned())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets keys older than their lifetime. Says how many.
    pub async fn forget_expired_idempotency_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from idempotency_keys where created_at <= $1")
            .bind(oldest_kept(now))
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }
}

fn oldest_kept(now: Timestamp) -> i64 {
    let lifetime = i64::try_from(KEY_LIFETIME.as_millis()).unwrap_or(i64::MAX);
    to_millis(now).saturating_sub(lifetime)
}

/// Claims a key within a transaction. On PostgreSQL a second claim waits here for the first one's commit.
pub(crate) async fn claim(
    tx: &mut WriteTransaction,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<IdempotentClaim, StoreError> {
    let (user, name) = (key.user.to_string(), storable(&key.name).into_owned());
    sqlx::query(
        "delete from idempotency_keys where user_id = $1 and name = $2 and created_at <= $3",
    )
    .bind(user.clone())
    .bind(name.clone())
    .bind(oldest_kept(now))
    .execute(&mut **tx)
    .await?;
    let inserted = sqlx::query(
        "insert into idempotency_keys (user_id, name, request_hash, created_at) \
         values ($1, $2, $3, $4) on conflict (user_id, name) do nothing",
    )
    .bind(user.clone())
    .bind(name.clone())
    .bind(key.request_hash.clone())
    .bind(to_millis(now))
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() > 0 {
        return Ok(IdempotentClaim::Fresh);
    }
    let row = sqlx::query(
        "select request_hash, outcome from idempotency_keys where user_id = $1 and name = $2",
    )
    .bind(user)
    .bind(name)
    .fetch_optional(&mut **tx)
    .await?;
    // The holder may have given the key back since the insertion found it taken.
    let Some(row) = row else {
        return Ok(IdempotentClaim::Underway);
    };
    if row.text("request_hash")? != key.request_hash {
        return Err(StoreError::Conflict(
            "that idempotency key belongs to a different request",
        ));
    }
    Ok(match row.maybe_text("outcome")? {
        Some(outcome) => IdempotentClaim::Done(outcome),
        None => IdempotentClaim::Underway,
    })
}

/// Records an outcome within a transaction.
pub(crate) async fn record(
    tx: &mut WriteTransaction,
    key: &IdempotencyKey,
    outcome: &str,
) -> Result<(), StoreError> {
    sqlx::query("update idempotency_keys set outcome = $3 where user_id = $1 and name = $2")
        .bind(key.user.to_string())
        .bind(storable(&key.name).into_owned())
        .bind(storable(outcome).into_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
