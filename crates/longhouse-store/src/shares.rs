//! Shares of sessions: with whom, and to do what. What changes and the events that tell of it are one transaction.

use std::collections::HashMap;

use longhouse_domain::clock::to_millis;
use longhouse_domain::event::{Event, EventKind};
use longhouse_domain::{Actor, Audience, Session, SessionId, ShareAccess, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::audit::Deed;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, named};
use crate::sessions::{as_stored, lock, update};
use crate::sight::{seen_by, visible};
use crate::{StoreError, events};

/// A share of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// With whom.
    pub user: UserId,
    /// Their name.
    pub username: String,
    /// To do what.
    pub access: ShareAccess,
    /// Since when.
    pub created_at: Timestamp,
}

/// Who may do what with a session after a change, with the events that were written with it, to be handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The session as it is now.
    pub session: Session,
    /// Whose it is, and with whom it is shared.
    pub audience: Audience,
    /// What was written to the log.
    pub events: Vec<Event>,
}

impl Store {
    /// Shares a session with a user, or changes what an earlier share lets them do. Where that was so already, nothing is
    /// written and nothing is told. `None` where there is no such session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the user is not there.
    pub async fn share_session(
        &self,
        session: SessionId,
        user: UserId,
        access: ShareAccess,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<Shared>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(record) = lock(&mut tx, session).await? else {
            return Ok(None);
        };
        let owner = record.owner;
        let changed = sqlx::query(
            "insert into shares (session_id, user_id, access, created_at) values ($1, $2, $3, $4) \
             on conflict (session_id, user_id) do update set access = excluded.access \
             where shares.access <> excluded.access",
        )
        .bind(session.to_string())
        .bind(user.to_string())
        .bind(access.as_str())
        .bind(to_millis(now))
        .execute(&mut *tx)
        .await?;
        let mut told = Vec::new();
        if changed.rows_affected() > 0 {
            told = events::append(&mut tx, session, owner, &[EventKind::Updated], now).await?;
        }
        let audience = read_audience(&mut tx, session, owner).await?;
        self.commit_deed(tx, deed).await?;
        Ok(Some(Shared {
            session: record,
            audience,
            events: told,
        }))
    }

    /// Takes a user's share of a session away. For them it is as if it had been deleted, and that is what they are told.
    /// `None` where there is no such session or share.
    pub async fn unshare_session(
        &self,
        session: SessionId,
        user: UserId,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<Shared>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(record) = lock(&mut tx, session).await? else {
            return Ok(None);
        };
        let owner = record.owner;
        let gone = sqlx::query("delete from shares where session_id = $1 and user_id = $2")
            .bind(session.to_string())
            .bind(user.to_string())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(None);
        }
        let mut told = events::append(&mut tx, session, owner, &[EventKind::Updated], now).await?;
        told.extend(events::append_farewells(&mut tx, session, owner, &[user], now).await?);
        let audience = read_audience(&mut tx, session, owner).await?;
        self.commit_deed(tx, deed).await?;
        Ok(Some(Shared {
            session: record,
            audience,
            events: told,
        }))
    }

    /// Makes a session somebody else's. For whom it was before it ceases to exist. `None` where there is no such session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the new owner is not there.
    pub async fn hand_over_session(
        &self,
        session: SessionId,
        to: UserId,
        deed: &Deed,
        now: Timestamp,
    ) -> Result<Option<Shared>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(mut record) = lock(&mut tx, session).await? else {
            return Ok(None);
        };
        let from = std::mem::replace(&mut record.owner, to);
        record.updated_at = now;
        let record = as_stored(record);
        update(&mut tx, &record).await?;
        // What is one's own is not shared with one.
        sqlx::query("delete from shares where session_id = $1 and user_id = $2")
            .bind(session.to_string())
            .bind(to.to_string())
            .execute(&mut *tx)
            .await?;
        let mut told = events::append(&mut tx, session, to, &[EventKind::Updated], now).await?;
        if from != to {
            told.extend(events::append_farewells(&mut tx, session, to, &[from], now).await?);
        }
        let audience = read_audience(&mut tx, session, to).await?;
        self.commit_deed(tx, deed).await?;
        Ok(Some(Shared {
            session: record,
            audience,
            events: told,
        }))
    }

    /// The shares of a session, by name; none where `actor` may not look at the session.
    pub async fn shares(
        &self,
        actor: &Actor,
        session: SessionId,
    ) -> Result<Vec<Share>, StoreError> {
        let sql = concat!(
            "select given.user_id, given.access, given.created_at, users.username \
             from shares given join users on users.id = given.user_id \
             where given.session_id = $3 and exists \
             (select 1 from sessions where sessions.id = $3 and ",
            visible!(),
            ") order by users.username_key"
        );
        seen_by(actor, sql)
            .bind(session.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(|row| {
                Ok(Share {
                    user: row.parsed("user_id")?,
                    username: row.text("username")?,
                    access: access_of(row)?,
                    created_at: row.time("created_at")?,
                })
            })
            .collect()
    }

    /// The sessions that are shared with a user, for the end of their account.
    pub async fn sessions_shared_with(&self, user: UserId) -> Result<Vec<SessionId>, StoreError> {
        sqlx::query("select session_id from shares where user_id = $1")
            .bind(user.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(|row| row.parsed("session_id"))
            .collect()
    }

    /// Every share of every session, for the engine's start.
    pub async fn every_share_for_reconciliation(
        &self,
    ) -> Result<HashMap<SessionId, Vec<(UserId, ShareAccess)>>, StoreError> {
        let rows = sqlx::query("select * from shares")
            .fetch_all(&self.reader)
            .await?;
        let mut shares: HashMap<_, Vec<_>> = HashMap::new();
        for row in &rows {
            shares
                .entry(row.parsed("session_id")?)
                .or_default()
                .push((row.parsed("user_id")?, access_of(row)?));
        }
        Ok(shares)
    }
}

pub(crate) async fn read_audience(
    tx: &mut WriteTransaction,
    session: SessionId,
    owner: UserId,
) -> Result<Audience, StoreError> {
    let rows = sqlx::query("select user_id, access from shares where session_id = $1")
        .bind(session.to_string())
        .fetch_all(&mut **tx)
        .await?;
    let mut audience = Audience::of(owner);
    for row in &rows {
        audience
            .shares
            .insert(row.parsed("user_id")?, access_of(row)?);
    }
    Ok(audience)
}

fn access_of(row: &AnyRow) -> Result<ShareAccess, StoreError> {
    named("access", &row.text("access")?, ShareAccess::parse)
}
