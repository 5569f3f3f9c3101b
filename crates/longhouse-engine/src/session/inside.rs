//! What people do inside a session that runs: its terminals, commands, measures, its log.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::event::{EventKind, LogLine};
use longhouse_domain::lifecycle::Status;
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::Session;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize, TerminalSpec};
use longhouse_link::limits;
use longhouse_link::proto::capture_request::Format;
use longhouse_link::proto::{
    CaptureRequest, ExecRequest, ResizeTerminalRequest, StatsRequest, TerminalRef, WriteRequest,
};
use longhouse_store::LogQuery;
use tonic::Status as Answer;

use super::handle::{Command, Handle};
use super::request::{
    CaptureFormat, ExecCommand, ExecOutcome, HealthCheck, NewTerminal, SessionHealth, SessionStats,
};
use super::terminals;
use super::view::TerminalView;
use crate::engine::Engine;
use crate::error::{EngineError, plain};
use crate::terminal::{Access, Viewer};

/// The largest capture, bytes.
const CAPTURE_BYTES: usize = 16 * 1024 * 1024;

/// How long input may wait for a program that does not read.
const INPUT_WAIT: Duration = Duration::from_secs(20);

/// How much longer than its own time limit a command's answer may take.
const EXEC_ANSWER: Duration = Duration::from_secs(5);

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
        let connection = self.connection(&session, &handle).await?;
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
        let opened = connection.client().create_terminal(request).await;
        match opened {
            Ok(terminal) => {
                handle.ask(Command::Refresh).await?;
                Ok(TerminalView::alive(&spec, terminal.get_ref()))
            }
            Err(status) => {
                let name = spec.name.clone();
                handle
                    .ask(|reply| Command::Change(Box::new(move |s| forget(s, &name)), reply))
                    .await?;
                Err(match status.code() {
                    tonic::Code::NotFound => EngineError::invalid(
                        "command",
                        format!("the program {program:?} was not found in the session"),
                    ),
                    _ => status.into(),
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
        if let Some(connection) = handle.connections.current() {
            let closed = connection
                .client()
                .close_terminal(TerminalRef {
                    name: name.to_string(),
                })
                .await;
            match closed {
                Ok(_) => {}
                Err(status) if status.code() == tonic::Code::NotFound => {}
                Err(status) => return Err(status.into()),
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

    /// Ends a terminal's program, if it runs, and starts it again in the same terminal.
    pub async fn restart_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<TerminalView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name = known(&session, name)?;
        let connection = self.connection(&session, &handle).await?;
        connection
            .client()
            .restart_terminal(TerminalRef {
                name: name.to_string(),
            })
            .await?;
        handle.ask(Command::Refresh).await?;
        self.one(&session, &handle, &name).await
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
        let connection = self.connection(&session, &handle).await?;
        let request = ResizeTerminalRequest {
            name: name.to_string(),
            cols: size.cols.into(),
            rows: size.rows.into(),
        };
        connection.client().resize_terminal(request).await?;
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
        let connection = self.connection(&session, &handle).await?;
        let first = WriteRequest {
            name: name.to_string(),
            data: Bytes::new(),
        };
        let messages =
            futures_util::stream::iter(std::iter::once(first).chain(crate::terminal::pieces(data)));
        match tokio::time::timeout(INPUT_WAIT, connection.client().write(messages)).await {
            Ok(written) => Ok(written.map(drop)?),
            Err(_) => Err(EngineError::conflict(
                "terminal.not_reading",
                "the program in the terminal does not read its input; a part of it may have been taken",
            )),
        }
    }

    /// A terminal's screen, with lines of its history above it.
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
        let connection = self.connection(&session, &handle).await?;
        let format = match format {
            CaptureFormat::Text => Format::Text,
            CaptureFormat::Ansi => Format::Ansi,
            CaptureFormat::Html => Format::Html,
        };
        let request = CaptureRequest {
            name: name.to_string(),
            format: format.into(),
            scrollback_lines,
        };
        let mut pieces = connection.client().capture(request).await?.into_inner();
        let mut capture = BytesMut::new();
        while let Some(piece) = pieces.message().await? {
            if capture.len() + piece.data.len() > CAPTURE_BYTES {
                return Err(EngineError::unreachable(
                    "the capture is larger than a screen can be",
                ));
            }
            capture.extend_from_slice(&piece.data);
        }
        Ok(capture.freeze())
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
        self.connection(&session, &handle).await?;
        let context = self.context();
        let hub = handle
            .hub(name.as_str(), &context.tasks, &context.stop)
            .await?;
        Viewer::join(hub, &actor.username, join.from, join.access).await
    }

    /// Runs a program in the session's directory and environment.
    pub async fn exec(
        &self,
        actor: &Actor,
        reference: &str,
        command: ExecCommand,
    ) -> Result<ExecOutcome, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        if command.argv.first().is_none_or(String::is_empty) {
            return Err(EngineError::invalid("command", "must name a program"));
        }
        let connection = self.connection(&session, &handle).await?;
        let program = command.argv.first().cloned().unwrap_or_default();
        let request = ExecRequest {
            argv: command.argv,
            timeout_seconds: u32::try_from(command.timeout.as_secs().max(1)).unwrap_or(u32::MAX),
            output_limit: limits::EXEC_OUTPUT_BYTES as u64,
            env: Default::default(),
        };
        let mut client = connection.client();
        let answer =
            tokio::time::timeout(command.timeout + EXEC_ANSWER, client.exec(request)).await;
        match answer {
            Ok(Ok(reply)) => {
                let reply = reply.into_inner();
                Ok(ExecOutcome {
                    exit_code: reply.exit_code,
                    stdout: reply.stdout,
                    stderr: reply.stderr,
                    truncated: reply.truncated,
                    timed_out: reply.timed_out,
                    duration: Duration::from_millis(reply.duration_ms),
                })
            }
            Ok(Err(status)) if status.code() == tonic::Code::NotFound => Err(EngineError::invalid(
                "command[0]",
                format!("the program {program:?} was not found in the session"),
            )),
            Ok(Err(status)) => Err(status.into()),
            Err(_) => Err(EngineError::unreachable(
                "the command's time is over, and no answer came",
            )),
        }
    }

    /// Whether everything of the session that should be there is there and answers.
    pub async fn session_health(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionHealth, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let status = handle.live.borrow().session.status();
        let mut health = SessionHealth {
            status,
            healthy: true,
            checks: Vec::new(),
            link_rtt_ms: None,
            sessiond_version: None,
        };
        let mut check = |name: &str, ok: bool, detail: String| {
            health.checks.push(HealthCheck {
                name: name.to_owned(),
                ok,
                detail,
            });
        };
        let reason = session.phase.reason().unwrap_or("as wished").to_owned();
        check(
            "status",
            status != Status::Error,
            format!("{}: {reason}", status.as_str()),
        );
        if status == Status::Running {
            match handle.connections.current() {
                None => check(
                    "link",
                    false,
                    "sessiond is not connected at the moment".to_owned(),
                ),
                Some(connection) => {
                    let asked = Instant::now();
                    match terminals::list(&connection).await {
                        Ok(found) => {
                            check("link", true, "sessiond answers".to_owned());
                            let ended = found.iter().filter(|t| !t.running).count();
                            let text = format!("{} running, {ended} ended", found.len() - ended);
                            check("terminals", found.len() >= session.terminals.len(), text);
                        }
                        Err(said) => check("link", false, plain(said.message())),
                    }
                    health.link_rtt_ms = Some(asked.elapsed().as_secs_f64() * 1000.0);
                    health.sessiond_version = Some(plain(connection.version()));
                }
            }
        }
        health.healthy = health.checks.iter().all(|check| check.ok);
        Ok(health)
    }

    /// What the session uses. The processor's share is measured over a moment.
    pub async fn session_stats(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionStats, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let connection = self.connection(&session, &handle).await?;
        let ask = || async {
            Ok::<_, Answer>(
                connection
                    .client()
                    .stats(StatsRequest {})
                    .await?
                    .into_inner(),
            )
        };
        let (first, began) = (ask().await?, Instant::now());
        tokio::time::sleep(MEASURE).await;
        let now = ask().await?;
        let used = (now.cpu_seconds - first.cpu_seconds).max(0.0);
        Ok(SessionStats {
            cpu_percent: 100.0 * used / began.elapsed().as_secs_f64(),
            memory_bytes: now.memory_bytes,
            processes: now.processes,
            uptime_ms: now.uptime_ms,
            output_bytes: now.output_bytes,
            input_bytes: now.input_bytes,
            viewers: handle.viewers(),
            at: self.context().now(),
        })
    }

    /// Lines of the session's log, in order.
    pub async fn session_logs(
        &self,
        actor: &Actor,
        reference: &str,
        query: LogQuery,
    ) -> Result<Vec<LogLine>, EngineError> {
        let (session, _) = self.find(actor, reference, Permission::Look).await?;
        Ok(self.context().store.session_log(session.id, &query).await?)
    }

    /// The same, and then every line that comes, until the session is deleted or the listener leaves.
    pub async fn follow_logs(
        &self,
        actor: &Actor,
        reference: &str,
        query: LogQuery,
    ) -> Result<BoxStream<'static, LogLine>, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let lines = self.context().events.lines();
        let past = self.context().store.session_log(session.id, &query).await?;
        let last = past.last().map_or(0, |line| line.seq);
        let (id, stop) = (session.id, self.context().stop.clone());
        let mut live = handle.live.clone();
        let gone = async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = live.wait_for(|live| live.gone) => {}
            }
        };
        let coming = tokio_stream::wrappers::BroadcastStream::new(lines)
            .filter_map(move |line| {
                let line = line
                    .ok()
                    .filter(|line| line.0 == id && line.1.seq > last)
                    .map(|line| line.1.clone());
                std::future::ready(line.filter(|line| fits(line, &query)))
            })
            .take_until(Box::pin(gone));
        Ok(futures_util::stream::iter(past).chain(coming).boxed())
    }

    async fn present_terminals(
        &self,
        session: &Session,
        handle: &Handle,
    ) -> Result<Vec<TerminalView>, EngineError> {
        let Some(connection) = handle.connections.current() else {
            return Ok(handle.live.borrow().terminals.clone());
        };
        let found = terminals::list(&connection).await?;
        let view = |spec: &TerminalSpec| match found.iter().find(|t| t.name == spec.name.as_str()) {
            Some(terminal) => TerminalView::alive(spec, terminal),
            None => TerminalView::at_rest(spec),
        };
        Ok(session.terminals.iter().map(view).collect())
    }

    async fn one(
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

    /// The session's connection; a clear answer where it does not run.
    async fn connection(
        &self,
        session: &Session,
        handle: &Handle,
    ) -> Result<std::sync::Arc<super::connection::Connection>, EngineError> {
        if matches!(session.status(), Status::Stopped | Status::Error) {
            return Err(EngineError::not_running());
        }
        terminals::connected(&mut handle.connections.clone()).await
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

/// How long the processor's share is measured.
const MEASURE: Duration = Duration::from_millis(100);

fn fits(line: &LogLine, query: &LogQuery) -> bool {
    let holds = |text: &String| line.message.to_lowercase().contains(&text.to_lowercase());
    query.level.is_none_or(|level| line.level >= level)
        && query.since.is_none_or(|since| line.at >= since)
        && query.text.as_ref().is_none_or(holds)
}

fn known(session: &Session, name: &str) -> Result<TerminalName, EngineError> {
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
