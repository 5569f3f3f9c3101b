//! Reading single sessions, and counting them.

use longhouse_domain::{Actor, Permission, Session, SessionId, ShareAccess, Status, UserId};
use sqlx::any::AnyRow;

use super::record::from_row;
use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, name_key, named};
use crate::sight::{seen_by, visible, visible_columns};

/// What addresses a session in a URL: its identifier or its name. No name reads as an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionRef {
    /// By identifier.
    Id(SessionId),
    /// By name, in any case.
    Name(String),
}

impl SessionRef {
    /// Reads a URL's segment. Any text is a reference, if only to a session that is not there.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::Id(id),
            Err(_) => Self::Name(text.to_owned()),
        }
    }
}

impl From<SessionId> for SessionRef {
    fn from(id: SessionId) -> Self {
        Self::Id(id)
    }
}

/// A session as it is there for one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// The record.
    pub session: Session,
    /// The most that the actor may do with it.
    pub access: Permission,
    /// With how many users it is shared.
    pub shared: u64,
}

/// Reads what [`visible_columns`] holds. The query has the condition already; that the domain says the same is asked once
/// more, and where it does not, there is nothing.
pub(crate) fn visible_from(row: &AnyRow, actor: &Actor) -> Result<Option<Visible>, StoreError> {
    let session = from_row(row)?;
    let share = row
        .maybe_text("own_share")?
        .map(|name| named("access", &name, ShareAccess::parse))
        .transpose()?;
    let shared = row.int("shared")?.unsigned_abs();
    let access = actor.access(session.owner, share);
    Ok(access.map(|access| Visible {
        session,
        access,
        shared,
    }))
}

/// How many sessions have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Written down, not begun.
    pub pending: u64,
    /// Being made.
    pub starting: u64,
    /// Running.
    pub running: u64,
    /// At rest.
    pub stopped: u64,
    /// At rest after a fault.
    pub error: u64,
}

impl StatusCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pending + self.starting + self.running + self.stopped + self.error
    }

    fn slot(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Pending => &mut self.pending,
            Status::Starting => &mut self.starting,
            Status::Running => &mut self.running,
            Status::Stopped => &mut self.stopped,
            Status::Error => &mut self.error,
        }
    }
}

impl Store {
    /// The session that `actor` means, if there is one and they may look at it.
    pub async fn session(
        &self,
        actor: &Actor,
        session: &SessionRef,
    ) -> Result<Option<Visible>, StoreError> {
        const BY_ID: &str = concat!(
            "select ",
            visible_columns!(),
            " from sessions where sessions.id = $3 and ",
            visible!()
        );
        const BY_NAME: &str = concat!(
            "select ",
            visible_columns!(),
            " from sessions where sessions.name_key = $3 and ",
            visible!()
        );
        let (sql, key) = match session {
            SessionRef::Id(id) => (BY_ID, id.to_string()),
            SessionRef::Name(name) => (BY_NAME, name_key(name)),
        };
        let row = seen_by(actor, sql)
            .bind(key)
            .fetch_optional(&self.reader)
            .await?;
        match row {
            Some(row) => visible_from(&row, actor),
            None => Ok(None),
        }
    }

    /// One session, for the engine's own work on it. Nothing of it goes to a user who was not asked for before.
    pub async fn session_for_reconciliation(
        &self,
        id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        sqlx::query("select * from sessions where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await?
            .map(|row| from_row(&row))
            .transpose()
    }

    /// Every session of every user, for the engine's start: those at rest too, since the paper may be wrong.
    pub async fn every_session_for_reconciliation(&self) -> Result<Vec<Session>, StoreError> {
        sqlx::query("select * from sessions order by created_at, id")
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Every session of one user, for what happens to their account.
    pub async fn sessions_owned_by(&self, owner: UserId) -> Result<Vec<Session>, StoreError> {
        sqlx::query("select * from sessions where owner_id = $1 order by created_at, id")
            .bind(owner.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// How many sessions have each status: one user's, or all.
    pub async fn session_counts(&self, owner: Option<UserId>) -> Result<StatusCounts, StoreError> {
        let rows: Vec<AnyRow> = match owner {
            Some(owner) => sqlx::query(
                "select status, count(*) as n from sessions where owner_id = $1 group by status",
            )
            .bind(owner.to_string())
            .fetch_all(&self.reader)
            .await?,
            None => {
                sqlx::query("select status, count(*) as n from sessions group by status")
                    .fetch_all(&self.reader)
                    .await?
            }
        };
        let mut counts = StatusCounts::default();
        for row in &rows {
            let status = named("status", &row.text("status")?, Status::parse)?;
            *counts.slot(status) = row.int("n")?.unsigned_abs();
        }
        Ok(counts)
    }
}
