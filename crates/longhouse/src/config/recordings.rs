//! `[recordings]`: whose terminals are recorded, and how much of it is kept.

use std::path::PathBuf;

use longhouse_engine::{RecordingPolicy, RecordingSettings};
use serde::Deserialize;

/// See the module.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordingsTable {
    /// Whose terminals are recorded.
    #[serde(deserialize_with = "policy")]
    policy: RecordingPolicy,
    /// How much text a terminal's recording may hold, megabytes.
    megabytes: u32,
}

impl RecordingsTable {
    /// For recordings that are kept in this directory.
    pub(crate) fn kept_in(&self, dir: PathBuf) -> RecordingSettings {
        RecordingSettings {
            policy: self.policy,
            dir,
            bytes: u64::from(self.megabytes) * 1024 * 1024,
        }
    }
}

/// `off`, `asked` or `always`.
fn policy<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RecordingPolicy, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "off" => Ok(RecordingPolicy::Off),
        "asked" => Ok(RecordingPolicy::Asked),
        "always" => Ok(RecordingPolicy::Always),
        _ => Err(serde::de::Error::custom("must be off, asked or always")),
    }
}
