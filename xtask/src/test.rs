//! `cargo xtask test`: everything that CI runs, stage by stage.
//!
//! Every stage runs even when an earlier one failed, so that one run shows all there is to mend. Each runner prints its own
//! summary; nothing is captured or filtered.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::build;
use crate::process::{find_program, run as run_process, version_of};
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{needs, npm, report};

/// One part of the run, by which `--only` chooses.
struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

const STAGES: &[Stage] = &[
    Stage {
        name: "setup",
        about: "packages and tools that the tests need",
        run: setup,
    },
    Stage {
        name: "fmt",
        about: "formatting",
        run: fmt,
    },
    Stage {
        name: "embed",
        about: "the web page and the static sessiond",
        run: build::embed,
    },
    Stage {
        name: "clippy",
        about: "lints, with warnings as errors",
        run: clippy,
    },
    Stage {
        name: "deny",
        about: "licences, banned crates and sources of dependencies",
        run: deny,
    },
    Stage {
        name: "web",
        about: "types, lints and unit tests of the web page",
        run: web,
    },
    Stage {
        name: "rust",
        about: "unit and integration tests of all crates",
        run: rust,
    },
    Stage {
        name: "e2e",
        about: "the browser against the real server",
        run: e2e,
    },
];

/// The cargo-deny that `deny.toml` was written for.
const CARGO_DENY: Version = Version::new(0, 20, 2);

/// The names of the stages in their order.
pub(crate) fn stage_names() -> Vec<&'static str> {
    STAGES.iter().map(|stage| stage.name).collect()
}

