//! What is made of changes in a session's repository: settings, how it stands, a commit now.

use axum::Json;
use axum::extract::State;
use longhouse_domain::Timestamp;
use longhouse_domain::clock::from_millis;
use longhouse_domain::git::{
    AutoCommit, AutoCommitActivity, AutoCommitMode, AutoCommitState, KeptCommit, MessageTemplate,
    RefusedFile,
};
use longhouse_engine::{AutoCommitPatch, AutoCommitView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::pushing::PushStateBody;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{FieldError, Problem, ProblemBody};
use crate::state::AppState;

/// What is made of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoCommitMode)]
pub(crate) enum ModeOfAutoCommit {
    /// Nothing.
    Off,
    /// Commits on the branch.
    Commit,
    /// Checkpoints beside it, which touch neither branch nor index.
    Checkpoint,
}

/// A change of the settings; what is absent stays, or is as usual in a new session.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeAutoCommit {
    mode: Option<ModeOfAutoCommit>,
    /// Whether commits are pushed of their own accord, to the repository that the session began with (`repoUrl`) and to no other, never by
    /// force. Usually false.
    push: Option<bool>,
    /// Branches that are not pushed to, by name or beginning (`release/*`): their commits go to `longhouse/<session>`. So do those of a branch
    /// that turns out to be protected over there.
    protected_branches: Option<Vec<String>>,
    /// Seconds without a change after which a batch closes. Usually 30.
    #[schema(minimum = 1, maximum = 86400)]
    debounce_seconds: Option<u32>,
    /// Seconds after which it closes all the same. Usually 300.
    #[schema(minimum = 1, maximum = 86400)]
    interval_seconds: Option<u32>,
    /// Changed files with which it closes, once they have settled for a second. Usually 10.
    #[schema(minimum = 1, maximum = 1000)]
    max_files: Option<u32>,
    /// Files to leave out besides those that the repository ignores, as lines of a `.gitignore`.
    ignore: Option<Vec<String>>,
    /// The shape of the messages, with `{type}`, `{scope}`, `{subject}`, `{files}`, `{added}`, `{removed}`, `{summary}` and `{list}`.
    message_template: Option<String>,
}

/// The settings.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoCommit)]
pub(crate) struct AutoCommitSettings {
    mode: ModeOfAutoCommit,
    /// Whether commits are pushed of their own accord.
    push: bool,
    /// Branches that are not pushed to.
    protected_branches: Vec<String>,
    debounce_seconds: u32,
    interval_seconds: u32,
    max_files: u32,
    ignore: Vec<String>,
    message_template: String,
}

/// The settings, and how it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoCommitBody {
    settings: AutoCommitSettings,
    /// Absent while the session does not run.
    state: Option<AutoCommitStateBody>,
}

/// How it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoCommitState)]
pub(crate) struct AutoCommitStateBody {
    activity: AutoCommitActivityName,
    /// Why there is no repository, why changes are not watched, or what is in the way; in words.
    reason: Option<String>,
    /// Whether changes wait for their commit.
    pending: bool,
    last_commit: Option<KeptCommitBody>,
    /// The number of the last checkpoint.
    last_checkpoint: Option<u64>,
    /// The files that were refused the last time one looked; they stay as they are, and can be committed by hand.
    refused: Vec<RefusedFileBody>,
    push: PushStateBody,
}

/// What is being done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutoCommitActivity)]
pub(crate) enum AutoCommitActivityName {
    /// It is switched off.
    Off,
    /// There is no repository to work with.
    NoRepository,
    /// The watching begins: the directories are gone through.
    Starting,
    /// Every change is seen.
    Watching,
    /// Changes are looked for from time to time, because they cannot be watched.
    Looking,
    /// Something is in the way; it goes on by itself once that is over.
    Blocked,
}

/// A commit that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptCommit)]
pub(crate) struct KeptCommitBody {
    /// Where its repository lies below the workspace; empty for the workspace itself.
    pub(crate) path: String,
    /// Its name.
    pub(crate) commit: String,
    pub(crate) branch: String,
    /// The first line of its message.
    pub(crate) subject: String,
    /// How many files it changes.
    pub(crate) files: u64,
    /// Lines that it adds.
    pub(crate) added: u64,
    /// Lines that it removes.
    pub(crate) removed: u64,
    pub(crate) at: Timestamp,
}

/// A file that is not committed by itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefusedFile)]
pub(crate) struct RefusedFileBody {
    path: String,
    /// Goes on after "it".
    reason: String,
}

/// A commit now.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CommitNow {
    /// What it is for: the first line becomes the subject.
    #[serde(default)]
    #[schema(max_length = 2000)]
    summary: String,
}

/// The longest summary, characters.
const SUMMARY_CHARS: usize = 2_000;

