//! The task that owns a terminal's program: starts it, sees it end, starts it again, resizes it, ends it.
//!
//! ```text
//!            start              program ended
//!   (made) ────────► running ────────────────► ended
//!                     ▲  │ detached (tmux): attach again │
//!                     └──┴───────── restart ─────────────┘      close: gone, from anywhere
//! ```

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::git::Milestone;
use longhouse_domain::name::TerminalName;
use longhouse_domain::terminal::TerminalSize;
use longhouse_link::proto::session_event::{
    TerminalExited, TerminalResized, TerminalStarted, What,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::history;
use super::input::Outlet;
use super::log::Mark;
use super::pty::{OpenPty, Program, Pty, Running};
use super::reading;
use super::requests::{Command, StartError, Wrapping};
use super::{Status, Terminal};
use crate::processes;
use crate::run_child::ChildSpec;
use crate::session::Session;
use crate::termination;

/// The least time between two sizes that a program is told. A person dragging a window sees no difference; a program redraws at each.
const RESIZE_GAP: Duration = Duration::from_millis(25);

/// How long a program has to end itself after a hang-up when its terminal is closed or restarted.
const HANG_UP_GRACE: Duration = Duration::from_secs(1);

/// How often a tmux client that ends at once is started again before the terminal counts as ended.
const ATTACH_ATTEMPTS: u32 = 5;

/// A client that lasted so long was no failed attempt.
const ATTACHED_LONG: Duration = Duration::from_secs(1);

/// How long to wait for a program's exit code after its tmux session has gone.
const EXIT_CODE_WAIT: Duration = Duration::from_secs(1);

/// What a terminal is put into before a program starts in it again: the last one may have left it in any state. Leaves the alternate
/// screen, the mouse, application keys and the like, and begins a new line; the history stays.
const RESET: &[u8] = b"\x1b[!p\x1b[?1049l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1016l\
\x1b[?2004l\x1b[?1l\x1b[?6l\x1b[?7h\x1b[?25h\x1b[4l\x1b>\x1b[r\x1b(B\x0f\x1b[m\x1b[999;1H\r\n";

/// See the module.
pub(crate) struct Supervisor {
    terminal: Arc<Terminal>,
    session: Arc<Session>,
    program: Program,
    wrapping: Wrapping,
    commands: mpsc::Receiver<Command>,
    outlet: watch::Sender<Outlet>,
    wanted: watch::Receiver<TerminalSize>,
    applied: TerminalSize,
    last_resize: Instant,
    live: Option<Live>,
    attempts: u32,
}

/// The program that runs, or the tmux client that shows it.
struct Live {
    pty: Arc<Pty>,
    pid: u32,
    exit: crate::reaper::ExitCode,
    began: Instant,
    _reader: AbortOnDropHandle<()>,
    _mender: Option<AbortOnDropHandle<()>>,
}

impl Supervisor {
    pub(crate) fn new(
        terminal: Arc<Terminal>,
        session: Arc<Session>,
        program: Program,
        wrapping: Wrapping,
        commands: mpsc::Receiver<Command>,
        outlet: watch::Sender<Outlet>,
    ) -> Self {
        let wanted = terminal.wanted_size();
        let applied = *wanted.borrow();
        Self {
            terminal,
            session,
            program,
            wrapping,
            commands,
            outlet,
            wanted,
            applied,
            last_resize: Instant::now(),
            live: None,
            attempts: 0,
        }
    }

    /// Starts the program for the first time, or finds it in tmux.
    pub(crate) async fn first_start(&mut self) -> Result<(), StartError> {
        let adopted =
            self.wrapping == Wrapping::Tmux && self.session.tmux.has(&self.terminal.name).await;
        if adopted {
            history::take_over(&self.session, &self.terminal).await;
        } else if self.wrapping == Wrapping::Tmux {
            self.session.tmux.forget(&self.terminal.name);
        }
        self.start(adopted).await
    }

    /// Runs until the terminal is closed.
    pub(crate) async fn run(mut self) {
        loop {
            let resize_at = (*self.wanted.borrow() != self.applied)
                .then(|| (self.last_resize + RESIZE_GAP).max(Instant::now()));
            tokio::select! {
                code = exit_of(&mut self.live) => self.program_ended(code).await,
                changed = self.wanted.changed(), if resize_at.is_none() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = at(resize_at) => self.apply_size(),
                command = self.commands.recv() => match command {
                    Some(Command::Restart(reply)) => {
                        let outcome = self.restart().await;
                        // The asker may have hung up.
                        let _unheard = reply.send(outcome);
                    }
                    Some(Command::Close(reply)) => {
                        self.close().await;
                        let _unheard = reply.send(());
                        return;
                    }
                    None => return,
                },
            }
        }
    }

    async fn start(&mut self, adopted: bool) -> Result<(), StartError> {
        let started = self.spawn();
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                self.outlet.send_replace(Outlet::Closed);
                return Err(error);
            }
        };
        let pid = running.pid;
        self.attach(running);
        let shown_pid = match self.wrapping {
            Wrapping::None => Some(pid),
            Wrapping::Tmux => self.wrapped_pid(adopted).await,
        };
        self.terminal.set_status(Status {
            running: true,
            pid: shown_pid,
            exit_code: None,
            adopted,
        });
        let name = self.terminal.name.to_string();
        let how = if adopted { "found in tmux" } else { "started" };
        self.session.events.log(
            tracing::Level::INFO,
            &name,
            format!("terminal {name} {how}"),
        );
        self.session
            .events
            .tell(What::TerminalStarted(TerminalStarted { name }));
        Ok(())
    }

    fn spawn(&mut self) -> Result<Running, StartError> {
        let failed = |source| StartError::Spawn {
            program: self.program.path.to_string_lossy().into_owned(),
            source,
        };
        self.applied = *self.wanted.borrow();
        let pty = OpenPty::open(self.applied).map_err(failed)?;
        let program = match self.wrapping {
            Wrapping::None => self.program.clone(),
            Wrapping::Tmux => {
                let child = ChildSpec {
                    program: self.program.path.clone(),
                    arg0: self.program.arg0.clone(),
                    args: self.program.args.clone(),
                    env: self.program.env.clone(),
                };
                let name = &self.terminal.name;
                self.session
                    .tmux
                    .client(name, &child, self.applied, &pty.name)?
            }
        };
        pty.start(&program, &self.session.reaper).map_err(failed)
    }

    fn attach(&mut self, running: Running) {
        let pty = Arc::new(running.pty);
        self.terminal.mark(Mark::Size(self.applied));
        let reader = reading::read_all(
            Arc::clone(&pty),
            Arc::clone(&self.terminal),
            Arc::clone(&self.session),
        );
        let reader = AbortOnDropHandle::new(self.session.tasks.spawn(reader));
        let mender = (self.wrapping == Wrapping::Tmux).then(|| {
            let mend = history::mend(Arc::clone(&self.session), Arc::clone(&self.terminal));
            self.session.tasks.spawn(mend)
        });
        self.outlet.send_replace(Outlet::Open(Arc::clone(&pty)));
        self.live = Some(Live {
            pty,
            pid: running.pid,
            exit: running.exit,
            began: Instant::now(),
            _reader: reader,
            _mender: mender.map(AbortOnDropHandle::new),
        });
    }

    /// The program in tmux. It is there as soon as the client is connected, which takes some milliseconds.
    async fn wrapped_pid(&self, adopted: bool) -> Option<u32> {
        let (tmux, name) = (&self.session.tmux, &self.terminal.name);
        if adopted {
            return tmux.pid(name).await;
        }
        timeout(EXIT_CODE_WAIT, tmux.begun(name)).await.ok()
    }

    async fn program_ended(&mut self, code: i32) {
        let Some(live) = self.live.take() else { return };
        self.outlet.send_replace(Outlet::Soon);
        reading::take_last(&live.pty, &self.terminal);
        let code = match self.wrapping {
            Wrapping::None => code,
            Wrapping::Tmux => match self.wrapped_exit_code(live.began).await {
                Some(code) => code,
                None => {
                    let adopted = self.terminal.status().adopted;
                    match self.start(adopted).await {
                        Ok(()) => return,
                        Err(error) => {
                            tracing::error!(%error, "cannot attach to tmux again");
                            1
                        }
                    }
                }
            },
        };
        self.outlet.send_replace(Outlet::Closed);
        self.terminal.mark(Mark::Exit(code));
        self.terminal.set_status(Status {
            running: false,
            pid: None,
            exit_code: Some(code),
            ..self.terminal.status()
        });
        let keeping = &self.session.keeping;
        if self.terminal.name == TerminalName::agent() {
            keeping.milestone(Milestone::AgentExited);
        }
        let path = self.program.path.to_str().into_iter();
        keeping.ended(
            path.chain(self.program.args.iter().map(String::as_str)),
            code,
        );
        let name = self.terminal.name.to_string();
        self.session.events.log(
            tracing::Level::INFO,
            &name,
            format!("the program of terminal {name} ended with code {code}"),
        );
        let exited = What::TerminalExited(TerminalExited { name, code });
        self.session.events.tell_for_sure(exited);
    }

    /// The tmux client has ended: because the program did (its code), or because somebody detached it (nothing, attach again).
    async fn wrapped_exit_code(&mut self, began: Instant) -> Option<i32> {
        let (tmux, name) = (&self.session.tmux, &self.terminal.name);
        if let Some(code) = tmux.exit_code(name) {
            return Some(code);
        }
        if tmux.has(name).await {
            self.attempts = if began.elapsed() > ATTACHED_LONG {
                0
            } else {
                self.attempts + 1
            };
            if self.attempts < ATTACH_ATTEMPTS {
                return None;
            }
            tracing::error!(%name, "tmux sends its client away again and again");
            return Some(1);
        }
        // The tmux server is gone. The program got a hang-up and is about to say how it ended.
        let written = async {
            loop {
                if let Some(code) = tmux.exit_code(name) {
                    return code;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        Some(timeout(EXIT_CODE_WAIT, written).await.unwrap_or(129))
    }

    fn apply_size(&mut self) {
        let size = *self.wanted.borrow_and_update();
        self.applied = size;
        self.last_resize = Instant::now();
        if let Some(live) = &self.live
            && let Err(error) = live.pty.resize(size)
        {
            tracing::warn!(%error, "cannot resize");
        }
        self.terminal.mark(Mark::Size(size));
        self.session
            .events
            .tell(What::TerminalResized(TerminalResized {
                name: self.terminal.name.to_string(),
                cols: size.cols.into(),
                rows: size.rows.into(),
            }));
    }

    async fn restart(&mut self) -> Result<(), StartError> {
        self.end_program().await;
        self.terminal.append(RESET);
        self.session.tmux.forget(&self.terminal.name);
        self.attempts = 0;
        self.start(false).await
    }

    async fn close(&mut self) {
        self.end_program().await;
        self.session.tmux.forget(&self.terminal.name);
        let name = &self.terminal.name;
        self.session.events.log(
            tracing::Level::INFO,
            name.as_str(),
            format!("terminal {name} closed"),
        );
    }

    /// Ends the program, with everything in its Unix session, and takes note of its end.
    async fn end_program(&mut self) {
        let Some(live) = &self.live else { return };
        let leader = match self.wrapping {
            Wrapping::None => Some(live.pid),
            Wrapping::Tmux => self.session.tmux.pid(&self.terminal.name).await,
        };
        let members = leader.map(processes::of_unix_session).unwrap_or_default();
        if self.wrapping == Wrapping::Tmux {
            self.session.tmux.kill(&self.terminal.name).await;
        }
        termination::end(members, leader, HANG_UP_GRACE).await;
        // The exit was caused right now, so that it is on its way.
        if let Ok(code) = timeout(HANG_UP_GRACE, exit_of(&mut self.live)).await {
            self.program_ended(code).await;
        }
        self.live = None;
    }
}

async fn exit_of(live: &mut Option<Live>) -> i32 {
    match live {
        // The reaper only goes with sessiond itself.
        Some(live) => (&mut live.exit).await.unwrap_or(-1),
        None => pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
