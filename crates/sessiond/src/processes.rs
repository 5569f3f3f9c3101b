//! The machine's processes as `/proc` shows them: who belongs to the session, what they use, and how they are ended.
//!
//! Where there is no `/proc` (an empty root directory) the lists are empty; then only process groups that sessiond started are reached.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::path::Path;

use longhouse_domain::SessionId;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::environment::SESSION_MARK;

/// The most processes of one family that are looked at: as many as the kernel gives one user by default, or thereabouts.
const FAMILY: usize = 32 * 1024;

/// One process, as far as this crate needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// The Unix session, named by its leader's pid.
    pub(crate) unix_session: u32,
    /// User and system time, in clock ticks.
    pub(crate) cpu_ticks: u64,
    /// The same of its children that have ended and were waited for, and of theirs.
    pub(crate) waited_ticks: u64,
    pub(crate) threads: u32,
    /// When it began, in clock ticks since boot. With the pid it names the process for good.
    pub(crate) start_ticks: u64,
    /// Resident memory, in pages.
    pub(crate) resident_pages: u64,
    pub(crate) zombie: bool,
}

/// Every process that can be seen.
pub(crate) fn all() -> Vec<Process> {
    let Ok(directory) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    directory
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .collect()
}

/// One process, while it lives (or is a zombie).
pub(crate) fn read(pid: u32) -> Option<Process> {
    // A name may be anything, also what is no text.
    parse(&String::from_utf8_lossy(
        &file(format!("/proc/{pid}/stat")).ok()?,
    ))
}

/// A file of the kernel's, which has no size: read with room from the beginning, because asking for a little first and ever more then
/// takes several times as long, and there are thousands to read where there are hundreds of sessions.
fn file(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4096);
    // By way of `take`, which asks the file for no size.
    File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a line of `/proc/<pid>/stat`. The program's name stands in parentheses and may hold anything, parentheses too.
pub(crate) fn parse(stat: &str) -> Option<Process> {
    let (pid, _) = stat.split_once(' ')?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // The state is field 3 of the documentation, and 0 here.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Process {
        pid: pid.parse().ok()?,
        parent: u32::try_from(number(4)?).ok()?,
        unix_session: u32::try_from(number(6)?).unwrap_or(0),
        // No process has worked that long; the line is read all the same, whatever stands in it.
        cpu_ticks: number(14)?.saturating_add(number(15)?),
        waited_ticks: number(16)?.saturating_add(number(17)?),
        threads: u32::try_from(number(20)?).unwrap_or(1),
        start_ticks: number(22)?,
        resident_pages: number(24)?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
    })
}

/// The session's processes: all descendants of sessiond, everything that bears the session's mark, and the descendants of those.
/// sessiond itself is not among them.
pub(crate) fn of_session(session: SessionId) -> Vec<Process> {
    let own = std::process::id();
    let mark = format!("{SESSION_MARK}={session}");
    let everyone = all();
    let marked = everyone
        .iter()
        .filter(|p| p.pid != own && is_marked(p.pid, &mark))
        .map(|p| p.pid);
    let mut family: HashSet<u32> = marked.chain([own]).collect();
    close_over_children(&everyone, &mut family);
    family.remove(&own);
    everyone
        .into_iter()
        .filter(|p| family.contains(&p.pid) && !p.zombie)
        .collect()
}

/// These processes and everything that descends from them. Asked of the kernel from parent to child, so that it costs what the family is
/// large, and not what the machine is: a server may have a thousand sessions.
pub(crate) fn families(roots: &[u32]) -> Vec<Process> {
    if !Path::new(&format!("/proc/{0}/task/{0}/children", std::process::id())).exists() {
        return families_among(&all(), roots);
    }
    let mut met: HashSet<u32> = HashSet::new();
    let mut found = Vec::new();
    let mut left: Vec<u32> = roots.to_vec();
    while let Some(pid) = left.pop() {
        if met.len() >= FAMILY || !met.insert(pid) {
            continue;
        }
        found.extend(read(pid).filter(|process| !process.zombie));
        left.extend(children(pid));
    }
    found
}

/// The same on a kernel that does not list children.
fn families_among(everyone: &[Process], roots: &[u32]) -> Vec<Process> {
    let mut family = roots.iter().copied().collect();
    close_over_children(everyone, &mut family);
    let members = everyone.iter().filter(|p| family.contains(&p.pid));
    members.filter(|p| !p.zombie).copied().collect()
}

