//! `cargo xtask steady`: mixed load for an hour, or for as long as is asked for; ten minutes of it are a stage of `cargo xtask test`. The run
//! itself lies in `crates/longhouse/tests/steady`, and takes the tests' own build of the server and the sessiond that is shipped.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::needs;
use crate::process::run as run_process;
use crate::workspace::Workspace;

/// Minutes, unless told otherwise.
const MINUTES: u32 = 60;

/// Minutes in `cargo xtask test`, from the making of the first session to the end of the last.
const MINUTES_IN_CI: u32 = 10;

/// Runs it for as long as `flags` say.
///
/// # Errors
/// When `flags` make no sense, something does not build, or the run finds something.
pub(crate) fn run(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    let minutes = minutes(flags)?;
    needs::provide(&[needs::TO_RUN, needs::TO_TEST].concat())?;
    steady(workspace, minutes)?;
    Ok(ExitCode::SUCCESS)
}

/// The stage of `cargo xtask test`.
///
/// # Errors
/// When something does not build, or the run finds something.
pub(crate) fn stage(workspace: &Workspace) -> Result<()> {
    steady(workspace, MINUTES_IN_CI)
}

fn minutes(flags: &[&str]) -> Result<u32> {
    match flags {
        [] => Ok(MINUTES),
        ["--minutes", minutes] => {
            let minutes = minutes.parse().ok().filter(|minutes| *minutes > 1);
            minutes.context("--minutes takes a whole number, at least 2")
        }
        _ => bail!("`steady` takes only --minutes N, not: {}", flags.join(" ")),
    }
}

fn steady(workspace: &Workspace, minutes: u32) -> Result<()> {
    build::embed(workspace)?;
    // With all of the workspace, so that nothing is compiled a second time with other features.
    run_process(
        workspace
            .cargo()
            .args(["test", "--locked", "--workspace", "--test", "steady"])
            .args(["--", "--minutes", &minutes.to_string()])
            .env("LONGHOUSE_SESSIOND", workspace.embed().join("sessiond")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_an_hour_unless_told_otherwise() {
        assert_eq!(minutes(&[]).unwrap(), 60);
        assert_eq!(minutes(&["--minutes", "10"]).unwrap(), 10);
        for flags in [&["--minutes"][..], &["--minutes", "1"], &["10"]] {
            assert!(minutes(flags).is_err(), "{flags:?}");
        }
    }
}
