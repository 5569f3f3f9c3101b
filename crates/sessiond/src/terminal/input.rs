//! The input of a terminal: one queue, one writer, whichever program runs.
//!
//! A program that does not read stops this writer, and with it, once the queue is full, whoever writes to this terminal; nobody else.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use super::pty::Pty;

/// Messages in the queue. With at most 64 KiB in each, 1 MiB is the most input that a terminal holds.
pub(crate) const QUEUE: usize = 16;

/// What is queued.
pub(crate) enum Input {
    /// Bytes for the program.
    Data(Bytes),
    /// Tell when everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// Where input goes at the moment.
#[derive(Clone, Debug)]
pub(crate) enum Outlet {
    /// A program is being started: input waits for it.
    Soon,
    /// To this PTY.
    Open(Arc<Pty>),
    /// Nowhere: no program runs, and input is dropped as by a terminal that was hung up.
    Closed,
}

/// Writes until the terminal is closed.
pub(crate) async fn write(mut queue: mpsc::Receiver<Input>, mut outlet: watch::Receiver<Outlet>) {
    while let Some(input) = queue.recv().await {
        match input {
            Input::Data(bytes) => {
                if write_one(&bytes, &mut outlet).await.is_none() {
                    return;
                }
            }
            Input::Flush(done) => {
                // The asker may have hung up.
                let _unheard = done.send(());
            }
        }
    }
}

/// Writes `bytes` to the program that runs, or the one that is about to. `None` when the terminal is gone.
async fn write_one(bytes: &[u8], outlet: &mut watch::Receiver<Outlet>) -> Option<()> {
    loop {
        let now = outlet.borrow_and_update().clone();
        match now {
            Outlet::Closed => return Some(()),
            Outlet::Soon => outlet.changed().await.ok()?,
            Outlet::Open(pty) => {
                tokio::select! {
                    written = pty.write_all(bytes) => {
                        if let Err(error) = written {
                            tracing::debug!(%error, "input was dropped");
                        }
                    }
                    // Another program must not get the rest of what was typed for this one.
                    changed = outlet.changed() => changed.ok()?,
                }
                return Some(());
            }
        }
    }
}
