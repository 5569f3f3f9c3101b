//! A clone into a directory below the session's own, as people type it: git makes the directory, and takes it away again where it fails.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use longhouse_domain::git::Repository;
use longhouse_domain::working_copy::CopyPath;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use tokio::time::Instant;
use tonic::Status;

use super::clone::arguments;
use super::command;
use super::operate::{Caller, refused, run};
use crate::exec::{Outcome, Overflow};
use crate::session::Session;

/// Clones. That there is something already is git's to say.
pub(super) async fn clone(
    session: &Session,
    repository: &Repository,
    to: &CopyPath,
    protocols: &str,
    deadline: Instant,
    caller: &mut Caller,
) -> Result<Outcome, Status> {
    if to.is_workspace() || !leads_nowhere_else(Path::new("."), to) {
        return Err(Status::failed_precondition(
            "that is no place in the session's workspace where a directory can be made, or a link leads there",
        ));
    }
    // The path holds no name that git could take for an option, for the session's directory stands before it.
    let place = Path::new(".").join(to.as_str());
    let told = arguments(repository, &place)
        .into_iter()
        .map(OsString::from);
    let command = command(session, protocols, told).map_err(|error| refused(error.into()))?;
    let dropped = Overflow::Dropped;
    run(session, &command, dropped, Stdio::null(), deadline, caller).await
}

/// Whether what is there of this path are directories of the session, and no links: the kernel looks, from the session's directory down. Who
/// puts something else there between that and git is the session's own user, as whom git runs.
fn leads_nowhere_else(session: &Path, path: &CopyPath) -> bool {
    let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(session) = openat(CWD, session, flags, Mode::empty()) else {
        return false;
    };
    let mut known = Some(Path::new(path.as_str()));
    while let Some(directory) = known.filter(|path| !path.as_os_str().is_empty()) {
        match openat2(&session, directory, flags, Mode::empty(), rules) {
            Ok(_) => return true,
            Err(Errno::NOENT) => known = directory.parent(),
            Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_not_there_may_be_made_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let session = dir.path().join("session");
        fs::create_dir_all(session.join("a")).unwrap();
        fs::create_dir(dir.path().join("outside")).unwrap();
        fs::write(session.join("file"), "").unwrap();
        std::os::unix::fs::symlink("../outside", session.join("out")).unwrap();
        std::os::unix::fs::symlink("../../nowhere", session.join("a/dangling")).unwrap();
        for (path, may) in [
            ("a", true),
            ("a/b/c", true),
            ("new", true),
            ("out", false),
            ("out/b", false),
            ("a/dangling", false),
            ("file", false),
            ("file/b", false),
        ] {
            let to = path.parse().unwrap();
            assert_eq!(leads_nowhere_else(&session, &to), may, "{path}");
        }
    }
}
