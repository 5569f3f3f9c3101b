//! What one's sessions' git needs, over HTTP: who commits are by, SSH keys, and the hosts that are known. Each for oneself alone.

mod config;
mod known_hosts;
mod ssh_keys;

pub(crate) use config::*;
pub(crate) use known_hosts::*;
pub(crate) use ssh_keys::*;
