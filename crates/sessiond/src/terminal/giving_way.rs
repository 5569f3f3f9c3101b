//! A program that floods its terminal gives way to others.
//!
//! Who writes megabytes a second takes all of the processor that is left, and holds up keys that are typed elsewhere: each of those wakes half
//! a dozen threads, one after the other. Where the kernel groups processes by the terminal they belong to (`sched_autogroup_enabled`, see
//! sched(7)), a program's group gets less weight while it floods, and what it had when it floods no more. It loses little where nobody but
//! those who carry its output wants the processor. That needs no privilege: a group's nice value may be raised, and lowered again as far as zero, by whoever owns it.
//! In a control group that limits the processor the kernel ignores it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::Terminal;
use crate::session::Session;

/// How often one looks. The kernel takes no more changes in a second from those without privileges, of the whole machine.
const LOOK: Duration = Duration::from_millis(100);

/// A program floods that writes so much between two looks, bytes: 2 MB/s.
const FLOOD: u64 = 200_000;

/// What is worth a look, of one turn of reading, bytes.
const MUCH: usize = 16 * 1024;

/// The nice value of a program that floods: a fifth of the others' weight.
const GIVES_WAY: i32 = 7;

/// Looks after a terminal where that is worth it.
#[derive(Default)]
pub(super) struct Attention {
    task: Option<AbortOnDropHandle<()>>,
}

impl Attention {
    /// Called with how much was read at once.
    pub(super) fn heard(&mut self, terminal: &Arc<Terminal>, session: &Session, bytes: usize) {
        let is_idle = self.task.as_ref().is_none_or(|task| task.is_finished());
        if bytes >= MUCH && is_idle {
            let task = session.tasks.spawn(look_after(Arc::clone(terminal)));
            self.task = Some(AbortOnDropHandle::new(task));
        }
    }
}

/// Until the program floods no more.
async fn look_after(terminal: Arc<Terminal>) {
    let mut gave = None::<Gave>;
    let mut end = terminal.end();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = terminal.end();
        let floods = now - end >= FLOOD;
        end = now;
        let status = terminal.status();
        let pid = status.pid.filter(|_| status.running);
        // Another program has a group of its own, and nobody has to be given anything back.
        gave = gave.filter(|gave| Some(gave.pid) == pid);
        gave = match (gave, pid) {
            (None, Some(pid)) if floods => Gave::way(pid),
            (Some(gave), _) if !floods => gave.take_back().err(),
            (gave, _) => gave,
        };
        if !floods && gave.is_none() {
            break;
        }
    }
}

/// A group of processes that gives way.
struct Gave {
    pid: u32,
    /// What it had before.
    nice: i32,
}

impl Gave {
    /// Lets the group of `pid` give way. `None` where there is no such thing, it does so anyway, or could not be given back what it has.
    fn way(pid: u32) -> Option<Self> {
        let nice = nice(pid).filter(|nice| (0..GIVES_WAY).contains(nice))?;
        set_nice(pid, GIVES_WAY).ok()?;
        Some(Self { pid, nice })
    }

    /// Gives back what it had. Fails where that is to be tried again.
    fn take_back(self) -> Result<(), Self> {
        match set_nice(self.pid, self.nice) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(self),
            // It is done, or the program is gone.
            _ => Ok(()),
        }
    }
}

fn set_nice(pid: u32, nice: i32) -> io::Result<()> {
    std::fs::write(format!("/proc/{pid}/autogroup"), nice.to_string())
}

/// The nice value of the group that a process belongs to, where the kernel has such groups.
fn nice(pid: u32) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/autogroup")).ok()?;
    text.trim().rsplit_once(" nice ")?.1.parse().ok()
}
