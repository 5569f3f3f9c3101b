//! The history: every running session is read once a minute, one after the other over the minute, and all readings are written together.
//!
//! What it costs: for a session on the host one question over the link, which sessiond answers in about a millisecond from the files of its
//! own processes; for one in a container also one question to the engine. One transaction a minute, however many sessions there are, and
//! none while nothing runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use longhouse_domain::SessionId;
use longhouse_domain::clock::{Timestamp, from_millis, to_millis};
use longhouse_domain::lifecycle::{Phase, RuntimeHandle};
use longhouse_domain::metrics::{CpuTime, Metrics, MetricsRange, Reading};
use longhouse_runtime::Pace;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::source::{Haste, inside, together};
use crate::engine::Engine;
use crate::session::handle::Handle;

/// How many sessions may be asked at the same time: one that does not answer holds up no other.
const AT_ONCE: usize = 16;

/// After how many rounds without a running session old points are looked for all the same.
const CLEAN_UP: u32 = 60;

/// What was read of a session the round before, and in which place.
type Before = HashMap<SessionId, (RuntimeHandle, CpuTime)>;

/// Reads all running sessions again and again.
pub(crate) async fn sample(engine: Engine) {
    let every = engine.settings().sample_every;
    let mut round = interval(every);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut before, mut quiet) = (Before::new(), 0_u32);
    loop {
        round.tick().await;
        let at = begin_of_round(engine.now(), every);
        let points = engine.read_all(every, at, &mut before).await;
        quiet = if points.is_empty() { quiet + 1 } else { 0 };
        if quiet.is_multiple_of(CLEAN_UP) {
            engine.keep_points(&points, at).await;
        }
    }
}

/// Points of all sessions stand at the same moments, and one that was written before a restart is not written again.
fn begin_of_round(now: Timestamp, every: Duration) -> Timestamp {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    from_millis(to_millis(now).div_euclid(every) * every)
}

impl Engine {
    async fn read_all(
        &self,
        every: Duration,
        at: Timestamp,
        before: &mut Before,
    ) -> Vec<(SessionId, Metrics)> {
        let running: Vec<_> = self
            .handles()
            .into_iter()
            .filter_map(|(id, handle)| Some((id, place(&handle)?, handle)))
            .collect();
        // The last sixth of the round is for those that are slow.
        let step = every * 5 / 6 / u32::try_from(running.len().max(1)).unwrap_or(u32::MAX);
        let began = Instant::now();
        let readings = running
            .into_iter()
            .zip(0..)
            .map(|((id, place, handle), n)| {
                let engine = self.clone();
                async move {
                    sleep_until(began + step * n).await;
                    let reading = engine.read_once(&handle, &place).await?;
                    Some((id, place, handle, reading))
                }
            });
        let readings = stream::iter(readings).buffer_unordered(AT_ONCE);
        let readings: Vec<_> = readings.filter_map(std::future::ready).collect().await;
        let earlier = std::mem::take(before);
        let mut points = Vec::with_capacity(readings.len());
        for (id, place, handle, reading) in readings {
            let same = earlier
                .get(&id)
                .filter(|(where_from, _)| *where_from == place);
            let metrics = reading.metrics(same.map(|(_, cpu)| *cpu), at);
            handle.metering.note(metrics);
            points.push((id, metrics));
            if let Some(cpu) = reading.cpu {
                before.insert(id, (place, cpu));
            }
        }
        points
    }

    /// One reading; nothing where there is none to be had.
    async fn read_once(&self, handle: &Arc<Handle>, place: &RuntimeHandle) -> Option<Reading> {
        let kind = handle.live.borrow().session.spec.runtime;
        let runtime = self.context().runtime(kind).ok()?;
        let inside = inside(&handle.connections, Haste::Unhurried).await;
        match runtime.measure(place, Pace::Once) {
            Some(mut readings) => {
                let outside = readings.next().await?.ok()?;
                Some(together(outside, inside.unwrap_or_default(), handle))
            }
            None => inside.ok(),
        }
    }

    async fn keep_points(&self, points: &[(SessionId, Metrics)], at: Timestamp) {
        let keep_from = at.checked_sub(MetricsRange::Day.span());
        let keep_from = keep_from.unwrap_or(Timestamp::MIN);
        let store = &self.context().store;
        // A session that is deleted at the same moment can spoil the write once.
        for _ in 0..2 {
            match store.append_metrics(points, keep_from).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "what sessions use cannot be written down"),
            }
        }
    }
}

/// Where a session runs, if it does.
fn place(handle: &Handle) -> Option<RuntimeHandle> {
    match &handle.live.borrow().session.phase {
        Phase::Running { handle } => Some(handle.clone()),
        _ => None,
    }
}
