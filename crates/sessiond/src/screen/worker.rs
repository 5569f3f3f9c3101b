//! The one thread on which all screens are parsed: parsing is the most expensive thing sessiond does, and must not delay a byte.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::capture_request::Format;
use tokio::sync::oneshot;

use super::Screen;
use crate::terminal::Terminal;

/// Bytes parsed for one terminal before another one gets its turn: a few milliseconds' work.
const TURN: usize = 256 * 1024;

/// A snapshot and what it stands for.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Every byte before this one is in it, no later one is.
    pub(crate) offset: u64,
    pub(crate) size: TerminalSize,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) enum Job {
    /// There is output to parse.
    Parse,
    Snapshot(View, oneshot::Sender<Snapshot>),
    Capture(Format, View, oneshot::Sender<String>),
    /// Replace the parsed history by this one, if they differ and the log still ends there; says whether it did.
    Mend(History, oneshot::Sender<bool>),
}

/// How much above the screen is wanted, and from where.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Lines of history.
    pub(crate) scrollback: usize,
    /// Lines to show above the screen instead of the parsed history, if the log still ends where they were fetched.
    pub(crate) elsewhere: Option<History>,
}

/// The history as somebody else (tmux) kept it.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// The log's end when it was fetched.
    pub(crate) at: u64,
    /// Lines with escape sequences, each with its line feed.
    pub(crate) lines: Bytes,
}

impl View {
    /// The lines from elsewhere, if they fit the screen that was parsed to `offset`.
    fn history_at(&self, offset: u64) -> Option<&[u8]> {
        let history = self.elsewhere.as_ref()?;
        (history.at == offset).then_some(&history.lines)
    }
}

/// The way to the thread. The queue needs no bound of its own: a terminal has at most one `Parse` in it, and the rest are calls that wait.
#[derive(Clone, Debug)]
pub(crate) struct Screens {
    jobs: mpsc::Sender<(Arc<Terminal>, Job)>,
}

impl Screens {
    /// Starts the thread; it ends with the last clone of what this gives.
    pub(crate) fn start() -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        std::thread::Builder::new()
            .name("screens".to_owned())
            .spawn(move || work(&receiver))?;
        Ok(Self { jobs })
    }

    pub(crate) fn ask(&self, terminal: &Arc<Terminal>, job: Job) {
        if self.jobs.send((Arc::clone(terminal), job)).is_err() {
            tracing::error!("the screens' thread is gone");
        }
    }
}

fn work(receiver: &mpsc::Receiver<(Arc<Terminal>, Job)>) {
    let mut unfinished: VecDeque<Arc<Terminal>> = VecDeque::new();
    loop {
        let next = if unfinished.is_empty() {
            receiver.recv().ok()
        } else {
            receiver.try_recv().ok()
        };
        match next {
            Some((terminal, Job::Parse)) => {
                terminal.parse_begins();
                unfinished.push_back(terminal);
            }
            Some((terminal, Job::Snapshot(view, reply))) => {
                // The caller may have hung up.
                let _unheard = reply.send(snapshot(&terminal, &view));
            }
            Some((terminal, Job::Capture(format, view, reply))) => {
                let _unheard = reply.send(capture(&terminal, format, &view));
            }
            Some((terminal, Job::Mend(history, reply))) => {
                let _unheard = reply.send(mend(&terminal, &history));
            }
            None if unfinished.is_empty() => return,
            None => {}
        }
        if let Some(terminal) = unfinished.pop_front() {
            let done = terminal.with_screen(|screen| terminal.parse(screen, TURN));
            if !done {
                unfinished.push_back(terminal);
            }
        }
    }
}

/// Parses what is there now, so that the answer is not older than the question.
fn catch_up(terminal: &Terminal, screen: &mut Screen) {
    let end = terminal.end();
    while terminal.parsed() < end && !terminal.parse(screen, TURN) {}
}

fn snapshot(terminal: &Terminal, view: &View) -> Snapshot {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        let offset = terminal.parsed();
        Snapshot {
            offset,
            size: screen.size(),
            bytes: screen.snapshot(view.scrollback, view.history_at(offset)),
        }
    })
}

fn capture(terminal: &Terminal, format: Format, view: &View) -> String {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        screen.capture(format, view.scrollback, view.history_at(terminal.parsed()))
    })
}

fn mend(terminal: &Terminal, history: &History) -> bool {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        terminal.parsed() == history.at && screen.mend(&history.lines)
    })
}
