//! From the request for a terminal to its shell's prompt.

use std::time::Instant;

use anyhow::Result;

use crate::peer::Running;
use crate::report::Report;
use crate::samples::Samples;
use crate::say;

/// How many each of them begins in its turn, and how many turns it has.
const BEGUN: usize = 10;
const TURNS: usize = 4;
/// How many are begun before, and not counted.
const WARM_UP: usize = 5;

pub(crate) async fn measure(all: &[Running], report: &mut Report) -> Result<()> {
    let mut taken = vec![Vec::new(); all.len()];
    for running in all {
        for number in 0..WARM_UP {
            begin(running, &format!("warm {number}")).await?;
        }
    }
    for turn in 0..TURNS {
        say(&format!("new terminals, turn {turn}"));
        for (running, taken) in all.iter().zip(&mut taken) {
            for number in 0..BEGUN {
                taken.push(begin(running, &format!("begun {turn} {number}")).await?);
            }
        }
    }
    for (running, taken) in all.iter().zip(taken) {
        let (name, taken) = (running.peer.name(), Samples::new(taken));
        report.row("new terminal, to its prompt", &name, "ms", taken, None);
    }
    Ok(())
}

/// Milliseconds from the request to the prompt.
async fn begin(running: &Running, name: &str) -> Result<f64> {
    let asked = Instant::now();
    let session = running.session_to_be(name).await?;
    let mut viewer = running.watch(&session).await?;
    viewer.prompt().await?;
    let taken = asked.elapsed().as_secs_f64() * 1000.0;
    running.end(session, Some(viewer)).await?;
    Ok(taken)
}
