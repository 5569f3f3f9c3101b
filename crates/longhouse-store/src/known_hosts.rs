//! The hosts that people's sessions have spoken to over SSH, each with the key that it showed first. Which key is to be believed is decided
//! elsewhere.

use longhouse_domain::clock::to_millis;
use longhouse_domain::ssh::known::HostKey;
use longhouse_domain::{Timestamp, UserId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::Store;
use crate::row::{Fields, named};

/// A host that is known to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// Its identifier.
    pub id: Uuid,
    /// To whom it is known.
    pub user: UserId,
    /// The host, as known-hosts files name it.
    pub host: String,
    /// The key that it showed first.
    pub key: HostKey,
    /// That key's fingerprint.
    pub fingerprint: String,
    /// When it showed it.
    pub first_seen_at: Timestamp,
    /// The last other key that it showed, and when; it was refused.
    pub refused: Option<(String, Timestamp)>,
}

impl Store {
    /// Remembers a host, unless it is known already. `false` where the user knows `most` hosts.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is no such user.
    pub async fn learn_host(&self, host: &KnownHost, most: u32) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let known = sqlx::query("select count(*) as n from known_hosts where user_id = $1")
            .bind(host.user.to_string())
            .fetch_one(&mut *tx)
            .await?
            .int("n")?;
        if known >= i64::from(most) {
            return Ok(false);
        }
        sqlx::query(
            "insert into known_hosts (id, user_id, host, kind, host_key, fingerprint, first_seen_at) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (user_id, host) do nothing",
        )
        .bind(host.id.to_string())
        .bind(host.user.to_string())
        .bind(host.host.clone())
        .bind(host.key.kind.clone())
        .bind(host.key.base64.clone())
        .bind(host.fingerprint.clone())
        .bind(to_millis(host.first_seen_at))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The hosts that a user knows, by name.
    pub async fn known_hosts(&self, user: UserId) -> Result<Vec<KnownHost>, StoreError> {
        sqlx::query("select * from known_hosts where user_id = $1 order by host, id")
            .bind(user.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The host of that name, as the user knows it.
    pub async fn known_host(
        &self,
        user: UserId,
        host: &str,
    ) -> Result<Option<KnownHost>, StoreError> {
        sqlx::query("select * from known_hosts where user_id = $1 and host = $2")
            .bind(user.to_string())
            .bind(host.to_owned())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The names of the hosts that the user knows by this key.
    pub async fn hosts_known_by(
        &self,
        user: UserId,
        key: &HostKey,
    ) -> Result<Vec<String>, StoreError> {
        sqlx::query(
            "select host from known_hosts where user_id = $1 and kind = $2 and host_key = $3 order by host",
        )
        .bind(user.to_string())
        .bind(key.kind.clone())
        .bind(key.base64.clone())
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(|row| row.text("host"))
        .collect()
    }

    /// Notes that a host showed another key, which was refused.
    pub async fn note_refused_host_key(
        &self,
        id: Uuid,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update known_hosts set refused_fingerprint = $2, refused_at = $3 where id = $1",
        )
        .bind(id.to_string())
        .bind(fingerprint.to_owned())
        .bind(to_millis(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets a host that the user knows. `false` where there is none of that identifier.
    pub async fn forget_host(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("delete from known_hosts where id = $1 and user_id = $2")
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
}

fn from_row(row: &AnyRow) -> Result<KnownHost, StoreError> {
    let (kind, key) = (row.text("kind")?, row.text("host_key")?);
    let refused = row.maybe_text("refused_fingerprint")?;
    Ok(KnownHost {
        id: named("id", &row.text("id")?, |text| Uuid::try_parse(text).ok())?,
        user: row.parsed("user_id")?,
        host: row.text("host")?,
        key: named("host_key", &key, |base64| HostKey::new(&kind, base64))?,
        fingerprint: row.text("fingerprint")?,
        first_seen_at: row.time("first_seen_at")?,
        refused: refused.zip(row.maybe_time("refused_at")?),
    })
}
