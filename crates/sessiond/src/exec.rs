//! Running one program to its end, beside the terminals: bounded in time and output, and gone with all its children when the time is up.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::processes;
use crate::reaper::Reaper;

/// How long to wait for the rest of the output once the program has ended: a child of its own may hold the pipe open for ever.
const REST_OF_OUTPUT: Duration = Duration::from_millis(500);

/// What to run.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: &'a [String],
    /// The whole environment.
    pub(crate) env: &'a BTreeMap<String, String>,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Bytes kept of each output stream; the rest is read and dropped.
    pub(crate) output_limit: usize,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// 128 + n where signal n ended it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) timed_out: bool,
    pub(crate) duration: Duration,
}

/// Runs it. An error means that it could not be started.
pub(crate) async fn run(job: Job<'_>, reaper: &Reaper) -> io::Result<Outcome> {
    let began = Instant::now();
    let mut command = Command::new(job.program);
    command
        .args(job.args)
        .env_clear()
        .envs(job.env)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (child, pid, mut exit) = reaper.start(|| {
        let child = command.spawn()?;
        let pid = child.id();
        Ok((child, pid))
    })?;
    let mut stdout = Collector::new(child.stdout.map(OwnedFd::from), job.output_limit)?;
    let mut stderr = Collector::new(child.stderr.map(OwnedFd::from), job.output_limit)?;

    let mut timed_out = false;
    let code = {
        let reading = async { tokio::join!(stdout.run(), stderr.run()) };
        tokio::pin!(reading);
        let mut read_all = false;
        let code = loop {
            tokio::select! {
                code = &mut exit => break code.unwrap_or(-1),
                _ = &mut reading, if !read_all => read_all = true,
                () = sleep_until(began + job.timeout), if !timed_out => {
                    timed_out = true;
                    kill_family(pid);
                }
            }
        };
        if !read_all {
            // Whoever still holds the pipe after this is none of the caller's business.
            let _rest = timeout(REST_OF_OUTPUT, &mut reading).await;
        }
        code
    };
    Ok(Outcome {
        code,
        truncated: stdout.truncated || stderr.truncated,
        stdout: stdout.kept,
        stderr: stderr.kept,
        timed_out,
        duration: began.elapsed(),
    })
}

/// Kills the program, its process group, and descendants that left the group.
pub(crate) fn kill_family(pid: u32) {
    let family = processes::tree(pid);
    let group = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
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

    async fn run(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(n @ 1..) = pipe.read(&mut buffer).await {
            let kept = n.min(self.limit - self.kept.len());
            self.kept.extend_from_slice(&buffer[..kept]);
            self.truncated |= kept < n;
        }
    }
}
