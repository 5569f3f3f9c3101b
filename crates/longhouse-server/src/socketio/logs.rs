//! A session's log, line by line or as a container's, to one client.

use std::sync::Arc;

use futures_util::StreamExt as _;
use longhouse_engine::{LogQuestion, LogSources};

use super::client::{Client, Subscription};
use super::wire::{
    ContainerLogsData, ContainerLogsInitial, ContainerProblem, ContainerSubscription, LogEvent,
    SessionSubscription,
};
use crate::problem::Problem;
use crate::sessions::LogLineBody;

/// The most lines of the past that come first, and how many do if nobody says.
const MOST_PAST: u32 = 1000;
const USUAL_PAST: u32 = 100;

/// The most lines of one message.
const LINES: usize = 100;

/// Begins to send a session's log.
pub(super) async fn follow(
    client: &Arc<Client>,
    of: &SessionSubscription,
) -> Result<Subscription, Problem> {
    let question = question(of.tail.unwrap_or(0), of.source.clone())?;
    let engine = client.app.engine();
    let log = engine
        .follow_logs(&client.actor, &of.session_id, question)
        .await?;
    let session_id = log.session.to_string();
    let lines = futures_util::stream::iter(log.past.with_remark());
    let mut lines = lines.chain(log.coming);
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

/// Begins to send a container's log: what there is in one message, then what comes. Where that cannot be, or not any more, the client
/// is told by a message too: existing clients ask for no acknowledgement.
pub(super) async fn follow_container(
    client: &Arc<Client>,
    of: &ContainerSubscription,
) -> Result<Subscription, Problem> {
    let begun = begin(client, of).await;
    if let Err(problem) = &begun {
        tell(client, &of.container_id, problem).await;
    }
    begun
}

async fn begin(client: &Arc<Client>, of: &ContainerSubscription) -> Result<Subscription, Problem> {
    let question = question(of.tail.unwrap_or(USUAL_PAST), of.source.clone())?;
    let (engine, actor) = (client.app.engine(), &client.actor);
    let session = engine.session_of_container(actor, &of.container_id).await?;
    let log = engine
        .follow_logs(actor, &session.to_string(), question)
        .await?;
    let container_id = of.container_id.clone();
    let to = Arc::clone(client);
    Ok(Subscription::begin(client, async move {
        let initial = ContainerLogsInitial {
            container_id: container_id.clone(),
            missing: log.past.missing,
            logs: log.past.lines.into_iter().map(LogLineBody::from).collect(),
        };
        if to.emit("logs:initial", &initial).await.is_err() {
            return;
        }
        let mut lines = log.coming.ready_chunks(LINES);
        while let Some(some) = lines.next().await {
            let data = ContainerLogsData {
                container_id: container_id.clone(),
                logs: some.into_iter().map(LogLineBody::from).collect(),
            };
            if to.emit("logs:data", &data).await.is_err() {
                return;
            }
        }
        tell(&to, &container_id, &super::no_container()).await;
    }))
}

async fn tell(client: &Client, container_id: &str, problem: &Problem) {
    let problem = ContainerProblem {
        container_id: container_id.to_owned(),
        error: problem.body(&uuid::Uuid::now_v7().simple().to_string()),
    };
    // Where the client is gone, nobody misses it.
    let _ = client.emit("logs:error", &problem).await;
}

fn question(tail: u32, source: Vec<String>) -> Result<LogQuestion, Problem> {
    let sources = LogSources::new(source);
    let sources =
        sources.ok_or_else(|| Problem::invalid_field("source", "must be names of sources"))?;
    Ok(LogQuestion {
        tail: Some(tail.min(MOST_PAST)),
        sources,
        ..LogQuestion::default()
    })
}
