//! People with accounts. A password hash comes out by one door only: [`Store::credentials`].

use std::fmt;

use longhouse_domain::clock::to_millis;
use longhouse_domain::user::User;
use longhouse_domain::{Role, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, name_key, named, storable};
use crate::{StoreError, api_tokens, tokens};

/// An account to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Its identifier.
    pub id: UserId,
    /// Unique, compared without regard to case.
    pub username: String,
    /// Role.
    pub role: Role,
    /// The `host` permission.
    pub may_use_host: bool,
    /// The password's hash as a PHC string; without one nobody can log in with a password.
    pub password_hash: Option<String>,
}

/// The hash stays out of what `Debug` shows.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("role", &self.role)
            .field("may_use_host", &self.may_use_host)
            .finish_non_exhaustive()
    }
}

/// What to change of an account. `None` leaves it as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// A new role.
    pub role: Option<Role>,
    /// The `host` permission.
    pub may_use_host: Option<bool>,
    /// Whether the account is disabled.
    pub disabled: Option<bool>,
    /// A new password's hash, as a PHC string.
    pub password_hash: Option<String>,
}

impl fmt::Debug for UserChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserChange")
            .field("role", &self.role)
            .field("may_use_host", &self.may_use_host)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// What a login compares with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub user: User,
    /// The PHC string, where the user has a password.
    pub password_hash: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

const INSERT: &str = "insert into users \
     (id, username, username_key, role, may_use_host, disabled, token_version, password_hash, created_at) \
     values ($1, $2, $3, $4, $5, 0, 0, $6, $7) on conflict (username_key) do nothing";

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`].
    pub async fn create_user(
        &self,
        user: &NewUser,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<User, StoreError> {
        let mut tx = self.begin().await?;
        let user = insert(&mut tx, user, now).await?;
        self.commit_deed(tx, deed).await?;
        Ok(user)
    }

    /// Makes the first account of all. `None` where there is one already: of several claims at once exactly one wins.
    pub async fn create_first_user(
        &self,
        user: &NewUser,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut tx = self.begin().await?;
        lock_accounts(&mut tx).await?;
        let there = sqlx::query("select count(*) as n from users")
            .fetch_one(&mut *tx)
            .await?
            .int("n")?;
        if there > 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let user = insert(&mut tx, user, now).await?;
        self.commit_deed(tx, deed).await?;
        Ok(Some(user))
    }

    /// The user with that identifier.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        sqlx::query("select * from users where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// The user of that name, in any case.
    pub async fn user_by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        Ok(self.credentials(username).await?.map(|found| found.user))
    }

    /// What a login compares with.
    pub async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        sqlx::query("select * from users where username_key = $1")
            .bind(name_key(username))
            .fetch_optional(&self.reader)
            .await?
            .map(|row| {
                Ok(Credentials {
                    user: from_row(&row)?,
                    password_hash: row.maybe_text("password_hash")?,
                })
            })
            .transpose()
    }

    /// All users by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        sqlx::query("select * from users order by username_key")
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// How many users there are.
    pub async fn user_count(&self) -> Result<u64, StoreError> {
        let n = sqlx::query("select count(*) as n from users")
            .fetch_one(&self.reader)
            .await?
            .int("n")?;
        Ok(n.unsigned_abs())
    }

    /// Changes an account. Every sign-in ends with it and the token version rises. A new password or a disabled account also
    /// ends the user's API tokens. `None` where there is no such user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where no enabled admin would be left.
    pub async fn change_user(
        &self,
        id: UserId,
        change: &UserChange,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut tx = self.begin().await?;
        lock_accounts(&mut tx).await?;
        let row = sqlx::query(
            "update users set role = coalesce($2, role), may_use_host = coalesce($3, may_use_host), \
             disabled = coalesce($4, disabled), password_hash = coalesce($5, password_hash), \
             token_version = token_version + 1 where id = $1 returning *",
        )
        .bind(id.to_string())
        .bind(change.role.map(Role::as_str))
        .bind(change.may_use_host.map(i64::from))
        .bind(change.disabled.map(i64::from))
        .bind(change.password_hash.clone())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        if change.role.is_some() || change.disabled.is_some() {
            keep_an_admin(&mut tx).await?;
        }
        tokens::revoke_all(&mut tx, id, now).await?;
        if change.password_hash.is_some() || change.disabled == Some(true) {
            api_tokens::delete_all(&mut tx, id).await?;
        }
        self.commit_deed(tx, deed).await?;
        from_row(&row).map(Some)
    }
}

/// Whoever changes who may administer is alone in it until the commit.
pub(crate) async fn lock_accounts(tx: &mut WriteTransaction) -> Result<(), StoreError> {
    sqlx::query("update counters set value = value + 1 where name = 'accounts'")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn keep_an_admin(tx: &mut WriteTransaction) -> Result<(), StoreError> {
    let admins =
        sqlx::query("select count(*) as n from users where role = 'admin' and disabled = 0")
            .fetch_one(&mut **tx)
            .await?
            .int("n")?;
    if admins == 0 {
        return Err(StoreError::Conflict("the last admin must stay one"));
    }
    Ok(())
}

pub(crate) async fn insert(
    tx: &mut WriteTransaction,
    user: &NewUser,
    now: Timestamp,
) -> Result<User, StoreError> {
    let inserted = sqlx::query(INSERT)
        .bind(user.id.to_string())
        .bind(storable(&user.username).into_owned())
        .bind(name_key(&user.username))
        .bind(user.role.as_str())
        .bind(i64::from(user.may_use_host))
        .bind(user.password_hash.clone())
        .bind(to_millis(now))
        .execute(&mut **tx)
        .await?;
    if inserted.rows_affected() == 0 {
        return Err(StoreError::NameTaken);
    }
    let row = sqlx::query("select * from users where id = $1")
        .bind(user.id.to_string())
        .fetch_one(&mut **tx)
        .await?;
    from_row(&row)
}

/// A sign-in of theirs began or went on.
pub(crate) async fn note_seen(
    tx: &mut WriteTransaction,
    user: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update users set last_seen_at = $2 where id = $1")
        .bind(user.to_string())
        .bind(to_millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) fn from_row(row: &AnyRow) -> Result<User, StoreError> {
    Ok(User {
        id: row.parsed("id")?,
        username: row.text("username")?,
        role: named("role", &row.text("role")?, Role::parse)?,
        may_use_host: row.flag("may_use_host")?,
        disabled: row.flag("disabled")?,
        token_version: row.int("token_version")?,
        created_at: row.time("created_at")?,
    })
}
