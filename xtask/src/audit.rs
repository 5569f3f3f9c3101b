//! `cargo xtask audit`: what is known of the crates and packages that Longhouse is built from.
//!
//! Bans, licences and sources are checked in every test run: they need nothing but the lock file. What was published about known
//! faults needs a database from the network; it is checked here, and where the database cannot be had that is said, for an
//! answer that nobody gave is no good news.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{find_program, run as run_process, version_of};
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{npm, report};

/// The cargo-deny that `deny.toml` was written for.
const CARGO_DENY: Version = Version::new(0, 20, 2);

/// What came of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing is known against it.
    Good,
    /// Something is.
    Bad,
    /// Nobody could be asked.
    Unknown,
}

/// Checks everything that can be checked from here, and sums up.
///
/// # Errors
/// When the tools cannot be had. What they find is in the exit code.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut verdicts = vec![(
        "cargo: bans, licences, sources".to_owned(),
        dependencies(workspace).map_or_else(
            |error| {
                report::failure(&error);
                Verdict::Bad
            },
            |()| Verdict::Good,
        ),
    )];
    verdicts.push(("cargo: advisories".to_owned(), advisories(workspace)?));
    for package in npm::packages(workspace.root())? {
        let name = package.strip_prefix(workspace.root()).unwrap_or(&package);
        let name = format!("npm: advisories for {}", name.display());
        verdicts.push((name, npm_advisories(&package)?));
    }
    report::heading("summary");
    for (what, verdict) in &verdicts {
        report::line(&format!("{what:<36} {}", shown(*verdict)));
    }
    let bad = verdicts.iter().any(|(_, verdict)| *verdict == Verdict::Bad);
    Ok(if bad {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn shown(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Bad => "FAILED",
        Verdict::Unknown => "NOT CHECKED: the database cannot be reached from here",
    }
}

/// Checks bans, licences and sources of the crates.
///
/// # Errors
/// When something is found, or cargo-deny cannot be had.
pub(crate) fn dependencies(workspace: &Workspace) -> Result<()> {
    let program = cargo_deny(workspace)?;
    run_process(
        Command::new(program)
            .args(["check", "bans", "licenses", "sources"])
            .current_dir(workspace.root()),
    )
}

fn advisories(workspace: &Workspace) -> Result<Verdict> {
    let program = cargo_deny(workspace)?;
    let mut fetch = Command::new(&program);
    if let Err(error) = run_process(fetch.args(["fetch", "db"]).current_dir(workspace.root())) {
        report::failure(&error);
        return Ok(Verdict::Unknown);
    }
    // With the database that was just fetched, so that a failure now is a finding.
    let mut check = Command::new(&program);
    check
        .args(["check", "--disable-fetch", "advisories"])
        .current_dir(workspace.root());
    Ok(match run_process(&mut check) {
        Ok(()) => Verdict::Good,
        Err(error) => {
            report::failure(&error);
            Verdict::Bad
        }
    })
}

fn npm_advisories(package: &std::path::Path) -> Result<Verdict> {
    let mut command = npm::command(package);
    command.args(["audit", "--json"]);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("cannot start npm")?;
    let verdict = judge(
        &String::from_utf8_lossy(&output.stdout),
        output.status.success(),
    );
    if verdict == Verdict::Bad
        && let Err(error) = run_process(npm::command(package).arg("audit"))
    {
        report::failure(&error);
    }
    Ok(verdict)
}

/// npm fails in the same way where a package is bad and where the registry does not answer; the report tells them apart.
fn judge(report: &str, success: bool) -> Verdict {
    match (report.contains("\"auditReportVersion\""), success) {
        (true, true) => Verdict::Good,
        (true, false) => Verdict::Bad,
        (false, _) => Verdict::Unknown,
    }
}

/// Finds the right cargo-deny, or installs it below the target directory.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    tool(workspace, "cargo-deny", CARGO_DENY)
}

/// Finds a cargo subcommand in the right version, or installs it below the target directory.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn tool(workspace: &Workspace, name: &str, version: Version) -> Result<PathBuf> {
    let tools = workspace.target().join("tools");
    let own = tools.join("bin").join(name);
    let is_right = |path: &PathBuf| {
        version_of(&path.display().to_string()).and_then(|text| Version::find(&text))
            == Some(version)
    };
    if let Some(there) = [Some(own.clone()), find_program(name)]
        .into_iter()
        .flatten()
        .find(is_right)
    {
        return Ok(there);
    }
    run_process(
        workspace
            .cargo()
            // It runs for seconds: what an optimised build would save is less than it takes.
            .args([
                "install",
                name,
                "--locked",
                "--force",
                "--debug",
                "--version",
            ])
            .arg(version.to_string())
            .arg("--root")
            .arg(&tools)
            // Its own build goes to a temporary directory that cargo removes.
            .env_remove("CARGO_TARGET_DIR"),
    )?;
    if !is_right(&own) {
        bail!(
            "{} is not the {name} {version} that was asked for",
            own.display()
        );
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_that_does_not_answer_is_not_taken_for_good_news() {
        assert_eq!(judge(r#"{"auditReportVersion": 2}"#, true), Verdict::Good);
        assert_eq!(judge(r#"{"auditReportVersion": 2}"#, false), Verdict::Bad);
        let refused = r#"{"message": "405 Method Not Allowed", "error": {}}"#;
        assert_eq!(judge(refused, false), Verdict::Unknown);
        assert_eq!(judge("", false), Verdict::Unknown);
        assert!(shown(Verdict::Unknown).contains("NOT CHECKED"));
    }
}
