//! Every runtime against one conformance suite, and what is particular to one of them.
//!
//! The host runtime needs sessiond's program. It is built here, unless `LONGHOUSE_SESSIOND_BIN` names one. The Docker runtime needs the static
//! one, which `cargo xtask build` makes, and an engine of its own: `cargo xtask engine -- cargo test -p longhouse-runtime`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics; clippy knows only functions marked as tests"
)]

mod conformance;
mod docker;
mod echo;
mod fixture;
mod host;
