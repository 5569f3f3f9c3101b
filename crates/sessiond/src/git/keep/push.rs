//! Commits are pushed of their own accord, where that is wished: to the address that the session began with and to no other, never by force.
//!
//! What is to be pushed is read off the repository each time: what the branch has and nothing of `origin` is known to have. So nothing
//! has to be remembered, whoever is killed; and pushing once more what the other side has already changes nothing there.
//!
//! ```text
//!   nothing to push ◄──taken── pushed ──behind──► fetched, its own commits made anew on top ──► pushed again
//!         │                     ▲  │ protected ──► pushed to longhouse/<session>
//!         └───a commit──────────┘  │ not reached ──► tried again, later each time
//!                                  └ do not go together ──► somebody has to settle it
//! ```
//!
//! Pushing itself takes no turn: it changes nothing here, and may last. What is known of `origin` is written down afterwards.

mod onto;
mod reconcile;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::git::{
    BranchName, ConflictIn, KeptConflict, KeptNews, KeptPush, PushActivity, PushAnswer, PushState,
    RepositoryUrl, is_protected, push_pause,
};
use longhouse_link::limits::GIT_TIME;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep};
use tonic::Status;

use super::standing::tell;
use crate::git::operate::{Caller, Work};
use crate::git::remote::Remote;
use crate::git::repository::Repository;
use crate::git::{fault, words};
use crate::session::Session;
pub(super) use onto::recover;
use reconcile::Reconciled;

/// The least time between two looks: commands come in a row.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How often one goes on at once, because the other side changed meanwhile.
const AT_ONCE: usize = 3;

/// Where to push, and where not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pushing {
    pub(super) url: RepositoryUrl,
    pub(super) protocols: String,
    pub(super) protected: Vec<String>,
}

/// What an attempt came to.
enum Came {
    /// There is nothing to push.
    Nothing,
    /// The other repository has this commit on this branch now.
    Pushed(Target),
    /// It waits, for this reason, and is tried again.
    Waits(String),
    /// Somebody has to settle this.
    Conflict {
        target: Target,
        files: Vec<String>,
        reason: String,
    },
}

/// What is pushed where.
#[derive(Clone, Debug)]
struct Target {
    head: String,
    branch: String,
    to: String,
}

/// Pushes until the session ends.
pub(crate) async fn run(session: Arc<Session>) {
    let mut wanted = session.keeping.pushing.subscribe();
    loop {
        let pushing = wanted.borrow_and_update().clone();
        let Some(pushing) = pushing else {
            session.keeping.standing.pushes(PushState::default());
            if wanted.changed().await.is_err() {
                return;
            }
            continue;
        };
        let mut pusher = Pusher {
            session: &session,
            pushing,
            closed: BTreeSet::new(),
            told: None,
            in_vain: 0,
        };
        pusher.run(&mut wanted).await;
    }
}

struct Pusher<'a> {
    session: &'a Session,
    pushing: Pushing,
    /// Branches that turned out to take no pushes.
    closed: BTreeSet<String>,
    /// The conflict that was told last: the branch, and the files.
    told: Option<(String, Vec<String>)>,
    in_vain: u32,
}

