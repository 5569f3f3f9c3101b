//! A terminal whose program repeats its input: bytes by absolute offset in a bounded ring, as a real one keeps them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, stream};
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::limits::OUTPUT_CHUNK_BYTES;
use longhouse_link::proto::{CreateTerminalRequest, Exit, OutputChunk, Size, Terminal};
use tokio::sync::watch;

/// Bytes of output that are kept. Small, so that falling behind is easily tried.
pub(super) const RING_BYTES: usize = 256 * 1024;

/// Changes of size and ends that are kept for readers who come later.
const KEPT_CHANGES: usize = 64;

/// What ends the program: end of transmission, and the interrupt.
const END_KEYS: [(u8, i32); 2] = [(0x04, 0), (0x03, 130)];

/// Hears that something happened.
type Happened = watch::Receiver<u64>;

/// One terminal.
#[derive(Debug)]
pub(super) struct EchoTerminal {
    state: Mutex<State>,
    /// Counts what happens, so that readers wait for the next.
    happened: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    name: String,
    title: String,
    size: Size,
    exit_code: Option<i32>,
    ring: Vec<u8>,
    /// Bytes ever written.
    offset: u64,
    input_bytes: u64,
    /// The latest changes, with the offset at which each came.
    changes: Vec<(u64, Change)>,
    /// Changes that are no longer kept.
    forgotten: u64,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Size(Size),
    Exit(i32),
}

/// Where a reader has got to.
#[derive(Debug)]
pub(super) struct Cursor {
    offset: u64,
    /// The number of changes it has seen or that came before it.
    changes: u64,
}

impl EchoTerminal {
    /// A terminal whose first byte has the offset `first`.
    pub(super) fn new(wanted: CreateTerminalRequest, first: u64) -> Self {
        Self {
            state: Mutex::new(State {
                name: wanted.name,
                title: wanted.title,
                size: clamped(wanted.cols, wanted.rows),
                exit_code: None,
                ring: Vec::new(),
                offset: first,
                input_bytes: 0,
                changes: Vec::new(),
                forgotten: 0,
            }),
            happened: watch::Sender::new(0),
        }
    }

    pub(super) fn describe(&self) -> Terminal {
        let state = self.lock();
        Terminal {
            name: state.name.clone(),
            title: state.title.clone(),
            cols: state.size.cols,
            rows: state.size.rows,
            running: state.exit_code.is_none(),
            exit_code: state.exit_code,
            pid: None,
            adopted: false,
            oldest: state.oldest(),
            offset: state.offset,
            last_activity_ms: 0,
            input_bytes: state.input_bytes,
        }
    }

    /// Waits until something happens to it, if nothing ever did.
    pub(super) async fn heard_of(&self) {
        // Its sender is this terminal's own.
        let _ = self.happened.subscribe().wait_for(|count| *count > 0).await;
    }

    /// Takes input. Returns the exit code if it ended the program just now; what follows the end is not read.
    pub(super) fn write(&self, data: &[u8]) -> Option<i32> {
        self.change(|state| {
            for &byte in data {
                if state.exit_code.is_some() {
                    return None;
                }
                state.input_bytes += 1;
                if let Some((_, code)) = END_KEYS.iter().find(|(key, _)| *key == byte) {
                    state.end(*code);
                    return Some(*code);
                }
                state.output(if byte == b'\r' {
                    b"\r\n"
                } else {
                    std::slice::from_ref(&byte)
                });
            }
            None
        })
    }

    pub(super) fn resize(&self, cols: u32, rows: u32) {
        self.change(|state| {
            state.size = clamped(cols, rows);
            state.note(Change::Size(state.size));
        });
    }

    /// Ends the program if it runs, and starts it again.
    pub(super) fn restart(&self) {
        self.change(|state| {
            if state.exit_code.is_none() {
                state.end(129);
            }
            state.exit_code = None;
        });
    }

    /// What it writes from this offset on, without an end; `None` beyond what was written.
    pub(super) fn follow(
        self: Arc<Self>,
        offset: u64,
    ) -> Option<impl Stream<Item = OutputChunk> + Send + use<>> {
        let reader = self.reader(offset)?;
        let next = |(terminal, (mut cursor, mut happened)): (Arc<Self>, (Cursor, Happened))| async move {
            loop {
                // Marked before looking: what happens after the look wakes the wait.
                happened.mark_unchanged();
                if let Some(chunk) = terminal.next(&mut cursor) {
                    return Some((chunk, (terminal, (cursor, happened))));
                }
                happened.changed().await.ok()?;
            }
        };
        Some(stream::unfold((self, reader), next))
    }

    /// A reader from this offset on; `None` beyond the end.
    fn reader(&self, offset: u64) -> Option<(Cursor, Happened)> {
        let state = self.lock();
        let seen = state.changes.iter().filter(|(at, _)| *at <= offset).count() as u64;
        let cursor = Cursor {
            offset,
            changes: state.forgotten + seen,
        };
        (offset <= state.offset).then(|| (cursor, self.happened.subscribe()))
    }

