//! How a container fares, to one client: once, and with every change.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::client::{Client, Subscription};
use super::wire::{ContainerStatusEvent, ContainerSubscription};
use crate::containers::ContainerBody;
use crate::problem::Problem;

/// Begins to send how a container fares. The last message says that there is none any more.
pub(super) async fn follow(
    client: &Arc<Client>,
    of: &ContainerSubscription,
) -> Result<Subscription, Problem> {
    let (engine, actor) = (client.app.engine(), &client.actor);
    let session = engine.session_of_container(actor, &of.container_id).await?;
    let mut views = engine.follow_session(actor, &session.to_string()).await?;
    let container_id = of.container_id.clone();
    let to = Arc::clone(client);
    Ok(Subscription::begin(client, async move {
        let mut last = None;
        while let Some(view) = views.next().await {
            let container = ContainerBody::new(to.app.previews(), &view);
            let event = ContainerStatusEvent::of(&container_id, &container);
            if last.as_ref() != Some(&event) {
                if to.emit("status:update", &event).await.is_err() {
                    return;
                }
                last = Some(event);
            }
        }
        if !to.gone.is_cancelled() {
            let gone = ContainerStatusEvent::gone(&container_id);
            // Where the client is gone, nobody misses it.
            let _ = to.emit("status:update", &gone).await;
        }
    }))
}
