//! Work is kept: what changes in the session's directory becomes commits or checkpoints of its own accord, also while no server is there.
//!
//! One task watches and decides when; the domain's batches tell it. Everything it does is done again by whoever comes after it was killed.

mod attempt;
mod calls;
mod checkpoint;
mod commit;
mod index;
mod judge;
mod own;
mod push;
mod snapshot;
mod standing;
mod task;

use longhouse_domain::git::{AutoCommit, Milestone};
use tokio::sync::{Notify, mpsc, watch};

pub(crate) use attempt::last;
pub(crate) use calls::{checkpoints, commit_now, set, state};
pub(crate) use push::run as push;
pub(crate) use standing::tell;
pub(crate) use task::run;

use push::Pushing;
use standing::Standing;

/// Milestones that wait; more are the same news.
const MILESTONES: usize = 4;

/// What the session's parts share of it.
#[derive(Debug)]
pub(crate) struct Keeping {
    settings: watch::Sender<AutoCommit>,
    milestones: mpsc::Sender<Milestone>,
    heard: std::sync::Mutex<Option<mpsc::Receiver<Milestone>>>,
    standing: Standing,
    /// Where commits are pushed, if they are.
    pushing: watch::Sender<Option<Pushing>>,
    /// There may be something to push.
    news_to_push: Notify,
}

impl Keeping {
    pub(crate) fn new() -> Self {
        let (milestones, heard) = mpsc::channel(MILESTONES);
        Self {
            settings: watch::Sender::default(),
            milestones,
            heard: std::sync::Mutex::new(Some(heard)),
            standing: Standing::default(),
            pushing: watch::Sender::default(),
            news_to_push: Notify::new(),
        }
    }

    /// The branch may have commits that are to be pushed.
    pub(crate) fn look_whether_to_push(&self) {
        self.news_to_push.notify_one();
    }

    /// Something was brought to an end.
    pub(crate) fn milestone(&self, milestone: Milestone) {
        // Where several wait already, one more says nothing new.
        let _full = self.milestones.try_send(milestone);
    }
}
