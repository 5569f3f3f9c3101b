//! What admins decide while the server runs. It is remembered in the store, one value a row, so that two admins who change
//! different things at once both get their way.

use std::time::Duration;

use longhouse_store::{Deed, Store};

use crate::engine::Engine;
use crate::error::EngineError;

/// Longest and shortest time for which the audit log can be told to keep its records, in days.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;

const COMMAND_LINES: &str = "policy.audit_command_lines";
const RETENTION: &str = "policy.audit_retention_days";

/// The policy in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether the lines that people type into terminals are recorded.
    pub audit_command_lines: bool,
    /// After how many days records of the audit log are moved into an archive file; `None` keeps them for ever.
    pub audit_retention_days: Option<u32>,
}

/// What of the policy is to be changed; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyPatch {
    /// Whether typed lines are recorded.
    pub audit_command_lines: Option<bool>,
    /// How long records are kept; `Some(None)` for ever.
    pub audit_retention_days: Option<Option<u32>>,
}

impl Policy {
    /// As the store remembers it. What cannot be read counts as not set.
    pub(crate) async fn load(store: &Store) -> Result<Self, EngineError> {
        let lines = store.setting(COMMAND_LINES).await?;
        let retention = store.setting(RETENTION).await?;
        Ok(Self {
            audit_command_lines: lines.as_deref() == Some("true"),
            audit_retention_days: retention
                .and_then(|days| days.parse().ok())
                .filter(|days| RETENTION_DAYS.contains(days)),
        })
    }

    /// How long records are kept.
    pub(crate) fn audit_retention(&self) -> Option<Duration> {
        let days = self.audit_retention_days?;
        Some(Duration::from_secs(u64::from(days) * 24 * 3600))
    }
}

impl Engine {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Policy {
        *self.context().policy.borrow()
    }

    /// Changes the policy; it holds from now on.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a time that is too short or too long.
    pub async fn change_policy(
        &self,
        patch: PolicyPatch,
        deed: &Deed,
    ) -> Result<Policy, EngineError> {
        if let Some(Some(days)) = patch.audit_retention_days
            && !RETENTION_DAYS.contains(&days)
        {
            return Err(EngineError::invalid(
                "auditRetentionDays",
                "must be 1 to 36500, or null",
            ));
        }
        let store = &self.context().store;
        let mut changes = Vec::new();
        if let Some(on) = patch.audit_command_lines {
            changes.push((COMMAND_LINES, Some(on.to_string())));
        }
        if let Some(days) = patch.audit_retention_days {
            changes.push((RETENTION, days.map(|days| days.to_string())));
        }
        store.change_settings(&changes, deed).await?;
        let policy = Policy::load(store).await?;
        self.context().policy.send_replace(policy);
        Ok(policy)
    }
}
