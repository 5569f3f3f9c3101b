//! The ports of a session: which there are, who may use them, and connections to the programs behind them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use longhouse_domain::{Actor, Permission, SessionId};
use longhouse_link::proto::PortBytes;
use longhouse_link::{CARRY_QUEUE, carry, limits};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::DropGuard;
use tonic::{Code, Status, Streaming};

use super::ask::AskError;
use super::right::Right;
use super::view::PortView;
use crate::engine::Engine;
use crate::error::EngineError;

/// How long a connection may take to stand: the program's part, twice, and the way there and back.
const CONNECT_WAIT: Duration = limits::PORT_CONNECT.saturating_mul(3);

/// What waits between a connection and the link, bytes: a message's worth in each direction.
const BETWEEN: usize = limits::PORT_CHUNK_BYTES;

/// Why no connection to a port came about.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// No program of the session listens there, or it takes no connections.
    #[error("nothing listens there")]
    NobodyListens,
    /// The session does not run.
    #[error("the session does not run")]
    AtRest,
    /// There are as many connections as may be. Try again.
    #[error("the session's ports have too many connections")]
    Full,
    /// The session cannot be reached at the moment. Try again.
    #[error("the session cannot be reached: {0}")]
    Unreachable(String),
}

/// A session whose ports somebody may use.
#[derive(Clone, Debug)]
pub struct PortAccess {
    /// The session.
    pub session: SessionId,
    /// The session's name, for people.
    pub session_name: String,
    /// The right to go on.
    pub right: Right,
}

/// A connection to a program of a session. Dropping it ends the program's side of it, too.
#[derive(Debug)]
pub struct PortStream {
    bytes: DuplexStream,
    _held: DropGuard,
}

/// A call over the link at whose other end a program of the session listens.
pub(crate) struct PortLine {
    /// What the program says.
    pub(crate) incoming: Streaming<PortBytes>,
    /// What it is told.
    pub(crate) outgoing: mpsc::Sender<PortBytes>,
    /// Its place among the session's connections, to be held as long as it is carried.
    pub(crate) room: OwnedSemaphorePermit,
}

impl Engine {
    /// The ports on which the session's programs listen, ascending.
    pub async fn list_ports(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<Vec<PortView>, EngineError> {
        let (_, handle) = self.find(actor, reference, Permission::Look).await?;
        Ok(handle.live.borrow().ports.clone())
    }

    /// The session, if the actor may use what listens on its ports. What a server that somebody is developing lets its visitors do is
    /// as much as typing into a terminal, so that is what it takes.
    pub async fn port_access(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<PortAccess, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        Ok(PortAccess {
            session: session.id,
            session_name: session.name.to_string(),
            right: handle.right(actor),
        })
    }

    /// Connects to what listens on a port of the session. Whether somebody may was decided by [`Engine::port_access`].
    pub async fn connect_port(
        &self,
        session: SessionId,
        port: u16,
    ) -> Result<PortStream, PortError> {
        let PortLine {
            incoming,
            outgoing,
            room,
        } = self.open_port(session, port).await?;
        let (bytes, inner) = tokio::io::duplex(BETWEEN);
        let gone = self.context().stop.child_token();
        let carrying = carry(inner, incoming, outgoing, || ());
        let until = gone.clone();
        self.context().tasks.spawn(async move {
            if let Some(Err(error)) = until.run_until_cancelled_owned(carrying).await {
                tracing::debug!(%session, port, %error, "a connection to a port ended");
            }
            drop(room);
        });
        Ok(PortStream {
            bytes,
            _held: gone.drop_guard(),
        })
    }

    /// A call over the link that has reached the program, to be carried by whoever asked for it.
    pub(crate) async fn open_port(
        &self,
        session: SessionId,
        port: u16,
    ) -> Result<PortLine, PortError> {
        let handle = self.handle(session).ok_or(PortError::AtRest)?;
        let room = Arc::clone(&handle.port_streams)
            .try_acquire_owned()
            .map_err(|_| PortError::Full)?;
        let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
        let first = PortBytes {
            port: port.into(),
            ..PortBytes::default()
        };
        // There is room for it: nothing else was sent.
        let _ = outgoing.try_send(first);
        let messages = futures_util::stream::unfold(queue, |mut queue| async {
            queue.recv().await.map(|message| (message, queue))
        });
        let connecting = handle.connections.ask_once(async |connection| {
            let mut client = connection.client();
            tokio::time::timeout(CONNECT_WAIT, client.connect_port(messages))
                .await
                .map_err(|_| Status::deadline_exceeded("no connection in time"))?
        });
        Ok(PortLine {
            incoming: connecting.await?.into_inner(),
            outgoing,
            room,
        })
    }
}

impl From<AskError> for PortError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::AtRest | AskError::Ended => Self::AtRest,
            AskError::Unreachable(why) => Self::Unreachable(why),
            AskError::Refused(status) => match status.code() {
                Code::NotFound | Code::FailedPrecondition => Self::NobodyListens,
                Code::ResourceExhausted => Self::Full,
                // A sessiond that is older than these calls needs the session to be started again.
                _ => Self::Unreachable(crate::error::plain(status.message())),
            },
        }
    }
}

impl AsyncRead for PortStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_read(context, buffer)
    }
}

impl AsyncWrite for PortStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(context)
    }
}
