//! Commits are pushed of their own accord, where that is wished: to the address that the session began with and to no other, never by force.
//!
//! What is to be pushed is read off the repository each time: what the branch has and nothing of `origin` is known to have. So nothing
//! has to be remembered, whoever is killed; and pushing once more what the other side has already changes nothing there.
//!
//! ```text
//!   nothing to push ◄──taken── pushed ──behind──► fetched, its own commits made anew on top ──► pushed again
//!         │                     ▲  │ protected ──► pushed to longhouse/<session>
//!         └───a commit──────────┘  │ not reached ──► tried again, later each time, or with the next commit
//!                                  └ do not go together ──► somebody has to settle it
//! ```
//!
//! Pushing itself takes no turn: it changes nothing here, and may last. What is known of `origin` is written down afterwards.

mod last;
mod onto;
mod reconcile;
mod wait;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use longhouse_domain::git::{
    BranchName, ConflictIn, KeptConflict, KeptNews, KeptPush, PushActivity, PushAnswer, PushState,
    RepositoryUrl, is_protected, push_pause,
};
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::limits::GIT_TIME;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tonic::Status;

use super::standing::tell;
use crate::git::operate::{Caller, Work};
use crate::git::remote::Remote;
use crate::git::repository::Repository;
use crate::git::{fault, words};
use crate::session::Session;
pub(super) use last::LastPush;
pub(crate) use last::last;
pub(super) use onto::recover;
use reconcile::Reconciled;
use wait::{Next, head};

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
    Waits {
        reason: String,
        /// Whether that may be another once there is another commit: not where a person has to see to it.
        on_commit: bool,
    },
    /// Somebody has to settle this.
    Conflict {
        target: Target,
        files: Vec<String>,
        reason: String,
    },
}

impl Came {
    fn waits(reason: String) -> Self {
        let on_commit = true;
        Self::Waits { reason, on_commit }
    }

    fn needs_somebody(reason: String) -> Self {
        let on_commit = false;
        Self::Waits { reason, on_commit }
    }
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
    let mut last = session.keeping.last_push.subscribe();
    loop {
        let pushing = wanted.borrow_and_update().clone();
        let Some(pushing) = pushing else {
            session.keeping.standing.pushes(PushState::default());
            tokio::select! {
                changed = wanted.changed() => if changed.is_err() { return },
                () = last::is(&mut last, LastPush::Wanted) => return last::is_done(&session),
            }
            continue;
        };
        let mut pusher = Pusher {
            session: &session,
            pushing,
            closed: BTreeSet::new(),
            told: None,
            in_vain: 0,
            tried: None,
        };
        if pusher.run(&mut wanted, &mut last).await.is_break() {
            return last::is_done(&session);
        }
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
    /// The commit that was to be pushed last.
    tried: Option<String>,
}

impl Pusher<'_> {
    /// Pushes as it is wished now, until something else is wished; breaks off once the session's last push is done.
    async fn run(
        &mut self,
        wanted: &mut watch::Receiver<Option<Pushing>>,
        last: &mut watch::Receiver<LastPush>,
    ) -> ControlFlow<()> {
        loop {
            let is_last = *last.borrow_and_update() == LastPush::Wanted;
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
                return ControlFlow::Continue(());
            }
            let came =
                came.unwrap_or_else(|status| Came::needs_somebody(status.message().to_owned()));
            let next = self.note(came);
            if is_last {
                return ControlFlow::Break(());
            }
            tokio::select! {
                () = self.wait(next) => {}
                () = last::is(last, LastPush::Wanted) => {}
                _ = wanted.changed() => return ControlFlow::Continue(()),
            }
        }
    }

    /// Makes known what it came to. Gives when one tries again.
    fn note(&mut self, came: Came) -> Next {
        let standing = &self.session.keeping.standing;
        let present = standing.now().push;
        let mut state = PushState {
            activity: PushActivity::UpToDate,
            last: present.last.clone(),
            ..PushState::default()
        };
        match came {
            Came::Waits { reason, on_commit } => {
                self.in_vain = self.in_vain.saturating_add(1);
                standing.pushes(PushState {
                    activity: PushActivity::Pending,
                    reason: Some(reason),
                    ..present
                });
                let pause = push_pause(self.in_vain);
                return match on_commit {
                    true => Next::PauseOrCommit(pause),
                    false => Next::Pause(pause),
                };
            }
            Came::Nothing => self.told = None,
            Came::Pushed(target) => {
                self.told = None;
                let push = KeptPush {
                    path: CopyPath::default(),
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
        Next::News
    }

    fn tell_conflict(&mut self, branch: &str, files: &[String]) {
        let told = (branch.to_owned(), files.to_vec());
        if self.told.as_ref() == Some(&told) {
            return;
        }
        let conflict = KeptConflict {
            path: CopyPath::default(),
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
            self.tried = Some(target.head.clone());
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
                    return Ok(Came::needs_somebody(reason));
                }
                PushAnswer::Failed => {
                    let said = String::from_utf8_lossy(&outcome.stderr);
                    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
                    let fault = fault::read(outcome.code, &lines);
                    let reason = format!("the other repository was not reached: {}", fault.said);
                    return Ok(Came::Waits {
                        reason,
                        on_commit: fault::may_pass(fault.why()),
                    });
                }
                PushAnswer::Behind => {
                    match reconcile::reconcile(&mut work, &remote, &target).await? {
                        Reconciled::Goes => {}
                        Reconciled::Waits(reason) => return Ok(Came::waits(reason)),
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
        let reason = "the other repository's branch keeps changing";
        Ok(Came::waits(reason.to_owned()))
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
        let head = head(work).await?;
        let branch = branch.to_string();
        let own = format!("longhouse/{}", self.session.environment.session());
        let closed =
            self.closed.contains(&branch) || is_protected(&branch, &self.pushing.protected);
        Ok(Some(Target {
            head,
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
