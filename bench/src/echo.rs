//! Echo: from a key to its byte on the way back, through a raw PTY and through everybody, idle and beside a flood.

use std::time::Instant;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;
use crate::viewer::Viewer;

/// Keys in each round, after some that are not counted.
const KEYS: usize = 400;
const WARM_UP: usize = 40;

/// A program that gives every byte back at once.
pub(crate) const PROGRAM: &str = "stty raw -echo; printf RE%s ADY; exec cat\r";

/// The times of a raw PTY, microseconds.
pub(crate) async fn limit(rounds: usize) -> Result<Samples> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        times.extend(raw_pty().await?);
    }
    Ok(Samples::new(times))
}

pub(crate) async fn measure(
    running: &Running,
    rounds: usize,
    limit: &Samples,
    report: &mut Report,
) -> Result<()> {
    let idle = through(running, rounds, "idle").await?;
    rows(report, "echo", running, &idle, limit);
    let session = running.session("flood").await?;
    let mut flood = running.watch(&session).await?;
    flood
        .send(b"yes 'a flood beside which others type'\r")
        .await?;
    let reader = tokio::spawn(async move { while flood.output().await.is_ok() {} });
    let busy = through(running, rounds, "busy").await?;
    rows(report, "echo beside a flood", running, &busy, limit);
    // The flood ends with what shows it.
    running.end(session, None).await?;
    reader.abort();
    Ok(())
}

/// The rows of the limit, and of one of the others.
pub(crate) fn limit_rows(report: &mut Report, limit: &Samples) {
    for (share, what) in SHARES {
        let at = limit.at(share);
        report.row(
            &format!("echo, {what}"),
            "raw PTY",
            "µs",
            Samples::new(vec![at]),
            Some(at),
        );
    }
}

const SHARES: [(f64, &str); 3] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")];

fn rows(report: &mut Report, measure: &str, running: &Running, samples: &Samples, limit: &Samples) {
    for (share, what) in SHARES {
        let one = Samples::new(vec![samples.at(share)]);
        let (what, name) = (format!("{measure}, {what}"), running.peer.name());
        report.row(&what, &name, "µs", one, Some(limit.at(share)));
    }
}

async fn raw_pty() -> Result<Vec<f64>> {
    let (mut pty, pts) = pty_process::open()?;
    let mut child = pty_process::Command::new("/bin/sh")
        .args(["-c", PROGRAM.trim_end()])
        .spawn(pts)?;
    let mut buffer = [0; 4096];
    let mut seen = Vec::new();
    while !seen.windows(5).any(|window| window == b"READY") {
        let n = pty.read(&mut buffer).await?;
        seen.extend_from_slice(&buffer[..n]);
    }
    let mut times = Vec::new();
    for key in 0..KEYS + WARM_UP {
        let pressed = Instant::now();
        pty.write_all(b"k").await?;
        pty.read_exact(&mut buffer[..1]).await?;
        if key >= WARM_UP {
            times.push(micros(pressed));
        }
    }
    child.kill().await?;
    Ok(times)
}

async fn through(running: &Running, rounds: usize, what: &str) -> Result<Samples> {
    let mut times = Vec::new();
    for round in 0..rounds {
        let session = running.session(&format!("echo {what} {round}")).await?;
        let mut viewer = running.watch(&session).await?;
        viewer.send(PROGRAM.as_bytes()).await?;
        viewer.read_until(b"READY").await?;
        times.extend(keys(&mut viewer).await?);
        running.end(session, Some(viewer)).await?;
    }
    Ok(Samples::new(times))
}

/// Types keys one after the other. Answers how long each took to come back, microseconds.
pub(crate) async fn keys(viewer: &mut Viewer) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for key in 0..KEYS + WARM_UP {
        // Letters alternate, so that tmux always has something to draw.
        let letter = if key % 2 == 0 { b"k" } else { b"j" };
        let pressed = Instant::now();
        viewer.send(letter).await?;
        while !viewer.output().await?.contains(&letter[0]) {}
        if key >= WARM_UP {
            times.push(micros(pressed));
        }
    }
    Ok(times)
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}
