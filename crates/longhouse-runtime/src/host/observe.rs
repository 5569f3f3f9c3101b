//! Finds a session's sessiond again, by what was written down of it or by the signs that it carries.

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::{Observed, RuntimeHandle};
use serde::{Deserialize, Serialize};

use super::process::{self, ProcessId};
use super::{Host, ending};

/// The first argument of sessiond's program where it only waits for a program inside tmux.
const WRAPPER: &str = "run-child";

/// What is remembered of a running sessiond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    #[serde(flatten)]
    process: ProcessId,
    /// The start of the machine under which the process id means something.
    boot_id: String,
}

impl Handle {
    /// What an earlier start of this server may have written; `None` if it means nothing to us.
    fn read(handle: &RuntimeHandle) -> Option<Self> {
        serde_json::from_value(handle.0.clone()).ok()
    }
}

impl Host {
    /// The handle of this process.
    pub(super) fn handle(&self, process: ProcessId) -> serde_json::Result<RuntimeHandle> {
        let handle = Handle {
            process,
            boot_id: self.boot_id.clone(),
        };
        serde_json::to_value(handle).map(RuntimeHandle)
    }

    /// See [`crate::Runtime::observe`].
    pub(super) fn observe(&self, session: SessionId, handle: Option<&RuntimeHandle>) -> Observed {
        let known = handle.and_then(Handle::read);
        let same_boot = known
            .as_ref()
            .is_none_or(|known| known.boot_id == self.boot_id);
        let remembered = known.filter(|_| same_boot).map(|known| known.process);
        let living = remembered.filter(|process| process.is_alive());
        let living = living.or_else(|| self.find_sessiond(session));
        if let Some(handle) = living.and_then(|process| self.handle(process).ok()) {
            return Observed::Alive(handle);
        }
        let reason = if same_boot {
            format!(
                "{}; start the session again to go on",
                ending::reason(&self.layout.socket_dir(session))
            )
        } else {
            "the machine was restarted; start the session again to go on".to_owned()
        };
        Observed::Gone { reason }
    }

    /// The living process that a handle names.
    pub(super) fn process(&self, handle: &RuntimeHandle) -> Option<ProcessId> {
        let known = Handle::read(handle).filter(|known| known.boot_id == self.boot_id)?;
        Some(known.process).filter(|process| process.is_alive())
    }

    /// The session's sessiond, looked for among the processes: it runs a program of ours and carries the session's mark. Where two do
    /// (a daemon and what it is just about to start), it is the one whose parent does not.
    fn find_sessiond(&self, session: SessionId) -> Option<ProcessId> {
        let all = self.sessionds(session);
        let table = process::own_processes();
        let parent_of = |id: ProcessId| {
            table
                .iter()
                .find(|entry| entry.id == id)
                .map(|entry| entry.parent)
        };
        let is_first = |id: &&ProcessId| {
            parent_of(**id).is_none_or(|parent| !all.iter().any(|other| other.pid == parent))
        };
        all.iter().find(is_first).copied()
    }

    /// Every process of the session that runs sessiond's program.
    pub(super) fn sessionds(&self, session: SessionId) -> Vec<ProcessId> {
        let marked = process::marked(|marked| marked == session);
        marked
            .into_iter()
            .filter(|id| self.is_sessiond(*id))
            .collect()
    }

    /// Whether it is a sessiond of a version that this server wrote. The same program also stands inside tmux, around each program that
    /// is wrapped there, and outlives the daemon: that one says so in its first argument.
    pub(super) fn is_sessiond(&self, process: ProcessId) -> bool {
        let is_ours = process
            .executable()
            .is_some_and(|path| path.starts_with(self.layout.bin_dir()));
        is_ours && process.first_argument().as_deref() != Some(WRAPPER)
    }
}
