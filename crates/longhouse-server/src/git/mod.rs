//! What one's sessions' git needs, over HTTP: who commits are by, and SSH keys. Each for oneself alone.

mod config;
mod ssh_keys;

pub(crate) use config::*;
pub(crate) use ssh_keys::*;
