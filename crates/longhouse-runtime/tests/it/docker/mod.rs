//! What only the Docker runtime does, against a real engine: hardening, limits, secrets, images, and an engine that is away.

mod away;
pub(crate) mod engine;
mod golden;
mod inside;
mod neighbours;
mod outside;
mod volumes;
mod way_out;
