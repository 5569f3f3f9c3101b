//! sessiond over a real link, with real shells and a real tmux.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's panic is its message"
)]

mod clone;
mod git;
mod git_below;
mod git_remote;
mod git_told;
mod house;
mod keep;
mod output;
mod ports;
mod programs;
mod shutdown;
mod tmux;
mod usage;
mod worktree;
