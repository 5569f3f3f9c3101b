//! How large one server gets: a thousand idle sessions, five hundred terminals of which a hundred are at work, and ten thousand viewers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::echo;
use crate::process::{kilobytes, processor_seconds};
use crate::report::{OURS, Report};
use crate::samples::Samples;
use crate::server::Server;

const SESSIONS: usize = 1_000;
const VIEWERS: usize = 10_000;

/// On so many of the sessions the viewers are spread.
const WATCHED: usize = 100;

/// How many of the sessions are looked at while how many of them write 40 kB a second, ten times a second a piece of it.
const LOOKED_AT: usize = 500;
const AT_WORK: usize = 100;
const WORK: &[u8] =
    b"exec perl -e '$|=1;while(1){print \"x\"x3999,\"\\n\";select(undef,undef,undef,0.1)}'\r";

/// How many sessions and connections are made at the same time.
const AT_ONCE: usize = 20;

/// What is said to all viewers of a terminal, and what they read.
const SAY: &[u8] = b"printf 'SAID-%s-ALL' TO\r";
const SAID: &[u8] = b"SAID-TO-ALL";

/// Over how long it is looked what idling costs.
const IDLE: Duration = Duration::from_secs(20);

/// Terminals that are begun beside all the others.
const BEGUN: usize = 20;

pub(crate) async fn measure(server: &Server, report: &mut Report) -> Result<()> {
    let once = |value: f64| Samples::new(vec![value]);
    let before = kilobytes(server.pid()?, "Rss:")?;
    let mut sessions = Vec::new();
    while sessions.len() < SESSIONS {
        let more = (0..AT_ONCE).map(|n| named(server, sessions.len() + n));
        sessions.extend(try_join_all(more).await?);
    }
    let with_all = kilobytes(server.pid()?, "Rss:")?;
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let each = (with_all - before) / SESSIONS as f64;
    let what = format!("{SESSIONS} idle sessions: server, added by each");
    report.row(&what, OURS, "kB", once(each), None);
    idle(server, &sessions, report).await?;
    begun(server, report).await?;
    at_work(server, &sessions, report).await?;
    watch(server, &sessions, report, with_all).await
}

async fn named(server: &Server, number: usize) -> Result<Value> {
    server.api.create(&format!("scale {number}"), "none").await
}

/// What all of it takes while nothing happens.
async fn idle(server: &Server, sessions: &[Value], report: &mut Report) -> Result<()> {
    let pids: Result<Vec<u32>> = sessions.iter().map(pid).collect();
    let pids = pids?;
    for (who, pids) in [("server", vec![server.pid()?]), ("all of sessiond", pids)] {
        let before = processor_seconds(&pids)?;
        tokio::time::sleep(IDLE).await;
        let share = (processor_seconds(&pids)? - before) / IDLE.as_secs_f64() * 100.0;
        let what = format!("{SESSIONS} idle sessions: {who}, of one core");
        report.row(&what, OURS, "%", Samples::new(vec![share]), None);
    }
    Ok(())
}

fn pid(session: &Value) -> Result<u32> {
    let pid = session["pid"]
        .as_u64()
        .context("a session without a process")?;
    Ok(u32::try_from(pid)?)
}

/// One more among a thousand.
async fn begun(server: &Server, report: &mut Report) -> Result<()> {
    let mut taken = Vec::new();
    for number in 0..BEGUN {
        let asked = Instant::now();
        let session = server
            .api
            .create(&format!("one more {number}"), "none")
            .await?;
        server.api.watch(&session).await?.prompt().await?;
        taken.push(asked.elapsed().as_secs_f64() * 1000.0);
        server.api.delete(&session).await?;
    }
    let what = format!("{SESSIONS} idle sessions: one more, to its prompt");
    report.row(&what, OURS, "ms", Samples::new(taken), None);
    Ok(())
}

/// Some hundred terminals are looked at, a part of them write, and somebody types in one more.
async fn at_work(server: &Server, sessions: &[Value], report: &mut Report) -> Result<()> {
    let mut reading = JoinSet::new();
    // Not those that the ten thousand will look at.
    let looked_at = sessions.iter().rev().take(LOOKED_AT);
    for (number, session) in looked_at.enumerate() {
        let mut viewer = server.api.watch(session).await?;
        if number < AT_WORK {
            viewer.send(WORK).await?;
        }
        reading.spawn(async move { while viewer.output().await.is_ok() {} });
    }
    let session = server.api.create("typed in", "none").await?;
    let mut viewer = server.api.watch(&session).await?;
    viewer.send(echo::PROGRAM.as_bytes()).await?;
    viewer.read_until(b"READY").await?;
    let times = Samples::new(echo::keys(&mut viewer).await?);
    for (share, what) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
        let what = format!("{LOOKED_AT} terminals, {AT_WORK} at work: echo, {what}");
        report.row(&what, OURS, "µs", Samples::new(vec![times.at(share)]), None);
    }
    for session in sessions.iter().rev().take(AT_WORK) {
        server.api.delete(session).await?;
    }
    server.api.delete(&session).await
}

/// Ten thousand look, and something is said to all of them.
async fn watch(
    server: &Server,
    sessions: &[Value],
    report: &mut Report,
    before: f64,
) -> Result<()> {
    let mut reading = JoinSet::new();
    let watched = sessions.get(..WATCHED).context("too few sessions")?;
    while reading.len() < VIEWERS {
        let next = watched.iter().cycle().skip(reading.len()).take(AT_ONCE);
        for mut viewer in try_join_all(next.map(|session| server.api.watch(session))).await? {
            // Each reads from the beginning, as pages do: what came for thousands that did not would be more than the kernel keeps.
            reading.spawn(async move { viewer.read_until(SAID).await.map(|_| viewer) });
        }
    }
    let added = kilobytes(server.pid()?, "Rss:")? - before;
    let what = format!("{VIEWERS} viewers of {WATCHED} terminals: server, added by all");
    report.row(&what, OURS, "kB", Samples::new(vec![added]), None);
    let said = Instant::now();
    for session in watched {
        let mut viewer = server.api.watch(session).await?;
        viewer.send(SAY).await?;
    }
    let mut viewers = Vec::new();
    while let Some(viewer) = reading.join_next().await {
        // Nobody leaves before the last has read it.
        viewers.push(viewer??);
    }
    let taken = said.elapsed().as_secs_f64() * 1000.0;
    let what = format!("{VIEWERS} viewers of {WATCHED} terminals: until all have read a line");
    report.row(&what, OURS, "ms", Samples::new(vec![taken]), None);
    Ok(())
}
