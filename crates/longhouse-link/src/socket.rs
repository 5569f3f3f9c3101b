//! A connected Unix socket that wakes its reader for what comes, and for nothing else.
//!
//! The kernel tells whoever waits for room in a Unix socket each time the other end has read from it. A socket that waits for both at once, as
//! tokio's own does, is therefore woken once more for each message that it has sent: with a key's way through the link, each end twice instead of
//! once. Here room is waited for only while there is none.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// See the module.
pub(crate) struct Socket {
    incoming: AsyncFd<UnixStream>,
    /// The same socket, while a write waits for room.
    full: Option<AsyncFd<UnixStream>>,
}

impl Socket {
    pub(crate) fn new(stream: tokio::net::UnixStream) -> io::Result<Self> {
        Ok(Self {
            incoming: registered(stream.into_std()?, Interest::READABLE)?,
            full: None,
        })
    }

    /// Writes by `write`, which must not block. Where there is no room, it is tried again once there may be.
    fn poll_write_by(
        &mut self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&UnixStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let Some(full) = &self.full else {
                match write(self.incoming.get_ref()) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        let same = self.incoming.get_ref().try_clone()?;
                        self.full = Some(registered(same, Interest::WRITABLE)?);
                        continue;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    written => return Poll::Ready(written),
                }
            };
            let mut room = ready!(full.poll_write_ready(cx))?;
            if let Ok(written) = room.try_io(|socket| write(socket.get_ref())) {
                self.full = None;
                return Poll::Ready(written);
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may lose their descriptor; a UnixStream cannot"
)]
fn registered(stream: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    AsyncFd::with_interest(stream, interest)
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.incoming.poll_read_ready(cx))?;
            let room = buf.initialize_unfilled();
            let whole = room.len();
            let Ok(read) = ready.try_io(|socket| socket.get_ref().read(room)) else {
                continue;
            };
            let read = read?;
            if (1..whole).contains(&read) {
                // A stream that gives less than there is room for is empty (epoll(7), question 9): no second read has to find that out.
                ready.clear_ready();
            }
            buf.advance(read);
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by(cx, |mut socket| socket.write(buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by(cx, |mut socket| socket.write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.incoming.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair() -> (Socket, Socket) {
        let (here, there) = tokio::net::UnixStream::pair().unwrap();
        (Socket::new(here).unwrap(), Socket::new(there).unwrap())
    }

    #[tokio::test]
    async fn more_than_fits_goes_both_ways_whole_and_in_order() {
        let (mut here, mut there) = pair();
        let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let echo = tokio::spawn(async move {
            let mut heard = Vec::new();
            there.read_to_end(&mut heard).await.unwrap();
            there.write_all(&heard).await.unwrap();
        });
        here.write_all(&sent).await.unwrap();
        here.shutdown().await.unwrap();
        let mut answer = Vec::new();
        here.read_to_end(&mut answer).await.unwrap();
        assert!(answer == expected);
        assert!(here.full.is_none(), "nothing waits for room any more");
        echo.await.unwrap();
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn who_waits_for_the_next_message_is_not_woken_when_the_last_one_was_read() {
        let (mut here, mut there) = pair();
        here.write_all(b"a key").await.unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut memory = [0; 16];
        let mut buffer = ReadBuf::new(&mut memory);
        let mut cx = Context::from_waker(&waker);
        assert!(
            Pin::new(&mut here)
                .poll_read(&mut cx, &mut buffer)
                .is_pending()
        );
        let mut heard = [0; 16];
        assert_eq!(there.read(&mut heard).await.unwrap(), 5);
        // Another socket of this thread says when everything that has happened until now has been told.
        let (mut later, mut told) = pair();
        later.write_all(b"x").await.unwrap();
        assert_eq!(told.read(&mut heard).await.unwrap(), 1);
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        there.write_all(b"its echo").await.unwrap();
        later.write_all(b"x").await.unwrap();
        assert_eq!(told.read(&mut heard).await.unwrap(), 1);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn the_end_and_a_broken_pipe_are_told() {
        let (mut here, there) = pair();
        drop(there);
        assert_eq!(here.read(&mut [0; 16]).await.unwrap(), 0);
        let error = here.write_all(b"to nobody").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
