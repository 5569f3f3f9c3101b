//! What sessions left in a repository that they shared: listed, and brought back as a branch.

use longhouse_domain::SessionId;
use longhouse_domain::actor::Actor;
use longhouse_domain::git::{BranchName, KeptWork, Operation};

use super::ask::{nonsense, succeeded};
use super::place::RepositoryAt;
use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// What deleted sessions left in the session's repository, the newest first.
    pub async fn kept_work(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<Vec<KeptWork>, EngineError> {
        let at = RepositoryAt::workspace(reference);
        let reply = self.look(actor, &at, &Operation::KeptWork).await?;
        let reply = succeeded(reply)?;
        KeptWork::read(&reply.stdout).map_err(nonsense)
    }

    /// Makes a branch of what a session left. The answer is what it is called.
    pub async fn bring_back(
        &self,
        actor: &Actor,
        reference: &str,
        left_by: SessionId,
        branch: Option<BranchName>,
    ) -> Result<BranchName, EngineError> {
        let operation = Operation::BringBack {
            session: left_by,
            branch,
        };
        let at = RepositoryAt::workspace(reference);
        let reply = self.step(actor, &at, operation).await?;
        let reply = succeeded(reply)?;
        let name = String::from_utf8_lossy(&reply.stdout);
        name.parse()
            .map_err(|_| nonsense(longhouse_domain::git::Unreadable))
    }
}
