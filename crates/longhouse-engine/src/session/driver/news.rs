//! News of sessiond's that must not be lost: each is written down once, with its number, and then acknowledged. What has another number than
//! it should is no reason to believe less of it: a sessiond that was taken over gains nothing by that, and loses its own news.

use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::news::NewsNumber;
use longhouse_link::LinkClient;
use longhouse_link::proto::{NewsAcknowledged, SessionEvent, WatchRequest};
use longhouse_store::{NewNews, WrittenNews};
use tokio::sync::watch;
use tonic::{Status, Streaming};

use super::Driver;
use crate::error::EngineError;
use crate::session::connection::Connection;
use crate::session::terminals::ANSWER_WAIT;

/// Whose news are listened to.
#[derive(Debug)]
pub(super) struct Numbering {
    boot: String,
    written: watch::Sender<u64>,
}

impl Driver {
    /// Listens to sessiond's news from now on, and to what waits of them.
    pub(super) async fn ask_for_news(
        &mut self,
        connection: &Connection,
    ) -> Result<Streaming<SessionEvent>, Status> {
        let asked = connection.client().watch(WatchRequest {}).await;
        let (written, numbers) = watch::channel(0);
        // The acknowledgements of the connection before end with this.
        self.numbering = Some(Numbering {
            boot: connection.boot_id().to_owned(),
            written,
        });
        let acknowledging = acknowledge(connection.client(), numbers);
        self.context.tasks.spawn(acknowledging);
        Ok(asked?.into_inner())
    }

    /// Writes news down and tells of them. `false` where that was done before. To be followed by [`Self::acknowledge`] once nothing is left
    /// to be done about them.
    pub(super) async fn write_news(
        &mut self,
        number: u64,
        what: &[EventKind],
        line: Option<(&str, &str)>,
    ) -> Result<bool, EngineError> {
        let line = line.map(|(source, text)| self.context.line(LogLevel::Info, source, text));
        let lines: Vec<_> = line.into_iter().collect();
        if number == 0 {
            // A sessiond that is older than numbers.
            self.append(what).await;
            self.context.write_lines(self.id, &lines).await;
            return Ok(true);
        }
        let boot = self.numbering.as_ref().map(|numbering| &numbering.boot);
        let number = boot.and_then(|boot| NewsNumber::new(boot, number));
        let Some(number) = number else {
            tracing::debug!(session = %self.id, "news with a number that is none");
            return Ok(false);
        };
        let context = &self.context;
        let news = NewNews {
            number: &number,
            what,
            lines: &lines,
        };
        let (id, owner) = (self.id, self.session.owner);
        let written = context
            .store
            .append_news(id, owner, news, context.now())
            .await?;
        let Some(WrittenNews {
            events,
            lines,
            missed,
        }) = written
        else {
            return Ok(false);
        };
        for line in lines {
            context.events.publish_line(id, line);
        }
        self.tell(events).await;
        if missed > 0 {
            let text = format!("{missed} pieces of news from before were not heard");
            self.log(LogLevel::Warn, "session", &text).await;
        }
        Ok(true)
    }

    /// Lets sessiond forget its news up to this number.
    pub(super) fn acknowledge(&self, number: u64) {
        if let Some(numbering) = self.numbering.as_ref().filter(|_| number > 0) {
            numbering.written.send_replace(number);
        }
    }
}

/// Tells sessiond what is written down, until there is nothing more to tell. One that is not told, or too old to understand, tells its news
/// again, and they are known by their numbers.
async fn acknowledge(mut client: LinkClient, mut written: watch::Receiver<u64>) {
    while written.changed().await.is_ok() {
        let number = *written.borrow_and_update();
        let told = client.acknowledge_news(NewsAcknowledged { number });
        let _untold = tokio::time::timeout(ANSWER_WAIT, told).await;
    }
}
