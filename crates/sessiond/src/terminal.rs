//! A terminal: what its program wrote, what it looks like, what it is told. It outlives its program, its PTY, and every connection.
//!
//! This is the part that everybody reads; the task that owns the program is in [`supervisor`].

mod giving_way;
pub(crate) mod history;
pub(crate) mod input;
pub(crate) mod log;
mod parsing;
pub(crate) mod pty;
mod reading;
pub(crate) mod requests;
mod stamps;
pub(crate) mod supervisor;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::name::TerminalName;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto;
use tokio::sync::{Notify, mpsc, watch};

use crate::screen::Screen;
use crate::screen::worker::Screens;
use history::Agreed;
use input::Input;
use log::{Cursor, Mark, OutputLog, Piece};
use requests::{Command, Wrapping};

/// The most bytes by which the parsed screen may lag behind the log before the program is made to wait. A flood that the parser cannot
/// follow is throttled to the parser's speed, some 60 MB/s; everything below never notices it.
const PARSER_LAG: u64 = 4 * 1024 * 1024;

/// How long after input a program's output counts as its echo, milliseconds.
const ECHO_MS: u64 = 1_000;

/// Whether the program runs, and as what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) running: bool,
    pub(crate) pid: Option<u32>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) adopted: bool,
}

/// See the module.
pub(crate) struct Terminal {
    pub(crate) name: TerminalName,
    title: String,
    wrapping: Wrapping,
    log: Mutex<OutputLog>,
    /// Changes whenever the log does.
    changed: watch::Sender<()>,
    status: Mutex<Status>,
    /// Locked by the parsing thread alone.
    screen: Mutex<Screen>,
    screens: Screens,
    parsed: AtomicU64,
    /// Lines that scrolled off the parsed screen's top, ever.
    scrolled: AtomicU64,
    parser_moved: Notify,
    /// Where its history was last seen to be tmux's.
    agreed: Mutex<Option<Agreed>>,
    /// A `Parse` is on its way to the parsing thread.
    parse_asked: AtomicBool,
    parser_lag: u64,
    /// Streams of output under way: while there are any, an emulator elsewhere answers the program's questions.
    readers: AtomicUsize,
    /// How far the fastest of those is that show what comes; recordings are none of them.
    sent: AtomicU64,
    sent_more: Notify,
    input: mpsc::Sender<Input>,
    input_bytes: AtomicU64,
    last_activity: AtomicU64,
    last_input: AtomicU64,
    /// When the program last wrote of its own accord; 0 where it never has.
    spoke: AtomicU64,
    wanted_size: watch::Sender<TerminalSize>,
    commands: mpsc::Sender<Command>,
}

/// How to make one.
pub(crate) struct Making {
    pub(crate) name: TerminalName,
    pub(crate) title: String,
    pub(crate) wrapping: Wrapping,
    pub(crate) size: TerminalSize,
    pub(crate) ring_bytes: u64,
    pub(crate) first_offset: u64,
    pub(crate) scrollback: usize,
    pub(crate) screens: Screens,
    pub(crate) now: u64,
    pub(crate) input: mpsc::Sender<Input>,
    pub(crate) commands: mpsc::Sender<Command>,
}

#[cfg(test)]
impl Making {
    /// What makes a terminal for tests, whose commands nobody hears.
    pub(crate) fn some(ring_bytes: u64, screens: Screens, input: mpsc::Sender<Input>) -> Self {
        Self {
            name: "t".parse().unwrap(),
            title: String::new(),
            wrapping: Wrapping::None,
            size: TerminalSize { cols: 80, rows: 24 },
            ring_bytes,
            first_offset: 0,
            scrollback: 1000,
            screens,
            now: 0,
            input,
            commands: mpsc::channel(1).0,
        }
    }
}

impl Terminal {
    pub(crate) fn new(making: Making) -> Self {
        let log = OutputLog::new(making.ring_bytes, making.first_offset);
        let mut screen = Screen::new(making.size, making.scrollback);
        screen.at = log.cursor(making.first_offset).unwrap_or_default();
        Self {
            name: making.name,
            title: making.title,
            wrapping: making.wrapping,
            log: Mutex::new(log),
            changed: watch::Sender::new(()),
            status: Mutex::default(),
            screen: Mutex::new(screen),
            screens: making.screens,
            parsed: AtomicU64::new(making.first_offset),
            scrolled: AtomicU64::new(0),
            parser_moved: Notify::new(),
            agreed: Mutex::default(),
            parse_asked: AtomicBool::new(false),
            // The parser must never lose bytes to the ring's bound.
            parser_lag: PARSER_LAG.min(making.ring_bytes / 2),
            readers: AtomicUsize::new(0),
            sent: AtomicU64::new(making.first_offset),
            sent_more: Notify::new(),
            input: making.input,
            input_bytes: AtomicU64::new(0),
            last_activity: AtomicU64::new(making.now),
            last_input: AtomicU64::new(0),
            spoke: AtomicU64::new(0),
            wanted_size: watch::Sender::new(making.size),
            commands: making.commands,
        }
    }

