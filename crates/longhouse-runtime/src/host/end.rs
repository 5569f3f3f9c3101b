//! Ends what lives of a session, to the last process.
//!
//! Who belongs to a session is told by three signs, for each can be shed: the mark in the environment, descent from its sessiond or
//! tmux, and its control group. Only what sheds all three gets away.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use longhouse_domain::SessionId;
use rustix::process::Signal;
use tokio::time::Instant;

use super::process::{self, Entry, ProcessId};
use super::{Host, HostRuntime, cgroup};
use crate::exec::{self, Program};

/// What sessiond has to end by itself after it was asked to: it gives its own programs five seconds.
const SESSIOND_GRACE: Duration = Duration::from_secs(7);

/// What other programs have.
const PROGRAM_GRACE: Duration = Duration::from_secs(1);

/// How long killing goes on while new processes keep coming, as a fork bomb's do.
const SWEEP_LIMIT: Duration = Duration::from_secs(15);

/// The pause between two looks at processes that are about to end.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// tmux answers at once, or hangs.
const TMUX_LIMIT: Duration = Duration::from_secs(5);

/// What outlives the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing.
    Nothing,
    /// The tmux server with the terminals in it, if it lives: the next sessiond adopts them.
    Tmux,
}

/// Ends the session's processes. Directories stay, and the link's socket, which is the server's own.
/// `known` is the sessiond that the handle names: it is ended even where its mark cannot be read.
pub(super) async fn end(
    runtime: &HostRuntime,
    session: SessionId,
    known: Option<ProcessId>,
    keep: Keep,
) -> io::Result<()> {
    let socket = runtime.host.layout.tmux_socket(session);
    let tmux = tmux_server(runtime, &socket).await;
    if keep == Keep::Tmux
        && let Some(tmux) = tmux
    {
        return end_sessiond(runtime, session, known, tmux).await;
    }
    let find = move |host: &Host| {
        let table = process::own_processes();
        let mut daemons = host.sessionds(&table, &session.short());
        daemons.extend(known);
        let heads = daemons.iter().copied().chain(tmux);
        (host.family(&table, session, heads), daemons)
    };
    let (family, daemons) = runtime.blocking(find).await?;
    finish(daemons, SESSIOND_GRACE).await?;
    if tmux.is_some()
        && let Some(program) = &runtime.host.tmux
    {
        let kill = Program::TmuxKillServer {
            tmux: program,
            socket: &socket,
        };
        if let Err(error) = exec::run(kill, b"", TMUX_LIMIT).await {
            tracing::debug!(%session, %error, "tmux did not end its server; it is killed instead");
        }
    }
    sweep(runtime, family, move |marked| marked == session).await?;
    runtime
        .blocking(move |host| host.forget_processes(session, &socket))
        .await?
}

/// Kills sessiond with its own children, and leaves tmux and everything that runs in it alone. It is not asked first: asked to end, it
/// would end its terminals, too.
async fn end_sessiond(
    runtime: &HostRuntime,
    session: SessionId,
    known: Option<ProcessId>,
    tmux: ProcessId,
) -> io::Result<()> {
    let find = move |host: &Host| {
        let table = process::own_processes();
        let kept = process::with_descendants([tmux], &table);
        let heads = host.sessionds(&table, &session.short());
        let heads = heads.into_iter().chain(known);
        let all = process::with_descendants(heads, &table);
        all.difference(&kept).copied().collect()
    };
    finish(runtime.blocking(find).await?, Duration::ZERO).await
}

/// Ends what is left of a session of which only the short name is known, and removes its socket directory.
pub(super) async fn clear_short(runtime: &HostRuntime, short: String) -> io::Result<()> {
    let socket = runtime.host.layout.run_dir().join(&short).join("tmux.sock");
    let tmux = tmux_server(runtime, &socket).await;
    let name = short.clone();
    let find = move |host: &Host| {
        let table = process::own_processes();
        let heads = host.sessionds(&table, &name).into_iter().chain(tmux);
        let marked = process::marked(&table, |marked| marked.short() == name);
        process::with_descendants(heads.chain(marked), &table)
    };
    let family = runtime.blocking(find).await?;
    let name = short.clone();
    sweep(runtime, family, move |marked| marked.short() == name).await?;
    runtime
        .blocking(move |host| host.layout.remove_sockets(&short))
        .await?
}

