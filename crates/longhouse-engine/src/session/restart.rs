//! Starting a terminal's program again.

use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::name::TerminalName;
use longhouse_domain::session::Session;

use super::ask::AskError;
use super::handle::{Command, Handle};
use super::inside::{known, reference_to, require_running};
use super::terminals;
use super::view::TerminalView;
use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// Ends a terminal's program, if it runs, and starts it again in the same terminal.
    pub async fn restart_terminal(
        &self,
        actor: &Actor,
        reference: &str,
        name: &str,
    ) -> Result<TerminalView, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Drive).await?;
        let name = known(&session, name)?;
        require_running(&session)?;
        let restarted = handle.connections.ask(|link| {
            let terminal = reference_to(&name);
            async move { link.client().restart_terminal(terminal).await }
        });
        match restarted.await {
            Ok(_) => {}
            // One that was not started with the session: that of a set-up script.
            Err(AskError::Refused(status)) if status.code() == tonic::Code::NotFound => {
                self.start_terminal(&session, &handle, &name).await?;
            }
            Err(error) => return Err(error.into()),
        }
        handle.ask(Command::Refresh).await?;
        self.one(&session, &handle, &name).await
    }

    /// Starts a terminal that its session has and sessiond does not.
    async fn start_terminal(
        &self,
        session: &Session,
        handle: &Handle,
        name: &TerminalName,
    ) -> Result<(), EngineError> {
        let spec = session.terminals.iter().find(|spec| spec.name == *name);
        let spec = spec.ok_or(EngineError::TerminalNotFound)?;
        let request = terminals::create_request(self.context(), session, spec)?;
        let started = handle.connections.ask(|link| {
            let request = request.clone();
            async move { link.client().create_terminal(request).await }
        });
        Ok(started.await.map(drop)?)
    }
}
