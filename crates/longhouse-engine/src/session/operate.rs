//! Starting, stopping and restarting sessions, and waiting for what comes of it.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::lifecycle::{Status, Wish};
use longhouse_domain::session::Session;

use super::handle::{Command, Handle};
use super::live::Live;
use super::view::SessionView;
use crate::engine::Engine;
use crate::error::EngineError;

/// How much longer than the grace a stop or a deletion may take before the request is told to look again later.
const PATIENCE: Duration = Duration::from_secs(20);

impl Engine {
    /// Starts a session that is at rest. Answers when that is written down, with the status `starting`.
    pub async fn start_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        match session.status() {
            Status::Stopped | Status::Error => {}
            Status::Pending | Status::Starting | Status::Running => {
                return Err(EngineError::conflict(
                    "session.already_running",
                    "the session runs already",
                ));
            }
        }
        self.require_ground(&session).await?;
        self.require_runtime(&session).await?;
        let session = handle
            .ask(|reply| Command::Want(Wish::Running, reply))
            .await?;
        self.view_of(actor, &session, &handle).await
    }

    /// Stops a session; returns when nothing of it runs any more. Stopping one that is at rest changes nothing.
    pub async fn stop_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        if !matches!(session.status(), Status::Stopped | Status::Error) {
            self.require_runtime(&session).await?;
        }
        handle
            .ask(|reply| Command::Want(Wish::Stopped, reply))
            .await?;
        let at_rest =
            |live: &Live| matches!(live.session.status(), Status::Stopped | Status::Error);
        self.wait_until(&handle, |live| at_rest(live) || live.gone)
            .await?;
        let session = handle.live.borrow().session.clone();
        self.view_of(actor, &session, &handle).await
    }

    /// Ends a session's programs and starts them again. Answers when that is written down.
    pub async fn restart_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<SessionView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        self.require_ground(&session).await?;
        self.require_runtime(&session).await?;
        let session = handle.ask(Command::Restart).await?;
        self.view_of(actor, &session, &handle).await
    }

    /// Refuses to start what would be stopped at once.
    async fn require_ground(&self, session: &Session) -> Result<(), EngineError> {
        match self.context().barred(session).await? {
            None => Ok(()),
            Some(detail) => Err(EngineError::Forbidden {
                code: "session.host_forbidden",
                detail,
            }),
        }
    }

    /// Refuses what cannot be done now, because what the session stands on is away. Nothing is written down of it.
    pub(crate) async fn require_runtime(&self, session: &Session) -> Result<(), EngineError> {
        let runtime = self.context().runtime(session.spec.runtime)?;
        runtime
            .reach()
            .await
            .map_err(|detail| EngineError::Unavailable {
                code: "runtime.unavailable",
                detail,
            })
    }

    /// Waits until the session's state is as wanted.
    pub(crate) async fn wait_until(
        &self,
        handle: &Arc<Handle>,
        wanted: impl Fn(&Live) -> bool,
    ) -> Result<(), EngineError> {
        let patience = self.context().settings.stop_grace + PATIENCE;
        let mut live = handle.live.clone();
        let waited = tokio::time::timeout(patience, live.wait_for(|live| wanted(live))).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            // The driver is gone: either the session is, or the server goes away.
            Ok(Err(_)) if wanted(&handle.live.borrow()) => Ok(()),
            Ok(Err(_)) => Err(EngineError::Unavailable {
                code: "server.stopping",
                detail: "the server is going away; what was asked is written down and goes on when it is back".to_owned(),
            }),
            Err(_) => Err(EngineError::Unavailable {
                code: "session.busy",
                detail: "this takes longer than usual; it goes on in the background, look again shortly".to_owned(),
            }),
        }
    }
}
