//! Bytes per second: a file through a raw PTY, and through everybody to one and to ten viewers; how much of it arrived, and what it cost.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::peer::Running;
use crate::process::{processor_seconds, thread_seconds};
use crate::report::Report;
use crate::samples::Samples;
use crate::say;
use crate::text::{BYTES, megabytes};
use crate::viewer::Viewer;

/// Said by the shell when the file has gone by. The command that asks for it spells it differently, so that its echo is not mistaken.
const MARK: &[u8] = b"THE-END-OF-IT";
const COMMAND: &str = "stty -echo -opost; cat CORPUS; printf 'THE-%s-OF-IT' END\r";

/// The thread of sessiond's that parses what went by, for repaints: off the way of the bytes, and beside it.
const PARSER: &str = "screens";

/// How many look at once; several, where several can.
const COMPANIES: [(usize, &str); 2] = [(1, "one viewer"), (10, "ten viewers, all together")];

/// What one round gave.
struct Round {
    /// Megabytes a second that all viewers got together.
    rate: f64,
    /// What arrived at each viewer, of what was written.
    delivered: f64,
    /// Seconds of the server's processor time (Longhouse: with sessiond's) for a gigabyte that was written.
    cost: f64,
    /// How much of that parsed the screen.
    parsing: f64,
}

pub(crate) async fn measure(
    all: &[Running],
    corpus: &Path,
    rounds: usize,
    report: &mut Report,
) -> Result<()> {
    let mut limit = Vec::new();
    let mut done: Vec<[Vec<Round>; 2]> = all.iter().map(|_| Default::default()).collect();
    for round in 0..rounds {
        say(&format!("a file, round {round}"));
        let path = corpus.to_owned();
        limit.push(tokio::task::spawn_blocking(move || through_raw_pty(&path)).await??);
        for (running, done) in all.iter().zip(&mut done) {
            for ((viewers, _), done) in COMPANIES.iter().zip(done) {
                if *viewers == 1 || running.peer.shares() {
                    let name = format!("{viewers} {round}");
                    let through = through(running, corpus, &name, *viewers).await;
                    done.push(through.with_context(|| running.peer.name())?);
                }
            }
        }
    }
    let limit = Samples::new(limit);
    let rate = limit.clone();
    let limit = limit.median();
    report.row("one viewer", "raw PTY", "MB/s", rate, Some(limit));
    for (running, done) in all.iter().zip(&done) {
        for ((_, what), done) in COMPANIES.iter().zip(done) {
            if !done.is_empty() {
                rows(report, what, running, done, limit);
            }
        }
    }
    Ok(())
}

fn rows(report: &mut Report, what: &str, running: &Running, done: &[Round], limit: f64) {
    let name = running.peer.name();
    let of = |pick: fn(&Round) -> f64| Samples::new(done.iter().map(pick).collect());
    let rate = of(|round| round.rate);
    report.row(what, &name, "MB/s", rate, Some(limit));
    let mut row = |more: &str, unit: &'static str, samples: Samples| {
        report.row(&format!("{what}: {more}"), &name, unit, samples, None);
    };
    let delivered = of(|round| round.delivered);
    row("delivered", "of what was written", delivered);
    row("processor", "s/GB", of(|round| round.cost));
    // Nobody else keeps a screen.
    if running.ours().is_some() {
        let without = of(|round| round.cost - round.parsing);
        row("processor, the screen's parsing apart", "s/GB", without);
    }
}

/// The least that reading a PTY can cost: a thread that blocks in `read`, and nothing else.
fn through_raw_pty(corpus: &Path) -> Result<f64> {
    let (mut pty, pts) = pty_process::blocking::open()?;
    let script = format!("stty -opost; cat {}", corpus.display());
    let mut child = pty_process::blocking::Command::new("/bin/sh")
        .args(["-c", &script])
        .spawn(pts)?;
    let (started, mut count, mut buffer) = (Instant::now(), 0, vec![0; 256 * 1024]);
    // A PTY whose program has ended answers with an error instead of an end.
    while let Ok(n) = pty.read(&mut buffer) {
        count += n;
        if n == 0 || count >= BYTES {
            break;
        }
    }
    let rate = megabytes(count) / started.elapsed().as_secs_f64();
    child.wait()?;
    Ok(rate)
}

async fn through(running: &Running, corpus: &Path, name: &str, viewers: usize) -> Result<Round> {
    let session = running.session(name).await?;
    let mut watching: Vec<Viewer> = Vec::new();
    for _ in 0..viewers {
        // Who cannot follow may skip: how much arrived is told.
        watching.push(running.watch(&session).await?.skipping());
    }
    let carriers = running.carriers(&session)?;
    let command = COMMAND.replace("CORPUS", &corpus.display().to_string());
    let before = processor_seconds(&carriers)?;
    let parsed = thread_seconds(&carriers, PARSER)?;
    let started = Instant::now();
    let first = watching.first_mut().context("no viewer")?;
    first.send(command.as_bytes()).await?;
    let reading: Vec<_> = watching
        .into_iter()
        .map(|mut viewer| {
            tokio::spawn(async move {
                let count = viewer.read_until(MARK).await?;
                anyhow::Ok((viewer, count))
            })
        })
        .collect();
    let (mut arrived, mut last) = (0, None);
    for viewer in reading {
        let (viewer, count) = viewer.await??;
        // What the shell says around it is no part of the file.
        arrived += count.min(BYTES);
        last = Some(viewer);
    }
    let seconds = started.elapsed().as_secs_f64();
    let cost = processor_seconds(&carriers)? - before;
    let parsing = thread_seconds(&carriers, PARSER)? - parsed;
    running.end(session, last).await?;
    Ok(Round {
        rate: megabytes(arrived) / seconds,
        delivered: megabytes(arrived) / megabytes(BYTES * viewers),
        cost: cost / megabytes(BYTES) * 1000.0,
        parsing: parsing / megabytes(BYTES) * 1000.0,
    })
}
