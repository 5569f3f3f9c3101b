//! The repository that the session's came from: fetched, pulled, pushed to. Only ever the address that is given, whatever the repository's own
//! settings make of its remotes; never by force.
//!
//! Git is told of the address as a remote of this one command, under a name that nobody knows beforehand, which fetches into the places of
//! `origin`. So what it knows of `origin` is right afterwards, and no setting of the repository's speaks of that remote.

use longhouse_domain::git::{BranchName, PullWay, Refusal, RepositoryUrl};
use tonic::Status;

use super::operate::{Work, refused};
use super::repository::Turn;
use super::words;
use crate::exec::Outcome;

/// What every push is told.
const PUSH: [&str; 6] = [
    "push",
    "--porcelain",
    "--no-verify",
    "--no-signed",
    "--no-follow-tags",
    "--no-recurse-submodules",
];

/// Fetches.
pub(super) async fn fetch(
    work: &mut Work<'_>,
    url: Option<&RepositoryUrl>,
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    let remote = Remote::find(work, url).await?;
    remote.fetch(work, &turn).await
}

/// Fetches, and joins what that branch has over there; the namesake of the one that the working tree stands on, if none is named.
pub(super) async fn pull(
    work: &mut Work<'_>,
    url: Option<&RepositoryUrl>,
    named: Option<&BranchName>,
    way: PullWay,
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    let remote = Remote::find(work, url).await?;
    let branch = match named {
        Some(branch) => branch.clone(),
        None => branch(work).await?,
    };
    let fetched = remote.fetch(work, &turn).await?;
    if fetched.code != 0 {
        return Ok(fetched);
    }
    let theirs = format!("refs/remotes/origin/{branch}");
    let join: &[&str] = match way {
        PullWay::FastForward => &["merge", "--quiet", "--ff-only", "--no-verify"],
        PullWay::Merge => &[
            "merge",
            "--quiet",
            "--no-edit",
            "--no-verify",
            "--no-gpg-sign",
        ],
        PullWay::Rebase => &[
            "rebase",
            "--quiet",
            "--no-verify",
            "--no-gpg-sign",
            "--no-autostash",
        ],
    };
    let join = join.iter().copied().chain([theirs.as_str()]);
    work.change(&turn, words(join), b"").await
}

/// Pushes a branch to its namesake; the one that the working tree stands on, if none is named.
pub(super) async fn push(
    work: &mut Work<'_>,
    url: Option<&RepositoryUrl>,
    named: Option<&BranchName>,
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    let remote = Remote::find(work, url).await?;
    let branch = match named {
        Some(branch) => branch.clone(),
        None => branch(work).await?,
    };
    let what = format!("refs/heads/{branch}:refs/heads/{branch}");
    let push = PUSH
        .into_iter()
        .chain([remote.name.as_str(), what.as_str()]);
    let outcome = remote.run(work, &turn, push).await?;
    if outcome.code == 0 {
        // Ahead and behind are counted from now on. Where there is no remote of that name, nothing is lost.
        let upstream = format!("--set-upstream-to=origin/{branch}");
        work.change(
            &turn,
            words(["branch", "--quiet", upstream.as_str(), branch.as_str()]),
            b"",
        )
        .await?;
    }
    Ok(outcome)
}

/// Gives `origin` an address, and makes it where there is none.
pub(super) async fn set_origin(
    work: &mut Work<'_>,
    url: &RepositoryUrl,
) -> Result<Outcome, Status> {
    let turn = work.turn().await?;
    let known = work.look(words(["remote", "get-url", "origin"])).await?;
    let change = match known.code {
        0 => "set-url",
        _ => "add",
    };
    let url = url.to_string();
    let told = ["remote", change, "--", "origin", url.as_str()];
    work.change(&turn, words(told), b"").await
}

