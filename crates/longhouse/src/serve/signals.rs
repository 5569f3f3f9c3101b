//! The signals that end the server, and the one that must not.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a server that was told twice: the shell's for an interrupt.
const INTERRUPTED: i32 = 130;

/// The signals that we listen to, from the moment this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Starts to listen.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The first signal asks for an orderly end, the second one ends at once. A hang-up does nothing: a server that was
    /// started from a terminal outlives it.
    pub(crate) async fn watch(mut self, stop: CancellationToken) {
        loop {
            let name = tokio::select! {
                Some(()) = self.terminate.recv() => "SIGTERM",
                Some(()) = self.interrupt.recv() => "SIGINT",
                Some(()) = self.hangup.recv() => continue,
                else => return,
            };
            if stop.is_cancelled() {
                tracing::warn!(signal = name, "ending at once");
                std::process::exit(INTERRUPTED);
            }
            tracing::info!(
                signal = name,
                "stopping; sessions go on without this server"
            );
            stop.cancel();
        }
    }
}
