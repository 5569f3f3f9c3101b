//! The calls that have one answer.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::{
    CreateTerminalRequest, ExecReply, ExecRequest, StatsReply, UsageReply, UsageRequest,
};
use longhouse_link::{AtTheEnd, limits};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tonic::Status;

use super::{parse_name, with_sources};
use crate::environment::find_program;
use crate::session::{Session, TERMINALS};
use crate::terminal::input::{self, Outlet};
use crate::terminal::pty::Program;
use crate::terminal::requests::{Command, Wrapping};
use crate::terminal::supervisor::Supervisor;
use crate::terminal::{Making, Terminal};
use crate::{exec, processes};

/// The longest title kept, characters.
const TITLE_CHARS: usize = 256;

/// The longest an `Exec` may take. One that needs longer belongs into a terminal.
const EXEC_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long the first bytes of what it stood back for take to whoever waits for them: to start a program holds up everything else here.
const FIRST_BYTES_LEAVE: Duration = Duration::from_millis(5);

/// The longest that a terminal stands back behind others that begin.
const STANDS_BACK: Duration = Duration::from_millis(50);

/// Wishes for a restart or the end that may wait: more than one only where callers do not wait for the answer.
const COMMANDS: usize = 4;

/// The size that was asked for, within the limits; nothing asked for means the default.
pub(super) fn size(cols: u32, rows: u32) -> TerminalSize {
    if (cols, rows) == (0, 0) {
        TerminalSize::DEFAULT
    } else {
        TerminalSize::clamped(cols.into(), rows.into())
    }
}

pub(super) async fn create_terminal(
    session: &Arc<Session>,
    request: CreateTerminalRequest,
) -> Result<Arc<Terminal>, Status> {
    let name = parse_name(&request.name)?;
    if request.stands_back && session.terminal(&name).is_none() {
        stand_back(session).await;
    }
    let gone = |_| Status::from(AtTheEnd::NotBegun);
    let _one_at_a_time = session.changing.acquire().await.map_err(gone)?;
    if let Some(there) = session.terminal(&name) {
        return Ok(there);
    }
    if session.terminals().len() >= TERMINALS {
        let message = format!("a session has at most {TERMINALS} terminals");
        return Err(Status::resource_exhausted(message));
    }
    let wrapping = if request.tmux {
        Wrapping::Tmux
    } else {
        Wrapping::None
    };
    let program = program(session, &request)?;
    let size = size(request.cols, request.rows);
    let (input, input_queue) = mpsc::channel(input::QUEUE);
    let (commands, command_queue) = mpsc::channel(COMMANDS);
    let (outlet, outlets) = watch::channel(Outlet::Soon);
    let terminal = Arc::new(Terminal::new(Making {
        name: name.clone(),
        title: request.title.chars().take(TITLE_CHARS).collect(),
        wrapping,
        size,
        ring_bytes: session.ring_bytes,
        first_offset: session.first_offset,
        scrollback: session.scrollback,
        screens: session.screens.clone(),
        now: session.now(),
        input,
        commands,
    }));
    session.spawn(input::write(input_queue, outlets));
    let mut supervisor = Supervisor::new(
        Arc::clone(&terminal),
        Arc::clone(session),
        program,
        wrapping,
        command_queue,
        outlet,
    );
    supervisor.first_start().await?;
    session.add(Arc::clone(&terminal));
    session.spawn(supervisor.run());
    Ok(terminal)
}

/// Waits until every terminal there is has written something or has ended, a moment at the most: a person waits for the agent's first
/// bytes, and two programs that start at once take the processor from each other.
async fn stand_back(session: &Session) {
    let others = session.terminals();
    let heard = async {
        for terminal in others {
            let mut changes = terminal.changes();
            while terminal.end() == session.first_offset && terminal.status().running {
                if changes.changed().await.is_err() {
                    break;
                }
            }
        }
    };
    // Who says nothing for so long does something else.
    if timeout(STANDS_BACK, heard).await.is_ok() {
        sleep(FIRST_BYTES_LEAVE).await;
    }
}

