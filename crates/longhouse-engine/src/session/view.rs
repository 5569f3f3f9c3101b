//! A session as people and programs see it: the record, and what is known of it at this moment.

use std::net::SocketAddr;
use std::path::PathBuf;

use longhouse_domain::Permission;
use longhouse_domain::clock::{Timestamp, from_millis};
use longhouse_domain::lifecycle::{Phase, Status, Wish};
use longhouse_domain::name::TerminalName;
use longhouse_domain::publish::PublishedPort;
use longhouse_domain::session::Session;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize, TerminalSpec};
use longhouse_link::proto;
use longhouse_runtime::Container;

/// What the agent is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentActivity {
    /// Nothing tells.
    Unknown,
    /// It waits for nothing and does nothing.
    Idle,
    /// It works.
    Working,
    /// It waits for a person.
    NeedsInput,
    /// Its program has ended.
    Exited,
}

/// What the agent is doing, since when, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentState {
    /// What.
    pub kind: AgentActivity,
    /// Since when.
    pub since: Timestamp,
    /// How that is known, in words.
    pub evidence: String,
}

/// Something that the asking actor may do with the session now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop and start it.
    Restart,
    /// Delete it.
    Delete,
    /// Share it with others.
    Share,
    /// Change its record.
    Update,
    /// Type into its terminals, open and close them, run commands.
    Drive,
}

/// A terminal as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalView {
    /// Unique within the session.
    pub name: TerminalName,
    /// What people read on the tab.
    pub title: String,
    /// What it runs.
    pub command: TerminalCommand,
    /// Its size.
    pub size: TerminalSize,
    /// Whether its program runs.
    pub running: bool,
    /// The program's exit code, once it has ended.
    pub exit_code: Option<i32>,
    /// The program's process id in the session.
    pub pid: Option<u32>,
    /// How many bytes its PTY ever wrote.
    pub offset: u64,
    /// The first of them that is kept.
    pub oldest: u64,
    /// When it last had input or output.
    pub last_activity_at: Option<Timestamp>,
}

impl TerminalView {
    /// A terminal that is remembered, of which nothing lives.
    pub(crate) fn at_rest(spec: &TerminalSpec) -> Self {
        Self {
            name: spec.name.clone(),
            title: spec.title.clone(),
            command: spec.command.clone(),
            size: spec.size,
            running: false,
            exit_code: None,
            pid: None,
            offset: 0,
            oldest: 0,
            last_activity_at: None,
        }
    }

    /// The same terminal, as sessiond just described it.
    pub(crate) fn alive(spec: &TerminalSpec, now: &proto::Terminal) -> Self {
        Self {
            size: TerminalSize::clamped(now.cols.into(), now.rows.into()),
            running: now.running,
            exit_code: now.exit_code.filter(|_| !now.running),
            pid: now.pid.filter(|_| now.running),
            offset: now.offset,
            oldest: now.oldest,
            last_activity_at: i64::try_from(now.last_activity_ms)
                .ok()
                .filter(|ms| *ms > 0)
                .map(from_millis),
            ..Self::at_rest(spec)
        }
    }
}

/// A port that a program of the session listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortView {
    /// Which port of the session's loopback.
    pub port: u16,
    /// The process's name; empty where it is not known.
    pub process: String,
}

/// A port of the session that is published on the server's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedView {
    /// Which.
    pub port: PublishedPort,
    /// Where it is listened for; none while somebody else has that number.
    pub address: Option<SocketAddr>,
}

/// A session as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The record.
    pub session: Session,
    /// The owner's name.
    pub owner_name: String,
    /// Where it works, absolute.
    pub workdir: PathBuf,
    /// Its terminals, in the order of their tabs.
    pub terminals: Vec<TerminalView>,
    /// The ports that its programs listen on, ascending.
    pub ports: Vec<PortView>,
    /// Those that are published, as they were asked for.
    pub published: Vec<PublishedView>,
    /// What its agent is doing.
    pub agent_state: AgentState,
    /// The container that it lives in, while it runs in one.
    pub container: Option<Container>,
    /// When what runs of it began to.
    pub began_at: Option<Timestamp>,
    /// What is to be said of its place at this moment, beside the reason of its status.
    pub notice: Option<String>,
    /// Why it is still there, where it was to be deleted and what only it has cannot be kept.
    pub unkept: Option<String>,
    /// sessiond's process id on this machine, while the session runs.
    pub pid: Option<u32>,
    /// The tmux socket, where its terminals are wrapped in tmux.
    pub socket_path: Option<PathBuf>,
    /// Whether its terminals are recorded.
    pub recording: bool,
    /// The most that the asking actor may do with it.
    pub access: Permission,
    /// With how many users it is shared.
    pub shared: u64,
    /// What the asking actor may do now.
    pub allowed_actions: Vec<Action>,
}

impl SessionView {
    /// The same session, for somebody who may do this with it.
    #[must_use]
    pub(crate) fn with_access(mut self, access: Permission, shared: u64) -> Self {
        self.allowed_actions = match self.session.wish {
            // Once more, or with the word that gives its work up.
            Wish::Deleted if self.unkept.is_some() && access >= Permission::Own => {
                vec![Action::Delete]
            }
            Wish::Deleted => Vec::new(),
            Wish::Running | Wish::Stopped => allowed_actions(access, &self.session),
        };
        self.access = access;
        self.shared = shared;
        self
    }
}

/// What somebody with this access may do with the session in its present state.
fn allowed_actions(access: Permission, session: &Session) -> Vec<Action> {
    let mut actions = Vec::new();
    if access >= Permission::Drive {
        match session.status() {
            Status::Stopped | Status::Error => actions.push(Action::Start),
            Status::Pending | Status::Starting => actions.push(Action::Stop),
            Status::Running => actions.extend([Action::Stop, Action::Restart]),
        }
        actions.push(Action::Update);
        if matches!(session.phase, Phase::Running { .. }) {
            actions.push(Action::Drive);
        }
    }
    if access >= Permission::Own {
        actions.extend([Action::Share, Action::Delete]);
    }
    actions
}
