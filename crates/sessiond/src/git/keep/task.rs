//! The task that watches, waits and keeps.
//!
//! ```text
//!   Off ──settings──► no repository ──one appears──► watching ◄──────────── nothing is in the way any more
//!    ▲                                                  │ a batch closes          ▲
//!    └── settings: everything begins anew               └──► attempt ──blocked────┘ looked at again when git's directory changes
//! ```

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use longhouse_domain::git::{AutoCommit, AutoCommitActivity, AutoCommitMode, Batch, Pace};
use longhouse_link::limits::KEEPING_TIME;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::Reached;
use super::attempt::{self, Outcome, keep, recover};
use crate::git::repository::Repository;
use crate::git::watch::{LeftOut, Seen, Sight, Watch};
use crate::session::Session;

/// How often one looks whether there is a repository now.
const LOOK_FOR_ONE: Duration = Duration::from_secs(5);

/// How often one looks for changes that cannot be watched. Looking reads the names and times of all files.
const LOOK_FOR_CHANGES: Duration = Duration::from_secs(15);

/// How soon one tries again once git's directory has changed: a person's commands come in a row.
const AFTER_GIT: Duration = Duration::from_secs(1);

/// How soon one tries again where nothing was heard; the longer it is in vain, the seldomer.
const AGAIN_FIRST: Duration = Duration::from_secs(15);
const AGAIN_LAST: Duration = Duration::from_secs(600);

/// Changes that were not seen count as one file.
const UNSEEN: u64 = 0;

/// Keeps work until the session ends.
pub(crate) async fn run(session: Arc<Session>) {
    recover(&session).await;
    let heard = &session.keeping.heard;
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut milestones) = heard else { return };
    let mut settings = session.keeping.settings.subscribe();
    loop {
        let wanted = settings.borrow_and_update().clone();
        let standing = &session.keeping.standing;
        standing.is_pending(false);
        if wanted.mode == AutoCommitMode::Off {
            standing.is_doing(AutoCommitActivity::Off, None);
            if settings.changed().await.is_err() {
                return;
            }
            // What was brought to an end before is none of what comes.
            while milestones.try_recv().is_ok() {}
            continue;
        }
        match Repository::here() {
            Ok(repository) => {
                let mut keeper = Keeper::new(&session, repository, wanted);
                keeper.run(&mut settings, &mut milestones).await;
            }
            Err(refusal) => {
                let reason = refusal.words().to_owned();
                standing.is_doing(AutoCommitActivity::NoRepository, Some(reason));
                tokio::select! {
                    changed = settings.changed() => if changed.is_err() { return },
                    () = sleep(LOOK_FOR_ONE) => {}
                }
            }
        }
    }
}

/// One repository, watched with one set of settings.
struct Keeper<'a> {
    session: &'a Session,
    repository: Repository,
    settings: AutoCommit,
    pace: Pace,
    batch: Batch,
    began: Instant,
    /// Not known before the watching has begun.
    sight: Option<Sight>,
    /// Something could not be kept, and is tried again then.
    again: Option<Again>,
    /// What the changes were for, as whoever made them said last.
    summary: Option<String>,
}

struct Again {
    at: Instant,
    pause: Duration,
    reason: String,
}

/// Why the keeper stops.
enum Over {
    /// Everything begins anew.
    Anew,
    /// It goes on.
    Not,
}

impl<'a> Keeper<'a> {
    fn new(session: &'a Session, repository: Repository, settings: AutoCommit) -> Self {
        Self {
            session,
            repository,
            pace: settings.pace(),
            settings,
            batch: Batch::default(),
            began: Instant::now(),
            sight: None,
            again: None,
            summary: None,
        }
    }

    async fn run(
        &mut self,
        settings: &mut watch::Receiver<AutoCommit>,
        milestones: &mut mpsc::Receiver<Reached>,
    ) {
        let left_out = LeftOut::new(&self.settings.ignore);
        let watch = match Watch::begin(self.repository.root.clone(), left_out) {
            Ok(watch) => Some(watch),
            Err(error) => {
                self.sight = Some(Sight::Blind(error.to_string()));
                None
            }
        };
        self.tell();
        loop {
            let seen = async {
                match &watch {
                    Some(watch) => watch.next().await,
                    None => std::future::pending().await,
                }
            };
            let over = tokio::select! {
                _ = settings.changed() => Over::Anew,
                seen = seen => self.see(seen),
                Some(reached) = milestones.recv() => {
                    self.batch.milestone(self.began.elapsed(), reached.milestone);
                    self.summary = reached.summary.or(self.summary.take());
                    Over::Not
                }
                () = self.wake() => self.act().await,
            };
            if matches!(over, Over::Anew) {
                return;
            }
            self.tell();
        }
    }

