//! Where everything of a session is on this machine's disk, and the private directories that it is kept in.
//!
//! ```text
//! <data_dir>/bin/sessiond-<hash>           the daemon's program
//! <data_dir>/sessions/<id>/workspace/      the session's own working directory
//! <data_dir>/sessions/<id>/state/          what the runtime remembers of it
//! <run_dir>/<short id>/                    sockets, lock and log of its sessiond
//! ```

use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use sha2::{Digest, Sha256};

use crate::disk::{PRIVATE, hex, names, private_dir, remove_below};

/// The longest runtime directory, bytes: a socket's path ends at 107, and below the directory come twelve characters of the session,
/// two slashes and a file name, for which this leaves 23.
pub const RUN_DIR_BYTES: usize = 70;

/// The file that sessiond keeps open and locked while it lives.
const LOCK: &str = "sessiond.lock";

/// The directory of sockets for a server with this data directory: `run` in the data directory where its path is short enough for
/// sockets, else a directory in `/tmp` whose name is derived from the data directory, so that the next start, and the command line,
/// find it again. It is not the login's own runtime directory, for that is wiped when its user logs out, and sessions outlive that.
/// Nothing is made: that is the business of whoever starts to use it.
#[must_use]
pub fn choose_run_dir(data_dir: &Path) -> PathBuf {
    let near = data_dir.join("run");
    if near.as_os_str().len() <= RUN_DIR_BYTES {
        return near;
    }
    let uid = rustix::process::geteuid().as_raw();
    let name = hex(&Sha256::digest(data_dir.as_os_str().as_bytes())[..4]);
    PathBuf::from(format!("/tmp/longhouse-{uid}-{name}"))
}

/// The places of one server's sessions.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    data_dir: PathBuf,
    run_dir: PathBuf,
}

