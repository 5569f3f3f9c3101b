//! The server through its sockets: a real store in a throw-away file, the real engine, sessions that echo.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by its panic"
)]

mod acme;
mod api_tokens;
mod audit;
mod audit_deeds;
mod audit_outage;
mod audit_policy;
mod audit_refusals;
mod audit_sockets;
mod autocommit;
mod bad_input;
mod browser;
mod container_logs;
mod containers;
mod contract;
mod database;
mod disk_limit;
mod files;
mod foreign;
mod forged_tokens;
mod house;
mod identities;
mod identity_provider;
mod limits;
mod local;
mod login;
mod metrics;
mod namespace;
mod oidc;
mod panic;
mod preview;
mod published;
mod repositories;
mod revocation;
mod sessions;
mod sharing;
mod slow_names;
mod socket_io;
mod socket_io_client;
mod ssh_keys;
mod terminal_client;
mod terminal_flow;
mod terminal_socket;
mod tls;
mod tls_client;
mod users;
mod walk;
