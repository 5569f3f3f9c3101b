//! One git process to its end: what it says is heard as it comes, it has its time, and it ends when nobody wants it any more.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::exec::kill_family;
use crate::reaper::Reaper;

/// The most bytes of a line that are kept.
const LINE_BYTES: usize = 1_000;

/// The last lines that are kept: git ends with a handful, and a server may say something before.
const LINES: usize = 50;

/// How long to wait for the last words once git has ended: a child of its own may hold the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What to run.
pub(super) struct GitCommand {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// The whole environment.
    pub(super) env: BTreeMap<String, String>,
    /// Where it runs, if not in the session's directory.
    pub(super) directory: Option<PathBuf>,
    /// What it reads, where [`run`] runs it.
    pub(super) stdin: Stdio,
}

/// How it went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself, with this code (128 + n where signal n ended it) and these last lines.
    Itself(i32, Vec<String>),
    /// Its time was over.
    TimeOver,
    /// Nobody wanted it any more.
    Unwanted,
}

/// Runs it, and hands on each line of what it says, as soon as it is whole.
pub(super) async fn run(
    command: GitCommand,
    reaper: &Reaper,
    deadline: Instant,
    unwanted: impl Future<Output = ()>,
    mut hear: impl FnMut(&str),
) -> io::Result<Ended> {
    let mut process = Command::new(command.program);
    process
        .args(command.args)
        .env_clear()
        .envs(command.env)
        .process_group(0)
        .stdin(command.stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(directory) = command.directory {
        process.current_dir(directory);
    }
    let (stderr, pid, mut exit) = reaper.start(|| {
        let child = process.spawn()?;
        let pid = child.id();
        Ok((child.stderr, pid))
    })?;
    let pipe = stderr.map(OwnedFd::from).map(Receiver::from_owned_fd);
    let mut lines = Lines::new(pipe.transpose()?);
    tokio::pin!(unwanted);
    let mut cut_short = None;
    let code = loop {
        tokio::select! {
            code = &mut exit => break code.unwrap_or(-1),
            () = lines.more(&mut hear) => {}
            () = sleep_until(deadline), if cut_short.is_none() => cut_short = Some(Ended::TimeOver),
            () = &mut unwanted, if cut_short.is_none() => cut_short = Some(Ended::Unwanted),
        }
        if cut_short.is_some() {
            kill_family(pid);
        }
    };
    if let Some(ended) = cut_short {
        return Ok(ended);
    }
    let rest = async {
        while lines.pipe.is_some() {
            lines.more(&mut hear).await;
        }
    };
    // Whoever still holds the pipe after this is not git.
    let _rest = timeout(LAST_WORDS, rest).await;
    lines.finish(&mut hear);
    Ok(Ended::Itself(code, lines.kept.into()))
}

/// Cuts what is said into lines; progress ends its lines with a carriage return.
struct Lines {
    pipe: Option<Receiver>,
    line: Vec<u8>,
    kept: VecDeque<String>,
}

impl Lines {
    fn new(pipe: Option<Receiver>) -> Self {
        Self {
            pipe,
            line: Vec::new(),
            kept: VecDeque::new(),
        }
    }

    /// Hears one piece. Once there is nothing more to hear it waits for ever.
    async fn more(&mut self, hear: &mut impl FnMut(&str)) {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        let mut piece = [0; 4096];
        match pipe.read(&mut piece).await {
            Ok(read @ 1..) => self.take(&piece[..read], hear),
            Ok(0) | Err(_) => self.pipe = None,
        }
    }

    fn take(&mut self, piece: &[u8], hear: &mut impl FnMut(&str)) {
        for byte in piece {
            match byte {
                b'\n' | b'\r' => self.finish(hear),
                byte if self.line.len() < LINE_BYTES => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn finish(&mut self, hear: &mut impl FnMut(&str)) {
        let line = String::from_utf8_lossy(&self.line).trim().to_owned();
        self.line.clear();
        if line.is_empty() {
            return;
        }
        hear(&line);
        if self.kept.len() == LINES {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_either_sign_and_are_bounded() {
        let mut heard = Vec::new();
        let mut lines = Lines::new(None);
        let mut hear = |line: &str| heard.push(line.to_owned());
        lines.take(b"a  1%\ra  2%\r\n\nb", &mut hear);
        lines.take(&[b'x'; 2 * LINE_BYTES], &mut hear);
        lines.finish(&mut hear);
        for _ in 0..LINES {
            lines.take(b"c\n", &mut hear);
        }
        assert_eq!(heard[..2], ["a  1%", "a  2%"]);
        assert_eq!(heard[2].len(), LINE_BYTES);
        assert_eq!(lines.kept.len(), LINES);
    }
}
