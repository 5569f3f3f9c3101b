//! Whose the session is, with whom it is shared, and whether it may live where it lives.

use longhouse_domain::UserId;
use longhouse_domain::event::LogLevel;
use longhouse_domain::lifecycle::{Step, Wish};
use longhouse_domain::share::ShareAccess;
use longhouse_store::{Deed, Shared};

use super::Driver;
use crate::error::EngineError;

impl Driver {
    pub(super) async fn share(
        &mut self,
        user: UserId,
        access: Option<ShareAccess>,
        deed: &Deed,
    ) -> Result<(), EngineError> {
        let (store, now) = (&self.context.store, self.context.now());
        let shared = match access {
            Some(access) => {
                store
                    .share_session(self.id, user, access, deed, now)
                    .await?
            }
            None => store.unshare_session(self.id, user, deed, now).await?,
        };
        self.take_over(shared.ok_or(EngineError::ShareNotFound)?)
            .await;
        Ok(())
    }

    pub(super) async fn hand_over(&mut self, to: UserId, deed: &Deed) -> Result<(), EngineError> {
        let (store, now) = (&self.context.store, self.context.now());
        let shared = store.hand_over_session(self.id, to, deed, now).await?;
        self.take_over(shared.ok_or(EngineError::SessionNotFound)?)
            .await;
        Ok(())
    }

    /// First who may, then what happened: nobody hears of it who has just lost the right to.
    async fn take_over(&mut self, shared: Shared) {
        self.session = shared.session;
        self.note_list().await;
        self.audience.send_replace(shared.audience);
        self.publish(|_| ());
        self.tell(shared.events).await;
    }

    /// Whether the next step has to be another one, because the owner may not use this runtime (any more): then the session
    /// is wished to stop. It is looked at before anything is made or kept alive, whoever asked for it and whenever.
    pub(super) async fn is_barred(&mut self, step: &Step) -> Result<bool, EngineError> {
        if !matches!(step, Step::Provision | Step::Attach(_)) {
            return Ok(false);
        }
        let Some(reason) = self.context.barred(&self.session).await? else {
            return Ok(false);
        };
        self.change(Box::new(|session| {
            session.wish = Wish::Stopped;
            Vec::new()
        }))
        .await?;
        self.log(LogLevel::Warn, "session", &reason).await;
        self.ending = Some(reason);
        Ok(true)
    }
}
