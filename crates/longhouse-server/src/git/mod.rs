//! What one's sessions' git needs, over HTTP: who commits are by, SSH keys, the hosts that are known, and tokens. Each for oneself alone.

mod config;
mod known_hosts;
mod ssh_keys;
mod tokens;

pub(crate) use config::*;
pub(crate) use known_hosts::*;
pub(crate) use ssh_keys::*;
pub(crate) use tokens::*;
