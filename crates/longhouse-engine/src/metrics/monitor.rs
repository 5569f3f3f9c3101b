//! The one stream of a session's figures, however many follow it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use longhouse_domain::lifecycle::{Phase, RuntimeHandle};
use longhouse_domain::metrics::{CpuTime, Metrics, Reading};
use longhouse_runtime::{Pace, Runtime};
use tokio::sync::watch;

use super::source::{Haste, inside, together};
use crate::context::Context;
use crate::error::EngineError;
use crate::session::handle::Handle;

/// How long a stream goes on that nobody follows any more: who asks again and again keeps one stream, and not one each time.
const LINGER: Duration = Duration::from_secs(5);

/// The pauses between readings where sessiond is asked: the second follows soon, for a share of the processor needs two.
const SECOND_READING: Duration = Duration::from_millis(250);
const NEXT_READING: Duration = Duration::from_secs(1);

/// The pauses between attempts where there is nothing to be read.
const AGAIN_FIRST: Duration = Duration::from_millis(250);
const AGAIN_LAST: Duration = Duration::from_secs(5);

/// What is to be seen of a session.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sight {
    /// Nothing was read yet.
    Nothing,
    /// The latest figures.
    Seen(Metrics),
    /// Why there are none at the moment.
    Away(String),
}

/// Where a session's figures are had: kept with its handle.
#[derive(Debug, Default)]
pub(crate) struct Metering {
    stream: Mutex<Weak<watch::Sender<Sight>>>,
    last: Mutex<Option<Metrics>>,
}

impl Metering {
    /// What was read last, if anything was since the server began.
    pub(crate) fn last(&self) -> Option<Metrics> {
        *lock(&self.last)
    }

    pub(super) fn note(&self, metrics: Metrics) {
        let mut last = lock(&self.last);
        if last.is_none_or(|last| last.at <= metrics.at) {
            *last = Some(metrics);
        }
    }

    /// Ends the stream, if nobody follows it.
    fn end_unfollowed(&self, stream: &watch::Sender<Sight>) -> bool {
        let mut own = lock(&self.stream);
        let unfollowed = stream.receiver_count() == 0;
        if unfollowed {
            *own = Weak::new();
        }
        unfollowed
    }
}

/// Follows a session's figures: over the stream that others follow already, or a new one.
pub(super) fn subscribe(
    context: &Arc<Context>,
    handle: &Arc<Handle>,
) -> Result<watch::Receiver<Sight>, EngineError> {
    let kind = handle.live.borrow().session.spec.runtime;
    let runtime = context.runtime(kind)?.clone();
    let mut stream = lock(&handle.metering.stream);
    if let Some(there) = stream.upgrade() {
        return Ok(there.subscribe());
    }
    let (sender, receiver) = watch::channel(Sight::Nothing);
    let sender = Arc::new(sender);
    *stream = Arc::downgrade(&sender);
    let monitor = Monitor {
        context: context.clone(),
        handle: handle.clone(),
        runtime,
        stream: sender,
    };
    context.tasks.spawn(monitor.run());
    Ok(receiver)
}

struct Monitor {
    context: Arc<Context>,
    handle: Arc<Handle>,
    runtime: Arc<dyn Runtime>,
    stream: Arc<watch::Sender<Sight>>,
}

impl Monitor {
    async fn run(self) {
        let mut live = self.handle.live.clone();
        tokio::select! {
            () = self.context.stop.cancelled() => {}
            _ = live.wait_for(|live| live.gone) => {}
            () = self.unfollowed() => {}
            never = self.attend() => match never {},
        }
    }

    /// Returns once nobody has followed for a while.
    async fn unfollowed(&self) {
        loop {
            self.stream.closed().await;
            tokio::time::sleep(LINGER).await;
            if self.handle.metering.end_unfollowed(&self.stream) {
                return;
            }
        }
    }

    async fn attend(&self) -> Infallible {
        let mut pause = AGAIN_FIRST;
        loop {
            let place = self.running().await;
            tokio::select! {
                () = self.left(&place) => {}
                (why, seen) = self.measure(&place) => {
                    if seen {
                        pause = AGAIN_FIRST;
                    }
                    self.stream.send_replace(Sight::Away(why));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(AGAIN_LAST);
                }
            }
        }
    }

    /// The place of the session, as soon as it runs in one.
    async fn running(&self) -> RuntimeHandle {
        let mut live = self.handle.live.clone();
        loop {
            if let Phase::Running { handle } = &live.borrow_and_update().session.phase {
                return handle.clone();
            }
            let away = Sight::Away("the session does not run".to_owned());
            self.stream.send_replace(away);
            if live.changed().await.is_err() {
                // The server goes away.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns when the session no longer runs in that place.
    async fn left(&self, place: &RuntimeHandle) {
        let mut live = self.handle.live.clone();
        let elsewhere = live.wait_for(
            |live| !matches!(&live.session.phase, Phase::Running { handle } if handle == place),
        );
        if elsewhere.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Reads until that is no longer possible. Answers why, and whether anything was read.
    async fn measure(&self, place: &RuntimeHandle) -> (String, bool) {
        let mut before = None;
        let connections = &self.handle.connections;
        let Some(mut readings) = self.runtime.measure(place, Pace::Steady) else {
            loop {
                match inside(connections, Haste::Watched).await {
                    Ok(reading) => {
                        let first = before.is_none();
                        self.see(reading, &mut before);
                        let pause = if first { SECOND_READING } else { NEXT_READING };
                        tokio::time::sleep(pause).await;
                    }
                    Err(why) => return (why, before.is_some()),
                }
            }
        };
        loop {
            match readings.next().await {
                Some(Ok(outside)) => {
                    // A sessiond that is away takes nothing from what is counted outside.
                    let inside = inside(connections, Haste::Watched).await;
                    let reading = together(outside, inside.unwrap_or_default(), &self.handle);
                    self.see(reading, &mut before);
                }
                Some(Err(error)) => return (error.to_string(), before.is_some()),
                None => return ("its place counts no more".to_owned(), before.is_some()),
            }
        }
    }

    fn see(&self, reading: Reading, before: &mut Option<CpuTime>) {
        let metrics = reading.metrics(*before, self.context.now());
        *before = reading.cpu.or(*before);
        self.handle.metering.note(metrics);
        self.stream.send_replace(Sight::Seen(metrics));
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
