//! The one thread on which all screens are parsed: parsing is the most expensive thing sessiond does, and must not delay a byte.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;

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
    Snapshot(usize, oneshot::Sender<Snapshot>),
    Capture(Format, usize, oneshot::Sender<String>),
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
            Some((terminal, Job::Snapshot(scrollback, reply))) => {
                // The caller may have hung up.
                let _unheard = reply.send(snapshot(&terminal, scrollback));
            }
            Some((terminal, Job::Capture(format, scrollback, reply))) => {
                let _unheard = reply.send(capture(&terminal, format, scrollback));
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

fn snapshot(terminal: &Terminal, scrollback: usize) -> Snapshot {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        Snapshot {
            offset: terminal.parsed(),
            size: screen.size(),
            bytes: screen.snapshot(scrollback),
        }
    })
}

fn capture(terminal: &Terminal, format: Format, scrollback: usize) -> String {
    terminal.with_screen(|screen| {
        catch_up(terminal, screen);
        screen.capture(format, scrollback)
    })
}
