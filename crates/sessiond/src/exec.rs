//! Running one program to its end, beside the terminals: bounded in time and output, and gone with all its children when the time is up,
//! or nobody waits for it any more.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::processes;
use crate::reaper::{ExitCode, Reaper};

/// How long to wait for the rest of the output once the program has ended: a child of its own may hold the pipe open for ever.
const REST_OF_OUTPUT: Duration = Duration::from_millis(500);

/// What to run.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: &'a [OsString],
    /// The whole environment.
    pub(crate) env: &'a BTreeMap<String, String>,
    /// Where it runs, if not where sessiond does.
    pub(crate) directory: Option<&'a Path>,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Bytes kept of each output stream.
    pub(crate) output_limit: usize,
    /// What becomes of it when it writes more.
    pub(crate) overflow: Overflow,
    /// What it reads.
    pub(crate) stdin: Stdio,
    /// How long it may take to tidy up, when it is to end early.
    pub(crate) grace: Duration,
}

/// What becomes of a program that writes more than is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// It goes on; what is too much is read and dropped.
    Dropped,
    /// It ends: it was only to say something, and has said enough.
    Ends,
}

/// Why a program did not come to its end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutShort {
    /// Its time was over.
    TimeOver,
    /// It had said as much as is kept.
    SaidEnough,
    /// Nobody waited for it any more.
    Unwanted,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// 128 + n where signal n ended it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) cut_short: Option<CutShort>,
    pub(crate) duration: Duration,
}

/// Runs it until its end, or until `unwanted` comes. An error means that it could not be started.
pub(crate) async fn run(
    job: Job<'_>,
    reaper: &Reaper,
    unwanted: impl Future<Output = ()>,
) -> io::Result<Outcome> {
    let began = Instant::now();
    let (overflow, time, grace, limit) = (job.overflow, job.timeout, job.grace, job.output_limit);
    let (child, pid, exit) = start(job, reaper)?;
    let mut stdout = Collector::new(child.stdout.map(OwnedFd::from), limit)?;
    let mut stderr = Collector::new(child.stderr.map(OwnedFd::from), limit)?;
    let full = Notify::new();
    let notify = (overflow == Overflow::Ends).then_some(&full);
    let cut_short = async {
        tokio::select! {
            () = full.notified() => CutShort::SaidEnough,
            () = sleep_until(began + time) => CutShort::TimeOver,
            () = unwanted => CutShort::Unwanted,
        }
    };
    let (code, cut_short) = {
        let reading = async { tokio::join!(stdout.run(notify), stderr.run(None)) };
        let ending = end(pid, exit, cut_short, grace);
        tokio::pin!(reading, ending);
        let mut read_all = false;
        let ended = loop {
            tokio::select! {
                ended = &mut ending => break ended,
                _ = &mut reading, if !read_all => read_all = true,
            }
        };
        if !read_all {
            // Whoever still holds the pipe after this is none of the caller's business.
            let _rest = timeout(REST_OF_OUTPUT, &mut reading).await;
        }
        ended
    };
    Ok(Outcome {
        code,
        truncated: stdout.truncated || stderr.truncated,
        stdout: stdout.kept,
        stderr: stderr.kept,
        cut_short,
        duration: began.elapsed(),
    })
}

/// Starts it. What it reads is its own alone afterwards.
fn start(job: Job<'_>, reaper: &Reaper) -> io::Result<(Child, u32, ExitCode)> {
    let mut command = Command::new(job.program);
    command
        .args(job.args)
        .env_clear()
        .envs(job.env)
        .process_group(0)
        .stdin(job.stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = job.directory {
        command.current_dir(directory);
    }
    reaper.start(|| {
        let child = command.spawn()?;
        let pid = child.id();
        Ok((child, pid))
    })
}

/// Its exit code; where it was cut short, why, and then what it started has ended too.
async fn end(
    pid: u32,
    mut exit: ExitCode,
    cut_short: impl Future<Output = CutShort>,
    grace: Duration,
) -> (i32, Option<CutShort>) {
    let why = tokio::select! {
        code = &mut exit => return (code.unwrap_or(-1), None),
        why = cut_short => why,
    };
    ask_to_end(pid, grace);
    let code = match timeout(grace, &mut exit).await {
        Ok(code) => code,
        Err(_) => {
            kill_family(pid);
            exit.await
        }
    };
    kill_family(pid);
    (code.unwrap_or(-1), Some(why))
}

/// Lets a program tidy up, if it has the time for it.
fn ask_to_end(pid: u32, grace: Duration) {
    let group = group(pid).filter(|_| !grace.is_zero());
    if let Some(group) = group {
        // It fails only where the group is gone already.
        let _gone = rustix::process::kill_process_group(group, Signal::TERM);
    }
}

fn group(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Kills the program, its process group, and descendants that left the group.
pub(crate) fn kill_family(pid: u32) {
    let family = processes::families(&[pid]);
    if let Some(group) = group(pid) {
        // It fails only where the group is gone already.
        let _gone = rustix::process::kill_process_group(group, Signal::KILL);
    }
    for process in &family {
        processes::signal(process, Signal::KILL);
    }
}

struct Collector {
    pipe: Option<Receiver>,
    kept: Vec<u8>,
    limit: usize,
    truncated: bool,
}

impl Collector {
    fn new(pipe: Option<OwnedFd>, limit: usize) -> io::Result<Self> {
        Ok(Self {
            pipe: pipe.map(Receiver::from_owned_fd).transpose()?,
            kept: Vec::new(),
            limit,
            truncated: false,
        })
    }

    /// Reads all there is; `full` is told when there is more than is kept.
    async fn run(&mut self, full: Option<&Notify>) {
        let Some(pipe) = &mut self.pipe else { return };
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = pipe.read(&mut buffer).await {
            let kept = n.min(self.limit - self.kept.len());
            self.kept.extend_from_slice(&buffer[..kept]);
            if kept < n {
                self.truncated = true;
                if let Some(full) = full {
                    full.notify_one();
                }
            }
        }
    }
}
