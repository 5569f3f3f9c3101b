//! Echo: from a key to its byte on the way back, through a raw PTY and through everybody, idle and beside a flood.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;
use crate::say;
use crate::viewer::Viewer;

/// Keys in each round, and how many rounds there are: in one of them a shared machine may be busy with something else.
const KEYS: usize = 1_000;
const ROUNDS: usize = 5;

/// How long keys are typed before, which are not counted: a session's start goes on for a moment after its prompt, and has a row of its own.
const SETTLING: Duration = Duration::from_secs(1);

/// A program that gives every byte back at once.
pub(crate) const PROGRAM: &str = "stty raw -echo; printf RE%s ADY; exec cat\r";

/// What each round's keys took.
type Rounds = Vec<Samples>;

pub(crate) async fn measure(all: &[Running], report: &mut Report) -> Result<()> {
    let mut limit = Rounds::new();
    let mut done: Vec<[Rounds; 2]> = all.iter().map(|_| Default::default()).collect();
    for round in 0..ROUNDS {
        say(&format!("keys, round {round}"));
        limit.push(Samples::new(raw_pty().await?));
        for (running, [idle, busy]) in all.iter().zip(&mut done) {
            let times = through(running, &format!("idle {round}")).await?;
            idle.push(Samples::new(times));
            busy.push(Samples::new(beside_a_flood(running, round).await?));
        }
    }
    rows(report, "echo", "raw PTY", &limit, &limit);
    for (running, [idle, busy]) in all.iter().zip(&done) {
        let name = running.peer.name();
        rows(report, "echo", &name, idle, &limit);
        rows(report, "echo beside a flood", &name, busy, &limit);
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

/// A row for each share: what it was in each of the rounds.
fn rows(report: &mut Report, measure: &str, of: &str, rounds: &[Samples], limit: &[Samples]) {
    for (share, what) in SHARES {
        let of_all =
            |rounds: &[Samples]| Samples::new(rounds.iter().map(|round| round.at(share)).collect());
        let what = format!("{measure}, {what}");
        let limit = of_all(limit).median();
        report.row(&what, of, "µs", of_all(rounds), Some(limit));
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
