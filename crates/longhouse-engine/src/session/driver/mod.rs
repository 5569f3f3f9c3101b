//! The one task that owns a session: it compares the wish with the world and takes one step after the other.
//!
//! ```text
//!   observe ──► next_step (domain, pure) ──► carry it out ──► observe …
//!                                              │
//!              requests are answered meanwhile ┘ (a changed wish ends the step at its next safe point)
//! ```
//!
//! Every change is written to the store before it is carried out, so that a new driver after kill -9 goes on from there.

mod agent;
mod attend;
mod clone;
mod disk;
mod end;
mod furnish;
mod keep;
mod kept;
pub(super) mod make;
mod making;
mod news;
mod offer;
mod outside;
mod ports;
mod record;
mod secrets;
pub(super) mod setup;
mod share;
mod tell;
mod way_out;
mod wish;
mod worktree;

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::egress::AllowList;
use longhouse_domain::lifecycle::{Status, Step, next_step};
use longhouse_domain::session::{RuntimeKind, Session};
use longhouse_domain::{Audience, SessionId};
use longhouse_runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::connection::{Connections, Reach};
use super::handle::{Command, Handle, MAILBOX, Reply};
use super::live::Live;
use crate::context::Context;
use crate::egress::Traffic;
use crate::error::EngineError;
use crate::recording::{Attendant, Desk};
use disk::DiskNews;
use offer::Offer;
use ports::PortNews;
pub(crate) use record::Record;

/// The pauses between attempts at a step that failed for a reason that may pass.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(10);

/// What a carried out step leads to.
enum Next {
    /// Look again.
    Again,
    /// Nothing more will ever happen: the session is deleted, or the server goes away.
    Finished,
}

/// What a pass over the mailbox found.
#[derive(PartialEq, Eq)]
enum Heard {
    /// Nothing that changes the present step.
    Nothing,
    /// The wish changed.
    NewWish,
    /// The terminals changed.
    Refresh,
}

pub(crate) struct Driver {
    id: SessionId,
    context: Arc<Context>,
    runtime: Arc<dyn Runtime>,
    session: Session,
    commands: mpsc::Receiver<Command>,
    /// The other end of it.
    mailbox: mpsc::WeakSender<Command>,
    live: watch::Sender<Live>,
    audience: watch::Sender<Audience>,
    reach: watch::Sender<Reach>,
    offer: Option<Offer>,
    /// Whether the start that comes next is counted in the record already, as the first one is when the record is made.
    counted: bool,
    ports: PortNews,
    disk: DiskNews,
    /// What was said last of its place, beside the status.
    place: Option<String>,
    /// What its SSH agent has to say, in the same way.
    alert: Option<agent::Alert>,
    kept: kept::Kept,
    numbering: Option<news::Numbering>,
    /// What the session may reach, for those who open its connections.
    allowed: watch::Sender<Arc<AllowList>>,
    /// What went through its way out.
    traffic: Arc<Traffic>,
    /// Why the session is being stopped, where it was not a person's wish.
    ending: Option<String>,
    /// Whether somebody said that it may go without its work being kept.
    gives_up: bool,
    /// What is recorded of its terminals.
    recordings: Arc<Desk>,
}

/// Starts the task that drives the session, and returns the way to reach it.
pub(crate) fn spawn(
    context: &Arc<Context>,
    session: Session,
    audience: Audience,
    record: Record,
) -> Result<Arc<Handle>, EngineError> {
    let runtime = context.runtime(session.spec.runtime)?.clone();
    let (sender, commands) = mpsc::channel(MAILBOX);
    let mailbox = sender.downgrade();
    let (live, state) = watch::channel(Live::new(session.clone(), context.now()));
    let (reach, connections) = Connections::channel();
    let (audience, known) = watch::channel(audience);
    let handle = Arc::new(Handle::new(known, state, connections, sender));
    let traffic = handle.traffic.clone();
    let (allowed, _) = watch::channel(way_out::list_of(&session));
    let driver = Driver {
        id: session.id,
        context: context.clone(),
        runtime,
        session,
        commands,
        mailbox,
        live,
        audience,
        reach,
        offer: None,
        counted: record == Record::New,
        ports: PortNews::default(),
        disk: DiskNews::default(),
        place: None,
        alert: None,
        kept: kept::Kept::new(),
        numbering: None,
        allowed,
        traffic,
        ending: None,
        gives_up: false,
        recordings: handle.recordings.clone(),
    };
    let attendant = Attendant {
        context: context.clone(),
        id: driver.id,
        live: handle.live.clone(),
        connections: handle.connections.clone(),
        desk: handle.recordings.clone(),
    };
    context.tasks.spawn(attendant.run());
    context.tasks.spawn(driver.run());
    Ok(handle)
}

