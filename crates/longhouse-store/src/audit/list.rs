//! Reading: pages for people, newest first, and the whole in order for an export.

use longhouse_domain::Timestamp;
use longhouse_domain::audit::{
    ActorKind, AuditActor, AuditEntry, AuditRecord, AuditTarget, Outcome, Severity,
};
use longhouse_domain::clock::to_millis;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

use crate::StoreError;
use crate::connection::Store;
use crate::row::{Fields, named, storable};

/// The most records that one page holds.
pub(super) const MAX_PAGE: u32 = 500;

/// What records are wanted. An empty filter lets everything through.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Whose, by identifier or name.
    pub actor: Option<String>,
    /// An action (`session.create`), or a group of them (`session`).
    pub action: Option<String>,
    /// About which object, by identifier or name; a session's terminals count as the session.
    pub target: Option<String>,
    /// With which result.
    pub outcome: Option<Outcome>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// A page of records.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The records, newest first.
    pub items: Vec<AuditRecord>,
    /// How many fit the filters in all.
    pub total: u64,
    /// Where the next page begins: records before this place.
    pub next: Option<i64>,
}

/// The filters, as one condition with seven arguments; `''` stands for "any".
macro_rules! matching {
    () => {
        "at >= $1 and at < $2 \
         and ($3 = '' or actor_id = $3 or lower(actor_name) = lower($3)) \
         and ($4 = '' or action = $4 or substr(action, 1, cast($5 as integer)) = $4 || '.') \
         and ($6 = '' or target_id = $6 or target_name = $6) \
         and ($7 = '' or outcome = $7)"
    };
}

impl AuditQuery {
    fn bind(&self, sql: &'static str) -> Query<'static, Any, AnyArguments> {
        let text =
            |text: &Option<String>| storable(text.as_deref().unwrap_or_default()).into_owned();
        let action = text(&self.action);
        let group = i64::try_from(action.chars().count() + 1).unwrap_or(i64::MAX);
        sqlx::query(sql)
            .bind(self.since.map_or(i64::MIN, to_millis))
            .bind(self.until.map_or(i64::MAX, to_millis))
            .bind(text(&self.actor))
            .bind(action)
            .bind(group)
            .bind(text(&self.target))
            .bind(self.outcome.map_or("", Outcome::as_str))
    }
}

impl Store {
    /// One page of the records that fit, newest first, of those before place `before`. The limit is brought into 1 to 500.
    pub async fn audit_page(
        &self,
        query: &AuditQuery,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let total = query
            .bind(concat!(
                "select count(*) as n from audit_log where ",
                matching!()
            ))
            .fetch_one(&self.reader)
            .await?
            .int("n")?
            .unsigned_abs();
        let limit = limit.clamp(1, MAX_PAGE);
        let mut items = query
            .bind(concat!(
                "select * from audit_log where ",
                matching!(),
                " and seq < $8 order by seq desc limit $9"
            ))
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Ok(AuditPage {
            next: items.last().filter(|_| has_more).map(|last| last.seq),
            items,
            total,
        })
    }

    /// The first records that fit after place `after`, in order; `limit` of them at most, and never more than 500.
    pub async fn audit_after(
        &self,
        query: &AuditQuery,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        query
            .bind(concat!(
                "select * from audit_log where ",
                matching!(),
                " and seq > $8 order by seq limit $9"
            ))
            .bind(after)
            .bind(i64::from(limit.clamp(1, MAX_PAGE)))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}

pub(super) fn from_row(row: &AnyRow) -> Result<AuditRecord, StoreError> {
    let target = match row.maybe_text("target_kind")? {
        None => None,
        Some(kind) => Some(AuditTarget {
            kind,
            id: row.maybe_text("target_id")?,
            name: row.maybe_text("target_name")?.unwrap_or_default(),
        }),
    };
    Ok(AuditRecord {
        seq: row.int("seq")?,
        entry: AuditEntry {
            at: row.time("at")?,
            severity: named("severity", &row.text("severity")?, Severity::parse)?,
            actor: AuditActor {
                kind: named("actor_kind", &row.text("actor_kind")?, ActorKind::parse)?,
                id: row.maybe_text("actor_id")?,
                name: row.text("actor_name")?,
            },
            action: row.text("action")?,
            target,
            outcome: named("outcome", &row.text("outcome")?, Outcome::parse)?,
            address: row.text("address")?,
            request_id: row.text("request_id")?,
            detail: row.json("detail")?,
        },
        hash: row.text("hash")?,
    })
}
