//! What sessiond makes of changes in the session's repository: it is told the settings, and its news is taken.

use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::git::{AutoCommit, AutoCommitMode, KeptNews};
use longhouse_link::proto::AutoCommitRequest;
use tonic::{Code, Status};

use super::Driver;
use crate::egress::pace::Pace;
use crate::error::plain;
use crate::session::connection::Connection;
use crate::session::terminals::ANSWER_WAIT;

/// What was told and heard.
#[derive(Debug)]
pub(super) struct Kept {
    /// What sessiond was told over the present connection.
    told: Option<AutoCommit>,
    /// Each piece of news is an event for everybody: one that says too many is not believed.
    pace: Pace,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            told: None,
            pace: Pace::new(),
        }
    }
}

impl Driver {
    /// Whether sessiond knows other settings than those of the record.
    pub(super) fn settings_differ(&self) -> bool {
        self.kept.told.as_ref() != Some(&self.session.spec.auto_commit)
    }

    /// Tells sessiond the settings. One that is too old for them is none the worse where nothing is wanted of it.
    pub(super) async fn tell_auto_commit(&mut self, connection: &Connection) -> Result<(), Status> {
        let wanted = self.session.spec.auto_commit.clone();
        let settings = serde_json::to_string(&wanted);
        let settings = settings.map_err(|error| Status::internal(error.to_string()))?;
        let mut client = connection.client();
        let asked = client.set_auto_commit(AutoCommitRequest { settings });
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
        self.kept.told = Some(wanted);
        Ok(())
    }

    /// Takes what sessiond did.
    pub(super) async fn take_kept(&mut self, news: &str) {
        let Ok(news) = serde_json::from_str::<KeptNews>(news) else {
            tracing::debug!(session = %self.id, "news that make no sense");
            return;
        };
        if !self.kept.pace.allows_one_more() {
            tracing::debug!(session = %self.id, "too many news");
            return;
        }
        let (event, text) = match news.bounded() {
            KeptNews::Committed(commit) => {
                let text = format!("committed on {}: {}", commit.branch, commit.subject);
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
        };
        self.append(&[event]).await;
        self.log(LogLevel::Info, "git", &text).await;
    }
}

fn is_lost(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown
    )
}
