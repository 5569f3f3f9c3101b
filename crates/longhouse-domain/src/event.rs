//! What happened, for everybody who may know: the events that reach open pages.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::git::{KeptCommit, KeptConflict, KeptPush, RefusedFile};
use crate::id::{SessionId, UserId};
use crate::lifecycle::Status;

/// A stage of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The image is fetched.
    Image,
    /// The container, or on the host the working directory and sessiond, is made.
    Container,
    /// The repository is cloned.
    Clone,
    /// A working tree of another session's repository is made.
    Worktree,
    /// Files that git ignores are copied into it.
    Copy,
    /// The set-up script runs.
    Setup,
    /// The agent and the other terminals start.
    Agent,
}

/// How a session's container fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerHealth {
    /// It runs, and nothing is to be said against it.
    Healthy,
    /// It is there, but stands still.
    Unhealthy,
    /// A program of it was ended, because the memory that it may have was used up.
    Oom,
    /// It does not run.
    None,
}

/// What happened to one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum EventKind {
    /// It was written down.
    Created,
    /// Its record changed.
    Updated,
    /// It is gone.
    Deleted,
    /// Its status changed.
    StatusChanged {
        /// Before.
        from: Status,
        /// Now.
        to: Status,
        /// Why, where there is a reason.
        reason: Option<String>,
    },
    /// A creation or start went on.
    Progress {
        /// What is being done.
        stage: Stage,
        /// How much of it is done, where that is known, 0 to 100.
        percent: Option<u8>,
        /// In words.
        detail: String,
    },
    /// A program used the session's way out, or was refused it.
    Egress {
        /// The host, as the program named it.
        host: String,
        /// The port.
        port: u16,
        /// Why it was refused; nothing where it was connected.
        reason: Option<String>,
    },
    /// The session's container fares differently.
    ContainerHealth {
        /// How it fares now.
        health: ContainerHealth,
        /// Why, where there is something to say.
        detail: Option<String>,
    },
    /// A terminal's program ended.
    TerminalExited {
        /// Which terminal.
        terminal: String,
        /// Its exit code; 128 + n where signal n ended it.
        code: i32,
    },
    /// A program began to listen on a port, or another one does now.
    PortOpened {
        /// Which port.
        port: u16,
        /// The process's name; may be empty.
        process: String,
    },
    /// A commit was made in the session's repository.
    GitCommit {
        /// Which.
        commit: KeptCommit,
    },
    /// A checkpoint of the session's directory was made.
    GitCheckpoint {
        /// Its number.
        number: u64,
        /// What had changed, in a line.
        subject: String,
    },
    /// Files are not committed by themselves.
    GitRefused {
        /// Which, and why.
        files: Vec<RefusedFile>,
    },
    /// A host showed another SSH key than it is known by, and was not spoken to.
    HostKeyRefused {
        /// The host, as known-hosts files name it.
        host: String,
        /// The fingerprint of the key that it showed.
        shown: String,
        /// That of the key that it is known by; nothing where it is known by what it publishes.
        known: Option<String>,
    },
    /// The other repository took commits of the session's.
    GitPush {
        /// Which.
        push: KeptPush,
    },
    /// Changes in the session's repository do not go together.
    GitConflict {
        /// Which.
        conflict: KeptConflict,
    },
    /// Nothing listens on a port any more.
    PortClosed {
        /// Which port.
        port: u16,
    },
}

/// One event in the log that all share. `seq` grows by at least one with each, over restarts too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Position in the log, from 1; below 2^53.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// To which session.
    pub session: SessionId,
    /// Whose session: decides, together with its shares, who may know.
    pub owner: UserId,
    /// For one user alone: the session ceased to exist for them, by its end or by that of their share.
    pub only_for: Option<UserId>,
    /// What.
    pub what: EventKind,
}

/// How much a line of a session's log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For those who look for a fault.
    Debug,
    /// The ordinary course.
    Info,
    /// Something to look at.
    Warn,
    /// Something went wrong.
    Error,
}

impl LogLevel {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error]
            .into_iter()
            .find(|level| level.as_str() == name)
    }
}

/// A line of a session's log: what Longhouse did with it, and what its runtime said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// Position within the session's log, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// Who says so: `session`, `sessiond`, `terminal:<name>`.
    pub source: String,
    /// What; one line, no control characters.
    pub message: String,
}
