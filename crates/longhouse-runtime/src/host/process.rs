//! Processes of this machine as `/proc` shows them: which one is which, who belongs to whom, and how to end one without hitting another.
//!
//! A process id alone names nothing, for it is given out again; with the moment of the process's start it does. Linux only.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// The variable that every program of a session carries, set by sessiond's launcher and by nobody else.
pub(crate) const SESSION_MARK: &str = "LONGHOUSE_SESSION_ID";

/// One process, for good: a recycled pid has another start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessId {
    /// The process id.
    pub(crate) pid: u32,
    /// The start, in clock ticks since boot: field 22 of `/proc/<pid>/stat`.
    pub(crate) start_ticks: u64,
}

/// One line of the process table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: ProcessId,
    pub(crate) parent: u32,
    /// Ended, and not yet collected by its parent. There is nothing left to end.
    zombie: bool,
}

impl ProcessId {
    /// The process that has this pid now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        entry(pid)
            .filter(|entry| !entry.zombie)
            .map(|entry| entry.id)
    }

    pub(crate) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal to this process and no other: the handle is opened first, then compared, then used. `Ok` if it is gone.
    pub(crate) fn signal(self, signal: Signal) -> io::Result<()> {
        match self.handle() {
            Ok(Some(handle)) => match pidfd_send_signal(handle, signal) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
                Err(errno) => Err(errno.into()),
            },
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn handle(self) -> io::Result<Option<OwnedFd>> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => Ok(self.is_alive().then_some(handle)),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The session whose program this is, as its environment says; `None` for others and for what may not be read.
    pub(crate) fn session(self) -> Option<SessionId> {
        let environment = read(&proc_path(self.pid, "environ")).ok()?;
        let value = environment.split(|&byte| byte == 0).find_map(|line| {
            line.strip_prefix(SESSION_MARK.as_bytes())?
                .strip_prefix(b"=")
        })?;
        std::str::from_utf8(value).ok()?.parse().ok()
    }

    /// The first argument it was started with.
    pub(crate) fn first_argument(self) -> Option<String> {
        let line = read(&proc_path(self.pid, "cmdline")).ok()?;
        let argument = line.split(|&byte| byte == 0).nth(1)?;
        Some(String::from_utf8_lossy(argument).into_owned())
    }

    /// The files it has open, as far as they have a name; looked at one by one, those opened first first.
    pub(crate) fn open_files(self) -> impl Iterator<Item = PathBuf> {
        let open = fs::read_dir(proc_path(self.pid, "fd"))
            .into_iter()
            .flatten()
            .flatten();
        open.filter_map(|entry| link(&entry.path()))
    }

    /// The file it runs.
    pub(crate) fn executable(self) -> Option<PathBuf> {
        link(&proc_path(self.pid, "exe"))
    }
}

/// A file of the kernel's, which has no size: read with room from the beginning, because asking for a little first and ever more then
/// takes several times as long, and there are thousands to read where there are hundreds of sessions.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4096);
    // By way of `take`, which asks the file for no size.
    File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where a link in `/proc` leads to, without the mark of a deleted file.
fn link(path: &Path) -> Option<PathBuf> {
    let target = fs::read_link(path).ok()?;
    let text = target.to_str()?;
    Some(PathBuf::from(
        text.strip_suffix(" (deleted)").unwrap_or(text),
    ))
}

/// The living processes of this user, without this process itself.
pub(crate) fn own_processes() -> Vec<Entry> {
    let (uid, this) = (
        rustix::process::geteuid().as_raw(),
        getpid().as_raw_nonzero().get(),
    );
    let Ok(table) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    table
        .flatten()
        .filter_map(|dir| dir.file_name().to_str()?.parse().ok())
        .filter(|&pid: &u32| i32::try_from(pid) != Ok(this))
        .filter(|&pid| fs::metadata(proc_path(pid, "")).is_ok_and(|dir| dir.uid() == uid))
        .filter_map(entry)
        .filter(|entry| !entry.zombie)
        .collect()
}

