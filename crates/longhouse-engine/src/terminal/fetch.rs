//! What a viewer asks sessiond for when the hub's ring cannot serve it: a repaint, or a stretch of the past.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::{OutputRequest, SnapshotRequest};
use tonic::{Code, Status};

use super::ring::READ_BYTES;
use super::viewer::Closed;
use crate::session::connection::{Connection, Connections};

/// The most bytes of the past that a viewer takes from sessiond at once.
const PAST_BYTES: usize = 256 * 1024;

/// The largest repaint, bytes. A larger one is asked for again without scrollback: no screen of 1000 × 1000 cells comes near.
const SNAPSHOT_BYTES: u64 = 16 * 1024 * 1024;

/// How many lines of history a repaint has at most.
const SCROLLBACK_LINES: u32 = 10_000;

/// The pause before a failed question to sessiond is asked again.
const RETRY: Duration = Duration::from_millis(100);

/// Bytes that repaint a terminal as it was at an offset.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) offset: u64,
    pub(super) oldest: u64,
    pub(crate) size: TerminalSize,
    pub(crate) data: Bytes,
}

/// What came of a question to sessiond.
#[derive(Clone)]
pub(super) enum Fetched {
    Snapshot(Snapshot),
    Past(VecDeque<(u64, Bytes)>),
    /// What was asked for is no longer kept.
    Lost,
    Gone(Closed),
}

/// Asks sessiond for a repaint, as often as it takes.
pub(super) async fn snapshot(mut connections: Connections, name: String) -> Fetched {
    let mut lines = SCROLLBACK_LINES;
    loop {
        let connection = match connections.wait().await {
            Ok(connection) => connection,
            Err(away) => return Fetched::Gone(away.into()),
        };
        let request = SnapshotRequest {
            name: name.clone(),
            scrollback_lines: lines,
        };
        match read_snapshot(connection.client(), request).await {
            Ok(Some(snapshot)) => return Fetched::Snapshot(snapshot),
            Ok(None) if lines > 0 => lines = 0,
            Ok(None) => return Fetched::Gone(Closed::TerminalGone),
            Err(status) if status.code() == Code::NotFound => {
                return Fetched::Gone(Closed::TerminalGone);
            }
            Err(status) => {
                tracing::debug!(terminal = name, %status, "no snapshot");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// The screen as it is now, without what scrolled away; an error where there is none.
pub(crate) async fn screen(connection: &Connection, name: &str) -> Result<Snapshot, Status> {
    let request = SnapshotRequest {
        name: name.to_owned(),
        scrollback_lines: 0,
    };
    let snapshot = read_snapshot(connection.client(), request).await?;
    snapshot.ok_or_else(|| Status::data_loss("a screen that is larger than any"))
}

/// One snapshot; `None` if it is larger than anybody needs.
async fn read_snapshot(
    mut client: longhouse_link::LinkClient,
    request: SnapshotRequest,
) -> Result<Option<Snapshot>, Status> {
    let mut pieces = client.snapshot(request).await?.into_inner();
    let Some(first) = pieces.message().await? else {
        return Err(Status::data_loss("an empty snapshot"));
    };
    let mut data = BytesMut::from(&first.data[..]);
    while let Some(piece) = pieces.message().await? {
        if data.len() as u64 + piece.data.len() as u64 > SNAPSHOT_BYTES {
            return Ok(None);
        }
        data.extend_from_slice(&piece.data);
    }
    Ok(Some(Snapshot {
        offset: first.offset,
        oldest: first.oldest,
        size: TerminalSize::clamped(first.cols.into(), first.rows.into()),
        data: data.freeze(),
    }))
}

/// Takes a stretch of the past from sessiond. The stream is read to the stretch's end and then dropped: a stream left unread would
/// hold a share of the connection's window, and so let one slow viewer slow down all.
pub(super) async fn past(
    mut connections: Connections,
    name: String,
    from: u64,
    until: u64,
) -> Fetched {
    loop {
        let connection = match connections.wait().await {
            Ok(connection) => connection,
            Err(away) => return Fetched::Gone(away.into()),
        };
        let request = OutputRequest {
            name: name.clone(),
            from,
            timed: false,
        };
        match read_past(connection.client(), request, until).await {
            Ok(fetched) => return fetched,
            Err(status) if status.code() == Code::NotFound => {
                return Fetched::Gone(Closed::TerminalGone);
            }
            Err(status) if status.code() == Code::OutOfRange => return Fetched::Lost,
            Err(status) => {
                tracing::debug!(terminal = name, %status, "no past");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn read_past(
    mut client: longhouse_link::LinkClient,
    request: OutputRequest,
    until: u64,
) -> Result<Fetched, Status> {
    let mut at = request.from;
    let mut stream = client.output(request).await?.into_inner();
    let mut chunks = VecDeque::new();
    let mut taken = 0;
    while at < until && taken < PAST_BYTES {
        let Some(chunk) = stream.message().await? else {
            break;
        };
        if chunk.gap || chunk.offset != at {
            return Ok(Fetched::Lost);
        }
        at += chunk.data.len() as u64;
        taken += chunk.data.len();
        if !chunk.data.is_empty() {
            chunks.push_back((chunk.offset, chunk.data));
        }
    }
    Ok(Fetched::Past(chunks))
}

/// The next bytes of the fetched past that continue at `position`.
pub(super) fn next_past(
    past: &mut VecDeque<(u64, Bytes)>,
    position: u64,
    credit: usize,
) -> Option<Bytes> {
    let (offset, data) = past.front_mut()?;
    if *offset != position {
        past.clear();
        return None;
    }
    let piece = data.split_to(data.len().min(credit).min(READ_BYTES));
    *offset += piece.len() as u64;
    if data.is_empty() {
        past.pop_front();
    }
    Some(piece)
}
