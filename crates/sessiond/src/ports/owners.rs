//! Whose sockets they are: those that a process of the session holds open.

use std::collections::{HashMap, HashSet};

use longhouse_domain::SessionId;

use crate::processes::{self, Process};

/// The most open files that one look goes through. What lies beyond is not the session's, as far as anybody knows.
const MOST_FILES: usize = 64 * 1024;

/// Who holds a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// The process's name, as the kernel knows it.
    pub(crate) name: String,
}

/// How the session's processes are found: from parent to child while all of them descend from this sessiond (which adopts orphans, so that
/// this stays so), and else among all processes of the machine. On a host with hundreds of sessions each of those has to do it whenever
/// any program begins to listen, and the machine's processes grow with the sessions.
#[derive(Debug)]
pub(crate) struct Kin {
    /// Whether some may descend from an earlier sessiond, which ended.
    strays: bool,
}

impl Kin {
    /// Of a session in which there may be strays from the beginning, or in which there are none yet.
    pub(crate) fn new(strays: bool) -> Self {
        Self { strays }
    }

    /// From now on nothing is taken for granted.
    pub(crate) fn doubt(&mut self) {
        self.strays = true;
    }

    /// The session's processes, the eldest first.
    fn all(&mut self, session: SessionId) -> Vec<Process> {
        let own = std::process::id();
        let below = || processes::families(&[own]).into_iter();
        let mut all = match self.strays {
            false => below().filter(|process| process.pid != own).collect(),
            true => {
                let all = processes::of_session(session);
                // In this order: one that is born meanwhile is in the second list alone, and no stray.
                let below: HashSet<u32> = below().map(|process| process.pid).collect();
                self.strays = all.iter().any(|process| !below.contains(&process.pid));
                all
            }
        };
        all.sort_by_key(|process| (process.start_ticks, process.pid));
        all
    }

    /// The owners of these sockets, as far as they are processes of the session. Of several, the eldest.
    pub(crate) fn owners(
        &mut self,
        session: SessionId,
        inodes: &HashSet<u64>,
    ) -> HashMap<u64, Owner> {
        let mut found = HashMap::new();
        let mut files = 0;
        for process in self.all(session) {
            // Another user's process, or one that has ended.
            let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", process.pid)) else {
                continue;
            };
            for file in open.flatten() {
                files += 1;
                let inode = std::fs::read_link(file.path())
                    .ok()
                    .and_then(|link| parse(link.to_str()?));
                if let Some(inode) = inode.filter(|inode| inodes.contains(inode)) {
                    found.entry(inode).or_insert_with(|| Owner {
                        pid: process.pid,
                        name: name(process.pid),
                    });
                }
            }
            if files > MOST_FILES || found.len() == inodes.len() {
                break;
            }
        }
        found
    }
}

/// `socket:[4711]`
fn parse(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

fn name(pid: u32) -> String {
    let name = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn children_are_kin_and_an_orphan_of_an_earlier_sessiond_is_found_among_all() {
        let session: SessionId = "01a1fdad-6ee2-7865-933d-ece6ee727eca".parse().unwrap();
        let mark = format!("{}={session}", crate::environment::SESSION_MARK);
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let mut kin = Kin::new(true);
        let has = |kin: &mut Kin, pid| kin.all(session).iter().any(|process| process.pid == pid);
        // Others of these tests' processes come and go meanwhile, and count as strays until the next look.
        let settled = (0..1000).any(|_| has(&mut kin, child.id()) && !kin.strays);
        assert!(settled, "all of them descend from here");

        // Its parent ends, and whoever adopts orphans here is not this process.
        let script = "sleep 600 >/dev/null 2>&1 & echo $!";
        let made = Command::new("env")
            .args(["-i", &mark, "PATH=/usr/bin:/bin", "sh", "-c", script])
            .output();
        let said = String::from_utf8(made.unwrap().stdout).unwrap();
        let orphan: u32 = said.trim().parse().unwrap();
        assert!(!has(&mut kin, orphan), "nobody looks among all");
        kin.doubt();
        assert!(has(&mut kin, orphan) && kin.strays);
        for pid in [child.id(), orphan] {
            processes::signal(
                &processes::read(pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
        child.wait().unwrap();
    }

    #[test]
    fn only_sockets_are_sockets() {
        assert_eq!(parse("socket:[4711]"), Some(4711));
        for other in [
            "/tmp/socket:[1]",
            "pipe:[1]",
            "socket:[]",
            "socket:[1",
            "socket:[-1]",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
