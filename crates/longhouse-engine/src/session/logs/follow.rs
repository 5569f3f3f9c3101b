//! One follower of a session's log: a task that ends with the listener, with its right, or with the session.
//!
//! It holds a bounded number of lines. While the listener does not take them it reads nothing on: the journal waits in the store, what is
//! printed waits in its engine.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::LogLine;
use longhouse_domain::{SessionId, Timestamp};
use longhouse_runtime::{OutputLines, OutputQuestion};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc::{self, error::SendError};

use super::pace::Pace;
use super::{LOOKED_THROUGH, LogQuestion, SessionLogLine, journal, output};
use crate::context::Context;
use crate::session::handle::Handle;

/// How long until what is printed is asked for again where it ended or could not be read.
const AGAIN: Duration = Duration::from_millis(500);

pub(super) struct Follower {
    pub(super) context: Arc<Context>,
    pub(super) actor: Actor,
    pub(super) session: SessionId,
    pub(super) handle: Arc<Handle>,
    pub(super) question: LogQuestion,
    /// The last position of the journal that was handed on.
    pub(super) seen: Option<i64>,
    /// Up to which moment it is known what was printed.
    pub(super) printed: Timestamp,
    pub(super) to: mpsc::Sender<SessionLogLine>,
}

/// Nobody listens any more.
struct Gone;

impl From<SendError<SessionLogLine>> for Gone {
    fn from(_: SendError<SessionLogLine>) -> Self {
        Self
    }
}

impl Follower {
    pub(super) async fn run(mut self, news: Receiver<Arc<(SessionId, LogLine)>>) {
        let right = self.handle.right(&self.actor);
        let (stop, to) = (self.context.stop.clone(), self.to.clone());
        let mut live = self.handle.live.clone();
        tokio::select! {
            _left = self.hand_on(news) => {}
            () = to.closed() => {}
            () = right.lost(Permission::Look) => {}
            () = stop.cancelled() => {}
            _ = live.wait_for(|live| live.gone) => {}
        }
    }

    async fn hand_on(&mut self, mut news: Receiver<Arc<(SessionId, LogLine)>>) -> Result<(), Gone> {
        let mut pace = Pace::new();
        let mut place = Place::new(&self.question);
        loop {
            tokio::select! {
                told = news.recv() => match told {
                    Ok(told) if told.0 == self.session => self.note(told.1.clone().into(), &mut pace).await?,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.catch_up(&mut pace).await?,
                    Err(RecvError::Closed) => return Ok(()),
                },
                line = place.next(&self.context, &self.handle, self.printed) => {
                    self.printed = self.printed.max(line.at);
                    self.show(line, &mut pace).await?;
                }
                () = tokio::time::sleep_until(pace.telling()), if pace.has_left_out() => {
                    self.tell_left_out(&mut pace).await?;
                }
            }
        }
    }

    /// Hands on a line of the journal that was not handed on yet.
    async fn note(&mut self, line: SessionLogLine, pace: &mut Pace) -> Result<(), Gone> {
        if line.seq <= self.seen {
            return Ok(());
        }
        self.seen = line.seq;
        self.show(line, pace).await
    }

    /// Reads from the store what was missed.
    async fn catch_up(&mut self, pace: &mut Pace) -> Result<(), Gone> {
        let question = LogQuestion {
            tail: None,
            ..self.question.clone()
        };
        let (context, actor) = (&self.context, &self.actor);
        match journal(context, actor, self.session, &question, self.seen).await {
            Ok(missed) => {
                for line in missed {
                    self.note(line, pace).await?;
                }
            }
            Err(error) => context.complain(self.session, "read its log on", &error),
        }
        Ok(())
    }

    async fn show(&self, line: SessionLogLine, pace: &mut Pace) -> Result<(), Gone> {
        if !self.question.wants(&line) {
            return Ok(());
        }
        if pace.has_left_out() && pace.telling() <= tokio::time::Instant::now() {
            self.tell_left_out(pace).await?;
        }
        if pace.admits() {
            self.to.send(line).await?;
        }
        Ok(())
    }

    async fn tell_left_out(&self, pace: &mut Pace) -> Result<(), Gone> {
        let text = format!(
            "{} lines were left out: more came than can be shown",
            pace.take_left_out()
        );
        let remark = SessionLogLine::remark(self.context.now(), &text);
        Ok(self.to.send(remark).await?)
    }
}

/// What is printed, from one container of the session to the next.
enum Place {
    /// Nobody wants it.
    Unwanted,
    /// It is to be asked for; not before that moment.
    Ask(tokio::time::Instant),
    /// It is read; lines up to the moment are known.
    Read(OutputLines, Timestamp),
}

impl Place {
    fn new(question: &LogQuestion) -> Self {
        match question.sources.want_printed() {
            true => Self::Ask(tokio::time::Instant::now()),
            false => Self::Unwanted,
        }
    }

    /// The next line that was not handed on yet. Cancel safe.
    async fn next(
        &mut self,
        context: &Context,
        handle: &Handle,
        known: Timestamp,
    ) -> SessionLogLine {
        loop {
            match self {
                Self::Unwanted => std::future::pending().await,
                Self::Ask(moment) => {
                    tokio::time::sleep_until(*moment).await;
                    let session = handle.live.borrow().session.clone();
                    let question = OutputQuestion {
                        last: LOOKED_THROUGH,
                        since: Some(known),
                        follow: true,
                    };
                    *self = match output(context, &session, question).await {
                        Ok(lines) => Self::Read(lines, known),
                        Err(_) => Self::later(),
                    };
                }
                Self::Read(lines, known) => match lines.next().await {
                    Some(line) => {
                        let line = SessionLogLine::printed(&line, context.now());
                        // What was asked for since a moment comes with some of before.
                        if line.at > *known {
                            return line;
                        }
                    }
                    None => *self = Self::later(),
                },
            }
        }
    }

    fn later() -> Self {
        Self::Ask(tokio::time::Instant::now() + AGAIN)
    }
}
