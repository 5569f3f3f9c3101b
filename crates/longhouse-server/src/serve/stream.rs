//! A connection's bytes, with what hangs on the connection: its berth, how long it may say nothing at first, and once it has become a
//! WebSocket the meter of frames.
//!
//! The berth is here and not in the task, for a connection that was upgraded leaves its task and keeps its descriptor.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::SetOnce;
use tokio::time::Sleep;

use super::berths::Berth;
use super::frames::{FrameFault, FrameMeter};

/// How much of what nobody wants to hear is read at once.
const SCRAP: usize = 8 * 1024;

/// What is known of a connection beyond its bytes. Every request that comes by it carries a handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conduct(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    upgraded: AtomicBool,
    claimed: AtomicBool,
    fault: SetOnce<FrameFault>,
}

impl Conduct {
    /// Says that the connection speaks WebSocket from now on.
    pub(super) fn upgraded(&self) {
        self.0.upgraded.store(true, Ordering::Release);
    }

    /// Waits for the client to break a rule of frames. Whoever waits tells the client so; where nobody does, the connection
    /// just breaks.
    pub(crate) async fn fault(&self) -> FrameFault {
        self.0.claimed.store(true, Ordering::Release);
        *self.0.fault.wait().await
    }
}

/// A connection.
pub(super) struct Moored<S> {
    stream: S,
    conduct: Conduct,
    message_time: Duration,
    watch: Option<Watch>,
    silence: Option<Silence>,
    _berth: Option<Berth>,
}

/// What has to be said first, and until when.
struct Silence {
    bytes: usize,
    alarm: Pin<Box<Sleep>>,
}

/// What is known of a WebSocket.
struct Watch {
    meter: FrameMeter,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Moored<S> {
    pub(super) fn new(stream: S, berth: Option<Berth>, message_time: Duration) -> Self {
        Self {
            stream,
            conduct: Conduct::default(),
            message_time,
            watch: None,
            silence: None,
            _berth: berth,
        }
    }

    /// The same, where reading fails unless so many bytes came within that time.
    pub(super) fn that_says(mut self, bytes: usize, within: Duration) -> Self {
        let alarm = Box::pin(tokio::time::sleep(within));
        self.silence = Some(Silence { bytes, alarm });
        self
    }

    pub(super) fn conduct(&self) -> Conduct {
        self.conduct.clone()
    }
}

impl Watch {
    fn new() -> Self {
        Self {
            meter: FrameMeter::new(Instant::now()),
            alarm: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// Whether what the client has begun has been open for too long.
    fn poll_alarm(&mut self, context: &mut Context<'_>, limit: Duration) -> Poll<()> {
        let Some(since) = self.meter.open_since() else {
            return Poll::Pending;
        };
        let at = tokio::time::Instant::from_std(since + limit);
        if self.alarm.deadline() != at {
            self.alarm.as_mut().reset(at);
        }
        self.alarm.as_mut().poll(context)
    }
}

impl<S: AsyncRead + Unpin> Moored<S> {
    /// Reads what is no WebSocket's.
    fn poll_plain(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(silence) = &mut self.silence else {
            return read;
        };
        if read.is_pending() {
            ready!(silence.alarm.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        silence.bytes = silence.bytes.saturating_sub(buffer.filled().len() - before);
        if silence.bytes == 0 {
            self.silence = None;
        }
        read
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moored<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let known = Arc::clone(&this.conduct.0);
        if !known.upgraded.load(Ordering::Acquire) {
            return this.poll_plain(context, buffer);
        }
        if known.fault.initialized() {
            return poll_discard(&mut this.stream, context);
        }
        let watch = this.watch.get_or_insert_with(Watch::new);
        let before = buffer.filled().len();
        let fault = match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                match watch.meter.feed(&buffer.filled()[before..], Instant::now()) {
                    Ok(()) => return Poll::Ready(Ok(())),
                    Err(fault) => fault,
                }
            }
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {
                ready!(watch.poll_alarm(context, this.message_time));
                FrameFault::Unfinished
            }
        };
        buffer.set_filled(before);
        let _ = known.fault.set(fault);
        if !known.claimed.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, fault)));
        }
        // What the client sends further is thrown away, so that it can still read why it was sent away: a connection that is
        // closed while bytes lie unread is reset, and loses the close frame.
        poll_discard(&mut this.stream, context)
    }
}

/// Reads to the end and keeps nothing.
fn poll_discard<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let mut scrap = [0; SCRAP];
    loop {
        let mut buffer = ReadBuf::new(&mut scrap);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moored<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
