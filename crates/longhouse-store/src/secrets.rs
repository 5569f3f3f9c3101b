//! Secrets and the keys that seal them, as they lie in the database. Nothing here can open anything: it keeps sealed texts, and
//! sees to it that two who change the same one do not overwrite each other.

use longhouse_domain::clock::to_millis;
use longhouse_domain::{SessionId, Timestamp, UserId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, storable};

/// Whose a secret is. It goes with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretScope {
    /// The server's own.
    Server,
    /// A session's.
    Session(SessionId),
    /// A person's.
    User(UserId),
    /// Of an SSH key: its private half.
    SshKey(Uuid),
    /// Of what is logged in with at a repository: the token.
    GitToken(Uuid),
}

impl SecretScope {
    /// As stored, and as sealed into the secret.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Server => "server".to_owned(),
            Self::Session(id) => format!("session:{id}"),
            Self::User(id) => format!("user:{id}"),
            Self::SshKey(id) => format!("ssh_key:{id}"),
            Self::GitToken(id) => format!("git_token:{id}"),
        }
    }

    fn parse(key: &str) -> Option<Self> {
        match key.split_once(':') {
            None if key == "server" => Some(Self::Server),
            Some(("session", id)) => id.parse().ok().map(Self::Session),
            Some(("user", id)) => id.parse().ok().map(Self::User),
            Some(("ssh_key", id)) => Uuid::try_parse(id).ok().map(Self::SshKey),
            Some(("git_token", id)) => Uuid::try_parse(id).ok().map(Self::GitToken),
            _ => None,
        }
    }
}

/// A key that seals secrets, itself sealed under a master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedDataKey {
    /// Counts up from 1; the highest is the one that new secrets are sealed with.
    pub id: i64,
    /// The master key's fingerprint.
    pub master: String,
    /// The key, sealed.
    pub sealed: String,
}

/// A secret, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// Whose.
    pub scope: SecretScope,
    /// Unique within the scope.
    pub name: String,
    /// Counts its changes from 1.
    pub version: i64,
    /// Which key it is sealed with.
    pub data_key: i64,
    /// The value, sealed.
    pub sealed: String,
}

/// A change of several secrets at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretsChange {
    /// New values, each with the version after the present one.
    pub put: Vec<SealedSecret>,
    /// Names to remove.
    pub remove: Vec<String>,
}

impl Store {
    /// All data keys, the oldest first.
    pub async fn data_keys(&self) -> Result<Vec<SealedDataKey>, StoreError> {
        sqlx::query("select id, master, sealed from data_keys order by id")
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(data_key)
            .collect()
    }

    /// Adds a data key. `false` where another server has taken its number meanwhile.
    pub async fn add_data_key(
        &self,
        key: &SealedDataKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into data_keys (id, master, sealed, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing",
        )
        .bind(key.id)
        .bind(key.master.clone())
        .bind(key.sealed.clone())
        .bind(to_millis(now))
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts all data keys under another master key, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where these are no longer all keys, or no longer under that master key: nothing changed.
    pub async fn replace_data_keys(
        &self,
        from: &str,
        keys: &[SealedDataKey],
    ) -> Result<(), StoreError> {
        const MEANWHILE: StoreError = StoreError::Conflict("the data keys were changed meanwhile");
        let mut tx = self.begin().await?;
        for key in keys {
            let done = sqlx::query(
                "update data_keys set master = $3, sealed = $4 where id = $1 and master = $2",
            )
            .bind(key.id)
            .bind(from.to_owned())
            .bind(key.master.clone())
            .bind(key.sealed.clone())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(MEANWHILE);
            }
        }
        let left = sqlx::query("select count(*) as n from data_keys where master = $1")
            .bind(from.to_owned())
            .fetch_one(&mut *tx)
            .await?
            .int("n")?;
        if left > 0 {
            return Err(MEANWHILE);
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the data keys below `current` that seal nothing any more. How many.
    pub async fn retire_data_keys(&self, current: i64) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "delete from data_keys where id < $1 \
             and not exists (select 1 from secrets where secrets.data_key = data_keys.id)",
        )
        .bind(current)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }

