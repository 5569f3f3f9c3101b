//! The engine: started once, asked by everybody, stopped without touching a single session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longhouse_domain::actor::Actor;
use longhouse_domain::agent::Agent;
use longhouse_domain::clock::{Clock, Timestamp};
use longhouse_domain::session::{RuntimeKind, Session};
use longhouse_domain::{Audience, SessionId, Wish};
use longhouse_link::files::FileCalls;
use longhouse_runtime::Runtime;
use longhouse_store::{CatchUp, Store};
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::audit::archive::archive;
use crate::context::Context;
use crate::error::EngineError;
use crate::events::{Events, Notice};
use crate::metrics::sample;
use crate::policy::Policy;
use crate::publish::{Published, Reserved};
use crate::secrets::Vault;
use crate::session::begun::Begun;
use crate::session::driver::{self, Record};
use crate::session::handle::Handle;
use crate::settings::EngineSettings;

/// How long the start waits for the first look at every session: a look costs microseconds, a correction a transaction.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// How many events are kept for clients that were away, and how often older ones are forgotten.
const EVENTS_KEPT: u32 = 10_000;
const CLEAN_UP: Duration = Duration::from_secs(600);

/// The most events that a client is sent to catch up; one that missed more reads everything anew.
const CATCH_UP: u32 = 1_000;

/// How the engine fares.
#[derive(Clone, Debug)]
pub struct Health {
    /// The database's kind and version, or what is wrong with it.
    pub database: Result<String, String>,
    /// How many sessions run.
    pub sessions_running: u64,
    /// How many there are.
    pub sessions_total: u64,
    /// How long the engine has run.
    pub uptime: Duration,
}

/// What the product does. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    context: Arc<Context>,
    accounts: Accounts,
    sessions: Mutex<HashMap<SessionId, Arc<Handle>>>,
    started: std::time::Instant,
}

impl Engine {
    /// Begins to drive every session that the store remembers, and returns when each has been looked at: from then on every
    /// status is true. Connections to living sessions come up in the background.
    pub async fn start(
        settings: EngineSettings,
        store: Store,
        secrets: Vault,
        runtimes: Vec<Arc<dyn Runtime>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EngineError> {
        let engine = Self::take_up(settings, store, secrets, runtimes, clock).await?;
        engine.connect();
        Ok(engine)
    }

    /// Lets the sessions connect that [`Engine::take_up`] found.
    pub fn connect(&self) {
        let context = self.context().clone();
        self.spawn_until_stop(async move { context.begun.let_all_begin().await });
    }

    /// Like [`Engine::start`], but connects to no session before [`Engine::connect`]: with hundreds of them that takes all processors for a
    /// while, and the server's first answer would come after it.
    pub async fn take_up(
        settings: EngineSettings,
        store: Store,
        secrets: Vault,
        runtimes: Vec<Arc<dyn Runtime>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EngineError> {
        let policy = Policy::load(&store).await?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let audit = Audit::start(store.clone(), clock.clone(), &tasks, stop.clone());
        let context = Arc::new(Context {
            settings,
            store,
            secrets,
            files: runtimes.iter().find_map(|r| r.files()).map(FileCalls::new),
            runtimes,
            clock: clock.clone(),
            events: Events::new(),
            audit,
            tasks,
            stop,
            begun: Begun::default(),
            key_reading: Arc::new(Semaphore::new(1)),
            policy: watch::Sender::new(policy),
            published: Published::default(),
        });
        let engine = Self {
            inner: Arc::new(Inner {
                accounts: Accounts::new(context.store.clone(), clock),
                context: context.clone(),
                sessions: Mutex::default(),
                started: std::time::Instant::now(),
            }),
        };
        engine.take_up_sessions().await?;
        engine.attend_runtimes();
        context.tasks.spawn(clean_up(context.clone()));
        engine.spawn_until_stop(sample(engine.clone()));
        engine.finish_rotation();
        Ok(engine)
    }

    async fn take_up_sessions(&self) -> Result<(), EngineError> {
        let store = &self.context().store;
        let mut shares = store.every_share_for_reconciliation().await?;
        let mut handles = Vec::new();
        for session in store.every_session_for_reconciliation().await? {
            let id = session.id;
            let audience = Audience {
                owner: session.owner,
                shares: shares.remove(&id).into_iter().flatten().collect(),
            };
            match self.drive(session, audience, Record::Found, Reserved::default()) {
                Ok(handle) => handles.push(handle),
                Err(error) => self.context().complain(id, "drive the session", &error),
            }
        }
        let first_look = async {
            for handle in &handles {
                // An error means that the driver has finished, which it does only after looking.
                let _ = handle
                    .live
                    .clone()
                    .wait_for(|live| live.looked || live.gone)
                    .await;
            }
        };
        if tokio::time::timeout(FIRST_LOOK, first_look).await.is_err() {
            tracing::warn!("not every session could be looked at yet; their statuses follow");
        }
        Ok(())
    }

    /// Stops driving. Sessions are left alone; viewers are told that the server goes away.
    pub async fn shutdown(&self) {
        self.context().stop.cancel();
        self.context().tasks.close();
        self.context().tasks.wait().await;
        self.context().store.close().await;
    }

    /// What the binary said at the start.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        &self.context().settings
    }

    /// The kinds of runtime that this server has.
    #[must_use]
    pub fn runtimes(&self) -> Vec<RuntimeKind> {
        self.context()
            .runtimes
            .iter()
            .map(|runtime| runtime.kind())
            .collect()
    }

    /// Whether a session that does not change its `PATH` would find this agent's program.
    #[must_use]
    pub fn has_agent(&self, agent: &Agent) -> bool {
        let runtimes = &self.context().runtimes;
        let found = |program: &String| runtimes.iter().any(|runtime| runtime.has_program(program));
        agent.command.first().is_none_or(found)
    }

    /// People: log-in, tokens, set-up.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// What is kept sealed.
    #[must_use]
    pub fn secrets(&self) -> &Vault {
        &self.context().secrets
    }

    /// Goes on, in the background, with a rotation of the data key that was begun; where there is none, nothing happens.
    pub fn finish_rotation(&self) {
        let context = self.context().clone();
        self.context().tasks.spawn(async move {
            let finish = context.secrets.finish_rotation();
            match context.stop.run_until_cancelled(finish).await {
                Some(Ok(0)) | None => {}
                Some(Ok(secrets)) => {
                    tracing::info!(secrets, "every secret is sealed with the newest data key");
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "cannot finish the rotation of the data key; the next start tries again");
                }
            }
        });
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.context().audit
    }

