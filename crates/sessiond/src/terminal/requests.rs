//! What is asked of a terminal's supervisor, and how it says no. What it does about it stands beside this file.

use std::io;

use tokio::sync::oneshot;

use crate::tmux::TmuxError;

/// What a supervisor is asked.
pub(crate) enum Command {
    /// End the program if it runs, and start it again.
    Restart(oneshot::Sender<Result<(), StartError>>),
    /// End the program, and the terminal.
    Close(oneshot::Sender<()>),
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The system refused a PTY or a process.
    #[error("cannot start {program}")]
    Spawn { program: String, source: io::Error },
    /// tmux could not be used.
    #[error(transparent)]
    Tmux(#[from] TmuxError),
}

/// How the program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// By itself.
    None,
    /// In tmux.
    Tmux,
}
