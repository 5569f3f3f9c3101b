//! A recording while it is made: from sessiond's chunks onto the tape.

use std::io;
use std::ops::ControlFlow;

use bytes::Bytes;
use longhouse_domain::clock::{Clock, to_millis};
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::limits;
use longhouse_link::proto::{OutputChunk, OutputRequest};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::{Status, Streaming};

use super::allowance::Allowance;
use super::cast::came;
use super::tape::Tape;
use crate::session::connection::Connection;
use crate::session::terminals;
use crate::terminal::screen;

/// So much is put on disk at once, bytes.
const SAVE_BYTES: usize = 256 * 1024;

/// What stands in a recording where it does not show all.
const LEFT_OUT: &str = "output was left out";

/// What others ask of a recording that is being made.
pub(super) enum Ask {
    /// That what was written before this byte is on disk.
    CatchUp(u64, oneshot::Sender<()>),
    /// That it begins anew, with what is seen now.
    Forget(oneshot::Sender<()>),
}

/// Where a recording begins that has nothing of the present start of sessiond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With the oldest byte that is kept.
    Oldest,
    /// With what is seen now.
    Now,
}

/// Why a stream is left that still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// What comes next does not go on from what was recorded, or the present cast is full: a repaint is due.
    Repaint,
    /// It is more than is recorded: nothing is, until then.
    Flood(Instant),
}

/// Why there is no stream.
pub(super) enum BeginError {
    /// sessiond did not give one.
    Link(Status),
    /// The recording cannot be written.
    Disk(io::Error),
}

impl From<Status> for BeginError {
    fn from(status: Status) -> Self {
        Self::Link(status)
    }
}

impl From<io::Error> for BeginError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// With what the next cast begins, because the present one is full: a repaint that is ahead of what was recorded.
struct Turn {
    /// The byte before which it shows the terminal. What comes before that byte still belongs to the present cast.
    at: u64,
    size: TerminalSize,
    bytes: Vec<u8>,
}

/// See the module.
pub(super) struct Making {
    /// Away only while something is put on disk.
    tape: Option<Tape>,
    /// Where it begins, if it has nothing yet.
    beginning: Beginning,
    size: Option<TerminalSize>,
    /// Whether something was left out.
    torn: bool,
    turn: Option<Turn>,
    allowance: Allowance,
    /// Who waits until what byte is on disk.
    waiting: Vec<(u64, oneshot::Sender<()>)>,
}

impl Making {
    pub(super) fn new(tape: Tape, beginning: Beginning) -> Self {
        Self {
            tape: Some(tape),
            beginning,
            size: None,
            torn: false,
            turn: None,
            allowance: Allowance::full(),
            waiting: Vec::new(),
        }
    }

    /// Asks for the output from where the recording has got; with a repaint before it, where it does not go on from there.
    pub(super) async fn begin(
        &mut self,
        name: &str,
        connection: &Connection,
        clock: &dyn Clock,
    ) -> Result<Streaming<OutputChunk>, BeginError> {
        let terminal = terminals::find(connection, name).await?;
        let boot_id = connection.boot_id().to_owned();
        let (now, kept) = (millis(clock), terminal.oldest..=terminal.offset);
        let size = TerminalSize::clamped(terminal.cols.into(), terminal.rows.into());
        let (goes_on, is_full, is_empty) = self.tape(|tape| {
            let goes_on = tape.goes_on_from(&boot_id);
            (goes_on, tape.is_full(), tape.is_empty())
        })?;
        self.turn = None;
        let from = match goes_on {
            Some(at) if self.beginning == Beginning::Oldest && kept.contains(&at) && !self.torn => {
                if is_full {
                    let shown = screen(connection, name).await?;
                    self.turn = (shown.offset >= at).then(|| Turn {
                        at: shown.offset,
                        size: shown.size,
                        bytes: shown.data.to_vec(),
                    });
                }
                at
            }
            None if self.beginning == Beginning::Oldest => {
                let label = (!is_empty).then_some("started again");
                let painted = (terminal.oldest, now, size, Vec::new());
                self.repaint(&boot_id, painted, label).await?
            }
            _ => {
                let lost = goes_on.is_some_and(|at| !kept.contains(&at));
                let is_torn = self.torn || lost || self.beginning == Beginning::Now;
                let label = (!is_empty && is_torn).then_some(LEFT_OUT);
                let shown = screen(connection, name).await?;
                let painted = (shown.offset, now, shown.size, shown.data.to_vec());
                let from = self.repaint(&boot_id, painted, label).await?;
                // Whoever comes after a kill goes on from here, not from before.
                self.save().await?;
                from
            }
        };
        self.torn = false;
        // A start of sessiond that comes later is recorded whole.
        self.beginning = Beginning::Oldest;
        let request = OutputRequest {
            name: name.to_owned(),
            from,
            timed: true,
        };
        Ok(connection.client().output(request).await?.into_inner())
    }

    async fn repaint(
        &mut self,
        boot_id: &str,
        (offset, at_ms, size, bytes): (u64, u64, TerminalSize, Vec<u8>),
        label: Option<&'static str>,
    ) -> io::Result<u64> {
        let boot_id = boot_id.to_owned();
        self.size = Some(size);
        self.on_disk(move |tape| {
            tape.repaint(&boot_id, offset, at_ms, size, &bytes)?;
            if let Some(label) = label {
                tape.events().marker(at_ms, label);
            }
            Ok(offset)
        })
        .await
    }

