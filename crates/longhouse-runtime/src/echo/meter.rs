//! Counters of the echo runtime, as an engine has them: readings are made up, and who reads is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use longhouse_domain::metrics::{CpuTime, Reading};
use tokio::sync::watch;

use super::EchoRuntime;
use crate::{MeasureError, Pace, Readings};

/// The time between two readings: a test's second.
const SECOND: Duration = Duration::from_millis(20);

/// What each reading says is in use, bytes.
pub const METERED_MEMORY: u64 = 64 << 20;

/// See the module. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct EchoMeter {
    counts: Arc<Counts>,
    away: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    opened: AtomicUsize,
}

/// A stream that is open.
struct Open(Arc<Counts>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl EchoRuntime {
    /// The same, with counters of its own, as the engine of containers has them.
    #[must_use]
    pub fn with_meter(mut self) -> Self {
        self.meter = Some(EchoMeter::new());
        self
    }

    /// Its counters, if it has some.
    #[must_use]
    pub fn meter(&self) -> Option<&EchoMeter> {
        self.meter.as_ref()
    }
}

impl EchoMeter {
    pub(super) fn new() -> Self {
        Self {
            counts: Arc::default(),
            away: watch::Sender::new(false),
        }
    }

    /// How many steady streams are open at this moment.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }

    /// How many have ever been opened.
    #[must_use]
    pub fn opened(&self) -> usize {
        self.counts.opened.load(Ordering::SeqCst)
    }

    /// Lets the counters be away, or come back.
    pub fn set_away(&self, away: bool) {
        self.away.send_replace(away);
    }

    pub(super) fn readings(&self, pace: Pace) -> Readings {
        let open = (pace == Pace::Steady).then(|| {
            self.counts.open.fetch_add(1, Ordering::SeqCst);
            self.counts.opened.fetch_add(1, Ordering::SeqCst);
            Open(Arc::clone(&self.counts))
        });
        let away = self.away.subscribe();
        stream::unfold(Some((0, away, open)), move |state| async move {
            let (count, mut away, open) = state?;
            let is_away = async {
                // The sender lives in the runtime, which outlives its streams in every test.
                let _ = away.wait_for(|away| *away).await;
            };
            if tokio::time::timeout(SECOND * count.min(1), is_away)
                .await
                .is_ok()
            {
                return Some((Err(MeasureError("the counters are away".to_owned())), None));
            }
            let next = (pace == Pace::Steady).then_some((count + 1, away, open));
            Some((Ok(made_up(count)), next))
        })
        .boxed()
    }
}

/// A quarter of each of two cores is busy.
fn made_up(count: u32) -> Reading {
    Reading {
        cpu: Some(CpuTime {
            used: SECOND * count / 2,
            passed: SECOND * count * 2,
            cores: 2,
        }),
        memory_bytes: Some(METERED_MEMORY),
        memory_limit_bytes: Some(4 * METERED_MEMORY),
        network_rx_bytes: Some(count.into()),
        network_tx_bytes: Some(0),
        tasks: Some(3),
        ..Reading::default()
    }
}
