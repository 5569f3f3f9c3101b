//! What each session's log holds: a bounded number of lines, numbered from 1. The server's own log is not kept here.

use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::event::{LogLevel, LogLine};
use longhouse_domain::{Actor, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, named, storable};
use crate::sight::{seen_by, visible};

/// How many lines a session's log keeps; older ones are forgotten as new ones come.
pub const MAX_LOG_LINES: u32 = 5_000;

/// A line to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogLine {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// Who says so.
    pub source: String,
    /// What.
    pub message: String,
}

/// A question for lines. The default asks for all that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only the last so many of those that match.
    pub tail: Option<u32>,
    /// Only lines of this moment and later.
    pub since: Option<Timestamp>,
    /// Only lines of this level and above.
    pub level: Option<LogLevel>,
    /// Only lines whose message holds this text, without regard to case.
    pub text: Option<String>,
    /// Only lines after this position, for those who follow.
    pub after: Option<i64>,
}

impl Store {
    /// Appends lines and returns them with their positions. `None` where there is no such session (any more).
    pub async fn append_log(
        &self,
        session: SessionId,
        lines: &[NewLogLine],
    ) -> Result<Option<Vec<LogLine>>, StoreError> {
        let mut tx = self.begin().await?;
        let appended = append(&mut tx, session, lines).await?;
        tx.commit().await?;
        Ok(appended)
    }

    /// Lines of a session's log, in order; none where `actor` may not look at the session.
    pub async fn session_log(
        &self,
        actor: &Actor,
        session: SessionId,
        query: &LogQuery,
    ) -> Result<Vec<LogLine>, StoreError> {
        let wanted = query.tail.unwrap_or(MAX_LOG_LINES).min(MAX_LOG_LINES);
        // The text is looked for here, since the back ends disagree on the case of letters beyond ASCII.
        let read = if query.text.is_some() {
            MAX_LOG_LINES
        } else {
            wanted
        };
        let sql = concat!(
            "select * from session_logs where session_id = $3 and at >= $4 and level >= $5 and seq > $6 \
             and exists (select 1 from sessions where sessions.id = $3 and ",
            visible!(),
            ") order by seq desc limit $7"
        );
        let rows = seen_by(actor, sql)
            .bind(session.to_string())
            .bind(query.since.map_or(i64::MIN, to_millis))
            .bind(query.level.map_or(0, rank))
            .bind(query.after.unwrap_or(0))
            .bind(i64::from(read))
            .fetch_all(&self.reader)
            .await?;
        let needle = query.text.as_deref().map(str::to_lowercase);
        let mut lines = Vec::new();
        for row in &rows {
            let line = from_row(row)?;
            let holds = |needle: &String| line.message.to_lowercase().contains(needle.as_str());
            if needle.as_ref().is_none_or(holds) {
                lines.push(line);
            }
        }
        lines.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        lines.reverse();
        Ok(lines)
    }
}

/// Appends lines within a transaction. `None` where there is no such session (any more).
pub(crate) async fn append(
    tx: &mut WriteTransaction,
    session: SessionId,
    lines: &[NewLogLine],
) -> Result<Option<Vec<LogLine>>, StoreError> {
    let count = i64::try_from(lines.len()).map_err(|error| StoreError::Other(error.into()))?;
    let raise = "update sessions set log_seq = log_seq + $2 where id = $1 returning log_seq";
    let row = sqlx::query(raise)
        .bind(session.to_string())
        .bind(count)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let latest = row.int("log_seq")?;
    let mut appended = Vec::with_capacity(lines.len());
    for (seq, line) in (latest - count + 1..).zip(lines) {
        let line = LogLine {
            seq,
            at: from_millis(to_millis(line.at)),
            level: line.level,
            source: storable(&line.source).into_owned(),
            message: storable(&line.message).into_owned(),
        };
        insert(tx, session, &line).await?;
        appended.push(line);
    }
    sqlx::query("delete from session_logs where session_id = $1 and seq <= $2")
        .bind(session.to_string())
        .bind(latest - i64::from(MAX_LOG_LINES))
        .execute(&mut **tx)
        .await?;
    Ok(Some(appended))
}

async fn insert(
    tx: &mut WriteTransaction,
    session: SessionId,
    line: &LogLine,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into session_logs (session_id, seq, at, level, source, message) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(session.to_string())
    .bind(line.seq)
    .bind(to_millis(line.at))
    .bind(rank(line.level))
    .bind(line.source.clone())
    .bind(line.message.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const LEVELS: [LogLevel; 4] = [
    LogLevel::Debug,
    LogLevel::Info,
    LogLevel::Warn,
    LogLevel::Error,
];

/// Levels are stored as numbers, so that "this and above" is a comparison. Stored numbers never change.
fn rank(level: LogLevel) -> i64 {
    match level {
        LogLevel::Debug => 0,
        LogLevel::Info => 1,
        LogLevel::Warn => 2,
        LogLevel::Error => 3,
    }
}

fn from_row(row: &AnyRow) -> Result<LogLine, StoreError> {
    let stored = row.int("level")?;
    let level = LEVELS.into_iter().find(|&level| rank(level) == stored);
    Ok(LogLine {
        seq: row.int("seq")?,
        at: row.time("at")?,
        level: named("level", "", |_| level)?,
        source: row.text("source")?,
        message: row.text("message")?,
    })
}
