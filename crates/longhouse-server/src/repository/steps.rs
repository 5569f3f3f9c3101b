//! Steps in a session's repository: staging, branches, stashes, resets, and joining branches. Each answers with how the repository stands
//! afterwards.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{BranchName, Joining, ResetMode, Revision, Step};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commit::paths_of;
use super::place::RepositoryOf;
use super::status::GitStatusBody;
use crate::auth::Caller;
use crate::extract::OptionalBody;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// Files to stage, or to take out of what is staged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StageRequest {
    /// Files or directories below the repository's root; all, if there are none. At most 2000.
    #[serde(default)]
    paths: Vec<String>,
}

/// Where to stand. One of `branch` and `commit`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CheckoutRequest {
    /// A branch.
    branch: Option<String>,
    /// Whether the branch is made first.
    #[serde(default)]
    create: bool,
    /// With `create`: where it begins; by default where the working tree stands.
    from: Option<String>,
    /// A commit, to stand on it without a branch.
    commit: Option<String>,
}

impl CheckoutRequest {
    fn step(self) -> Result<Step, Problem> {
        let from = revision("from", self.from)?;
        match (
            branch("branch", self.branch)?,
            revision("commit", self.commit)?,
        ) {
            (Some(branch), None) if self.create => Ok(Step::CheckoutNew(branch, from)),
            (Some(branch), None) if from.is_none() => Ok(Step::Checkout(branch)),
            (None, Some(commit)) if !self.create && from.is_none() => Ok(Step::Detach(commit)),
            _ => Err(Problem::invalid_field(
                "branch",
                "name a branch or a commit; `from` belongs to `create`",
            )),
        }
    }
}

/// What is to become of a branch.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BranchAction {
    #[default]
    Create,
    Rename,
    Delete,
}

/// A branch to be made, renamed or deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BranchRequest {
    #[serde(default)]
    action: BranchAction,
    /// The branch.
    name: String,
    /// To make it: where it begins; by default where the working tree stands.
    from: Option<String>,
    /// To rename it: its new name.
    to: Option<String>,
    /// To delete it: also where its commits are on no other branch.
    #[serde(default)]
    force: bool,
}

impl BranchRequest {
    fn step(self) -> Result<Step, Problem> {
        let (from, to) = (revision("from", self.from)?, branch("to", self.to)?);
        let name = branch("name", Some(self.name))?;
        match (self.action, name, to) {
            (BranchAction::Create, Some(name), None) => Ok(Step::MakeBranch(name, from)),
            (BranchAction::Rename, Some(name), Some(to)) if from.is_none() => {
                Ok(Step::RenameBranch(name, to))
            }
            (BranchAction::Delete, Some(name), None) if from.is_none() && self.force => {
                Ok(Step::DeleteBranchAnyhow(name))
            }
            (BranchAction::Delete, Some(name), None) if from.is_none() => {
                Ok(Step::DeleteBranch(name))
            }
            _ => Err(Problem::invalid_field(
                "action",
                "`from` belongs to create, and `to` to rename",
            )),
        }
    }
}

/// What is to become of changes that are put away.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StashAction {
    #[default]
    Push,
    Pop,
    Apply,
    Drop,
}

/// Changes to be put away or taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StashRequest {
    #[serde(default)]
    action: StashAction,
    /// To put away: what to call it.
    message: Option<String>,
    /// To put away: also files that git does not know.
    #[serde(default)]
    untracked: bool,
    /// To take back or forget: which, 0 being the last.
    #[serde(default)]
    index: u32,
}

impl StashRequest {
    fn step(self) -> Result<Step, Problem> {
        let plain = |message: &String| {
            (1..=500).contains(&message.len()) && !message.chars().any(char::is_control)
        };
        if !self.message.as_ref().is_none_or(plain) {
            return Err(Problem::invalid_field(
                "message",
                "must be one line of at most 500 bytes",
            ));
        }
        Ok(match self.action {
            StashAction::Push => Step::Stash {
                message: self.message,
                untracked: self.untracked,
            },
            StashAction::Pop => Step::PopStash(self.index),
            StashAction::Apply => Step::ApplyStash(self.index),
            StashAction::Drop => Step::DropStash(self.index),
        })
    }
}

/// What becomes of files and of what is staged.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GitResetMode {
    /// Nothing.
    Soft,
    /// Nothing is staged any more.
    #[default]
    Mixed,
    /// Changes are lost.
    Hard,
}

