//! A viewer that never reads while `yes` runs: what the server keeps for it, what another viewer of the same terminal gets meanwhile, and how
//! fast keys come back in another session.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::echo;
use crate::peer::Running;
use crate::process::kilobytes;
use crate::report::Report;
use crate::samples::Samples;
use crate::viewer::Viewer;

/// How long `yes` runs beside the viewer that does not read, and alone before and after: half as long each time, so that a machine that
/// drifts counts for neither.
const RUNS: Duration = Duration::from_secs(20);
const ALONE: Duration = Duration::from_secs(10);

pub(crate) async fn measure(running: &Running, report: &mut Report) -> Result<()> {
    if !running.peer.shares() {
        return Ok(());
    }
    let name = running.peer.name();
    let session = running.session("stalled").await?;
    let mut reader = running.watch(&session).await?;
    reader.send(b"yes 'what nobody reads'\r").await?;
    let third = running.session("third").await?;
    let mut typist = running.watch(&third).await?;
    typist.send(echo::PROGRAM.as_bytes()).await?;
    typist.read_until(b"READY").await?;
    let (first, mut times_alone) = beside(&mut reader, &mut typist, ALONE).await?;
    let asleep = running.watch(&session).await?;
    let before = kilobytes(running.pid()?, "Rss:")?;
    let (shared, times) = beside(&mut reader, &mut typist, RUNS).await?;
    let grown = kilobytes(running.pid()?, "Rss:")? - before;
    drop(asleep);
    let (last, more) = beside(&mut reader, &mut typist, ALONE).await?;
    let alone = f64::midpoint(first, last);
    times_alone.extend(more);
    let (times, times_alone) = (Samples::new(times), Samples::new(times_alone));
    let once = |value: f64| Samples::new(vec![value]);
    report.row(
        "a viewer that never reads: server grows by",
        &name,
        "kB",
        once(grown),
        None,
    );
    report.row(
        "a viewer that never reads: another one's rate",
        &name,
        "of what it was",
        once(shared / alone),
        None,
    );
    for (share, what) in [(0.5, "p50"), (0.99, "p99")] {
        report.row(
            &format!("a viewer that never reads: echo in another session, {what}"),
            &name,
            "of what it was",
            once(times.at(share) / times_alone.at(share)),
            None,
        );
    }
    running.end(third, Some(typist)).await?;
    running.end(session, Some(reader)).await
}

/// What a viewer gets while another one types elsewhere, over and over, as long as that.
async fn beside(
    reader: &mut Viewer,
    typist: &mut Viewer,
    during: Duration,
) -> Result<(f64, Vec<f64>)> {
    let typing = async {
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < during {
            times.extend(echo::keys(typist).await?);
        }
        anyhow::Ok(times)
    };
    tokio::try_join!(rate(reader, during), typing)
}

/// Bytes a second that a viewer gets.
async fn rate(viewer: &mut Viewer, during: Duration) -> Result<f64> {
    let (begun, mut count) = (Instant::now(), 0.0);
    while begun.elapsed() < during {
        #[expect(clippy::cast_precision_loss, reason = "a frame's length")]
        let length = viewer.output().await?.len() as f64;
        count += length;
    }
    Ok(count / begun.elapsed().as_secs_f64())
}
