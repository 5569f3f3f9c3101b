//! Work is kept: what changes in the session's directory becomes commits or checkpoints of its own accord, also while no server is there.
//!
//! One task watches and decides when; the domain's batches tell it. Everything it does is done again by whoever comes after it was killed.

mod attempt;
mod calls;
mod checkpoint;
mod commit;
mod index;
mod judge;
mod leave;
mod own;
mod push;
mod snapshot;
mod standing;
mod task;

use longhouse_domain::git::{AutoCommit, AutoCommitMode, Milestone, is_test_run};
use tokio::sync::{Notify, mpsc, watch};

pub(crate) use attempt::last;
pub(crate) use calls::{checkpoints, commit_now, set, state};
pub(crate) use leave::leave;
pub(in crate::git) use own::{Call, Own, Trouble};
pub(crate) use push::{last as push_last, run as push};
pub(crate) use standing::tell;
pub(crate) use task::run;

use push::{LastPush, Pushing};
use standing::Standing;

/// Milestones that wait; more are the same news.
const MILESTONES: usize = 4;

/// Something was brought to an end.
#[derive(Debug)]
struct Reached {
    milestone: Milestone,
    /// What the work was for, where somebody said so.
    summary: Option<String>,
}

/// What the session's parts share of it.
#[derive(Debug)]
pub(crate) struct Keeping {
    settings: watch::Sender<AutoCommit>,
    milestones: mpsc::Sender<Reached>,
    heard: std::sync::Mutex<Option<mpsc::Receiver<Reached>>>,
    standing: Standing,
    /// Where commits are pushed, if they are.
    pushing: watch::Sender<Option<Pushing>>,
    /// There may be something to push.
    news_to_push: Notify,
    /// How it stands with what is pushed at the session's end.
    last_push: watch::Sender<LastPush>,
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
            last_push: watch::Sender::default(),
        }
    }

    /// The branch may have commits that are to be pushed.
    pub(crate) fn look_whether_to_push(&self) {
        self.news_to_push.notify_one();
    }

    /// Something was brought to an end.
    pub(crate) fn milestone(&self, milestone: Milestone) {
        self.reached(milestone, None);
    }

    /// A program of the session's that nobody else waited for ended: well, if its code is 0.
    pub(crate) fn ended<'a>(&self, command: impl Iterator<Item = &'a str>, code: i32) {
        if code == 0 && is_test_run(&command.collect::<Vec<_>>()) {
            self.milestone(Milestone::TestsPassed);
        }
    }

    /// Something was brought to an end, in the words of whoever did it. Says whether anything comes of it: nothing does where work is not
    /// kept by itself.
    pub(crate) fn told(&self, milestone: Milestone, summary: &str) -> bool {
        let summary = Some(summary.trim()).filter(|text| !text.is_empty());
        self.reached(milestone, summary.map(str::to_owned));
        self.settings.borrow().mode != AutoCommitMode::Off
    }

    fn reached(&self, milestone: Milestone, summary: Option<String>) {
        // Where several wait already, one more says nothing new.
        let _full = self.milestones.try_send(Reached { milestone, summary });
    }
}
