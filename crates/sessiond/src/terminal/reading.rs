//! From the PTY into the log, without looking at a byte.

use std::io;
use std::sync::Arc;

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
    loop {
        terminal.wait_for_parser().await;
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