/// Runs the stages that `flags` choose and sums up.
///
/// # Errors
/// When `flags` name no stage. A stage that fails is in the exit code.
pub(crate) fn run(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    let stages = chosen(flags)?;
    let mut results = Vec::new();
    for (number, stage) in stages.iter().enumerate() {
        report::heading(&format!(
            "{}/{} {}: {}",
            number + 1,
            stages.len(),
            stage.name,
            stage.about
        ));
        let start = Instant::now();
        let outcome = (stage.run)(workspace);
        if let Err(error) = &outcome {
            report::failure(error);
        }
        results.push(StageResult {
            name: stage.name,
            took: start.elapsed(),
            failed: outcome.is_err(),
        });
    }
    report::heading("summary");
    report::line(&summary(&results));
    let all_passed = results.iter().all(|result| !result.failed);
    Ok(if all_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn chosen(flags: &[&str]) -> Result<Vec<&'static Stage>> {
    let mut names = Vec::new();
    let mut rest = flags;
    while !rest.is_empty() {
        let name = match rest {
            ["--only", name, tail @ ..] => {
                rest = tail;
                *name
            }
            [flag, tail @ ..] if flag.starts_with("--only=") => {
                rest = tail;
                &flag["--only=".len()..]
            }
            _ => bail!("`test` takes only --only STAGE, not: {}", rest.join(" ")),
        };
        if !STAGES.iter().any(|stage| stage.name == name) {
            bail!(
                "there is no stage {name}; the stages are {}",
                stage_names().join(", ")
            );
        }
        names.push(name);
    }
    Ok(STAGES
        .iter()
        .filter(|stage| names.is_empty() || names.contains(&stage.name))
        .collect())
}

struct StageResult {
    name: &'static str,
    took: Duration,
    failed: bool,
}

fn summary(results: &[StageResult]) -> String {
    let mut lines: Vec<String> = results
        .iter()
        .map(|result| {
            let verdict = if result.failed { "FAILED" } else { "ok" };
            format!(
                "{:<8} {:<6} {:>7.1} s",
                result.name,
                verdict,
                result.took.as_secs_f64()
            )
        })
        .collect();
    let failed: Vec<&str> = results
        .iter()
        .filter(|r| r.failed)
        .map(|r| r.name)
        .collect();
    lines.push(if failed.is_empty() {
        format!("all {} stages passed", results.len())
    } else {
        format!(
            "{} of {} stages failed: {}",
            failed.len(),
            results.len(),
            failed.join(", ")
        )
    });
    lines.join("\n")
}

fn setup(workspace: &Workspace) -> Result<()> {
    needs::provide(&[needs::TO_RUN, needs::TO_TEST].concat())?;
    needs::check_node()?;
    needs::check_rust_component("fmt", "rustfmt")?;
    needs::check_rust_component("clippy", "clippy")?;
    for package in npm::packages(workspace.root())? {
        npm::install(&package)?;
    }
    cargo_deny(workspace).map(drop)
}

fn fmt(workspace: &Workspace) -> Result<()> {
    run_process(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    run_process(workspace.cargo().args([
        "clippy",
        "--locked",
        "--keep-going",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn deny(workspace: &Workspace) -> Result<()> {
    let program = cargo_deny(workspace)?;
    // The advisories are left out: their database is fetched from the network, and a test run must not fail for what was
    // published since. `cargo deny check advisories` is run by hand or by a schedule.
    run_process(
        Command::new(program)
            .args(["check", "bans", "licenses", "sources"])
            .current_dir(workspace.root()),
    )
}

/// Finds the right cargo-deny, or installs it below the target directory.
fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target().join("tools");
    let own = tools.join("bin/cargo-deny");
    let is_right = |path: &PathBuf| {
        version_of(&path.display().to_string()).and_then(|text| Version::find(&text))
            == Some(CARGO_DENY)
    };
    if let Some(there) = [Some(own.clone()), find_program("cargo-deny")]
        .into_iter()
        .flatten()
        .find(is_right)
    {
        return Ok(there);
    }
    run_process(
        workspace
            .cargo()
            .args([
                "install",
                "cargo-deny",
                "--locked",
                "--force",
                "--version",
                &CARGO_DENY.to_string(),
                "--root",
            ])
            .arg(&tools)
            // Its own build goes to a temporary directory that cargo removes.
            .env_remove("CARGO_TARGET_DIR"),
    )?;
    Ok(own)
}

fn web(workspace: &Workspace) -> Result<()> {
    let web = workspace.web();
    npm::install(&web)?;
    let failed: Vec<&str> = ["typecheck", "lint", "test"]
        .into_iter()
        .filter(|script| {
            npm::script(&web, script)
                .inspect_err(report::failure)
                .is_err()
        })
        .collect();
    if !failed.is_empty() {
        bail!("failed in web/: {}", failed.join(", "));
    }
    Ok(())
}

fn rust(workspace: &Workspace) -> Result<()> {
    build::embed(workspace)?;
    // What is shipped, and not only what the tests build: it must start in an image that holds nothing else.
    run_process(
        Command::new("sh")
            .arg("crates/sessiond/tests/empty-root.sh")
            .arg(workspace.embed().join("sessiond"))
            .current_dir(workspace.root()),
    )?;
    run_process(
        workspace
            .cargo()
            .args(["test", "--locked", "--workspace", "--no-fail-fast"]),
    )
}

fn e2e(workspace: &Workspace) -> Result<()> {
    let package = workspace.web().join("e2e");
    npm::install(&package)?;
    build::embed(workspace)?;
    // The tests' own build of the program, and not `cargo build -p longhouse`: that one unites other features of the
    // dependencies, and would compile half of them a second time.
    run_process(workspace.cargo().args([
        "test",
        "--locked",
        "--workspace",
        "--no-run",
        "--quiet",
    ]))?;
    let program = workspace.target().join("debug/longhouse");
    run_process(
        npm::command(&package)
            .arg("test")
            .env("LONGHOUSE_BIN", program),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(flags: &[&str]) -> Vec<&'static str> {
        chosen(flags)
            .unwrap()
            .iter()
            .map(|stage| stage.name)
            .collect()
    }

    #[test]
    fn all_stages_run_unless_some_are_chosen() {
        assert_eq!(names(&[]), stage_names());
        assert_eq!(names(&["--only", "rust"]), ["rust"]);
        assert_eq!(
            names(&["--only=rust", "--only", "fmt"]),
            ["fmt", "rust"],
            "in their own order"
        );
    }

    #[test]
    fn a_stage_that_does_not_exist_is_an_error_and_not_an_empty_run() {
        for flags in [
            &["--only", "rusty"][..],
            &["--only"],
            &["rust"],
            &["--only="],
        ] {
            assert!(chosen(flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn the_summary_names_every_failed_stage() {
        let result = |name, failed| StageResult {
            name,
            took: Duration::from_millis(1500),
            failed,
        };
        let text = summary(&[
            result("fmt", true),
            result("rust", false),
            result("e2e", true),
        ]);
        assert!(text.ends_with("2 of 3 stages failed: fmt, e2e"), "{text}");
        assert!(text.contains("rust     ok         1.5 s"), "{text}");
        assert!(summary(&[result("fmt", false)]).ends_with("all 1 stages passed"));
    }
}
