//! What every session's driver and every request share.

use std::path::PathBuf;
use std::sync::Arc;

use longhouse_domain::clock::{Clock, Timestamp};
use longhouse_domain::event::LogLevel;
use longhouse_domain::session::{RuntimeKind, Session};
use longhouse_domain::{Permission, SessionId, UserId};
use longhouse_link::files::FileCalls;
use longhouse_runtime::Runtime;
use longhouse_store::{NewLogLine, Store};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::audit::Audit;
use crate::error::{EngineError, plain};
use crate::events::Events;
use crate::policy::Policy;
use crate::publish::Published;
use crate::secrets::Vault;
use crate::session::begun::Begun;
use crate::session::live::Live;
use crate::session::view::SessionView;
use crate::settings::EngineSettings;

/// The engine's parts, handed to whoever needs them.
pub(crate) struct Context {
    pub(crate) settings: EngineSettings,
    pub(crate) store: Store,
    pub(crate) secrets: Vault,
    pub(crate) runtimes: Vec<Arc<dyn Runtime>>,
    /// Answers for the files of this machine, where a runtime has such.
    pub(crate) files: Option<FileCalls>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Events,
    pub(crate) audit: Audit,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// When the sessions that were found may be connected to.
    pub(crate) begun: Begun,
    /// Held by whoever reads an SSH key with its passphrase.
    pub(crate) key_reading: Arc<Semaphore>,
    pub(crate) policy: watch::Sender<Policy>,
    pub(crate) published: Published,
}

impl Context {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new identifier that sorts by the present moment.
    pub(crate) fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
    }

    /// The runtime of that kind.
    pub(crate) fn runtime(&self, kind: RuntimeKind) -> Result<&Arc<dyn Runtime>, EngineError> {
        self.runtimes
            .iter()
            .find(|runtime| runtime.kind() == kind)
            .ok_or_else(|| EngineError::Unavailable {
                code: "runtime.unavailable",
                detail: format!("this server has no {} runtime at present", kind.as_str()),
            })
    }

    /// A user's name, for people to read; empty where the account is gone.
    pub(crate) async fn username(&self, user: UserId) -> Result<String, EngineError> {
        Ok(self
            .store
            .user(user)
            .await?
            .map(|user| user.username)
            .unwrap_or_default())
    }

    /// The directory that a session works in; nothing where there is no such session any more.
    pub(crate) async fn workdir_of(&self, id: SessionId) -> Result<Option<PathBuf>, EngineError> {
        let Some(session) = self.store.session_for_reconciliation(id).await? else {
            return Ok(None);
        };
        let runtime = self.runtime(session.spec.runtime)?;
        Ok(Some(runtime.workdir_path(id, &session.spec.workdir)))
    }

    /// The session as its owner sees it.
    pub(crate) fn view(
        &self,
        session: &Session,
        live: Option<&Live>,
        owner_name: String,
    ) -> SessionView {
        use longhouse_domain::session::Multiplexer;
        let resting;
        let live = match live {
            Some(live) => live,
            None => {
                resting = Live::new(session.clone(), session.updated_at);
                &resting
            }
        };
        let runtime = self.runtime(session.spec.runtime).ok();
        let mut session = session.clone();
        session.last_activity_at = session.last_activity_at.max(live.last_activity_at);
        SessionView {
            allowed_actions: Vec::new(),
            access: Permission::Own,
            shared: 0,
            workdir: runtime
                .map(|r| r.workdir_path(session.id, &session.spec.workdir))
                .unwrap_or_default(),
            socket_path: runtime
                .filter(|_| session.spec.multiplexer == Multiplexer::Tmux)
                .map(|r| r.tmux_path(session.id)),
            terminals: live.terminals.clone(),
            ports: live.ports.clone(),
            published: self.published.views(&session),
            agent_state: live.agent_state(),
            pid: live.pid,
            container: runtime
                .zip(session.phase.handle())
                .and_then(|(runtime, handle)| runtime.container(handle)),
            began_at: live.began_at,
            notice: live.notice.clone(),
            unkept: live.unkept.as_ref().map(|unkept| unkept.why.clone()),
            owner_name,
            recording: self
                .settings
                .recordings
                .policy
                .records(session.spec.recording),
            session,
        }
        .with_access(Permission::Own, 0)
    }

    /// Why the session may not run where it lives: its owner may not run anything there (any more).
    pub(crate) async fn barred(&self, session: &Session) -> Result<Option<String>, EngineError> {
        if session.spec.runtime != RuntimeKind::Host {
            return Ok(None);
        }
        let owner = self.store.user(session.owner).await?;
        if owner
            .as_ref()
            .is_some_and(|owner| owner.actor().may_use_host())
        {
            return Ok(None);
        }
        let name = owner.map(|owner| owner.username).unwrap_or_default();
        Ok(Some(format!(
            "its owner {name} may not run sessions on the host: give them the permission \"host\", or hand the session over"
        )))
    }

    /// A line for the session's own log.
    pub(crate) async fn log(
        &self,
        session: SessionId,
        level: LogLevel,
        source: &str,
        message: &str,
    ) {
        let line = self.line(level, source, message);
        self.write_lines(session, &[line]).await;
    }

    /// The same for lines that were made before.
    pub(crate) async fn write_lines(&self, session: SessionId, lines: &[NewLogLine]) {
        match self.store.append_log(session, lines).await {
            Ok(lines) => {
                for line in lines.into_iter().flatten() {
                    self.events.publish_line(session, line);
                }
            }
            Err(error) => self.complain(session, "write to the session's log", &error.into()),
        }
    }

    /// Such a line.
    pub(crate) fn line(&self, level: LogLevel, source: &str, message: &str) -> NewLogLine {
        NewLogLine {
            at: self.now(),
            level,
            source: plain(source),
            message: plain(message),
        }
    }

    /// A line for those who look for faults, where nobody waits for an answer.
    pub(crate) fn complain(&self, session: SessionId, doing: &str, error: &EngineError) {
        tracing::warn!(%session, %error, "cannot {doing}");
    }
}
