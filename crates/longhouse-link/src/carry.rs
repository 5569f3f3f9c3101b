//! A byte stream carried through the link, from either end: what is read from a stream goes out as messages, what comes in as messages
//! is written to it.
//!
//! ```text
//!   stream ──read──► data, as far as the other's credit goes ──► link
//!   stream ◄─write── queue (at most one window) ◄── data ◄── link;   what was written is given back as credit
//! ```
//!
//! The credit is what keeps a reader that stalls from filling the window that all calls of a link share. It is deliberately not: what
//! the bytes mean, or who may send them.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use crate::limits::{PORT_CHUNK_BYTES, PORT_IDLE, PORT_WINDOW_BYTES};
use crate::proto::PortBytes;

/// Messages that wait for the link. What they hold is bounded by the credit; this only keeps reading and sending apart.
pub const CARRY_QUEUE: usize = 8;

/// Credit is given back in halves of the window: fewer messages, and the sender never runs dry meanwhile.
const GIVE_BACK: u32 = PORT_WINDOW_BYTES / 2;

/// How long the last messages may take to be sent once both directions have ended.
const LAST_MESSAGES: Duration = Duration::from_secs(30);

/// Why a stream was carried no further.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The stream itself broke.
    #[error("the connection broke: {0}")]
    Stream(#[source] io::Error),
    /// The link broke, or the other side hung up.
    #[error("the other side hung up")]
    Gone,
    /// The other side broke a rule.
    #[error("the other side sent {0}")]
    Rule(&'static str),
    /// Nothing moved for [`PORT_IDLE`].
    #[error("nothing was sent for a long time")]
    Idle,
}

/// Carries `stream` until both directions have ended, or nothing more can come of it. `moved` is told of bytes that went either way.
///
/// # Errors
/// Where it ended otherwise; then the other side is told nothing but that the call is over.
pub async fn carry<S, I>(
    stream: S,
    mut incoming: I,
    outgoing: mpsc::Sender<PortBytes>,
    mut moved: impl FnMut() + Send,
) -> Result<(), CarryError>
where
    S: AsyncRead + AsyncWrite + Send,
    I: Stream<Item = Result<PortBytes, Status>> + Send + Unpin,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut state = Carried::default();
    let mut buffer = BytesMut::new();
    let idle = tokio::time::sleep(PORT_IDLE);
    tokio::pin!(idle);
    send(&outgoing, credit(PORT_WINDOW_BYTES)).await;
    while !state.is_over() {
        let room = state.may_send();
        if room > 0 {
            buffer.reserve(PORT_CHUNK_BYTES);
        }
        tokio::select! {
            message = incoming.next(), if !state.gone => {
                match message.and_then(Result::ok) {
                    Some(message) => state.take(message)?,
                    // Whoever has said everything may go; what was said is still handed on.
                    None if state.heard_all => state.gone = true,
                    None => return Err(CarryError::Gone),
                }
                if state.all_written() { finish(&mut writer, &mut state).await; }
            }
            // A read and a write that are dropped here have moved nothing.
            read = async { reader.read_buf(&mut (&mut buffer).limit(room)).await }, if room > 0 => {
                let data = match read.map_err(CarryError::Stream)? {
                    0 => None,
                    _ => Some(buffer.split().freeze()),
                };
                send(&outgoing, state.send(data)).await;
            }
            written = writer.write(state.next_piece()), if state.has_pieces() => {
                // A program that no longer reads may still have something to say.
                state.wrote(written.ok());
                if let Some(bytes) = state.give_back() { send(&outgoing, credit(bytes)).await; }
                if state.all_written() { finish(&mut writer, &mut state).await; }
            }
            () = &mut idle => return Err(CarryError::Idle),
        }
        idle.as_mut().reset(Instant::now() + PORT_IDLE);
        moved();
    }
    drop(outgoing);
    // A call that is dropped is reset, and what still waits for the link would be lost: each side stays until the other has ended too.
    let ended = async { while !state.gone && incoming.next().await.is_some() {} };
    let _overdue = tokio::time::timeout(LAST_MESSAGES, ended).await;
    Ok(())
}

