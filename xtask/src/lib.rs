//! The project's own commands, run as `cargo xtask <command>`.
//!
//! This is what a newcomer types first and what CI runs. It installs or names what a machine lacks, builds the parts in the order
//! in which they go into one another (web page and sessiond into the server), and runs the checks. It is deliberately not a build
//! system: cargo and npm decide what to rebuild, and a stamp file is kept only where they do not. It stays free of heavy crates,
//! because everybody waits for it first.

mod api_fuzz;
mod audit;
mod bench;
mod build;
pub mod codegen;
mod engine;
mod fuzz;
mod images;
mod needs;
mod npm;
mod process;
pub mod report;
pub mod stamp;
mod steady;
mod test;
mod up;
mod version;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const HELP: &str = "\
The commands of the Longhouse project.

Usage: cargo xtask <command>

  up [-- FLAGS]         install or name what is missing, build, and start the server on 127.0.0.1:7070;
                        FLAGS go to `longhouse serve`
  build [--release]     build the complete program, with the web page and sessiond inside
  test [--only STAGE]   set up what the tests need and run everything that CI runs; `--only` may be repeated
  engine -- COMMAND     run a command while the tests' container engine runs, such as
                        `cargo xtask engine -- cargo test -p longhouse-runtime`
  images [-- FLAGS]     build and try the image that sessions in containers are made from; FLAGS go to `docker build`
  codegen               write web/openapi.json and web/src/api/schema.gen.ts anew
  audit                 what is known against the crates and packages that this is built from
  fuzz [TARGET...]      feed every parser of foreign bytes with made-up ones, a minute each; --seconds N for another time
  fuzz-api              made-up requests against the API for ten minutes; --seconds N, --seed N
  bench [--no-write]    measure, and write the figures into docs/performance.md
  bench --containers    measure sessions in containers alone
  bench --git           measure commits that make themselves alone
  steady [--minutes N]  an hour (or N minutes) of mixed load with kills of the server: no lost byte, no growth
  help                  show this text";

/// Runs the command that `arguments` name (without the program's own name) and returns the exit code for the shell.
///
/// # Errors
/// Says what could not be done, for a person at a terminal; checks that fail in `test` are an exit code, not an error.
pub fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words
        .first()
        .is_none_or(|first| matches!(*first, "help" | "-h" | "--help"))
    {
        report::line(&help());
        return Ok(ExitCode::SUCCESS);
    }
    if words
        .iter()
        .take_while(|word| **word != "--")
        .any(|word| matches!(*word, "-h" | "--help"))
    {
        report::line(&help());
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = Workspace::discover()?;
    match words.as_slice() {
        ["up", flags @ ..] => up::run(&workspace, flags),
        ["build", flags @ ..] => build::run_command(&workspace, flags),
        ["test", flags @ ..] => test::run(&workspace, flags),
        ["engine", words @ ..] => engine::run_command(&workspace, words),
        ["codegen"] => codegen::run(&workspace),
        ["audit"] => audit::run(&workspace),
        ["fuzz", flags @ ..] => fuzz::run(&workspace, flags),
        ["images", flags @ ..] => images::run_command(&workspace, flags),
        ["fuzz-api", flags @ ..] => api_fuzz::run(&workspace, flags),
        ["bench", flags @ ..] => bench::run(&workspace, flags),
        ["steady", flags @ ..] => steady::run(&workspace, flags),
        _ => {
            report::line(&format!(
                "unknown command: {}\n\n{}",
                words.join(" "),
                help()
            ));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn help() -> String {
    format!(
        "{HELP}\n\nStages of `test`, in their order: {}",
        test::stage_names().join(", ")
    )
}
