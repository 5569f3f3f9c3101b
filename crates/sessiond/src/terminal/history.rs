//! The history of a terminal in tmux, mended.
//!
//! tmux shows its client the screen, not what went through it: lines that came and scrolled away between two looks are never sent. It
//! keeps all of them itself, though. When a burst of output is over, what was parsed is compared with that; where lines are missing, the
//! parsed history is replaced, and whoever shows the terminal is told to paint it anew.
//!
//! Whoever comes while the two may differ is shown tmux's. To fetch it takes long, so both remember where they agreed: as long as they count
//! the same lines since, they still do.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::terminal::TerminalSize;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::Terminal;
use super::log::Mark;
use crate::screen::worker::{History, Job, Mended};
use crate::session::Session;

/// A burst is over when nothing came for this long. Short enough that nobody has scrolled up to look yet.
const QUIET: Duration = Duration::from_millis(120);

/// How long output takes from tmux to the log, generously.
const PTY_DELAY: Duration = Duration::from_millis(5);

/// How often tmux is asked, where output comes meanwhile.
const ATTEMPTS: u32 = 3;

/// Where the parsed history and tmux's were the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agreed {
    /// Lines that had scrolled off the parsed screen, ever.
    scrolled: u64,
    /// Lines that tmux had above its own.
    above: u64,
    /// Lines that go from one to the other where it changes.
    size: TerminalSize,
}

/// The newest `lines` lines of history from tmux, where the parsed history cannot be known to have them.
pub(crate) async fn elsewhere(
    session: &Session,
    terminal: &Terminal,
    lines: u32,
) -> Option<History> {
    let parsed = usize::try_from(lines).is_ok_and(|lines| lines <= session.scrollback);
    if parsed && still_agrees(session, terminal).await {
        return None;
    }
    for _ in 0..ATTEMPTS {
        if let Some((history, _)) = fetch(session, terminal, lines).await {
            return Some(history);
        }
    }
    None
}

/// Whether the parsed history is the same as tmux's still.
async fn still_agrees(session: &Session, terminal: &Terminal) -> bool {
    let Some(agreed) = terminal.agreed() else {
        return false;
    };
    let size = *terminal.wanted_size().borrow();
    let above = session.tmux.lines_above(&terminal.name).await.ok();
    let since = terminal.scrolled().checked_sub(agreed.scrolled);
    let since = since.filter(|since| size == agreed.size && *since < u64::from(size.rows));
    since.is_some_and(|since| above == Some(agreed.above + since))
}

/// tmux's newest `lines` lines of history and how many there are in all, if nothing was written meanwhile.
async fn fetch(session: &Session, terminal: &Terminal, lines: u32) -> Option<(History, u64)> {
    let at = terminal.end();
    let fetched = session.tmux.history(&terminal.name, lines).await;
    let (above, lines) = fetched
        .inspect_err(|error| tracing::debug!(%error, "no history from tmux"))
        .ok()?;
    // What tmux wrote before it answered is on its way through the PTY still.
    sleep(PTY_DELAY).await;
    let lines = lines.into();
    (terminal.end() == at).then_some((History { at, lines }, above))
}

/// Mends after every burst, for ever.
pub(crate) async fn mend(session: Arc<Session>, terminal: Arc<Terminal>) {
    let mut changes = terminal.changes();
    let mut checked = terminal.scrolled();
    let scrollback = u32::try_from(session.scrollback).unwrap_or(u32::MAX);
    while changes.changed().await.is_ok() {
        while let Ok(Ok(())) = timeout(QUIET, changes.changed()).await {}
        // Lines are lost only where a whole screen goes by at once.
        let size = *terminal.wanted_size().borrow();
        if terminal.scrolled().abs_diff(checked) < u64::from(size.rows) {
            continue;
        }
        let Some((history, above)) = fetch(&session, &terminal, scrollback).await else {
            continue;
        };
        let (reply, mended) = oneshot::channel();
        terminal.screens().ask(&terminal, Job::Mend(history, reply));
        let Ok(Some(Mended { differed, scrolled })) = mended.await else {
            continue;
        };
        checked = scrolled;
        terminal.agree(Agreed {
            scrolled,
            above,
            size,
        });
        if differed {
            terminal.mark(Mark::Repaint);
        }
    }
}

/// Puts what scrolled away in tmux above the screen, as if it had just been written.
pub(crate) async fn take_over(session: &Session, terminal: &Arc<Terminal>) {
    let lines = session.tmux.history_lines();
    match session.tmux.history(&terminal.name, lines).await {
        Ok((_, history)) => {
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