    /// Takes a chunk. What does not fit the protocol is not recorded.
    pub(super) async fn take(
        &mut self,
        chunk: OutputChunk,
        boot_id: &str,
        clock: &dyn Clock,
    ) -> Result<ControlFlow<Leave>, BeginError> {
        let expected = self.tape(|tape| tape.goes_on_from(boot_id))?;
        let length = chunk.data.len();
        if length > limits::OUTPUT_CHUNK_BYTES {
            return Err(Status::invalid_argument("an output chunk is too large").into());
        }
        if Some(chunk.offset) != expected {
            self.torn = true;
            return Ok(ControlFlow::Break(Leave::Repaint));
        }
        let now = millis(clock);
        let at_ms = came(chunk.at_ms, now);
        let mut data = chunk.data;
        self.turn_over(chunk.offset, &mut data, at_ms, boot_id)
            .await?;
        let size = chunk
            .size
            .map(|size| TerminalSize::clamped(size.cols.into(), size.rows.into()));
        let size = size.filter(|size| self.size != Some(*size));
        self.size = size.or(self.size);
        let (unsaved, is_full) = self.tape(|tape| {
            tape.output(at_ms, &data);
            if let Some(size) = size {
                tape.events().resize(at_ms, size);
            }
            if let Some(exit) = chunk.exit {
                tape.events().exit(at_ms, exit.code);
            }
            (tape.unsaved(), tape.is_full())
        })?;
        self.answer(boot_id).await?;
        if unsaved >= SAVE_BYTES {
            self.save().await?;
        }
        Ok(match self.allowance.take(length) {
            Err(pause) => {
                self.torn = true;
                ControlFlow::Break(Leave::Flood(Instant::now() + pause))
            }
            Ok(()) if is_full && self.turn.is_none() => ControlFlow::Break(Leave::Repaint),
            Ok(()) => ControlFlow::Continue(()),
        })
    }

    /// Begins the next cast where its repaint is at, if that is within this output; what comes before it ends the present one.
    async fn turn_over(
        &mut self,
        offset: u64,
        data: &mut Bytes,
        at_ms: u64,
        boot_id: &str,
    ) -> io::Result<()> {
        let is_within = |turn: &mut Turn| turn.at <= offset.saturating_add(data.len() as u64);
        let Some(turn) = self.turn.take_if(is_within) else {
            return Ok(());
        };
        let before = usize::try_from(turn.at.saturating_sub(offset)).unwrap_or(data.len());
        let last = data.split_to(before.min(data.len()));
        self.tape(|tape| tape.output(at_ms, &last))?;
        let painted = (turn.at, at_ms, turn.size, turn.bytes);
        self.repaint(boot_id, painted, None).await?;
        self.save().await
    }

    /// Does what somebody asks, or remembers that they wait for it.
    pub(super) async fn hear(&mut self, ask: Ask, boot_id: &str) -> io::Result<()> {
        match ask {
            Ask::CatchUp(until, reply) => {
                self.waiting.push((until, reply));
                self.answer(boot_id).await
            }
            Ask::Forget(reply) => {
                self.on_disk(Tape::erase).await?;
                self.beginning = Beginning::Now;
                tell(vec![(0, reply)]);
                Ok(())
            }
        }
    }

    /// Answers those who wait for what is recorded by now.
    async fn answer(&mut self, boot_id: &str) -> io::Result<()> {
        let got = self.tape(|tape| tape.goes_on_from(boot_id))?.unwrap_or(0);
        if self.waiting.iter().any(|(until, _)| *until <= got) {
            self.save().await?;
            let (heard, waiting) = self.waiting.drain(..).partition(|(until, _)| *until <= got);
            self.waiting = waiting;
            tell(heard);
        }
        Ok(())
    }

    /// Puts it on disk, and lets everybody go who waits: there is no more for now.
    pub(super) async fn settle(&mut self) -> io::Result<()> {
        self.save().await?;
        tell(std::mem::take(&mut self.waiting));
        Ok(())
    }

    /// Puts on disk what is not there yet.
    pub(super) async fn save(&mut self) -> io::Result<()> {
        self.on_disk(Tape::save).await
    }

    fn tape<T>(&mut self, use_it: impl FnOnce(&mut Tape) -> T) -> io::Result<T> {
        self.tape.as_mut().map(use_it).ok_or_else(broken)
    }

    /// Works with the disk where that holds up nobody else.
    async fn on_disk<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Tape) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut tape = self.tape.take().ok_or_else(broken)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&mut tape);
            (tape, done)
        });
        let (tape, done) = done.await.map_err(io::Error::other)?;
        self.tape = Some(tape);
        done
    }
}

fn tell(heard: Vec<(u64, oneshot::Sender<()>)>) {
    for (_, reply) in heard {
        // Whoever asked may have gone.
        let _ = reply.send(());
    }
}

/// A panic took the tape with it.
fn broken() -> io::Error {
    io::Error::other("the recording broke off")
}

fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(to_millis(clock.now())).unwrap_or(0)
}
