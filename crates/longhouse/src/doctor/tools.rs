//! Checks of the programs that sessions need: sessiond, tmux, git, the agents.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use longhouse_runtime::host::SessiondBinary;
use rustix::fs::MemfdFlags;

use super::Patient;
use super::report::Finding;
use crate::config::MultiplexerSetting;
use crate::programs;
use crate::serve::embedded;

/// How long a program may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(5);

/// The first line that a program prints.
async fn first_line(program: &Path, argument: &str) -> Result<String, String> {
    let mut command = tokio::process::Command::new(program);
    command
        .arg(argument)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_LIMIT, command.output())
        .await
        .map_err(|_| format!("gave no answer within {} s", VERSION_LIMIT.as_secs()))?
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.lines().next().unwrap_or_default();
        return Err(format!("{}: {complaint}", output.status));
    }
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

pub(super) async fn sessiond(patient: &Patient<'_>) -> Finding {
    let name = "sessiond";
    let (origin, started) = match embedded::sessiond(&patient.context.environment) {
        Err(error) => {
            return Finding::fail(name, error.to_string(), "build with `cargo xtask build`");
        }
        Ok(SessiondBinary::File(path)) => (
            path.display().to_string(),
            first_line(&path, "--version").await,
        ),
        Ok(SessiondBinary::Embedded { bytes, .. }) => {
            ("embedded".to_owned(), start_from_memory(bytes).await)
        }
    };
    match started {
        Ok(version) => Finding::ok(name, format!("{version} ({origin})")),
        Err(error) => Finding::fail(
            name,
            format!("does not start ({origin}): {error}"),
            "build it again for this machine: `cargo xtask build`",
        ),
    }
}

/// Starts a program that is nowhere on the disk.
async fn start_from_memory(bytes: &[u8]) -> Result<String, String> {
    let file = rustix::fs::memfd_create("sessiond", MemfdFlags::CLOEXEC)
        .map_err(|error| error.to_string())?;
    let file = std::fs::File::from(file);
    std::io::Write::write_all(&mut &file, bytes).map_err(|error| error.to_string())?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&file);
    // By our own process number: in the child `self` would be the child, which no longer has the descriptor at exec.
    let path = format!("/proc/{}/fd/{number}", std::process::id());
    first_line(Path::new(&path), "--version").await
}

pub(super) async fn tmux(patient: &Patient<'_>) -> Finding {
    let name = "tmux";
    let setting = patient.configuration.settings.host.multiplexer;
    if setting == MultiplexerSetting::None {
        return Finding::ok(name, "not used (host.multiplexer is none)");
    }
    let install = "install it: apt-get install tmux, dnf install tmux or brew install tmux";
    let Some(path) = programs::find("tmux", &patient.context.environment) else {
        let detail = "not installed";
        return if setting == MultiplexerSetting::Tmux {
            Finding::fail(
                name,
                "not installed, but host.multiplexer asks for it",
                install,
            )
        } else {
            let lost = format!(
                "{detail}: terminals end with sessiond, and cannot be opened from a plain shell"
            );
            Finding::warn(name, lost, install)
        };
    };
    match first_line(&path, "-V").await {
        Ok(version) if is_at_least(&version, (3, 0)) => Finding::ok(name, version),
        Ok(version) => Finding::warn(
            name,
            format!("{version} is old"),
            "update to tmux 3.0 or newer",
        ),
        Err(error) => Finding::fail(name, format!("does not start: {error}"), install),
    }
}

pub(super) async fn git(patient: &Patient<'_>) -> Finding {
    let name = "git";
    let install = "install it: apt-get install git, dnf install git or brew install git";
    let Some(path) = programs::find("git", &patient.context.environment) else {
        return Finding::warn(
            name,
            "not installed: agents can hardly work without it",
            install,
        );
    };
    match first_line(&path, "--version").await {
        Ok(version) if is_at_least(&version, (2, 30)) => Finding::ok(name, version),
        Ok(version) => Finding::warn(
            name,
            format!("{version} is old"),
            "update to git 2.30 or newer",
        ),
        Err(error) => Finding::warn(name, format!("does not start: {error}"), install),
    }
}

/// Whether the first number of the form `A.B` in a text is at least this one.
fn is_at_least(text: &str, wanted: (u32, u32)) -> bool {
    let found = text.split_whitespace().find_map(|word| {
        let (major, rest) = word.split_once('.')?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        Some((major.parse().ok()?, rest[..end].parse().ok()?))
    });
    found.is_some_and(|found: (u32, u32)| found >= wanted)
}

pub(super) fn agents(patient: &Patient<'_>) -> Vec<Finding> {
    let agents = patient.configuration.settings.agents();
    let mut findings = Vec::new();
    let mut missing = Vec::new();
    for (name, agent) in agents.iter() {
        let Some(program) = agent.command.first() else {
            continue;
        };
        let label = format!("agent {name}");
        let found = if Path::new(program).is_absolute() {
            Some(Path::new(program).to_owned()).filter(|path| path.is_file())
        } else {
            programs::find(program, &patient.context.environment)
        };
        match found {
            Some(path) => findings.push(Finding::ok(&label, path.display().to_string())),
            None => missing.push((label, program.clone(), agent.install_hint.clone())),
        }
    }
    // One agent is enough, so a missing one matters only where there is none.
    let any = !findings.is_empty();
    findings.extend(missing.into_iter().map(|(label, program, hint)| {
        let detail = format!("{program} is not in PATH");
        match (any, hint.as_str()) {
            (true, "") => Finding::ok(&label, detail),
            (true, hint) => Finding::ok(&label, format!("{detail}; {hint}")),
            (false, "") => Finding::warn(
                &label,
                detail,
                "install it, or correct agents in the configuration",
            ),
            (false, hint) => Finding::warn(&label, detail, hint),
        }
    }));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert!(is_at_least("tmux 3.3a", (3, 0)));
        assert!(!is_at_least("tmux 2.9", (3, 0)));
        assert!(is_at_least("git version 2.47.3", (2, 30)));
        assert!(!is_at_least("git version 2.9.0", (2, 30)));
        assert!(!is_at_least("tmux master", (3, 0)));
    }
}
