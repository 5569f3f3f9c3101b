//! Ctrl-C in the middle of a flood, by somebody whose page draws slower than the program writes: how soon the prompt is seen, and how
//! much was still on its way.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;

use crate::peer::Running;
use crate::process::kilobytes;
use crate::report::Report;
use crate::samples::Samples;
use crate::text;
use crate::viewer::{Mark, Viewer};

/// What a page draws in a second, bytes: xterm.js takes 5 to 35 MB/s.
const DRAWN: f64 = 20e6;

/// How exactly one can sleep here. A page that slept for each small frame would draw much less than it is said to.
const TICK: Duration = Duration::from_millis(1);

/// How long the flood runs before it is interrupted.
const FLOODED: Duration = Duration::from_secs(3);

/// How long the prompt may take.
const AT_MOST: Duration = Duration::from_secs(60);

const COMMAND: &[u8] = b"PS1='THE-'PROMPT' '; yes 'what nobody wants to read any more'\r";
const PROMPT: &[u8] = b"THE-PROMPT";

pub(crate) async fn measure(running: &Running, rounds: usize, report: &mut Report) -> Result<()> {
    let (mut taken, mut on_the_way, mut grown) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let session = running.session(&format!("interrupted {round}")).await?;
        let mut viewer = running.watch_like_a_page(&session).await?;
        viewer.prompt().await?;
        let before = kilobytes(running.pid()?, "Rss:")?;
        viewer.send(COMMAND).await?;
        let mut page = Page {
            viewer: &mut viewer,
            drawn: Instant::now(),
        };
        page.until(Instant::now() + FLOODED).await?;
        grown.push(kilobytes(running.pid()?, "Rss:")? - before);
        let pressed = Instant::now();
        page.viewer.send(b"\x03").await?;
        let count = page.until_prompt().await?;
        taken.push(pressed.elapsed().as_secs_f64() * 1000.0);
        on_the_way.push(text::megabytes(count));
        running.end(session, Some(viewer)).await?;
    }
    let name = running.peer.name();
    let what = "Ctrl-C in a flood, page takes 20 MB/s";
    let mut row = |of: &str, unit, samples| {
        report.row(
            &format!("{what}: {of}"),
            &name,
            unit,
            Samples::new(samples),
            None,
        );
    };
    row("to the prompt", "ms", taken);
    row("still on the way", "MB", on_the_way);
    row("server grows by", "kB", grown);
    Ok(())
}

/// What draws as fast as a page does.
struct Page<'a> {
    viewer: &'a mut Viewer,
    drawn: Instant,
}

impl Page<'_> {
    /// What comes next, once everything before it is drawn.
    async fn output(&mut self) -> Result<Bytes> {
        if self.drawn > Instant::now() + TICK {
            tokio::time::sleep_until(self.drawn.into()).await;
        }
        let data = self.viewer.output().await?;
        #[expect(clippy::cast_precision_loss, reason = "a frame's length")]
        let takes = Duration::from_secs_f64(data.len() as f64 / DRAWN);
        // A frame after a pause is drawn from then on; one after a sleep that was too long is not late.
        let now = Instant::now();
        self.drawn = self.drawn.max(now.checked_sub(2 * TICK).unwrap_or(now)) + takes;
        Ok(data)
    }

    async fn until(&mut self, end: Instant) -> Result<()> {
        while Instant::now() < end {
            self.output().await?;
        }
        Ok(())
    }

    /// Draws up to the prompt. Answers how many bytes that took.
    async fn until_prompt(&mut self) -> Result<usize> {
        let (begun, mut prompt) = (Instant::now(), Mark::new(PROMPT));
        while !prompt.goes_by(&self.output().await?) {
            ensure!(begun.elapsed() < AT_MOST, "no prompt after Ctrl-C");
        }
        Ok(prompt.count)
    }
}
