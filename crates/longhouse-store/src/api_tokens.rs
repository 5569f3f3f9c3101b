//! API tokens: long-lived credentials for programs. Only their hashes are kept.

use std::fmt;
use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Scopes, Timestamp, UserId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::credentials::Credentials;
use crate::row::{Fields, name_key, named, storable};

const TABLE: Credentials = Credentials {
    count: "select count(*) as n from api_tokens where user_id = $1",
    forget: "delete from api_tokens where id = $1 and user_id = $2",
    note_use: "update api_tokens set last_used_at = $2 \
               where id = $1 and (last_used_at is null or last_used_at <= $3)",
};

/// A token to be remembered.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// Its identifier.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it; unique among theirs, without regard to case.
    pub name: String,
    /// The hash of the token itself.
    pub hash: String,
    /// Its first characters, for its owner to recognise it by.
    pub hint: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

/// The hash stays out of what `Debug` shows.
impl fmt::Debug for NewApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiToken")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its identifier.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters.
    pub hint: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last shown, to within what [`Store::touch_api_token`] was told.
    pub last_used_at: Option<Timestamp>,
}

impl Store {
    /// Remembers a token. `None` where its owner has `most` of them already.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where the owner has one of that name; [`StoreError::Conflict`] where there is no such user.
    pub async fn create_api_token(
        &self,
        new: &NewApiToken,
        most: u32,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<ApiToken>, StoreError> {
        let mut tx = self.begin().await?;
        if !TABLE.have_room(&mut tx, new.user, most).await? {
            return Ok(None);
        }
        let row = sqlx::query(
            "insert into api_tokens (id, user_id, name, name_key, hash, hint, scopes, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (user_id, name_key) do nothing returning *",
        )
        .bind(new.id.to_string())
        .bind(new.user.to_string())
        .bind(storable(&new.name).into_owned())
        .bind(name_key(&new.name))
        .bind(new.hash.clone())
        .bind(new.hint.clone())
        .bind(new.scopes.to_string())
        .bind(to_millis(now))
        .bind(new.expires_at.map(to_millis))
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(StoreError::NameTaken)?;
        self.commit_deed(tx, deed).await?;
        from_row(&row).map(Some)
    }

    /// The token with that hash, whether or not its time is over.
    pub async fn api_token_by_hash(&self, hash: &str) -> Result<Option<ApiToken>, StoreError> {
        sqlx::query("select * from api_tokens where hash = $1")
            .bind(hash)
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The token with that identifier, whether or not its time is over.
    pub async fn api_token(&self, id: Uuid) -> Result<Option<ApiToken>, StoreError> {
        sqlx::query("select * from api_tokens where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// A user's tokens, the newest first.
    pub async fn api_tokens(&self, user: UserId) -> Result<Vec<ApiToken>, StoreError> {
        sqlx::query("select * from api_tokens where user_id = $1 order by created_at desc, id desc")
            .bind(user.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// One of a user's tokens, by its identifier or name.
    pub async fn api_token_of(
        &self,
        user: UserId,
        id_or_name: &str,
    ) -> Result<Option<ApiToken>, StoreError> {
        sqlx::query("select * from api_tokens where user_id = $1 and (id = $2 or name_key = $3)")
            .bind(user.to_string())
            .bind(storable(id_or_name).to_lowercase())
            .bind(name_key(id_or_name))
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// Forgets one of a user's tokens. `false` where they have no such one.
    pub async fn delete_api_token(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        self.forget_credential(&TABLE, user, id, deed).await
    }

    /// Notes that a token was shown, unless that was noted less than `interval` ago.
    pub async fn touch_api_token(
        &self,
        id: Uuid,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), StoreError> {
        self.note_use_of_credential(&TABLE, id, now, interval).await
    }

    /// Forgets tokens that expired before that moment. Says how many.
    pub async fn forget_expired_api_tokens(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from api_tokens where expires_at <= $1")
            .bind(to_millis(before))
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }
}

/// Forgets every token of a user, as part of a change to their account.
pub(crate) async fn delete_all(tx: &mut WriteTransaction, user: UserId) -> Result<(), StoreError> {
    sqlx::query("delete from api_tokens where user_id = $1")
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: named("id", &row.text("id")?, |text| Uuid::try_parse(text).ok())?,
        user: row.parsed("user_id")?,
        name: row.text("name")?,
        hint: row.text("hint")?,
        scopes: named("scopes", &row.text("scopes")?, Scopes::parse)?,
        created_at: row.time("created_at")?,
        expires_at: row.maybe_time("expires_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}
