//! What sessiond makes of changes in the session's repository: it is told the settings, and its news is taken.

use std::time::Duration;

use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::git::{AutoCommit, AutoCommitMode, KeptNews, RepositoryUrl};
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::proto::session_event::{Log, What};
use longhouse_link::proto::{AutoCommitRequest, SessionEvent};
use tonic::{Code, Status, Streaming};

use super::Driver;
use super::agent::Lent;
use super::way_out::{WayOut, served};
use crate::egress::pace::Pace;
use crate::error::{EngineError, plain};
use crate::session::connection::Connection;
use crate::session::terminals::ANSWER_WAIT;

/// What was told and heard.
#[derive(Debug)]
pub(super) struct Kept {
    /// What sessiond was told over the present connection.
    told: Option<(AutoCommit, Option<RepositoryUrl>)>,
    /// Each piece of news is an event for everybody: one that says too many is not believed.
    pace: Pace,
    /// What sessiond says while it ends: it commits to the last, and pushes.
    last_words: Option<LastWords>,
}

/// A connection's news, and what a push needs of this side, while the session ends.
pub(super) struct LastWords {
    pub(super) news: Streaming<SessionEvent>,
    pub(super) way_out: WayOut,
    pub(super) agent: Lent,
}

impl std::fmt::Debug for LastWords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LastWords")
    }
}

/// How long one waits for news that were told before a connection ended.
const LAST_NEWS: Duration = Duration::from_secs(1);

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            told: None,
            pace: Pace::new(),
            last_words: None,
        }
    }

    /// Somebody goes on listening while the session ends.
    pub(super) fn listen_to_the_last(&mut self, words: LastWords) {
        self.last_words = Some(words);
    }
}

impl Driver {
    /// Whether sessiond knows other settings than those of the record.
    pub(super) fn settings_differ(&self) -> bool {
        let spec = &self.session.spec;
        let url = spec.repository.as_ref().map(|repository| &repository.url);
        let told = self.kept.told.as_ref();
        told.map(|(settings, url)| (settings, url.as_ref())) != Some((&spec.auto_commit, url))
    }

