//! What the server asks of the keeping of work: settings, how it stands, a commit now, checkpoints.

use std::sync::Arc;

use longhouse_domain::git::{AutoCommit, AutoCommitMode, GitPath, Refusal, Transport};
use longhouse_link::limits::{KEEPING_TIME, LEFT_ALONE};
use longhouse_link::proto::checkpoints_request::First;
use longhouse_link::proto::{
    AutoCommitReply, AutoCommitRequest, CheckpointsReply, CheckpointsRequest, checkpoints_reply,
};
use tokio::time::Instant;
use tonic::Status;

use super::attempt::{NotKept, Outcome, keep};
use super::checkpoint::{self, Checkpoint};
use super::own::{Own, Trouble};
use super::push::Pushing;
use crate::git::operate::refused;
use crate::git::repository::{Repository, Turn};
use crate::git::watch::LeftOut;
use crate::session::Session;

/// Takes other settings.
pub(crate) fn set(
    session: &Session,
    request: &AutoCommitRequest,
) -> Result<AutoCommitReply, Status> {
    let wrong = |text: String| Status::invalid_argument(text);
    let settings: AutoCommit =
        serde_json::from_str(&request.settings).map_err(|error| wrong(error.to_string()))?;
    if let Some(problem) = settings.problems().first() {
        return Err(wrong(problem.to_string()));
    }
    let pushing = pushing(request, &settings)?;
    session.keeping.pushing.send_if_modified(|present| {
        let differs = *present != pushing;
        *present = pushing;
        differs
    });
    session.keeping.settings.send_if_modified(|present| {
        let differs = *present != settings;
        *present = settings;
        differs
    });
    state(session)
}

/// Where commits are pushed by themselves: only ever to the address that the session began with.
fn pushing(request: &AutoCommitRequest, settings: &AutoCommit) -> Result<Option<Pushing>, Status> {
    if !settings.push || settings.mode != AutoCommitMode::Commit || request.remote.is_empty() {
        return Ok(None);
    }
    let wrong = |error: &dyn std::fmt::Display| Status::invalid_argument(error.to_string());
    for name in request.protocols.split(':') {
        name.parse::<Transport>().map_err(|error| wrong(&error))?;
    }
    Ok(Some(Pushing {
        url: request.remote.parse().map_err(|error| wrong(&error))?,
        protocols: request.protocols.clone(),
        protected: settings.protected_branches.clone(),
    }))
}

/// How it stands.
pub(crate) fn state(session: &Session) -> Result<AutoCommitReply, Status> {
    let state = serde_json::to_string(&session.keeping.standing.now());
    let state = state.map_err(|error| Status::internal(error.to_string()))?;
    Ok(AutoCommitReply { state })
}

/// Commits what there is, and says how it stands then.
pub(crate) async fn commit_now(
    session: &Arc<Session>,
    summary: String,
) -> Result<AutoCommitReply, Status> {
    let shared = Arc::clone(session);
    let work = async move {
        let settings = shared.keeping.settings.borrow().clone();
        let repository = Repository::here().map_err(refused)?;
        let deadline = Instant::now() + KEEPING_TIME;
        let summary = Some(summary.as_str()).filter(|text| !text.is_empty());
        match keep(&shared, &repository, &settings, summary, deadline).await {
            Ok(Outcome::Kept) => state(&shared),
            Ok(Outcome::Blocked(reason)) => Err(Status::failed_precondition(reason)),
            Err(error) => Err(error.into()),
        }
    };
    whole(session, work).await
}

/// Does what is asked with checkpoints, and lists them.
pub(crate) async fn checkpoints(
    session: &Arc<Session>,
    request: CheckpointsRequest,
) -> Result<CheckpointsReply, Status> {
    let shared = Arc::clone(session);
    let work = async move {
        let repository = Repository::here().map_err(refused)?;
        let deadline = Instant::now() + KEEPING_TIME;
        let turn = Turn::take(&shared, &repository, deadline)
            .await
            .map_err(refused)?;
        let own = Own::new(&shared, &repository, &turn, deadline);
        let left_out = LeftOut::new(&shared.keeping.settings.borrow().ignore);
        let mut reply = CheckpointsReply::default();
        match request.first {
            None => {}
            Some(First::Take(_)) => {
                let taken = checkpoint::take(&own, &left_out).await?;
                tell(&shared, &taken);
                reply.taken = Some(taken.checkpoint.number);
                reply.is_new = taken.new;
            }
            Some(First::Restore(wanted)) => {
                restore(&own, wanted.number, wanted.path, &left_out, &mut reply).await?;
            }
        }
        let kept = checkpoint::list(&own).await?;
        reply.checkpoints = kept.into_iter().map(described).collect();
        Ok(reply)
    };
    whole(session, work).await
}

/// Tells of a checkpoint, and of what is not in it.
fn tell(session: &Session, taken: &checkpoint::Taken) {
    let standing = &session.keeping.standing;
    standing.refused(&session.events, &taken.refused);
    standing.taken(&session.events, taken);
}

async fn restore(
    own: &Own<'_>,
    number: u64,
    path: Option<bytes::Bytes>,
    left_out: &LeftOut,
    reply: &mut CheckpointsReply,
) -> Result<(), Status> {
    let path = path
        .map(|path| GitPath::try_from(path.to_vec()))
        .transpose();
    let path = path.map_err(|error| Status::invalid_argument(format!("the path {error}")))?;
    let restored = checkpoint::restore(own, number, path.as_ref(), left_out).await?;
    let none = || Status::not_found(format!("there is no checkpoint {number}"));
    let restored = restored.ok_or_else(none)?;
    tell(own.session, &restored.before);
    reply.taken = Some(restored.before.checkpoint.number);
    reply.files = u64::try_from(restored.files).unwrap_or(u64::MAX);
    let left_alone = restored.left_alone.into_iter().take(LEFT_ALONE);
    reply.left_alone = left_alone.map(Into::into).collect();
    Ok(())
}

fn described(checkpoint: Checkpoint) -> checkpoints_reply::Checkpoint {
    checkpoints_reply::Checkpoint {
        number: checkpoint.number,
        commit: checkpoint.commit,
        at_ms: checkpoint.at.saturating_mul(1_000),
        subject: checkpoint.subject,
    }
}

/// Does it to its end, whether the caller waits for it or hangs up.
pub(super) async fn whole<T: Send + 'static>(
    session: &Session,
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    let call = |reply: tokio::sync::oneshot::Sender<_>| async move {
        // Whoever asked may have gone.
        let _unheard = reply.send(work.await);
    };
    session.carry_out(call).await
}

impl From<Trouble> for Status {
    fn from(trouble: Trouble) -> Self {
        let text = trouble.to_string();
        match trouble {
            Trouble::NotStarted(_) => refused(Refusal::NoGit),
            Trouble::TimeOver(_) => Self::deadline_exceeded(text),
            Trouble::Git { .. } | Trouble::Io { .. } => Self::failed_precondition(text),
            Trouble::Unreadable(_) => Self::internal(text),
        }
    }
}

impl From<NotKept> for Status {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Refused(refusal) => refused(refusal),
            NotKept::Trouble(trouble) => trouble.into(),
        }
    }
}
