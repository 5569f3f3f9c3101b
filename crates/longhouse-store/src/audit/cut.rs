//! Cutting: old rows go, after they were exported, and the place is marked so that the rest can still be verified.

use longhouse_domain::Timestamp;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget};
use longhouse_domain::clock::to_millis;

use super::CUT_ACTION;
use super::append::append;
use super::chain::seal_cut;
use crate::StoreError;
use crate::connection::Store;
use crate::row::Fields;

/// A cut to be made.
#[derive(Clone, Debug)]
pub struct AuditCut {
    /// The last place that goes.
    pub through: i64,
    /// What the exported rows are hashed to.
    pub export_hash: String,
    /// Where they are, for people to find.
    pub exported_to: String,
}

impl Store {
    /// The last place whose record is older than `before`, and all before it; `None` where there is none.
    pub async fn audit_place_before(&self, before: Timestamp) -> Result<Option<i64>, StoreError> {
        // The first young row and not the last old one: clocks are set back, and what stands after a young row stays.
        let row = sqlx::query(
            "select (select min(seq) from audit_log where at >= $1) as young, \
             (select max(seq) from audit_log) as last, (select min(seq) from audit_log) as first",
        )
        .bind(to_millis(before))
        .fetch_one(&self.reader)
        .await?;
        let (Some(first), Some(last)) = (row.maybe_int("first")?, row.maybe_int("last")?) else {
            return Ok(None);
        };
        let through = row.maybe_int("young")?.map_or(last, |young| young - 1);
        Ok((through >= first).then_some(through))
    }

    /// Removes every row up to and with `cut.through`, marks the place, and writes a row that tells of it. How many went.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is no row at that place.
    pub async fn cut_audit(&self, cut: &AuditCut, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let hash = sqlx::query("select hash from audit_log where seq = $1")
            .bind(cut.through)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(StoreError::Conflict("the audit log has no such row"))?
            .text("hash")?;
        sqlx::query(
            "insert into audit_cuts (seq, hash, at, export_hash, seal) values ($1, $2, $3, $4, $5)",
        )
        .bind(cut.through)
        .bind(hash.clone())
        .bind(to_millis(now))
        .bind(cut.export_hash.clone())
        .bind(seal_cut(
            self.audit_key(),
            cut.through,
            &hash,
            &cut.export_hash,
        ))
        .execute(&mut *tx)
        .await?;
        let gone = sqlx::query("delete from audit_log where seq <= $1")
            .bind(cut.through)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        let place = AuditTarget::new("audit", Some(cut.through.to_string()), "audit log");
        let entry = AuditEntry::new(now, AuditActor::system("server"), CUT_ACTION)
            .about(place)
            .with("rows", gone.to_string())
            .with("hash", hash)
            .with("exportHash", cut.export_hash.as_str())
            .with("exportedTo", cut.exported_to.as_str());
        append(&mut tx, self.audit_key(), &[entry]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