/// The branch that the working tree stands on.
pub(super) async fn branch(work: &mut Work<'_>) -> Result<BranchName, Status> {
    let said = work
        .look(words(["symbolic-ref", "--quiet", "--short", "HEAD"]))
        .await?;
    let name = String::from_utf8_lossy(&said.stdout);
    name.trim().parse().map_err(|_| refused(Refusal::NoBranch))
}

/// The other repository.
pub(super) struct Remote {
    name: String,
    url: String,
}

impl Remote {
    /// The address that is given; else the one that the repository has for `origin`, if it can be one.
    pub(super) async fn find(
        work: &mut Work<'_>,
        url: Option<&RepositoryUrl>,
    ) -> Result<Self, Status> {
        // `git push` would take an address that is written otherwise there.
        let rewritten = [
            "config",
            "--includes",
            "--name-only",
            "--get-regexp",
            r"^(url\..*\.(push)?insteadof|remote\.longhouse-.*)$",
        ];
        if !work.look(words(rewritten)).await?.stdout.is_empty() {
            return Err(refused(Refusal::Rewritten));
        }
        let url = match url {
            Some(url) => url.clone(),
            None => {
                let said = work
                    .look(words([
                        "config",
                        "--includes",
                        "--get",
                        "remote.origin.url",
                    ]))
                    .await?;
                let text = String::from_utf8_lossy(&said.stdout);
                text.trim()
                    .parse()
                    .map_err(|_| refused(Refusal::NoRemote))?
            }
        };
        Ok(Self {
            name: format!("longhouse-{}", work.session.boot_id),
            url: url.to_string(),
        })
    }

    pub(super) async fn fetch(
        &self,
        work: &mut Work<'_>,
        turn: &Turn<'_>,
    ) -> Result<Outcome, Status> {
        let fetch = [
            "fetch",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            self.name.as_str(),
        ];
        self.run(work, turn, fetch).await
    }

    /// Gives it a commit for a branch. Nothing is written here, so that it needs no turn.
    pub(super) async fn give(
        &self,
        work: &mut Work<'_>,
        commit: &str,
        to: &str,
    ) -> Result<Outcome, Status> {
        let url = format!("remote.{}.url={}", self.name, self.url);
        let what = format!("{commit}:refs/heads/{to}");
        let mut all = words(["-c", url.as_str()]);
        all.extend(words(PUSH));
        all.extend(words([self.name.as_str(), what.as_str()]));
        work.look(all).await
    }

    /// Writes down that its branch has this commit, and that the branch of the same name follows it.
    pub(super) async fn note(
        &self,
        work: &mut Work<'_>,
        commit: &str,
        branch: &str,
        to: &str,
    ) -> Result<(), Status> {
        let turn = work.turn().await?;
        let known = format!("refs/remotes/origin/{to}");
        let reason = "longhouse: pushed";
        let words_of_it = ["update-ref", "-m", reason, known.as_str(), commit];
        let noted = work.change(&turn, words(words_of_it), b"").await?;
        if noted.code != 0 {
            return Err(Status::aborted("what was pushed cannot be noted"));
        }
        if branch == to {
            let upstream = format!("--set-upstream-to=origin/{branch}");
            // Where there is no remote of that name, nothing is lost.
            let follow = words(["branch", "--quiet", upstream.as_str(), branch]);
            work.change(&turn, follow, b"").await?;
        }
        Ok(())
    }

    async fn run<'w>(
        &self,
        work: &mut Work<'_>,
        turn: &Turn<'_>,
        told: impl IntoIterator<Item = &'w str>,
    ) -> Result<Outcome, Status> {
        let url = format!("remote.{}.url={}", self.name, self.url);
        let places = format!(
            "remote.{}.fetch=+refs/heads/*:refs/remotes/origin/*",
            self.name
        );
        let mut all = words(["-c", url.as_str(), "-c", places.as_str()]);
        all.extend(words(told));
        work.change(turn, all, b"").await
    }
}
