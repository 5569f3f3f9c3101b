//! The keeping of work in the echo runtime: settings that are taken, a commit for every wish, checkpoints without files.

use std::sync::{Mutex, MutexGuard, PoisonError};

use longhouse_domain::git::{
    AutoCommit, AutoCommitActivity, AutoCommitMode, AutoCommitState, KeptCommit, KeptNews,
};
use longhouse_link::proto::checkpoints_reply::Checkpoint;
use longhouse_link::proto::checkpoints_request::First;
use longhouse_link::proto::session_event::{Kept, What};
use longhouse_link::proto::{
    AutoCommitQuestion, AutoCommitReply, CheckpointsReply, CheckpointsRequest,
};
use tonic::Status;

/// The commit that every wish makes.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// See the module.
#[derive(Debug)]
pub(super) struct EchoKeeping(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: AutoCommitState,
    checkpoints: Vec<Checkpoint>,
}

impl Default for EchoKeeping {
    /// With one checkpoint.
    fn default() -> Self {
        Self(Mutex::new(Inner {
            state: AutoCommitState::default(),
            checkpoints: vec![checkpoint(1)],
        }))
    }
}

impl EchoKeeping {
    pub(super) fn set(&self, settings: &str) -> Result<AutoCommitReply, Status> {
        let settings: AutoCommit =
            serde_json::from_str(settings).map_err(|e| Status::invalid_argument(e.to_string()))?;
        let mut inner = self.lock();
        inner.state.activity = match settings.mode {
            AutoCommitMode::Off => AutoCommitActivity::Off,
            AutoCommitMode::Commit | AutoCommitMode::Checkpoint => AutoCommitActivity::Watching,
        };
        reply(&inner.state)
    }

    /// How it stands, and what is told of it.
    pub(super) fn ask(
        &self,
        question: AutoCommitQuestion,
    ) -> Result<(AutoCommitReply, Option<What>), Status> {
        let mut inner = self.lock();
        if !question.now {
            return Ok((reply(&inner.state)?, None));
        }
        let commit = KeptCommit {
            commit: COMMIT.to_owned(),
            branch: "main".to_owned(),
            subject: question.summary,
            files: 1,
            added: 2,
            ..KeptCommit::default()
        };
        inner.state.last_commit = Some(commit.clone());
        let news = written(&KeptNews::Committed(commit))?;
        let what = Some(What::Kept(Kept { news }));
        Ok((reply(&inner.state)?, what))
    }

    pub(super) fn checkpoints(
        &self,
        request: CheckpointsRequest,
    ) -> Result<CheckpointsReply, Status> {
        let mut inner = self.lock();
        let there = u64::try_from(inner.checkpoints.len()).unwrap_or(u64::MAX);
        let mut taken = None;
        match request.first {
            None => {}
            Some(First::Restore(wanted)) if !(1..=there).contains(&wanted.number) => {
                return Err(Status::not_found("there is no such checkpoint"));
            }
            Some(First::Take(_) | First::Restore(_)) => {
                let number = there + 1;
                inner.checkpoints.insert(0, checkpoint(number));
                taken = Some(number);
            }
        }
        Ok(CheckpointsReply {
            checkpoints: inner.checkpoints.clone(),
            taken,
            is_new: taken.is_some(),
            ..CheckpointsReply::default()
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn checkpoint(number: u64) -> Checkpoint {
    Checkpoint {
        number,
        commit: COMMIT.to_owned(),
        ..Checkpoint::default()
    }
}

fn reply(state: &AutoCommitState) -> Result<AutoCommitReply, Status> {
    let state = written(state)?;
    Ok(AutoCommitReply { state })
}

fn written(what: &impl serde::Serialize) -> Result<String, Status> {
    serde_json::to_string(what).map_err(|error| Status::internal(error.to_string()))
}
