//! From the PTY into the log, without looking at a byte.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use longhouse_domain::Patience;
use tokio::time::timeout;

use super::Terminal;
use super::giving_way::Attention;
use super::pty::Pty;
use crate::session::Session;

/// The most that is read of a program's output after its end, bytes: what the PTY still held, and not what a child of its own goes on writing.
const LAST_OUTPUT: usize = 1024 * 1024;

/// Reads at once before other tasks get a turn; a PTY hands out some 4 KiB each time.
const READS_PER_TURN: usize = 16;

/// Reads a PTY until its end.
pub(crate) async fn read_all(pty: Arc<Pty>, terminal: Arc<Terminal>, session: Arc<Session>) {
    let mut attention = Attention::default();
    let mut patience = Patience::with_room(terminal.log().bound() / 2);
    loop {
        terminal.wait_for_parser().await;
        wait_for_readers(&terminal, &mut patience).await;
        let read = |fd: &_| terminal.fill(|tail| read_some(fd, tail));
        match pty.read(READS_PER_TURN, read).await {
            Ok(0) => return,
            Ok(bytes) => attention.heard(&terminal, &session, bytes),
            Err(error) => {
                tracing::warn!(terminal = %terminal.name, %error, "cannot read the terminal");
                return;
            }
        }
        let now = session.now();
        terminal.heard(now);
        session.events.activity(now);
        tokio::task::yield_now().await;
        // The bytes are on their way by now; waking the parsing thread before would have delayed them.
        terminal.ask_for_parsing();
    }
}

/// Waits a moment for those who watch, if the fastest of them has fallen behind half of what is kept.
async fn wait_for_readers(terminal: &Terminal, patience: &mut Patience) {
    if terminal.readers.load(Ordering::Acquire) == 0 {
        return;
    }
    let (sent, end) = (terminal.sent.load(Ordering::Acquire), terminal.end());
    let Some(pause) = patience.pause(sent, end) else {
        return;
    };
    let near = async {
        loop {
            let moved = terminal.sent_more.notified();
            if patience.is_near(terminal.sent.load(Ordering::Acquire), end) {
                break;
            }
            moved.await;
        }
    };
    let _too_long = timeout(pause, near).await;
}

fn read_some(fd: &std::os::fd::OwnedFd, tail: &mut Vec<u8>) -> io::Result<usize> {
    Ok(rustix::io::read(fd, rustix::buffer::spare_capacity(tail))?)
}

/// Takes what a program that has ended left in its PTY.
pub(crate) fn take_last(pty: &Pty, terminal: &Arc<Terminal>) {
    let mut taken = 0;
    while taken < LAST_OUTPUT {
        let read = |fd: &_| terminal.fill(|tail| read_some(fd, tail));
        match pty.read_now(read) {
            0 => break,
            n => taken += n,
        }
    }
    terminal.ask_for_parsing();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::screen::worker::Screens;
    use crate::terminal::Making;
    use crate::terminal::log::Piece;

    const RING: u64 = 1024 * 1024;
    const TOTAL: u64 = 64 * RING;
    const TURN: u64 = 64 * 1024;

    /// A program writes as fast as it may, and so many viewers read, each with a pause after each turn's worth. Gives how many of them missed
    /// bytes, and how long the program took.
    async fn flood(pauses: &[Duration]) -> (usize, Duration) {
        let (screens, _jobs) = Screens::queue();
        let terminal = Arc::new(Terminal::new(Making::some(
            RING,
            screens,
            mpsc::channel(1).0,
        )));
        let readers: Vec<_> = pauses
            .iter()
            .map(|pause| tokio::spawn(misses(Arc::clone(&terminal), *pause)))
            .collect();
        let _attached: Vec<_> = pauses.iter().map(|_| terminal.attach()).collect();
        let begun = Instant::now();
        let mut patience = Patience::with_room(RING / 2);
        while terminal.end() < TOTAL {
            terminal.append(&vec![b'x'; usize::try_from(TURN).unwrap()]);
            wait_for_readers(&terminal, &mut patience).await;
            tokio::task::yield_now().await;
        }
        let took = begun.elapsed();
        let mut missed = 0;
        for reader in readers {
            missed += usize::from(reader.await.unwrap());
        }
        (missed, took)
    }

    async fn misses(terminal: Arc<Terminal>, pause: Duration) -> bool {
        let (mut cursor, mut missed) = (terminal.cursor(0).unwrap(), false);
        while cursor.offset < TOTAL {
            sleep(pause).await;
            let piece = terminal.read(&mut cursor, usize::try_from(TURN).unwrap());
            terminal.sent(cursor.offset);
            missed |= matches!(piece, Some(Piece::Gap { .. }));
        }
        missed
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_waits_for_the_fastest_who_watch_it_and_not_for_the_others() {
        let (quick, slow) = (Duration::from_millis(2), Duration::from_millis(50));
        let (missed, took) = flood(&[quick]).await;
        assert_eq!(missed, 0);
        let alone = took;
        let (missed, took) = flood(&[slow, quick, slow]).await;
        assert_eq!((missed, took), (2, alone), "the slow ones change nothing");
        // Nobody can hold a program up for long.
        let (missed, took) = flood(&[slow]).await;
        assert_eq!(missed, 1);
        assert!(took < alone * 3, "{took:?} instead of {alone:?}");
        assert_eq!(flood(&[]).await, (0, Duration::ZERO));
    }
}
