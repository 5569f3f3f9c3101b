//! Building the complete program: the web page and sessiond first, then the server that takes both in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::process::{output_of, run};
use crate::stamp::{Written, write_if_changed};
use crate::workspace::Workspace;
use crate::{needs, npm, report};

/// With which of cargo's profiles the server is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build, slow to run: for tests.
    Dev,
    /// Between the two: for `cargo xtask up`, where somebody waits.
    Up,
    /// What is shipped.
    Release,
}

impl Profile {
    /// The name that cargo knows it by.
    const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Up => "up",
            Self::Release => "release",
        }
    }

    /// The directory below `target` that cargo uses for it.
    const fn directory(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Up => "up",
            Self::Release => "release",
        }
    }
}

/// `cargo xtask build [--release]`.
///
/// # Errors
/// When something is missing or does not build.
pub(crate) fn run_command(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    let profile = match flags {
        [] => Profile::Dev,
        ["--release"] => Profile::Release,
        _ => bail!("`build` takes only --release, not: {}", flags.join(" ")),
    };
    needs::provide(needs::TO_RUN)?;
    embed(workspace)?;
    let program = server(workspace, profile)?;
    report::line(&format!("built {}", program.display()));
    Ok(ExitCode::SUCCESS)
}

/// Makes what goes into the server: `web/dist` and `target/embed/sessiond`.
///
/// # Errors
/// When one of them does not build.
pub(crate) fn embed(workspace: &Workspace) -> Result<()> {
    npm::build_page(workspace)?;
    sessiond(workspace)
}

/// Builds the server and returns the path of the program.
///
/// # Errors
/// When it does not build.
pub(crate) fn server(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    run(workspace.cargo().args([
        "build",
        "--package",
        "longhouse",
        "--profile",
        profile.name(),
    ]))?;
    Ok(workspace
        .target()
        .join(profile.directory())
        .join("longhouse"))
}

/// Builds the tests' own build of the program, with all that goes into it, and returns its path. Not `cargo build -p longhouse`:
/// that one unites other features of the dependencies, and would compile half of them a second time.
///
/// # Errors
/// When something does not build.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<PathBuf> {
    embed(workspace)?;
    run(workspace
        .cargo()
        .args(["test", "--locked", "--workspace", "--no-run", "--quiet"]))?;
    Ok(workspace.target().join("debug/longhouse"))
}

/// Builds sessiond statically linked, since it must start in a container image that holds nothing else.
///
/// It has a target directory of its own: its flags would otherwise throw away the results of every other build.
fn sessiond(workspace: &Workspace) -> Result<()> {
    let mut rustc = Command::new("rustc");
    let host = host_triple(&output_of(rustc.arg("-vV").current_dir(workspace.root()))?)
        .context("`rustc -vV` names no host")?;
    let target = workspace.target().join("sessiond-build");
    run(workspace
        .cargo()
        .args([
            "build",
            "--package",
            "sessiond",
            "--profile",
            "sessiond",
            "--target",
            &host,
        ])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env_remove("CARGO_ENCODED_RUSTFLAGS"))?;
    let built = target.join(&host).join("sessiond/sessiond");
    let contents = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let embedded = workspace.embed().join("sessiond");
    let written = write_if_changed(&embedded, &contents)?;
    // The server takes in the bytes alone; the tests start this very file.
    fs::set_permissions(&embedded, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", embedded.display()))?;
    if written == Written::Changed {
        report::line(&format!(
            "{} is new: {} bytes",
            embedded.display(),
            contents.len()
        ));
    }
    Ok(())
}

fn host_triple(rustc: &str) -> Option<String> {
    rustc
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_read_from_what_rustc_says() {
        let says = "rustc 1.95.0 (x 2026-01-01)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        assert_eq!(
            host_triple(says).as_deref(),
            Some("x86_64-unknown-linux-gnu")
        );
        assert_eq!(host_triple("rustc 1.95.0"), None);
    }

    #[test]
    fn build_refuses_flags_that_it_does_not_know() {
        let workspace = Workspace::at(std::path::Path::new("/longhouse/no/such/workspace"));
        let error = run_command(&workspace, &["--fast"]).unwrap_err();
        assert!(error.to_string().contains("--fast"), "{error}");
    }
}
