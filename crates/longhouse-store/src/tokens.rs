//! Sign-ins and their refresh tokens.
//!
//! A login begins a sign-in with one refresh token. Each use of a token gives out its successor; a token that comes back
//! after that has been stolen from one side or the other, and ends the whole sign-in. One exception: the immediate
//! predecessor of a token that nobody has used yet may come back for a short grace, for then the answer was lost on its way.
//!
//! Only hashes are kept. The caller makes a token's successor from the token itself and a key of the server's, so the same
//! successor can be given again without being stored.

use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Timestamp, UserId};
use uuid::Uuid;

use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, named, storable};
use crate::{StoreError, users};

/// A token to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Its hash.
    pub hash: String,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// A login to be written down.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Its identifier.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What signed in, as it described itself.
    pub client: String,
    /// The address it came from.
    pub address: String,
    /// Its first refresh token.
    pub token: NewToken,
}

/// A sign-in as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Identifier; tokens of the sign-in carry it.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What signed in, as it described itself.
    pub client: String,
    /// The address it came from; empty where that was not written down yet.
    pub address: String,
    /// When.
    pub created_at: Timestamp,
    /// When its token was last exchanged.
    pub last_used_at: Timestamp,
}

/// What came of showing a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new token is remembered in place of the old one.
    Rotated {
        /// Whose.
        user: UserId,
        /// Of which sign-in.
        sign_in: Uuid,
    },
    /// The token was exchanged a moment ago, and nobody has used its successor: give the same successor again.
    ReplayedWithinGrace {
        /// Whose.
        user: UserId,
        /// Of which sign-in.
        sign_in: Uuid,
    },
    /// The token had been exchanged before: the sign-in is revoked now.
    ReuseDetected {
        /// Whose.
        user: UserId,
        /// Of which sign-in.
        sign_in: Uuid,
    },
    /// Its sign-in has been revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// No such token.
    Unknown,
}

impl Store {
    /// Writes down a login with its first refresh token.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the user is not there.
    pub async fn create_sign_in(&self, new: &NewSignIn, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into sign_ins (id, user_id, client, address, created_at, last_used_at) \
             values ($1, $2, $3, $4, $5, $5)",
        )
        .bind(new.id.to_string())
        .bind(new.user.to_string())
        .bind(storable(&new.client).into_owned())
        .bind(storable(&new.address).into_owned())
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await?;
        insert_token(&mut tx, new.id, &new.token, now).await?;
        users::note_seen(&mut tx, new.user, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Exchanges the token with hash `current` for `successor`. Where that ends the sign-in, `reuse` is the record of it.
    pub async fn rotate_token(
        &self,
        current: &str,
        successor: &NewToken,
        reuse: &Deed,
        now: Timestamp,
        grace: Duration,
    ) -> Result<Rotation, StoreError> {
        let mut tx = self.begin().await?;
        // The sign-in's row is written first, so that whatever else concerns this sign-in waits.
        let Some(sign_in) = sqlx::query(
            "update sign_ins set last_used_at = $2 \
             where id = (select sign_in_id from refresh_tokens where hash = $1) returning *",
        )
        .bind(current)
        .bind(to_millis(now))
        .fetch_optional(&mut *tx)
        .await?
        else {
            return Ok(Rotation::Unknown);
        };
        if sign_in.maybe_int("revoked_at")?.is_some() {
            return Ok(Rotation::Revoked);
        }
        let (user, id) = (sign_in.parsed("user_id")?, sign_in.parsed("id")?);
        users::note_seen(&mut tx, user, now).await?;
        let rotation = rotate(&mut tx, (user, id), current, successor, now, grace).await?;
        match rotation {
            Rotation::ReuseDetected { .. } => self.commit_deed(tx, reuse).await?,
            _ => tx.commit().await?,
        }
        Ok(rotation)
    }

    /// The sign-in that a refresh token belongs to, whatever has become of either.
    pub async fn sign_in_of_token(&self, token_hash: &str) -> Result<Option<SignIn>, StoreError> {
        sqlx::query(
            "select * from sign_ins \
             where id = (select sign_in_id from refresh_tokens where hash = $1)",
        )
        .bind(token_hash)
        .fetch_optional(&self.reader)
        .await?
        .map(|row| sign_in_from_row(&row))
        .transpose()
    }

    /// Ends one sign-in of that user's. `false` where they have no such one.
    pub async fn revoke_sign_in(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "update sign_ins set revoked_at = $3 \
             where id = $1 and user_id = $2 and revoked_at is null",
        )
        .bind(id.to_string())
        .bind(user.to_string())
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.commit_deed(tx, deed).await?;
        Ok(true)
    }

