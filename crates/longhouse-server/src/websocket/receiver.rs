//! What a client sends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

pub(crate) use tokio_tungstenite::tungstenite::error::ProtocolError;
pub(crate) use tokio_tungstenite::tungstenite::{Error, Message};

use super::answers::Answers;
use crate::serve::LARGEST_MESSAGE;

/// What is buffered of a connection while a frame is read, bytes: kept for each of thousands, who send keys and acknowledgements. What is larger is
/// read in pieces.
const READ_BUFFER: usize = 2 * 1024;

/// Reads messages. Pings and closes are answered on the other way, by the [`super::Sender`].
pub(crate) struct Receiver(WebSocketStream<Listening>);

impl Receiver {
    pub(super) async fn new(from: ReadHalf<TokioIo<Upgraded>>, answers: Arc<Answers>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Every answer is handed over at once, and whole.
            .write_buffer_size(0)
            .max_message_size(Some(LARGEST_MESSAGE as usize))
            .max_frame_size(Some(LARGEST_MESSAGE as usize));
        let listening = Listening { from, answers };
        Self(WebSocketStream::from_raw_socket(listening, Role::Server, Some(config)).await)
    }

    /// The next message; nothing after a close, and where the connection has ended. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }
}

/// A connection that is only listened to: what would be written are answers.
struct Listening {
    from: ReadHalf<TokioIo<Upgraded>>,
    answers: Arc<Answers>,
}

impl AsyncRead for Listening {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().from).poll_read(context, buffer)
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        frames: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answers.add(frames);
        Poll::Ready(Ok(frames.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