impl Layout {
    /// Makes the directories that all sessions share.
    pub(super) fn new(data_dir: PathBuf, run_dir: PathBuf) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE)
            .create(&data_dir)?;
        private_dir(&run_dir)?;
        // Without links, so that they compare equal to what the process table shows.
        let layout = Self {
            data_dir: data_dir.canonicalize()?,
            run_dir: run_dir.canonicalize()?,
        };
        for dir in [layout.bin_dir(), layout.sessions_dir()] {
            private_dir(&dir)?;
        }
        Ok(layout)
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(super) fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    pub(super) fn bin_dir(&self) -> PathBuf {
        self.data_dir.join("bin")
    }

    pub(super) fn sessions_dir(&self) -> PathBuf {
        self.data_dir.join("sessions")
    }

    fn session_dir(&self, session: SessionId) -> PathBuf {
        self.sessions_dir().join(session.to_string())
    }

    pub(super) fn workspace(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("workspace")
    }

    pub(super) fn groups_file(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("state/cgroups")
    }

    pub(super) fn socket_dir(&self, session: SessionId) -> PathBuf {
        self.run_dir.join(session.short())
    }

    pub(super) fn link_socket(&self, session: SessionId) -> PathBuf {
        self.socket_dir(session).join("link.sock")
    }

    pub(super) fn tmux_socket(&self, session: SessionId) -> PathBuf {
        self.socket_dir(session).join("tmux.sock")
    }

    /// The short name of the session whose sessiond keeps this file locked, if it is such a file.
    pub(super) fn owner_of_lock<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let short = path
            .strip_prefix(&self.run_dir)
            .ok()?
            .to_str()?
            .strip_suffix(LOCK)?;
        short
            .strip_suffix('/')
            .filter(|short| crate::is_short_name(short))
    }

    /// Makes the session's directories.
    pub(super) fn make(&self, session: SessionId) -> io::Result<()> {
        let dir = self.session_dir(session);
        private_dir(&dir)?;
        private_dir(&dir.join("state"))?;
        private_dir(&self.workspace(session))?;
        private_dir(&self.socket_dir(session))?;
        Ok(())
    }

    /// Whether the session has a directory.
    pub(super) fn has(&self, session: SessionId) -> bool {
        self.session_dir(session).is_dir()
    }

    /// Removes every directory and socket that was made for the session.
    pub(super) fn remove(&self, session: SessionId) -> io::Result<()> {
        remove_below(&self.sessions_dir(), &session.to_string())?;
        self.remove_sockets(&session.short())
    }

    /// The same, but for the link's socket and the directory that holds it: the server listens there.
    /// [`Self::remove`], but a working directory with something in it stays: nobody remembers the session (another database, a
    /// restored one), and what was worked on is not ours to throw away.
    pub(super) fn remove_unless_worked_in(&self, session: SessionId) -> io::Result<()> {
        self.remove_sockets(&session.short())?;
        let untouched = match std::fs::read_dir(self.workspace(session)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            entries => entries?.next().is_none(),
        };
        if untouched {
            return remove_below(&self.sessions_dir(), &session.to_string());
        }
        tracing::warn!(
            workspace = %self.workspace(session).display(),
            "the working directory of a session that nobody remembers is kept; remove it by hand if it is not needed"
        );
        Ok(())
    }

    pub(super) fn remove_all_but_link(&self, session: SessionId) -> io::Result<()> {
        remove_below(&self.sessions_dir(), &session.to_string())?;
        let (dir, link) = (self.socket_dir(session), self.link_socket(session));
        for name in names(&dir)?
            .into_iter()
            .filter(|name| dir.join(name) != link)
        {
            remove_below(&dir, &name)?;
        }
        Ok(())
    }

    /// Removes the socket directory of a session of which only the short name is known.
    pub(super) fn remove_sockets(&self, short: &str) -> io::Result<()> {
        remove_below(&self.run_dir, short)
    }

    /// The sessions that have a directory, and the short names that have a socket directory. What bears no such name is not ours to see.
    pub(super) fn found(&self) -> io::Result<(Vec<SessionId>, Vec<String>)> {
        let sessions = names(&self.sessions_dir())?;
        let sessions = sessions.iter().filter_map(|name| name.parse().ok());
        let short = |name: &String| crate::is_short_name(name);
        Ok((
            sessions.collect(),
            names(&self.run_dir)?.into_iter().filter(short).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_short_data_directory_keeps_its_sockets_near() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        assert_eq!(choose_run_dir(&data), data.join("run"));
    }

    #[test]
    fn a_long_data_directory_has_one_short_place_for_sockets_again_and_again() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (
            root.path().join("x".repeat(90)),
            root.path().join("y".repeat(90)),
        );
        let run = choose_run_dir(&one);
        assert_eq!(choose_run_dir(&one), run);
        assert_ne!(choose_run_dir(&two), run);
        let session = SessionId(uuid::Uuid::max());
        let layout = Layout {
            data_dir: one,
            run_dir: run,
        };
        assert!(layout.tmux_socket(session).as_os_str().len() < 100);
    }

    #[test]
    fn what_was_worked_on_in_a_session_that_nobody_remembers_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path().join("data"), root.path().join("run")).unwrap();
        let [worked, untouched] = [1, 2].map(|n| SessionId(uuid::Uuid::from_u128(n)));
        for session in [worked, untouched] {
            layout.make(session).unwrap();
        }
        fs::write(layout.workspace(worked).join("work.txt"), "hours").unwrap();
        for session in [worked, untouched] {
            layout.remove_unless_worked_in(session).unwrap();
        }
        assert!(layout.workspace(worked).join("work.txt").exists());
        assert_eq!(layout.found().unwrap(), (vec![worked], Vec::new()));
    }

    #[test]
    fn removing_a_session_leaves_its_neighbours() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path().join("data"), root.path().join("run")).unwrap();
        let [a, b] = [1, 2].map(|n| SessionId(uuid::Uuid::from_u128(n)));
        for session in [a, b] {
            layout.make(session).unwrap();
        }
        fs::create_dir(layout.sessions_dir().join("lost+found")).unwrap();
        layout.remove(a).unwrap();
        layout.remove(a).unwrap();
        assert_eq!(layout.found().unwrap(), (vec![b], vec![b.short()]));
    }
}
