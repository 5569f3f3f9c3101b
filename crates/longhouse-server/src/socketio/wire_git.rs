//! The payloads of the Socket.IO events about a session's repository.

use longhouse_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sessions::{KeptCommitBody, RefusedFileBody};

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
