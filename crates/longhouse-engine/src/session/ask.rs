//! A question to a session's sessiond, and what it means when no answer comes.
//!
//! A connection may end at any moment: sessiond was told to stop, or the link is made anew. Whoever asks just then is not
//! told of a fault where there is none. A session that has come to rest or was started anew says so, and a question that
//! never left, or that sessiond did not begin with, is asked again over the next connection. One that may have been carried
//! out is not.

use std::sync::Arc;
use std::time::Duration;

use longhouse_link::{AtTheEnd, never_sent, was_lost};
use tokio::time::timeout;
use tonic::Status;

use super::connection::{Connection, Connections};
use crate::error::{EngineError, plain};

/// How long a request waits for a connection that is just being made (a session that starts, a link that was lost a moment ago).
const CONNECT_WAIT: Duration = Duration::from_secs(3);

/// Why a question brought nothing.
#[derive(Debug)]
pub(crate) enum AskError {
    /// sessiond said no.
    Refused(Status),
    /// There is no sessiond: the session is at rest.
    AtRest,
    /// The session ended while the question was with it, and runs again or soon will. It may have been carried out.
    Ended,
    /// Nothing was heard of it, for this reason.
    Unreachable(String),
}

/// How a question ended that brought nothing.
enum Ended {
    ForGood(AskError),
    BeforeItLeft,
}

impl From<AskError> for EngineError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused(status) => status.into(),
            AskError::AtRest => Self::not_running(),
            AskError::Ended => Self::conflict(
                "session.not_running",
                "the session was stopped or started anew meanwhile: see what became of this, and try again",
            ),
            AskError::Unreachable(why) => Self::unreachable(&why),
        }
    }
}

impl Connections {
    /// Asks over the present connection, waiting a little for one that is just being made.
    pub(crate) async fn ask<T, F>(
        &self,
        question: impl Fn(Arc<Connection>) -> F,
    ) -> Result<T, AskError>
    where
        F: Future<Output = Result<T, Status>>,
    {
        match self.try_to_ask(&question).await {
            Err(Ended::BeforeItLeft) => self.ask_once(question).await,
            Err(Ended::ForGood(error)) => Err(error),
            Ok(answer) => Ok(answer),
        }
    }

    /// [`Connections::ask`] for a question that cannot be asked twice.
    pub(crate) async fn ask_once<T, F>(
        &self,
        question: impl FnOnce(Arc<Connection>) -> F,
    ) -> Result<T, AskError>
    where
        F: Future<Output = Result<T, Status>>,
    {
        self.try_to_ask(question)
            .await
            .map_err(|ended| match ended {
                Ended::ForGood(error) => error,
                Ended::BeforeItLeft => AskError::Unreachable("the connection was lost".to_owned()),
            })
    }

    async fn try_to_ask<T, F>(
        &self,
        question: impl FnOnce(Arc<Connection>) -> F,
    ) -> Result<T, Ended>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let mut connections = self.clone();
        let connection = match timeout(CONNECT_WAIT, connections.wait()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(_)) => return Err(Ended::ForGood(AskError::AtRest)),
            Err(_) => return Err(unreachable("it is not connected")),
        };
        let status = match question(connection.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(status) if was_lost(&status) || AtTheEnd::of(&status).is_some() => status,
            Err(status) => return Err(Ended::ForGood(AskError::Refused(status))),
        };
        let not_begun = never_sent(&status) || AtTheEnd::of(&status) == Some(AtTheEnd::NotBegun);
        let next = timeout(CONNECT_WAIT, connections.after(&connection)).await;
        Err(match next {
            Ok(Err(_)) => Ended::ForGood(AskError::AtRest),
            Ok(Ok(_)) if not_begun => Ended::BeforeItLeft,
            Ok(Ok(next)) if next.boot_id() != connection.boot_id() => {
                Ended::ForGood(AskError::Ended)
            }
            Err(_) if AtTheEnd::of(&status).is_some() => Ended::ForGood(AskError::Ended),
            Ok(Ok(_)) | Err(_) => unreachable(&plain(status.message())),
        })
    }
}

fn unreachable(why: &str) -> Ended {
    Ended::ForGood(AskError::Unreachable(why.to_owned()))
}
