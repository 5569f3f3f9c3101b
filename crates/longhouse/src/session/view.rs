//! The part of the server's session that the command line shows. Fields that are not listed are passed over, so an older
//! client reads a newer server.

use longhouse_domain::{Status, Timestamp};
use serde::Deserialize;

/// A session.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) agent: String,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) status_reason: Option<String>,
    #[serde(default)]
    pub(crate) workdir: Option<String>,
    #[serde(default)]
    pub(crate) terminals: Vec<TerminalView>,
    #[serde(default)]
    pub(crate) last_activity_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

/// One of its terminals.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TerminalView {
    pub(crate) name: String,
}
