//! Coming back to a terminal with all of its history: how soon its screen is there, and how soon everything that is kept is.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;
use crate::text;

/// How often one comes back.
const TIMES: usize = 20;

const COMMAND: &str = "stty -echo; head -c 12000000 CORPUS; printf 'THE-%s-OF-IT' END\r";

pub(crate) async fn measure(
    running: &Running,
    corpus: &std::path::Path,
    report: &mut Report,
) -> Result<()> {
    let (Some(server), session) = (running.ours(), running.session("rejoined").await?) else {
        return Ok(());
    };
    let record = session
        .record
        .as_ref()
        .context("a session without a record")?;
    let mut viewer = running.watch(&session).await?;
    let command = COMMAND.replace("CORPUS", &corpus.display().to_string());
    viewer.send(command.as_bytes()).await?;
    viewer.read_until(b"THE-END-OF-IT").await?;
    let (mut painted, mut whole, mut kept) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TIMES {
        let begun = Instant::now();
        let viewer = server.api.watch(record).await?;
        painted.push(milliseconds(begun));
        let oldest = viewer.hello["oldest"]
            .as_u64()
            .context("no oldest offset")?;
        let begun = Instant::now();
        let from = format!("from={oldest}&mode=write");
        let mut viewer = server.api.watch_with(record, &from).await?;
        kept = viewer.read_until(b"THE-END-OF-IT").await?;
        whole.push(milliseconds(begun));
    }
    let name = running.peer.name();
    report.row(
        "coming back, to the screen",
        &name,
        "ms",
        Samples::new(painted),
        None,
    );
    let what = format!(
        "coming back, to the last of {:.1} MB of history",
        text::megabytes(kept)
    );
    report.row(&what, &name, "ms", Samples::new(whole), None);
    running.end(session, Some(viewer)).await
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
