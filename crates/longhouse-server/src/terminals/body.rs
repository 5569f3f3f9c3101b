//! A terminal as clients see it.

use longhouse_domain::Timestamp;
use longhouse_domain::terminal::TerminalCommand;
use longhouse_engine::TerminalView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a terminal runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[schema(as = TerminalCommand)]
pub(crate) enum CommandBody {
    /// The session's agent.
    Agent,
    /// The user's login shell.
    Shell,
    /// A program with its arguments.
    Program {
        /// The program, then its arguments.
        argv: Vec<String>,
    },
}

/// A terminal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Terminal)]
pub(crate) struct TerminalBody {
    /// Unique within the session.
    pub(crate) name: String,
    title: String,
    /// The path of its page on this server.
    url: String,
    /// The path of its WebSocket on this server.
    ws_url: String,
    cols: u16,
    rows: u16,
    running: bool,
    /// Once its program has ended; 128 + n where signal n ended it.
    exit_code: Option<i32>,
    /// The program's process id in the session, while it runs.
    pid: Option<u32>,
    command: CommandBody,
    /// How many bytes it ever wrote.
    offset: u64,
    /// The first of them that is kept.
    oldest: u64,
    last_activity_at: Option<Timestamp>,
}

impl TerminalBody {
    pub(crate) fn new(session: Uuid, view: &TerminalView) -> Self {
        // A terminal's name holds nothing that has to be escaped in an address.
        let path = format!("/sessions/{session}/terminals/{}", view.name);
        Self {
            name: view.name.to_string(),
            title: view.title.clone(),
            ws_url: format!("/api{path}/ws"),
            url: path,
            cols: view.size.cols,
            rows: view.size.rows,
            running: view.running,
            exit_code: view.exit_code,
            pid: view.pid,
            command: match &view.command {
                TerminalCommand::Agent => CommandBody::Agent,
                TerminalCommand::Shell => CommandBody::Shell,
                TerminalCommand::Program { argv } => CommandBody::Program { argv: argv.clone() },
            },
            offset: view.offset,
            oldest: view.oldest,
            last_activity_at: view.last_activity_at,
        }
    }
}
