//! Reading the log, and verifying it. Who may is for the routes to say: only admins, and whoever owns the process.

use longhouse_domain::audit::AuditRecord;
use longhouse_store::{AuditPage, AuditQuery, AuditReport};

use super::Audit;
use crate::error::EngineError;

impl Audit {
    /// One page of the records that fit, newest first, of those before place `before`.
    pub async fn page(
        &self,
        query: &AuditQuery,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, EngineError> {
        Ok(self.store.audit_page(query, before, limit).await?)
    }

    /// The first records that fit after place `after`, in order: one piece of an export.
    pub async fn piece(
        &self,
        query: &AuditQuery,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, EngineError> {
        Ok(self.store.audit_after(query, after, limit).await?)
    }

    /// Hashes the whole log anew and says where it does not fit.
    pub async fn verify(&self) -> Result<AuditReport, EngineError> {
        Ok(self.store.verify_audit().await?)
    }
}