    /// The next thing that a reader has not had.
    fn next(&self, cursor: &mut Cursor) -> Option<OutputChunk> {
        let state = self.lock();
        let mut chunk = OutputChunk::default();
        if cursor.offset < state.oldest() {
            cursor.offset = state.oldest();
            chunk.gap = true;
        }
        chunk.offset = cursor.offset;
        cursor.changes = cursor.changes.max(state.forgotten);
        let change = state
            .changes
            .get(usize::try_from(cursor.changes - state.forgotten).ok()?);
        let until = change
            .map_or(state.offset, |(at, _)| *at)
            .max(cursor.offset);
        let data = state.bytes(cursor.offset, until);
        let data = &data[..data.len().min(OUTPUT_CHUNK_BYTES)];
        cursor.offset += data.len() as u64;
        chunk.data = data.to_vec().into();
        if let Some((_, change)) = change.filter(|_| data.is_empty()) {
            cursor.changes += 1;
            match *change {
                Change::Size(size) => chunk.size = Some(size),
                Change::Exit(code) => chunk.exit = Some(Exit { code }),
            }
        }
        let is_news =
            chunk.gap || !chunk.data.is_empty() || chunk.size.is_some() || chunk.exit.is_some();
        is_news.then_some(chunk)
    }

    /// All that is kept, where it begins, and where it ends.
    pub(super) fn kept(&self) -> (Vec<u8>, Terminal) {
        let about = self.describe();
        let state = self.lock();
        (state.bytes(about.oldest, about.offset).to_vec(), about)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.lock());
        self.happened.send_modify(|count| *count += 1);
        answer
    }
}

impl State {
    fn oldest(&self) -> u64 {
        self.offset - self.ring.len() as u64
    }

    fn output(&mut self, data: &[u8]) {
        self.ring.extend_from_slice(data);
        self.offset += data.len() as u64;
        // Cutting a half at a time costs one move for every half ring.
        if self.ring.len() > RING_BYTES {
            self.ring.drain(..RING_BYTES / 2);
        }
    }

    fn end(&mut self, code: i32) {
        self.exit_code = Some(code);
        self.note(Change::Exit(code));
    }

    fn note(&mut self, change: Change) {
        self.changes.push((self.offset, change));
        if self.changes.len() > KEPT_CHANGES {
            self.changes.remove(0);
            self.forgotten += 1;
        }
    }

    /// What is kept of the bytes from one offset to another.
    fn bytes(&self, from: u64, to: u64) -> &[u8] {
        let index = |offset: u64| {
            usize::try_from(offset.saturating_sub(self.oldest()))
                .unwrap_or(usize::MAX)
                .min(self.ring.len())
        };
        &self.ring[index(from)..index(to)]
    }
}

fn clamped(cols: u32, rows: u32) -> Size {
    let size = TerminalSize::clamped(cols.into(), rows.into());
    Size {
        cols: size.cols.into(),
        rows: size.rows.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> EchoTerminal {
        let wanted = CreateTerminalRequest {
            cols: 80,
            rows: 24,
            ..CreateTerminalRequest::default()
        };
        EchoTerminal::new(wanted, 0)
    }

    fn read(terminal: &EchoTerminal, cursor: &mut Cursor) -> (Vec<u8>, bool) {
        let (mut data, mut gap) = (Vec::new(), false);
        while let Some(chunk) = terminal.next(cursor) {
            gap |= chunk.gap;
            data.extend_from_slice(&chunk.data);
        }
        (data, gap)
    }

    #[test]
    fn a_reader_goes_on_at_the_exact_byte() {
        let terminal = terminal();
        terminal.write(b"one\rtwo");
        let (mut cursor, _) = terminal.reader(3).unwrap();
        assert_eq!(read(&terminal, &mut cursor), (b"\r\ntwo".to_vec(), false));
        terminal.write(b"!");
        assert_eq!(read(&terminal, &mut cursor), (b"!".to_vec(), false));
        assert!(terminal.reader(10).is_none());
    }

    #[test]
    fn a_reader_that_fell_behind_is_told_of_the_gap() {
        let terminal = terminal();
        let (mut cursor, _) = terminal.reader(0).unwrap();
        terminal.write(&vec![b'x'; RING_BYTES * 2]);
        let about = terminal.describe();
        let (data, gap) = read(&terminal, &mut cursor);
        assert!(gap && about.oldest > 0);
        assert_eq!(data.len() as u64, about.offset - about.oldest);
    }

    #[test]
    fn sizes_and_ends_come_at_their_place_in_the_output() {
        let terminal = terminal();
        let (mut cursor, _) = terminal.reader(0).unwrap();
        terminal.write(b"ab");
        terminal.resize(0, 50);
        assert_eq!(terminal.write(b"c\x04d"), Some(0));
        assert_eq!(terminal.write(b"e"), None);
        let mut seen = Vec::new();
        while let Some(chunk) = terminal.next(&mut cursor) {
            seen.push((
                chunk.offset,
                chunk.data.to_vec(),
                chunk.size,
                chunk.exit.map(|exit| exit.code),
            ));
        }
        let size = Size { cols: 1, rows: 50 };
        assert_eq!(
            seen,
            [
                (0, b"ab".to_vec(), None, None),
                (2, vec![], Some(size), None),
                (2, b"c".to_vec(), None, None),
                (3, vec![], None, Some(0))
            ]
        );
    }
}
