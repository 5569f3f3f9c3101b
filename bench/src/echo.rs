//! Echo: from a key to its byte on the way back, through a raw PTY and through everybody, idle and beside a flood.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;
use crate::say;
use crate::viewer::Viewer;

/// Keys in each round.
const KEYS: usize = 500;

/// How long keys are typed before, which are not counted: a session's start goes on for a moment after its prompt, and has a row of its own.
const SETTLING: Duration = Duration::from_secs(1);

/// A program that gives every byte back at once.
pub(crate) const PROGRAM: &str = "stty raw -echo; printf RE%s ADY; exec cat\r";

pub(crate) async fn measure(all: &[Running], rounds: usize, report: &mut Report) -> Result<()> {
    let mut limit = Vec::new();
    let mut idle = vec![Vec::new(); all.len()];
    let mut busy = idle.clone();
    for round in 0..rounds {
        say(&format!("keys, round {round}"));
        limit.extend(raw_pty().await?);
        for (running, (idle, busy)) in all.iter().zip(idle.iter_mut().zip(&mut busy)) {
            idle.extend(through(running, &format!("idle {round}")).await?);
            busy.extend(beside_a_flood(running, round).await?);
        }
    }
    let limit = Samples::new(limit);
    rows(report, "echo", "raw PTY", &limit, &limit);
    for (running, (idle, busy)) in all.iter().zip(idle.into_iter().zip(busy)) {
        let name = running.peer.name();
        rows(report, "echo", &name, &Samples::new(idle), &limit);
        let busy = Samples::new(busy);
        rows(report, "echo beside a flood", &name, &busy, &limit);
    }
    Ok(())
}

async fn beside_a_flood(running: &Running, round: usize) -> Result<Vec<f64>> {
    let session = running.session(&format!("flood {round}")).await?;
    let mut flood = running.watch(&session).await?;
    flood
        .send(b"yes 'a flood beside which others type'\r")
        .await?;
    let reader = tokio::spawn(async move { while flood.output().await.is_ok() {} });
    let times = through(running, &format!("busy {round}")).await?;
    reader.abort();
    let viewer = running.watch(&session).await?;
    running.end(session, Some(viewer)).await?;
    Ok(times)
}

const SHARES: [(f64, &str); 3] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")];

fn rows(report: &mut Report, measure: &str, of: &str, samples: &Samples, limit: &Samples) {
    for (share, what) in SHARES {
        let one = Samples::new(vec![samples.at(share)]);
        let what = format!("{measure}, {what}");
        report.row(&what, of, "µs", one, Some(limit.at(share)));
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
    for _ in 0..KEYS {
        let pressed = Instant::now();
        pty.write_all(b"k").await?;
        pty.read_exact(&mut buffer[..1]).await?;
        times.push(micros(pressed));
    }
    child.kill().await?;
    Ok(times)
}

/// Keys of one session, once what its start leaves to be done is over.
async fn through(running: &Running, name: &str) -> Result<Vec<f64>> {
    let session = running.session(&format!("echo {name}")).await?;
    let mut viewer = running.watch(&session).await?;
    viewer.send(PROGRAM.as_bytes()).await?;
    viewer.read_until(b"READY").await?;
    let begun = Instant::now();
    while begun.elapsed() < SETTLING {
        press(&mut viewer, b"s").await?;
        press(&mut viewer, b"t").await?;
    }
    let times = keys(&mut viewer).await?;
    running.end(session, Some(viewer)).await?;
    Ok(times)
}

/// Types keys one after the other. Answers how long each took to come back, microseconds.
pub(crate) async fn keys(viewer: &mut Viewer) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for key in 0..KEYS {
        // Letters alternate, so that tmux always has something to draw.
        let letter = if key % 2 == 0 { b"k" } else { b"j" };
        times.push(press(viewer, letter).await?);
    }
    Ok(times)
}

async fn press(viewer: &mut Viewer, letter: &[u8; 1]) -> Result<f64> {
    let pressed = Instant::now();
    viewer.send(letter).await?;
    while !viewer.output().await?.contains(&letter[0]) {}
    Ok(micros(pressed))
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}