async fn send(outgoing: &mpsc::Sender<PortBytes>, message: PortBytes) {
    // Where the other side has gone, the end of what comes in says so.
    let _ = outgoing.send(message).await;
}

fn credit(bytes: u32) -> PortBytes {
    PortBytes {
        credit: bytes,
        ..PortBytes::default()
    }
}

async fn finish<W: AsyncWrite + Unpin>(writer: &mut W, state: &mut Carried) {
    // Whoever has hung up already need not be told of the end.
    let _ = writer.shutdown().await;
    state.finished = true;
}

/// How far both directions have got.
#[derive(Debug, Default)]
struct Carried {
    /// What the other side takes yet.
    credit: usize,
    /// Nothing more will be read here.
    read_all: bool,
    /// What is to be written here.
    queue: VecDeque<Bytes>,
    /// Bytes that came, for which no credit was given back yet.
    held: u32,
    /// Those of them that are written.
    written: u32,
    /// Nothing more will come.
    heard_all: bool,
    /// Nothing more can be written here.
    deaf: bool,
    /// The end was handed on.
    finished: bool,
    /// The other side has said everything, and gone.
    gone: bool,
}

impl Carried {
    fn is_over(&self) -> bool {
        (self.read_all || self.gone) && (self.finished || self.deaf)
    }

    /// How many bytes may be read at once now.
    fn may_send(&self) -> usize {
        if self.read_all || self.gone {
            return 0;
        }
        self.credit.min(PORT_CHUNK_BYTES)
    }

    /// The message for what was read; nothing was read where the stream has ended.
    fn send(&mut self, data: Option<Bytes>) -> PortBytes {
        let end = data.is_none();
        self.read_all |= end;
        let data = data.unwrap_or_default();
        self.credit = self.credit.saturating_sub(data.len());
        PortBytes {
            data,
            end,
            ..PortBytes::default()
        }
    }

    /// Takes a message, if it keeps to the rules.
    fn take(&mut self, message: PortBytes) -> Result<(), CarryError> {
        let window = PORT_WINDOW_BYTES as usize;
        self.credit = (self.credit + message.credit as usize).min(window);
        if message.data.len() > PORT_CHUNK_BYTES {
            return Err(CarryError::Rule("a message that is too large"));
        }
        let length = u32::try_from(message.data.len()).unwrap_or(u32::MAX);
        self.held = self.held.saturating_add(length);
        if self.held > PORT_WINDOW_BYTES {
            return Err(CarryError::Rule("more than it had credit for"));
        }
        if self.heard_all && (length > 0 || message.end) {
            return Err(CarryError::Rule("something after its end"));
        }
        self.heard_all = message.end || self.heard_all;
        if length > 0 {
            self.queue.push_back(message.data);
        }
        Ok(())
    }

    fn has_pieces(&self) -> bool {
        !self.queue.is_empty()
    }

    fn next_piece(&self) -> &[u8] {
        // Once nobody listens, nothing is written; the rest counts as heard.
        self.queue
            .front()
            .filter(|_| !self.deaf)
            .map_or(&[], |piece| piece)
    }

    /// So many bytes of the next piece were written, or nothing can be any more.
    fn wrote(&mut self, bytes: Option<usize>) {
        self.deaf |= matches!(bytes, None | Some(0));
        if self.deaf {
            self.queue.clear();
            self.written = self.held;
            return;
        }
        let bytes = bytes.unwrap_or_default();
        self.written = self
            .written
            .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        let front = self.queue.front_mut();
        let is_empty = front.is_none_or(|piece| {
            let _written = piece.split_to(bytes.min(piece.len()));
            piece.is_empty()
        });
        if is_empty {
            self.queue.pop_front();
        }
    }

    /// The credit to give back now, if that is worth a message.
    fn give_back(&mut self) -> Option<u32> {
        if self.written < GIVE_BACK || self.heard_all {
            return None;
        }
        let written = std::mem::take(&mut self.written);
        self.held -= written.min(self.held);
        Some(written)
    }

