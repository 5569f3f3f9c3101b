//! The calls that stream: output, input, snapshots, captures, events.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use longhouse_domain::Clock;
use longhouse_link::limits;
use longhouse_link::proto::session_event::{Ready, What};
use longhouse_link::proto::{
    CaptureChunk, CaptureRequest, Exit, OutputChunk, SessionEvent, Size, SnapshotChunk,
    WriteRequest, capture_request::Format,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::{Answers, Service};
use crate::clock;
use crate::screen::worker::{Job, View};
use crate::session::Session;
use crate::terminal::history;
use crate::terminal::log::{Cursor, Mark, Piece};
use crate::terminal::{Attached, Terminal};

/// One reader of a terminal's output.
struct Reader {
    terminal: Arc<Terminal>,
    cursor: Cursor,
    changes: watch::Receiver<()>,
    ending: CancellationToken,
    /// By this clock, where the reader wants to know when the output was written.
    clock: Option<Arc<dyn Clock>>,
    _attached: Attached,
}

pub(super) fn output(
    session: &Session,
    terminal: &Arc<Terminal>,
    from: u64,
    timed: bool,
) -> Result<Answers<OutputChunk>, Status> {
    let cursor = terminal.cursor(from).ok_or_else(|| {
        let end = terminal.end();
        Status::out_of_range(format!("the output ends at {end}, not at {from}"))
    })?;
    let reader = Reader {
        terminal: Arc::clone(terminal),
        cursor,
        changes: terminal.changes(),
        ending: session.ending.clone(),
        clock: timed.then(|| session.clock.clone()),
        _attached: terminal.attach(),
    };
    Ok(Box::pin(stream::unfold(reader, next_chunk)))
}

/// What comes next, once there is something. The stream's own flow control decides when it is asked.
async fn next_chunk(mut reader: Reader) -> Option<(Result<OutputChunk, Status>, Reader)> {
    loop {
        if let Some(chunk) = reader.read() {
            return Some((Ok(chunk), reader));
        }
        tokio::select! {
            changed = reader.changes.changed() => changed.ok()?,
            () = reader.ending.cancelled() => return None,
        }
    }
}

impl Reader {
    fn read(&mut self) -> Option<OutputChunk> {
        let most = limits::OUTPUT_CHUNK_BYTES;
        let Some(clock) = &self.clock else {
            let piece = self.terminal.read(&mut self.cursor, most)?;
            self.terminal.sent(self.cursor.offset);
            return Some(chunk(piece));
        };
        let now = clock::millis(clock.as_ref());
        let (piece, at_ms) = self.terminal.read_timed(&mut self.cursor, most, now)?;
        Some(OutputChunk {
            at_ms,
            ..chunk(piece)
        })
    }
}

fn chunk(piece: Piece) -> OutputChunk {
    match piece {
        Piece::Data { offset, bytes } => OutputChunk {
            offset,
            data: bytes,
            ..OutputChunk::default()
        },
        Piece::Gap { offset } => OutputChunk {
            offset,
            gap: true,
            ..OutputChunk::default()
        },
        Piece::Mark { offset, mark } => {
            let mut chunk = OutputChunk {
                offset,
                ..OutputChunk::default()
            };
            match mark {
                Mark::Size(size) => {
                    let (cols, rows) = (size.cols.into(), size.rows.into());
                    chunk.size = Some(Size { cols, rows });
                }
                Mark::Exit(code) => chunk.exit = Some(Exit { code }),
                Mark::Repaint => chunk.gap = true,
            }
            chunk
        }
    }
}

pub(super) async fn write(
    service: &Service,
    mut requests: Streaming<WriteRequest>,
) -> Result<(), Status> {
    let mut terminal: Option<Arc<Terminal>> = None;
    while let Some(WriteRequest { name, data }) = requests.message().await? {
        if data.len() > limits::WRITE_CHUNK_BYTES {
            let message = format!("at most {} bytes in one message", limits::WRITE_CHUNK_BYTES);
            return Err(Status::invalid_argument(message));
        }
        if terminal.is_none() || !name.is_empty() {
            terminal = Some(service.terminal(&name)?);
        }
        if let (Some(terminal), false) = (&terminal, data.is_empty()) {
            let now = service.session.now();
            service.session.events.activity(now);
            terminal.write(data, now).await;
        }
    }
    if let Some(terminal) = terminal {
        terminal.flush().await;
    }
    Ok(())
}

pub(super) async fn snapshot(
    session: &Session,
    terminal: &Arc<Terminal>,
    scrollback: u32,
) -> Result<Answers<SnapshotChunk>, Status> {
    let (reply, answer) = oneshot::channel();
    // tmux keeps more, which takes long to fetch and to draw.
    let kept = u32::try_from(session.scrollback).unwrap_or(u32::MAX);
    let view = view(session, terminal, scrollback.min(kept)).await;
    terminal.screens().ask(terminal, Job::Snapshot(view, reply));
    let snapshot = answer.await.map_err(|_| no_screens())?;
    let first = SnapshotChunk {
        offset: snapshot.offset,
        oldest: terminal.describe().oldest,
        cols: snapshot.size.cols.into(),
        rows: snapshot.size.rows.into(),
        total_bytes: snapshot.bytes.len() as u64,
        data: Bytes::new(),
    };
    let chunks = pieces(snapshot.bytes.into())
        .enumerate()
        .map(move |(n, data)| {
            let head = if n == 0 {
                first.clone()
            } else {
                SnapshotChunk::default()
            };
            Ok(SnapshotChunk { data, ..head })
        });
    Ok(Box::pin(stream::iter(chunks)))
}

pub(super) async fn capture(
    session: &Session,
    terminal: &Arc<Terminal>,
    request: &CaptureRequest,
) -> Result<Answers<CaptureChunk>, Status> {
    let format = Format::try_from(request.format)
        .map_err(|_| Status::invalid_argument("unknown capture format"))?;
    let (reply, answer) = oneshot::channel();
    let view = view(session, terminal, request.scrollback_lines).await;
    terminal
        .screens()
        .ask(terminal, Job::Capture(format, view, reply));
    let text = answer.await.map_err(|_| no_screens())?;
    let chunks = pieces(text.into()).map(|data| Ok(CaptureChunk { data }));
    Ok(Box::pin(stream::iter(chunks)))
}

/// What is to be shown above the screen: tmux's own history, if it can be had for exactly this place in the output.
async fn view(session: &Session, terminal: &Terminal, scrollback: u32) -> View {
    let in_tmux = scrollback > 0 && terminal.is_wrapped() && terminal.status().running;
    View {
        scrollback: usize::try_from(scrollback).unwrap_or(usize::MAX),
        elsewhere: match in_tmux {
            true => history::elsewhere(session, terminal, scrollback).await,
            false => None,
        },
    }
}

fn no_screens() -> Status {
    Status::internal("the screens' thread is gone")
}

/// `bytes` in pieces of the agreed size; one empty piece where there are none.
fn pieces(bytes: Bytes) -> impl Iterator<Item = Bytes> + Send {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let mut bytes = rest.take()?;
        let piece = bytes.split_to(bytes.len().min(limits::SNAPSHOT_CHUNK_BYTES));
        rest = Some(bytes).filter(|rest| !rest.is_empty());
        Some(piece)
    })
}