    /// Ends every sign-in of that user's but one, or every one. Says how many ended.
    pub async fn revoke_other_sign_ins(
        &self,
        user: UserId,
        keep: Option<Uuid>,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "update sign_ins set revoked_at = $3 \
             where user_id = $1 and id <> $2 and revoked_at is null",
        )
        .bind(user.to_string())
        .bind(keep.unwrap_or_default().to_string())
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await?;
        self.commit_deed(tx, deed).await?;
        Ok(done.rows_affected())
    }

    /// The sign-in of that identifier, unless it has been revoked.
    pub async fn live_sign_in(&self, id: Uuid) -> Result<Option<SignIn>, StoreError> {
        sqlx::query("select * from sign_ins where id = $1 and revoked_at is null")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| sign_in_from_row(&row))
            .transpose()
    }

    /// A user's sign-ins that still hold, the latest used first.
    pub async fn sign_ins(&self, user: UserId, now: Timestamp) -> Result<Vec<SignIn>, StoreError> {
        sqlx::query(
            "select * from sign_ins where user_id = $1 and revoked_at is null and exists \
             (select 1 from refresh_tokens t where t.sign_in_id = sign_ins.id \
              and t.successor_hash is null and t.expires_at > $2) \
             order by last_used_at desc, id",
        )
        .bind(user.to_string())
        .bind(to_millis(now))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(sign_in_from_row)
        .collect()
    }

    /// Forgets sign-ins whose last token has expired. Says how many.
    pub async fn forget_expired_sign_ins(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "delete from sign_ins where not exists \
             (select 1 from refresh_tokens t where t.sign_in_id = sign_ins.id and t.expires_at > $1)",
        )
        .bind(to_millis(now))
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }
}

async fn rotate(
    tx: &mut WriteTransaction,
    (user, sign_in): (UserId, Uuid),
    current: &str,
    successor: &NewToken,
    now: Timestamp,
    grace: Duration,
) -> Result<Rotation, StoreError> {
    let token = sqlx::query(
        "select t.expires_at, t.rotated_at, n.hash as next_hash, n.rotated_at as next_rotated_at \
         from refresh_tokens t left join refresh_tokens n on n.hash = t.successor_hash \
         where t.hash = $1",
    )
    .bind(current)
    .fetch_one(&mut **tx)
    .await?;
    if let Some(rotated_at) = token.maybe_int("rotated_at")? {
        let unused = token.maybe_text("next_hash")?.is_some()
            && token.maybe_int("next_rotated_at")?.is_none();
        let age = to_millis(now).saturating_sub(rotated_at);
        let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        if unused && age <= grace {
            return Ok(Rotation::ReplayedWithinGrace { user, sign_in });
        }
        sqlx::query("update sign_ins set revoked_at = $2 where id = $1")
            .bind(sign_in.to_string())
            .bind(to_millis(now))
            .execute(&mut **tx)
            .await?;
        return Ok(Rotation::ReuseDetected { user, sign_in });
    }
    if token.int("expires_at")? <= to_millis(now) {
        return Ok(Rotation::Expired);
    }
    sqlx::query("update refresh_tokens set rotated_at = $2, successor_hash = $3 where hash = $1")
        .bind(current)
        .bind(to_millis(now))
        .bind(successor.hash.clone())
        .execute(&mut **tx)
        .await?;
    insert_token(tx, sign_in, successor, now).await?;
    Ok(Rotation::Rotated { user, sign_in })
}

async fn insert_token(
    tx: &mut WriteTransaction,
    sign_in: Uuid,
    token: &NewToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into refresh_tokens (hash, sign_in_id, created_at, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(token.hash.clone())
    .bind(sign_in.to_string())
    .bind(to_millis(now))
    .bind(to_millis(token.expires_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends every sign-in of a user, as part of a change to their account.
pub(crate) async fn revoke_all(
    tx: &mut WriteTransaction,
    user: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update sign_ins set revoked_at = $2 where user_id = $1 and revoked_at is null")
        .bind(user.to_string())
        .bind(to_millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn sign_in_from_row(row: &sqlx::any::AnyRow) -> Result<SignIn, StoreError> {
    Ok(SignIn {
        id: named("id", &row.text("id")?, |text| Uuid::try_parse(text).ok())?,
        user: row.parsed("user_id")?,
        client: row.text("client")?,
        address: row.text("address")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
    })
}