    /// Whether the end may be handed on.
    fn all_written(&self) -> bool {
        self.heard_all && self.queue.is_empty() && !self.finished
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;
    use tokio::task::JoinHandle;

    use super::*;

    type Outcome = JoinHandle<Result<(), CarryError>>;

    fn channel() -> (
        mpsc::Sender<PortBytes>,
        impl Stream<Item = Result<PortBytes, Status>> + Send + Unpin,
    ) {
        let (sender, receiver) = mpsc::channel(CARRY_QUEUE);
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|message| (Ok(message), receiver))
        });
        (sender, Box::pin(stream))
    }

    /// Both ends of a link with a stream carried between them.
    fn carried() -> (DuplexStream, DuplexStream, [Outcome; 2]) {
        let (ours, inner) = tokio::io::duplex(1024);
        let (theirs, outer) = tokio::io::duplex(1024);
        let (to_them, from_us) = channel();
        let (to_us, from_them) = channel();
        let outcomes = [
            tokio::spawn(carry(inner, from_them, to_them, || ())),
            tokio::spawn(carry(outer, from_us, to_us, || ())),
        ];
        (ours, theirs, outcomes)
    }

    #[tokio::test]
    async fn megabytes_go_both_ways_and_each_end_is_told_by_itself() {
        let (ours, theirs, outcomes) = carried();
        let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let (mut our_reader, mut our_writer) = tokio::io::split(ours);
        let (mut their_reader, mut their_writer) = tokio::io::split(theirs);
        let asking = tokio::spawn(async move {
            our_writer.write_all(&sent).await.unwrap();
            our_writer.shutdown().await.unwrap();
        });
        // They answer only after they have heard the end, which is half a close.
        let mut heard = Vec::new();
        their_reader.read_to_end(&mut heard).await.unwrap();
        assert!(heard == expected);
        let answering = tokio::spawn(async move {
            their_writer.write_all(&heard).await.unwrap();
            their_writer.shutdown().await.unwrap();
        });
        let mut answer = Vec::new();
        our_reader.read_to_end(&mut answer).await.unwrap();
        assert!(answer == expected);
        asking.await.unwrap();
        answering.await.unwrap();
        for outcome in outcomes {
            outcome.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn what_nobody_reads_is_bounded() {
        let (mut ours, _theirs, _outcomes) = carried();
        let mut accepted = 0;
        let piece = [7; 16 * 1024];
        while let Ok(written) =
            tokio::time::timeout(Duration::from_millis(200), ours.write(&piece)).await
        {
            accepted += written.unwrap();
            assert!(
                accepted < 4 * PORT_WINDOW_BYTES as usize,
                "it takes without end"
            );
        }
        assert!(accepted >= PORT_WINDOW_BYTES as usize / 2);
    }

    #[tokio::test]
    async fn one_who_is_gone_ends_it_for_the_other() {
        let (ours, mut theirs, [here, there]) = carried();
        here.abort();
        drop(ours);
        assert!(matches!(there.await.unwrap(), Err(CarryError::Gone)));
        let mut nothing = Vec::new();
        theirs.read_to_end(&mut nothing).await.unwrap();
        assert!(nothing.is_empty());
    }

    #[tokio::test]
    async fn who_breaks_a_rule_is_cut_off() {
        let data = |length| PortBytes {
            data: vec![0; length].into(),
            ..PortBytes::default()
        };
        let end = PortBytes {
            end: true,
            ..PortBytes::default()
        };
        let chunks = 1 + PORT_WINDOW_BYTES as usize / PORT_CHUNK_BYTES;
        for messages in [
            vec![data(PORT_CHUNK_BYTES + 1)],
            vec![data(PORT_CHUNK_BYTES); chunks],
            vec![end.clone(), data(1)],
            vec![end.clone(), end],
        ] {
            let (_ours, inner) = tokio::io::duplex(16);
            let (outgoing, _sent) = channel();
            let incoming = futures_util::stream::iter(messages.into_iter().map(Ok))
                .chain(futures_util::stream::pending());
            let outcome = carry(inner, incoming, outgoing, || ()).await;
            assert!(matches!(outcome, Err(CarryError::Rule(_))), "{outcome:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_idle_for_too_long_ends() {
        let (_ours, inner) = tokio::io::duplex(16);
        let (outgoing, _sent) = channel();
        let outcome = carry(inner, futures_util::stream::pending(), outgoing, || ()).await;
        assert!(matches!(outcome, Err(CarryError::Idle)));
    }
}