/// The tmux server on this socket, if one answers there.
async fn tmux_server(runtime: &HostRuntime, socket: &Path) -> Option<ProcessId> {
    let tmux = runtime.host.tmux.as_deref()?;
    if !socket.exists() {
        return None;
    }
    let ask = Program::TmuxServerPid { tmux, socket };
    let answer = exec::run(ask, b"", TMUX_LIMIT)
        .await
        .ok()
        .filter(|outcome| outcome.status.success())?;
    let pid = std::str::from_utf8(&answer.stdout)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    ProcessId::of(pid)
}

/// Ends processes politely, then firmly, until none lives that belongs to the session.
async fn sweep(
    runtime: &HostRuntime,
    mut family: HashSet<ProcessId>,
    fits: impl Fn(SessionId) -> bool + Clone + Send + 'static,
) -> io::Result<()> {
    let deadline = Instant::now() + SWEEP_LIMIT;
    let mut grace = PROGRAM_GRACE;
    loop {
        let fits = fits.clone();
        family = runtime
            .blocking(move |_| {
                let table = process::own_processes();
                family.extend(process::marked(&table, fits));
                let mut living = process::with_descendants(family, &table);
                living.retain(|id| id.is_alive());
                living
            })
            .await?;
        if family.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            let text = format!("{} processes of the session cannot be ended", family.len());
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        finish(family.iter().copied().collect(), grace).await?;
        // Whoever comes now has had the warning.
        grace = Duration::ZERO;
    }
}

/// Asks processes to end, and kills those that live on after the grace.
async fn finish(processes: Vec<ProcessId>, grace: Duration) -> io::Result<()> {
    if !grace.is_zero() {
        signal(&processes, Signal::TERM)?;
        // A stopped process hears nothing else.
        signal(&processes, Signal::CONT)?;
        wait_for_end(&processes, grace).await;
    }
    signal(&processes, Signal::KILL)?;
    wait_for_end(&processes, PROGRAM_GRACE).await;
    Ok(())
}

fn signal(processes: &[ProcessId], signal: Signal) -> io::Result<()> {
    processes
        .iter()
        .try_for_each(|process| process.signal(signal))
}

async fn wait_for_end(processes: &[ProcessId], limit: Duration) {
    let deadline = Instant::now() + limit;
    while processes.iter().any(|process| process.is_alive()) && Instant::now() < deadline {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

impl Host {
    /// Every living process of the session, by mark, descent or control group.
    fn family(
        &self,
        table: &[Entry],
        session: SessionId,
        heads: impl Iterator<Item = ProcessId>,
    ) -> HashSet<ProcessId> {
        let groups = self.groups(session);
        let members = groups
            .iter()
            .flat_map(|group| cgroup::members(group))
            .filter_map(ProcessId::of);
        let marked = process::marked(table, |marked| marked == session);
        process::with_descendants(marked.into_iter().chain(members).chain(heads), table)
    }

    /// The control groups that were made for the session.
    fn groups(&self, session: SessionId) -> Vec<PathBuf> {
        let text = std::fs::read_to_string(self.layout.groups_file(session)).unwrap_or_default();
        text.lines().map(PathBuf::from).collect()
    }

    /// Removes what processes leave behind: the socket of a killed tmux, control groups.
    fn forget_processes(&self, session: SessionId, tmux_socket: &Path) -> io::Result<()> {
        remove_file(tmux_socket)?;
        for group in self.groups(session) {
            if let Err(error) = cgroup::remove_group(&group) {
                tracing::warn!(group = %group.display(), %error, "an empty control group is left");
            }
        }
        remove_file(&self.layout.groups_file(session))
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
