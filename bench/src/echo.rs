//! Echo: from a key to its byte on the way back, through a raw PTY and through Longhouse, without and with tmux, idle and beside a flood.

use std::time::Instant;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::api::Terminal;
use crate::report::Report;
use crate::samples::Samples;
use crate::server::Server;

/// Keys in each round, after some that are not counted.
const KEYS: usize = 400;
const WARM_UP: usize = 40;

/// A program that gives every byte back at once.
const PROGRAM: &str = "stty raw -echo; printf RE%s ADY; exec cat\r";

pub(crate) async fn measure(server: &Server, rounds: usize, report: &mut Report) -> Result<()> {
    let mut raw = Vec::new();
    for _ in 0..rounds {
        raw.extend(raw_pty().await?);
    }
    let raw = Samples::new(raw);
    let limit = raw.median();
    row(report, "echo, raw PTY", &raw, limit);
    for multiplexer in ["none", "tmux"] {
        let idle = Samples::new(longhouse(server, rounds, multiplexer).await?);
        row(
            report,
            &format!("echo, Longhouse, multiplexer {multiplexer}"),
            &idle,
            limit,
        );
    }
    let session = server.api.create("flood", "none").await?;
    let mut flood = server.api.watch(&session).await?;
    flood
        .send(b"yes 'a flood beside which others type'\r")
        .await?;
    let reader = tokio::spawn(async move { while flood.output().await.is_ok() {} });
    let busy = Samples::new(longhouse(server, rounds, "none").await?);
    row(
        report,
        "echo, Longhouse, another session floods",
        &busy,
        limit,
    );
    server.api.delete(&session).await?;
    reader.abort();
    Ok(())
}

fn row(report: &mut Report, what: &str, samples: &Samples, limit: f64) {
    report.row(
        &format!("{what}, p50"),
        "µs",
        &Samples::new(vec![samples.median()]),
        Some(("raw PTY", samples.median() / limit)),
    );
    report.row(
        &format!("{what}, p99"),
        "µs",
        &Samples::new(vec![samples.at(0.99)]),
        None,
    );
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

async fn longhouse(server: &Server, rounds: usize, multiplexer: &str) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for round in 0..rounds {
        let session = server
            .api
            .create(&format!("echo {multiplexer} {round}"), multiplexer)
            .await?;
        let mut terminal = server.api.watch(&session).await?;
        terminal.send(PROGRAM.as_bytes()).await?;
        terminal.read_until(b"READY").await?;
        times.extend(keys(&mut terminal).await?);
        server.api.delete(&session).await?;
    }
    Ok(times)
}

async fn keys(terminal: &mut Terminal) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for key in 0..KEYS + WARM_UP {
        // Letters alternate, so that tmux always has something to draw.
        let letter = if key % 2 == 0 { b"k" } else { b"j" };
        let pressed = Instant::now();
        terminal.send(letter).await?;
        while !terminal.output().await?.contains(&letter[0]) {}
        if key >= WARM_UP {
            times.push(micros(pressed));
        }
    }
    Ok(times)
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}
