//! What running sessions used, minute by minute. Written once a minute for all of them together: each write costs a sync of the disk.

use longhouse_domain::clock::to_millis;
use longhouse_domain::metrics::Metrics;
use longhouse_domain::{Actor, SessionId, Timestamp};
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::Fields;
use crate::sight::{seen_by, visible};

impl Store {
    /// Writes down one point for each of these sessions, and forgets all that are older than `keep_from`, in one transaction. A session that
    /// is gone keeps nothing, and what is there for the same moment stays.
    pub async fn append_metrics(
        &self,
        points: &[(SessionId, Metrics)],
        keep_from: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (session, point) in points {
            insert(&mut tx, *session, point).await?;
        }
        sqlx::query("delete from metrics where at < $1")
            .bind(to_millis(keep_from))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The points of a session from that moment on, in order; none where `actor` may not look at the session.
    pub async fn metrics_since(
        &self,
        actor: &Actor,
        session: SessionId,
        since: Timestamp,
    ) -> Result<Vec<Metrics>, StoreError> {
        let sql = concat!(
            "select * from metrics where session_id = $3 and at >= $4 \
             and exists (select 1 from sessions where sessions.id = $3 and ",
            visible!(),
            ") order by at"
        );
        seen_by(actor, sql)
            .bind(session.to_string())
            .bind(to_millis(since))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}

async fn insert(
    tx: &mut WriteTransaction,
    session: SessionId,
    point: &Metrics,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into metrics (session_id, at, cpu_hundredths, memory_bytes, memory_limit_bytes, disk_bytes, \
         network_rx_bytes, network_tx_bytes, tasks, agent_active) \
         select id, $2, $3, $4, $5, $6, $7, $8, $9, $10 from sessions where id = $1 on conflict do nothing",
    )
    .bind(session.to_string())
    .bind(to_millis(point.at))
    .bind(point.cpu_percent.map(hundredths))
    .bind(point.memory_bytes.map(column))
    .bind(point.memory_limit_bytes.map(column))
    .bind(point.disk_bytes.map(column))
    .bind(point.network_rx_bytes.map(column))
    .bind(point.network_tx_bytes.map(column))
    .bind(point.tasks.map(i64::from))
    .bind(point.agent_active.map(i64::from))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<Metrics, StoreError> {
    let number = |column: &str| Ok::<_, StoreError>(row.maybe_int(column)?.map(unsigned));
    let tasks = row.maybe_int("tasks")?;
    Ok(Metrics {
        cpu_percent: row.maybe_int("cpu_hundredths")?.map(percent),
        memory_bytes: number("memory_bytes")?,
        memory_limit_bytes: number("memory_limit_bytes")?,
        disk_bytes: number("disk_bytes")?,
        network_rx_bytes: number("network_rx_bytes")?,
        network_tx_bytes: number("network_tx_bytes")?,
        tasks: tasks.map(|tasks| u32::try_from(tasks).unwrap_or_default()),
        agent_active: row.maybe_int("agent_active")?.map(|active| active != 0),
        at: row.time("at")?,
    })
}

fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast stops at the bounds, and a percentage is far below"
)]
fn hundredths(percent: f64) -> i64 {
    (percent * 100.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "a percentage is far below 2^53")]
fn percent(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}
