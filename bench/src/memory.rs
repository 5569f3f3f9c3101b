//! Resident memory: the server with nothing to do, with idle sessions, and with a thousand viewers.

use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use crate::peer::{Running, Session};
use crate::process::kilobytes;
use crate::report::Report;
use crate::samples::Samples;
use crate::viewer::Viewer;

/// How many idle sessions are kept at once, one count after the other.
const IDLE: [usize; 3] = [1, 100, 500];

/// How many look at one terminal.
const VIEWERS: usize = 1_000;

/// Writes a megabyte, and says when it has; the command spells that differently.
const BURST: &[u8] =
    b"yes 'a line that everybody is shown' | head -c 1000000; printf 'BURST-%s' OVER\r";
const BURST_END: &[u8] = b"BURST-OVER";

/// How many connections, and sessions, are made at the same time.
const AT_ONCE: usize = 20;

pub(crate) async fn measure(running: &Running, report: &mut Report) -> Result<()> {
    let name = running.peer.name();
    let pid = running.pid()?;
    let once = |value: f64| Samples::new(vec![value]);
    let empty = kilobytes(pid, "Rss:")?;
    report.row(
        "server, resident, nothing to do",
        &name,
        "kB",
        once(empty),
        None,
    );
    let mut sessions: Vec<(Session, Option<Viewer>)> = Vec::new();
    // What tmux adds to a session is seen from a few; theirs are processes of tmux's, and no part of the server.
    let most = if running.peer.tmux { 100 } else { usize::MAX };
    for count in IDLE.into_iter().filter(|count| *count <= most) {
        while sessions.len() < count {
            let more = AT_ONCE.min(count - sessions.len());
            let more = (0..more).map(|n| idle(running, sessions.len() + n));
            sessions.extend(try_join_all(more).await?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let each = (kilobytes(pid, "Rss:")? - empty) / count as f64;
        let what = format!("server, added by each idle session of {count}");
        report.row(&what, &name, "kB", once(each), None);
    }
    own_part(&sessions, report, &name)?;
    while !sessions.is_empty() {
        let some = sessions.split_off(sessions.len().saturating_sub(AT_ONCE));
        try_join_all(
            some.into_iter()
                .map(|(session, viewer)| running.end(session, viewer)),
        )
        .await?;
    }
    Ok(())
}

/// A session whose shell has said something. Theirs begin with a viewer, and go on without.
async fn idle(running: &Running, number: usize) -> Result<(Session, Option<Viewer>)> {
    let session = running.session(&format!("idle {number}")).await?;
    if running.ours().is_some() {
        return Ok((session, None));
    }
    let mut viewer = running.watch(&session).await?;
    viewer.prompt().await?;
    Ok((session, Some(viewer)))
}

/// What a session's own process holds: only Longhouse has one.
fn own_part(sessions: &[(Session, Option<Viewer>)], report: &mut Report, name: &str) -> Result<()> {
    let (mut resident, mut private) = (Vec::new(), Vec::new());
    for record in sessions
        .iter()
        .filter_map(|(session, _)| session.record.as_ref())
    {
        let pid = record["pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok());
        let pid = pid.context("a session without a process")?;
        resident.push(kilobytes(pid, "Rss:")?);
        private.push(kilobytes(pid, "Private_Clean:")? + kilobytes(pid, "Private_Dirty:")?);
    }
    if !resident.is_empty() {
        report.row(
            "sessiond of an idle session, resident",
            name,
            "kB",
            Samples::new(resident),
            None,
        );
        report.row(
            "sessiond of an idle session, private",
            name,
            "kB",
            Samples::new(private),
            None,
        );
    }
    Ok(())
}

/// What viewers add to a server that has had nothing to do: one that has would give them what others left.
pub(crate) async fn viewers(running: &Running, report: &mut Report) -> Result<()> {
    let name = running.peer.name();
    let session = running.session("watched").await?;
    let mut watching = vec![running.watch(&session).await?];
    let before = kilobytes(running.pid()?, "Rss:")?;
    while watching.len() <= VIEWERS {
        let more = (0..AT_ONCE).map(|_| running.watch(&session));
        watching.extend(try_join_all(more).await?);
    }
    let each = kilobytes(running.pid()?, "Rss:")? - before;
    let what = format!("server, added by {VIEWERS} viewers of one terminal");
    report.row(&what, &name, "kB", Samples::new(vec![each]), None);
    let last = burst(running, watching, before, report).await?;
    running.end(session, Some(last)).await
}

/// A megabyte for everybody at once: what it leaves behind, and when the last one has it. Answers one of them.
async fn burst(
    running: &Running,
    mut watching: Vec<Viewer>,
    before: f64,
    report: &mut Report,
) -> Result<Viewer> {
    let (name, begun) = (running.peer.name(), Instant::now());
    watching
        .last_mut()
        .context("no viewer")?
        .send(BURST)
        .await?;
    let mut reading = JoinSet::new();
    for mut viewer in watching.drain(..) {
        reading.spawn(async move {
            viewer.read_until(BURST_END).await?;
            anyhow::Ok(viewer)
        });
    }
    while let Some(viewer) = reading.join_next().await {
        watching.push(viewer??);
    }
    let taken = begun.elapsed().as_secs_f64() * 1000.0;
    let grown = kilobytes(running.pid()?, "Rss:")? - before;
    let what = format!("a megabyte to {VIEWERS} viewers of one terminal, until all have it");
    report.row(&what, &name, "ms", Samples::new(vec![taken]), None);
    let what = format!("server, added by {VIEWERS} viewers of one terminal, after a megabyte");
    report.row(&what, &name, "kB", Samples::new(vec![grown]), None);
    watching.pop().context("no viewer")
}
