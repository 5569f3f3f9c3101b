//! The one thread on which all screens are parsed: parsing is the most expensive thing sessiond does, and must not delay a byte.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::capture_request::Format;
use tokio::sync::oneshot;

use super::Screen;
use super::turns::{TURN, Turns};
use crate::terminal::Terminal;

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
    /// Replace the parsed history by this one, if they differ; nothing is done where the log does not end there any more.
    Mend(History, oneshot::Sender<Option<Mended>>),
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

/// A history that agrees with tmux's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mended {
    /// Whether it did not before.
    pub(crate) differed: bool,
    /// How many lines had scrolled off the screen, ever.
    pub(crate) scrolled: u64,
}

impl View {
    /// The lines from elsewhere, if they fit the screen that was parsed to `offset`.
    fn history_at(&self, offset: u64) -> Option<&[u8]> {
        let history = self.elsewhere.as_ref()?;
        (history.at == offset).then_some(&history.lines)
    }
}

/// What is asked for, and of which terminal.
pub(super) type Jobs = mpsc::Receiver<(Arc<Terminal>, Job)>;

/// The way to the thread. The queue needs no bound of its own: a terminal has at most one `Parse` in it, and the rest are calls that wait.
#[derive(Clone, Debug)]
pub(crate) struct Screens {
    jobs: mpsc::Sender<(Arc<Terminal>, Job)>,
}

impl Screens {
    /// Starts the thread; it ends with the last clone of what this gives.
    pub(crate) fn start() -> io::Result<Self> {
        let (screens, jobs) = Self::queue();
        std::thread::Builder::new()
            .name("screens".to_owned())
            .spawn(move || {
                let mut turns = Turns::default();
                while let Ok(()) = work(&mut turns, &jobs) {}
            })?;
        Ok(screens)
    }

    /// The way, and its other end.
    pub(crate) fn queue() -> (Self, Jobs) {
        let (sender, jobs) = mpsc::channel();
        (Self { jobs: sender }, jobs)
    }

    pub(crate) fn ask(&self, terminal: &Arc<Terminal>, job: Job) {
        if self.jobs.send((Arc::clone(terminal), job)).is_err() {
            tracing::error!("the screens' thread is gone");
        }
    }
}

/// Takes the next job, or parses for a moment. Fails when nobody can ask any more.
pub(super) fn work(turns: &mut Turns, jobs: &Jobs) -> Result<(), mpsc::RecvError> {
    match turns.next_job(jobs)? {
        Some((terminal, Job::Parse)) => turns.begin(terminal),
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
        None => {}
    }
    turns.take_one();
    Ok(())
}

/// Parses what is there now, so that the answer is not older than the question.
fn catch_up(terminal: &Terminal, screen: &mut Screen) {
    let end = terminal.end();
    terminal.pass_over(screen);
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

fn mend(terminal: &Terminal, history: &History) -> Option<Mended> {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        (terminal.parsed() == history.at).then(|| Mended {
            differed: screen.mend(&history.lines),
            scrolled: screen.scrolled(),
        })
    })
}