    /// It as the link shows it.
    pub(crate) fn describe(&self) -> proto::Terminal {
        let status = self.status();
        let size = *self.wanted_size.borrow();
        let log = self.log();
        proto::Terminal {
            name: self.name.to_string(),
            title: self.title.clone(),
            cols: size.cols.into(),
            rows: size.rows.into(),
            running: status.running,
            exit_code: status.exit_code,
            pid: status.pid,
            adopted: status.adopted,
            oldest: log.oldest(),
            offset: log.end(),
            last_activity_ms: self.last_activity.load(Ordering::Relaxed),
            input_bytes: self.input_bytes.load(Ordering::Relaxed),
        }
    }

    /// Whether tmux stands between the program and the PTY.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.wrapping == Wrapping::Tmux
    }

    pub(crate) fn status(&self) -> Status {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_status(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    fn log(&self) -> MutexGuard<'_, OutputLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- output

    /// Lets `read` put output behind the log's end; see [`OutputLog::fill`]. To parse it is asked for apart: readers come first.
    pub(crate) fn fill(
        &self,
        read: impl FnOnce(&mut Vec<u8>) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let filled = self.log().fill(read);
        if let Ok(1..) = filled {
            self.changed.send_replace(());
        }
        filled
    }

    /// Puts bytes into the output that the program did not write: history found elsewhere, the reset before a restart.
    pub(crate) fn append(self: &Arc<Self>, bytes: &[u8]) {
        self.log().append(bytes);
        self.log_changed();
    }

    pub(crate) fn mark(self: &Arc<Self>, mark: Mark) {
        self.log().mark(mark);
        self.log_changed();
    }

    pub(crate) fn end(&self) -> u64 {
        self.log().end()
    }

    /// A reader's place at `offset`; `None` beyond the end.
    pub(crate) fn cursor(&self, offset: u64) -> Option<Cursor> {
        self.log().cursor(offset)
    }

    pub(crate) fn read(&self, cursor: &mut Cursor, max: usize) -> Option<Piece> {
        self.log().read(cursor, max)
    }

    /// The same, with the time at which it was written; now, where that has not been noted yet.
    pub(crate) fn read_timed(
        &self,
        cursor: &mut Cursor,
        max: usize,
        now: u64,
    ) -> Option<(Piece, u64)> {
        let log = self.log();
        let came = log.came(cursor.offset.max(log.oldest()));
        let (at, until) = came.unwrap_or((now, u64::MAX));
        let same = usize::try_from(until.saturating_sub(cursor.offset)).unwrap_or(max);
        let piece = log.read(cursor, max.min(same))?;
        Some((piece, at))
    }

    /// Tells of changes to the log. Subscribe before reading, so that none is missed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Counts a stream of output until the guard is dropped.
    pub(crate) fn attach(self: &Arc<Self>) -> Attached {
        self.readers.fetch_add(1, Ordering::AcqRel);
        Attached(Arc::clone(self))
    }

    /// Notes that a stream has got what is before `offset`.
    pub(crate) fn sent(&self, offset: u64) {
        if self.sent.fetch_max(offset, Ordering::AcqRel) < offset {
            self.sent_more.notify_waiters();
        }
    }

    /// Notes that the program wrote something. What follows input at once is its echo.
    pub(crate) fn heard(&self, now: u64) {
        self.log().stamp(now);
        self.last_activity.store(now, Ordering::Relaxed);
        if now.saturating_sub(self.last_input.load(Ordering::Relaxed)) >= ECHO_MS {
            self.spoke.store(now, Ordering::Relaxed);
        }
    }

    /// For how long the program has written nothing of its own accord; nothing where it never has.
    pub(crate) fn quiet_for(&self, now: u64) -> Option<Duration> {
        let spoke = self.spoke.load(Ordering::Relaxed);
        (spoke > 0).then(|| Duration::from_millis(now.saturating_sub(spoke)))
    }

    fn log_changed(self: &Arc<Self>) {
        self.changed.send_replace(());
        self.ask_for_parsing();
    }

    pub(crate) fn screens(&self) -> &Screens {
        &self.screens
    }

    // --- what it is told

    /// Queues input. Waits while the queue is full: backpressure for whoever writes faster than the program reads.
    pub(crate) async fn write(&self, data: Bytes, now: u64) {
        self.input_bytes
            .fetch_add(data.len() as u64, Ordering::Relaxed);
        self.last_input.store(now, Ordering::Relaxed);
        self.last_activity.store(now, Ordering::Relaxed);
        // The other end is gone only when the terminal was closed.
        let _closed = self.input.send(Input::Data(data)).await;
    }

    /// Waits until everything queued so far was written to the program, or dropped because none runs.
    pub(crate) async fn flush(&self) {
        let (done, written) = tokio::sync::oneshot::channel();
        if self.input.send(Input::Flush(done)).await.is_ok() {
            let _closed = written.await;
        }
    }

    /// Asks for a size. Many wishes in a short time become one.
    pub(crate) fn resize(&self, size: TerminalSize) {
        self.wanted_size.send_if_modified(|wanted| {
            let differs = *wanted != size;
            *wanted = size;
            differs
        });
    }

    pub(crate) fn wanted_size(&self) -> watch::Receiver<TerminalSize> {
        self.wanted_size.subscribe()
    }

    /// Tells the supervisor. `None` where the terminal was closed meanwhile.
    pub(crate) async fn command<T>(
        &self,
        command: impl FnOnce(tokio::sync::oneshot::Sender<T>) -> Command,
    ) -> Option<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// Counts as a reader of a terminal's output.
pub(crate) struct Attached(Arc<Terminal>);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::AcqRel);
    }
}
