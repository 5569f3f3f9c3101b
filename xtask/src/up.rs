//! `cargo xtask up`: from a fresh clone to a running server in one command, and quickly there every time after.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::build::{self, Profile};
use crate::workspace::Workspace;
use crate::{needs, report};

/// Installs or names what is missing, builds what has changed, and becomes the server, so that ctrl-c reaches it directly.
///
/// # Errors
/// When something is missing or does not build, or the server cannot be started. It does not return otherwise.
pub(crate) fn run(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    needs::provide(needs::TO_RUN)?;
    build::embed(workspace)?;
    let program = build::server(workspace, Profile::Up)?;
    let mut serve = Command::new(&program);
    serve.arg("serve").args(serve_flags(flags));
    report::command(&format!(
        "{} serve {}",
        program.display(),
        serve_flags(flags).join(" ")
    ));
    Err(serve.exec()).with_context(|| format!("cannot start {}", program.display()))
}

/// What goes to `longhouse serve`: everything, but for the `--` that may stand between.
fn serve_flags<'a>(flags: &'a [&'a str]) -> &'a [&'a str] {
    match flags {
        ["--", rest @ ..] => rest,
        _ => flags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_reach_the_server_with_or_without_the_dashes_between() {
        assert_eq!(
            serve_flags(&["--", "--listen", "127.0.0.1:0"]),
            ["--listen", "127.0.0.1:0"]
        );
        assert_eq!(
            serve_flags(&["--listen", "127.0.0.1:0"]),
            ["--listen", "127.0.0.1:0"]
        );
        assert!(serve_flags(&[]).is_empty());
    }
}
