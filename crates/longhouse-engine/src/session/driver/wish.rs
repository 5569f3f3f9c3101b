//! What is wished of a session: written down at once, and brought about by the steps that follow.

use longhouse_domain::lifecycle::{Phase, Wish};

use super::Driver;
use crate::error::EngineError;
use crate::session::live::Live;

impl Driver {
    /// Another wish from now on; one to delete is the last.
    pub(super) async fn want(&mut self, wish: Wish) -> Result<(), EngineError> {
        if self.session.wish == Wish::Deleted && wish != Wish::Deleted {
            return Err(EngineError::SessionNotFound);
        }
        self.ending = None;
        self.publish(|live| {
            if let Some(unkept) = &mut live.unkept {
                unkept.attempts = 0;
            }
        });
        self.change(Box::new(move |session| {
            session.wish = wish;
            let at_rest = matches!(session.phase, Phase::Stopped { .. } | Phase::Error { .. });
            if wish == Wish::Running && at_rest {
                session.turn_to(Phase::Starting)
            } else {
                Vec::new()
            }
        }))
        .await
    }

    /// A new start, from wherever it is.
    pub(super) async fn want_restart(&mut self) -> Result<(), EngineError> {
        if self.session.wish == Wish::Deleted {
            return Err(EngineError::SessionNotFound);
        }
        self.ending = None;
        self.change(Box::new(|session| {
            session.wish = Wish::Running;
            match session.phase.clone() {
                Phase::Running { handle }
                | Phase::Stopping { handle }
                | Phase::Restarting { handle } => session.turn_to(Phase::Restarting { handle }),
                Phase::Stopped { .. } | Phase::Error { .. } => session.turn_to(Phase::Starting),
                Phase::Pending | Phase::Starting => Vec::new(),
            }
        }))
        .await?;
        self.publish(Live::come_to_rest);
        Ok(())
    }
}
