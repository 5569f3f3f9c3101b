//! Bytes per second: a file through a raw PTY, and through Longhouse to one and to ten viewers, every byte delivered.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::samples::Samples;
use crate::server::Server;
use crate::text::BYTES;

/// Said by the shell when the file has gone by. The command that asks for it spells it differently, so that its echo is not mistaken.
const MARK: &[u8] = b"THE-END-OF-IT";
const COMMAND: &str = "stty -echo -opost; cat CORPUS; printf 'THE-%s-OF-IT' END\r";

pub(crate) async fn measure(
    server: &Server,
    corpus: &Path,
    rounds: usize,
    report: &mut Report,
) -> Result<()> {
    let (mut raw, mut one, mut ten) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let path = corpus.to_owned();
        raw.push(tokio::task::spawn_blocking(move || through_raw_pty(&path)).await??);
        one.push(through_longhouse(server, corpus, &format!("one {round}"), 1).await?);
        ten.push(through_longhouse(server, corpus, &format!("ten {round}"), 10).await?);
    }
    let raw = Samples::new(raw);
    let limit = raw.median();
    report.row("raw PTY, one reader", "MB/s", &raw, None);
    for (what, samples) in [
        ("one viewer", Samples::new(one)),
        ("ten viewers, all together", Samples::new(ten)),
    ] {
        report.row(
            what,
            "MB/s",
            &samples,
            Some(("raw PTY", samples.median() / limit)),
        );
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
    let rate = megabytes_per_second(count, started);
    child.wait()?;
    Ok(rate)
}

async fn through_longhouse(
    server: &Server,
    corpus: &Path,
    name: &str,
    viewers: usize,
) -> Result<f64> {
    let session = server.api.create(name, "none").await?;
    let mut watching = Vec::new();
    for _ in 0..viewers {
        watching.push(server.api.watch(&session).await?);
    }
    let command = COMMAND.replace("CORPUS", &corpus.display().to_string());
    let first = watching.first_mut().context("no viewer")?;
    let started = Instant::now();
    first.send(command.as_bytes()).await?;
    let reading: Vec<_> = watching
        .into_iter()
        .map(|mut viewer| tokio::spawn(async move { viewer.read_until(MARK).await }))
        .collect();
    let mut delivered = 0;
    for viewer in reading {
        let count = viewer.await??;
        anyhow::ensure!(count >= BYTES, "a viewer got {count} of {BYTES} bytes");
        delivered += BYTES;
    }
    let rate = megabytes_per_second(delivered, started);
    server.api.delete(&session).await?;
    Ok(rate)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of bytes stay far below 2^52"
)]
fn megabytes_per_second(bytes: usize, started: Instant) -> f64 {
    bytes as f64 / 1e6 / started.elapsed().as_secs_f64()
}
