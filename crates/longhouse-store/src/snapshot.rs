//! A copy of a SQLite database as it is at one moment, made while a server may be writing to it; and what a restored one begins with.
//!
//! PostgreSQL has its own tools for that (`pg_dump`).

use std::path::Path;

use longhouse_domain::Timestamp;
use longhouse_domain::clock::to_millis;
use sqlx::{AnyConnection, Connection};

use crate::audit::Deed;
use crate::connection::{Store, examine, sqlite_url};
use crate::row::Fields;
use crate::{StoreError, StoreUrl, migrations};

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of its schema.
    pub schema: i64,
    /// How many sessions it remembers.
    pub sessions: u64,
    /// The fingerprint of the master key that its secrets are sealed under, if there are any.
    pub master_key: Option<String>,
}

impl Store {
    /// Copies the database to `target`, where nothing is yet. Nothing is migrated, and writers go on meanwhile. What was deleted
    /// is not in the copy.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`]; [`StoreError::Conflict`] for PostgreSQL.
    pub async fn copy_to(url: &StoreUrl, target: &Path) -> Result<Snapshot, StoreError> {
        let StoreUrl::Sqlite(path) = url else {
            return Err(StoreError::Conflict(
                "a PostgreSQL database is copied with pg_dump",
            ));
        };
        sqlx::any::install_default_drivers();
        let text = |path: &Path| -> Result<String, StoreError> {
            let text = path.to_str().map(str::to_owned);
            text.ok_or_else(|| StoreError::unavailable("the path is not UTF-8"))
        };
        let mut source = AnyConnection::connect(&format!("{}?mode=rw", sqlite_url(path)?)).await?;
        sqlx::query("vacuum into $1")
            .bind(text(target)?)
            .execute(&mut source)
            .await?;
        source.close().await?;
        look_at(target).await
    }

    /// Ends every sign-in and ticket: what was revoked after a copy was made must not come back with it. Without a deed there is no
    /// record: the key that seals the log may not be at hand, and a record without its seal would look like tampering.
    pub async fn end_all_sign_ins(
        &self,
        deed: Option<&Deed>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("update sign_ins set revoked_at = $1 where revoked_at is null")
            .bind(to_millis(now))
            .execute(&mut *tx)
            .await?;
        sqlx::query("delete from tickets").execute(&mut *tx).await?;
        match deed {
            Some(deed) => self.commit_deed(tx, deed).await,
            None => Ok(tx.commit().await?),
        }
    }
}

/// Checks a copy, and says what is in it.
async fn look_at(path: &Path) -> Result<Snapshot, StoreError> {
    let url = format!("{}?mode=rw", sqlite_url(path)?);
    examine(&url).await?;
    let mut connection = AnyConnection::connect(&url).await?;
    let schema = sqlx::query(migrations::VERSION)
        .fetch_one(&mut connection)
        .await?
        .int("version")?;
    let sessions = sqlx::query("select count(*) as n from sessions")
        .fetch_one(&mut connection)
        .await?
        .int("n")?;
    let master = sqlx::query("select master from data_keys order by id desc limit 1")
        .fetch_optional(&mut connection)
        .await?;
    let snapshot = Snapshot {
        schema,
        sessions: sessions.unsigned_abs(),
        master_key: master.map(|row| row.text("master")).transpose()?,
    };
    // Folds the log that was written ahead into the file: the file alone is the copy.
    sqlx::raw_sql("pragma wal_checkpoint(truncate)")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(snapshot)
}
