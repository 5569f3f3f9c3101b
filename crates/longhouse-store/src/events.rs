//! The log of events that all share: an outbox, written in the transaction that changes the state.
//!
//! Positions come from a counter row and not from the database's own sequences: raising the counter locks it until the
//! commit, so positions become visible in their order and without gaps, and a reader that has seen `n` never meets a
//! smaller one later. The counter outlives trimming, so no position is given twice.

use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::event::{Event, EventKind};
use longhouse_domain::{Actor, SessionId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, named, to_json};
use crate::sight::{seen_by, visible};

/// Which part of the log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventBounds {
    /// The oldest position that is kept; `latest + 1` where none is.
    pub oldest: i64,
    /// The latest position ever given; 0 before the first event.
    pub latest: i64,
}

/// What a reader missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// These events, in order; empty where nothing was missed.
    Events(Vec<Event>),
    /// Some of it is no longer kept, or the position is from another log: read the state anew, and go on from `latest`.
    Reload {
        /// The latest position.
        latest: i64,
    },
}

impl Store {
    /// Writes down events that change no state of a session (progress, a terminal's end).
    pub async fn append_events(
        &self,
        session: SessionId,
        owner: UserId,
        what: &[EventKind],
        now: Timestamp,
    ) -> Result<Vec<Event>, StoreError> {
        let mut tx = self.begin().await?;
        let events = append(&mut tx, session, owner, what, now).await?;
        tx.commit().await?;
        Ok(events)
    }

    /// Events after position `since`, in order, `limit` at most. For the server's own relay, which knows every owner.
    pub async fn events_since(&self, since: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
        sqlx::query("select * from events where seq > $1 order by seq limit $2")
            .bind(since)
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// What `actor` missed after position `since`: the first `limit` events that they may know.
    pub async fn catch_up(
        &self,
        actor: &Actor,
        since: i64,
        limit: u32,
    ) -> Result<CatchUp, StoreError> {
        // A deleted session has no row to see; whoever owned it may still know of its end.
        let sql = concat!(
            "select * from events where seq > $3 and (only_for = $1 or (only_for is null and \
             (owner_id = $1 or $2 = 1 or exists \
             (select 1 from sessions where sessions.id = events.session_id and ",
            visible!(),
            ")))) order by seq limit $4"
        );
        let events = seen_by(actor, sql)
            .bind(since)
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await?;
        // The bounds are read after the events: what was trimmed in between shows.
        let bounds = self.event_bounds().await?;
        if since < bounds.oldest - 1 || since > bounds.latest {
            return Ok(CatchUp::Reload {
                latest: bounds.latest,
            });
        }
        Ok(CatchUp::Events(
            events.iter().map(from_row).collect::<Result<_, _>>()?,
        ))
    }

    /// Which part of the log is kept.
    pub async fn event_bounds(&self) -> Result<EventBounds, StoreError> {
        let row = sqlx::query(
            "select value as latest, (select min(seq) from events) as oldest \
             from counters where name = 'events'",
        )
        .fetch_one(&self.reader)
        .await?;
        let latest = row.int("latest")?;
        Ok(EventBounds {
            oldest: row.maybe_int("oldest")?.unwrap_or(latest + 1),
            latest,
        })
    }

    /// Forgets all but the latest `keep` events. Says how many were forgotten.
    pub async fn trim_events(&self, keep: u32) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "delete from events where seq <= (select value from counters where name = 'events') - $1",
        )
        .bind(i64::from(keep))
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }
}

/// Appends to the log within the transaction that changes what the events tell of.
pub(crate) async fn append(
    tx: &mut WriteTransaction,
    session: SessionId,
    owner: UserId,
    what: &[EventKind],
    now: Timestamp,
) -> Result<Vec<Event>, StoreError> {
    if what.is_empty() {
        return Ok(Vec::new());
    }
    let count = i64::try_from(what.len()).map_err(|error| StoreError::Other(error.into()))?;
    let latest =
        sqlx::query("update counters set value = value + $1 where name = 'events' returning value")
            .bind(count)
            .fetch_one(&mut **tx)
            .await?
            .int("value")?;
    let events: Vec<Event> = (latest - count + 1..)
        .zip(what)
        .map(|(seq, kind)| Event {
            seq,
            at: from_millis(to_millis(now)),
            session,
            owner,
            only_for: None,
            what: kind.clone(),
        })
        .collect();
    for event in &events {
        insert(tx, event).await?;
    }
    Ok(events)
}

/// Tells each of these users, and nobody else, that the session has ceased to exist for them.
pub(crate) async fn append_farewells(
    tx: &mut WriteTransaction,
    session: SessionId,
    owner: UserId,
    users: &[UserId],
    now: Timestamp,
) -> Result<Vec<Event>, StoreError> {
    let what = vec![EventKind::Deleted; users.len()];
    let mut events = append(tx, session, owner, &what, now).await?;
    for (event, user) in events.iter_mut().zip(users) {
        event.only_for = Some(*user);
        sqlx::query("update events set only_for = $2 where seq = $1")
            .bind(event.seq)
            .bind(user.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(events)
}

async fn insert(tx: &mut WriteTransaction, event: &Event) -> Result<(), StoreError> {
    sqlx::query(
        "insert into events (seq, at, session_id, owner_id, what) values ($1, $2, $3, $4, $5)",
    )
    .bind(event.seq)
    .bind(to_millis(event.at))
    .bind(event.session.to_string())
    .bind(event.owner.to_string())
    .bind(to_json(&event.what)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<Event, StoreError> {
    Ok(Event {
        seq: row.int("seq")?,
        at: row.time("at")?,
        session: row.parsed("session_id")?,
        owner: row.parsed("owner_id")?,
        only_for: row
            .maybe_text("only_for")?
            .map(|id| named("only_for", &id, |id| id.parse().ok()))
            .transpose()?,
        what: row.json("what")?,
    })
}
