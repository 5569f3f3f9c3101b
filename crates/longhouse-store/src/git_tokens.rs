//! What people log in with at repositories over HTTPS. The tokens themselves are secrets of the scope
//! [`SecretScope::GitToken`](crate::SecretScope::GitToken), written and removed together with what stands here.

use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{Timestamp, UserId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::Store;
use crate::credentials::Credentials;
use crate::row::{Fields, named};
use crate::secrets::{self, SealedSecret, SecretsChange};

const TABLE: Credentials = Credentials {
    count: "select count(*) as n from git_tokens where user_id = $1",
    forget: "delete from git_tokens where id = $1 and user_id = $2",
    note_use: "update git_tokens set last_used_at = $2 \
               where id = $1 and (last_used_at is null or last_used_at <= $3)",
};

/// A token, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitToken {
    /// Its identifier.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// `host`, or `host:port`.
    pub host: String,
    /// Of the repositories that it is for; empty for all of the host's.
    pub path: String,
    /// The name that goes with it.
    pub username: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When a session last used it, to within what [`Store::touch_git_token`] was told.
    pub last_used_at: Option<Timestamp>,
}

impl Store {
    /// Remembers a token. `false` where its owner has `most` of them already.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where there is one for that place; [`StoreError::Conflict`] where there is no such user.
    pub async fn add_git_token(
        &self,
        token: &GitToken,
        sealed: &SealedSecret,
        most: u32,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !TABLE.have_room(&mut tx, token.user, most).await? {
            return Ok(false);
        }
        let done = sqlx::query(
            "insert into git_tokens (id, user_id, host, path, username, created_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(token.id.to_string())
        .bind(token.user.to_string())
        .bind(token.host.clone())
        .bind(token.path.clone())
        .bind(token.username.clone())
        .bind(to_millis(token.created_at))
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NameTaken);
        }
        let change = SecretsChange {
            put: vec![sealed.clone()],
            remove: Vec::new(),
        };
        secrets::change(&mut tx, sealed.scope, &change, token.created_at).await?;
        self.commit_deed(tx, deed).await?;
        Ok(true)
    }

    /// A user's tokens, by the places that they are for.
    pub async fn git_tokens(&self, user: UserId) -> Result<Vec<GitToken>, StoreError> {
        sqlx::query("select * from git_tokens where user_id = $1 order by host, path, id")
            .bind(user.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Forgets one of a user's tokens. `false` where they have no such one.
    pub async fn delete_git_token(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        self.forget_credential(&TABLE, user, id, deed).await
    }

    /// Notes that a token was used, unless that was noted less than `interval` ago.
    pub async fn touch_git_token(
        &self,
        id: Uuid,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), StoreError> {
        self.note_use_of_credential(&TABLE, id, now, interval).await
    }
}

fn from_row(row: &AnyRow) -> Result<GitToken, StoreError> {
    Ok(GitToken {
        id: named("id", &row.text("id")?, |text| Uuid::try_parse(text).ok())?,
        user: row.parsed("user_id")?,
        host: row.text("host")?,
        path: row.text("path")?,
        username: row.text("username")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}
