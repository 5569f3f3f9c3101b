//! Reaping: sessiond's own children, whose exit codes somebody waits for, and the orphans it adopted as their subreaper.
//!
//! There is one reaper for all children: a second place that waits for them would take exit codes from under the first.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{WaitOptions, WaitStatus};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Starts children and tells how they ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reaper {
    waiting: Arc<Mutex<HashMap<u32, oneshot::Sender<i32>>>>,
}

/// The coming exit code of a child: 128 + n where signal n ended it.
pub(crate) type ExitCode = oneshot::Receiver<i32>;

impl Reaper {
    /// Runs `start`, which starts one child and says its pid, and gives back the child's coming exit code. No child is reaped meanwhile:
    /// neither can this one be missed, nor can the standard library find the child of a failed start gone.
    pub(crate) fn start<T>(
        &self,
        start: impl FnOnce() -> io::Result<(T, u32)>,
    ) -> io::Result<(T, u32, ExitCode)> {
        let mut waiting = self.lock();
        let (value, pid) = start()?;
        let (sender, receiver) = oneshot::channel();
        waiting.insert(pid, sender);
        Ok((value, pid, receiver))
    }

    /// Reaps whoever ends, for ever.
    pub(crate) async fn run(self) -> io::Result<()> {
        let mut ended = signal(SignalKind::child())?;
        loop {
            self.reap();
            if ended.recv().await.is_none() {
                return Ok(());
            }
        }
    }

    fn reap(&self) {
        let mut waiting = self.lock();
        // An error means that there is no child at all.
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_nonzero().get().unsigned_abs();
            if let (Some(code), Some(sender)) = (exit_code(status), waiting.remove(&pid)) {
                // Nobody may be interested any more.
                let _unheard = sender.send(code);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, oneshot::Sender<i32>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exit_code(status: WaitStatus) -> Option<i32> {
    status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|signal| 128 + signal))
}