/// Those of the processes that carry the mark of a session that fits.
pub(crate) fn marked(table: &[Entry], fits: impl Fn(SessionId) -> bool) -> HashSet<ProcessId> {
    let ids = table.iter().map(|entry| entry.id);
    ids.filter(|id| id.session().is_some_and(&fits)).collect()
}

/// `roots` and all that descend from them, as far as parents still live.
pub(crate) fn with_descendants(
    roots: impl IntoIterator<Item = ProcessId>,
    table: &[Entry],
) -> HashSet<ProcessId> {
    let mut family: HashSet<ProcessId> = roots.into_iter().collect();
    loop {
        let starts: HashMap<u32, u64> = family.iter().map(|id| (id.pid, id.start_ticks)).collect();
        let before = family.len();
        // Nobody is older than their parent: where it looks so, the pid was given out again while the table was read.
        let is_child = |entry: &&Entry| {
            starts
                .get(&entry.parent)
                .is_some_and(|&start| start <= entry.id.start_ticks)
        };
        family.extend(table.iter().filter(is_child).map(|entry| entry.id));
        if family.len() == before {
            return family;
        }
    }
}

/// This start of the machine: process ids of another one mean nothing.
pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?
        .trim()
        .to_owned())
}

fn proc_path(pid: u32, file: &str) -> PathBuf {
    Path::new("/proc").join(pid.to_string()).join(file)
}

fn entry(pid: u32) -> Option<Entry> {
    let stat = read(&proc_path(pid, "stat")).ok()?;
    parse_stat(pid, &stat)
}

/// The program's name stands in parentheses and may itself hold spaces and parentheses: the fields are counted from the last one.
pub(super) fn parse_stat(pid: u32, stat: &[u8]) -> Option<Entry> {
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    let mut fields = std::str::from_utf8(stat.get(end + 1..)?)
        .ok()?
        .split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // The state is field 3, the parent field 4, the start field 22.
    let start_ticks = fields.nth(17)?.parse().ok()?;
    Some(Entry {
        id: ProcessId { pid, start_ticks },
        parent,
        zombie: matches!(state, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn sleeper(mark: &str) -> Child {
        Command::new("sleep")
            .arg("600")
            .env_clear()
            .env(SESSION_MARK, mark)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    #[test]
    fn a_program_name_cannot_forge_the_fields() {
        let stat = b"7 (a) Z 1 (x)) S 42 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 0 0";
        let entry = parse_stat(7, stat).unwrap();
        assert_eq!(
            (entry.parent, entry.id.start_ticks, entry.zombie),
            (42, 123_456, false)
        );
        assert!(parse_stat(7, b"7 (sleep").is_none());
    }

    #[test]
    fn a_process_is_known_by_its_mark_and_ended_only_under_its_own_start() {
        let session = SessionId(uuid::Uuid::from_u128(
            0x0192_f3a4_7f3e_7cc0_98c4_dc0c_0c07_398f,
        ));
        let mut child = sleeper(&session.to_string());
        let id = ProcessId::of(child.id()).unwrap();
        // Until the child has become `sleep`, it still shows the environment of this process.
        while id.session().is_none() {
            std::thread::yield_now();
        }
        assert!(marked(&own_processes(), |marked| marked == session).contains(&id));

        let recycled = ProcessId {
            start_ticks: id.start_ticks + 1,
            ..id
        };
        recycled.signal(Signal::KILL).unwrap();
        assert!(id.is_alive() && !recycled.is_alive());

        id.signal(Signal::KILL).unwrap();
        child.wait().unwrap();
        assert!(!id.is_alive());
        id.signal(Signal::KILL).unwrap();
    }

    #[test]
    fn a_zombie_counts_as_gone() {
        let mut child = sleeper("none");
        let id = ProcessId::of(child.id()).unwrap();
        id.signal(Signal::KILL).unwrap();
        while id.is_alive() {
            std::thread::yield_now();
        }
        assert!(proc_path(child.id(), "stat").exists());
        child.wait().unwrap();
    }
}
