//! From the PTY into the log, without looking at a byte.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use longhouse_domain::Patience;
use tokio::time::{Instant, timeout};

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
    let begun = Instant::now();
    let _too_long = timeout(pause, near).await;
    patience.waited(begun.elapsed());
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
    use tokio::time::sleep;

    use super::*;
    use crate::screen::worker::Screens;
    use crate::terminal::Making;
    use crate::terminal::log::Piece;

    const RING: u64 = 1024 * 1024;
    const TOTAL: u64 = 64 * RING;
    const TURN: u64 = 64 * 1024;

    /// A viewer who takes two turns' worth in a millisecond and is held up now and then, and one who takes one in fifty.
    #[derive(Clone, Copy, PartialEq)]
    enum Viewer {
        Quick,
        Slow,
    }

    /// A program writes a turn's worth each millisecond, and these viewers read. Gives how many of them missed bytes, and how long the program took.
    async fn flood(viewers: &[Viewer]) -> (usize, Duration) {
        let (screens, _jobs) = Screens::queue();
        let (input, _) = mpsc::channel(1);
        let terminal = Arc::new(Terminal::new(Making::some(RING, screens, input)));
        let readers: Vec<_> = viewers
            .iter()
            .map(|viewer| tokio::spawn(misses(Arc::clone(&terminal), *viewer)))
            .collect();
        let _attached: Vec<_> = viewers.iter().map(|_| terminal.attach()).collect();
        let begun = Instant::now();
        let mut patience = Patience::with_room(RING / 2);
        while terminal.end() < TOTAL {
            sleep(Duration::from_millis(1)).await;
            terminal.append(&vec![b'x'; usize::try_from(TURN).unwrap()]);
            wait_for_readers(&terminal, &mut patience).await;
        }
        let took = begun.elapsed();
        let mut missed = 0;
        for reader in readers {
            missed += usize::from(reader.await.unwrap());
        }
        (missed, took)
    }

    async fn misses(terminal: Arc<Terminal>, viewer: Viewer) -> bool {
        let (mut cursor, mut missed) = (terminal.cursor(0).unwrap(), false);
        for turn in 1.. {
            let (turns, pause) = match viewer {
                // In this time the program writes more than is kept.
                Viewer::Quick if turn % 300 == 0 => (2, 20),
                Viewer::Quick => (2, 1),
                Viewer::Slow => (1, 50),
            };
            sleep(Duration::from_millis(pause)).await;
            for _ in 0..turns {
                let piece = terminal.read(&mut cursor, usize::try_from(TURN).unwrap());
                terminal.sent(cursor.offset);
                missed |= matches!(piece, Some(Piece::Gap { .. }));
            }
            if cursor.offset == TOTAL {
                break;
            }
        }
        missed
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_waits_for_the_fastest_who_watch_it_and_not_for_the_others() {
        use Viewer::{Quick, Slow};
        let (missed, unseen) = flood(&[]).await;
        assert_eq!(missed, 0);
        let (missed, watched) = flood(&[Quick]).await;
        assert_eq!(missed, 0);
        assert!(watched > unseen, "it was not held up");
        let with_slow_ones = flood(&[Slow, Quick, Slow]).await;
        assert_eq!(with_slow_ones, (2, watched), "they change nothing");
        // Nobody can hold a program up for long.
        let (missed, took) = flood(&[Slow]).await;
        assert_eq!(missed, 1);
        let most = unseen * 11 / 10 + Duration::from_millis(250);
        assert!(took < most, "{took:?} instead of {unseen:?}");
    }
}
