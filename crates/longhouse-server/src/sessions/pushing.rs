//! How it stands with commits that push themselves.

use longhouse_domain::Timestamp;
use longhouse_domain::clock::from_millis;
use longhouse_domain::git::{KeptPush, PushActivity, PushState};
use serde::Serialize;
use utoipa::ToSchema;

/// How it stands with pushing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PushState)]
pub(crate) struct PushStateBody {
    activity: PushActivityName,
    /// The branch in the session.
    branch: Option<String>,
    /// The branch over there.
    to: Option<String>,
    /// Why it waits, in words.
    reason: Option<String>,
    /// The files that do not go together.
    files: Vec<String>,
    /// The last push that was taken, since sessiond started.
    last: Option<KeptPushBody>,
}

/// What is being done about commits that the other repository does not have.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PushActivity)]
pub(crate) enum PushActivityName {
    /// It is switched off.
    Off,
    /// There are none.
    UpToDate,
    /// They are pushed, or wait for it; it goes on by itself, also after restarts.
    Pending,
    /// They do not go with what the other repository has: somebody has to pull and settle that.
    Conflict,
}

/// Commits that the other repository took.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptPush)]
pub(crate) struct KeptPushBody {
    /// Where its repository lies below the workspace; empty for the workspace itself.
    path: String,
    /// The commit that its branch stands on now.
    commit: String,
    /// The branch in the session.
    branch: String,
    /// The branch over there.
    to: String,
    at: Timestamp,
}

impl From<PushState> for PushStateBody {
    fn from(push: PushState) -> Self {
        Self {
            activity: match push.activity {
                PushActivity::Off => PushActivityName::Off,
                PushActivity::UpToDate => PushActivityName::UpToDate,
                PushActivity::Pending => PushActivityName::Pending,
                PushActivity::Conflict => PushActivityName::Conflict,
            },
            branch: push.branch,
            to: push.to,
            reason: push.reason,
            files: push.files,
            last: push.last.map(Into::into),
        }
    }
}

impl From<KeptPush> for KeptPushBody {
    fn from(push: KeptPush) -> Self {
        Self {
            path: push.path.to_string(),
            commit: push.commit,
            branch: push.branch,
            to: push.to,
            at: from_millis(i64::try_from(push.at_ms).unwrap_or_default()),
        }
    }
}
