//! Recordings that are asked for: what is on disk, or else what sessiond still keeps of a terminal that nobody recorded.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use longhouse_domain::clock::{Clock, to_millis};
use longhouse_domain::name::TerminalName;
use longhouse_domain::terminal::TerminalSize;
use longhouse_domain::{Actor, Permission};
use longhouse_link::proto::{OutputRequest, Terminal};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::cast::{Cast, came};
use super::reading::Reading;
use super::remove;
use crate::engine::Engine;
use crate::error::{EngineError, plain};
use crate::session::connection::Connection;
use crate::session::terminals;

/// How many pieces of a recording wait for who takes it.
const PIECES: usize = 4;

/// How much text makes a piece, bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// A recording, piece by piece.
pub struct Playing {
    /// `<session>-<terminal>`, for a file's name.
    pub name: String,
    pieces: mpsc::Receiver<std::io::Result<Bytes>>,
}

impl Playing {
    /// The text of the cast. An error where it breaks off.
    pub fn into_pieces(self) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        ReceiverStream::new(self.pieces)
    }
}

impl Engine {
    /// What a terminal showed, and when: an asciicast, as far as it was recorded. Of one that is not recorded, what is still kept.
    pub async fn recording(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<Playing, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let name: TerminalName = name.parse().map_err(|_| EngineError::TerminalNotFound)?;
        if !session
            .terminals
            .iter()
            .any(|terminal| terminal.name == name)
        {
            return Err(EngineError::TerminalNotFound);
        }
        let title = format!("{}/{name}", session.name);
        let (pieces, receiver) = mpsc::channel(PIECES);
        let playing = Playing {
            name: format!("{}-{name}", session.name),
            pieces: receiver,
        };
        let connection = handle.connections.current();
        let terminal = match &connection {
            Some(connection) => terminals::find(connection, name.as_str()).await.ok(),
            None => None,
        };
        if let Some(terminal) = &terminal {
            handle.recordings.catch_up(&name, terminal.offset).await;
        }
        let context = self.context();
        let dir = context.settings.recordings.of_terminal(session.id, &name);
        let opened = open(dir).await?;
        if let Some(reading) = opened {
            context.tasks.spawn(read(reading, pieces));
            return Ok(playing);
        }
        match (connection, terminal) {
            (Some(connection), Some(terminal)) => {
                let clock = context.clock.clone();
                let kept = Kept {
                    connection,
                    terminal,
                    title,
                    clock,
                };
                context.tasks.spawn(kept.send(pieces));
                Ok(playing)
            }
            _ => Err(EngineError::NoRecording),
        }
    }

    /// Forgets what was recorded of a terminal. One that is being recorded goes on with what comes.
    pub async fn delete_recording(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<(), EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name: TerminalName = name.parse().map_err(|_| EngineError::TerminalNotFound)?;
        let dir = self
            .context()
            .settings
            .recordings
            .of_terminal(session.id, &name);
        if handle.recordings.forget(&name).await {
            return Ok(());
        }
        // Nobody writes there.
        let gone = tokio::task::spawn_blocking(move || remove(&dir)).await;
        gone.map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| EngineError::Internal(format!("a recording stays: {error}")))
    }
}

async fn open(dir: PathBuf) -> Result<Option<Reading>, EngineError> {
    let opened = tokio::task::spawn_blocking(move || Reading::open(&dir)).await;
    opened
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| EngineError::Internal(format!("a recording cannot be read: {error}")))
}

/// Hands on what is on disk, as fast as it is taken.
async fn read(mut reading: Reading, pieces: mpsc::Sender<std::io::Result<Bytes>>) {
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let text = reading.read();
            (reading, text)
        });
        let text = match read.await {
            Ok((rest, text)) => {
                reading = rest;
                text
            }
            Err(error) => return fail(&pieces, std::io::Error::other(error)).await,
        };
        match text {
            Ok(Some(text)) => {
                if pieces.send(Ok(text.into())).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => return fail(&pieces, error).await,
        }
    }
}

async fn fail(pieces: &mpsc::Sender<std::io::Result<Bytes>>, error: std::io::Error) {
    // Whoever read it may have gone.
    let _ = pieces.send(Err(error)).await;
}

/// What sessiond still keeps of a terminal.
struct Kept {
    connection: Arc<Connection>,
    terminal: Terminal,
    title: String,
    clock: Arc<dyn Clock>,
}

impl Kept {
    async fn send(self, pieces: mpsc::Sender<std::io::Result<Bytes>>) {
        if let Err(status) = self.write(&pieces).await {
            fail(&pieces, std::io::Error::other(plain(status.message()))).await;
        }
    }

    async fn write(&self, pieces: &mpsc::Sender<std::io::Result<Bytes>>) -> Result<(), Status> {
        let Terminal {
            name,
            oldest,
            offset,
            cols,
            rows,
            ..
        } = &self.terminal;
        let request = OutputRequest {
            name: name.clone(),
            from: *oldest,
            timed: true,
        };
        let mut chunks = self.connection.client().output(request).await?.into_inner();
        let now = u64::try_from(to_millis(self.clock.now())).unwrap_or(0);
        let (mut at, mut size) = (
            *oldest,
            TerminalSize::clamped((*cols).into(), (*rows).into()),
        );
        let mut cast = Cast::after(now);
        let mut began = false;
        while at < *offset {
            let Some(chunk) = chunks.message().await? else {
                break;
            };
            let at_ms = came(chunk.at_ms, now);
            let next = chunk
                .size
                .map(|size| TerminalSize::clamped(size.cols.into(), size.rows.into()));
            if !began {
                began = true;
                size = next.unwrap_or(size);
                cast = Cast::after(at_ms);
                cast.header(size, &self.title);
            }
            cast.output(at_ms, &chunk.data);
            if let Some(next) = next.filter(|next| *next != size) {
                size = next;
                cast.resize(at_ms, next);
            }
            if let Some(exit) = chunk.exit {
                cast.exit(at_ms, exit.code);
            }
            at = chunk.offset + chunk.data.len() as u64;
            if cast.len() >= PIECE_BYTES && pieces.send(Ok(cast.take().into())).await.is_err() {
                return Ok(());
            }
        }
        if !began {
            cast.header(size, &self.title);
        }
        // Whoever read it may have gone.
        let _ = pieces.send(Ok(cast.take().into())).await;
        Ok(())
    }
}
