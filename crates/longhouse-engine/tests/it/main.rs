//! The engine at its boundary: a real store in a throw-away file, and the echo runtime over real sockets.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by its panic"
)]

mod house;
mod many;
mod metrics;
mod repositories;
mod secrets;
mod sessions;
mod ssh_agent;
mod starting;
mod terminals;
mod volumes;
