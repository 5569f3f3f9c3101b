//! Who types into a terminal over a socket: recorded with the first input of each viewer, before it is handed on; and what
//! lines they type, where the policy says so.

use std::sync::Arc;

use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget};
use longhouse_engine::Access;

use super::lines::{Line, Lines};
use super::visitor::{Visitor, unrecorded};
use crate::problem::Problem;
use crate::state::AppState;

/// One viewer of one terminal, as the record sees them.
#[derive(Clone)]
pub(crate) struct Typist {
    who: Arc<Who>,
    lines: Lines,
    /// Whether it is on record that they type, or they cannot.
    settled: bool,
}

struct Who {
    app: AppState,
    visitor: Visitor,
    actor: AuditActor,
    target: AuditTarget,
}

impl Who {
    fn entry(&self, action: &str) -> AuditEntry {
        let entry = self.visitor.entry(&self.app, self.actor.clone(), action);
        entry.about(self.target.clone())
    }

    async fn record(&self, entry: AuditEntry) -> Result<(), Problem> {
        let recorded = self.app.engine().audit().record(entry).await;
        recorded.map_err(|_| unrecorded("the audit log cannot be written at present"))
    }
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
        let who = Arc::new(Who {
            app: app.clone(),
            visitor,
            actor,
            target,
        });
        who.record(who.entry("terminal.open").with("mode", mode))
            .await?;
        Ok(Self {
            who,
            lines: Lines::default(),
            settled: access == Access::Read,
        })
    }

    /// What has to see the terminal's output, so that typed lines can be told from passwords.
    pub(crate) fn onlooker(&self) -> Onlooker {
        Onlooker {
            who: Arc::clone(&self.who),
            lines: self.lines.clone(),
        }
    }

    /// Records that they type, once. Call it before the input is handed on; where it fails, the input must not be.
    pub(crate) async fn types(&mut self, data: &[u8]) -> Result<(), Problem> {
        if !self.settled {
            // Boxed: it happens once, and a viewer stays.
            Box::pin(self.who.record(self.who.entry("terminal.drive"))).await?;
            self.settled = true;
        }
        if self.who.app.engine().policy().audit_command_lines {
            self.lines.typed(data);
        }
        Ok(())
    }
}

/// Sees what a terminal shows to the viewer who types, and records the lines that were typed.
pub(crate) struct Onlooker {
    who: Arc<Who>,
    lines: Lines,
}

impl Onlooker {
    /// Takes note of output. It waits for nothing: a line is recorded beside the stream, after it was typed.
    pub(crate) fn sees(&self, data: &[u8]) {
        if !self.who.app.engine().policy().audit_command_lines {
            return;
        }
        for line in self.lines.shown(data) {
            let entry = self.who.entry("terminal.line");
            let entry = match line {
                Line::Shown(text) => entry.with("line", text),
                Line::LeftOut => entry.with("leftOut", "it was not shown while it was typed"),
            };
            let who = Arc::clone(&self.who);
            self.who.app.tasks().spawn(async move {
                if who.record(entry).await.is_err() {
                    tracing::error!("a typed line is not recorded yet");
                }
            });
        }
    }
}
