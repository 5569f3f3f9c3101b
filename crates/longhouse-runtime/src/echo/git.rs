//! The repository of the echo runtime: one commit on `main`, one new file, and a commit that is always made.

use longhouse_domain::git::Operation;
use longhouse_link::proto::GitReply;
use tonic::Status;

/// The one commit.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

pub(super) fn git(operation: &str) -> Result<GitReply, Status> {
    let wrong = |error: serde_json::Error| Status::invalid_argument(error.to_string());
    let operation: Operation = serde_json::from_str(operation).map_err(wrong)?;
    let (_, operation) = operation.placed();
    let who = "Echo\0echo@example.org\x001700000000";
    let head = format!("# branch.oid {COMMIT}\0# branch.head main\0");
    let status = match operation {
        Operation::Unsaved | Operation::UnsavedHere => head,
        _ => format!("{head}? new\0"),
    };
    let stdout = match operation {
        Operation::Status | Operation::Glance => status.clone(),
        Operation::Log { .. } | Operation::Commit { .. } => {
            format!(
                "{COMMIT}\0\0{who}\0{who}\0HEAD -> refs/heads/main\0first\0\0\n 1 file changed, 1 insertion(+)\n"
            )
        }
        Operation::Diff { .. }
        | Operation::Unsaved
        | Operation::UnsavedHere
        | Operation::KeptWork
        | Operation::Step(_)
        | Operation::Fetch(_)
        | Operation::Pull(..)
        | Operation::PullBranch(..)
        | Operation::Push(_)
        | Operation::PushBranch(..)
        | Operation::Clone(..)
        | Operation::Init(_)
        | Operation::SetOrigin(_)
        | Operation::Below(..) => String::new(),
        Operation::BringBack { .. } => "brought-back".to_owned(),
        Operation::Run(_) => "main\n".to_owned(),
    };
    Ok(GitReply {
        stdout: stdout.into(),
        status: status.into(),
        ..GitReply::default()
    })
}
