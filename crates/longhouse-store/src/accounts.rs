//! Accounts as admins see and remove them, and the people with whom something can be shared.

use longhouse_domain::user::User;
use longhouse_domain::{Role, Timestamp, UserId};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::audit::Deed;
use crate::connection::Store;
use crate::row::{Fields, pattern_for};
use crate::users::{from_row, keep_an_admin, lock_accounts};

/// An account as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub user: User,
    /// Whether they can log in with a password.
    pub has_password: bool,
    /// How many sessions are theirs.
    pub sessions: u64,
    /// When a sign-in of theirs last began or went on.
    pub last_seen_at: Option<Timestamp>,
}

/// Somebody with whom something can be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: UserId,
    /// Name.
    pub username: String,
}

/// What came of the wish to remove an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone, with its sign-ins, its shares and whatever else was only theirs.
    Done,
    /// There is no such account.
    Unknown,
    /// It owns sessions: they go first.
    OwnsSessions,
    /// Nobody would be left to administer.
    LastAdmin,
}

/// The most people that one look for somebody to share with finds.
const MAX_PEOPLE: u32 = 50;

const ACCOUNT: &str = "select users.*, \
     (select count(*) from sessions where sessions.owner_id = users.id) as sessions from users";

impl Store {
    /// Every account by name, as an admin sees them.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        sqlx::query(AssertSqlSafe(format!("{ACCOUNT} order by username_key")))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(account_from)
            .collect()
    }

    /// One account, as an admin sees it.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        sqlx::query(AssertSqlSafe(format!("{ACCOUNT} where users.id = $1")))
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| account_from(&row))
            .transpose()
    }

    /// Enabled users in whose name this text occurs, by name, the asking one left out.
    pub async fn people(&self, asking: UserId, text: &str) -> Result<Vec<Person>, StoreError> {
        sqlx::query(
            "select id, username from users where disabled = 0 and id <> $1 \
             and username_key like $2 escape '\\' order by username_key limit $3",
        )
        .bind(asking.to_string())
        .bind(pattern_for(text))
        .bind(i64::from(MAX_PEOPLE))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(|row| {
            Ok(Person {
                id: row.parsed("id")?,
                username: row.text("username")?,
            })
        })
        .collect()
    }

    /// Removes an account that owns no session.
    pub async fn remove_user(&self, id: UserId, deed: &Deed) -> Result<Removed, StoreError> {
        let mut tx = self.begin().await?;
        lock_accounts(&mut tx).await?;
        let owned = sqlx::query("select count(*) as n from sessions where owner_id = $1")
            .bind(id.to_string())
            .fetch_one(&mut *tx)
            .await?
            .int("n")?;
        if owned > 0 {
            return Ok(Removed::OwnsSessions);
        }
        let gone = sqlx::query("delete from users where id = $1 returning *")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await;
        let gone = match gone {
            Ok(Some(row)) => from_row(&row)?,
            Ok(None) => return Ok(Removed::Unknown),
            // A session of theirs was made a moment ago.
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Ok(Removed::OwnsSessions);
            }
            Err(error) => return Err(error.into()),
        };
        if gone.role == Role::Admin {
            match keep_an_admin(&mut tx).await {
                Err(StoreError::Conflict(_)) => return Ok(Removed::LastAdmin),
                kept => kept?,
            }
        }
        self.commit_deed(tx, deed).await?;
        Ok(Removed::Done)
    }
}

fn account_from(row: &AnyRow) -> Result<Account, StoreError> {
    Ok(Account {
        user: from_row(row)?,
        has_password: row.maybe_text("password_hash")?.is_some(),
        sessions: row.int("sessions")?.unsigned_abs(),
        last_seen_at: row.maybe_time("last_seen_at")?,
    })
}
