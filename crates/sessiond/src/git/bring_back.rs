//! Bringing back what a deleted session left in the repository: its ref becomes a branch, in one step.

use longhouse_domain::SessionId;
use longhouse_domain::git::{BranchName, KeptWork, Operation};
use tonic::Status;

use super::operate::Work;
use super::words;
use crate::exec::Outcome;

/// Makes the branch, and says its name. Where nobody says one and it is there still, it gets another. A session that left nothing is
/// `not_found`.
pub(super) async fn bring_back(
    work: &mut Work<'_>,
    session: SessionId,
    branch: Option<&BranchName>,
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    let question = Operation::KeptWork.question().unwrap_or_default();
    let known = work.look(question).await?;
    let known = KeptWork::read(&known.stdout)
        .map_err(|_| Status::internal("git said what is not understood"))?;
    let wanted = known.into_iter().find(|one| one.session == session);
    let none = || Status::not_found("the repository keeps nothing of that session");
    let wanted = wanted.ok_or_else(none)?;
    let branch = match branch {
        Some(branch) => branch.clone(),
        None if exists(work, &wanted.branch).await? => format!("{}-kept", wanted.branch)
            .parse()
            .unwrap_or(wanted.branch.clone()),
        None => wanted.branch.clone(),
    };
    let (kept, commit) = (wanted.reference(), &wanted.commit);
    let input = format!("create refs/heads/{branch} {commit}\ndelete {kept} {commit}\n");
    let words = words(["update-ref", "-m", "longhouse: brought back", "--stdin"]);
    let outcome = work.change(&turn, words, input.as_bytes()).await?;
    Ok(Outcome {
        stdout: branch.to_string().into_bytes(),
        ..outcome
    })
}

async fn exists(work: &mut Work<'_>, branch: &BranchName) -> Result<bool, Status> {
    let name = format!("refs/heads/{branch}");
    let words = words(["show-ref", "--verify", "--quiet", name.as_str()]);
    Ok(work.look(words).await?.code == 0)
}
