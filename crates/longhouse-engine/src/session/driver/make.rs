//! Making a session's place, and starting sessiond in it.

use longhouse_domain::event::{EventKind, LogLevel, Stage};
use longhouse_domain::lifecycle::{Phase, RuntimeHandle};
use longhouse_domain::session::{RuntimeKind, Session};
use longhouse_domain::terminal::Environment;
use longhouse_link::LinkListener;
use longhouse_runtime::{Plan, Progress, ProvisionError};
use longhouse_store::NewLogLine;
use tokio::sync::mpsc;

use super::disk::DiskNews;
use super::offer::Offer;
use super::{Driver, Heard, Next};
use crate::context::Context;
use crate::error::EngineError;

/// The most reports of progress that wait to be written down; further ones are dropped.
const REPORTS: usize = 16;

/// What people read while the engine that a session needs is away.
const WAITING: &str = "waiting for the container engine, which does not answer";

/// What became of the preparations.
enum Prepared {
    /// Everything is there.
    Ready,
    /// Something else is wanted by now.
    Unwanted,
}

/// Why there is no place.
enum Failure {
    /// It may be there with the next attempt.
    ForNow(EngineError),
    /// There will be none; the reason is for people.
    ForGood(String),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::ForGood(error.to_string())
    }
}

impl Driver {
    /// Makes the place. What goes wrong for good ends in `error` with the reason, and nothing is left behind.
    pub(super) async fn make(&mut self) -> Result<Next, EngineError> {
        self.disk = DiskNews::default();
        self.traffic.begin();
        let is_first = std::mem::take(&mut self.counted);
        if !is_first {
            self.change(Box::new(|session| {
                session.starts = session.starts.saturating_add(1);
                session.turn_to(Phase::Starting)
            }))
            .await?;
        }
        match self.try_to_make(is_first).await {
            Ok(Some(handle)) => self.attend(handle).await,
            Ok(None) => Ok(Next::Again),
            Err(Failure::ForNow(error)) => {
                self.note(Some(WAITING.to_owned())).await;
                Err(error)
            }
            Err(Failure::ForGood(reason)) => {
                self.runtime
                    .end(self.id, None)
                    .await
                    .map_err(|e| EngineError::Internal(e.to_string()))?;
                self.offer = None;
                self.settle(Phase::Error { reason }).await?;
                Ok(Next::Again)
            }
        }
    }

    /// The handle of the new place; none where something else is wanted meanwhile.
    async fn try_to_make(&mut self, is_first: bool) -> Result<Option<RuntimeHandle>, Failure> {
        let mut plan = plan(&self.context, &self.session)?;
        self.give_port(&mut plan.env).await?;
        if let Prepared::Unwanted = self.prepare(&plan).await? {
            return Ok(None);
        }
        let mut offer = self.take_offer()?;
        self.hand_over_secrets().await?;
        // Requests wait in the mailbox: making a place takes moments, and one that was begun is brought to a state that can be found
        // again. It does not wait until it is written down that it begins, and sessiond is greeted as soon as it dials.
        let told = async {
            if !(is_first && is_told_at_once(&self.session)) {
                self.progress(Stage::Container, doing(&self.session)).await;
            }
        };
        let making = async { tokio::join!(told, self.runtime.provision(&plan)).1 };
        let made = offer.beside(making).await;
        self.offer = Some(offer);
        made.map(Some).map_err(|error| self.failure(&error))
    }

    /// Tells the session's programs the port that the list of repositories has for their workspace. A `PORT` of a person's own stays.
    async fn give_port(&self, env: &mut Environment) -> Result<(), Failure> {
        let port = self.context.store.repository_port(self.id).await;
        if let Some(port) = port.map_err(EngineError::from)? {
            env.entry("PORT".to_owned())
                .or_insert_with(|| port.to_string());
        }
        Ok(())
    }

    /// Fetches what takes long. Requests are heard meanwhile: nobody who stops or deletes the session waits for an image.
    async fn prepare(&mut self, plan: &Plan) -> Result<Prepared, Failure> {
        let (runtime, stop) = (self.runtime.clone(), self.context.stop.clone());
        let (sender, mut reports) = mpsc::channel(REPORTS);
        let preparing = runtime.prepare(plan, &sender);
        tokio::pin!(preparing);
        loop {
            tokio::select! {
                biased;
                Some(report) = reports.recv() => self.report(report).await,
                done = &mut preparing => {
                    return done.map(|()| Prepared::Ready).map_err(|error| self.failure(&error));
                }
                command = self.commands.recv() => match command {
                    Some(command) => if self.hear(command).await == Heard::NewWish {
                        return Ok(Prepared::Unwanted);
                    },
                    None => return Ok(Prepared::Unwanted),
                },
                () = stop.cancelled() => return Ok(Prepared::Unwanted),
            }
        }
    }

