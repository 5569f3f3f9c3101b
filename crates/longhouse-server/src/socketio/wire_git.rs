//! The payloads of the Socket.IO events about a session's repository.

use longhouse_domain::Timestamp;
use longhouse_domain::git::ConflictIn;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sessions::{KeptCommitBody, KeptPushBody, RefusedFileBody};

/// `git.commit`: a commit was made in a session's repository.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitCommitEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    #[serde(flatten)]
    pub(super) commit: KeptCommitBody,
}

/// `git.checkpoint`: a checkpoint of a session's directory was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitCheckpointEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    pub(super) number: u64,
    /// What had changed, in a line.
    pub(super) subject: String,
    pub(super) at: Timestamp,
}

/// `git.refused`: files are not committed by themselves; they stay as they are.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitRefusedEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    pub(super) files: Vec<RefusedFileBody>,
    pub(super) at: Timestamp,
}

/// `git.hostKey`: a host showed another SSH key than it is known by, and was not spoken to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitHostKeyEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    /// As known-hosts files name it.
    pub(super) host: String,
    /// The fingerprint of the key that it showed.
    pub(super) shown: String,
    /// That of the key that it is known by; null where it is known by what it publishes.
    pub(super) known: Option<String>,
    pub(super) at: Timestamp,
}

/// `git.push`: the repository that a session began with took commits of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitPushEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    #[serde(flatten)]
    pub(super) push: KeptPushBody,
}

/// `git.conflict`: changes in a session's repository do not go together; somebody has to settle them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GitConflictEvent {
    pub(super) seq: i64,
    pub(super) session_id: Uuid,
    /// Where its repository lies below the workspace; empty for the workspace itself.
    pub(super) path: String,
    pub(super) during: ConflictInName,
    /// The branch; none where the working tree stands on a commit alone.
    pub(super) branch: Option<String>,
    /// The files that hold both; the first 50.
    pub(super) files: Vec<String>,
    pub(super) at: Timestamp,
}

/// In what changes turned out not to go together.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GitConflictDuring)]
pub(crate) enum ConflictInName {
    /// A merge, which is to be continued or aborted.
    Merge,
    /// A rebase, which is to be continued or aborted.
    Rebase,
    /// What was stashed, taken back.
    Stash,
    /// A push that made itself. Nothing was changed here.
    Push,
}

impl From<ConflictIn> for ConflictInName {
    fn from(during: ConflictIn) -> Self {
        match during {
            ConflictIn::Merge => Self::Merge,
            ConflictIn::Rebase => Self::Rebase,
            ConflictIn::Stash => Self::Stash,
            ConflictIn::Push => Self::Push,
        }
    }
}
