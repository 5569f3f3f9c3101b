//! A session's log, read and followed: what Longhouse wrote down of it (the journal), and what its place printed.

mod follow;
mod line;
mod pace;
mod source;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::LogLevel;
use longhouse_domain::session::Session;
use longhouse_domain::{SessionId, Timestamp};
use longhouse_runtime::{OutputError, OutputLines, OutputQuestion};
use longhouse_store::LogQuery;
use tokio::sync::mpsc;

pub use line::SessionLogLine;
pub use source::LogSources;

use super::handle::Handle;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, plain};
use follow::Follower;

/// The most lines of one answer.
pub const MOST_LOG_LINES: u32 = 10_000;

/// How many printed lines are looked through for those that are wanted, where not every line is.
const LOOKED_THROUGH: u32 = 20_000;

/// How many bytes of printed lines one answer holds.
const MOST_BYTES: usize = 4 << 20;

/// How long the reading of what was printed may take; what has not come by then is left out.
const READING: Duration = Duration::from_secs(5);

/// How many lines wait for a follower.
const WAITING: usize = 256;

/// A question for lines. The default asks for everything.
#[derive(Clone, Debug, Default)]
pub struct LogQuestion {
    /// Only the last so many of those that match.
    pub tail: Option<u32>,
    /// Only lines of this moment and later.
    pub since: Option<Timestamp>,
    /// Only lines of this level and above.
    pub level: Option<LogLevel>,
    /// Only lines whose message holds this text, without regard to case.
    pub text: Option<String>,
    /// Only lines from here.
    pub sources: LogSources,
}

/// A session's log as it was asked for.
#[derive(Clone, Debug)]
pub struct SessionLog {
    /// The lines, the oldest first.
    pub lines: Vec<SessionLogLine>,
    /// What could not be read, in words.
    pub missing: Option<String>,
    /// Up to which moment it is known what was printed.
    read_until: Timestamp,
}

impl SessionLog {
    /// All lines, and a last one that tells what is missing.
    #[must_use]
    pub fn with_remark(self) -> Vec<SessionLogLine> {
        let (mut lines, at) = (self.lines, self.read_until);
        lines.extend(self.missing.map(|why| SessionLogLine::remark(at, &why)));
        lines
    }
}

/// A log that goes on.
pub struct FollowedLog {
    /// Whose it is.
    pub session: SessionId,
    /// What there was.
    pub past: SessionLog,
    /// What comes.
    pub coming: BoxStream<'static, SessionLogLine>,
}

impl LogQuestion {
    fn wants(&self, line: &SessionLogLine) -> bool {
        let holds = |text: &String| line.message.to_lowercase().contains(&text.to_lowercase());
        self.level.is_none_or(|level| line.level >= level)
            && self.since.is_none_or(|since| line.at >= since)
            && self.text.as_ref().is_none_or(holds)
            && self.sources.hold(line)
    }

    fn most(&self) -> usize {
        self.tail.unwrap_or(MOST_LOG_LINES).min(MOST_LOG_LINES) as usize
    }

    /// Whether every line that was printed is wanted.
    fn wants_all_printed(&self) -> bool {
        self.level.is_none() && self.text.is_none() && self.sources.hold_all_printed()
    }
}

impl Engine {
    /// Lines of the session's log, in order.
    pub async fn session_logs(
        &self,
        actor: &Actor,
        reference: &str,
        question: &LogQuestion,
    ) -> Result<SessionLog, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        past(self.context(), actor, session.id, &handle, question).await
    }

    /// The same, and then every line that comes, until the session is deleted, the listener leaves, or may not look any more. One that
    /// does not keep up is told how many lines were left out.
    pub async fn follow_logs(
        &self,
        actor: &Actor,
        reference: &str,
        question: LogQuestion,
    ) -> Result<FollowedLog, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let (context, id) = (self.context(), session.id);
        // Listened to before the past is read, so that nothing falls between.
        let news = context.events.lines();
        let latest = LogQuery {
            tail: Some(1),
            ..LogQuery::default()
        };
        let latest = context.store.session_log(actor, id, &latest).await?;
        let latest = latest.last().map(|line| line.seq);
        let past = past(context, actor, id, &handle, &question).await?;
        let (sender, mut coming) = mpsc::channel(WAITING);
        let right = handle.right(actor);
        let handed_on = past.lines.iter().filter_map(|line| line.seq).max();
        let follower = Follower {
            context: context.clone(),
            actor: actor.clone(),
            session: id,
            handle,
            question,
            seen: handed_on.max(latest),
            printed: past.read_until,
            to: sender,
        };
        context.tasks.spawn(follower.run(news));
        let coming = futures_util::stream::poll_fn(move |task| coming.poll_recv(task));
        let coming = coming.take_until(Box::pin(right.lost(Permission::Look)));
        Ok(FollowedLog {
            session: id,
            past,
            coming: coming.boxed(),
        })
    }
}

