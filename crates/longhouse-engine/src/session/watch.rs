//! A session looked at for as long as somebody wants to.

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use longhouse_domain::actor::{Actor, Permission};

use super::view::SessionView;
use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// The session as it is now, and again whenever something of it has changed; who looks seldom is shown less often. It ends when the
    /// session is gone, or is no longer there for the actor.
    pub async fn follow_session(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<BoxStream<'static, SessionView>, EngineError> {
        let (session, handle) = self.find(actor, reference, Permission::Look).await?;
        let mut live = handle.live.clone();
        live.mark_changed();
        let (right, stop) = (handle.right(actor), self.context().stop.clone());
        let looker = (self.clone(), actor.clone(), handle, live);
        let id = session.id;
        let views = stream::unfold(
            looker,
            move |(engine, actor, handle, mut live)| async move {
                loop {
                    live.changed().await.ok()?;
                    let session = {
                        let now = live.borrow_and_update();
                        (!now.gone).then(|| now.session.clone())?
                    };
                    match engine.view_of(&actor, &session, &handle).await {
                        Ok(view) => return Some((view, (engine, actor, handle, live))),
                        Err(EngineError::SessionNotFound) => return None,
                        // The database is away for the moment: the next change is shown again.
                        Err(error) => engine.context().complain(id, "show it", &error),
                    }
                }
            },
        );
        let ended = async move {
            tokio::select! {
                () = right.lost(Permission::Look) => {}
                () = stop.cancelled() => {}
            }
        };
        Ok(views.take_until(Box::pin(ended)).boxed())
    }
}
