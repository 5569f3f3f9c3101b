//! What a container uses, to one client at the interval that it asks for.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt as _;
use longhouse_engine::{EngineError, MetricsNews};

use super::client::{Client, Gone, Subscription};
use super::wire::{MetricsErrorEvent, MetricsEvent, MetricsSubscription};
use crate::problem::Problem;
use crate::sessions::MetricsBody;

/// The intervals that can be asked for, milliseconds, and the one that who asks for none gets.
const INTERVALS: RangeInclusive<u64> = 500..=60_000;
const USUAL_INTERVAL: u64 = 2_000;

/// Begins to send what a container uses: at once, and then at the interval.
pub(super) async fn follow(
    client: &Arc<Client>,
    of: &MetricsSubscription,
) -> Result<Subscription, Problem> {
    let interval = of.interval.unwrap_or(USUAL_INTERVAL);
    if !INTERVALS.contains(&interval) {
        let text = "must be 500 to 60000 milliseconds";
        return Err(Problem::invalid_field("interval", text));
    }
    let engine = client.app.engine();
    let session = match engine.peek_session(&client.actor, &of.container_id).await {
        Ok(view) => view.session.id,
        Err(EngineError::SessionNotFound) => {
            engine
                .session_of_container(&client.actor, &of.container_id)
                .await?
        }
        Err(error) => return Err(error.into()),
    };
    let interval = Duration::from_millis(interval);
    let mut news = engine
        .follow_metrics(&client.actor, &session.to_string(), interval)
        .await?;
    let (to, container_id) = (Arc::clone(client), of.container_id.clone());
    Ok(Subscription::begin(client, async move {
        while let Some(piece) = news.next().await {
            if tell(&to, &container_id, piece).await.is_err() {
                return;
            }
        }
    }))
}

async fn tell(to: &Client, container_id: &str, news: MetricsNews) -> Result<(), Gone> {
    let container_id = container_id.to_owned();
    match news {
        MetricsNews::Update(metrics) => {
            let event = MetricsEvent {
                container_id,
                metrics: MetricsBody::from(metrics),
            };
            to.emit("metrics:update", &event).await
        }
        MetricsNews::Away(why) => {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "metrics.unavailable", why);
            let event = MetricsErrorEvent {
                container_id,
                error: problem.body(&uuid::Uuid::now_v7().simple().to_string()),
            };
            to.emit("metrics:error", &event).await
        }
    }
}
