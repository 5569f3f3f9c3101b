//! The session's record: every change is written down, then told.

use longhouse_domain::event::{ContainerHealth, LogLevel};
use longhouse_domain::lifecycle::{Phase, Wish};
use longhouse_store::{Alongside, SecretsChange};

use super::Driver;
use crate::error::EngineError;
use crate::session::handle::Change;
use crate::session::view::TerminalView;

/// The record that a driver begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// It was made just now.
    New,
    /// It was found: what an earlier server did after it was written is not known.
    Found,
}

impl Driver {
    /// Writes a change down, and tells of it.
    pub(super) async fn change(&mut self, change: Change) -> Result<(), EngineError> {
        self.change_with(&SecretsChange::default(), change).await
    }

    pub(super) async fn change_with(
        &mut self,
        secrets: &SecretsChange,
        change: Change,
    ) -> Result<(), EngineError> {
        let now = self.context.now();
        let store = &self.context.store;
        let alongside = Alongside {
            secrets,
            places: self.context.settings.places(),
        };
        let changed = store
            .change_session_alongside(self.id, now, alongside, change)
            .await?;
        let Some(changed) = changed else {
            return Err(EngineError::SessionNotFound);
        };
        self.session = changed.session;
        self.note_list().await;
        let names: Vec<_> = self.session.terminals.clone();
        self.publish(|live| {
            live.terminals
                .retain(|known| names.iter().any(|spec| spec.name == known.name));
            for spec in &names {
                if !live.terminals.iter().any(|known| known.name == spec.name) {
                    live.terminals.push(TerminalView::at_rest(spec));
                }
            }
        });
        self.tell(changed.events).await;
        Ok(())
    }

    /// How far the session has got.
    pub(super) async fn turn_to(&mut self, phase: Phase) -> Result<(), EngineError> {
        self.change(Box::new(move |session| session.turn_to(phase)))
            .await
    }

    /// The session has come to rest: nobody wishes it to run any more.
    pub(super) async fn settle(&mut self, phase: Phase) -> Result<(), EngineError> {
        let (level, message) = match &phase {
            Phase::Error { reason } => (LogLevel::Error, format!("ended: {reason}")),
            phase => (
                LogLevel::Info,
                format!(
                    "stopped{}",
                    phase.reason().map(|r| format!(": {r}")).unwrap_or_default()
                ),
            ),
        };
        self.change(Box::new(move |session| {
            if session.wish == Wish::Running {
                session.wish = Wish::Stopped;
            }
            session.turn_to(phase)
        }))
        .await?;
        self.log(level, "session", &message).await;
        self.tell_health(ContainerHealth::None, Some(&message))
            .await;
        Ok(())
    }
}
