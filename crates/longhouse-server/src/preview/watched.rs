//! A body that ends where the visitor's right does, and bytes carried between two connections as long as it lasts.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;

/// What of one direction is held while the other end is slow, bytes.
const BETWEEN: usize = 32 * 1024;

/// An answer's body, until its reader's right has gone.
pub(super) struct Watched {
    body: Incoming,
    gone: BoxFuture<'static, ()>,
}

impl Watched {
    pub(super) fn new(body: Incoming, gone: BoxFuture<'static, ()>) -> Self {
        Self { body, gone }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.gone.as_mut().poll(context).is_ready() {
            let revoked = io::Error::new(io::ErrorKind::PermissionDenied, "the right is gone");
            return Poll::Ready(Some(Err(revoked)));
        }
        Pin::new(&mut self.body)
            .poll_frame(context)
            .map_err(io::Error::other)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Carries bytes between browser and program until both have ended, or `gone`.
pub(super) async fn join(browser: Upgraded, program: Upgraded, gone: BoxFuture<'static, ()>) {
    let (mut browser, mut program) = (TokioIo::new(browser), TokioIo::new(program));
    tokio::select! {
        joined = tokio::io::copy_bidirectional_with_sizes(&mut browser, &mut program, BETWEEN, BETWEEN) => {
            if let Err(error) = joined {
                tracing::debug!(%error, "a preview's WebSocket broke");
            }
        }
        () = gone => {}
    }
}
