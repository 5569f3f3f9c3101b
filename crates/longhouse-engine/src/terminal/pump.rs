//! The one reader of a terminal's output: from sessiond into the ring, over every loss of the connection.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::Patience;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::limits;
use longhouse_link::proto::{OutputChunk, OutputRequest};
use tonic::{Code, Status};

use super::hub::Shared;
use super::ring::RING_BYTES;
use super::state::Mark;
use super::viewer::Closed;
use crate::session::connection::{Connection, Connections};
use crate::session::terminals;

/// The pause before a failed stream is tried again on a connection that still stands.
const RETRY: Duration = Duration::from_millis(100);

/// Reads until the terminal, or the session's driver, is gone.
pub(super) async fn run(name: String, shared: Arc<Shared>, mut connections: Connections) {
    let closed = loop {
        let connection = match connections.wait().await {
            Ok(connection) => connection,
            Err(away) => break Closed::from(away),
        };
        match read(&name, &shared, &connection).await {
            Ok(()) => {}
            Err(status) if status.code() == Code::NotFound => break Closed::TerminalGone,
            Err(status) => tracing::debug!(terminal = name, %status, "the output stream broke"),
        }
        tokio::time::sleep(RETRY).await;
    };
    shared.lock().closed = Some(closed);
    shared.wake();
}

/// Reads over one connection until it breaks.
async fn read(name: &str, shared: &Shared, connection: &Connection) -> Result<(), Status> {
    let from = match same_boot(shared, connection.boot_id()) {
        Some(end) => end,
        None => {
            let terminal = terminals::find(connection, name).await?;
            let mut state = shared.lock();
            state.restart(connection.boot_id(), terminal.oldest, terminal.offset);
            terminal.offset
        }
    };
    shared.wake();
    let request = OutputRequest {
        name: name.to_owned(),
        from,
        timed: false,
    };
    let mut chunks = match connection.client().output(request).await {
        Ok(chunks) => chunks.into_inner(),
        Err(status) if status.code() == Code::OutOfRange => {
            // Offsets went back without a new boot: believe sessiond, and repaint.
            shared.lock().boot_id.clear();
            return Err(status);
        }
        Err(status) => return Err(status),
    };
    let mut patience = Patience::with_room(RING_BYTES / 2);
    while let Some(chunk) = chunks.message().await? {
        take(shared, chunk)?;
        shared.wake();
        shared.wait_for_viewers(&mut patience).await;
    }
    Ok(())
}

fn same_boot(shared: &Shared, boot_id: &str) -> Option<u64> {
    let state = shared.lock();
    (state.boot_id == boot_id).then(|| state.ring.end())
}

/// Puts a chunk into the ring. sessiond may have been taken over: what does not fit the protocol ends the stream.
fn take(shared: &Shared, chunk: OutputChunk) -> Result<(), Status> {
    if chunk.data.len() > limits::OUTPUT_CHUNK_BYTES {
        return Err(Status::invalid_argument("an output chunk is too large"));
    }
    let mut state = shared.lock();
    if chunk.offset < state.ring.end() || (chunk.offset > state.ring.end() && !chunk.gap) {
        return Err(Status::invalid_argument("an output chunk is out of order"));
    }
    if chunk.gap {
        // Bytes were lost, or the screen was mended without any (tmux does not show its client all that scrolls by): either way
        // what viewers have drawn is not what is there.
        state.repaint();
    }
    if chunk.offset > state.ring.end() {
        state.oldest = chunk.offset;
    }
    let end = chunk.offset + chunk.data.len() as u64;
    state.push(chunk.offset, chunk.data);
    if let Some(size) = chunk.size {
        state.mark(
            end,
            Mark::Size(TerminalSize::clamped(size.cols.into(), size.rows.into())),
        );
    }
    if let Some(exit) = chunk.exit {
        state.mark(end, Mark::Exit(exit.code));
    }
    Ok(())
}
