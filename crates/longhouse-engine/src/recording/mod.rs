//! Recordings: what a terminal showed, and when, in a file that outlives it.
//!
//! sessiond knows when each byte came, and keeps that with its output while the server is away. So the recording is made here, by a reader
//! of its own beside the viewers', and has nothing to lose: it notes which byte comes next, and goes on from there. A flood that is more
//! than a person could have watched is left out, and the recording says so.

mod allowance;
mod cast;
mod desk;
mod making;
mod play;
mod reading;
mod recorder;
mod tape;

use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use longhouse_domain::name::TerminalName;

pub(crate) use desk::{Attendant, Desk};
pub use play::Playing;

/// Whose terminals are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingPolicy {
    /// Nobody's.
    Off,
    /// Those of sessions that ask for it.
    Asked,
    /// All.
    Always,
}

impl RecordingPolicy {
    /// Whether a session is recorded that asks for it, or does not.
    #[must_use]
    pub fn records(self, asked: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Asked => asked,
            Self::Always => true,
        }
    }

    /// Why a session cannot be told to be recorded, or not to be.
    pub(crate) fn refuses(self, wanted: bool) -> Option<&'static str> {
        match self {
            Self::Off if wanted => {
                Some("this server records nothing: its `recordings.policy` is `off`")
            }
            Self::Always if !wanted => {
                Some("this server records every session: its `recordings.policy` is `always`")
            }
            _ => None,
        }
    }
}

/// How recordings are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    /// Whose there are.
    pub policy: RecordingPolicy,
    /// Where they are kept.
    pub dir: PathBuf,
    /// How much text a terminal's may hold, bytes; the oldest goes first.
    pub bytes: u64,
}

impl RecordingSettings {
    /// Where those of a session are kept.
    pub(crate) fn of_session(&self, id: SessionId) -> PathBuf {
        self.dir.join(id.to_string())
    }

    fn of_terminal(&self, id: SessionId, name: &TerminalName) -> PathBuf {
        self.of_session(id).join(name.as_str())
    }
}

/// Removes a directory that may not be there.
pub(crate) fn remove(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
