//! A session's log, line by line, to one client.

use std::sync::Arc;

use futures_util::StreamExt as _;
use longhouse_engine::LogQuery;

use super::client::{Client, Subscription};
use super::wire::{LogEvent, SessionSubscription};
use crate::problem::Problem;
use crate::sessions::LogLineBody;

/// The most lines of the past that come first.
const MOST_PAST: u32 = 1000;

/// Begins to send a session's log.
pub(super) async fn follow(
    client: &Arc<Client>,
    of: &SessionSubscription,
) -> Result<Subscription, Problem> {
    let query = LogQuery {
        tail: Some(of.tail.unwrap_or(0).min(MOST_PAST)),
        ..LogQuery::default()
    };
    let engine = client.app.engine();
    let session_id = engine
        .peek_session(&client.actor, &of.session_id)
        .await?
        .session
        .id
        .to_string();
    let mut lines = engine
        .follow_logs(&client.actor, &of.session_id, query)
        .await?;
    let to = Arc::clone(client);
    Ok(Subscription::begin(client, async move {
        while let Some(line) = lines.next().await {
            let event = LogEvent {
                session_id: session_id.clone(),
                line: LogLineBody::from(line),
            };
            if to.emit("logs.stream", &event).await.is_err() {
                return;
            }
        }
    }))
}