/// Whichever of its threads started them.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let listed = threads
        .flatten()
        .filter_map(|thread| file(thread.path().join("children")).ok())
        .filter_map(|pids| String::from_utf8(pids).ok());
    listed
        .flat_map(|pids| {
            let pids = pids.split_ascii_whitespace();
            pids.filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// The live members of one Unix session.
pub(crate) fn of_unix_session(leader: u32) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|p| p.unix_session == leader && !p.zombie)
        .collect()
}

fn close_over_children(everyone: &[Process], family: &mut HashSet<u32>) {
    loop {
        let before = family.len();
        for process in everyone {
            if family.contains(&process.parent) {
                family.insert(process.pid);
            }
        }
        if family.len() == before {
            return;
        }
    }
}

fn is_marked(pid: u32, mark: &str) -> bool {
    file(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|b| *b == 0).any(|v| v == mark.as_bytes()))
}

/// Whether this very process still lives.
pub(crate) fn is_alive(process: &Process) -> bool {
    read(process.pid).is_some_and(|now| now.start_ticks == process.start_ticks && !now.zombie)
}

/// Sends `signal` to this very process: a pid that was given to another process meanwhile is not hit.
pub(crate) fn signal(process: &Process, signal: Signal) {
    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    // The handle keeps meaning the process it was opened for; so if that is still the right one, the signal cannot miss.
    if is_alive(process) {
        // It may have ended in between, which is what was wanted.
        let _ended = pidfd_send_signal(handle.as_fd(), signal);
    }
}

/// Bytes in a page of memory.
pub(crate) fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

/// Clock ticks in a second.
pub(crate) fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second().max(1)
}

/// The path by which this very program is started again. `/proc/<pid>/exe` works even where the file was replaced or removed.
pub(crate) fn own_program() -> std::path::PathBuf {
    let link = format!("/proc/{}/exe", std::process::id());
    if Path::new(&link).exists() {
        return link.into();
    }
    std::env::args_os().next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "4242 (a) R (b) S 17 4242 99 34816 4242 4194304 1 0 0 0 7 5 2 1 20 0 4 0 123456 1000 321 18446744073709551615 0";
        let process = parse(stat).unwrap();
        let expected = Process {
            pid: 4242,
            parent: 17,
            unix_session: 99,
            cpu_ticks: 12,
            waited_ticks: 3,
            threads: 4,
            start_ticks: 123_456,
            resident_pages: 321,
            zombie: false,
        };
        assert_eq!(process, expected);
        assert!(parse("garbage").is_none());
    }

    #[test]
    fn a_name_that_is_no_text_hides_nobody() {
        let mut program = std::process::Command::new("sh")
            .args(["-c", r"printf 'b\377d' > /proc/$$/comm; echo; read -r _"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0];
        program
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        let name = std::fs::read(format!("/proc/{}/comm", program.id())).unwrap();
        assert_eq!(name, b"b\xffd\n");
        assert!(all().iter().any(|process| process.pid == program.id()));
        drop(program.stdin.take());
        program.wait().unwrap();
    }

    #[test]
    fn numbers_that_no_process_reaches_are_read_as_the_largest() {
        let most = u64::MAX;
        let stat = format!("1 (a) R 0 1 1 0 1 0 0 0 0 0 {most} {most} 0 0 20 0 1 0 1 1 1 0");
        assert_eq!(parse(&stat).unwrap().cpu_ticks, most);
    }

    #[test]
    fn one_sees_oneself() {
        let own = std::process::id();
        let me = read(own).unwrap();
        assert!(is_alive(&me));
        assert!(!is_alive(&Process {
            start_ticks: me.start_ticks + 1,
            ..me
        }));
        assert!(
            families(&[own, own])
                .iter()
                .filter(|p| p.pid == own)
                .count()
                == 1
        );
    }

    #[test]
    fn a_family_is_the_same_whichever_way_it_is_found() {
        // Three generations, and a thread between two of them.
        let mut program = std::process::Command::new("sh")
            .args(["-c", "sleep 1000 & sh -c 'sleep 1000; true' & wait"])
            .spawn()
            .unwrap();
        let root = program.id();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        let pids = |family: Vec<Process>| {
            let mut pids: Vec<u32> = family.iter().map(|p| p.pid).collect();
            pids.sort_unstable();
            pids
        };
        let family = loop {
            let family = pids(families(&[root]));
            if family.len() == 4 {
                break family;
            }
            assert!(std::time::Instant::now() < deadline, "{family:?}");
        };
        assert_eq!(pids(families_among(&all(), &[root])), family);
        for process in families(&[root]) {
            signal(&process, Signal::KILL);
        }
        program.wait().unwrap();
        assert_eq!(families(&[root]), []);
    }
}
