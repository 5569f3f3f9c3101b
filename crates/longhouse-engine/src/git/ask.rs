//! One question to a session's repository, and what it means when git says no.

use std::sync::Arc;
use std::time::Duration;

use longhouse_domain::git::{Operation, Refusal, Transports, Underway, Unreadable};
use longhouse_domain::working_copy::CopyPath;
use longhouse_link::limits::{GIT_OUTPUT_BYTES, GIT_REFUSAL, GIT_SAID_BYTES};
use longhouse_link::proto::{GitReply, GitRequest, git_reply};
use tonic::{Code, Status};

use crate::error::{EngineError, plain};
use crate::session::ask::AskError;
use crate::session::connection::Connection;
use crate::session::handle::Handle;

/// How much longer than its own time limit an answer may take: git has a moment to tidy up.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// How long somebody waits who only wants to know beforehand.
const A_MOMENT: Duration = Duration::from_secs(10);

/// What is said of a directory in which git has nothing to work with.
const NO_REPOSITORY: [Refusal; 4] = [
    Refusal::NoRepository,
    Refusal::Above,
    Refusal::Elsewhere,
    Refusal::Bare,
];

/// Asks a repository anywhere in the session's workspace, and hears what git said, whatever it was.
pub(crate) async fn ask_at(
    handle: &Handle,
    path: &CopyPath,
    operation: &Operation,
    transports: &Transports,
    time: Duration,
) -> Result<GitReply, EngineError> {
    let operation = serde_json::to_string(&operation.clone().at(path));
    let request = GitRequest {
        operation: operation.map_err(|error| EngineError::Internal(error.to_string()))?,
        protocols: transports.to_string(),
        timeout_seconds: u32::try_from(time.as_secs()).unwrap_or(u32::MAX),
    };
    let question = |link: Arc<Connection>| {
        let request = request.clone();
        async move { link.client().git(request).await }
    };
    let asked = tokio::time::timeout(time + LAST_ANSWER, handle.connections.ask(question)).await;
    let reply = match asked {
        Ok(Ok(reply)) => reply.into_inner(),
        Ok(Err(AskError::Refused(status))) => return Err(refused(&status, path)),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(out_of_time()),
    };
    if reply.stdout.len() > GIT_OUTPUT_BYTES || reply.stderr.len() > GIT_SAID_BYTES {
        return Err(nonsense(Unreadable));
    }
    Ok(reply)
}

/// Why a running session's directory is no repository to work with, where it says so within a moment.
pub(crate) async fn is_no_repository(
    handle: &Handle,
    question: &Operation,
    transports: &Transports,
) -> Option<String> {
    let workspace = CopyPath::default();
    match ask_at(handle, &workspace, question, transports, A_MOMENT).await {
        Err(EngineError::Conflict { code, detail })
            if NO_REPOSITORY
                .iter()
                .any(|refusal| self::code(*refusal) == code) =>
        {
            Some(detail)
        }
        _ => None,
    }
}

/// What git said, if it did what was asked.
pub(crate) fn succeeded(reply: GitReply) -> Result<GitReply, EngineError> {
    // One that said enough was ended for that.
    if reply.exit_code == 0 || (reply.truncated && !reply.timed_out) {
        return Ok(reply);
    }
    Err(failed(&reply))
}

/// Why git did not do it, in its own words.
pub(super) fn failed(reply: &GitReply) -> EngineError {
    if reply.timed_out {
        return out_of_time();
    }
    let said = String::from_utf8_lossy(&reply.stderr);
    let is_complaint = |line: &&str| line.starts_with("fatal: ") || line.starts_with("error: ");
    let line = said.lines().find(is_complaint).or(said.lines().last());
    let line = plain(line.unwrap_or_default());
    let detail = match line.as_str() {
        "" => format!("git ended with {} and said nothing", reply.exit_code),
        line => format!("git refused: {line}"),
    };
    EngineError::conflict("git.failed", detail)
}

/// Whether git knows no commit of that name.
pub(super) fn knows_no_such_commit(reply: &GitReply) -> bool {
    let said = String::from_utf8_lossy(&reply.stderr);
    let words = [
        "unknown revision",
        "bad revision",
        "bad object",
        "does not have any commits",
    ];
    reply.exit_code == 128 && words.iter().any(|words| said.contains(words))
}