    /// Sleeps until something is to be done.
    async fn wake(&self) {
        let due = self.batch.due(&self.pace).map(|(at, _)| self.began + at);
        let again = self.again.as_ref().map(|again| again.at);
        // A batch that could not be kept waits for its time, whatever is added to it.
        let at = again.or(due);
        let look = LOOK_FOR_CHANGES.max(self.pace.debounce);
        let blind = matches!(self.sight, Some(Sight::Blind(_))).then(|| Instant::now() + look);
        match [at, blind].into_iter().flatten().min() {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    fn see(&mut self, seen: Seen) -> Over {
        if let Some(sight) = seen.sight {
            if let Sight::Blind(reason) = &sight {
                let text = format!(
                    "changes are looked for every {} s, for they cannot be watched: {reason}",
                    LOOK_FOR_CHANGES.as_secs()
                );
                self.session.events.log(tracing::Level::WARN, "git", text);
            }
            self.sight = Some(sight);
        }
        let now = self.began.elapsed();
        let last = seen.last.map_or(now, |at| {
            Instant::from_std(at).saturating_duration_since(self.began)
        });
        for file in &seen.files {
            self.batch.change(last, *file, &self.pace);
        }
        if seen.unknown {
            self.batch.change(now, UNSEEN, &self.pace);
        }
        if seen.in_git {
            self.session.keeping.look_whether_to_push();
            if Repository::here().is_err() {
                return Over::Anew;
            }
            if let Some(again) = &mut self.again {
                again.at = again.at.min(Instant::now() + AFTER_GIT);
            }
        }
        Over::Not
    }

    /// Keeps what there is, where it is time.
    async fn act(&mut self) -> Over {
        let now = self.began.elapsed();
        let again = self
            .again
            .as_ref()
            .is_some_and(|again| again.at <= Instant::now());
        let closed = self.again.is_none() && self.batch.close(now, &self.pace).is_some();
        // Where nothing is seen, one looks every time.
        let blind = self.again.is_none() && matches!(self.sight, Some(Sight::Blind(_)));
        if !again && !closed && !blind {
            return Over::Not;
        }
        self.batch = Batch::default();
        let deadline = Instant::now() + KEEPING_TIME;
        match keep(
            self.session,
            &self.repository,
            &self.settings,
            self.summary.as_deref(),
            deadline,
        )
        .await
        {
            Ok(Outcome::Kept) => {
                self.again = None;
                self.summary = None;
            }
            Ok(Outcome::Blocked(reason)) => self.try_again(reason.to_owned()),
            Err(attempt::NotKept::Refused(refusal)) if Repository::here().is_err() => {
                tracing::info!(reason = refusal.words(), "the repository is gone");
                return Over::Anew;
            }
            Err(error) => self.try_again(error.to_string()),
        }
        Over::Not
    }

    fn try_again(&mut self, reason: String) {
        let before = self.again.take().filter(|again| again.reason == reason);
        let pause = before.map_or(AGAIN_FIRST, |again| (again.pause * 2).min(AGAIN_LAST));
        if pause == AGAIN_FIRST {
            let text = format!("changes are not committed for now: {reason}");
            self.session.events.log(tracing::Level::INFO, "git", text);
        }
        self.again = Some(Again {
            at: Instant::now() + pause,
            pause,
            reason,
        });
    }

    /// Makes known how it stands.
    fn tell(&self) {
        let standing = &self.session.keeping.standing;
        standing.is_pending(self.again.is_some() || !self.batch.is_empty());
        match (&self.again, &self.sight) {
            (Some(again), _) => {
                standing.is_doing(AutoCommitActivity::Blocked, Some(again.reason.clone()));
            }
            (None, Some(Sight::Blind(reason))) => {
                standing.is_doing(AutoCommitActivity::Looking, Some(reason.clone()));
            }
            (None, Some(Sight::Clear(_))) => standing.is_doing(AutoCommitActivity::Watching, None),
            (None, None) => standing.is_doing(AutoCommitActivity::Starting, None),
        }
    }
}
