//! Appending: the one way in which rows come to be.

use longhouse_domain::audit::{AuditActor, AuditEntry, AuditRecord, Outcome, Severity};
use longhouse_domain::clock::{from_millis, to_millis};

use super::BREAK_ACTION;
use super::chain::{AuditKey, Row, head_is_ours, seal_head};
use crate::StoreError;
use crate::connection::{Store, WriteTransaction};
use crate::row::{Fields, storable, to_json};

const INSERT: &str = "insert into audit_log \
     (seq, at, severity, actor_kind, actor_id, actor_name, action, target_kind, target_id, target_name, outcome, address, \
     request_id, detail, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

impl Store {
    /// Writes entries down, in this order and in one transaction.
    pub async fn append_audit(
        &self,
        entries: &[AuditEntry],
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let mut tx = self.begin().await?;
        let records = append(&mut tx, self.audit_key(), entries).await?;
        tx.commit().await?;
        Ok(records)
    }
}

/// Appends within the transaction that does what the entries tell of. Call it last: whoever appends holds the head's row, and
/// whoever took another lock after it could wait for somebody who waits for the head.
pub(crate) async fn append(
    tx: &mut WriteTransaction,
    key: Option<&AuditKey>,
    entries: &[AuditEntry],
) -> Result<Vec<AuditRecord>, StoreError> {
    let Some(first) = entries.first() else {
        return Ok(Vec::new());
    };
    let head = sqlx::query(
        "update audit_head set seq = seq where name = 'head' returning seq, hash, seal",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (mut seq, mut hash) = (head.int("seq")?, head.text("hash")?);
    let mut records = Vec::with_capacity(entries.len() + 1);
    if !head_is_ours(key, seq, &hash, &head.text("seal")?) {
        let told = broken(first, seq, &hash);
        (seq, hash) = insert(tx, &mut records, told, seq, &hash).await?;
    }
    for entry in entries {
        (seq, hash) = insert(tx, &mut records, entry.clone(), seq, &hash).await?;
    }
    sqlx::query("update audit_head set seq = $1, hash = $2, seal = $3 where name = 'head'")
        .bind(seq)
        .bind(hash.clone())
        .bind(seal_head(key, seq, &hash))
        .execute(&mut **tx)
        .await?;
    Ok(records)
}

/// What is written where the head was changed by somebody without the key, or the key is another one than before.
fn broken(next: &AuditEntry, seq: i64, hash: &str) -> AuditEntry {
    let mut entry = AuditEntry::new(next.at, AuditActor::system("server"), BREAK_ACTION)
        .with("seq", seq.to_string())
        .with("hash", hash)
        .with(
            "why",
            "the head of the log bears a seal that is not this server's",
        );
    entry.severity = Severity::Critical;
    entry.outcome = Outcome::Failed;
    entry
}

async fn insert(
    tx: &mut WriteTransaction,
    records: &mut Vec<AuditRecord>,
    entry: AuditEntry,
    after: i64,
    previous: &str,
) -> Result<(i64, String), StoreError> {
    let entry = entry.legible();
    let row = as_row(after + 1, &entry)?;
    let hash = row.hash(previous);
    let mut query = sqlx::query(INSERT).bind(row.seq).bind(row.at);
    for text in row.texts {
        query = query.bind(text);
    }
    query.bind(hash.clone()).execute(&mut **tx).await?;
    records.push(AuditRecord {
        seq: row.seq,
        entry: AuditEntry {
            at: from_millis(row.at),
            ..entry
        },
        hash: hash.clone(),
    });
    Ok((row.seq, hash))
}

fn as_row(seq: i64, entry: &AuditEntry) -> Result<Row, StoreError> {
    let text = |text: &str| Some(storable(text).into_owned());
    let target = entry.target.as_ref();
    Ok(Row {
        seq,
        at: to_millis(entry.at),
        texts: [
            text(entry.severity.as_str()),
            text(entry.actor.kind.as_str()),
            entry.actor.id.as_deref().and_then(text),
            text(&entry.actor.name),
            text(&entry.action),
            target.and_then(|target| text(&target.kind)),
            target.and_then(|target| text(target.id.as_deref()?)),
            target.and_then(|target| text(&target.name)),
            text(entry.outcome.as_str()),
            text(&entry.address),
            text(&entry.request_id),
            Some(to_json(&entry.detail)?),
        ],
    })
}
