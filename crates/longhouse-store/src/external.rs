//! Who an account is at an identity provider. An account is found by issuer and subject, never by a name or an address of mail:
//! those can be given to somebody else.

use longhouse_domain::clock::to_millis;
use longhouse_domain::user::User;
use longhouse_domain::{Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, storable};
use crate::users::{NewUser, insert, lock_accounts};

/// Somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider.
    pub issuer: String,
    /// What the provider calls them, for ever.
    pub subject: String,
}

/// That an account is reached from a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The provider.
    pub issuer: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When they last came from there, or when it was made.
    pub last_used_at: Timestamp,
}

/// What became of a link that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linking {
    /// It is there now, or was already.
    Linked(Link),
    /// Somebody at the provider is another account here.
    OfAnother,
    /// The account is somebody else at the same provider.
    AsAnother,
}

/// By what people can log in on this server, as it is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// Whether those who have a password can log in with it.
    pub passwords: bool,
    /// The providers.
    pub issuers: Vec<String>,
}

/// What became of a link that was to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinking {
    /// It is gone.
    Unlinked,
    /// There was none.
    Unknown,
    /// It stays, for its account could not be logged into any more.
    LastWayIn,
}

impl Store {
    /// The account of somebody at a provider; notes that they came.
    pub async fn user_of_external(
        &self,
        identity: &ExternalIdentity,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let row = sqlx::query(
            "update external_identities set last_used_at = $3 where issuer = $1 and subject = $2 returning user_id",
        )
        .bind(storable(&identity.issuer).into_owned())
        .bind(storable(&identity.subject).into_owned())
        .bind(to_millis(now))
        .fetch_optional(&self.writer)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let user: UserId = row.parsed("user_id")?;
        self.user(user).await
    }

    /// Makes an account for somebody at a provider.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] where another account has the name; [`StoreError::Conflict`] where they have an account already.
    pub async fn create_external_user(
        &self,
        identity: &ExternalIdentity,
        user: &NewUser,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<User, StoreError> {
        let mut tx = self.begin().await?;
        let user = insert(&mut tx, user, now).await?;
        insert_link(&mut tx, identity, user.id, now).await?;
        self.commit_deed(tx, deed).await?;
        Ok(user)
    }

    /// From where an account is reached, by provider.
    pub async fn links(&self, user: UserId) -> Result<Vec<Link>, StoreError> {
        sqlx::query("select * from external_identities where user_id = $1 order by issuer")
            .bind(user.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(link_from_row)
            .collect()
    }

    /// Lets an account be reached by somebody at a provider. At each provider it is one person at most.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is no such account.
    pub async fn link(
        &self,
        identity: &ExternalIdentity,
        user: UserId,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Linking, StoreError> {
        let mut tx = self.begin().await?;
        // Whoever looks is alone until the commit, so that of two at once one finds the other.
        lock_accounts(&mut tx).await?;
        let theirs =
            sqlx::query("select * from external_identities where issuer = $1 and subject = $2")
                .bind(storable(&identity.issuer).into_owned())
                .bind(storable(&identity.subject).into_owned())
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(row) = theirs {
            let owner: UserId = row.parsed("user_id")?;
            return Ok(if owner == user {
                Linking::Linked(link_from_row(&row)?)
            } else {
                Linking::OfAnother
            });
        }
        let own = sqlx::query(
            "select subject from external_identities where user_id = $1 and issuer = $2",
        )
        .bind(user.to_string())
        .bind(storable(&identity.issuer).into_owned())
        .fetch_optional(&mut *tx)
        .await?;
        if own.is_some() {
            return Ok(Linking::AsAnother);
        }
        let link = insert_link(&mut tx, identity, user, now).await?;
        self.commit_deed(tx, deed).await?;
        Ok(Linking::Linked(link))
    }

    /// Lets an account be reached no more from a provider, unless that was the last way into it.
    pub async fn unlink(
        &self,
        user: UserId,
        issuer: &str,
        ways: &WaysIn,
        deed: &Deed,
    ) -> Result<Unlinking, StoreError> {
        let mut tx = self.begin().await?;
        lock_accounts(&mut tx).await?;
        let done =
            sqlx::query("delete from external_identities where user_id = $1 and issuer = $2")
                .bind(user.to_string())
                .bind(storable(issuer).into_owned())
                .execute(&mut *tx)
                .await?;
        if done.rows_affected() == 0 {
            return Ok(Unlinking::Unknown);
        }
        if !has_way_in(&mut tx, user, ways).await? {
            return Ok(Unlinking::LastWayIn);
        }
        self.commit_deed(tx, deed).await?;
        Ok(Unlinking::Unlinked)
    }
}

async fn insert_link(
    tx: &mut WriteTransaction,
    identity: &ExternalIdentity,
    user: UserId,
    now: Timestamp,
) -> Result<Link, StoreError> {
    let row = sqlx::query(
        "insert into external_identities (issuer, subject, user_id, created_at, last_used_at) \
         values ($1, $2, $3, $4, $4) returning *",
    )
    .bind(storable(&identity.issuer).into_owned())
    .bind(storable(&identity.subject).into_owned())
    .bind(user.to_string())
    .bind(to_millis(now))
    .fetch_one(&mut **tx)
    .await?;
    link_from_row(&row)
}

/// Whether an account can be logged into as things stand in the transaction.
async fn has_way_in(
    tx: &mut WriteTransaction,
    user: UserId,
    ways: &WaysIn,
) -> Result<bool, StoreError> {
    let password = sqlx::query("select password_hash from users where id = $1")
        .bind(user.to_string())
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| row.maybe_text("password_hash"))
        .transpose()?
        .flatten();
    if ways.passwords && password.is_some() {
        return Ok(true);
    }
    let links = sqlx::query("select issuer from external_identities where user_id = $1")
        .bind(user.to_string())
        .fetch_all(&mut **tx)
        .await?;
    for link in &links {
        if ways.issuers.contains(&link.text("issuer")?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn link_from_row(row: &AnyRow) -> Result<Link, StoreError> {
    Ok(Link {
        issuer: row.text("issuer")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
    })
}
