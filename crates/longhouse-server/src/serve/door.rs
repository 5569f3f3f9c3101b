//! Accepting connections, also when the process has no descriptor left: one is kept aside, so that whoever knocks then is told
//! and does not hang.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::ACCEPT_PAUSE;

/// How often the log says that connections cannot be accepted. Every knock would be a line, while there are too many.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// A listener and the descriptor kept aside.
pub(super) struct Door {
    listener: TcpListener,
    spare: Option<File>,
    complained: Option<Instant>,
}

/// Who knocked.
pub(super) enum Knock {
    /// Somebody.
    Welcome(TcpStream, SocketAddr),
    /// Somebody for whom the last descriptor was spent.
    NoDescriptor(TcpStream),
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            spare: spare(),
            complained: None,
        }
    }

    /// Whether the log should hear of it.
    fn complains(&mut self) -> bool {
        let due = self
            .complained
            .is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY);
        if due {
            self.complained = Some(Instant::now());
        }
        due
    }

    /// Whether a descriptor is kept aside, now that it was tried once more.
    fn keeps_a_spare(&mut self) -> bool {
        if self.spare.is_none() {
            self.spare = spare();
        }
        self.spare.is_some()
    }

    fn complain_of_shortage(&mut self) {
        if self.complains() {
            tracing::warn!("no descriptor is left: new connections are turned away");
        }
    }

    /// The next one who knocks.
    pub(super) async fn knock(&mut self) -> Knock {
        loop {
            self.keeps_a_spare();
            match self.listener.accept().await {
                // Whoever was told last may have gone while this one was awaited: the descriptor that became free is the spare
                // one, not a place.
                Ok((stream, address)) => {
                    if self.keeps_a_spare() {
                        return Knock::Welcome(stream, address);
                    }
                    self.complain_of_shortage();
                    return Knock::NoDescriptor(stream);
                }
                Err(error) if is_shortage(&error) && self.spare.take().is_some() => {
                    self.complain_of_shortage();
                    if let Some(Ok((stream, _))) = self.listener.accept().now_or_never() {
                        return Knock::NoDescriptor(stream);
                    }
                }
                Err(error) => {
                    if self.complains() {
                        tracing::warn!(%error, "a connection could not be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

fn is_shortage(error: &io::Error) -> bool {
    let shortages = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
    shortages
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
