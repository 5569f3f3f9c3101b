//! `cargo xtask images`: builds what sessions in containers are made from (`deploy/images`), and tries what is inside.
//!
//! The engine is the one that the server would use: the `docker` command finds it (`DOCKER_HOST`, its context). This is no part of the
//! tests, which have an engine without a way out: building takes a registry for the base image, Debian's packages and npm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::process::{find_program, output_of, run};
use crate::report;
use crate::workspace::Workspace;

/// As the server calls it unless `docker.image` says otherwise.
const WORKSPACE_IMAGE: &str = "longhouse-workspace";

/// Certificates that npm trusts beside its own; the image's build and its programs are to trust them as well.
const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// What the image is for: each of these starts in a container that is closed as a session's is.
const PROGRAMS: &[&[&str]] = &[
    &["claude", "--version"],
    &["codex", "--version"],
    &["droid", "--version"],
    &["opencode", "--version"],
    // At its first start it says that it has written its configuration.
    &["sh", "-c", "code-server --version | tail -n 1"],
    &["node", "--version"],
    &["npm", "--version"],
    &["git", "--version"],
    &["tmux", "-V"],
    &["cc", "--version"],
    &["make", "--version"],
    &["python3", "--version"],
    &["rg", "--version"],
    &["sh", "-c", "ssh -V 2>&1"],
];

/// `cargo xtask images [-- FLAGS]`: builds and tries the workspace image; FLAGS go to `docker build`.
///
/// # Errors
/// When there is no engine, the build fails, or one of the programs inside does not start.
pub(crate) fn run_command(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    let flags = match flags {
        [] => flags,
        ["--", flags @ ..] => flags,
        _ => bail!("flags for `docker build` stand behind `--`: cargo xtask images -- --no-cache"),
    };
    find_program("docker").context("docker is missing (Debian's package docker.io)")?;
    let version = env!("CARGO_PKG_VERSION");
    let image = format!("{WORKSPACE_IMAGE}:{version}");
    let context = build_context(workspace)?;
    let mut build = Command::new("docker");
    build
        .args(["build", "--tag", &image])
        .args(["--tag", &format!("{WORKSPACE_IMAGE}:latest")])
        .args(flags)
        .arg(&context);
    run(&mut build)?;
    try_programs(&image)?;
    report::line(&format!("{image} and {WORKSPACE_IMAGE}:latest are ready"));
    Ok(ExitCode::SUCCESS)
}

/// The directory that the engine builds from: the committed one, with the certificates of this machine.
fn build_context(workspace: &Workspace) -> Result<PathBuf> {
    let from = workspace.root().join("deploy/images/workspace");
    let context = workspace.target().join("images/workspace");
    if context.exists() {
        fs::remove_dir_all(&context)?;
    }
    copy(&from, &context).with_context(|| format!("cannot copy {}", from.display()))?;
    if let Some(file) = std::env::var_os(EXTRA_CERTIFICATES) {
        let file = PathBuf::from(file);
        fs::copy(&file, context.join("ca/machine.crt")).with_context(|| {
            format!(
                "cannot read {}, as {EXTRA_CERTIFICATES} says",
                file.display()
            )
        })?;
    }
    Ok(context)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Starts each program as a session would: the user 1000, no capability, a read-only root, no network.
fn try_programs(image: &str) -> Result<()> {
    for program in PROGRAMS {
        let mut start = Command::new("docker");
        start
            .args(["run", "--rm", "--init", "--read-only", "--network", "none"])
            .args(["--user", "1000:1000", "--cap-drop", "ALL"])
            .args(["--security-opt", "no-new-privileges"])
            .args([
                "--tmpfs",
                "/tmp:exec,mode=1777",
                "--tmpfs",
                "/home/agent:exec,uid=1000,gid=1000",
            ])
            .args(["--env", "HOME=/home/agent", image])
            .args(*program);
        let said = output_of(&mut start)?;
        let line = said.lines().next().unwrap_or_default();
        report::line(&format!("{:32} {line}", program.join(" ")));
    }
    Ok(())
}
