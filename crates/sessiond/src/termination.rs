//! Ending processes: a hang-up first, as when a terminal goes away, then, after a grace, death for whoever is still there.

use std::time::Duration;

use longhouse_domain::SessionId;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::{Instant, sleep};

use crate::processes::{self, Process};

/// How often one looks whether they are gone.
const LOOK: Duration = Duration::from_millis(10);

/// Rounds of killing what appeared meanwhile: a program that forks faster than it is killed loses within a few.
const ROUNDS: usize = 200;

/// Ends `members`, and the process group of `leader`, which also works where there is no `/proc`.
pub(crate) async fn end(members: Vec<Process>, leader: Option<u32>, grace: Duration) {
    let group = leader
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    signal_group(group, Signal::HUP);
    hang_up(&members);
    if members.is_empty() {
        // Nothing can be seen here; the group is all that is known.
        signal_group(group, Signal::KILL);
        return;
    }
    wait_until_gone(&members, grace).await;
    for process in members.iter().filter(|p| processes::is_alive(p)) {
        processes::signal(process, Signal::KILL);
    }
}

/// Ends every process of the session except those for which `spared` holds.
pub(crate) async fn end_session(
    session: SessionId,
    grace: Duration,
    spared: impl Fn(&Process) -> bool,
) {
    let members = || -> Vec<Process> {
        let all = processes::of_session(session);
        all.into_iter().filter(|p| !spared(p)).collect()
    };
    let first = members();
    hang_up(&first);
    wait_until_gone(&first, grace).await;
    for _ in 0..ROUNDS {
        let left = members();
        if left.is_empty() {
            return;
        }
        for process in &left {
            processes::signal(process, Signal::KILL);
        }
        sleep(LOOK).await;
    }
    tracing::error!("processes of the session cannot be killed");
}

fn hang_up(members: &[Process]) {
    for process in members {
        processes::signal(process, Signal::HUP);
        // A stopped process takes no signal but this one and death.
        processes::signal(process, Signal::CONT);
    }
}

fn signal_group(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // It fails only where the group is gone already.
        let _gone = kill_process_group(group, signal);
    }
}

async fn wait_until_gone(members: &[Process], grace: Duration) {
    let deadline = Instant::now() + grace;
    while Instant::now() < deadline && members.iter().any(processes::is_alive) {
        sleep(LOOK).await;
    }
}
