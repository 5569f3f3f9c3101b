//! Checks of the machine around: directories for work, login scopes, limits, the port, the clock.

use std::net::TcpListener;

use longhouse_domain::Clock as _;
use longhouse_runtime::host::{Detachment, Way};
use rustix::process::{Resource, getrlimit};

use super::Patient;
use super::report::Finding;
use crate::serve::VERSION;

/// Descriptors that some hundred sessions with their viewers take.
const ENOUGH_FILES: u64 = 4096;

/// A moment before this one means that the clock was never set: the year 2025.
const CLOCK_NOT_SET: i64 = 1_735_689_600;

pub(super) fn base_directories(patient: &Patient<'_>) -> Finding {
    let name = "base directories";
    let dirs = &patient.configuration.settings.host.allowed_dirs;
    let missing: Vec<_> = dirs.iter().filter(|dir| !dir.is_dir()).collect();
    let shown = |dirs: Vec<String>| dirs.join(", ");
    let mend = "make them, or correct host.allowed_dirs";
    match missing.len() {
        0 => Finding::ok(
            name,
            shown(dirs.iter().map(|dir| dir.display().to_string()).collect()),
        ),
        n => {
            let missing = missing
                .iter()
                .map(|dir| dir.display().to_string())
                .collect();
            let detail = format!("not there: {}", shown(missing));
            if n == dirs.len() {
                Finding::fail(name, detail, mend)
            } else {
                Finding::warn(name, detail, mend)
            }
        }
    }
}

pub(super) fn detachment(patient: &Patient<'_>) -> Finding {
    let name = "session lifetime";
    let path = patient.context.environment.get("PATH").unwrap_or_default();
    let dirs = path.split(':').filter(|dir| dir.starts_with('/'));
    let found = Detachment::find(dirs.map(Into::into));
    let way = match &found.way {
        Way::Nothing => "sessions share no service or login scope with the server",
        Way::Scope { .. } => "each session gets a systemd scope of its own",
        Way::Groups(_) => "each session gets a control group of its own",
        Way::Stay => "sessions stay in the server's control group",
    };
    match found.warning {
        None => Finding::ok(name, way),
        Some(warning) => Finding::warn(name, way, warning),
    }
}

pub(super) fn open_files() -> Finding {
    let name = "open files";
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if limit < ENOUGH_FILES => Finding::warn(
            name,
            format!("at most {limit}"),
            format!(
                "allow {ENOUGH_FILES}: LimitNOFILE= in the service, or /etc/security/limits.conf"
            ),
        ),
        Some(limit) => Finding::ok(name, format!("at most {limit}")),
        None => Finding::ok(name, "no limit"),
    }
}

pub(super) fn port(patient: &Patient<'_>) -> Finding {
    let name = "address";
    let listen = patient.configuration.settings.listen;
    if let Some(server) = &patient.server {
        let url = server.url.as_deref().unwrap_or("(starting)");
        let detail = format!(
            "Longhouse {} runs at {url} (process {})",
            server.version, server.pid
        );
        return if server.version == VERSION {
            Finding::ok(name, detail)
        } else {
            let mend = format!("restart the server to run this version, {VERSION}; sessions go on");
            Finding::warn(name, detail, mend)
        };
    }
    match TcpListener::bind(listen) {
        Ok(_) => Finding::ok(name, format!("{listen} is free")),
        Err(error) => Finding::fail(
            name,
            format!("{listen} cannot be used: {error}"),
            "end the program that uses it, or choose another address with --listen",
        ),
    }
}

pub(super) fn clock(patient: &Patient<'_>) -> Finding {
    let name = "clock";
    let now = patient.context.clock.now();
    if now.as_second() < CLOCK_NOT_SET {
        let mend = "set the clock, or start a time service; logins and tokens expire by it";
        return Finding::fail(name, now.to_string(), mend);
    }
    Finding::ok(name, now.to_string())
}
