//! Processes as the kernel shows them. A test only ever ends those that carry its own home in their environment or
//! working directory, each by its pid.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal. A process that has gone meanwhile is no failure.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    _ = kill_process(pid, signal);
}

/// Whether the process lives; a zombie does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// The living processes that belong to a home: their environment names it as `HOME`, or they work in it.
pub(crate) fn of(home: &Path) -> Vec<(u32, String)> {
    let mark = format!("HOME={}\0", home.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let dir = entry.path();
        let environ = std::fs::read(dir.join("environ")).unwrap_or_default();
        let mut environ = environ;
        environ.push(0);
        let marked = environ
            .windows(mark.len())
            .any(|part| part == mark.as_bytes());
        let works_here = std::fs::read_link(dir.join("cwd")).is_ok_and(|cwd| cwd.starts_with(home));
        if (marked || works_here) && is_alive(pid) {
            let command = std::fs::read(dir.join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            found.push((pid, command));
        }
    }
    found
}

/// Ends every process of a home.
pub(crate) fn end_all_of(home: &Path) {
    for _ in 0..100 {
        let found = of(home);
        if found.is_empty() {
            return;
        }
        for (pid, _) in found {
            signal(pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
