//! What the kernel tells us while attached: another window size, or that we should end.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that concern an attached terminal.
pub(super) struct Signals {
    window: Signal,
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Starts to listen.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            window: signal(SignalKind::window_change())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one. Cancel-safe.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            _ = self.window.recv() => Heard::Resized,
            _ = self.terminate.recv() => Heard::End(15),
            _ = self.interrupt.recv() => Heard::End(2),
            _ = self.hangup.recv() => Heard::End(1),
        }
    }
}

/// A signal.
pub(super) enum Heard {
    /// The terminal's size changed; after a break the new one is sent with the greeting.
    Resized,
    /// We are asked to end, by the signal of this number.
    End(u8),
}
