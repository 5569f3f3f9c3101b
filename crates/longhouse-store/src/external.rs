//! Who an account is at an identity provider. An account is found by issuer and subject, never by a name or an address of mail:
//! those can be given to somebody else.

use longhouse_domain::clock::to_millis;
use longhouse_domain::user::User;
use longhouse_domain::{Timestamp, UserId};

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::Store;
use crate::row::{Fields, storable};
use crate::users::{NewUser, insert};

/// Somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider.
    pub issuer: String,
    /// What the provider calls them, for ever.
    pub subject: String,
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
        sqlx::query(
            "insert into external_identities (issuer, subject, user_id, created_at, last_used_at) \
             values ($1, $2, $3, $4, $4)",
        )
        .bind(storable(&identity.issuer).into_owned())
        .bind(storable(&identity.subject).into_owned())
        .bind(user.id.to_string())
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await?;
        self.commit_deed(tx, deed).await?;
        Ok(user)
    }
}
