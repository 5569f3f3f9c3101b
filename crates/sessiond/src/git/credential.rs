//! How git asks what to log in with over HTTPS: of the session's agent, through this program, which git runs as its credential helper.

use std::io::{self, Read};
use std::path::Path;

use longhouse_domain::ssh::agent::CredentialQuestion;

use super::ssh::quoted;
use crate::agent::{self, AskError};
use crate::processes::own_program;

/// The most bytes of git's question.
const QUESTION_BYTES: u64 = 64 * 1024;

/// The helper, as git's settings name it.
pub(crate) fn helper(state_dir: &Path) -> String {
    let [program, socket] = [own_program(), agent::socket(state_dir)];
    let [program, socket] = [program, socket].map(|path| quoted(&path.display().to_string()));
    format!("!{program} credential {socket}")
}

/// What git is told, which says what it wants to know: nothing where it wants something kept or forgotten.
///
/// # Errors
/// When nobody answers.
pub fn credential(socket: &Path, action: &str, question: impl Read) -> Result<String, AskError> {
    if action != "get" {
        return Ok(String::new());
    }
    let mut text = String::new();
    question.take(QUESTION_BYTES).read_to_string(&mut text)?;
    let word = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let (Some(protocol), Some(host)) = (word("protocol"), word("host")) else {
        return Err(io::Error::from(io::ErrorKind::InvalidData).into());
    };
    let path = word("path");
    agent::extension(
        socket,
        &CredentialQuestion {
            protocol,
            host,
            path,
        }
        .message(),
    )
}
