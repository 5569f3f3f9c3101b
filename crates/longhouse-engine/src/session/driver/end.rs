//! Ending a session: by request, and for good.

use std::time::Duration;

use longhouse_domain::event::LogLevel;
use longhouse_domain::lifecycle::{Phase, RuntimeHandle, Wish};
use longhouse_link::proto::ShutdownRequest;

use super::{Driver, Next};
use crate::error::EngineError;
use crate::recording;
use crate::session::connection::{Connection, Connections, Reach};

/// How much longer than the grace sessiond may take to answer that everything has ended.
const ANSWER: Duration = Duration::from_secs(3);

/// How long they may take where somebody ends the session from outside, and will not wait long.
const LEAVE_GRACE: Duration = Duration::from_secs(3);

/// How long programs may take to end by themselves when their session is deleted.
const DELETE_GRACE: Duration = Duration::from_secs(1);

impl Driver {
    /// Asks the programs to end, ends them, and writes down that they have.
    pub(super) async fn stop(&mut self, handle: RuntimeHandle) -> Result<Next, EngineError> {
        if !matches!(self.session.phase, Phase::Restarting { .. }) {
            let handle = handle.clone();
            self.turn_to(Phase::Stopping { handle }).await?;
        }
        let connection = self.present_connection().await;
        if let Some(connection) = &connection {
            self.keep_screens(connection).await;
            self.listen_to_the_last(connection).await;
        }
        self.shut_down(connection.as_deref(), self.context.settings.stop_grace)
            .await;
        self.end_for_good(&handle, None).await?;
        if self.session.wish == Wish::Stopped {
            let reason = self.ending.take();
            self.settle(Phase::Stopped { reason }).await?;
        }
        Ok(Next::Again)
    }

    /// Somebody ends the session from outside, and it waits for this: what its terminals show is kept, then it ends as quietly as if it
    /// had been asked by us. What that means for its status is seen when it is gone.
    pub(super) async fn take_leave(&mut self, connection: &Connection) {
        self.log(
            LogLevel::Warn,
            "session",
            "the session was told to end from outside",
        )
        .await;
        self.keep_screens(connection).await;
        self.shut_down(Some(connection), LEAVE_GRACE).await;
    }

    /// Removes everything of the session, then its record.
    pub(super) async fn destroy(&mut self) -> Result<Next, EngineError> {
        let connection = self.connected_now();
        self.shut_down(connection.as_deref(), DELETE_GRACE).await;
        self.reach.send_replace(Reach::AtRest);
        self.part_from_repository().await?;
        self.offer = None;
        self.forget_recordings().await?;
        self.runtime
            .destroy(self.id, &self.session.spec.workdir)
            .await
            .map_err(|error| {
                EngineError::Internal(format!("cannot remove the session's directories: {error}"))
            })?;
        let deleted = self
            .context
            .store
            .delete_session(self.id, self.context.now())
            .await?;
        self.publish(|live| live.gone = true);
        if let Some(deleted) = deleted {
            self.tell(deleted.events).await;
        }
        Ok(Next::Finished)
    }

    async fn forget_recordings(&self) -> Result<(), EngineError> {
        self.recordings.close().await;
        let dir = self.context.settings.recordings.of_session(self.id);
        let removed = tokio::task::spawn_blocking(move || recording::remove(&dir)).await;
        removed
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| {
                EngineError::Internal(format!("cannot remove the session's recordings: {error}"))
            })
    }

    /// Ends what is left of the session without asking.
    pub(super) async fn end_for_good(
        &mut self,
        handle: &RuntimeHandle,
        connection: Option<&Connection>,
    ) -> Result<(), EngineError> {
        self.shut_down(connection, Duration::ZERO).await;
        self.reach.send_replace(Reach::AtRest);
        self.offer = None;
        self.runtime
            .end(self.id, Some(handle))
            .await
            .map_err(|error| {
                EngineError::Internal(format!("cannot end the session's processes: {error}"))
            })
    }

    async fn shut_down(&mut self, connection: Option<&Connection>, grace: Duration) {
        let Some(connection) = connection else { return };
        let request = ShutdownRequest {
            grace_ms: u32::try_from(grace.as_millis()).unwrap_or(u32::MAX),
            keep_tmux: false,
        };
        let mut client = connection.client();
        let asked = tokio::time::timeout(grace + ANSWER, client.shutdown(request));
        match self.hear_until(asked).await {
            Ok(Ok(_)) => {}
            Ok(Err(status)) => {
                tracing::debug!(session = %self.id, %status, "sessiond did not confirm its end")
            }
            Err(_) => {
                let text = "sessiond did not end its programs in time; they are ended from outside";
                self.log(LogLevel::Warn, "session", text).await;
            }
        }
    }

    fn connected_now(&self) -> Option<std::sync::Arc<Connection>> {
        match &*self.reach.borrow() {
            Reach::Up(connection) => Some(connection.clone()),
            Reach::Agent(_) | Reach::Down | Reach::AtRest => None,
        }
    }

    /// The connection there is, or the one that sessiond makes within a moment (after a restart of the server).
    async fn present_connection(&mut self) -> Option<std::sync::Arc<Connection>> {
        if let Some(connection) = self.connected_now() {
            return Some(connection);
        }
        let offer = self.listen().ok()?;
        let link = tokio::time::timeout(Connections::REDIAL, offer.accept())
            .await
            .ok()?
            .ok()?;
        Some(std::sync::Arc::new(Connection::new(link)))
    }
}
