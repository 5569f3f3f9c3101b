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

/// How long `yes` runs beside the viewer that does not read, how often, and how long alone before and after each time: a machine that drifts
/// counts for neither, and one bad moment for nothing.
const RUNS: Duration = Duration::from_secs(20);
const SPELLS: usize = 3;
const ALONE: Duration = Duration::from_secs(6);

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
    let (mut grown, mut rates, mut p50, mut p99) = (vec![], vec![], vec![], vec![]);
    let (mut alone, mut times_alone) = beside(&mut reader, &mut typist, ALONE).await?;
    for _ in 0..SPELLS {
        let asleep = running.watch(&session).await?;
        let before = kilobytes(running.pid()?, "Rss:")?;
        let (shared, times) = beside(&mut reader, &mut typist, RUNS).await?;
        grown.push(kilobytes(running.pid()?, "Rss:")? - before);
        drop(asleep);
        let (after, times_after) = beside(&mut reader, &mut typist, ALONE).await?;
        rates.push(shared / f64::midpoint(alone, after));
        times_alone.extend_from_slice(&times_after);
        let (times, known) = (Samples::new(times), Samples::new(times_alone));
        p50.push(times.at(0.5) / known.at(0.5));
        p99.push(times.at(0.99) / known.at(0.99));
        (alone, times_alone) = (after, times_after);
    }
    for (what, unit, values) in [
        ("server grows by", "kB", grown),
        ("another one's rate", "of what it was", rates),
        ("echo in another session, p50", "of what it was", p50),
        ("echo in another session, p99", "of what it was", p99),
    ] {
        let what = format!("a viewer that never reads: {what}");
        report.row(&what, &name, unit, Samples::new(values), None);
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
            let pressed = Instant::now();
            times.extend(echo::keys(typist).await?);
            // Half of the time: who types thousands of keys a second for ever is taken for an attacker.
            tokio::time::sleep(pressed.elapsed()).await;
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