fn program(session: &Session, request: &CreateTerminalRequest) -> Result<Program, Status> {
    let env = session
        .environment
        .for_terminal(&request.name, &request.env)?;
    let is_shell = request.program.is_empty();
    let asked = if is_shell {
        &session.shell
    } else {
        &request.program
    };
    let path = find_program(asked, &env)?;
    if request.args.iter().any(|arg| arg.contains('\0')) {
        return Err(Status::invalid_argument("an argument holds a NUL"));
    }
    // A shell whose name begins with a hyphen is a login shell: it reads the profile that sets up the person's PATH.
    let arg0 = (is_shell && session.login_shell).then(|| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        format!("-{name}")
    });
    Ok(Program {
        path,
        arg0,
        args: request.args.clone(),
        env,
    })
}

pub(super) async fn close_terminal(
    session: &Session,
    terminal: &Arc<Terminal>,
) -> Result<(), Status> {
    let gone = |_| Status::from(AtTheEnd::NotBegun);
    let _one_at_a_time = session.changing.acquire().await.map_err(gone)?;
    // Nothing comes back where another caller closed it meanwhile, which is as good.
    let _closed = terminal.command(Command::Close).await;
    session.forget(&terminal.name);
    Ok(())
}

pub(super) async fn restart_terminal(terminal: &Terminal) -> Result<(), Status> {
    match terminal.command(Command::Restart).await {
        Some(outcome) => Ok(outcome?),
        None => Err(Status::not_found("the terminal was closed")),
    }
}

pub(super) async fn exec(session: &Session, request: ExecRequest) -> Result<ExecReply, Status> {
    let Some((program, args)) = request.argv.split_first() else {
        return Err(Status::invalid_argument("exec needs a program"));
    };
    if args.iter().any(|arg| arg.contains('\0')) {
        return Err(Status::invalid_argument("an argument holds a NUL"));
    }
    let env = session.environment.for_program(&request.env)?;
    let program = find_program(program, &env)?;
    let timeout = match request.timeout_seconds {
        0 => EXEC_TIMEOUT,
        seconds => Duration::from_secs(seconds.into()).min(EXEC_TIMEOUT),
    };
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let job = exec::Job {
        program: &program,
        args: &args,
        env: &env,
        directory: None,
        timeout,
        output_limit: usize::try_from(request.output_limit)
            .unwrap_or(usize::MAX)
            .min(limits::EXEC_OUTPUT_BYTES),
        overflow: exec::Overflow::Dropped,
        stdin: Stdio::null(),
        grace: Duration::ZERO,
    };
    let outcome = exec::run(job, &session.reaper, std::future::pending())
        .await
        .map_err(|error| Status::failed_precondition(with_sources(&error)))?;
    if outcome.cut_short.is_none() {
        let command = request.argv.iter().map(String::as_str);
        session.keeping.ended(command, outcome.code);
    }
    Ok(ExecReply {
        exit_code: outcome.code,
        stdout: outcome.stdout.into(),
        stderr: outcome.stderr.into(),
        truncated: outcome.truncated,
        timed_out: outcome.cut_short == Some(exec::CutShort::TimeOver),
        duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
    })
}

pub(super) fn stats(session: &Session) -> StatsReply {
    let members = processes::of_session(session.environment.session());
    let own = processes::read(std::process::id());
    let resident = |pages: u64| pages * processes::page_bytes();
    let ticks: u64 = members.iter().map(|p| p.cpu_ticks).sum();
    let terminals = session.terminals();
    let described: Vec<_> = terminals.iter().map(|t| t.describe()).collect();
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^52")]
    let cpu_seconds = ticks as f64 / processes::ticks_per_second() as f64;
    StatsReply {
        cpu_seconds,
        memory_bytes: members.iter().map(|p| resident(p.resident_pages)).sum(),
        processes: u32::try_from(members.len()).unwrap_or(u32::MAX),
        uptime_ms: session.now().saturating_sub(session.started_at),
        output_bytes: described
            .iter()
            .map(|t| t.offset.saturating_sub(session.first_offset))
            .sum(),
        input_bytes: described.iter().map(|t| t.input_bytes).sum(),
        sessiond_memory_bytes: own.map_or(0, |p| resident(p.resident_pages)),
    }
}

pub(super) async fn usage(
    session: &Arc<Session>,
    question: UsageRequest,
) -> Result<UsageReply, Status> {
    let session = Arc::clone(session);
    tokio::task::spawn_blocking(move || session.usage.read(&session, question))
        .await
        .map_err(|error| Status::internal(error.to_string()))
}
