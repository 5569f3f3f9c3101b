//! The store, tested on both back ends: every test body runs on a fresh SQLite file and on a fresh PostgreSQL database.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may end where its ground is missing; clippy allows that in test functions, not in what they share"
)]

mod api_tokens;
mod audit;
mod damage;
mod deeds;
mod durability;
mod events;
mod harness;
mod idempotency;
mod listing;
mod logs;
mod metrics;
mod migrations;
mod news;
mod opening;
mod parallel;
mod ports;
mod repositories;
mod sessions;
mod sharing;
mod tokens;
mod users;
mod volumes;
