//! Being connected to a living session: its terminals are seen to, its news is taken, a lost connection is awaited.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::agent::Mode;
use longhouse_domain::clock::from_millis;
use longhouse_domain::event::{ContainerHealth, EventKind, LogLevel};
use longhouse_domain::lifecycle::{Observed, Phase, RuntimeHandle, Step, Wish};
use longhouse_domain::name::TerminalName;
use longhouse_link::AcceptError;
use longhouse_link::proto::SessionEvent;
use longhouse_link::proto::session_event::{TerminalExited, What};
use tonic::Streaming;

use super::furnish::Furnishing;
use super::kept::LastWords;
use super::way_out::{WayOut, served};
use super::{Driver, Heard, Next};
use crate::error::EngineError;
use crate::session::connection::{Connection, Reach};
use crate::session::terminals;
use crate::session::view::{AgentActivity, TerminalView};

/// How often a session that does not dial is looked at: whether it still lives.
const LOOK: Duration = Duration::from_millis(250);

/// How long a fresh sessiond may take to dial before its start counts as failed.
const DIAL_WAIT: Duration = Duration::from_secs(15);

/// How often idleness is looked at, and activity written down.
const TICK: Duration = Duration::from_secs(2);

/// Why a connected session is no longer attended.
enum Left {
    /// The connection is gone.
    Lost,
    /// Something else is wanted now, or the session came to its end.
    Wish,
    /// The server goes away.
    ServerStopping,
}

impl Driver {
    /// From the first look on the stored status is the truth, unless the step is the one that corrects it. What lives is connected to when it
    /// has its turn.
    pub(super) async fn note_first_look(&mut self, step: &Step) {
        if !matches!(step, Step::Settle(_)) {
            self.publish(|live| live.looked = true);
        }
        if matches!(step, Step::Attach(_)) {
            self.context.begun.turn(&self.context.stop).await;
        }
    }

    /// Attends the session as long as it lives and is wished to.
    pub(super) async fn attend(&mut self, handle: RuntimeHandle) -> Result<Next, EngineError> {
        loop {
            let Some(connection) = self.connect(&handle).await? else {
                self.reach.send_replace(Reach::Down);
                return Ok(Next::Again);
            };
            let mut way_out = self.way_out(&connection).await;
            let agent = self.lend_key(&connection);
            let mut news = match self.furnish(&connection, &mut way_out, &agent).await {
                Ok(news) => news,
                Err(Furnishing::Broken(status)) => {
                    self.log(
                        LogLevel::Warn,
                        "session",
                        &format!("the link broke: {}", status.message()),
                    )
                    .await;
                    continue;
                }
                Err(Furnishing::Unwanted) => return Ok(Next::Again),
                Err(Furnishing::Unsaved(error)) => return Err(error),
                Err(Furnishing::Impossible(reason)) => {
                    self.end_for_good(&handle, Some(&connection)).await?;
                    self.settle(Phase::Error { reason }).await?;
                    return Ok(Next::Again);
                }
            };
            let is_new = !matches!(self.session.phase, Phase::Running { .. });
            self.turn_to(Phase::Running {
                handle: handle.clone(),
            })
            .await?;
            if is_new {
                self.tell_health(ContainerHealth::Healthy, None).await;
            }
            self.reach.send_replace(Reach::Up(connection.clone()));
            let left = self.listen_to(&connection, &mut news, &mut way_out).await;
            if left.is_err() {
                // What could not be written down comes again over the next connection.
                connection.hang_up();
                self.reach.send_replace(Reach::Down);
            }
            match left? {
                Left::Lost => {
                    self.reach.send_replace(Reach::Down);
                }
                Left::Wish => {
                    self.kept.listen_to_the_last(LastWords {
                        news,
                        way_out,
                        agent,
                    });
                    return Ok(Next::Again);
                }
                Left::ServerStopping => return Ok(Next::Finished),
            }
        }
    }

