//! The real thing: the built server, the built sessiond, real processes, in a throw-away home.
//!
//! sessiond is taken from `LONGHOUSE_SESSIOND` where that is set, else built by `cargo build -p sessiond` into the
//! directory in which this binary's `longhouse` lies.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may end where its ground is missing; clippy allows that in test functions, not in what they share"
)]

mod attach;
mod audit;
mod audit_commands;
mod audit_killed;
mod backup;
mod canary;
mod clone;
mod command_line;
mod containers;
mod damage;
mod descriptors;
mod doctor;
mod git;
mod git_tokens;
mod kept;
mod keys;
mod killed;
mod log_lines;
mod memory;
mod people;
mod postgres;
mod recorded;
mod repositories;
mod restarted;
mod secrets;
mod server;
mod ssh;
mod support;
mod tls;
mod worktrees;
