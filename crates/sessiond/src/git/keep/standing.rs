//! How it stands with the keeping of work, for whoever asks; and what is told of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use longhouse_domain::git::{
    AutoCommitActivity, AutoCommitState, KeptCommit, KeptNews, PushState, REFUSED_FILES,
    RefusedFile,
};
use longhouse_link::proto::session_event::{Kept, What};

use super::own::shown;
use super::snapshot::Refused;
use crate::events::Events;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<AutoCommitState>);

impl Standing {
    pub(super) fn now(&self) -> AutoCommitState {
        self.lock().clone()
    }

    pub(super) fn is_doing(&self, activity: AutoCommitActivity, reason: Option<String>) {
        let mut state = self.lock();
        state.activity = activity;
        state.reason = reason;
    }

    pub(super) fn is_pending(&self, pending: bool) {
        self.lock().pending = pending;
    }

    /// How it stands with pushing.
    pub(super) fn pushes(&self, push: PushState) {
        self.lock().push = push;
    }

    /// A commit was made.
    pub(super) fn committed(&self, events: &Events, commit: KeptCommit) {
        self.lock().last_commit = Some(commit.clone());
        tell(events, &KeptNews::Committed(commit));
    }

    /// A checkpoint stands for the present; it is told of where it is new.
    pub(super) fn taken(&self, events: &Events, taken: &super::checkpoint::Taken) {
        let number = taken.checkpoint.number;
        self.lock().last_checkpoint = Some(number);
        if taken.new {
            let subject = taken.checkpoint.subject.clone();
            tell(events, &KeptNews::Checkpoint { number, subject });
        }
    }

    /// These files were refused; what is new of it is told.
    pub(super) fn refused(&self, events: &Events, refused: &[Refused]) {
        let refused: Vec<RefusedFile> = refused.iter().take(REFUSED_FILES).map(told).collect();
        let before = std::mem::replace(&mut self.lock().refused, refused.clone());
        let files: Vec<_> = refused
            .into_iter()
            .filter(|file| !before.contains(file))
            .collect();
        if !files.is_empty() {
            tell(events, &KeptNews::Refused { files });
        }
    }

    fn lock(&self) -> MutexGuard<'_, AutoCommitState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(refused: &Refused) -> RefusedFile {
    RefusedFile {
        path: shown(&refused.path),
        reason: refused.why.clone(),
    }
}

pub(crate) fn tell(events: &Events, news: &KeptNews) {
    match serde_json::to_string(news) {
        Ok(news) => events.tell_for_sure(What::Kept(Kept { news })),
        Err(error) => tracing::error!(%error, "news cannot be written"),
    }
}
