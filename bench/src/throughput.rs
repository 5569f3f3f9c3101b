//! Bytes per second: a file through a raw PTY, and through everybody to one and to ten viewers; how much of it arrived, and what it cost.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::peer::Running;
use crate::process::{processor_seconds, thread_seconds};
use crate::report::Report;
use crate::samples::Samples;
use crate::text::{BYTES, megabytes};
use crate::viewer::Viewer;

/// Said by the shell when the file has gone by. The command that asks for it spells it differently, so that its echo is not mistaken.
const MARK: &[u8] = b"THE-END-OF-IT";
const COMMAND: &str = "stty -echo -opost; cat CORPUS; printf 'THE-%s-OF-IT' END\r";

/// The thread of sessiond's that parses what went by, for repaints: off the way of the bytes, and beside it.
const PARSER: &str = "screens";

/// How many look at once, where several can.
const MANY: usize = 10;

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

/// The rates of a raw PTY, megabytes a second.
pub(crate) async fn limit(corpus: &Path, rounds: usize) -> Result<Samples> {
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let path = corpus.to_owned();
        rates.push(tokio::task::spawn_blocking(move || through_raw_pty(&path)).await??);
    }
    Ok(Samples::new(rates))
}

pub(crate) async fn measure(
    running: &Running,
    corpus: &Path,
    rounds: usize,
    limit: &Samples,
    report: &mut Report,
) -> Result<()> {
    let name = running.peer.name();
    for (viewers, what) in [(1, "one viewer"), (MANY, "ten viewers, all together")] {
        if viewers > 1 && !running.peer.shares() {
            continue;
        }
        let mut done = Vec::new();
        for round in 0..rounds {
            done.push(through(running, corpus, &format!("{viewers} {round}"), viewers).await?);
        }
        let of = |pick: fn(&Round) -> f64| Samples::new(done.iter().map(pick).collect());
        let limit = Some(limit.median());
        report.row(what, &name, "MB/s", of(|round| round.rate), limit);
        report.row(
            &format!("{what}: delivered"),
            &name,
            "of what was written",
            of(|round| round.delivered),
            None,
        );
        report.row(
            &format!("{what}: processor"),
            &name,
            "s/GB",
            of(|round| round.cost),
            None,
        );
        // Nobody else keeps a screen.
        if running.ours().is_some() {
            let what = format!("{what}: processor, the screen's parsing apart");
            let without = of(|round| round.cost - round.parsing);
            report.row(&what, &name, "s/GB", without, None);
        }
    }
    Ok(())
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
        watching.push(running.watch(&session).await?);
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
