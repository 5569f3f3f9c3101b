//! What people and programs ask of a session's figures.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use longhouse_domain::clock::Timestamp;
use longhouse_domain::lifecycle::Status;
use longhouse_domain::metrics::{Metrics, MetricsRange, drawn_together};
use longhouse_domain::{Actor, Permission, SessionId};
use tokio::sync::watch;
use tokio::time::Instant;

use super::monitor::{Sight, subscribe};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::session::handle::Handle;

/// How long who asks once waits for figures that have two readings behind them. A place with counters of its own reads once a second.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// What a follower of a session's figures is told.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricsNews {
    /// The latest figures.
    Update(Metrics),
    /// There are none at the moment, and why. They come again by themselves.
    Away(String),
}

/// What a session uses, and has used.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsHistory {
    /// At this moment; nothing where it does not run, or cannot be measured.
    pub current: Option<Metrics>,
    /// In order of time. While it did not run there are no points.
    pub points: Vec<Metrics>,
    /// What one point stands for.
    pub resolution: Duration,
}

/// What all sessions together used when they were last read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricsTotals {
    /// Percent of one core.
    pub cpu_percent: f64,
    /// Memory in use.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub tasks: u64,
    /// In how many the agent is at work.
    pub agents_active: u64,
}

impl Engine {
    /// What a session uses at this moment. It may take a second or two, unless somebody follows it anyway.
    pub async fn session_metrics(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<Metrics, EngineError> {
        let (_, handle) = self.find(actor, reference, Permission::Look).await?;
        self.metrics_now(&handle).await
    }

    /// What a session uses, and has used.
    pub async fn metrics_history(
        &self,
        actor: &Actor,
        reference: &str,
        range: MetricsRange,
    ) -> Result<MetricsHistory, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let since = self.context().now().checked_sub(range.span());
        let since = since.unwrap_or(Timestamp::MIN);
        let store = &self.context().store;
        let points = store.metrics_since(actor, session.id, since).await?;
        let resolution = range.resolution();
        Ok(MetricsHistory {
            // Why there are none is told by the session's health.
            current: self.metrics_now(&handle).await.ok(),
            points: drawn_together(&points, resolution),
            resolution,
        })
    }

    /// What was read of a session last: at once, and up to a minute old. Nothing where it does not run.
    #[must_use]
    pub fn last_metrics(&self, session: SessionId) -> Option<Metrics> {
        self.handle(session).as_deref().and_then(last)
    }

    /// The same, and where nothing was read yet, what it uses at this moment.
    pub async fn recent_metrics(&self, actor: &Actor, session: SessionId) -> Option<Metrics> {
        match self.last_metrics(session) {
            Some(metrics) => Some(metrics),
            None => {
                let now = self.session_metrics(actor, &session.to_string()).await;
                now.ok()
            }
        }
    }

    /// What all sessions together used when they were last read.
    #[must_use]
    pub fn metrics_totals(&self) -> MetricsTotals {
        let mut totals = MetricsTotals::default();
        for (_, handle) in self.handles() {
            let Some(metrics) = last(&handle) else {
                continue;
            };
            totals.cpu_percent += metrics.cpu_percent.unwrap_or_default();
            totals.memory_bytes += metrics.memory_bytes.unwrap_or_default();
            totals.tasks += u64::from(metrics.tasks.unwrap_or_default());
            totals.agents_active += u64::from(metrics.agent_active == Some(true));
        }
        totals
    }

    /// Follows what a session uses: the figures at once and then at that interval, until the session is deleted or the actor may not look at
    /// it any more.
    pub async fn follow_metrics(
        &self,
        actor: &Actor,
        reference: &str,
        interval: Duration,
    ) -> Result<BoxStream<'static, MetricsNews>, EngineError> {
        let (_, handle) = self.find(actor, reference, Permission::Look).await?;
        let follower = Follower {
            sights: subscribe(self.context(), &handle)?,
            interval,
            next: Instant::now(),
            told: None,
        };
        let gone = handle.out_of_sight(actor, &self.context().stop);
        let news = stream::unfold(follower, |mut follower| async {
            follower.news().await.map(|news| (news, follower))
        });
        Ok(news.take_until(Box::pin(gone)).boxed())
    }

    async fn metrics_now(&self, handle: &Arc<Handle>) -> Result<Metrics, EngineError> {
        if handle.live.borrow().session.status() != Status::Running {
            return Err(EngineError::not_running());
        }
        let mut sights = subscribe(self.context(), handle)?;
        let whole = |sight: &Sight| match sight {
            Sight::Nothing => false,
            Sight::Seen(metrics) => metrics.cpu_percent.is_some(),
            Sight::Away(_) => true,
        };
        // What is there in the end will do, if it is not whole.
        drop(tokio::time::timeout(PATIENCE, sights.wait_for(whole)).await);
        let sight = sights.borrow().clone();
        match sight {
            Sight::Seen(metrics) => Ok(metrics),
            Sight::Away(why) => Err(unavailable(why)),
            Sight::Nothing => Err(unavailable("nothing could be read in time".to_owned())),
        }
    }
}

fn unavailable(detail: String) -> EngineError {
    EngineError::Unavailable {
        code: "metrics.unavailable",
        detail,
    }
}

fn last(handle: &Handle) -> Option<Metrics> {
    let runs = handle.live.borrow().session.status() == Status::Running;
    handle.metering.last().filter(|_| runs)
}

struct Follower {
    sights: watch::Receiver<Sight>,
    interval: Duration,
    next: Instant,
    /// The trouble that was told last, so that it is told once.
    told: Option<String>,
}

impl Follower {
    /// What is to be told next; nothing once there is nothing more to follow.
    async fn news(&mut self) -> Option<MetricsNews> {
        tokio::time::sleep_until(self.next).await;
        let told = &self.told;
        let new = |sight: &Sight| match sight {
            Sight::Nothing => false,
            Sight::Seen(_) => true,
            Sight::Away(why) => told.as_ref() != Some(why),
        };
        let sight = self.sights.wait_for(new).await.ok()?.clone();
        self.next = Instant::now() + self.interval;
        match sight {
            Sight::Seen(metrics) => {
                self.told = None;
                Some(MetricsNews::Update(metrics))
            }
            Sight::Away(why) => {
                self.told = Some(why.clone());
                Some(MetricsNews::Away(why))
            }
            Sight::Nothing => None,
        }
    }
}
