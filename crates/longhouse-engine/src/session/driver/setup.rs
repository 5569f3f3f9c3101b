//! The set-up script of a new working tree: the program of a terminal of its own, which runs before all others. What it writes stays there
//! to be read, and there it is started again.

use std::time::Duration;

use longhouse_domain::event::{EventKind, LogLevel, Stage};
use longhouse_domain::git::SetUp;
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::Session;
use longhouse_domain::terminal::{TerminalCommand, TerminalSize, TerminalSpec};
use longhouse_link::proto::SessionEvent;
use longhouse_link::proto::session_event::What;
use tonic::{Status, Streaming};

use super::furnish::Furnishing;
use super::{Driver, Heard};
use crate::session::connection::Connection;
use crate::session::terminals;

/// How long it is waited for. After that the session begins, and the script goes on in its terminal.
pub(crate) const SETUP_TIME: Duration = Duration::from_secs(15 * 60);

/// The terminal's name.
const NAME: &str = "setup";

/// The terminal in which it runs.
pub(crate) fn terminal(script: &str) -> Option<TerminalSpec> {
    let argv = ["sh", "-ec", script].map(str::to_owned).into();
    Some(TerminalSpec {
        name: NAME.parse().ok()?,
        title: "set-up".to_owned(),
        command: TerminalCommand::Program { argv },
        size: TerminalSize::DEFAULT,
    })
}

/// Whether it is that terminal.
fn is_setup(session: &Session, name: &TerminalName) -> bool {
    let worktree = session.spec.worktree.as_ref();
    name.as_str() == NAME && worktree.is_some_and(|worktree| worktree.setup.is_some())
}

impl Driver {
    /// Whether a terminal is started with the session: that of a script that has run is not.
    pub(super) fn is_started(&self, spec: &TerminalSpec) -> bool {
        let worktree = self.session.spec.worktree.as_ref();
        let has_run = worktree.is_some_and(|worktree| worktree.to_be_set_up().is_none());
        !(has_run && is_setup(&self.session, &spec.name))
    }

    /// Runs the script, where that is still to be done.
    pub(super) async fn set_up(
        &mut self,
        connection: &Connection,
        news: &mut Streaming<SessionEvent>,
    ) -> Result<(), Furnishing> {
        let worktree = self.session.spec.worktree.as_ref();
        let script = worktree.and_then(|worktree| worktree.to_be_set_up());
        let Some(spec) = script.and_then(terminal) else {
            return Ok(());
        };
        self.progress(Stage::Setup, "running the set-up script")
            .await;
        let started = self.furnish_one(&mut connection.client(), &spec).await?;
        let code = match started.exit_code.filter(|_| !started.running) {
            Some(code) => Some(code),
            None => self.wait_for_setup(connection, news).await?,
        };
        self.note_set_up(code).await.map_err(Furnishing::Unsaved)
    }

    /// Waits until it ends; nothing where that takes too long.
    async fn wait_for_setup(
        &mut self,
        connection: &Connection,
        news: &mut Streaming<SessionEvent>,
    ) -> Result<Option<i32>, Furnishing> {
        let stop = self.context.stop.clone();
        let over = tokio::time::sleep(SETUP_TIME);
        tokio::pin!(over);
        let lost = || Furnishing::Broken(Status::unavailable("the connection was lost"));
        loop {
            tokio::select! {
                event = news.message() => match event {
                    Ok(Some(event)) => {
                        let code = match &event.what {
                            Some(What::TerminalExited(exited)) if exited.name == NAME => Some(exited.code),
                            _ => None,
                        };
                        self.take_last(event).await;
                        if code.is_some() {
                            return Ok(code);
                        }
                    }
                    Ok(None) | Err(_) => return Err(lost()),
                },
                () = connection.closed() => return Err(lost()),
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish {
                        return Err(Furnishing::Unwanted);
                    },
                    None => return Err(Furnishing::Unwanted),
                },
                () = &mut over => return Ok(None),
                () = stop.cancelled() => return Err(Furnishing::Unwanted),
            }
        }
    }

    /// Takes the end of a terminal's program, where that is the script that somebody started again.
    pub(super) async fn take_set_up(&mut self, name: &TerminalName, code: i32) {
        if !is_setup(&self.session, name) {
            return;
        }
        if let Err(error) = self.note_set_up(Some(code)).await {
            self.context
                .complain(self.id, "write down how its set-up went", &error);
        }
        self.show_notice().await;
    }

    /// Writes down how it went.
    async fn note_set_up(&mut self, code: Option<i32>) -> Result<(), crate::error::EngineError> {
        let at = self.context.now();
        self.change(Box::new(move |session| {
            if let Some(worktree) = &mut session.spec.worktree {
                worktree.set_up = Some(SetUp { at, code });
            }
            vec![EventKind::Updated]
        }))
        .await?;
        let (level, text) = match self.set_up_notice() {
            Some(text) => (LogLevel::Warn, text),
            None => (LogLevel::Info, "the set-up script is done".to_owned()),
        };
        self.log(level, "session", &text).await;
        Ok(())
    }

    /// What people should know of it.
    pub(super) fn set_up_notice(&self) -> Option<String> {
        let worktree = self.session.spec.worktree.as_ref()?;
        let code = worktree.set_up?.code;
        let look = "look into the terminal \"setup\", and restart it there";
        match code {
            Some(0) => None,
            Some(code) => Some(format!(
                "the set-up script ended with exit code {code}: {look}"
            )),
            None => Some(format!(
                "the set-up script takes longer than {} minutes, and goes on: {look} if need be",
                SETUP_TIME.as_secs() / 60
            )),
        }
    }

    /// The terminal of a script that has run, where its sessiond still has it.
    pub(super) async fn terminal_at_rest(
        &self,
        connection: &Connection,
        spec: &TerminalSpec,
    ) -> Result<crate::session::view::TerminalView, Status> {
        use crate::session::view::TerminalView;
        match terminals::find(connection, spec.name.as_str()).await {
            Ok(terminal) => Ok(TerminalView::alive(spec, &terminal)),
            Err(status) if status.code() == tonic::Code::NotFound => {
                Ok(TerminalView::at_rest(spec))
            }
            Err(status) => Err(status),
        }
    }
}
