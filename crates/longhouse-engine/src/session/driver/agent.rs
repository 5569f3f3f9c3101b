//! The session's SSH agent: served as long as the session is connected, and told of.

use longhouse_domain::event::LogLevel;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use super::{Command, Driver};
use crate::session::connection::Connection;
use crate::ssh::{AgentNews, SshAgent};

/// News that waits for the driver.
const NEWS: usize = 64;

/// The agent over one connection.
pub(super) struct Lent {
    /// Why it gave nothing when it was asked last.
    pub(super) refused: watch::Receiver<Option<String>>,
    /// It is served as long as this is kept.
    _service: AbortOnDropHandle<()>,
}

/// What is to be said beside the status about a host.
pub(super) struct Alert {
    host: String,
    pub(super) text: String,
}

impl Driver {
    /// Serves the session's agent over this connection, as long as what comes back is kept.
    pub(super) fn lend_key(&self, connection: &Connection) -> Lent {
        let (told, mut news) = mpsc::channel(NEWS);
        let (refusing, refused) = watch::channel(None);
        let agent = SshAgent {
            context: self.context.clone(),
            live: self.live.subscribe(),
            told,
            refused: refusing,
        };
        let (id, link, mailbox) = (self.id, connection.client(), self.mailbox.clone());
        let served = async move {
            if let Err(status) = agent.serve(link).await {
                tracing::debug!(session = %id, %status, "the SSH agent is not served any more");
            }
        };
        let forwarded = async move {
            while let (Some(news), Some(mailbox)) = (news.recv().await, mailbox.upgrade()) {
                if mailbox.send(Command::Agent(news)).await.is_err() {
                    return;
                }
            }
        };
        let both = async move {
            tokio::join!(served, forwarded);
        };
        Lent {
            refused,
            _service: AbortOnDropHandle::new(self.context.tasks.spawn(both)),
        }
    }

    /// Tells what came of a question to the agent. An alert stands until its host gives no cause any more.
    pub(super) async fn note_agent(&mut self, news: AgentNews) {
        if news.level > LogLevel::Debug {
            self.log(news.level, "ssh", &news.text).await;
        }
        if let Some(event) = news.event {
            self.append(&[event]).await;
        }
        let is_over = |alert: &Alert| alert.host.is_empty() || alert.host == news.host;
        if news.is_alert {
            self.alert = Some(Alert {
                host: news.host,
                text: news.text,
            });
        } else if self.alert.as_ref().is_some_and(is_over) {
            self.alert = None;
        } else {
            return;
        }
        self.show_notice().await;
    }
}
