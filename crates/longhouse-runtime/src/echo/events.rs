//! What a session of the echo runtime tells of itself, as a stream. What is told is decided by its sessiond.

use futures_util::{Stream, StreamExt, stream};
use longhouse_link::proto::SessionEvent;
use longhouse_link::proto::session_event::{Ready, What};
use tokio::sync::broadcast;
use tonic::Status;

/// That it is ready, the present ports, and each event from here on that the reader keeps up with.
pub(super) fn all(
    events: &broadcast::Sender<SessionEvent>,
    ports: What,
) -> impl Stream<Item = Result<SessionEvent, Status>> + use<> {
    let events = events.subscribe();
    let first = [What::Ready(Ready {}), ports].map(|what| Ok(SessionEvent { what: Some(what) }));
    let later = stream::unfold(events, |mut events| async move {
        loop {
            match events.recv().await {
                Ok(event) => return Some((Ok(event), events)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    stream::iter(first).chain(later)
}