/// The answer to what was not answered as git answers.
pub(super) fn nonsense(_: Unreadable) -> EngineError {
    EngineError::unreachable("what it said about the repository makes no sense")
}

pub(super) fn underway(reply: &GitReply) -> Underway {
    match reply.underway() {
        git_reply::Underway::Nothing => Underway::Nothing,
        git_reply::Underway::Merge => Underway::Merge,
        git_reply::Underway::Rebase => Underway::Rebase,
        git_reply::Underway::CherryPick => Underway::CherryPick,
        git_reply::Underway::Revert => Underway::Revert,
        git_reply::Underway::Bisect => Underway::Bisect,
    }
}

fn out_of_time() -> EngineError {
    EngineError::conflict(
        "git.timeout",
        "git took too long and was ended: ask for less, or try again",
    )
}

fn refused(status: &Status, path: &CopyPath) -> EngineError {
    let name = status.metadata().get(GIT_REFUSAL);
    let refusal = name
        .and_then(|name| name.to_str().ok())
        .and_then(Refusal::parse);
    match (refusal, status.code()) {
        (Some(refusal @ (Refusal::NoRepository | Refusal::Elsewhere)), _)
            if !path.is_workspace() =>
        {
            let text = format!(
                "there is no git repository of its own at {path} in the session's workspace, or a link leads there"
            );
            EngineError::conflict(code(refusal), text)
        }
        (Some(refusal), _) => EngineError::conflict(code(refusal), refusal.words()),
        // As the reader of operations says it, which came from here and are in order.
        (None, Code::InvalidArgument) if status.message().starts_with("unknown variant") => {
            EngineError::conflict(
                "git.unsupported",
                "the session was started by an older version that does not know how to do this: stop it and start it again",
            )
        }
        (None, Code::Unimplemented) => EngineError::conflict(
            "git.unsupported",
            "the session was started by an older version that knows no git: stop it and start it again",
        ),
        (None, Code::Aborted | Code::FailedPrecondition) => EngineError::conflict(
            "git.failed",
            format!("git refused: {}", plain(status.message())),
        ),
        (None, Code::NotFound) => {
            EngineError::conflict("git.nothing_kept", plain(status.message()))
        }
        (None, Code::InvalidArgument) => EngineError::invalid("", plain(status.message())),
        _ => EngineError::unreachable(&plain(status.message())),
    }
}

fn code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoRepository => "git.no_repository",
        Refusal::Above => "git.above",
        Refusal::Elsewhere => "git.elsewhere",
        Refusal::Bare => "git.bare",
        Refusal::Busy => "git.busy",
        Refusal::NoGit => "git.no_git",
        Refusal::Conflicts => "git.conflict",
        Refusal::NothingToCommit => "git.nothing_to_commit",
        Refusal::NoIdentity => "git.no_identity",
        Refusal::NoBranch => "git.no_branch",
        Refusal::NoRemote => "git.no_remote",
        Refusal::Rewritten => "git.rewritten",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, text: &'static str) -> GitReply {
        GitReply {
            exit_code: code,
            stderr: text.into(),
            ..GitReply::default()
        }
    }

    #[test]
    fn a_failure_is_told_by_gits_first_complaint_on_one_clean_line() {
        let reply = said(1, "hint: x\nerror: no \u{1b}[2Jway\nfatal: also");
        assert_eq!(failed(&reply).to_string(), "git refused: error: no  [2Jway");
        assert_eq!(
            failed(&said(3, "")).to_string(),
            "git ended with 3 and said nothing"
        );
        assert!(knows_no_such_commit(&said(128, "fatal: bad revision 'x'")));
        assert!(!knows_no_such_commit(&said(1, "fatal: bad revision 'x'")));
    }

    #[test]
    fn every_refusal_has_a_code_of_its_own() {
        let codes: std::collections::HashSet<_> = Refusal::ALL.into_iter().map(code).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert_eq!(code(refusal), format!("git.{}", refusal.as_str()));
        }
    }
}