    /// One secret.
    pub async fn secret(
        &self,
        scope: SecretScope,
        name: &str,
    ) -> Result<Option<SealedSecret>, StoreError> {
        sqlx::query("select * from secrets where scope = $1 and name = $2")
            .bind(scope.key())
            .bind(storable(name).into_owned())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| sealed_secret(&row))
            .transpose()
    }

    /// All secrets of one owner, by name.
    pub async fn secrets_of(&self, scope: SecretScope) -> Result<Vec<SealedSecret>, StoreError> {
        sqlx::query("select * from secrets where scope = $1 order by name")
            .bind(scope.key())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(sealed_secret)
            .collect()
    }

    /// Writes a secret whose version is the one after the present one, or 1 for a new one. `false` where somebody else was
    /// faster.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where its owner or its data key is not there (any more).
    pub async fn put_secret(
        &self,
        secret: &SealedSecret,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let written = write(&mut tx, secret, now).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// Removes a secret. `false` where there was none.
    pub async fn remove_secret(&self, scope: SecretScope, name: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let removed = remove(&mut tx, scope, name).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Up to `limit` secrets that are not sealed with this data key.
    pub async fn secrets_under_other_keys(
        &self,
        current: i64,
        limit: u32,
    ) -> Result<Vec<SealedSecret>, StoreError> {
        sqlx::query(
            "select * from secrets where data_key <> $1 order by data_key, scope, name limit $2",
        )
        .bind(current)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(sealed_secret)
        .collect()
    }

    /// Writes secrets in one transaction, each as [`Store::put_secret`] does; those that somebody else changed meanwhile are
    /// passed over. How many were written.
    pub async fn put_secrets(
        &self,
        secrets: &[SealedSecret],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let mut written = 0;
        for secret in secrets {
            written += u64::from(rewrite(&mut tx, secret, now).await?);
        }
        tx.commit().await?;
        Ok(written)
    }

    /// How many secrets each data key seals.
    pub async fn secrets_per_data_key(&self) -> Result<Vec<(i64, u64)>, StoreError> {
        sqlx::query(
            "select k.id, count(s.data_key) as n from data_keys k left join secrets s on s.data_key = k.id \
             group by k.id order by k.id",
        )
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(|row| Ok((row.int("id")?, row.int("n")?.unsigned_abs())))
        .collect()
    }
}

/// Makes a change of one owner's secrets part of a transaction.
///
/// # Errors
/// [`StoreError::Conflict`] where somebody else changed one of them meanwhile.
pub(crate) async fn change(
    tx: &mut WriteTransaction,
    scope: SecretScope,
    change: &SecretsChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    for name in &change.remove {
        remove(tx, scope, name).await?;
    }
    for secret in &change.put {
        if !write(tx, secret, now).await? {
            return Err(StoreError::Conflict("the secrets were changed meanwhile"));
        }
    }
    Ok(())
}

async fn write(
    tx: &mut WriteTransaction,
    secret: &SealedSecret,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if secret.version > 1 {
        return rewrite(tx, secret, now).await;
    }
    let (mut session, mut user, mut ssh_key, mut git_token) = (None, None, None, None);
    match secret.scope {
        SecretScope::Server => {}
        SecretScope::Session(id) => session = Some(id.to_string()),
        SecretScope::User(id) => user = Some(id.to_string()),
        SecretScope::SshKey(id) => ssh_key = Some(id.to_string()),
        SecretScope::GitToken(id) => git_token = Some(id.to_string()),
    }
    let done = sqlx::query(
        "insert into secrets (scope, name, session_id, user_id, ssh_key_id, git_token_id, version, data_key, sealed, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (scope, name) do nothing",
    )
    .bind(secret.scope.key())
    .bind(storable(&secret.name).into_owned())
    .bind(session)
    .bind(user)
    .bind(ssh_key)
    .bind(git_token)
    .bind(secret.version)
    .bind(secret.data_key)
    .bind(secret.sealed.clone())
    .bind(to_millis(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn rewrite(
    tx: &mut WriteTransaction,
    secret: &SealedSecret,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update secrets set version = $3, data_key = $4, sealed = $5, updated_at = $6 \
         where scope = $1 and name = $2 and version = $3 - 1",
    )
    .bind(secret.scope.key())
    .bind(storable(&secret.name).into_owned())
    .bind(secret.version)
    .bind(secret.data_key)
    .bind(secret.sealed.clone())
    .bind(to_millis(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn remove(
    tx: &mut WriteTransaction,
    scope: SecretScope,
    name: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from secrets where scope = $1 and name = $2")
        .bind(scope.key())
        .bind(storable(name).into_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn data_key(row: &AnyRow) -> Result<SealedDataKey, StoreError> {
    Ok(SealedDataKey {
        id: row.int("id")?,
        master: row.text("master")?,
        sealed: row.text("sealed")?,
    })
}

fn sealed_secret(row: &AnyRow) -> Result<SealedSecret, StoreError> {
    Ok(SealedSecret {
        scope: crate::row::named("scope", &row.text("scope")?, SecretScope::parse)?,
        name: row.text("name")?,
        version: row.int("version")?,
        data_key: row.int("data_key")?,
        sealed: row.text("sealed")?,
    })
}
