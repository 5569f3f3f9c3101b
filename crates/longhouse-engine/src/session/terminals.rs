//! Questions to sessiond about terminals, with its answers checked.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use longhouse_domain::session::{Multiplexer, Session};
use longhouse_domain::terminal::{Environment, TerminalCommand, TerminalSpec};
use longhouse_link::proto::capture_request::Format;
use longhouse_link::proto::{
    CaptureRequest, CreateTerminalRequest, ListTerminalsRequest, Terminal,
};
use tonic::Status;

use super::connection::Connection;
use super::request::CaptureFormat;
use crate::context::Context;
use crate::error::EngineError;

/// How long sessiond may take for a simple question.
pub(crate) const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// All terminals of the session.
pub(crate) async fn list(connection: &Connection) -> Result<Vec<Terminal>, Status> {
    let mut client = connection.client();
    let answer = tokio::time::timeout(ANSWER_WAIT, client.list_terminals(ListTerminalsRequest {}))
        .await
        .map_err(|_| Status::deadline_exceeded("no list of terminals in time"))??;
    Ok(answer.into_inner().terminals)
}

/// The terminal of that name.
pub(crate) async fn find(connection: &Connection, name: &str) -> Result<Terminal, Status> {
    list(connection)
        .await?
        .into_iter()
        .find(|terminal| terminal.name == name)
        .ok_or_else(|| Status::not_found("no such terminal"))
}

/// What sessiond is told to start for this terminal.
pub(crate) fn create_request(
    context: &Context,
    session: &Session,
    terminal: &TerminalSpec,
) -> Result<CreateTerminalRequest, EngineError> {
    let spec = &session.spec;
    let (program, args) = match &terminal.command {
        TerminalCommand::Agent => {
            let line = context
                .settings
                .agents
                .command_line(&spec.agent, &spec.flags, spec.mode, spec.prompt.as_deref())
                .map_err(|error| EngineError::invalid("agent", error.to_string()))?;
            (line.program.unwrap_or_default(), line.args)
        }
        TerminalCommand::Shell => (String::new(), Vec::new()),
        TerminalCommand::Program { argv } => {
            let (program, args) = argv
                .split_first()
                .ok_or_else(|| EngineError::invalid("command", "must name a program"))?;
            (program.clone(), args.to_vec())
        }
    };
    Ok(CreateTerminalRequest {
        name: terminal.name.to_string(),
        title: terminal.title.clone(),
        program,
        args,
        env: Environment::new(),
        cols: terminal.size.cols.into(),
        rows: terminal.size.rows.into(),
        tmux: spec.multiplexer == Multiplexer::Tmux,
        stands_back: false,
    })
}

/// The largest capture, bytes.
const CAPTURE_BYTES: usize = 16 * 1024 * 1024;

/// A terminal's screen, with lines of its history above it.
pub(crate) async fn capture(
    connection: &Connection,
    name: &str,
    format: CaptureFormat,
    scrollback_lines: u32,
) -> Result<Bytes, Status> {
    let format = match format {
        CaptureFormat::Text => Format::Text,
        CaptureFormat::Ansi => Format::Ansi,
        CaptureFormat::Html => Format::Html,
    };
    let request = CaptureRequest {
        name: name.to_owned(),
        format: format.into(),
        scrollback_lines,
    };
    let mut pieces = connection.client().capture(request).await?.into_inner();
    let mut capture = BytesMut::new();
    while let Some(piece) = pieces.message().await? {
        if capture.len() + piece.data.len() > CAPTURE_BYTES {
            return Err(Status::data_loss(
                "the capture is larger than a screen can be",
            ));
        }
        capture.extend_from_slice(&piece.data);
    }
    Ok(capture.freeze())
}