impl Driver {
    async fn run(mut self) {
        self.note_list().await;
        let stop = self.context.stop.clone();
        let mut pause = BACKOFF_FIRST;
        while !stop.is_cancelled() {
            let observed = self
                .runtime
                .observe(self.id, self.session.phase.handle())
                .await;
            let step = next_step(self.session.wish, &self.session.phase, &observed);
            self.note_first_look(&step).await;
            match self.carry_out(step).await {
                Ok(Next::Again) => pause = BACKOFF_FIRST,
                Ok(Next::Finished) => return,
                Err(error) => {
                    self.context
                        .complain(self.id, "bring the session nearer to its wish", &error);
                    self.listen_for(pause).await;
                    pause = (pause * 2).min(BACKOFF_LAST);
                }
            }
        }
    }

    async fn carry_out(&mut self, step: Step) -> Result<Next, EngineError> {
        if self.is_barred(&step).await? {
            return Ok(Next::Again);
        }
        // After anything else, its first start is one like any other.
        self.counted &= step == Step::Provision;
        match step {
            Step::Rest => self.rest().await,
            Step::Provision => self.make().await,
            Step::Attach(handle) => {
                // What was changed just before a server was killed may not have arrived.
                self.hand_over_secrets().await?;
                self.attend(handle).await
            }
            Step::Stop(handle) => self.stop(handle).await,
            Step::Settle(phase) => {
                // What a dead sessiond left behind is cleared; tmux is left for the next start.
                self.settle(phase).await?;
                Ok(Next::Again)
            }
            Step::Destroy => self.destroy().await,
            // It is looked at again after a pause, like after any other fault that may pass.
            Step::Wait { reason } => Err(EngineError::Unavailable {
                code: "runtime.unavailable",
                detail: reason,
            }),
        }
    }

    /// At rest: nothing is to be done until somebody asks for something.
    async fn rest(&mut self) -> Result<Next, EngineError> {
        self.reach.send_replace(Reach::AtRest);
        self.offer = None;
        self.numbering = None;
        self.publish(|_| ());
        let stop = self.context.stop.clone();
        tokio::select! {
            command = self.commands.recv() => match command {
                Some(command) => {
                    self.hear(command).await;
                    Ok(Next::Again)
                }
                None => Ok(Next::Finished),
            },
            () = stop.cancelled() => Ok(Next::Finished),
        }
    }

    /// Answers one request. It is written down before it is answered.
    async fn hear(&mut self, command: Command) -> Heard {
        match command {
            Command::Want(wish, reply) => {
                let changed = self.want(wish).await;
                self.answer(reply, changed);
                Heard::NewWish
            }
            Command::GiveUp(reply) => {
                self.gives_up = true;
                self.answer(reply, Ok(()));
                Heard::Nothing
            }
            Command::Restart(reply) => {
                let changed = self.want_restart().await;
                self.answer(reply, changed);
                Heard::NewWish
            }
            Command::Change(change, reply) => {
                let changed = self.change(change).await;
                self.answer(reply, changed);
                Heard::Nothing
            }
            Command::ChangeSecrets(change, patch, reply) => {
                let changed = self.change_secrets(change, patch).await;
                self.answer(reply, changed);
                Heard::Nothing
            }
            Command::Refresh(reply) => {
                self.answer(reply, Ok(()));
                Heard::Refresh
            }
            Command::Share(user, access, deed, reply) => {
                let changed = self.share(user, access, &deed).await;
                self.answer(reply, changed);
                Heard::Nothing
            }
            Command::HandOver(user, deed, reply) => {
                let changed = self.hand_over(user, &deed).await;
                self.answer(reply, changed);
                Heard::Nothing
            }
            Command::Happened(what) => self.happened(what).await,
            Command::Agent(news) => {
                self.note_agent(news).await;
                Heard::Nothing
            }
            Command::Reconsider(reply) => {
                self.note_list().await;
                self.answer(reply, Ok(()));
                match self.session.spec.runtime {
                    RuntimeKind::Host => Heard::NewWish,
                    RuntimeKind::Docker | RuntimeKind::Kubernetes => Heard::Nothing,
                }
            }
        }
    }

    fn answer(&self, reply: Reply, outcome: Result<(), EngineError>) {
        // Whoever asked may have gone; what was asked is done all the same.
        let _ = reply.send(outcome.map(|()| self.session.clone()));
    }

    /// Answers requests for a while.
    async fn listen_for(&mut self, pause: Duration) {
        let stop = self.context.stop.clone();
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                () = stop.cancelled() => return,
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish { return },
                    None => return,
                },
            }
        }
    }

    /// Changes what everybody sees at this moment.
    fn publish(&self, change: impl FnOnce(&mut Live)) {
        self.live.send_if_modified(|live| {
            let before = live.clone();
            live.session = self.session.clone();
            change(live);
            if matches!(live.session.status(), Status::Stopped | Status::Error) {
                live.come_to_rest();
            }
            *live != before
        });
    }
}
