//! The work that a session keeps of its own accord: the settings of it, how it stands, checkpoints.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::clock::{Timestamp, from_millis};
use longhouse_domain::event::EventKind;
use longhouse_domain::git::{
    AutoCommit, AutoCommitMode, AutoCommitState, CHECKPOINTS_KEPT, GitPath, MessageTemplate,
    Refusal, Repository,
};
use longhouse_domain::session::Session;
use longhouse_domain::{Actor, Permission};
use longhouse_link::limits::{GIT_REFUSAL, KEEPING_TIME, LEFT_ALONE};
use longhouse_link::proto::checkpoints_request::{First, Restore, Take};
use longhouse_link::proto::{
    AutoCommitQuestion, AutoCommitReply, CheckpointsReply, CheckpointsRequest,
};
use tonic::{Code, Status};

use super::ask::AskError;
use super::connection::Connection;
use super::handle::{Command, Handle};
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem, plain};

/// How long the question how it stands may take.
const STATE_WAIT: Duration = Duration::from_secs(5);

/// How much longer than its own time limit an answer may take.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// The settings, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoCommitView {
    /// What is wanted.
    pub settings: AutoCommit,
    /// How it stands; nothing while the session does not run.
    pub state: Option<AutoCommitState>,
}

/// A change of the settings; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoCommitPatch {
    /// What is made of changes.
    pub mode: Option<AutoCommitMode>,
    /// Whether commits are pushed.
    pub push: Option<bool>,
    /// Branches that are not pushed to, in place of all old ones.
    pub protected_branches: Option<Vec<String>>,
    /// Seconds without a change after which a batch closes.
    pub debounce_seconds: Option<u32>,
    /// Seconds after which it closes all the same.
    pub interval_seconds: Option<u32>,
    /// Changed files with which it closes.
    pub max_files: Option<u32>,
    /// Files to leave out, in place of all old ones.
    pub ignore: Option<Vec<String>>,
    /// The shape of the messages.
    pub message_template: Option<MessageTemplate>,
}

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointView {
    /// Its number.
    pub number: u64,
    /// The commit that holds it.
    pub commit: String,
    /// When it was made.
    pub at: Timestamp,
    /// What had changed, in a line.
    pub subject: String,
}

/// What is to be done with checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointWish {
    /// Nothing: they are listed.
    List,
    /// One is made of the present.
    Take,
    /// One is brought back, or a file or directory of it.
    Restore {
        /// Which.
        number: u64,
        /// What of it; all, if absent.
        path: Option<GitPath>,
    },
}

/// The checkpoints, after what was to be done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    /// The newest first.
    pub kept: Vec<CheckpointView>,
    /// The one that stands for what was there when it was asked.
    pub taken: Option<u64>,
    /// Whether that one was made for it.
    pub is_new: bool,
    /// Files that were written or removed.
    pub files: u64,
    /// Files that were left alone, because no checkpoint holds what they are now.
    pub left_alone: Vec<String>,
}

impl Engine {
    /// What is made of changes in a session's repository.
    pub async fn auto_commit(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<AutoCommitView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        view(&session, &handle).await
    }

    /// Changes the settings. It holds at once.
    pub async fn change_auto_commit(
        &self,
        actor: &Actor,
        reference: &str,
        patch: AutoCommitPatch,
    ) -> Result<AutoCommitView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let wanted = patch.clone().onto(&session.spec.auto_commit);
        let problems = problems(&wanted, session.spec.repository.as_ref());
        if !problems.is_empty() {
            return Err(EngineError::Invalid(problems));
        }
        let session = handle.ask(|reply| {
            let change = Box::new(move |session: &mut Session| {
                // Somebody else may have changed the rest meanwhile.
                let wanted = patch.onto(&session.spec.auto_commit);
                if self::problems(&wanted, session.spec.repository.as_ref()).is_empty() {
                    session.spec.auto_commit = wanted;
                }
                vec![EventKind::Updated]
            });
            Command::Change(change, reply)
        });
        view(&session.await?, &handle).await
    }

    /// Commits what has changed, now. A summary says what it is for.
    pub async fn commit_what_waits(
        &self,
        actor: &Actor,
        reference: &str,
        summary: &str,
    ) -> Result<AutoCommitView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        if session.spec.auto_commit.mode == AutoCommitMode::Off {
            return Err(EngineError::conflict(
                "git.autocommit_off",
                "nothing is committed by itself in this session: switch it on, or commit by hand",
            ));
        }
        let question = AutoCommitQuestion {
            now: true,
            summary: summary.to_owned(),
        };
        let state = ask(&handle, question, KEEPING_TIME + LAST_ANSWER).await?;
        Ok(AutoCommitView {
            settings: session.spec.auto_commit,
            state: Some(state),
        })
    }

    /// The checkpoints of a session, after doing with them what is wished.
    pub async fn checkpoints(
        &self,
        actor: &Actor,
        reference: &str,
        wish: CheckpointWish,
    ) -> Result<Checkpoints, EngineError> {
        let (permission, first) = match wish {
            CheckpointWish::List => (Permission::Look, None),
            CheckpointWish::Take => (Permission::Drive, Some(First::Take(Take {}))),
            CheckpointWish::Restore { number, path } => {
                let path = path.map(|path| Vec::from(path).into());
                (
                    Permission::Drive,
                    Some(First::Restore(Restore { number, path })),
                )
            }
        };
        let (_, handle) = self.find(actor, reference, permission).await?;
        let request = CheckpointsRequest { first };
        let question = |link: Arc<Connection>| {
            let request = request.clone();
            async move { link.client().checkpoints(request).await }
        };
        let asked = handle.connections.ask(question);
        let reply = within(KEEPING_TIME + LAST_ANSWER, asked).await?;
        Ok(read(reply.into_inner()))
    }
}

