//! sessiond: the daemon in every session. It owns what must go on living while the server is away: terminals with their history, and the
//! programs in them.
//!
//! It is deliberately not a place of policy: who may do what is decided in the server; what the server asks over the link is done. It
//! lives inside the session's trust boundary and knows nothing of other sessions.

mod agent;
mod clock;
mod connect;
mod daemon;
mod egress;
mod environment;
mod events;
mod exec;
#[cfg(fuzzing)]
pub mod fuzzing;
mod git;
mod launcher;
mod logfile;
mod ports;
mod processes;
mod reaper;
mod run_child;
mod screen;
mod service;
mod session;
mod shutdown;
mod strain;
mod terminal;
mod termination;
mod tmux;
mod usage;

pub use agent::{AskError, known_host};
pub use connect::{ConnectError, connect};
pub use daemon::{DaemonError, Specification, run};
pub use git::credential::credential;
pub use git::milestone::{called_as_milestone, milestone};
pub use launcher::start;
pub use run_child::run_child;
