//! The program in every session's terminal: numbered lines of one length, a few all the time and many at once now and then. What it writes
//! at an offset follows from the offset alone, so whoever sees a byte knows whether it is the right one.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::support::chance::Chance;

/// Bytes of a line, its end included. It fits the narrowest terminal of the run.
pub(crate) const LINE: u64 = 64;

/// What is written before the first line. The command that starts the program does not spell it.
pub(crate) const BEGIN: &str = "<<the lines begin>>";

/// The file in the session's directory that says how many lines there were.
pub(crate) const COUNT: &str = "lines";

/// Lines that come one after the other all the time, and how often.
const CALM_LINES: u64 = 16;
const CALM: Duration = Duration::from_millis(250);

/// Lines at the beginning: more than is kept of a terminal, so that what is kept takes no more memory later. They come in pieces, which
/// whoever records has the time to take.
const FILLING: u64 = 48 * 1024;
const PIECE: u64 = 2 * 1024;

/// Lines of each further one.
const FLOOD: u64 = 16 * 1024;

/// How a line begins: which session's it is, and its number.
pub(crate) fn head(session: usize, number: u64) -> String {
    format!("s{session:02}#{number:012} ")
}

/// A line.
pub(crate) fn line(session: usize, number: u64) -> [u8; LINE as usize] {
    let mut line = [0; LINE as usize];
    let head = head(session, number);
    line[..head.len()].copy_from_slice(head.as_bytes());
    let letters = (number..).map(|letter| b'a' + (letter % 26) as u8);
    let rest = line.len() - 2;
    for (byte, letter) in line[head.len()..rest].iter_mut().zip(letters) {
        *byte = letter;
    }
    line[rest..].copy_from_slice(b"\r\n");
    line
}

/// Compares bytes with those that stand so far behind the beginning of the lines.
pub(crate) fn check(session: usize, behind: u64, bytes: &[u8]) {
    let (mut at, mut left) = (behind, bytes);
    while !left.is_empty() {
        let expected = line(session, at / LINE);
        let expected = &expected[usize::try_from(at % LINE).unwrap()..];
        let (now, rest) = left.split_at(left.len().min(expected.len()));
        assert!(
            now == &expected[..now.len()],
            "session {session}, byte {at}: {:?} instead of {:?}",
            String::from_utf8_lossy(now),
            String::from_utf8_lossy(expected)
        );
        (at, left) = (at + now.len() as u64, rest);
    }
}

/// The numbers of this session's lines in a text, in their order.
pub(crate) fn numbers(session: usize, text: &str) -> Vec<u64> {
    let mark = format!("s{session:02}#");
    let found = text.split(&mark).skip(1);
    found
        .filter_map(|rest| rest.get(..12)?.parse().ok())
        .collect()
}

/// Writes until it is told to stop, then says how many lines there were.
pub(crate) fn run(session: usize, flood_every: Duration) {
    let typed = keys();
    let mut out = std::io::stdout().lock();
    write!(out, "{BEGIN}").unwrap();
    out.flush().unwrap();
    // From here on somebody looks.
    typed.recv().unwrap();
    let mut chance = Chance(session as u64);
    let pause = |chance: &mut Chance| {
        let longest = u64::try_from(flood_every.as_millis()).unwrap();
        Duration::from_millis(longest / 2 + chance.below(longest))
    };
    let (mut next, mut due) = (0, Instant::now() + pause(&mut chance));
    let mut write = |from: u64, count: u64| {
        let lines = from..from + count;
        let text: Vec<u8> = lines.flat_map(|number| line(session, number)).collect();
        out.write_all(&text).unwrap();
        out.flush().unwrap();
        from + count
    };
    loop {
        match typed.recv_timeout(CALM) {
            Ok(_) => break,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let many = if next < FILLING { PIECE } else { CALM_LINES };
        next = write(next, many);
        if Instant::now() >= due {
            next = write(next, FLOOD);
            due = Instant::now() + pause(&mut chance);
        }
    }
    let half = format!("{COUNT}.tmp");
    std::fs::write(&half, next.to_string()).unwrap();
    std::fs::rename(&half, COUNT).unwrap();
    // The terminal stays.
    while typed.recv().is_ok() {}
}

/// How many lines it says there were; nothing where it goes on.
pub(crate) fn count(workdir: &Path) -> Option<u64> {
    let said = std::fs::read_to_string(workdir.join(COUNT)).ok()?;
    Some(said.parse().unwrap())
}

fn keys() -> mpsc::Receiver<u8> {
    let (sender, keys) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = std::io::stdin().lock().bytes();
        while let Some(Ok(byte)) = bytes.next() {
            if sender.send(byte).is_err() {
                return;
            }
        }
    });
    keys
}