    /// Waits until sessiond dials. `None` where it no longer lives, or something else is wanted.
    async fn connect(
        &mut self,
        handle: &RuntimeHandle,
    ) -> Result<Option<Arc<Connection>>, EngineError> {
        let stop = self.context.stop.clone();
        let deadline = tokio::time::Instant::now() + DIAL_WAIT;
        let mut look = tokio::time::interval(LOOK);
        look.tick().await;
        loop {
            let offer = self.take_offer()?;
            tokio::select! {
                link = self.offer.insert(offer).accept() => match link {
                    // An earlier one, which dialled before it was ended to make room for this one.
                    Ok(link) if link.is_closed() => {}
                    Ok(link) => return Ok(Some(Arc::new(Connection::new(link)))),
                    Err(AcceptError::Peer(error)) => {
                        self.log(LogLevel::Warn, "session", &format!("a connection was refused: {error}")).await;
                    }
                    Err(AcceptError::Listener(_)) => self.offer = None,
                },
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish { return Ok(None) },
                    None => return Ok(None),
                },
                _ = look.tick() => {
                    if let Observed::Gone { .. } = self.runtime.observe(self.id, Some(handle)).await {
                        return Ok(None);
                    }
                    if matches!(self.session.phase, Phase::Starting) && tokio::time::Instant::now() > deadline {
                        self.end_for_good(handle, None).await?;
                        let reason = "sessiond was started but did not connect: look into its log, then start the session again";
                        self.settle(Phase::Error { reason: reason.to_owned() }).await?;
                        return Ok(None);
                    }
                }
                () = stop.cancelled() => return Ok(None),
            }
        }
    }

    /// Takes what sessiond and people say, until that ends.
    async fn listen_to(
        &mut self,
        connection: &Connection,
        news: &mut Streaming<SessionEvent>,
        way_out: &mut WayOut,
    ) -> Result<Left, EngineError> {
        let stop = self.context.stop.clone();
        let mut tick = tokio::time::interval(TICK);
        let mut written = self.live.borrow().last_activity_at;
        let mut last_active = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = served(&mut way_out.service) => return Ok(Left::Lost),
                Some(passage) = way_out.passages.recv() => self.note_passage(passage).await,
                event = news.message() => match event {
                    Ok(Some(event)) => {
                        if matches!(event.what, Some(What::Activity(_))) {
                            last_active = tokio::time::Instant::now();
                        }
                        if self.take_news(connection, event).await? { return Ok(Left::Wish) }
                    }
                    Ok(None) | Err(_) => return Ok(Left::Lost),
                },
                () = connection.closed() => {
                    self.hear_out(news).await;
                    return Ok(Left::Lost);
                },
                command = self.commands.recv() => match command {
                    Some(command) => match self.hear(command).await {
                        Heard::NewWish => return Ok(Left::Wish),
                        Heard::Refresh => self.refresh(connection).await,
                        Heard::Nothing => if self.settings_differ() && self.tell_auto_commit(connection).await.is_err() {
                            return Ok(Left::Lost);
                        },
                    },
                    None => return Ok(Left::ServerStopping),
                },
                _ = tick.tick() => {
                    self.tell_ports().await;
                    let latest = self.live.borrow().last_activity_at;
                    if let Some(at) = latest.filter(|_| latest != written) {
                        self.context.store.note_activity(&[(self.id, at)]).await?;
                        written = latest;
                    }
                    if self.idle_for(last_active.elapsed()).await? { return Ok(Left::Wish) }
                    if self.watch_disk(connection).await? { return Ok(Left::Wish) }
                }
                () = stop.cancelled() => return Ok(Left::ServerStopping),
            }
        }
    }

    /// Stops a session that nobody has used for as long as its owner allowed.
    async fn idle_for(&mut self, idle: Duration) -> Result<bool, EngineError> {
        let Some(limit) = self.session.spec.idle_timeout_seconds else {
            return Ok(false);
        };
        if idle < Duration::from_secs(limit.into()) {
            return Ok(false);
        }
        self.want(Wish::Stopped).await?;
        self.ending = Some(format!("idle for {limit} seconds"));
        Ok(true)
    }

    /// Takes one piece of news. Answers whether the session has come to its end.
    async fn take_news(
        &mut self,
        connection: &Connection,
        event: SessionEvent,
    ) -> Result<bool, EngineError> {
        match event.what {
            Some(What::TerminalExited(exited)) => {
                return self.take_exit(connection, &exited, event.number).await;
            }
            Some(What::TerminalStarted(_) | What::TerminalResized(_)) => {
                self.refresh(connection).await
            }
            Some(What::Activity(activity)) => {
                let at = i64::try_from(activity.at_ms)
                    .map(from_millis)
                    .unwrap_or_else(|_| self.context.now());
                let now = self.context.now();
                self.publish(|live| {
                    live.last_activity_at = live.last_activity_at.max(Some(at.min(now)))
                });
            }
            Some(What::Ports(ports)) => self.take_ports(ports).await,
            Some(What::Log(log)) => self.take_log(&log).await,
            Some(What::Kept(kept)) => {
                self.take_kept(&kept.news, event.number).await?;
                self.acknowledge(event.number);
            }
            Some(What::Strain(strain)) => self.take_strain(&strain.text).await,
            Some(What::Ending(_)) => self.take_leave(connection).await,
            Some(What::Ready(_)) | None => {}
        }
        Ok(false)
    }

    async fn take_exit(
        &mut self,
        connection: &Connection,
        exited: &TerminalExited,
        number: u64,
    ) -> Result<bool, EngineError> {
        let Ok(name) = exited.name.parse::<TerminalName>() else {
            return Ok(false);
        };
        self.refresh(connection).await;
        self.take_set_up(&name, exited.code).await;
        let is_new = self.note_exit(&name, exited.code, number).await?;
        // News that come again, for a server was killed before it acknowledged them, may be of a program that was started again since.
        let has_ended = is_new || self.live.borrow().agent_state().kind == AgentActivity::Exited;
        let is_agent = name == TerminalName::agent();
        let done = self.session.spec.mode == Mode::Autonomous && is_agent && has_ended;
        if done {
            self.want(Wish::Stopped).await?;
            self.ending = Some(format!("the agent finished with exit code {}", exited.code));
        }
        self.acknowledge(number);
        Ok(done)
    }

    /// Writes down that a terminal's program ended. `false` where that was done before.
    pub(super) async fn note_exit(
        &mut self,
        terminal: &TerminalName,
        code: i32,
        number: u64,
    ) -> Result<bool, EngineError> {
        let is_ending = matches!(
            self.session.phase,
            Phase::Stopping { .. } | Phase::Restarting { .. }
        );
        if is_ending {
            // That its programs end with a session is no news.
            return self.write_news(number, &[], None).await;
        }
        let event = EventKind::TerminalExited {
            terminal: terminal.to_string(),
            code,
        };
        let text = format!("the program ended with exit code {code}");
        let source = format!("terminal:{terminal}");
        self.write_news(number, &[event], Some((&source, &text)))
            .await
    }

    /// Looks at the terminals again, and shows everybody what is there.
    async fn refresh(&mut self, connection: &Connection) {
        let found = match terminals::list(connection).await {
            Ok(found) => found,
            Err(status) => {
                tracing::debug!(session = %self.id, %status, "cannot list the terminals");
                return;
            }
        };
        let views = self
            .session
            .terminals
            .iter()
            .map(|spec| {
                match found
                    .iter()
                    .find(|terminal| terminal.name == spec.name.as_str())
                {
                    Some(terminal) => TerminalView::alive(spec, terminal),
                    None => TerminalView::at_rest(spec),
                }
            })
            .collect();
        let now = self.context.now();
        self.publish(|live| {
            let before = live.agent_state().kind;
            live.terminals = views;
            let after = live.agent_state().kind;
            if (before == AgentActivity::Exited) != (after == AgentActivity::Exited) {
                live.agent_since = now;
            }
        });
    }
}