impl AutoCommitPatch {
    /// The settings with the changes.
    fn onto(self, present: &AutoCommit) -> AutoCommit {
        let present = present.clone();
        AutoCommit {
            mode: self.mode.unwrap_or(present.mode),
            push: self.push.unwrap_or(present.push),
            protected_branches: self
                .protected_branches
                .unwrap_or(present.protected_branches),
            debounce_seconds: self.debounce_seconds.unwrap_or(present.debounce_seconds),
            interval_seconds: self.interval_seconds.unwrap_or(present.interval_seconds),
            max_files: self.max_files.unwrap_or(present.max_files),
            ignore: self.ignore.unwrap_or(present.ignore),
            message_template: self.message_template.unwrap_or(present.message_template),
        }
    }

    /// The settings of a new session.
    #[must_use]
    pub fn onto_the_usual(self) -> AutoCommit {
        self.onto(&AutoCommit::default())
    }
}

/// Every setting that makes no sense in a session that begins so.
pub(super) fn problems(wanted: &AutoCommit, repository: Option<&Repository>) -> Vec<FieldProblem> {
    let problems = wanted.problems().into_iter();
    let problems = problems.map(|wrong| FieldProblem::new(wrong.field, wrong.problem));
    let nowhere = (wanted.push && repository.is_none()).then(|| {
        FieldProblem::new(
            "push",
            "needs a repository that the session began with (repoUrl): commits push themselves to that address and to no other",
        )
    });
    problems.chain(nowhere).collect()
}

async fn view(session: &Session, handle: &Handle) -> Result<AutoCommitView, EngineError> {
    let question = AutoCommitQuestion::default();
    let state = match ask(handle, question, STATE_WAIT).await {
        Ok(state) => Some(state),
        // The settings are there all the same.
        Err(EngineError::Unavailable { .. } | EngineError::Conflict { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(AutoCommitView {
        settings: session.spec.auto_commit.clone(),
        state,
    })
}

async fn ask(
    handle: &Handle,
    question: AutoCommitQuestion,
    time: Duration,
) -> Result<AutoCommitState, EngineError> {
    let ask = |link: Arc<Connection>| {
        let question = question.clone();
        async move { link.client().auto_commit(question).await }
    };
    let AutoCommitReply { state } = within(time, handle.connections.ask(ask))
        .await?
        .into_inner();
    let state: AutoCommitState = serde_json::from_str(&state)
        .map_err(|_| EngineError::unreachable("what it said makes no sense"))?;
    Ok(state.bounded())
}

async fn within<T>(
    time: Duration,
    asked: impl Future<Output = Result<T, AskError>>,
) -> Result<T, EngineError> {
    match tokio::time::timeout(time, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(AskError::Refused(status))) => Err(refused(&status)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(EngineError::unreachable("it did not answer in time")),
    }
}

fn refused(status: &Status) -> EngineError {
    let refusal = status.metadata().get(GIT_REFUSAL);
    let refusal = refusal
        .and_then(|name| name.to_str().ok())
        .and_then(Refusal::parse);
    let detail = plain(status.message());
    match (refusal, status.code()) {
        (Some(refusal), _) => EngineError::conflict("git.not_possible", refusal.words()),
        (None, Code::NotFound) => EngineError::CheckpointNotFound,
        (None, Code::Unimplemented) => EngineError::conflict(
            "git.unsupported",
            "the session was started by an older version that keeps no work: stop it and start it again",
        ),
        (None, _) => EngineError::conflict("git.not_now", detail),
    }
}

/// What sessiond said, within its bounds.
fn read(reply: CheckpointsReply) -> Checkpoints {
    let kept = reply.checkpoints.into_iter().take(CHECKPOINTS_KEPT);
    let left_alone = reply.left_alone.into_iter().take(LEFT_ALONE);
    Checkpoints {
        kept: kept
            .map(|checkpoint| CheckpointView {
                number: checkpoint.number,
                commit: plain(&checkpoint.commit),
                at: from_millis(i64::try_from(checkpoint.at_ms).unwrap_or_default()),
                subject: plain(&checkpoint.subject),
            })
            .collect(),
        taken: reply.taken,
        is_new: reply.is_new,
        files: reply.files,
        left_alone: left_alone
            .map(|path| plain(&String::from_utf8_lossy(&path)))
            .collect(),
    }
}