impl Pusher<'_> {
    /// Pushes as it is wished now, until something else is wished.
    async fn run(&mut self, wanted: &mut watch::Receiver<Option<Pushing>>) {
        loop {
            let (mut caller, asks) = oneshot::channel();
            let mut asks = Some(asks);
            let came = {
                let attempt = self.attempt(&mut caller);
                tokio::pin!(attempt);
                loop {
                    tokio::select! {
                        came = &mut attempt => break came,
                        // Git is ended in order where nobody asks for it any more.
                        _ = wanted.changed(), if asks.is_some() => asks = None,
                    }
                }
            };
            if asks.is_none() {
                return;
            }
            let came = came.unwrap_or_else(|status| Came::Waits(status.message().to_owned()));
            let again = self.note(came);
            let next = async {
                match again {
                    // While the other side is not reached, a commit more changes nothing.
                    Some(pause) => sleep(pause).await,
                    None => {
                        sleep(BETWEEN_LOOKS).await;
                        self.session.keeping.news_to_push.notified().await;
                    }
                }
            };
            tokio::select! {
                () = next => {}
                _ = wanted.changed() => return,
            }
        }
    }

    /// Makes known what it came to. Gives when one tries again, whatever happens here.
    fn note(&mut self, came: Came) -> Option<Duration> {
        let standing = &self.session.keeping.standing;
        let present = standing.now().push;
        let mut state = PushState {
            activity: PushActivity::UpToDate,
            last: present.last.clone(),
            ..PushState::default()
        };
        match came {
            Came::Waits(reason) => {
                self.in_vain = self.in_vain.saturating_add(1);
                standing.pushes(PushState {
                    activity: PushActivity::Pending,
                    reason: Some(reason),
                    ..present
                });
                return Some(push_pause(self.in_vain));
            }
            Came::Nothing => self.told = None,
            Came::Pushed(target) => {
                self.told = None;
                let push = KeptPush {
                    commit: target.head.clone(),
                    branch: target.branch.clone(),
                    to: target.to.clone(),
                    at_ms: self.session.now(),
                };
                state.last = Some(push.clone());
                target.stand_in(&mut state);
                tell(&self.session.events, &KeptNews::Pushed(push));
            }
            Came::Conflict {
                target,
                files,
                reason,
            } => {
                self.tell_conflict(&target.branch, &files);
                state.activity = PushActivity::Conflict;
                state.reason = Some(reason);
                state.files = files;
                target.stand_in(&mut state);
            }
        }
        self.in_vain = 0;
        standing.pushes(state);
        None
    }

    fn tell_conflict(&mut self, branch: &str, files: &[String]) {
        let told = (branch.to_owned(), files.to_vec());
        if self.told.as_ref() == Some(&told) {
            return;
        }
        let conflict = KeptConflict {
            during: ConflictIn::Push,
            branch: Some(told.0.clone()),
            files: told.1.clone(),
            at_ms: self.session.now(),
        };
        self.told = Some(told);
        tell(&self.session.events, &KeptNews::Conflict(conflict));
    }

    fn is_pending(&self, target: &Target) {
        let standing = &self.session.keeping.standing;
        let mut state = standing.now().push;
        // Why it waits stays until it is known to be otherwise.
        state.activity = PushActivity::Pending;
        state.files = Vec::new();
        target.stand_in(&mut state);
        standing.pushes(state);
    }

    /// Looks what there is, and pushes it.
    async fn attempt(&mut self, caller: &mut Caller) -> Result<Came, Status> {
        let Ok(repository) = Repository::here() else {
            return Ok(Came::Nothing);
        };
        let protocols = self.pushing.protocols.clone();
        let deadline = Instant::now() + GIT_TIME;
        let mut work = Work::new(self.session, &repository, &protocols, deadline, caller);
        for _ in 0..AT_ONCE {
            let Some(target) = self.target(&mut work).await? else {
                return Ok(Came::Nothing);
            };
            self.is_pending(&target);
            let remote = Remote::find(&mut work, Some(&self.pushing.url)).await?;
            let outcome = remote.give(&mut work, &target.head, &target.to).await?;
            match PushAnswer::read(outcome.code, &outcome.stdout, &outcome.stderr) {
                PushAnswer::Taken | PushAnswer::HadIt => {
                    remote
                        .note(&mut work, &target.head, &target.branch, &target.to)
                        .await?;
                    return Ok(Came::Pushed(target));
                }
                PushAnswer::Protected(_) if target.to == target.branch => {
                    self.closed.insert(target.branch);
                }
                PushAnswer::Protected(line) | PushAnswer::Declined(line) => {
                    let reason = format!("the other repository did not take it ({line})");
                    return Ok(Came::Waits(reason));
                }
                PushAnswer::Failed => {
                    let said = String::from_utf8_lossy(&outcome.stderr);
                    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
                    let said = fault::read(outcome.code, &lines).said;
                    let reason = format!("the other repository was not reached: {said}");
                    return Ok(Came::Waits(reason));
                }
                PushAnswer::Behind => {
                    match reconcile::reconcile(&mut work, &remote, &target).await? {
                        Reconciled::Goes => {}
                        Reconciled::Waits(reason) => return Ok(Came::Waits(reason)),
                        Reconciled::Conflict { files, reason } => {
                            return Ok(Came::Conflict {
                                target,
                                files,
                                reason,
                            });
                        }
                    }
                }
            }
        }
        Ok(Came::Waits(
            "the other repository's branch keeps changing".to_owned(),
        ))
    }

    /// What is to be pushed where; nothing where there is nothing.
    async fn target(&self, work: &mut Work<'_>) -> Result<Option<Target>, Status> {
        let said = work
            .look(words(["symbolic-ref", "--quiet", "--short", "HEAD"]))
            .await?;
        let branch = String::from_utf8_lossy(&said.stdout);
        let Ok(branch) = branch.trim().parse::<BranchName>() else {
            return Ok(None);
        };
        let unknown = [
            "rev-list",
            "--max-count=1",
            "HEAD",
            "--not",
            "--remotes=origin",
            "--",
        ];
        let said = work.look(words(unknown)).await?;
        // Before the first commit there is no HEAD.
        if said.code != 0 || said.stdout.is_empty() {
            return Ok(None);
        }
        let head = work
            .look(words(["rev-parse", "--verify", "HEAD^{commit}"]))
            .await?;
        let branch = branch.to_string();
        let own = format!("longhouse/{}", self.session.environment.session());
        let closed =
            self.closed.contains(&branch) || is_protected(&branch, &self.pushing.protected);
        Ok(Some(Target {
            head: String::from_utf8_lossy(&head.stdout).trim().to_owned(),
            to: if closed { own } else { branch.clone() },
            branch,
        }))
    }
}

impl Target {
    fn stand_in(&self, state: &mut PushState) {
        state.branch = Some(self.branch.clone());
        state.to = Some(self.to.clone());
    }
}
