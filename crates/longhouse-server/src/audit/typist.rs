//! Who types into a terminal over a socket: recorded with the first input of each viewer, before it is handed on.

use longhouse_domain::audit::{AuditActor, AuditTarget};

use longhouse_engine::Access;

use super::visitor::{Visitor, unrecorded};
use crate::problem::Problem;
use crate::state::AppState;

/// One viewer of one terminal, as the record sees them.
pub(crate) struct Typist {
    app: AppState,
    visitor: Visitor,
    actor: AuditActor,
    target: AuditTarget,
    /// Whether it is on record that they type, or they cannot.
    settled: bool,
}

impl Typist {
    /// Records that somebody opens the terminal. Nobody gets in whose coming cannot be recorded.
    pub(crate) async fn open(
        app: &AppState,
        visitor: Visitor,
        actor: AuditActor,
        target: AuditTarget,
        access: Access,
    ) -> Result<Self, Problem> {
        let mode = match access {
            Access::Read => "read",
            Access::Write => "write",
        };
        let entry = visitor
            .entry(app, actor.clone(), "terminal.open")
            .about(target.clone())
            .with("mode", mode);
        let recorded = app.engine().audit().record(entry).await;
        recorded.map_err(|_| unrecorded("the audit log cannot be written at present"))?;
        Ok(Self {
            app: app.clone(),
            visitor,
            actor,
            target,
            settled: access == Access::Read,
        })
    }

    /// Records that they type, once. Call it before the input is handed on; where it fails, the input must not be.
    pub(crate) async fn types(&mut self) -> Result<(), Problem> {
        if self.settled {
            return Ok(());
        }
        let entry = self
            .visitor
            .entry(&self.app, self.actor.clone(), "terminal.drive")
            .about(self.target.clone());
        let recorded = self.app.engine().audit().record(entry).await;
        recorded.map_err(|_| unrecorded("the audit log cannot be written at present"))?;
        self.settled = true;
        Ok(())
    }
}
