//! Seeing that what a session begins with is there: its repository or working tree, then every terminal. Doing it twice changes nothing.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::clock::from_millis;
use longhouse_domain::event::{LogLevel, Stage};
use longhouse_domain::git::AutoCommitMode;
use longhouse_domain::lifecycle::Phase;
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::RuntimeKind;
use longhouse_domain::terminal::{TerminalCommand, TerminalSpec};
use longhouse_link::LinkClient;
use longhouse_link::proto::{self, CreateTerminalRequest, SessionEvent};
use tonic::{Code, Status, Streaming};

use super::agent::Lent;
use super::way_out::WayOut;
use super::{Driver, make};
use crate::error::{EngineError, plain};
use crate::session::connection::{Connection, Reach};
use crate::session::terminals;
use crate::session::view::TerminalView;

/// How long the agent has the machine to itself when it starts: as long as a shell takes to its prompt.
const AGENT_FIRST: Duration = Duration::from_millis(10);

impl Driver {
    /// Sees that the repository and every terminal is there. The news is subscribed to first, so that nothing falls between.
    pub(super) async fn furnish(
        &mut self,
        connection: &Arc<Connection>,
        way_out: &mut WayOut,
        agent: &Lent,
    ) -> Result<Streaming<SessionEvent>, Furnishing> {
        let furnished = self.furnish_all(connection, way_out, agent).await;
        if furnished.is_err() {
            // The agent's terminal may have been told of.
            self.reach.send_replace(Reach::Down);
        }
        furnished
    }

    async fn furnish_all(
        &mut self,
        connection: &Arc<Connection>,
        way_out: &mut WayOut,
        agent: &Lent,
    ) -> Result<Streaming<SessionEvent>, Furnishing> {
        self.clone_repository(connection, way_out, agent).await?;
        self.make_worktree(connection, way_out).await?;
        let mut news = self.ask_for_news(connection).await?;
        self.set_up(connection, &mut news).await?;
        let fresh = self.begins();
        // What is watched is known before anything changes it; that nothing is to be watched need not be.
        let watches = self.session.spec.auto_commit.mode != AutoCommitMode::Off;
        if watches {
            self.tell_auto_commit(connection).await?;
        }
        let told = async {
            if fresh {
                tokio::time::sleep(AGENT_FIRST).await;
                self.progress(Stage::Agent, "starting the terminals").await;
            }
        };
        // They do not wait until it is written down that they start; rather that waits, for what the disk and the processors do first.
        let ((), views) = tokio::join!(told, self.terminals(connection));
        let views = views?;
        if !watches {
            self.tell_auto_commit(connection).await?;
        }
        // In a container it is a number of the container's own.
        let on_host = self.session.spec.runtime == RuntimeKind::Host;
        let pid = on_host.then(|| connection.pid());
        let began_at = i64::try_from(connection.began_at_ms()).unwrap_or(i64::MAX);
        // Its clock is this machine's, but its word is foreign.
        let began_at = from_millis(began_at).min(self.context.now());
        self.place = None;
        let notice = self.notice();
        self.publish(|live| {
            live.terminals = views;
            live.pid = pid;
            live.began_at = Some(began_at);
            live.notice = notice;
        });
        Ok(news)
    }

    /// Whether nothing of it is known to run yet.
    fn begins(&self) -> bool {
        matches!(self.session.phase, Phase::Pending | Phase::Starting)
    }

    /// Every terminal, where it is to run started.
    async fn terminals(
        &self,
        connection: &Arc<Connection>,
    ) -> Result<Vec<TerminalView>, Furnishing> {
        let mut client = connection.client();
        let mut views = Vec::new();
        for spec in &self.session.terminals {
            if !self.is_started(spec) {
                views.push(self.terminal_at_rest(connection, spec).await?);
                continue;
            }
            let terminal = self.furnish_one(&mut client, spec).await?;
            if terminal.adopted {
                let text = format!(
                    "the terminal {} was found alive in tmux and adopted",
                    spec.name
                );
                self.log(LogLevel::Info, "session", &text).await;
            }
            views.push(TerminalView::alive(spec, &terminal));
            if self.begins() && spec.command == TerminalCommand::Agent {
                // Whoever waits for it need not wait for what else a start does.
                self.reach.send_replace(Reach::Agent(connection.clone()));
            }
        }
        Ok(views)
    }

    pub(super) async fn furnish_one(
        &self,
        client: &mut LinkClient,
        spec: &TerminalSpec,
    ) -> Result<proto::Terminal, Furnishing> {
        let mut request = self
            .create_request(spec)
            .map_err(|e| Furnishing::Impossible(e.to_string()))?;
        // Not the ones after it: a session may have dozens, and each would wait again for an agent that says nothing.
        request.stands_back = self.begins() && spec.name == TerminalName::manual();
        let program = request.program.clone();
        let answer = tokio::time::timeout(terminals::ANSWER_WAIT, client.create_terminal(request))
            .await
            .map_err(|_| Status::deadline_exceeded("no terminal in time"))?;
        match answer {
            Ok(terminal) => Ok(terminal.into_inner()),
            Err(status) => Err(match status.code() {
                Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown => {
                    Furnishing::Broken(status)
                }
                Code::NotFound if spec.command == TerminalCommand::Agent => Furnishing::Impossible(
                    make::missing_program(&self.context, &self.session.spec.agent, &program),
                ),
                _ => Furnishing::Impossible(format!(
                    "the terminal {} did not start: {}",
                    spec.name,
                    plain(status.message())
                )),
            }),
        }
    }

    fn create_request(&self, spec: &TerminalSpec) -> Result<CreateTerminalRequest, EngineError> {
        terminals::create_request(&self.context, &self.session, spec)
    }
}

/// Why the terminals are not there.
pub(super) enum Furnishing {
    /// The connection broke; sessiond will dial again.
    Broken(Status),
    /// They cannot be: the session ends in `error` with this reason.
    Impossible(String),
    /// Something else is wanted by now.
    Unwanted,
    /// What was done could not be written down.
    Unsaved(EngineError),
}

impl From<Status> for Furnishing {
    fn from(status: Status) -> Self {
        Self::Broken(status)
    }
}
