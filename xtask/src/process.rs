//! Running other programs: shown before they run, never silenced, and a failure names the command.
//!
//! This is the crate's one door to `std::process::Command`'s execution.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::report;

/// Runs the command with this process's own streams.
///
/// # Errors
/// When it cannot be started, or ends with anything but 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    report::command(&shown);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs the command and returns what it wrote to its standard output; its error stream stays visible.
///
/// # Errors
/// When it cannot be started, ends with anything but 0, or writes something that is not UTF-8.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{shown}` wrote bytes that are not UTF-8"))
}

/// Asks a program for its version; `None` when there is no such program or it fails.
pub(crate) fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Finds a program in the directories of `PATH`, and in the `sbin` directories that an ordinary user's `PATH` leaves out.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// The command as a person would type it, with the directory it runs in; the environment is left out, for it may hold secrets.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let words = command.get_args().map(quote);
    let line = std::iter::once(name.into_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ");
    match command.get_current_dir() {
        Some(directory) => format!("{line}  (in {})", directory.display()),
        None => line,
    }
}

fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$;&|<>()*".contains(c)) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/usr/bin/npm");
        command
            .args(["run", "two words", "it's"])
            .env("TOKEN", "secret");
        assert_eq!(show(&command), r"npm run 'two words' 'it'\''s'");
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run(Command::new("false").arg("why")).unwrap_err();
        assert!(
            error.to_string().contains("`false why` ended with"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version_of("longhouse-no-such-program"), None);
        assert_eq!(find_program("longhouse-no-such-program"), None);
    }
}
