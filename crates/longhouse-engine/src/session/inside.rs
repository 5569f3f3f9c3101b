//! What people do with a session's terminals: open, close, type, look, join.

use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::EventKind;
use longhouse_domain::lifecycle::Status;
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::Session;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize, TerminalSpec};
use longhouse_link::proto::{ResizeTerminalRequest, TerminalRef, WriteRequest};

use super::ask::AskError;
use super::handle::{Command, Handle};
use super::request::{CaptureFormat, NewTerminal};
use super::terminals;
use super::view::TerminalView;
use crate::engine::Engine;
use crate::error::{EngineError, plain};
use crate::terminal::{Access, Viewer};

/// How long input may wait for a program that does not read.
const INPUT_WAIT: Duration = Duration::from_secs(20);

impl Engine {
    /// The session's terminals, in the order of their tabs.
    pub async fn list_terminals(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<Vec<TerminalView>, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        self.present_terminals(&session, &handle).await
    }

    /// One terminal.
    pub async fn get_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<TerminalView, EngineError> {
        let terminals = self.list_terminals(actor, reference).await?;
        terminals
            .into_iter()
            .find(|t| t.name.as_str() == name)
            .ok_or(EngineError::TerminalNotFound)
    }

    /// Opens another terminal. It is remembered: the next start of the session opens it again.
    pub async fn create_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        new: NewTerminal,
    ) -> Result<TerminalView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        require_running(&session)?;
        let spec = next_terminal(&session, new)?;
        let request = terminals::create_request(self.context(), &session, &spec)?;
        let remembered = spec.clone();
        let session = handle
            .ask(|reply| Command::Change(Box::new(|s| remember(s, remembered)), reply))
            .await?;
        if !session.terminals.contains(&spec) {
            return Err(taken(&spec.name));
        }
        let program = request.program.clone();
        let opened = handle
            .connections
            .ask(|link| {
                let request = request.clone();
                async move { link.client().create_terminal(request).await }
            })
            .await;
        match opened {
            Ok(terminal) => {
                handle.ask(Command::Refresh).await?;
                Ok(TerminalView::alive(&spec, terminal.get_ref()))
            }
            Err(error) => {
                let name = spec.name.clone();
                handle
                    .ask(|reply| Command::Change(Box::new(move |s| forget(s, &name)), reply))
                    .await?;
                Err(match error {
                    AskError::Refused(status) if status.code() == tonic::Code::NotFound => {
                        EngineError::invalid(
                            "command",
                            format!("the program {program:?} was not found in the session"),
                        )
                    }
                    error => error.into(),
                })
            }
        }
    }

    /// Ends a terminal's program and forgets the terminal.
    pub async fn close_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<(), EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name = known(&session, name)?;
        if handle.connections.current().is_some() {
            let closed = handle
                .connections
                .ask(|link| {
                    let terminal = reference_to(&name);
                    async move { link.client().close_terminal(terminal).await }
                })
                .await;
            match closed {
                Ok(_) | Err(AskError::AtRest) => {}
                Err(AskError::Refused(status)) if status.code() == tonic::Code::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(hub) = handle.watched(name.as_str()) {
            hub.close();
        }
        handle
            .ask(|reply| Command::Change(Box::new(move |s| forget(s, &name)), reply))
            .await?;
        Ok(())
    }

    /// Gives a terminal another size, whoever drives it.
    pub async fn resize_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
        size: TerminalSize,
    ) -> Result<TerminalView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name = known(&session, name)?;
        require_running(&session)?;
        let request = ResizeTerminalRequest {
            name: name.to_string(),
            cols: size.cols.into(),
            rows: size.rows.into(),
        };
        handle
            .connections
            .ask(|link| {
                let request = request.clone();
                async move { link.client().resize_terminal(request).await }
            })
            .await?;
        self.one(&session, &handle, &name).await
    }

    /// Types into a terminal; returns when its program's terminal has taken everything.
    pub async fn write_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
        data: Bytes,
    ) -> Result<(), EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name = known(&session, name)?;
        require_running(&session)?;
        let written = handle.connections.ask(|link| {
            let first = WriteRequest {
                name: name.to_string(),
                data: Bytes::new(),
            };
            let messages = std::iter::once(first).chain(crate::terminal::pieces(data.clone()));
            async move {
                link.client()
                    .write(futures_util::stream::iter(messages))
                    .await
            }
        });
        match tokio::time::timeout(INPUT_WAIT, written).await {
            Ok(written) => Ok(written.map(drop)?),
            Err(_) => Err(EngineError::conflict(
                "terminal.not_reading",
                "the program in the terminal does not read its input; a part of it may have been taken",
            )),
        }
    }

    /// A terminal's screen, with lines of its history above it; for a session that has ended what was kept of it then.
    pub async fn capture_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
        format: CaptureFormat,
        scrollback_lines: u32,
    ) -> Result<Bytes, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let name = known(&session, name)?;
        if matches!(session.status(), Status::Stopped | Status::Error) {
            let store = &self.context().store;
            let kept = store
                .last_screen(actor, session.id, name.as_str(), format.name())
                .await?;
            return kept.map(Bytes::from).ok_or_else(EngineError::not_running);
        }
        require_running(&session)?;
        let name = name.as_str();
        let look = handle.connections.ask(|link| async move {
            terminals::capture(&link, name, format, scrollback_lines).await
        });
        Ok(look.await?)
    }

    /// Joins a terminal to read it, and with [`Access::Write`] to type. Who may only look gets no more than that.
    pub async fn join_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
        join: Join,
    ) -> Result<Viewer, EngineError> {
        let permission = match join.access {
            Access::Read => Permission::Look,
            Access::Write => Permission::Drive,
        };
        let (session, handle) = self.find(actor, reference, permission).await?;
        let name = known(&session, name)?;
        require_running(&session)?;
        let context = self.context();
        let hub = handle
            .hub(name.as_str(), &context.tasks, &context.stop)
            .await?;
        Viewer::join(hub, &actor.username, handle.right(actor), join).await
    }

    async fn present_terminals(
        &self,
        session: &Session,
        handle: &Handle,
    ) -> Result<Vec<TerminalView>, EngineError> {
        let as_known = || Ok(handle.live.borrow().terminals.clone());
        if handle.connections.current().is_none() {
            return as_known();
        }
        let found = match handle
            .connections
            .ask(|link| async move { terminals::list(&link).await })
            .await
        {
            Ok(found) => found,
            Err(AskError::AtRest | AskError::Ended) => return as_known(),
            Err(error) => return Err(error.into()),
        };
        let view = |spec: &TerminalSpec| match found.iter().find(|t| t.name == spec.name.as_str()) {
            Some(terminal) => TerminalView::alive(spec, terminal),
            None => TerminalView::at_rest(spec),
        };
        Ok(session.terminals.iter().map(view).collect())
    }

    pub(super) async fn one(
        &self,
        session: &Session,
        handle: &Handle,
        name: &TerminalName,
    ) -> Result<TerminalView, EngineError> {
        let terminals = self.present_terminals(session, handle).await?;
        terminals
            .into_iter()
            .find(|t| t.name == *name)
            .ok_or(EngineError::TerminalNotFound)
    }
}

