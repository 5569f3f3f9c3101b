//! SSH keys: a person's, and those that a session has to itself. Here stand their public halves; the private ones are secrets of the
//! scope [`SecretScope::SshKey`](crate::SecretScope::SshKey), written and removed together with their key.

use std::time::Duration;

use longhouse_domain::clock::to_millis;
use longhouse_domain::{SessionId, Timestamp, UserId};
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::credentials::Credentials;
use crate::row::{Fields, name_key, named, storable, to_json};
use crate::secrets::{self, SealedSecret, SecretsChange};

const TABLE: Credentials = Credentials {
    count: "select count(*) as n from ssh_keys where user_id = $1 and session_id is null",
    forget: "delete from ssh_keys where id = $1 and user_id = $2 and session_id is null",
    note_use: "update ssh_keys set last_used_at = $2 \
               where id = $1 and (last_used_at is null or last_used_at <= $3)",
};

/// An SSH key, without its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    /// Its identifier.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// The one session whose own it is; none for a key that its owner keeps.
    pub session: Option<SessionId>,
    /// What its owner calls it; unique among those that they keep, without regard to case.
    pub name: String,
    /// The public half, as a line of `authorized_keys`.
    pub public_key: String,
    /// The public half's fingerprint, as `ssh-keygen -l` has it.
    pub fingerprint: String,
    /// The hosts that it signs for, beside the host of its session's repository.
    pub hosts: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last signed, to within what [`Store::touch_ssh_key`] was told.
    pub last_used_at: Option<Timestamp>,
}

/// A key to be remembered, with its private half.
#[derive(Clone, Copy, Debug)]
pub struct NewSshKey<'a> {
    /// The key.
    pub key: &'a SshKey,
    /// Its private half, sealed.
    pub private: &'a SealedSecret,
}

impl Store {
    /// Remembers a key that its owner keeps. `false` where they have `most` of them already.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where the owner has one of that name; [`StoreError::Conflict`] where there is no such user.
    pub async fn add_ssh_key(
        &self,
        new: NewSshKey<'_>,
        most: u32,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !TABLE.have_room(&mut tx, new.key.user, most).await? {
            return Ok(false);
        }
        insert(&mut tx, new, now).await?;
        self.commit_deed(tx, deed).await?;
        Ok(true)
    }

    /// The keys that a user keeps, the newest first.
    pub async fn ssh_keys(&self, user: UserId) -> Result<Vec<SshKey>, StoreError> {
        sqlx::query(
            "select * from ssh_keys where user_id = $1 and session_id is null \
             order by created_at desc, id desc",
        )
        .bind(user.to_string())
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// One of the keys that a user keeps.
    pub async fn ssh_key_of(&self, user: UserId, id: Uuid) -> Result<Option<SshKey>, StoreError> {
        let key = self.ssh_key(id).await?;
        Ok(key.filter(|key| key.user == user && key.session.is_none()))
    }

    /// The key of that identifier, for the engine's own use.
    pub async fn ssh_key(&self, id: Uuid) -> Result<Option<SshKey>, StoreError> {
        sqlx::query("select * from ssh_keys where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// Forgets one of the keys that a user keeps, and its private half. `false` where they have no such one.
    pub async fn delete_ssh_key(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        self.forget_credential(&TABLE, user, id, deed).await
    }

    /// Notes that a key has signed, unless that was noted less than `interval` ago.
    pub async fn touch_ssh_key(
        &self,
        id: Uuid,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), StoreError> {
        self.note_use_of_credential(&TABLE, id, now, interval).await
    }
}

/// Writes a key and its private half as part of a transaction.
pub(crate) async fn insert(
    tx: &mut WriteTransaction,
    NewSshKey { key, private }: NewSshKey<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "insert into ssh_keys (id, user_id, session_id, name, name_key, public_key, fingerprint, hosts, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
    )
    .bind(key.id.to_string())
    .bind(key.user.to_string())
    .bind(key.session.map(|session| session.to_string()))
    .bind(storable(&key.name).into_owned())
    .bind(name_key(&key.name))
    .bind(key.public_key.clone())
    .bind(key.fingerprint.clone())
    .bind(to_json(&key.hosts)?)
    .bind(to_millis(key.created_at))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NameTaken);
    }
    let change = SecretsChange {
        put: vec![private.clone()],
        remove: Vec::new(),
    };
    secrets::change(tx, private.scope, &change, now).await
}

fn from_row(row: &AnyRow) -> Result<SshKey, StoreError> {
    let session = row.maybe_text("session_id")?;
    Ok(SshKey {
        id: named("id", &row.text("id")?, |text| Uuid::try_parse(text).ok())?,
        user: row.parsed("user_id")?,
        session: session
            .map(|id| named("session_id", &id, |id| id.parse().ok()))
            .transpose()?,
        name: row.text("name")?,
        public_key: row.text("public_key")?,
        fingerprint: row.text("fingerprint")?,
        hosts: row.json("hosts")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
    })
}
