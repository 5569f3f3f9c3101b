//! Reading and following a session's log.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::LogLine;
use longhouse_store::LogQuery;

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// Lines of the session's log, in order.
    pub async fn session_logs(
        &self,
        actor: &Actor,
        reference: &str,
        query: LogQuery,
    ) -> Result<Vec<LogLine>, EngineError> {
        let (session, _) = self.find(actor, reference, Permission::Look).await?;
        Ok(self
            .context()
            .store
            .session_log(actor, session.id, &query)
            .await?)
    }

    /// The same, and then every line that comes, until the session is deleted, the listener leaves, or may not look any more.
    pub async fn follow_logs(
        &self,
        actor: &Actor,
        reference: &str,
        query: LogQuery,
    ) -> Result<BoxStream<'static, LogLine>, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let lines = self.context().events.lines();
        let past = self
            .context()
            .store
            .session_log(actor, session.id, &query)
            .await?;
        let last = past.last().map_or(0, |line| line.seq);
        let id = session.id;
        let gone = handle.out_of_sight(actor, &self.context().stop);
        let coming = tokio_stream::wrappers::BroadcastStream::new(lines)
            .filter_map(move |line| {
                let line = line
                    .ok()
                    .filter(|line| line.0 == id && line.1.seq > last)
                    .map(|line| line.1.clone());
                std::future::ready(line.filter(|line| fits(line, &query)))
            })
            .take_until(Box::pin(gone));
        Ok(futures_util::stream::iter(past).chain(coming).boxed())
    }
}

fn fits(line: &LogLine, query: &LogQuery) -> bool {
    let holds = |text: &String| line.message.to_lowercase().contains(&text.to_lowercase());
    query.level.is_none_or(|level| line.level >= level)
        && query.since.is_none_or(|since| line.at >= since)
        && query.text.as_ref().is_none_or(holds)
}
