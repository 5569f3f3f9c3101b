//! Who a person's commits are by, where a session does not say.

use longhouse_domain::UserId;
use longhouse_domain::session::GitIdentity;

use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, storable};

impl Store {
    /// A user's identity; what they have not said is absent.
    pub async fn git_identity(&self, user: UserId) -> Result<GitIdentity, StoreError> {
        let row = sqlx::query("select git_user_name, git_user_email from users where id = $1")
            .bind(user.to_string())
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else {
            return Ok(GitIdentity::default());
        };
        Ok(GitIdentity {
            user_name: row.maybe_text("git_user_name")?,
            user_email: row.maybe_text("git_user_email")?,
        })
    }

    /// Keeps a user's identity, in place of the one before. `false` where there is no such user.
    pub async fn set_git_identity(
        &self,
        user: UserId,
        identity: &GitIdentity,
    ) -> Result<bool, StoreError> {
        let text = |text: &Option<String>| text.as_deref().map(|text| storable(text).into_owned());
        let done =
            sqlx::query("update users set git_user_name = $2, git_user_email = $3 where id = $1")
                .bind(user.to_string())
                .bind(text(&identity.user_name))
                .bind(text(&identity.user_email))
                .execute(&self.writer)
                .await?;
        Ok(done.rows_affected() > 0)
    }
}