async fn past(
    context: &Arc<Context>,
    actor: &Actor,
    id: SessionId,
    handle: &Handle,
    question: &LogQuestion,
) -> Result<SessionLog, EngineError> {
    let mut lines = Vec::new();
    if question.sources.want_journal() {
        lines = journal(context, actor, id, question, None).await?;
    }
    let (mut missing, mut read_until) = (None, context.now());
    if question.sources.want_printed() {
        match printed(context, handle, question).await {
            Ok((printed, until)) => {
                lines.extend(printed);
                read_until = until.unwrap_or(read_until);
            }
            Err(error) => missing = Some(plain(&error.to_string())),
        }
        // Each of the two is in order; moments that are the same stay as they are.
        lines.sort_by_key(|line| line.at);
    }
    let surplus = lines.len().saturating_sub(question.most());
    lines.drain(..surplus);
    Ok(SessionLog {
        lines,
        missing,
        read_until,
    })
}

/// What was written down, after a position.
async fn journal(
    context: &Context,
    actor: &Actor,
    id: SessionId,
    question: &LogQuestion,
    after: Option<i64>,
) -> Result<Vec<SessionLogLine>, EngineError> {
    let query = LogQuery {
        // The store does not know of sources.
        tail: question.tail.filter(|_| question.sources.hold_all()),
        since: question.since,
        level: question.level,
        text: question.text.clone(),
        after,
    };
    let lines = context.store.session_log(actor, id, &query).await?;
    let lines = lines.into_iter().map(SessionLogLine::from);
    Ok(lines.filter(|line| question.sources.hold(line)).collect())
}

/// What was printed, as far as it is wanted, and the moment of the last line, wanted or not.
async fn printed(
    context: &Context,
    handle: &Handle,
    question: &LogQuestion,
) -> Result<(VecDeque<SessionLogLine>, Option<Timestamp>), OutputError> {
    let most = question.most();
    let last = match question.wants_all_printed() {
        true => u32::try_from(most).unwrap_or(LOOKED_THROUGH),
        false => LOOKED_THROUGH,
    };
    let asked = OutputQuestion {
        last,
        since: question.since,
        follow: false,
    };
    let session = handle.live.borrow().session.clone();
    let mut output = output(context, &session, asked).await?;
    let (mut lines, mut bytes, mut until) = (VecDeque::new(), 0, None);
    let reading = async {
        while let Some(line) = output.next().await {
            let line = SessionLogLine::printed(&line, context.now());
            until = until.max(Some(line.at));
            if question.wants(&line) {
                bytes += line.message.len();
                lines.push_back(line);
            }
            if lines.len() > most || bytes > MOST_BYTES {
                bytes -= lines.pop_front().map_or(0, |line| line.message.len());
            }
        }
    };
    if tokio::time::timeout(READING, reading).await.is_err() {
        tracing::debug!(session = %session.id, "what it printed was not read to its end in time");
    }
    Ok((lines, until))
}

async fn output(
    context: &Context,
    session: &Session,
    question: OutputQuestion,
) -> Result<OutputLines, OutputError> {
    let runtime = context.runtime(session.spec.runtime);
    let runtime = runtime.map_err(|error| OutputError::Away(error.to_string()))?;
    let place = session.phase.handle();
    runtime.output(session.id, place, question).await
}