/// What is told of git's work, until it or the session ends. Who asked hangs up by dropping this, and git ends.
pub(super) fn news<T: Send + 'static>(session: &Session, news: mpsc::Receiver<T>) -> Answers<T> {
    let news = stream::unfold(news, |mut news| async {
        news.recv().await.map(|told| (Ok(told), news))
    });
    let ending = session.ending.clone().cancelled_owned();
    Box::pin(news.take_until(ending))
}

pub(super) fn watch(session: &Session) -> Answers<SessionEvent> {
    let events = Box::pin(session.events.watch());
    let ending = session.ending.clone();
    let live = stream::unfold((events, ending), |(mut events, ending)| async move {
        let told = tokio::select! {
            // What was told before the end is heard.
            biased;
            told = events.next() => told?,
            () = ending.cancelled() => return None,
        };
        Some((Ok(told), (events, ending)))
    });
    // What is told from here on is heard too; so nothing falls between.
    let known = [session.ports.news(), session.strain.news()];
    let known = [What::Ready(Ready {})]
        .into_iter()
        .chain(known.into_iter().flatten());
    let known = known.map(|news| SessionEvent {
        what: Some(news),
        ..SessionEvent::default()
    });
    Box::pin(stream::iter(known.map(Ok)).chain(live))
}
