//! `cargo xtask bench`: runs the benchmark package at `bench/` against the complete release program.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::process::run as run_process;
use crate::workspace::Workspace;

/// Builds the program in the release profile and runs the benchmarks, to which `arguments` go as they are.
///
/// # Errors
/// When there is no benchmark package, something does not build, or a benchmark fails.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    let manifest = workspace.root().join("bench/Cargo.toml");
    if !manifest.exists() {
        bail!("there is no benchmark package at {}", manifest.display());
    }
    build::embed(workspace)?;
    let program = build::server(workspace, Profile::Release)?;
    run_process(
        workspace
            .cargo()
            .args(["run", "--release", "--manifest-path"])
            .arg(&manifest)
            .arg("--")
            .args(arguments)
            .env("LONGHOUSE_BIN", program),
    )?;
    Ok(ExitCode::SUCCESS)
}
