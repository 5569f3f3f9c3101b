//! A session's secrets on their way to its programs.

use longhouse_domain::Secrets;
use longhouse_domain::event::LogLevel;
use longhouse_store::SecretScope;

use super::Driver;
use crate::error::EngineError;
use crate::session::handle::Change;
use crate::session::request::SecretsPatch;

impl Driver {
    /// Changes the record and the secrets together; a session that lives has the new ones at once.
    pub(super) async fn change_secrets(
        &mut self,
        change: Change,
        patch: SecretsPatch,
    ) -> Result<(), EngineError> {
        let scope = SecretScope::Session(self.id);
        let sealed = self.context.secrets.sealed_change(scope, patch).await?;
        self.change_with(&sealed, change).await?;
        if self.session.phase.handle().is_some()
            && let Err(error) = self.hand_over_secrets().await
        {
            let text =
                "the changed secrets could not be handed over; they hold from the next start on";
            self.log(LogLevel::Warn, "session", text).await;
            self.context
                .complain(self.id, "hand over its secrets", &error);
        }
        Ok(())
    }

    /// Lets the session's programs read its secrets.
    pub(super) async fn hand_over_secrets(&self) -> Result<(), EngineError> {
        let secrets = if self.session.spec.secrets.is_empty() {
            Secrets::new()
        } else {
            let scope = SecretScope::Session(self.id);
            self.context.secrets.texts_of(scope).await?
        };
        let kept = self.runtime.keep_secrets(self.id, &secrets).await;
        kept.map_err(|error| {
            EngineError::Internal(format!(
                "the session's secrets cannot be handed over: {error}"
            ))
        })
    }
}
