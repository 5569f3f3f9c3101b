//! Whose sockets they are: those that a process of the session holds open.

use std::collections::{HashMap, HashSet};

use longhouse_domain::SessionId;

use crate::processes;

/// The most open files that one look goes through. What lies beyond is not the session's, as far as anybody knows.
const MOST_FILES: usize = 64 * 1024;

/// Who holds a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// The process's name, as the kernel knows it.
    pub(crate) name: String,
}

/// The owners of these sockets, as far as they are processes of the session. Of several, the eldest.
pub(crate) fn of_session(session: SessionId, inodes: &HashSet<u64>) -> HashMap<u64, Owner> {
    let mut found = HashMap::new();
    let mut files = 0;
    for process in processes::of_session(session) {
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
    use super::*;

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