/// How to join a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// The first byte wanted; without it, or where it is no longer kept, the screen is repainted.
    pub from: Option<u64>,
    /// To look, or to type too.
    pub access: Access,
}

/// Refuses what needs programs that run.
pub(crate) fn require_running(session: &Session) -> Result<(), EngineError> {
    match session.status() {
        Status::Stopped | Status::Error => Err(EngineError::not_running()),
        Status::Pending | Status::Starting | Status::Running => Ok(()),
    }
}

pub(super) fn reference_to(name: &TerminalName) -> TerminalRef {
    TerminalRef {
        name: name.to_string(),
    }
}

pub(super) fn known(session: &Session, name: &str) -> Result<TerminalName, EngineError> {
    session
        .terminals
        .iter()
        .find(|terminal| terminal.name.as_str() == name)
        .map(|terminal| terminal.name.clone())
        .ok_or(EngineError::TerminalNotFound)
}

fn taken(name: &TerminalName) -> EngineError {
    EngineError::conflict(
        "terminal.exists",
        format!("the session has a terminal \"{name}\" already"),
    )
}

/// The most terminals that a session has.
const TERMINALS: usize = 32;

fn next_terminal(session: &Session, new: NewTerminal) -> Result<TerminalSpec, EngineError> {
    if session.terminals.len() >= TERMINALS {
        return Err(EngineError::conflict(
            "terminal.limit_reached",
            format!("a session may have {TERMINALS} terminals, and has them: close one first"),
        ));
    }
    let exists = |name: &TerminalName| session.terminals.iter().any(|t| t.name == *name);
    let name = match new.name {
        Some(name) if exists(&name) => return Err(taken(&name)),
        Some(name) => name,
        None => (1..)
            .filter_map(|n| TerminalName::try_from(format!("terminal-{n}")).ok())
            .find(|name| !exists(name))
            .ok_or(EngineError::TerminalNotFound)?,
    };
    let title = new
        .title
        .map(|title| plain(&title))
        .filter(|title| !title.is_empty());
    if let TerminalCommand::Program { argv } = &new.command {
        let mut problems = Vec::new();
        super::create::check_list("command", argv.iter(), &mut |field, message| {
            problems.push(crate::error::FieldProblem::new(field, message));
        });
        if argv.first().is_none_or(String::is_empty) {
            problems.push(crate::error::FieldProblem::new(
                "command",
                "must name a program",
            ));
        }
        if !problems.is_empty() {
            return Err(EngineError::Invalid(problems));
        }
    }
    Ok(TerminalSpec {
        title: title.unwrap_or_else(|| name.to_string()),
        name,
        command: new.command,
        size: new.size,
    })
}

fn remember(session: &mut Session, spec: TerminalSpec) -> Vec<EventKind> {
    if session
        .terminals
        .iter()
        .any(|terminal| terminal.name == spec.name)
    {
        return Vec::new();
    }
    session.terminals.push(spec);
    vec![EventKind::Updated]
}

fn forget(session: &mut Session, name: &TerminalName) -> Vec<EventKind> {
    session.terminals.retain(|terminal| terminal.name != *name);
    vec![EventKind::Updated]
}
