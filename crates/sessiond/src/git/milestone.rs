//! How whoever works in a session says that something is done: by a command, which stands in `LONGHOUSE_MILESTONE`. It is this very program
//! under another name, beside the agent's socket, so that it is the same path also after sessiond was started again.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use longhouse_domain::git::Milestone;
use longhouse_domain::ssh::agent::MilestoneNews;

use crate::agent::{self, AskError};
use crate::processes::own_program;

/// The variable that holds the command.
pub(crate) const VARIABLE: &str = "LONGHOUSE_MILESTONE";

/// The name under which this program is that command.
const NAME: &str = "milestone";

/// The longest summary, characters. What is longer is cut: the work is done all the same.
const SUMMARY_CHARS: usize = 2_000;

const USAGE: &str = "usage: \"$LONGHOUSE_MILESTONE\" tests|done [SUMMARY]";

/// Where the command is.
pub(crate) fn command(state_dir: &Path) -> PathBuf {
    state_dir.join(NAME)
}

/// Puts the command in its place.
pub(crate) fn offer(state_dir: &Path) -> io::Result<()> {
    take_away(state_dir)?;
    symlink(own_program(), command(state_dir))
}

/// Takes it away.
pub(crate) fn take_away(state_dir: &Path) -> io::Result<()> {
    match std::fs::remove_file(command(state_dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The directory of sessiond's own, where this program was called as that command.
#[must_use]
pub fn called_as_milestone(program: &Path) -> Option<&Path> {
    program.parent().filter(|_| program.ends_with(NAME))
}

/// Tells the session that something is done; gives what there is to say about it.
///
/// # Errors
/// When the words make no sense, or nobody hears them.
pub fn milestone(state_dir: &Path, words: &[&str]) -> Result<String, AskError> {
    let (name, summary) = match words {
        [name] => (name, ""),
        [name, summary] => (name, *summary),
        _ => return Err(AskError::Refused(USAGE.to_owned())),
    };
    let milestone = Milestone::told(name).ok_or_else(|| AskError::Refused(USAGE.to_owned()))?;
    let cut = summary.char_indices().nth(SUMMARY_CHARS);
    let summary = cut.map_or(summary, |(at, _)| &summary[..at]);
    agent::extension(
        &agent::socket(state_dir),
        &MilestoneNews { milestone, summary }.message(),
    )
}
