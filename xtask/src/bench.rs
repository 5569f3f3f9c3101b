//! `cargo xtask bench`: runs the benchmark package at `bench/` against the complete release program, beside the usual ways to a
//! terminal in a browser and the tests' own container engine.

use std::process::ExitCode;

use anyhow::Result;

use crate::build::{self, Profile};
use crate::engine::{self, Engine};
use crate::needs;
use crate::npm;
use crate::process::run as run_process;
use crate::workspace::Workspace;

/// Builds the program in the release profile and runs the benchmarks, to which `arguments` go as they are.
/// They print their figures, and write them into `docs/performance.md` unless `--no-write` is among the arguments;
/// `terminal`, `containers` or `git` measures one of them alone.
///
/// # Errors
/// When something does not build, or a benchmark fails.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    let manifest = workspace.root().join("bench/Cargo.toml");
    build::embed(workspace)?;
    let program = build::server(workspace, Profile::Release)?;
    needs::provide(needs::TO_TEST)?;
    npm::install(&workspace.root().join("bench/peers"))?;
    let engine = Engine::start(workspace)?;
    run_process(
        workspace
            .cargo()
            .args(["run", "--release", "--manifest-path"])
            .arg(&manifest)
            .arg("--")
            .args(arguments)
            .env("LONGHOUSE_BIN", program)
            .env(engine::VARIABLE, engine.socket()),
    )?;
    Ok(ExitCode::SUCCESS)
}
