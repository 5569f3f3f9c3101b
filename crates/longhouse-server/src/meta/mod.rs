//! What the server says of itself: health, settings, figures, the document of its API.

mod client_errors;
mod config;
mod docs;
mod health;
mod metrics;
mod settings;

pub(crate) use client_errors::*;
pub(crate) use config::*;
pub(crate) use docs::*;
pub(crate) use health::*;
pub(crate) use metrics::*;
pub(crate) use settings::*;