    async fn report(&mut self, report: Progress) {
        self.append(&[EventKind::Progress {
            stage: report.stage,
            percent: report.percent,
            detail: report.detail,
        }])
        .await;
    }

    fn failure(&self, error: &ProvisionError) -> Failure {
        match error {
            ProvisionError::Unavailable(detail) => Failure::ForNow(EngineError::Unavailable {
                code: "runtime.unavailable",
                detail: detail.clone(),
            }),
            error => Failure::ForGood(explain(&self.context, &self.session, error)),
        }
    }

    /// Offers the link's socket, if it is not offered already.
    pub(super) fn listen(&mut self) -> Result<&mut Offer, EngineError> {
        let offer = self.take_offer()?;
        Ok(self.offer.insert(offer))
    }

    /// The same, to be put back.
    pub(super) fn take_offer(&mut self) -> Result<Offer, EngineError> {
        if let Some(offer) = self.offer.take() {
            return Ok(offer);
        }
        let internal = |error: &dyn std::fmt::Display| EngineError::Internal(error.to_string());
        self.runtime
            .socket_dir(self.id)
            .map_err(|error| internal(&error))?;
        let path = self.runtime.link_path(self.id);
        let version = self.context.settings.version;
        LinkListener::bind_for(self.runtime.link_peer(), &path, self.id, version)
            .map(Offer::new)
            .map_err(|error| internal(&error))
    }
}

/// What is done when a session's place is made, in words.
fn doing(session: &Session) -> &'static str {
    match session.spec.container {
        Some(_) => "making the container and starting sessiond",
        None => "preparing the working directory and starting sessiond",
    }
}

/// Whether its place is made as soon as its record is: nothing is fetched before. Then the one is told with the other, and a start need not
/// wait until it is written down.
fn is_told_at_once(session: &Session) -> bool {
    session.spec.runtime == RuntimeKind::Host
}

/// What is told with a new session's record: to everybody, and in its log.
pub(crate) fn first_words(
    context: &Context,
    session: &Session,
) -> (Vec<EventKind>, Vec<NewLogLine>) {
    if !is_told_at_once(session) {
        return (vec![EventKind::Created], Vec::new());
    }
    let progress = EventKind::Progress {
        stage: Stage::Container,
        percent: None,
        detail: doing(session).to_owned(),
    };
    let line = context.line(LogLevel::Info, "session", doing(session));
    (vec![EventKind::Created, progress], vec![line])
}

/// What the runtime needs to know to make the session's place.
pub(crate) fn plan(context: &Context, session: &Session) -> Result<Plan, EngineError> {
    let spec = &session.spec;
    let line = context
        .settings
        .agents
        .command_line(&spec.agent, &spec.flags, spec.mode, spec.prompt.as_deref())
        .map_err(|error| EngineError::invalid("agent", error.to_string()))?;
    Ok(Plan {
        session: session.id,
        owner: session.owner,
        start: session.starts,
        workdir: spec.workdir.clone(),
        multiplexer: spec.multiplexer,
        env: environment(session),
        first_offset: session.first_offset(),
        lends_key: spec.ssh_key.is_some(),
        lends_token: spec
            .repository
            .as_ref()
            .is_some_and(|known| known.url.transport().is_http()),
        agent_program: line.program,
        container: spec.container.clone(),
    })
}

/// The session's environment: git identity first, so that variables a person set explicitly win.
fn environment(session: &Session) -> Environment {
    let git = &session.spec.git;
    let mut env = Environment::new();
    for (names, value) in [
        (["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"], &git.user_name),
        (["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"], &git.user_email),
    ] {
        if let Some(value) = value {
            env.extend(names.map(|name| (name.to_owned(), value.clone())));
        }
    }
    env.extend(session.spec.env.clone());
    env
}

/// Why a place could not be made, and what to do.
pub(crate) fn explain(context: &Context, session: &Session, error: &ProvisionError) -> String {
    match error {
        ProvisionError::Workdir(_)
        | ProvisionError::Field { .. }
        | ProvisionError::Unavailable(_)
        | ProvisionError::Failed(_) => error.to_string(),
        ProvisionError::ProgramMissing { program } => {
            missing_program(context, &session.spec.agent, program)
        }
    }
}

/// What to tell a person whose machine lacks the agent's program.
pub(crate) fn missing_program(context: &Context, agent: &str, program: &str) -> String {
    let hint = context
        .settings
        .agents
        .get(agent)
        .map(|agent| agent.install_hint.as_str())
        .unwrap_or_default();
    let hint = if hint.is_empty() {
        "install it, or choose another agent"
    } else {
        hint
    };
    format!("the program \"{program}\" of the agent \"{agent}\" was not found: {hint}")
}