/// Where the branch is to stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResetRequest {
    #[serde(default)]
    mode: GitResetMode,
    /// A commit; by default the last one.
    to: Option<String>,
}

impl ResetRequest {
    fn step(self) -> Result<Step, Problem> {
        let mode = match self.mode {
            GitResetMode::Soft => ResetMode::Soft,
            GitResetMode::Mixed => ResetMode::Mixed,
            GitResetMode::Hard => ResetMode::Hard,
        };
        let to = self.to.unwrap_or_else(|| "HEAD".to_owned());
        match revision("to", Some(to))? {
            Some(to) => Ok(Step::Reset(mode, to)),
            None => Err(Problem::invalid_field("to", "names no commit")),
        }
    }
}

/// What to do with a join that stopped.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JoinAction {
    #[default]
    Begin,
    /// All is settled and staged.
    Continue,
    /// It is taken back.
    Abort,
}

/// A branch to join, or what becomes of a join that stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JoinRequest {
    #[serde(default)]
    action: JoinAction,
    /// To begin: a branch, tag or hash.
    from: Option<String>,
}

impl JoinRequest {
    fn step(self, joining: Joining) -> Result<Step, Problem> {
        match (self.action, revision("from", self.from)?, joining) {
            (JoinAction::Begin, Some(from), Joining::Merge) => Ok(Step::Merge(from)),
            (JoinAction::Begin, Some(from), Joining::Rebase) => Ok(Step::Rebase(from)),
            (JoinAction::Continue, None, joining) => Ok(Step::Continue(joining)),
            (JoinAction::Abort, None, joining) => Ok(Step::Abort(joining)),
            _ => Err(Problem::invalid_field(
                "from",
                "must be there to begin, and only then",
            )),
        }
    }
}

fn branch(field: &str, name: Option<String>) -> Result<Option<BranchName>, Problem> {
    let name = name.map(|name| name.parse::<BranchName>()).transpose();
    name.map_err(|error| Problem::invalid_field(field, error.to_string()))
}

fn revision(field: &str, name: Option<String>) -> Result<Option<Revision>, Problem> {
    let name = name.map(|name| name.parse::<Revision>()).transpose();
    name.map_err(|error| Problem::invalid_field(field, error.to_string()))
}

/// Stages files of a session's repository as they are now, deletions too.
#[utoipa::path(post, path = "/api/sessions/{id}/git/stage", tag = "git", request_body = StageRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn stage_files(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<StageRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = Step::Stage(paths_of(body.0.paths)?);
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Takes files out of what is staged; the files themselves stay as they are.
#[utoipa::path(post, path = "/api/sessions/{id}/git/unstage", tag = "git", request_body = StageRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn unstage_files(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<StageRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = Step::Unstage(paths_of(body.0.paths)?);
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Lets a session's working tree stand on another branch or commit.
#[utoipa::path(post, path = "/api/sessions/{id}/git/checkout", tag = "git", request_body = CheckoutRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn checkout_branch(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<CheckoutRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step()?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Makes, renames or deletes a branch.
#[utoipa::path(post, path = "/api/sessions/{id}/git/branch", tag = "git", request_body = BranchRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn change_branch(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<BranchRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step()?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Puts changes away, takes them back or forgets them.
#[utoipa::path(post, path = "/api/sessions/{id}/git/stash", tag = "git", request_body = StashRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn stash_changes(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<StashRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step()?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Lets the branch stand on another commit.
#[utoipa::path(post, path = "/api/sessions/{id}/git/reset", tag = "git", request_body = ResetRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn reset_branch(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<ResetRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step()?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Joins another branch by a commit with both as its parents. 409 `git.conflict` where it stops: `errors` names the files.
#[utoipa::path(post, path = "/api/sessions/{id}/git/merge", tag = "git", request_body = JoinRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn merge_branch(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<JoinRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step(Joining::Merge)?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}

/// Sets the branch's own commits on top of another. 409 `git.conflict` where it stops: `errors` names the files.
#[utoipa::path(post, path = "/api/sessions/{id}/git/rebase", tag = "git", request_body = JoinRequest,
    params(("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace")),
    responses(
    (status = 200, body = GitStatusBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn rebase_branch(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    body: OptionalBody<JoinRequest>,
) -> Result<Json<GitStatusBody>, Problem> {
    let step = body.0.step(Joining::Rebase)?;
    let status = state.engine().git_step(&caller.actor, &at.0, step).await?;
    Ok(Json(status.into()))
}