    /// Tells sessiond the settings. One that is too old for them is none the worse where nothing is wanted of it.
    pub(super) async fn tell_auto_commit(&mut self, connection: &Connection) -> Result<(), Status> {
        let wanted = self.session.spec.auto_commit.clone();
        let settings = serde_json::to_string(&wanted);
        let settings = settings.map_err(|error| Status::internal(error.to_string()))?;
        let mut client = connection.client();
        let remote = self.session.spec.repository.as_ref();
        let remote = remote.map(|repository| repository.url.clone());
        let asked = client.set_auto_commit(AutoCommitRequest {
            settings,
            remote: remote.as_ref().map(ToString::to_string).unwrap_or_default(),
            protocols: self.context.settings.git_transports.to_string(),
        });
        let answer = tokio::time::timeout(ANSWER_WAIT, asked).await;
        match answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time"))) {
            Ok(_) => {}
            Err(status) if is_lost(&status) => return Err(status),
            Err(status) if wanted.mode != AutoCommitMode::Off => {
                let text = format!(
                    "changes are not committed by themselves: {}",
                    plain(status.message())
                );
                self.log(LogLevel::Warn, "git", &text).await;
            }
            Err(_) => {}
        }
        self.kept.told = Some((wanted, remote));
        Ok(())
    }

    /// Listens while the session ends, where nobody does yet.
    pub(super) async fn listen_to_the_last(&mut self, connection: &Connection) {
        if self.kept.last_words.is_none() {
            let asked = tokio::time::timeout(ANSWER_WAIT, self.ask_for_news(connection));
            if let Ok(Ok(news)) = asked.await {
                self.kept.last_words = Some(LastWords {
                    news,
                    way_out: self.way_out(connection).await,
                    agent: self.lend_key(connection),
                });
            }
        }
    }

    /// Waits for an end, and takes meanwhile and up to it what sessiond does.
    pub(super) async fn hear_until<T>(&mut self, end: impl Future<Output = T>) -> T {
        let Some(words) = self.kept.last_words.take() else {
            return end.await;
        };
        let LastWords {
            mut news,
            mut way_out,
            agent: _agent,
        } = words;
        tokio::pin!(end);
        let mut has_way_out = true;
        let ended = loop {
            tokio::select! {
                ended = &mut end => break ended,
                () = served(&mut way_out.service), if has_way_out => has_way_out = false,
                Some(passage) = way_out.passages.recv() => self.note_passage(passage).await,
                event = news.message() => match event {
                    Ok(Some(event)) => self.take_last(event).await,
                    Ok(None) | Err(_) => return end.await,
                },
            }
        };
        self.hear_out(&mut news).await;
        ended
    }

    /// Takes what sessiond had done before its connection ended.
    pub(super) async fn hear_out(&mut self, news: &mut Streaming<SessionEvent>) {
        let deadline = tokio::time::Instant::now() + LAST_NEWS;
        while let Ok(Ok(Some(event))) = tokio::time::timeout_at(deadline, news.message()).await {
            self.take_last(event).await;
        }
    }

    /// Takes what is news also where nobody attends the session: before its terminals are there, and while it ends.
    pub(super) async fn take_last(&mut self, event: SessionEvent) {
        let number = event.number;
        let taken = match event.what {
            Some(What::Kept(kept)) => self.take_kept(&kept.news, number).await,
            Some(What::TerminalExited(exited)) => match exited.name.parse() {
                Ok(name) => self.note_exit(&name, exited.code, number).await.map(drop),
                Err(_) => Ok(()),
            },
            Some(What::Log(log)) => {
                self.take_log(&log).await;
                Ok(())
            }
            _ => Ok(()),
        };
        match taken {
            Ok(()) => self.acknowledge(number),
            Err(error) => self.context.complain(self.id, "write news down", &error),
        }
    }

    /// Takes a line of sessiond's own.
    pub(super) async fn take_log(&self, log: &Log) {
        let level = LogLevel::parse(&log.level).unwrap_or(LogLevel::Info);
        self.log(level, &log.source, &log.message).await;
    }

    /// Takes what sessiond did.
    pub(super) async fn take_kept(&mut self, news: &str, number: u64) -> Result<(), EngineError> {
        let Ok(news) = serde_json::from_str::<KeptNews>(news) else {
            tracing::debug!(session = %self.id, "news that make no sense");
            return Ok(());
        };
        if !self.kept.pace.allows_one_more() {
            tracing::debug!(session = %self.id, "too many news");
            return Ok(());
        }
        let (event, text) = match news.bounded() {
            KeptNews::Committed(commit) => {
                let place = place_of(&commit.path);
                let text = format!("committed on {}{place}: {}", commit.branch, commit.subject);
                (EventKind::GitCommit { commit }, text)
            }
            KeptNews::Checkpoint { number, subject } => {
                let text = format!("checkpoint {number}: {subject}");
                (EventKind::GitCheckpoint { number, subject }, text)
            }
            KeptNews::Refused { files } => {
                let each = files
                    .iter()
                    .map(|file| format!("{}: it {}", file.path, file.reason));
                let text = each.collect::<Vec<_>>().join("; ");
                let text = format!("not committed by itself: {text}");
                (EventKind::GitRefused { files }, plain(&text))
            }
            KeptNews::Pushed(push) => {
                let place = place_of(&push.path);
                let text = format!("pushed {}{place} to {}", push.branch, push.to);
                (EventKind::GitPush { push }, text)
            }
            KeptNews::Conflict(conflict) => {
                let place = place_of(&conflict.path);
                let text = format!("do not go together{place}: {}", conflict.files.join(", "));
                (EventKind::GitConflict { conflict }, plain(&text))
            }
        };
        let line = Some(("git", text.as_str()));
        self.write_news(number, &[event], line).await.map(drop)
    }
}

/// For whoever reads of a repository below the workspace.
fn place_of(path: &CopyPath) -> String {
    match path.is_workspace() {
        true => String::new(),
        false => format!(" in {path}"),
    }
}

fn is_lost(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown
    )
}
