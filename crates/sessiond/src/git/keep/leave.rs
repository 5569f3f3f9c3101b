//! Leaving a repository whose working tree the session's directory is: what only this tree holds is kept on a ref of the repository, and
//! then the tree is taken out of it. The branch stays.
//!
//! ```text
//!   refs/longhouse/kept/<session>/<branch>     the working tree as it was, new files included; or, where all is committed, the last commit
//!                                              that neither another branch nor another repository has
//!   refs/longhouse/checkpoints/<session>/…     removed
//!   <repository>/worktrees/<name>              removed
//! ```

use std::path::Path;
use std::sync::Arc;

use longhouse_domain::git::{Change, KEPT_REFS, MessageTemplate, TreeChange, message};
use longhouse_link::limits::KEEPING_TIME;
use longhouse_link::proto::{LeaveReply, LeaveRequest};
use tokio::time::Instant;
use tonic::Status;

use super::calls::whole;
use super::checkpoint;
use super::commit::{OURSELVES, commit_tree};
use super::own::{Own, Trouble};
use super::snapshot::{Snapshot, call};
use crate::git::operate::refused;
use crate::git::repository::{Repository, Turn};
use crate::git::watch::LeftOut;
use crate::git::worktree::Site;
use crate::session::Session;

/// Keeps what there is, and leaves.
pub(crate) async fn leave(
    session: &Arc<Session>,
    request: LeaveRequest,
) -> Result<LeaveReply, Status> {
    let shared = Arc::clone(session);
    whole(session, async move { attempt(&shared, &request).await }).await
}

async fn attempt(session: &Session, request: &LeaveRequest) -> Result<LeaveReply, Status> {
    // Where the repository is gone there is nothing to keep anything in, and nothing to leave.
    let source = std::fs::canonicalize(&request.tree).map(Repository::at);
    let Ok(Ok(source)) = source else {
        return Ok(LeaveReply::default());
    };
    let root = std::fs::canonicalize(".").map_err(Trouble::io("the directory"))?;
    let tree = tree_of(&source, &root);
    let deadline = Instant::now() + KEEPING_TIME;
    let turn = Turn::take(session, tree.as_ref().unwrap_or(&source), deadline)
        .await
        .map_err(refused)?;
    let mut reply = LeaveReply::default();
    if let Some(repository) = tree {
        reply.left = true;
        if request.keep {
            let own = Own::new(session, &repository, &turn, deadline);
            reply.kept = keep(&own).await?.unwrap_or_default();
            checkpoint::forget(&own).await?;
        }
    }
    let site = Site::new(&root, &source, session.environment.session());
    let left = tokio::task::spawn_blocking(move || site.withdraw()).await;
    let left = left.map_err(std::io::Error::other).flatten();
    left.map_err(Trouble::io("the working tree's entry"))?;
    Ok(reply)
}

/// The session's directory, where it is a working tree of that repository.
fn tree_of(source: &Repository, root: &Path) -> Option<Repository> {
    let here = Repository::at(root.to_owned()).ok()?;
    let is_one_of_several = here.git_dir() != here.common_dir();
    (is_one_of_several && here.common_dir() == source.common_dir()).then_some(here)
}

/// Keeps what would be lost; the ref that does, where there is something.
async fn keep(own: &Own<'_>) -> Result<Option<String>, Trouble> {
    let branch = own.maybe(&["symbolic-ref", "--quiet", "HEAD"]).await?;
    let branch = branch
        .as_deref()
        .and_then(|name| name.strip_prefix("refs/heads/"));
    let snapshot = Snapshot::take(own, &LeftOut::new(&[])).await?;
    let commit = if snapshot.changes.is_empty() {
        match snapshot.head {
            Some(head) if is_only_here(own, branch).await? => head,
            _ => return Ok(None),
        }
    } else {
        let told: Vec<Change> = snapshot.changes.iter().map(TreeChange::told).collect();
        let text = message(&told, None, &MessageTemplate::default());
        commit_tree(
            own,
            &snapshot.tree,
            snapshot.head.as_ref(),
            &text,
            &OURSELVES,
        )
        .await?
    };
    let session = own.session.environment.session();
    let name = format!("{KEPT_REFS}{session}/{}", branch.unwrap_or("detached"));
    let reason = ["update-ref", "-m", "longhouse: the session is deleted"];
    let update = ["--end-of-options", &name, &commit];
    own.run(call(&[&reason[..], &update[..]].concat())).await?;
    Ok(Some(name))
}

/// Whether no other branch, and no repository that this one knows, has the last commit.
async fn is_only_here(own: &Own<'_>, branch: Option<&str>) -> Result<bool, Trouble> {
    let own_branch = format!("--exclude={}", branch.unwrap_or_default());
    let words = [
        "rev-list",
        "--max-count=1",
        "HEAD",
        "--not",
        "--remotes",
        &own_branch,
        "--branches",
    ];
    Ok(!own.run(call(&words)).await?.is_empty())
}
