//! `cargo xtask test`: everything that CI runs, stage by stage.
//!
//! Every stage runs even when an earlier one failed, so that one run shows all there is to mend. Each runner prints its own
//! summary; nothing is captured or filtered.

use std::num::NonZero;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::engine::{self, Engine};
use crate::process::run as run_process;
use crate::workspace::Workspace;
use crate::{api_fuzz, audit, build, needs, npm, report, steady};

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
        run: audit::dependencies,
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
    Stage {
        name: "api",
        about: "made-up requests against the API, as its document describes it",
        run: api_fuzz::stage,
    },
    Stage {
        name: "steady",
        about: "ten minutes of mixed load with kills of the server",
        run: steady::stage,
    },
];

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
    audit::cargo_deny(workspace)?;
    api_fuzz::install(workspace).map(drop)
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
    let engine = Engine::start(workspace)?;
    run_process(
        workspace
            .cargo()
            .args(["test", "--locked", "--workspace", "--no-fail-fast"])
            .env("RUST_TEST_THREADS", test_threads().to_string())
            .env(engine::VARIABLE, engine.socket()),
    )
}

/// How many tests of a program run at once: most of them wait for a server, a session or a disk, and left half of the processors idle.
fn test_threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn e2e(workspace: &Workspace) -> Result<()> {
    let package = workspace.web().join("e2e");
    npm::install(&package)?;
    let program = build::for_tests(workspace)?;
    let engine = Engine::start(workspace)?;
    run_process(
        npm::command(&package)
            .arg("test")
            .env("LONGHOUSE_BIN", program)
            .env(engine::VARIABLE, engine.socket()),
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
