//! Verifying: every row is hashed anew, from the last cut to the head, and the first that does not fit is named.

use sqlx::AnyConnection;

use super::chain::{AuditKey, GENESIS, Row, head_is_ours, seal_cut};
use super::{BREAK_ACTION, CUT_ACTION};
use crate::StoreError;
use crate::connection::Store;
use crate::row::Fields;

/// How many rows are held at once.
const PAGE: i64 = 500;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many rows fit.
    pub checked: u64,
    /// The place after which the log begins: 0, or where it was cut.
    pub cut: i64,
    /// The latest place.
    pub head: i64,
    /// Its hash. Whoever notes it elsewhere can compare it later.
    pub hash: String,
    /// The first thing that does not fit.
    pub fault: Option<AuditFault>,
}

/// Where the log stops fitting, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// The place of the first row at fault.
    pub seq: i64,
    /// What is wrong with it.
    pub what: String,
}

fn fault(seq: i64, what: impl Into<String>) -> Option<AuditFault> {
    Some(AuditFault {
        seq,
        what: what.into(),
    })
}

impl Store {
    /// Verifies the whole log, as it stands at one moment; others may go on to write.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut tx = self.snapshot().await?;
        let report = verify(&mut tx, self.audit_key()).await?;
        tx.rollback().await?;
        Ok(report)
    }
}

async fn verify(
    connection: &mut AnyConnection,
    key: Option<&AuditKey>,
) -> Result<AuditReport, StoreError> {
    let head = sqlx::query("select seq, hash, seal from audit_head where name = 'head'")
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| StoreError::Corrupt("the head of the audit log is gone".to_owned()))?;
    let (latest, head_hash, seal) = (head.int("seq")?, head.text("hash")?, head.text("seal")?);
    let begin = beginning(connection, key).await?;
    let mut report = AuditReport {
        checked: 0,
        cut: begin.seq,
        head: latest,
        hash: head_hash.clone(),
        fault: begin.fault,
    };
    if report.fault.is_some() {
        return Ok(report);
    }
    let mut walk = Walk {
        seq: begin.seq,
        hash: begin.hash,
        cut_told: begin.seq == 0,
        begin: begin.seq,
    };
    loop {
        let rows = sqlx::query("select * from audit_log where seq > $1 order by seq limit $2")
            .bind(walk.seq)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            report.fault = walk.step(row, latest)?;
            if report.fault.is_some() {
                return Ok(report);
            }
            report.checked += 1;
        }
    }
    report.fault = walk.end(
        latest,
        &head_hash,
        head_is_ours(key, latest, &head_hash, &seal),
    );
    Ok(report)
}

/// Where the log begins, and after which hash.
struct Beginning {
    seq: i64,
    hash: String,
    fault: Option<AuditFault>,
}

async fn beginning(
    connection: &mut AnyConnection,
    key: Option<&AuditKey>,
) -> Result<Beginning, StoreError> {
    let cut = sqlx::query("select * from audit_cuts order by seq desc limit 1")
        .fetch_optional(&mut *connection)
        .await?;
    let Some(cut) = cut else {
        return Ok(Beginning {
            seq: 0,
            hash: GENESIS.to_owned(),
            fault: None,
        });
    };
    let (seq, hash) = (cut.int("seq")?, cut.text("hash")?);
    let ours = seal_cut(key, seq, &hash, &cut.text("export_hash")?) == cut.text("seal")?;
    let left = sqlx::query("select min(seq) as first from audit_log")
        .fetch_one(&mut *connection)
        .await?
        .maybe_int("first")?;
    let fault = if !ours {
        fault(
            seq,
            "the log was cut here, but the cut's seal is not this server's",
        )
    } else if left.is_some_and(|first| first <= seq) {
        fault(
            left.unwrap_or(seq),
            "the row stands before the place where the log was cut",
        )
    } else {
        None
    };
    Ok(Beginning { seq, hash, fault })
}

/// How far the rows have been found to fit.
struct Walk {
    seq: i64,
    hash: String,
    begin: i64,
    /// Whether the row that tells of the latest cut was met.
    cut_told: bool,
}

impl Walk {
    fn step(
        &mut self,
        row: &sqlx::any::AnyRow,
        latest: i64,
    ) -> Result<Option<AuditFault>, StoreError> {
        let stored = Row::read(row)?;
        let expected = self.seq + 1;
        if stored.seq != expected {
            return Ok(fault(expected, "the row is gone"));
        }
        if stored.seq > latest {
            return Ok(fault(
                stored.seq,
                "the row stands after the head of the log: it was not written by the server",
            ));
        }
        if stored.hash(&self.hash) != row.text("hash")? {
            return Ok(fault(
                stored.seq,
                "the row is not what was written here: it was changed, exchanged or inserted",
            ));
        }
        let action = row.text("action")?;
        if action == BREAK_ACTION {
            return Ok(fault(
                stored.seq,
                "the server found the head of the log tampered with here, or its key exchanged",
            ));
        }
        if action == CUT_ACTION && row.maybe_text("target_id")? == Some(self.begin.to_string()) {
            self.cut_told = true;
        }
        self.hash = row.text("hash")?;
        self.seq = stored.seq;
        Ok(None)
    }

    fn end(&self, latest: i64, head_hash: &str, sealed: bool) -> Option<AuditFault> {
        if self.seq < latest {
            fault(self.seq + 1, "the row is gone, with everything after it")
        } else if self.hash != head_hash {
            fault(
                self.seq,
                "the row is not the one that the head of the log was written for",
            )
        } else if !sealed {
            fault(
                latest,
                "the head of the log bears a seal that is not this server's: rows after this one may be gone",
            )
        } else if !self.cut_told {
            fault(self.begin, "the log was cut here, but no row tells of it")
        } else {
            None
        }
    }
}
