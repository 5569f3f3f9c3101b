//! What is known of a session at this moment, beside its record: published by its driver, read by everybody.

use longhouse_domain::clock::Timestamp;
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::Session;

use super::view::{AgentActivity, AgentState, PortView, TerminalView};

/// Why a session that is to be deleted is still there: what only it has cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unkept {
    /// Why, in words.
    pub(crate) why: String,
    /// How often it was tried since somebody wished for it last.
    pub(crate) attempts: u32,
}

/// The present state of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    /// The record, as the driver last wrote or read it.
    pub(crate) session: Session,
    /// Its terminals.
    pub(crate) terminals: Vec<TerminalView>,
    /// The ports that its programs listen on.
    pub(crate) ports: Vec<PortView>,
    /// sessiond's process id.
    pub(crate) pid: Option<u32>,
    /// When sessiond began, as it says.
    pub(crate) began_at: Option<Timestamp>,
    /// What is to be said of its place: that it stands still, or is waited for.
    pub(crate) notice: Option<String>,
    /// Why it cannot be deleted, where that was wished and failed.
    pub(crate) unkept: Option<Unkept>,
    /// When it last had input or output.
    pub(crate) last_activity_at: Option<Timestamp>,
    /// Whether the driver has compared paper and world at least once.
    pub(crate) looked: bool,
    /// Whether the session is gone for good.
    pub(crate) gone: bool,
    /// When the present agent state began.
    pub(crate) agent_since: Timestamp,
}

impl Live {
    pub(crate) fn new(session: Session, now: Timestamp) -> Self {
        Self {
            terminals: session
                .terminals
                .iter()
                .map(TerminalView::at_rest)
                .collect(),
            last_activity_at: session.last_activity_at,
            session,
            ports: Vec::new(),
            pid: None,
            began_at: None,
            notice: None,
            unkept: None,
            looked: false,
            gone: false,
            agent_since: now,
        }
    }

    /// Nothing of the session runs.
    pub(crate) fn come_to_rest(&mut self) {
        self.pid = None;
        self.began_at = None;
        self.notice = None;
        self.ports.clear();
        for terminal in &mut self.terminals {
            terminal.running = false;
            terminal.pid = None;
        }
    }

    /// What the agent is doing, as far as its terminal tells.
    pub(crate) fn agent_state(&self) -> AgentState {
        let agent = self
            .terminals
            .iter()
            .find(|terminal| terminal.name == TerminalName::agent());
        let (kind, evidence) = match agent {
            Some(terminal) if terminal.running => (
                AgentActivity::Unknown,
                "its terminal runs; what it does is not looked into".to_owned(),
            ),
            Some(terminal) if terminal.exit_code.is_some() => (
                AgentActivity::Exited,
                format!(
                    "its program ended with exit code {}",
                    terminal.exit_code.unwrap_or_default()
                ),
            ),
            Some(_) => (
                AgentActivity::Unknown,
                "the session does not run".to_owned(),
            ),
            None => (
                AgentActivity::Unknown,
                "the agent's terminal was closed".to_owned(),
            ),
        };
        AgentState {
            kind,
            since: self.agent_since,
            evidence,
        }
    }
}
