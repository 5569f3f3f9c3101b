//! The history of a terminal in tmux, mended.
//!
//! tmux shows its client the screen, not what went through it: lines that came and scrolled away between two looks are never sent. It
//! keeps all of them itself, though. When a burst of output is over, what was parsed is compared with that; where lines are missing, the
//! parsed history is replaced, and whoever shows the terminal is told to paint it anew.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::Terminal;
use super::log::Mark;
use crate::screen::worker::{History, Job};
use crate::session::Session;

/// A burst is over when nothing came for this long. Short enough that nobody has scrolled up to look yet.
const QUIET: Duration = Duration::from_millis(120);

/// How long output takes from tmux to the log, generously.
const PTY_DELAY: Duration = Duration::from_millis(5);

/// tmux's newest `lines` lines of history, if nothing was written meanwhile.
pub(crate) async fn fetch(session: &Session, terminal: &Terminal, lines: u32) -> Option<History> {
    let at = terminal.end();
    let fetched = session.tmux.history(&terminal.name, lines).await;
    let lines = fetched
        .inspect_err(|error| tracing::debug!(%error, "no history from tmux"))
        .ok()?;
    // What tmux wrote before it answered is on its way through the PTY still.
    sleep(PTY_DELAY).await;
    (terminal.end() == at).then(|| History {
        at,
        lines: lines.into(),
    })
}

/// Mends after every burst, for ever.
pub(crate) async fn mend(session: Arc<Session>, terminal: Arc<Terminal>) {
    let mut changes = terminal.changes();
    let mut checked = terminal.scrolled();
    let scrollback = u32::try_from(session.scrollback).unwrap_or(u32::MAX);
    while changes.changed().await.is_ok() {
        while let Ok(Ok(())) = timeout(QUIET, changes.changed()).await {}
        // Lines are lost only where a whole screen goes by at once.
        let rows = u64::from(terminal.wanted_size().borrow().rows);
        if terminal.scrolled() - checked < rows {
            continue;
        }
        let Some(history) = fetch(&session, &terminal, scrollback).await else {
            continue;
        };
        checked = terminal.scrolled();
        let (reply, mended) = oneshot::channel();
        terminal.screens().ask(&terminal, Job::Mend(history, reply));
        if mended.await.unwrap_or(false) {
            terminal.mark(Mark::Repaint);
        }
    }
}

/// Puts what scrolled away in tmux above the screen, as if it had just been written.
pub(crate) async fn take_over(session: &Session, terminal: &Arc<Terminal>) {
    let lines = session.tmux.history_lines();
    match session.tmux.history(&terminal.name, lines).await {
        Ok(history) => {
            let kept = usize::try_from(session.ring_bytes / 2).unwrap_or(usize::MAX);
            let history = newest_lines(&history, kept);
            for line in history.split_inclusive(|b| *b == b'\n') {
                terminal.append(line.strip_suffix(b"\n").unwrap_or(line));
                terminal.append(b"\x1b[m\r\n");
            }
            // tmux paints the screen anew: the history must have left it by then.
            let rows = usize::from(terminal.wanted_size().borrow().rows);
            terminal.append(&b"\r\n".repeat(rows.saturating_sub(1)));
        }
        Err(error) => tracing::warn!(%error, "the history in tmux is lost"),
    }
}

/// The end of `text`, at most `bytes` of it, from the beginning of a line.
fn newest_lines(text: &[u8], bytes: usize) -> &[u8] {
    let cut = text.len().saturating_sub(bytes);
    if cut == 0 {
        return text;
    }
    let line = memchr::memchr(b'\n', &text[cut..]).map_or(text.len(), |at| cut + at + 1);
    &text[line..]
}
