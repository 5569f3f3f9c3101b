//! The one thread on which all screens are parsed: parsing is the most expensive thing sessiond does, and must not delay a byte.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::capture_request::Format;
use tokio::sync::oneshot;

use super::Screen;
use crate::terminal::Terminal;

/// Bytes parsed for one terminal before another one gets its turn: a few milliseconds' work.
const TURN: usize = 256 * 1024;

/// A terminal of which so many bytes were parsed in a turn floods.
const FLOOD: u64 = 64 * 1024;

/// How long a terminal is left alone that was parsed: a program that writes often, as one does that answers keys, would otherwise wake the
/// thread for each piece.
const PAUSE: Duration = Duration::from_millis(2);

/// How long one is left alone that floods: at the speed of a PTY, some 80 MB/s, less comes meanwhile than the screen may lag behind.
const REST: Duration = Duration::from_millis(40);

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
    let mut turns = Turns::default();
    while let Ok(next) = turns.next_job(receiver) {
        match next {
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
    }
}

/// Which terminals are parsed when.
///
/// A terminal rests between two turns, one that floods rests longer. What has gathered by then is mostly passed over, see [`super::skim`]: to parse it all
/// would cost as much as everything else on the bytes' way.
#[derive(Default)]
struct Turns {
    unfinished: VecDeque<Arc<Terminal>>,
    /// The ones that rest longest come last.
    resting: VecDeque<(Instant, Arc<Terminal>)>,
}

impl Turns {
    /// The next job; none where it is time to parse. Fails when nobody can ask any more.
    fn next_job(
        &mut self,
        receiver: &mpsc::Receiver<(Arc<Terminal>, Job)>,
    ) -> Result<Option<(Arc<Terminal>, Job)>, mpsc::RecvError> {
        let now = Instant::now();
        while let Some((_, terminal)) = self.resting.pop_front_if(|(until, _)| *until <= now) {
            terminal.parse_begins();
            self.unfinished.push_back(terminal);
        }
        if !self.unfinished.is_empty() {
            return Ok(receiver.try_recv().ok());
        }
        match self.resting.front() {
            Some((until, _)) => match receiver.recv_timeout(*until - now) {
                Ok(job) => Ok(Some(job)),
                Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => Err(mpsc::RecvError),
            },
            None => receiver.recv().map(Some),
        }
    }

    fn begin(&mut self, terminal: Arc<Terminal>) {
        // It may have asked just before it was left alone.
        let rests = |(_, resting): &(Instant, _)| Arc::ptr_eq(resting, &terminal);
        if !self.resting.iter().any(rests) {
            terminal.parse_begins();
            self.unfinished.push_back(terminal);
        }
    }

    fn take_one(&mut self) {
        let Some(terminal) = self.unfinished.pop_front() else {
            return;
        };
        let before = terminal.parsed();
        let done = terminal.with_screen(|screen| terminal.parse(screen, TURN));
        if !done {
            self.unfinished.push_back(terminal);
            return;
        }
        match terminal.parsed() - before {
            0 => {}
            FLOOD.. if terminal.may_rest() => self.rest(terminal, REST),
            _ => self.rest(terminal, PAUSE),
        }
    }

    fn rest(&mut self, terminal: Arc<Terminal>, time: Duration) {
        terminal.parse_rests();
        let until = Instant::now() + time;
        let place = self.resting.partition_point(|(other, _)| *other <= until);
        self.resting.insert(place, (until, terminal));
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

fn mend(terminal: &Terminal, history: &History) -> Option<Mended> {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        (terminal.parsed() == history.at).then(|| Mended {
            differed: screen.mend(&history.lines),
            scrolled: screen.scrolled(),
        })
    })
}
