//! sessiond's end: dials the server's socket again and again, and serves on every connection it gets.

use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use crate::hello::Greeting;
use crate::io::{Greeted, LinkIo};
use crate::limits;
use crate::proto::sessiond_server::{Sessiond, SessiondServer};
use crate::socket::Socket;

/// Dials `path` and serves `service` there, one connection at a time, until `cancel`. The first attempt is made at once; after a failure,
/// and after a connection that ended without a proper hello, it waits from [`limits::DIAL_BACKOFF_FIRST`] up to [`limits::DIAL_BACKOFF_CAP`].
pub async fn dial<S: Sessiond + Clone>(path: &Path, service: S, cancel: CancellationToken) {
    let mut pause = limits::DIAL_BACKOFF_FIRST;
    while !cancel.is_cancelled() {
        let greeted = match UnixStream::connect(path).await {
            Ok(stream) => serve_connection(stream, service.clone(), cancel.clone()).await,
            Err(error) => {
                tracing::trace!(path = %path.display(), %error, "no server at the link socket");
                false
            }
        };
        if greeted {
            pause = limits::DIAL_BACKOFF_FIRST;
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        if !greeted {
            pause = longer(pause);
        }
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).min(limits::DIAL_BACKOFF_CAP)
}

/// Serves one connection to its end, or until `cancel`: then no new call is taken, and what is under way is cut after
/// [`limits::LAST_ANSWERS`], so that the answer to the call that asked for the end still arrives. Says whether the server's hello was
/// accepted.
pub async fn serve_connection<S: Sessiond>(
    stream: UnixStream,
    service: S,
    cancel: CancellationToken,
) -> bool {
    let stream = match Socket::new(stream) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "the link's socket cannot be waited for");
            return false;
        }
    };
    let closed = CancellationToken::new();
    let greeted = Greeted::default();
    let cut = CancellationToken::new();
    let io = LinkIo::new(stream, cut.clone(), closed.clone(), greeted.clone());
    let over = async {
        tokio::select! {
            () = closed.cancelled() => {}
            () = cancel.cancelled() => {}
        }
    };
    let cutting = async {
        cancel.cancelled().await;
        tokio::time::sleep(limits::LAST_ANSWERS).await;
        cut.cancel();
        std::future::pending().await
    };
    let service = SessiondServer::new(service)
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    // The listener in tonic's eyes: one connection, and then none until that one has ended.
    let incoming = stream::once(async { Ok::<_, std::io::Error>(io) }).chain(stream::pending());
    let serving = Server::builder()
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .max_concurrent_streams(limits::CONCURRENT_STREAMS)
        .http2_keepalive_interval(Some(limits::KEEP_ALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEP_ALIVE_TIMEOUT))
        .serve_with_incoming_shutdown(Greeting::new(service), incoming, over);
    let served = tokio::select! {
        served = serving => served,
        () = cutting => Ok(()),
    };
    if let Err(error) = served {
        tracing::debug!(%error, "the link's connection failed");
    }
    greeted.get()
}
