//! What every runtime keeps on this machine's disk, and how: private directories, secrets in files, the removal of what hostile programs
//! have filled. It knows no session's life and no runtime.

mod remove;
pub(crate) mod secrets;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, fchmod, fstat, mkdirat, openat};
use rustix::io::Errno;

use remove::remove_tree;

/// Mode of everything that only the server's user may enter.
pub(crate) const PRIVATE: u32 = 0o700;

/// Makes a directory that only this user may enter, or takes the one that is there if nobody else can have put anything in it.
pub(crate) fn private_dir(path: &Path) -> io::Result<OwnedFd> {
    own_dir(path, PRIVATE)
}

/// The same with another mode: what a container is given is open to whoever gets there, below a directory that keeps all others away.
pub(crate) fn own_dir(path: &Path, mode: u32) -> io::Result<OwnedFd> {
    let refuse = |reason: &str| {
        let text = format!(
            "{} {reason}; remove it, or choose another directory",
            path.display()
        );
        io::Error::new(io::ErrorKind::PermissionDenied, text)
    };
    match mkdirat(CWD, path, Mode::from_raw_mode(mode)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = openat(CWD, path, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::LOOP | Errno::NOTDIR => refuse("is not a directory"),
        other => other.into(),
    })?;
    let found = fstat(&dir)?;
    if found.st_uid != rustix::process::geteuid().as_raw() {
        return Err(refuse("belongs to somebody else"));
    }
    if found.st_mode & 0o022 != 0 {
        return Err(refuse("can be written by others"));
    }
    fchmod(&dir, Mode::from_raw_mode(mode))?;
    Ok(dir)
}

/// Small letters and digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Removes `name` in `parent`, and everything in it.
pub(crate) fn remove_below(parent: &Path, name: &str) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(CWD, parent, flags, Mode::empty()) {
        Ok(parent) => remove_tree(parent.as_fd(), name.as_ref()),
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// The names in a directory, as far as they are text; none where it is not there.
pub(crate) fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let name = |entry: io::Result<std::fs::DirEntry>| {
        entry
            .map(|entry| entry.file_name().into_string().ok())
            .transpose()
    };
    entries.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_directory_that_others_could_have_prepared_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let (open, link, file) = (
            root.path().join("open"),
            root.path().join("link"),
            root.path().join("file"),
        );
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        fs::create_dir(root.path().join("target")).unwrap();
        symlink("target", &link).unwrap();
        fs::write(&file, "").unwrap();
        for (path, part) in [
            (&open, "written by others"),
            (&link, "not a directory"),
            (&file, "not a directory"),
        ] {
            let refusal = private_dir(path).unwrap_err().to_string();
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
