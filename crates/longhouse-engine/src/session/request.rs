//! What people ask for: new sessions, changes, new terminals, commands.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::agent::Mode;
use longhouse_domain::clock::Timestamp;
use longhouse_domain::container::{ImageName, Network, Template};
use longhouse_domain::egress::AllowList;
use longhouse_domain::git::{AutoCommit, BranchName, Repository, RepositoryUrl};
use longhouse_domain::lifecycle::Status;
use longhouse_domain::name::{SessionName, TerminalName};
use longhouse_domain::publish::PortWish;
use longhouse_domain::session::{GitIdentity, Multiplexer, RuntimeKind};
use longhouse_domain::terminal::{Environment, TerminalCommand, TerminalSize};
use longhouse_domain::{SecretText, Secrets};
use uuid::Uuid;

use super::worktree::NewWorktree;
use crate::ssh::SshKeySource;

/// A session to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Unique on this server.
    pub name: SessionName,
    /// Free text.
    pub description: String,
    /// Free marks.
    pub labels: BTreeMap<String, String>,
    /// The agent's name.
    pub agent: String,
    /// Its additional arguments.
    pub flags: Vec<String>,
    /// With a person, or through one task.
    pub mode: Mode,
    /// The first message, or the task.
    pub prompt: Option<String>,
    /// Where it lives; by default where this server can.
    pub runtime: Option<RuntimeKind>,
    /// Where it works; by default a new directory of its own.
    pub workdir: Option<String>,
    /// What its terminals are wrapped in; by default what the settings say.
    pub multiplexer: Option<Multiplexer>,
    /// What is asked for of its container.
    pub container: NewContainer,
    /// Where its programs may connect to; by default anywhere.
    pub network: Option<Network>,
    /// What they may reach, where that is a list.
    pub allow_hosts: AllowList,
    /// Environment variables.
    pub env: Environment,
    /// Its secrets.
    pub secrets: Secrets,
    /// The repository to begin with.
    pub repository: Option<Repository>,
    /// Without one: the branch of a repository that is made in its directory, if one is to be made.
    pub new_repository: Option<BranchName>,
    /// The working tree of another session's repository to begin with.
    pub worktree: Option<NewWorktree>,
    /// The SSH key that its git may use.
    pub ssh_key: Option<NewSessionKey>,
    /// Git identity.
    pub git: GitIdentity,
    /// What is made of changes in its repository.
    pub auto_commit: AutoCommit,
    /// Seconds without input or output after which it is stopped.
    pub idle_timeout_seconds: Option<u32>,
    /// Whether its terminals are recorded; as is usual here, if absent.
    pub recording: Option<bool>,
}

impl NewSession {
    /// Where the repository is that it begins with.
    pub(crate) fn url(&self) -> Option<&RepositoryUrl> {
        self.repository.as_ref().map(|repository| &repository.url)
    }
}

/// The SSH key of a session to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewSessionKey {
    /// One that its owner keeps.
    Kept(Uuid),
    /// One of its own, which goes with it.
    Own(SshKeySource),
}

/// What may be asked for of a container; what is absent is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewContainer {
    /// What it is made for.
    pub template: Option<Template>,
    /// What it is made from.
    pub image: Option<ImageName>,
    /// Thousandths of a core.
    pub cpu_millis: Option<u32>,
    /// MiB.
    pub memory_mb: Option<u32>,
    /// Processes and threads.
    pub pids: Option<u32>,
    /// MiB on disk.
    pub disk_mb: Option<u32>,
    /// Ports to be reached on the server's machine.
    pub ports: Vec<PortWish>,
}

/// Secrets to set, or to remove where there is no value.
pub type SecretsPatch = BTreeMap<String, Option<SecretText>>;

/// A change of a session's record. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPatch {
    /// A new name.
    pub name: Option<SessionName>,
    /// A new description.
    pub description: Option<String>,
    /// New labels, in place of all old ones.
    pub labels: Option<BTreeMap<String, String>>,
    /// A new idle timeout, or none.
    pub idle_timeout_seconds: Option<Option<u32>>,
    /// A new environment, in place of the old one, from the next start on.
    pub env: Option<Environment>,
    /// Secrets to set, or to remove where there is no value; the others stay. They hold at once.
    pub secrets: SecretsPatch,
    /// New arguments of the agent, from the next start on.
    pub flags: Option<Vec<String>>,
    /// A new list of what a closed session reaches, in place of the old one. It holds at once.
    pub allow_hosts: Option<AllowList>,
    /// How many MiB its container may have on disk from now on, or as many as are usual.
    pub disk_mb: Option<Option<u32>>,
    /// Whether its terminals are recorded from now on.
    pub recording: Option<bool>,
}

/// A terminal to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTerminal {
    /// Its name; by default the next free `terminal-N`.
    pub name: Option<TerminalName>,
    /// Its title; by default its name.
    pub title: Option<String>,
    /// What it runs.
    pub command: TerminalCommand,
    /// Its size.
    pub size: TerminalSize,
}

/// How a terminal's screen is shown to people and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureFormat {
    /// Plain text.
    Text,
    /// Text with colours as escape sequences.
    Ansi,
    /// A safe HTML fragment.
    Html,
}

impl CaptureFormat {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Ansi, Self::Html];

    /// As kept and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Ansi => "ansi",
            Self::Html => "html",
        }
    }
}

/// A program to run beside the terminals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecCommand {
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// How long it may run.
    pub timeout: Duration,
}

/// What such a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutcome {
    /// 128 + n where signal n ended it.
    pub exit_code: i32,
    /// What it wrote.
    pub stdout: Bytes,
    /// What it complained.
    pub stderr: Bytes,
    /// Whether some of either was cut off.
    pub truncated: bool,
    /// Whether it was ended because its time was over.
    pub timed_out: bool,
    /// How long it ran.
    pub duration: Duration,
}

/// How a session fares.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionHealth {
    /// Its status.
    pub status: Status,
    /// Whether everything that should be there is there and answers.
    pub healthy: bool,
    /// What was looked at.
    pub checks: Vec<HealthCheck>,
    /// How long sessiond took to answer, milliseconds.
    pub link_rtt_ms: Option<f64>,
    /// sessiond's version.
    pub sessiond_version: Option<String>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// What.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// In words.
    pub detail: String,
}

/// What a session uses.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionStats {
    /// Processor time of all its processes since the question before, or since their start, as percent of one core.
    pub cpu_percent: f64,
    /// Resident memory of all its processes, bytes.
    pub memory_bytes: u64,
    /// How many processes.
    pub processes: u32,
    /// How long sessiond has run, milliseconds.
    pub uptime_ms: u64,
    /// What its terminals ever wrote, bytes.
    pub output_bytes: u64,
    /// What was ever typed, bytes.
    pub input_bytes: u64,
    /// How many viewers look at its terminals.
    pub viewers: u64,
    /// When this was measured.
    pub at: Timestamp,
}

/// All sessions that an actor may see, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionsStats {
    /// All.
    pub total: u64,
    /// By status.
    pub by_status: BTreeMap<&'static str, u64>,
    /// By agent.
    pub by_agent: BTreeMap<String, u64>,
    /// How many viewers look at their terminals.
    pub viewers: u64,
}
