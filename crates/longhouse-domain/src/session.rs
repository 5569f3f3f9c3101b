//! The unit a person creates: a working directory, a runtime, an agent, terminals, a policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agent::Mode;
use crate::clock::Timestamp;
use crate::container::ContainerSpec;
use crate::egress::AllowList;
use crate::event::EventKind;
use crate::git::{AutoCommit, BranchName, Repository, Worktree};
use crate::id::{SessionId, UserId};
use crate::lifecycle::{Phase, Status, Wish};
use crate::name::SessionName;
use crate::publish::PublishedPort;
use crate::terminal::{Environment, TerminalSpec};

/// Where a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeKind {
    /// Processes on this machine.
    Host,
    /// One container.
    Docker,
    /// One pod.
    Kubernetes,
}

impl RuntimeKind {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Docker => "docker",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The runtime of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "host" => Some(Self::Host),
            "docker" => Some(Self::Docker),
            "kubernetes" => Some(Self::Kubernetes),
            _ => None,
        }
    }
}

/// What a host terminal's program is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Multiplexer {
    /// A tmux session per terminal on a socket of the session's own: reachable from a plain shell, outlives sessiond.
    Tmux,
    /// Nothing: the program sits on sessiond's PTY.
    None,
}

/// The directory that a session works in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Workdir {
    /// A new directory, made for the session and removed with it.
    Own,
    /// A directory that a person named, below an allowed base directory. Never removed.
    Named {
        /// The absolute path as named.
        path: String,
    },
}

/// Git identity for commits made in the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitIdentity {
    /// `user.name`.
    pub user_name: Option<String>,
    /// `user.email`.
    pub user_email: Option<String>,
}

/// The SSH key that a session's programs may have signatures of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSshKey {
    /// Which.
    pub id: Uuid,
    /// Its public half, as a line of `authorized_keys`.
    pub public_key: String,
}

/// What was asked for at creation. It does not change while the session runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSpec {
    /// The agent's name.
    pub agent: String,
    /// Its additional arguments.
    pub flags: Vec<String>,
    /// With a person, or through one task.
    pub mode: Mode,
    /// The first message, or the task.
    pub prompt: Option<String>,
    /// Where it lives.
    pub runtime: RuntimeKind,
    /// Where it works.
    pub workdir: Workdir,
    /// What its terminals are wrapped in.
    pub multiplexer: Multiplexer,
    /// Environment variables; readable by everybody who may look at the session.
    pub env: Environment,
    /// The names of its secrets, sorted. The values are kept sealed, elsewhere.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// The container it lives in, where it is to live in one.
    #[serde(default)]
    pub container: Option<ContainerSpec>,
    /// The repository it begins with; without one, its directory is left as it is. Beside a working tree, where that repository is from.
    #[serde(default)]
    pub repository: Option<Repository>,
    /// Without one: the branch of the repository that is made in its directory, where one is.
    #[serde(default)]
    pub new_repository: Option<BranchName>,
    /// The working tree that it has in another session's repository, where it has one. How its set-up went may change.
    #[serde(default)]
    pub worktree: Option<Worktree>,
    /// The SSH key that it was created with.
    #[serde(default)]
    pub ssh_key: Option<SessionSshKey>,
    /// Git identity.
    pub git: GitIdentity,
    /// What is made of changes in its repository. It may change at any time.
    #[serde(default)]
    pub auto_commit: AutoCommit,
    /// Seconds without input or output after which the session is stopped; never, if absent.
    pub idle_timeout_seconds: Option<u32>,
    /// Whether its terminals are to be recorded. It may change at any time.
    #[serde(default)]
    pub recording: bool,
}

impl SessionSpec {
    /// Whose right to the host lets it reach what is not on the public internet, where its list leads there.
    #[must_use]
    pub fn inside_by(&self, owner: UserId) -> Option<UserId> {
        let container = self.container.as_ref()?;
        let leads_inside = container.way_out().is_some_and(AllowList::leads_inside);
        leads_inside.then(|| container.inside_by.unwrap_or(owner))
    }

    /// The ports that are published on the server's machine.
    #[must_use]
    pub fn published(&self) -> &[PublishedPort] {
        let container = self.container.as_ref();
        container.map_or(&[], |container| &container.ports)
    }
}

/// A session as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Identifier.
    pub id: SessionId,
    /// Who created it.
    pub owner: UserId,
    /// Unique on this server, compared without regard to case.
    pub name: SessionName,
    /// Free text.
    pub description: String,
    /// Free marks to filter by.
    pub labels: BTreeMap<String, String>,
    /// What was asked for.
    pub spec: SessionSpec,
    /// The terminals that it ought to have, in the order of their tabs.
    pub terminals: Vec<TerminalSpec>,
    /// What is wanted.
    pub wish: Wish,
    /// How far it has got.
    pub phase: Phase,
    /// How often it was started; the first time is counted when the record is made. Each start's terminals count their bytes from a range of their own.
    pub starts: u32,
    /// When its repository was cloned into its directory, or made there, or its working tree was; that happens once.
    pub cloned_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When a person last opened it.
    pub last_accessed_at: Option<Timestamp>,
    /// When a terminal last had input or output.
    pub last_activity_at: Option<Timestamp>,
}

impl Session {
    /// The repository that is still to be cloned.
    #[must_use]
    pub fn to_be_cloned(&self) -> Option<&Repository> {
        let repository = self.spec.repository.as_ref();
        repository.filter(|_| self.cloned_at.is_none() && self.spec.worktree.is_none())
    }

    /// The working tree that is still to be made.
    #[must_use]
    pub fn to_be_worktree(&self) -> Option<&Worktree> {
        let worktree = self.spec.worktree.as_ref();
        worktree.filter(|_| self.cloned_at.is_none())
    }

    /// The branch of the repository that is still to be made.
    #[must_use]
    pub fn to_be_made(&self) -> Option<&BranchName> {
        let branch = self.spec.new_repository.as_ref();
        branch.filter(|_| self.spec.repository.is_none() && self.cloned_at.is_none())
    }

    /// The offset at which the terminals of the present start begin to count. The first start counts from 0; each later one
    /// from a number that no terminal of an earlier one can have reached, so that an offset never means two bytes. Offsets stay
    /// below 2^53, which every JSON reader can hold: 2^40 bytes are a start's share (hours of a flood), and 8,192 starts fit.
    #[must_use]
    pub fn first_offset(&self) -> u64 {
        (u64::from(self.starts.saturating_sub(1)) % 8_192) << 40
    }

    /// Turns the session to a phase. Answers the events that tell of it, where people see a difference: in the status, or in
    /// the reason beside it. With the status the rest of the record changes too, what may be done with it above all; that is
    /// an event with a position of its own, so that one who heard only the first is told the second on coming back.
    pub fn turn_to(&mut self, phase: Phase) -> Vec<EventKind> {
        let before = std::mem::replace(&mut self.phase, phase);
        let (from, to) = (before.status(), self.phase.status());
        if from == to && before.reason() == self.phase.reason() {
            return Vec::new();
        }
        let reason = self.phase.reason().map(str::to_owned);
        vec![
            EventKind::StatusChanged { from, to, reason },
            EventKind::Updated,
        ]
    }

    /// The status that people see.
    #[must_use]
    pub fn status(&self) -> Status {
        self.phase.status()
    }
}