    /// The present moment, as this engine sees it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context().now()
    }

    /// Cancelled when the engine goes away.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.context().stop.child_token()
    }

    /// How the engine fares.
    pub async fn health(&self) -> Health {
        let database = match self.context().store.ping().await {
            Ok(health) => Ok(health.version),
            Err(error) => Err(error.to_string()),
        };
        let counts = self
            .context()
            .store
            .session_counts(None)
            .await
            .unwrap_or_default();
        Health {
            database,
            sessions_running: counts.running,
            sessions_total: counts.total(),
            uptime: self.inner.started.elapsed(),
        }
    }

    /// What happens from now on. A listener that lags behind is told so, and catches up with [`Engine::notices_since`].
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.context().events.notices()
    }

    /// What the actor missed after position `seq`.
    pub async fn notices_since(&self, actor: &Actor, seq: i64) -> Result<CatchUp, EngineError> {
        let missed = self.context().store.catch_up(actor, seq, CATCH_UP).await?;
        match missed {
            CatchUp::Events(events) if events.len() >= CATCH_UP as usize => Ok(CatchUp::Reload {
                latest: self.last_seq().await?,
            }),
            missed => Ok(missed),
        }
    }

    /// The position of the latest event.
    pub async fn last_seq(&self) -> Result<i64, EngineError> {
        Ok(self.context().store.event_bounds().await?.latest)
    }

    /// How many viewers look at terminals at this moment.
    #[must_use]
    pub fn viewers(&self) -> u64 {
        self.lock().values().map(|handle| handle.viewers()).sum()
    }

    /// How many sessions this server has a connection to at this moment.
    #[must_use]
    pub fn links_up(&self) -> u64 {
        let sessions = self.lock();
        let up = sessions
            .values()
            .filter(|handle| handle.connections.current().is_some());
        up.count() as u64
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.inner.context
    }

    pub(crate) fn handle(&self, session: SessionId) -> Option<Arc<Handle>> {
        self.lock().get(&session).cloned()
    }

    /// Starts a driver for the session, and publishes its ports.
    pub(crate) fn drive(
        &self,
        session: Session,
        audience: Audience,
        record: Record,
        reserved: Reserved,
    ) -> Result<Arc<Handle>, EngineError> {
        let (id, is_wanted) = (session.id, session.wish != Wish::Deleted);
        let ports = session.spec.published().to_vec();
        let handle = {
            // It is listed before its driver can make anything: who clears leftovers never finds it unlisted.
            let mut sessions = self.lock();
            let handle = driver::spawn(self.context(), session, audience, record)?;
            sessions.insert(id, handle.clone());
            handle
        };
        if is_wanted {
            self.publish(id, &ports, reserved);
        }
        Ok(handle)
    }

    /// All sessions that are driven.
    pub(crate) fn handles(&self) -> Vec<(SessionId, Arc<Handle>)> {
        let sessions = self.lock();
        let handles = sessions.iter();
        handles.map(|(id, handle)| (*id, handle.clone())).collect()
    }

    /// Whether one of the sessions that are driven is meant.
    pub(crate) fn drives(&self, is_meant: impl FnMut(&SessionId) -> bool) -> bool {
        self.lock().keys().any(is_meant)
    }

    pub(crate) fn forget(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Arc<Handle>>> {
        self.inner
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets, now and then, what nobody can ask for any more.
async fn clean_up(context: Arc<Context>) {
    let mut tick = tokio::time::interval(CLEAN_UP);
    while context
        .stop
        .run_until_cancelled(tick.tick())
        .await
        .is_some()
    {
        let now = context.now();
        let done = async {
            context.store.trim_events(EVENTS_KEPT).await?;
            context.store.forget_expired_idempotency_keys(now).await?;
            context.store.forget_expired_tickets(now).await?;
            let listed = crate::accounts::LISTED_AFTER_EXPIRY;
            let forgotten = now.checked_sub(listed).unwrap_or(Timestamp::MIN);
            context.store.forget_expired_api_tokens(forgotten).await?;
            context.store.forget_expired_sign_ins(now).await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "cannot clean up");
        }
        if let Err(error) = archive_old_records(&context).await {
            tracing::warn!(%error, "old records cannot leave the audit log");
        }
    }
}

/// Moves what the policy calls old out of the audit log.
async fn archive_old_records(context: &Context) -> Result<(), EngineError> {
    let keep = context.policy.borrow().audit_retention();
    let (Some(keep), Some(dir)) = (keep, &context.settings.audit_archive) else {
        return Ok(());
    };
    let now = context.now();
    let before = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
    let gone = archive(&context.store, dir, before, now).await?;
    if gone > 0 {
        tracing::info!(records = gone, dir = %dir.display(), "old records of the audit log were archived");
    }
    Ok(())
}
