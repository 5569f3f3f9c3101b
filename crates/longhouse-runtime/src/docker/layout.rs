//! Where a container's session is on this machine's disk: what the container is given, and what is kept beside it.
//!
//! ```text
//! <run_dir>/docker/<short id>/             private: nobody else of the machine gets further
//! <run_dir>/docker/<short id>/link/        the container's /run/longhouse, read-only: the link's socket, sessiond's specification
//! <run_dir>/docker/<short id>/owned        the volumes were given to the session's user
//! ```
//!
//! The workspace and the home are volumes of the engine, not directories of ours.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use longhouse_domain::SessionId;
use sha2::{Digest, Sha256};

use crate::disk::{hex, names, own_dir, private_dir, remove_below};

/// Mode of the directory that the container is given: its user may look and dial, and change nothing (the mount is read-only besides).
const GIVEN: u32 = 0o755;

/// The places of one server's containers.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
    /// Tells this server's containers, volumes and networks from those of another server on the same engine.
    server: String,
}

impl Layout {
    /// Makes the directory that all sessions share.
    pub(super) fn new(data_dir: &Path, run_dir: &Path) -> io::Result<Self> {
        private_dir(run_dir)?;
        let root = run_dir.join("docker");
        private_dir(&root)?;
        let data_dir = data_dir.canonicalize()?;
        Ok(Self {
            root: root.canonicalize()?,
            server: hex(&Sha256::digest(data_dir.as_os_str().as_bytes())[..8]),
        })
    }

    /// The server's mark.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    fn session_dir(&self, session: SessionId) -> PathBuf {
        self.root.join(session.short())
    }

    /// What the container is given.
    pub(super) fn link_dir(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("link")
    }

    pub(super) fn link_socket(&self, session: SessionId) -> PathBuf {
        self.link_dir(session).join("link.sock")
    }

    /// Makes the session's directories.
    pub(super) fn make(&self, session: SessionId) -> io::Result<()> {
        private_dir(&self.session_dir(session))?;
        own_dir(&self.link_dir(session), GIVEN)?;
        Ok(())
    }

    /// Writes sessiond's specification where the container reads it; whole, or not at all.
    pub(super) fn write_spec(&self, session: SessionId, spec: &[u8]) -> io::Result<()> {
        let dir = self.link_dir(session);
        let unfinished = self.session_dir(session).join("spec.new");
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o444)
            .open(&unfinished)?;
        file.write_all(spec)?;
        rustix::fs::fchmod(&file, rustix::fs::Mode::from_raw_mode(0o444))?;
        std::fs::rename(unfinished, dir.join("spec.json"))
    }

    fn owned_file(&self, session: SessionId) -> PathBuf {
        self.session_dir(session).join("owned")
    }

    /// Whether the volumes were given to the session's user already.
    pub(super) fn volumes_are_owned(&self, session: SessionId) -> bool {
        self.owned_file(session).exists()
    }

    pub(super) fn note_volumes_owned(&self, session: SessionId) -> io::Result<()> {
        std::fs::write(self.owned_file(session), "")
    }

    /// Removes everything but the link's socket and what leads to it: the server listens there.
    pub(super) fn remove_all_but_link(&self, session: SessionId) -> io::Result<()> {
        for (dir, kept) in [
            (self.link_dir(session), "link.sock"),
            (self.session_dir(session), "link"),
        ] {
            for name in names(&dir)?.into_iter().filter(|name| name != kept) {
                remove_below(&dir, &name)?;
            }
        }
        Ok(())
    }

    /// Removes every directory of the session of that short name.
    pub(super) fn remove(&self, short: &str) -> io::Result<()> {
        remove_below(&self.root, short)
    }

    /// The short names of the sessions that have a directory.
    pub(super) fn found(&self) -> io::Result<Vec<String>> {
        let names = names(&self.root)?.into_iter();
        Ok(names.filter(|name| crate::is_short_name(name)).collect())
    }
}
