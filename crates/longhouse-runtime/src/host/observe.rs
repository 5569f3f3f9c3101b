//! Finds a session's sessiond again, by what was written down of it or by the signs that it carries.

use longhouse_domain::SessionId;
use longhouse_domain::lifecycle::{Cause, Observed, RuntimeHandle};
use serde::{Deserialize, Serialize};

use super::process::{self, Entry, ProcessId};
use super::{Host, ending};

/// The first argument of sessiond's program where it is the daemon.
const DAEMON: &str = "run";

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
        // What was never made is not looked for: that is a look at every process of the machine.
        let was_made = handle.is_some() || self.layout.has(session);
        let living = living.or_else(|| was_made.then(|| self.find_sessiond(session))?);
        if let Some(handle) = living.and_then(|process| self.handle(process).ok()) {
            return Observed::Alive(handle);
        }
        if same_boot {
            let ending = ending::reason(&self.layout.socket_dir(session));
            return Observed::Gone {
                reason: format!("{ending}; start the session again to go on"),
                cause: Cause::Fault,
            };
        }
        Observed::Gone {
            reason: "the machine was restarted; start the session again to go on".to_owned(),
            cause: Cause::Outage,
        }
    }

    /// The living process that a handle names.
    pub(super) fn process(&self, handle: &RuntimeHandle) -> Option<ProcessId> {
        let known = Handle::read(handle).filter(|known| known.boot_id == self.boot_id)?;
        Some(known.process).filter(|process| process.is_alive())
    }

    /// The session's sessiond, looked for among the processes. Where two fit (a daemon and a child of it that has not yet become another
    /// program), it is the one whose parent does not.
    fn find_sessiond(&self, session: SessionId) -> Option<ProcessId> {
        let table = process::own_processes();
        let all = self.sessionds(&table, &session.short());
        let parent_of = |id: ProcessId| {
            let entry = table.iter().find(|entry| entry.id == id);
            entry.map(|entry| entry.parent)
        };
        let is_first = |id: &&ProcessId| {
            parent_of(**id).is_none_or(|parent| !all.iter().any(|other| other.pid == parent))
        };
        all.iter().find(is_first).copied()
    }

    /// Every process that is the sessiond of the session with this short name.
    pub(super) fn sessionds(&self, table: &[Entry], short: &str) -> Vec<ProcessId> {
        let all = self.all_sessionds(table).into_iter();
        let of_session = all.filter(|(_, owner)| owner.as_deref() == Some(short));
        of_session.map(|(id, _)| id).collect()
    }

    /// Every process that runs a version of sessiond which this server wrote, and the short name of the session whose lock it holds. The
    /// same program also stands inside tmux, around each program that is wrapped there; the first argument tells them apart.
    pub(super) fn all_sessionds(&self, table: &[Entry]) -> Vec<(ProcessId, Option<String>)> {
        let bin_dir = self.layout.bin_dir();
        let is_daemon = |id: &ProcessId| {
            let executable = id.executable();
            executable.is_some_and(|path| path.starts_with(&bin_dir))
                && id.first_argument().as_deref() == Some(DAEMON)
        };
        let owner = |id: ProcessId| {
            // A sessiond opens its lock before anything else, so that it is found without going through all that it has open.
            id.open_files()
                .find_map(|file| self.layout.owner_of_lock(&file).map(str::to_owned))
        };
        let all = table.iter().map(|entry| entry.id);
        all.filter(is_daemon).map(|id| (id, owner(id))).collect()
    }
}
