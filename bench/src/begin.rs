//! From the request for a terminal to its shell's prompt.

use std::time::Instant;

use anyhow::Result;

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;

/// How many are begun, one after the other, after some that are not counted.
const BEGUN: usize = 40;
const WARM_UP: usize = 5;

pub(crate) async fn measure(running: &Running, report: &mut Report) -> Result<()> {
    let mut taken = Vec::new();
    for number in 0..BEGUN + WARM_UP {
        let asked = Instant::now();
        let session = running.session(&format!("begun {number}")).await?;
        let mut viewer = running.watch(&session).await?;
        viewer.prompt().await?;
        if number >= WARM_UP {
            taken.push(asked.elapsed().as_secs_f64() * 1000.0);
        }
        running.end(session, Some(viewer)).await?;
    }
    report.row(
        "new terminal, to its prompt",
        &running.peer.name(),
        "ms",
        Samples::new(taken),
        None,
    );
    Ok(())
}
