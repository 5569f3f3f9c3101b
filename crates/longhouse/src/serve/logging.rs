//! Log lines on standard error: text for people at a terminal, JSON for whatever collects them elsewhere.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, Settings};
use crate::text::line;

/// Starts the log.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log.level).with_context(|| {
        format!(
            "log.level: \"{}\" is neither a level (error, warn, info, debug, trace) nor a list of directives",
            settings.log.level.escape_debug()
        )
    })?;
    let terminal = std::io::stderr().is_terminal();
    let text = match settings.log.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let layer = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if text {
        registry
            .with(
                layer
                    .with_ansi(terminal)
                    .with_target(false)
                    .fmt_fields(one_line()),
            )
            .try_init()
    } else {
        registry.with(layer.json().flatten_event(true)).try_init()
    }
    .context("the log was started twice")
}

/// Fields as text in which nothing ends the line, moves the cursor or colours the screen. tracing's own formatter lets line ends pass,
/// and so whoever can name something could write lines of their own; JSON escapes by itself.
fn one_line() -> impl for<'writer> FormatFields<'writer> + 'static {
    debug_fn(|writer, field, value| {
        let value = format!("{value:?}");
        match field.name() {
            "message" => write!(writer, "{}", line(&value)),
            name => write!(writer, "{name}={}", line(&value)),
        }
    })
    .delimited(" ")
}
