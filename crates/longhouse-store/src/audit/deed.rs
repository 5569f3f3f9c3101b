//! A deed: a change that must not be made without its record, nor recorded without being made. Both are one transaction.
//!
//! What writes such a change takes the deed and commits with it; there is no other way to make the change. Recording what
//! changes nothing here, or was refused, is not a deed: those records come afterwards, with [`Store::append_audit`].

use std::sync::{Arc, OnceLock};

use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget};

use super::append::append;
use crate::StoreError;
use crate::connection::{Store, WriteTransaction};

/// The record of a change that is about to be made, as far as it is known. A clone is the same deed: it knows whether it was
/// written down, whoever of them was.
#[derive(Clone, Debug)]
pub struct Deed {
    entry: AuditEntry,
    /// Its place in the log, once it has one.
    place: Arc<OnceLock<i64>>,
}

impl Deed {
    /// A deed that is told by this entry.
    #[must_use]
    pub fn new(entry: AuditEntry) -> Self {
        Self {
            entry,
            place: Arc::default(),
        }
    }

    /// The same deed, done by somebody who is known only now.
    #[must_use]
    pub fn by(mut self, actor: AuditActor) -> Self {
        self.entry.actor = actor;
        self
    }

    /// The same deed, done to that object.
    #[must_use]
    pub fn about(mut self, target: AuditTarget) -> Self {
        self.entry = self.entry.about(target);
        self
    }

    /// The same deed with one detail more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.entry = self.entry.with(name, value);
        self
    }

    /// Another deed by the same actor from the same place, done on the way: it has a record of its own.
    #[must_use]
    pub fn step(&self, action: &str) -> Self {
        let whole = &self.entry;
        let mut entry = AuditEntry::new(whole.at, whole.actor.clone(), action);
        entry.address.clone_from(&whole.address);
        entry.request_id.clone_from(&whole.request_id);
        Self::new(entry.with("for", whole.action.as_str()))
    }

    /// Where it stands in the log; `None` as long as it has not been done.
    #[must_use]
    pub fn place(&self) -> Option<i64> {
        self.place.get().copied()
    }
}

impl Store {
    /// Commits a change together with its record. The record is the last thing that is written: whoever appends holds the
    /// head of the log until the commit, so whatever else has to be locked is locked by then, and nobody waits for each other.
    pub(crate) async fn commit_deed(
        &self,
        mut tx: WriteTransaction,
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let entry = std::slice::from_ref(&deed.entry);
        let records = append(&mut tx, self.audit_key(), entry)
            .await
            .map_err(of_log)?;
        tx.commit().await?;
        if let Some(record) = records.last() {
            // A deed that is done again keeps its first place.
            let _ = deed.place.set(record.seq);
        }
        Ok(())
    }
}

/// What stands in the way of the record stands in the log: it is no conflict of the change's.
fn of_log(error: StoreError) -> StoreError {
    match error {
        StoreError::Conflict(why) => StoreError::Corrupt(format!("the audit log: {why}")),
        other => other,
    }
}