/// Tells what is made of changes in a session's repository, and how it stands.
#[utoipa::path(get, path = "/api/sessions/{id}/git/autocommit", tag = "git",
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = AutoCommitBody), (status = 404, body = ProblemBody)))]
pub(crate) async fn get_auto_commit(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<Json<AutoCommitBody>, Problem> {
    let view = state.engine().auto_commit(&caller.actor, &id.0).await?;
    Ok(Json(view.into()))
}

/// Changes what is made of changes in a session's repository. It holds at once, and after a restart.
#[utoipa::path(patch, path = "/api/sessions/{id}/git/autocommit", tag = "git", request_body = ChangeAutoCommit,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = AutoCommitBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn update_auto_commit(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    body: Body<ChangeAutoCommit>,
) -> Result<Json<AutoCommitBody>, Problem> {
    let mut errors = Vec::new();
    let patch = body.0.checked("", &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let view = state
        .engine()
        .change_auto_commit(&caller.actor, &id.0, patch)
        .await?;
    Ok(Json(view.into()))
}

/// Commits what has changed in a session's repository now, as the settings say; an agent says so what its work was for.
#[utoipa::path(post, path = "/api/sessions/{id}/git/autocommit", tag = "git", request_body = CommitNow,
    params(("id" = String, Path, description = "Identifier or unique name")), responses(
    (status = 200, body = AutoCommitBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn run_auto_commit(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    body: Body<CommitNow>,
) -> Result<Json<AutoCommitBody>, Problem> {
    let summary = body.0.summary;
    if summary.chars().count() > SUMMARY_CHARS {
        let problem = format!("has more than {SUMMARY_CHARS} characters");
        return Err(Problem::invalid_field("summary", problem));
    }
    let view = state
        .engine()
        .commit_what_waits(&caller.actor, &id.0, &summary)
        .await?;
    Ok(Json(view.into()))
}

impl ChangeAutoCommit {
    /// The change; what makes no sense is written to `errors`. Bounds of numbers are the engine's to judge.
    pub(super) fn checked(self, before: &str, errors: &mut Vec<FieldError>) -> AutoCommitPatch {
        let template = self
            .message_template
            .map(|text| text.parse::<MessageTemplate>());
        if let Some(Err(error)) = &template {
            let field = format!("{before}messageTemplate");
            errors.push(FieldError::new(field, error.to_string()));
        }
        AutoCommitPatch {
            mode: self.mode.map(Into::into),
            push: self.push,
            protected_branches: self.protected_branches,
            debounce_seconds: self.debounce_seconds,
            interval_seconds: self.interval_seconds,
            max_files: self.max_files,
            ignore: self.ignore,
            message_template: template.and_then(Result::ok),
        }
    }
}

impl From<AutoCommitView> for AutoCommitBody {
    fn from(view: AutoCommitView) -> Self {
        Self {
            settings: view.settings.into(),
            state: view.state.map(Into::into),
        }
    }
}

impl From<AutoCommit> for AutoCommitSettings {
    fn from(settings: AutoCommit) -> Self {
        Self {
            mode: settings.mode.into(),
            push: settings.push,
            protected_branches: settings.protected_branches,
            debounce_seconds: settings.debounce_seconds,
            interval_seconds: settings.interval_seconds,
            max_files: settings.max_files,
            ignore: settings.ignore,
            message_template: settings.message_template.into(),
        }
    }
}

impl From<AutoCommitState> for AutoCommitStateBody {
    fn from(state: AutoCommitState) -> Self {
        Self {
            activity: state.activity.into(),
            reason: state.reason,
            pending: state.pending,
            last_commit: state.last_commit.map(Into::into),
            last_checkpoint: state.last_checkpoint,
            refused: state.refused.into_iter().map(Into::into).collect(),
            push: state.push.into(),
        }
    }
}

impl From<KeptCommit> for KeptCommitBody {
    fn from(commit: KeptCommit) -> Self {
        Self {
            path: commit.path.to_string(),
            commit: commit.commit,
            branch: commit.branch,
            subject: commit.subject,
            files: commit.files,
            added: commit.added,
            removed: commit.removed,
            at: from_millis(i64::try_from(commit.at_ms).unwrap_or_default()),
        }
    }
}

impl From<RefusedFile> for RefusedFileBody {
    fn from(file: RefusedFile) -> Self {
        Self {
            path: file.path,
            reason: file.reason,
        }
    }
}

impl From<AutoCommitMode> for ModeOfAutoCommit {
    fn from(mode: AutoCommitMode) -> Self {
        match mode {
            AutoCommitMode::Off => Self::Off,
            AutoCommitMode::Commit => Self::Commit,
            AutoCommitMode::Checkpoint => Self::Checkpoint,
        }
    }
}

impl From<ModeOfAutoCommit> for AutoCommitMode {
    fn from(mode: ModeOfAutoCommit) -> Self {
        match mode {
            ModeOfAutoCommit::Off => Self::Off,
            ModeOfAutoCommit::Commit => Self::Commit,
            ModeOfAutoCommit::Checkpoint => Self::Checkpoint,
        }
    }
}

impl From<AutoCommitActivity> for AutoCommitActivityName {
    fn from(activity: AutoCommitActivity) -> Self {
        match activity {
            AutoCommitActivity::Off => Self::Off,
            AutoCommitActivity::NoRepository => Self::NoRepository,
            AutoCommitActivity::Starting => Self::Starting,
            AutoCommitActivity::Watching => Self::Watching,
            AutoCommitActivity::Looking => Self::Looking,
            AutoCommitActivity::Blocked => Self::Blocked,
        }
    }
}
