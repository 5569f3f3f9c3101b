//! The same request a second time: it answers with what the first one made.

use longhouse_domain::actor::Actor;
use longhouse_store::{IdempotencyKey, SessionRef, StoreError};

use super::view::SessionView;
use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// The session that this very request made before, if it did.
    pub(super) async fn made_before(
        &self,
        actor: &Actor,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<SessionView>, EngineError> {
        let Some(key) = key else { return Ok(None) };
        let made = self.context().store.session_made_with(key).await;
        let made = made.map_err(|error| match error {
            StoreError::Conflict(why) => EngineError::conflict("idempotency.conflict", why),
            other => other.into(),
        })?;
        let Some(id) = made else { return Ok(None) };
        let session = self
            .context()
            .store
            .session(actor, &SessionRef::Id(id))
            .await?;
        match session {
            Some(_) => Ok(Some(self.get_session(actor, &id.to_string()).await?)),
            None => Err(EngineError::conflict(
                "idempotency.session_deleted",
                "that request made a session before, and it has been deleted since: use a new key",
            )),
        }
    }
}

/// Tells one request from another; of secrets it sees the names alone. It guards against a mistake, not against an attack: a user can only meet their own keys.
pub(super) fn fingerprint(new: &impl std::fmt::Debug) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    format!("{new:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
