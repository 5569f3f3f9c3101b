//! What somebody may do with a session, followed for as long as they have something of it open.

use std::sync::Arc;

use longhouse_domain::{Actor, Audience, Permission};
use tokio::sync::watch;

/// One actor's right to one session. It is asked anew with every use, so a share that is taken away is gone at once.
#[derive(Clone, Debug)]
pub struct Right {
    actor: Arc<Actor>,
    audience: watch::Receiver<Audience>,
}

impl Right {
    pub(crate) fn new(actor: &Actor, audience: watch::Receiver<Audience>) -> Self {
        Self {
            actor: Arc::new(actor.clone()),
            audience,
        }
    }

    /// Whether the actor may do that now.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.audience.borrow().access(&self.actor) >= Some(permission)
    }

    /// Returns when somebody's right to this session has changed since this was asked last. Cancel safe.
    pub(crate) async fn changed(&mut self) {
        if self.audience.changed().await.is_err() {
            // The session is gone, or the server goes away: nobody's rights change any more.
            std::future::pending().await
        }
    }

    /// Returns when the actor may no longer do that. Cancel safe.
    pub async fn lost(mut self, permission: Permission) {
        while self.may(permission) {
            self.changed().await;
        }
    }
}
