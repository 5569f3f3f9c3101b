//! Work is kept: what changes in the session's directory becomes commits or checkpoints of its own accord, also while no server is there.
//!
//! One task watches and decides when; the domain's batches tell it. Everything it does is done again by whoever comes after it was killed.

mod attempt;
mod calls;
mod checkpoint;
mod commit;
mod judge;
mod own;
mod snapshot;
mod standing;
mod task;

use longhouse_domain::git::{AutoCommit, Milestone};
use tokio::sync::{mpsc, watch};

pub(crate) use attempt::last;
pub(crate) use calls::{checkpoints, commit_now, set, state};
pub(crate) use task::run;

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
}

impl Keeping {
    pub(crate) fn new() -> Self {
        let (milestones, heard) = mpsc::channel(MILESTONES);
        Self {
            settings: watch::Sender::default(),
            milestones,
            heard: std::sync::Mutex::new(Some(heard)),
            standing: Standing::default(),
        }
    }

    /// Something was brought to an end.
    pub(crate) fn milestone(&self, milestone: Milestone) {
        // Where several wait already, one more says nothing new.
        let _full = self.milestones.try_send(milestone);
    }
}
