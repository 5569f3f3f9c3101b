//! One attempt to keep what has changed: under the repository's turn, with its time, and told of.

use std::time::Duration;

use longhouse_domain::git::{AutoCommit, AutoCommitMode, KeptCommit, Refusal};
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::limits::KEEPING_TIME;
use tokio::time::Instant;

use super::commit::{Attempt, Made, Wanted};
use super::own::{Own, Trouble};
use super::{checkpoint, commit, push};
use crate::git::repository::{Repository, Turn};
use crate::git::watch::LeftOut;
use crate::session::Session;

/// How long the last attempt may take, once the session's programs have ended. Together with what they had, it stays below the ten seconds
/// that service managers allow; who is killed in it loses nothing but this commit.
const LAST_TIME: Duration = Duration::from_secs(3);

/// How it went.
#[derive(Debug)]
pub(super) enum Outcome {
    /// What there was is kept.
    Kept,
    /// Something is in the way; in words.
    Blocked(&'static str),
}

/// Why it came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotKept {
    /// There is no repository, or no turn in it.
    #[error("{}", .0.words())]
    Refused(Refusal),
    /// Git could not.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Keeps what has changed, as the settings say.
pub(super) async fn keep(
    session: &Session,
    repository: &Repository,
    settings: &AutoCommit,
    summary: Option<&str>,
    deadline: Instant,
) -> Result<Outcome, NotKept> {
    let left_out = LeftOut::new(&settings.ignore);
    let turn = Turn::take(session, repository, deadline)
        .await
        .map_err(NotKept::Refused)?;
    let own = Own::new(session, repository, &turn, deadline);
    let (standing, events) = (&session.keeping.standing, &session.events);
    match settings.mode {
        AutoCommitMode::Off => Ok(Outcome::Kept),
        AutoCommitMode::Checkpoint => {
            let taken = checkpoint::take(&own, &left_out).await?;
            standing.refused(events, &taken.refused);
            standing.taken(events, &taken);
            Ok(Outcome::Kept)
        }
        AutoCommitMode::Commit => {
            let wanted = Wanted {
                left_out: &left_out,
                template: &settings.message_template,
                summary,
            };
            match commit::commit(&own, &wanted).await? {
                Attempt::Blocked(reason) => Ok(Outcome::Blocked(reason)),
                Attempt::Done {
                    branch,
                    made,
                    refused,
                } => {
                    standing.refused(events, &refused);
                    let told = made.into_iter().map(|made| told(session, &branch, made));
                    told.for_each(|commit| standing.committed(events, commit));
                    session.keeping.look_whether_to_push();
                    Ok(Outcome::Kept)
                }
            }
        }
    }
}

fn told(session: &Session, branch: &str, made: Made) -> KeptCommit {
    KeptCommit {
        path: CopyPath::default(),
        commit: made.commit,
        branch: branch.to_owned(),
        subject: made.subject,
        files: u64::try_from(made.files).unwrap_or(u64::MAX),
        added: made.lines.added,
        removed: made.lines.removed,
        at_ms: session.now(),
    }
}

/// Keeps what there is when the session ends. Nobody writes any more by then.
pub(crate) async fn last(session: &Session) {
    let settings = session.keeping.settings.borrow().clone();
    if settings.mode == AutoCommitMode::Off {
        return;
    }
    let Ok(repository) = Repository::here() else {
        return;
    };
    let deadline = Instant::now() + LAST_TIME;
    match keep(session, &repository, &settings, None, deadline).await {
        Ok(Outcome::Kept) => {}
        Ok(Outcome::Blocked(reason)) => {
            tracing::info!(reason, "the session ends without a last commit");
        }
        Err(error) => tracing::warn!(%error, "the session ends without a last commit"),
    }
}

/// Brings to its end what was begun before sessiond was killed.
pub(super) async fn recover(session: &Session) {
    let Ok(repository) = Repository::here() else {
        return;
    };
    let deadline = Instant::now() + KEEPING_TIME;
    let recovered = async {
        let turn = Turn::take(session, &repository, deadline)
            .await
            .map_err(NotKept::Refused)?;
        let own = Own::new(session, &repository, &turn, deadline);
        commit::recover(&own).await?;
        push::recover(&own).await.map_err(NotKept::from)
    };
    if let Err(error) = recovered.await {
        tracing::warn!(%error, "a commit that was begun is not brought to its end");
    }
}
