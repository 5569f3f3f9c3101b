//! The task that records one terminal, over every loss of the connection, until there is no more of it.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::clock::Clock;
use longhouse_link::proto::OutputChunk;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Streaming};

use super::making::{Ask, BeginError, Beginning, Leave, Making};
use super::tape::Tape;
use crate::session::connection::{Connection, Connections};

/// How often what was recorded is put on disk. A sessiond that is killed takes with it what was not.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// The pause before a failed stream is tried again on a connection that still stands.
const RETRY: Duration = Duration::from_millis(500);

/// See the module.
pub(super) struct Recorder {
    pub(super) name: String,
    pub(super) connections: Connections,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) stop: CancellationToken,
}

/// What follows the end of a stream.
enum Next {
    /// Another one, after a moment.
    Again,
    /// Another one, but not before.
    After(Instant),
    /// Nobody wants one any more.
    End,
}

impl Recorder {
    /// Records until the terminal is gone, its session at rest, or nobody wants it any more.
    pub(super) async fn run(mut self, tape: Tape, beginning: Beginning) -> io::Result<()> {
        let mut making = Making::new(tape, beginning);
        loop {
            let connection = tokio::select! {
                connection = self.connections.wait() => connection,
                () = self.stop.cancelled() => break,
            };
            let Ok(connection) = connection else { break };
            let next = match making
                .begin(&self.name, &connection, self.clock.as_ref())
                .await
            {
                Ok(chunks) => self.record(&mut making, &connection, chunks).await,
                Err(error) => Err(error),
            };
            making.settle().await?;
            let rested = match next {
                Ok(Next::Again) => self.pause().await,
                Ok(Next::After(until)) => self.rest(&mut making, until).await?,
                Ok(Next::End) => break,
                Err(BeginError::Disk(error)) => return Err(error),
                Err(BeginError::Link(status)) if status.code() == Code::NotFound => break,
                Err(BeginError::Link(status)) => {
                    tracing::debug!(terminal = self.name, %status, "the recorded stream broke");
                    self.pause().await
                }
            };
            if rested.is_break() {
                break;
            }
        }
        making.settle().await
    }

    /// Records over one stream.
    async fn record(
        &mut self,
        making: &mut Making,
        connection: &Connection,
        mut chunks: Streaming<OutputChunk>,
    ) -> Result<Next, BeginError> {
        let boot_id = connection.boot_id();
        let mut save = interval_at(Instant::now() + SAVE_EVERY, SAVE_EVERY);
        loop {
            tokio::select! {
                chunk = chunks.message() => match chunk? {
                    Some(chunk) => match making.take(chunk, boot_id, self.clock.as_ref()).await? {
                        ControlFlow::Continue(()) => {}
                        ControlFlow::Break(Leave::Repaint) => return Ok(Next::Again),
                        ControlFlow::Break(Leave::Flood(until)) => return Ok(Next::After(until)),
                    },
                    None => return Ok(Next::Again),
                },
                Some(ask) = self.asks.recv() => making.hear(ask, boot_id).await?,
                _ = save.tick() => making.save().await?,
                () = self.stop.cancelled() => return Ok(Next::End),
            }
        }
    }

    /// However sessiond behaves, it is not asked without end.
    async fn pause(&self) -> ControlFlow<()> {
        let over = self
            .stop
            .run_until_cancelled(tokio::time::sleep(RETRY))
            .await;
        over.map_or(ControlFlow::Break(()), ControlFlow::Continue)
    }

    /// Records nothing for a while. What is asked for meanwhile is on disk already, as far as it will ever be.
    async fn rest(&mut self, making: &mut Making, until: Instant) -> io::Result<ControlFlow<()>> {
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(ControlFlow::Continue(())),
                () = self.stop.cancelled() => return Ok(ControlFlow::Break(())),
                Some(ask) = self.asks.recv() => {
                    making.hear(ask, "").await?;
                    making.settle().await?;
                }
            }
        }
    }
}
