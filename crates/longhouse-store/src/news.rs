//! News of sessiond's that come again until they are known to be written down: each is written once, in one transaction with its number.

use longhouse_domain::event::{Event, EventKind, LogLine};
use longhouse_domain::news::NewsNumber;
use longhouse_domain::{SessionId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::connection::Store;
use crate::logs::NewLogLine;
use crate::row::Fields;
use crate::{StoreError, events, logs};

/// What a piece of news comes to.
#[derive(Clone, Copy, Debug)]
pub struct NewNews<'a> {
    /// Its number.
    pub number: &'a NewsNumber,
    /// The events that tell of it.
    pub what: &'a [EventKind],
    /// The lines of the session's log that do.
    pub lines: &'a [NewLogLine],
}

/// A piece of news that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenNews {
    /// What was written to the log of events.
    pub events: Vec<Event>,
    /// What was written to the session's own log.
    pub lines: Vec<LogLine>,
    /// How many pieces of news before it never came.
    pub missed: i64,
}

impl Store {
    /// Writes a piece of news down. `None` where that was done before, or there is no such session (any more).
    pub async fn append_news(
        &self,
        session: SessionId,
        owner: UserId,
        news: NewNews<'_>,
        now: Timestamp,
    ) -> Result<Option<WrittenNews>, StoreError> {
        let NewNews {
            number,
            what,
            lines,
        } = news;
        let mut tx = self.begin().await?;
        // Raising the version locks the row, in words that both back ends know.
        let sql = "update sessions set version = version + 1 where id = $1 returning news_boot, news_number";
        let row = sqlx::query(sql)
            .bind(session.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        let last = row.as_ref().map(last_of).transpose()?;
        let missed = last.and_then(|last| number.missed_since(last.as_ref()));
        let Some(missed) = missed else {
            tx.rollback().await?;
            return Ok(None);
        };
        sqlx::query("update sessions set news_boot = $2, news_number = $3 where id = $1")
            .bind(session.to_string())
            .bind(number.boot().to_owned())
            .bind(number.number())
            .execute(&mut *tx)
            .await?;
        let events = events::append(&mut tx, session, owner, what, now).await?;
        let lines = logs::append(&mut tx, session, lines).await?;
        tx.commit().await?;
        Ok(Some(WrittenNews {
            events,
            lines: lines.unwrap_or_default(),
            missed,
        }))
    }
}

fn last_of(row: &AnyRow) -> Result<Option<NewsNumber>, StoreError> {
    let boot = row.maybe_text("news_boot")?;
    let number = row.maybe_int("news_number")?;
    let last = boot.zip(number);
    Ok(last.and_then(|(boot, number)| NewsNumber::new(&boot, u64::try_from(number).ok()?)))
}
