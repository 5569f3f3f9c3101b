//! Making the repository that a session begins with where it is cloned from nowhere.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use longhouse_domain::git::{BranchName, Refusal};
use longhouse_domain::working_copy::CopyPath;
use tokio::time::Instant;
use tonic::Status;

use super::operate::{Caller, refused};
use super::repository::Repository;
use super::run::{Ended, run};
use super::{command, words};
use crate::session::Session;

/// Makes a repository in the session's directory, whatever else is in it. One that is there is left alone; what a git left that was killed
/// in the middle of this is brought to its end.
pub(super) async fn init(
    session: &Session,
    path: &CopyPath,
    branch: &BranchName,
    deadline: Instant,
    caller: &mut Caller,
) -> Result<(), Status> {
    if !path.is_workspace() {
        return Err(Status::invalid_argument(
            "only the session's own directory is made a repository",
        ));
    }
    match Repository::here() {
        // The last thing that git writes may be missing.
        Ok(repository) if repository.git_dir().join("config").exists() => return Ok(()),
        Ok(_) | Err(Refusal::NoRepository) => {}
        Err(refusal) => return Err(refused(refusal)),
    }
    let branch = format!("--initial-branch={branch}");
    let told = words(["init", "--quiet", branch.as_str()]);
    // It connects with nothing.
    let command = command(session, "", told.into_iter().map(OsString::from_vec))
        .map_err(|error| refused(error.into()))?;
    let ended = run(command, &session.reaper, deadline, caller.closed(), |_| ()).await;
    match ended.map_err(|error| Status::failed_precondition(format!("git init: {error}")))? {
        Ended::Itself(0, _) => Ok(()),
        Ended::Itself(_, lines) => Err(Status::failed_precondition(
            lines.last().cloned().unwrap_or_default(),
        )),
        Ended::TimeOver => Err(Status::deadline_exceeded("git init took too long")),
        Ended::Unwanted => Err(Status::cancelled("nobody waits any more")),
    }
}
