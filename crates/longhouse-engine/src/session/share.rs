//! Sharing a session with others, by its owner; leaving a session that others share.

use longhouse_domain::ShareAccess;
use longhouse_domain::actor::{Actor, Permission};
use longhouse_domain::user::User;
use longhouse_store::{Deed, Share};

use super::handle::Command;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::people::recorded_as;

/// A share to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareWith {
    /// The user's identifier or name.
    pub user: String,
    /// What they may do.
    pub access: ShareAccess,
}

impl Engine {
    /// With whom a session is shared. Only its owner sees that.
    pub async fn list_shares(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<Vec<Share>, EngineError> {
        let (session, _) = self.find(actor, reference, Permission::Own).await?;
        Ok(self.context().store.shares(actor, session.id).await?)
    }

    /// Shares a session, or changes what somebody may do with it. It holds at once, in everything that they have open.
    pub async fn share_session(
        &self,
        actor: &Actor,
        reference: &str,
        with: ShareWith,
        deed: &Deed,
    ) -> Result<Share, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Own).await?;
        let user = self
            .known_user(&with.user)
            .await?
            .ok_or_else(|| EngineError::invalid("userId", "there is no such user"))?;
        if user.id == session.owner {
            let why = "owns the session: there is nothing to share";
            return Err(EngineError::invalid("userId", why));
        }
        let sharing = naming(&user, deed).about(recorded_as(&session));
        handle
            .ask(|reply| Command::Share(user.id, Some(with.access), sharing, reply))
            .await?;
        let shares = self.context().store.shares(actor, session.id).await?;
        shares
            .into_iter()
            .find(|share| share.user == user.id)
            .ok_or(EngineError::ShareNotFound)
    }

    /// Takes a share away. Its owner does that, or whoever has the share: then they leave.
    pub async fn unshare_session(
        &self,
        actor: &Actor,
        reference: &str,
        user: &str,
        deed: &Deed,
    ) -> Result<(), EngineError> {
        let user = self.known_user(user).await?;
        let needed = if user.as_ref().map(|user| user.id) == Some(actor.user) {
            Permission::Look
        } else {
            Permission::Own
        };
        let (session, handle) = self.find(actor, reference, needed).await?;
        let user = user.ok_or(EngineError::ShareNotFound)?;
        let taking = naming(&user, deed).about(recorded_as(&session));
        handle
            .ask(|reply| Command::Share(user.id, None, taking, reply))
            .await?;
        Ok(())
    }

    /// The user of that identifier or name.
    async fn known_user(&self, reference: &str) -> Result<Option<User>, EngineError> {
        let store = &self.context().store;
        Ok(match reference.parse() {
            Ok(id) => store.user(id).await?,
            Err(_) => store.user_by_name(reference).await?,
        })
    }
}

/// The deed with whom it concerns, however the request called them.
fn naming(user: &User, deed: &Deed) -> Deed {
    deed.clone()
        .with("user", user.id.to_string())
        .with("username", &user.username)
}
