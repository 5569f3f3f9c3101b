//! `cargo xtask fuzz`: made-up bytes for every parser of foreign bytes. The targets live in `fuzz/`, apart from the workspace.
//!
//! They are built for coverage without a sanitizer: the code under test is safe Rust, where a fault is a panic, an overflow or a
//! hang. What was found worth keeping as a beginning lies in `fuzz/seeds`; what a run adds stays below the target directory.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::process::run as run_process;
use crate::version::Version;
use crate::workspace::Workspace;
use crate::{audit, report};

/// The cargo-fuzz that runs them.
const CARGO_FUZZ: Version = Version::new(0, 13, 2);

/// How long each target runs unless told otherwise, in seconds.
const SECONDS: u32 = 60;

/// A single input that takes longer than this, in seconds, is a hang.
const HANG_SECONDS: u32 = 20;

/// What a target may hold, in megabytes: all of them parse within bounds.
const MEMORY_MB: u32 = 1024;

/// Runs the targets that `flags` name, or all of them; each runs even where an earlier one failed.
///
/// # Errors
/// When nothing builds, or `flags` name what is not there. What is found is in the exit code.
pub(crate) fn run(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    let known = targets(&workspace.root().join("fuzz"))?;
    let (seconds, chosen) = chosen(flags, &known)?;
    let cargo_fuzz = audit::tool(workspace, "cargo-fuzz", CARGO_FUZZ)?;
    let mut failed = Vec::new();
    for target in chosen {
        report::heading(target);
        if let Err(error) = fuzz(workspace, &cargo_fuzz, target, seconds) {
            report::failure(&error);
            failed.push(target);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    report::line(&format!("failed: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}

fn fuzz(workspace: &Workspace, cargo_fuzz: &Path, target: &str, seconds: u32) -> Result<()> {
    let found = workspace.target().join("fuzz/corpus").join(target);
    fs::create_dir_all(&found)?;
    let mut command = Command::new(cargo_fuzz);
    command
        .args(["fuzz", "run", "--sanitizer", "none", "--target-dir"])
        .arg(workspace.target().join("fuzz"))
        .arg(target)
        .arg(found);
    let seeds = workspace.root().join("fuzz/seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={HANG_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        .args(["-print_final_stats=1", "-verbosity=0"])
        .current_dir(workspace.root())
        // Its build finds no other place than the one it is given.
        .env_remove("CARGO_TARGET_DIR");
    let scratch = Scratch::make(target)?;
    command.env("TMPDIR", &scratch.0);
    run_process(&mut command)
}

/// Where a target puts what it needs on a disk, in memory where there is such a place: a target ends without clearing up.
struct Scratch(PathBuf);

impl Scratch {
    fn make(target: &str) -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() {
            memory.to_owned()
        } else {
            env::temp_dir()
        };
        let dir = parent.join(format!("longhouse-fuzz-{}-{target}", std::process::id()));
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is memory or a temporary file, and says whose it was.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The names of the targets, from their files.
fn targets(fuzz: &Path) -> Result<Vec<String>> {
    let directory = fuzz.join("fuzz_targets");
    let entries =
        fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "rs")
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn chosen<'a>(flags: &[&'a str], known: &'a [String]) -> Result<(u32, Vec<&'a str>)> {
    let mut seconds = SECONDS;
    let mut names = Vec::new();
    let mut rest = flags;
    while let [flag, tail @ ..] = rest {
        rest = tail;
        if *flag == "--seconds" {
            let [value, tail @ ..] = rest else {
                bail!("--seconds takes a number");
            };
            seconds = value
                .parse()
                .with_context(|| format!("--seconds takes a number, not {value}"))?;
            rest = tail;
        } else if known.iter().any(|name| name == flag) {
            names.push(*flag);
        } else {
            bail!(
                "there is no target {flag}; the targets are {}",
                known.join(", ")
            );
        }
    }
    if names.is_empty() {
        names.extend(known.iter().map(String::as_str));
    }
    Ok((seconds, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_run_unless_some_are_named() {
        let known = ["one".to_owned(), "two".to_owned()];
        assert_eq!(chosen(&[], &known).unwrap(), (60, vec!["one", "two"]));
        assert_eq!(
            chosen(&["two", "--seconds", "5"], &known).unwrap(),
            (5, vec!["two"])
        );
        for wrong in [&["three"][..], &["--seconds"], &["--seconds", "x"]] {
            assert!(chosen(wrong, &known).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_a_target_leaves_is_cleared_away() {
        let scratch = Scratch::make("test").unwrap();
        let dir = scratch.0.clone();
        fs::write(dir.join("left"), "").unwrap();
        drop(scratch);
        assert!(!dir.exists());
    }

    #[test]
    fn every_target_is_built() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let names = targets(&fuzz).unwrap();
        assert!(names.len() > 3, "{names:?}");
        for name in names {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }
}
