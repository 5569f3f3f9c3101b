//! The calls by which the server serves the session's way out.

use std::sync::Arc;

use futures_util::StreamExt;
use longhouse_link::proto::{OutboundAsk, PortBytes};
use tonic::{Status, Streaming};

use super::{Answers, Service};

pub(super) fn watch(service: &Service) -> Answers<OutboundAsk> {
    let ending = service.session.ending.clone();
    let asks = service.session.outbound.watch().map(Ok);
    Box::pin(asks.take_until(ending.cancelled_owned()))
}

pub(super) async fn carry(
    service: &Service,
    messages: Streaming<PortBytes>,
) -> Result<Answers<PortBytes>, Status> {
    let session = &service.session;
    let moved = {
        let session = Arc::clone(session);
        move || session.events.activity(session.now())
    };
    session
        .outbound
        .carry(messages, moved, |task| session.spawn(task))
        .await
}
