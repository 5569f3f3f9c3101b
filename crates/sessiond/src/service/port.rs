//! The call that connects to a port.

use std::sync::Arc;

use futures_util::stream;
use longhouse_link::proto::PortBytes;
use longhouse_link::{CARRY_QUEUE, carry};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::{Answers, Service};
use crate::ports::ConnectError;

pub(super) async fn connect(
    service: &Service,
    mut requests: Streaming<PortBytes>,
) -> Result<Answers<PortBytes>, Status> {
    let full = || Status::resource_exhausted("the session has too many connections to its ports");
    let room = Arc::clone(&service.port_streams)
        .try_acquire_owned()
        .map_err(|_| full())?;
    let first = requests.message().await?.unwrap_or_default();
    let port = u16::try_from(first.port).ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| Status::invalid_argument("that is no port"))?;
    let stream = service.session.ports.connect(port).await?;
    let (outgoing, queue) = mpsc::channel(CARRY_QUEUE);
    let session = Arc::clone(&service.session);
    let moved = {
        let session = Arc::clone(&session);
        move || session.events.activity(session.now())
    };
    session.spawn(async move {
        if let Err(error) = carry(stream, requests, outgoing, moved).await {
            tracing::debug!(port, %error, "a connection to a port ended");
        }
        drop(room);
    });
    Ok(Box::pin(stream::unfold(queue, |mut queue| async {
        queue.recv().await.map(|message| (Ok(message), queue))
    })))
}

impl From<ConnectError> for Status {
    fn from(error: ConnectError) -> Self {
        let message = error.to_string();
        match error {
            ConnectError::NobodyListens(_) => Self::not_found(message),
            ConnectError::Refused { .. } => Self::failed_precondition(message),
        }
    }
}
