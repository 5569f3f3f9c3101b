//! How files of a session's repository differ.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{CONTEXT_LINES, DiffOf, FileDiff, Hunk, Revision, TreeDiff};
use serde::Serialize;
use utoipa::ToSchema;

use super::path::PathIn;
use super::place::RepositoryOf;
use super::status::GitFileChange;
use crate::auth::Caller;
use crate::extract::Question;
use crate::files::text;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The most lines around a change that can be asked for: all of any file that is shown.
const MOST_CONTEXT: u32 = 100_000;

/// A stretch of a file, before and after.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiffHunk)]
pub(crate) struct HunkBody {
    /// The first line before, from 1; 0 where there was none.
    old_start: u64,
    old_lines: u64,
    /// The first line after.
    new_start: u64,
    new_lines: u64,
    /// What git takes for the function around it.
    heading: String,
    /// Each begins with a space, `+` or `-`; one with `\` says that the line before has no end of line. What is not UTF-8 is replaced.
    lines: Vec<String>,
}

impl From<Hunk> for HunkBody {
    fn from(hunk: Hunk) -> Self {
        Self {
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            heading: hunk.heading,
            lines: hunk.lines,
        }
    }
}

/// What became of one file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FileDiff)]
pub(crate) struct FileDiffBody {
    /// Below the repository's root; what is not UTF-8 in it is replaced.
    path: String,
    /// The path's bytes in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// What it was called before, where it has another name.
    from: Option<String>,
    /// The same in base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_bytes: Option<String>,
    /// None where it only is to be settled by a person.
    change: Option<GitFileChange>,
    /// Whether it is to be settled by a person; the lines are those that differ from the present branch's.
    conflicted: bool,
    /// Six octal digits; none where it was not there.
    #[schema(example = "100644")]
    old_mode: Option<String>,
    new_mode: Option<String>,
    /// Whether it is no text; files of more than 16 MiB count as none.
    binary: bool,
    /// Lines that were added; none for what is no text.
    additions: Option<u64>,
    /// Lines that were taken away.
    deletions: Option<u64>,
    hunks: Vec<HunkBody>,
    /// Whether there are lines that are not here, because there are too many: ask for this file alone.
    too_large: bool,
}

impl From<FileDiff> for FileDiffBody {
    fn from(file: FileDiff) -> Self {
        let binary = file.is_binary();
        let (path, path_bytes) = text(file.path);
        let (from, from_bytes) = file.from.map(text).unzip();
        let mode = |mode: u32| (mode != 0).then(|| format!("{mode:06o}"));
        let (additions, deletions) = file.lines.unzip();
        Self {
            path,
            path_bytes,
            from,
            from_bytes: from_bytes.flatten(),
            change: file.change.map(Into::into),
            conflicted: file.conflicted,
            old_mode: mode(file.old_mode),
            new_mode: mode(file.new_mode),
            binary,
            additions,
            deletions,
            hunks: file.hunks.into_iter().map(Into::into).collect(),
            too_large: file.omitted,
        }
    }
}

/// How files differ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Diff)]
pub(crate) struct DiffBody {
    files: Vec<FileDiffBody>,
    /// Lines that were added in all of them.
    additions: u64,
    /// Lines that were taken away.
    deletions: u64,
    /// Whether there are more files than these.
    truncated: bool,
}

impl From<TreeDiff> for DiffBody {
    fn from(diff: TreeDiff) -> Self {
        let lines = diff.files.iter().filter_map(|file| file.lines);
        let (additions, deletions) = lines.fold((0, 0), |(added, removed): (u64, u64), lines| {
            (
                added.saturating_add(lines.0),
                removed.saturating_add(lines.1),
            )
        });
        Self {
            files: diff.files.into_iter().map(Into::into).collect(),
            additions,
            deletions,
            truncated: diff.truncated,
        }
    }
}

/// Says how files of a session's repository differ. Without `from` and `to` what is not staged; with `staged` what is; `from` alone compares
/// the working tree with that commit; `to` alone shows what that commit changed. New files that git does not know are not compared.
#[utoipa::path(get, path = "/api/sessions/{id}/git/diff", tag = "git", params(
        ("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace"),
        ("from" = Option<String>, Query, description = "A branch, tag or hash"),
        ("to" = Option<String>, Query, description = "A branch, tag or hash"),
        ("staged" = Option<bool>, Query, description = "Compare what is staged instead of the working tree; not together with `to`"),
        ("path" = Option<String>, Query, description = "Only this file or directory; percent-encoded bytes"),
        ("context" = Option<u32>, Query, description = "How many unchanged lines around each change, 0 to 100000; by default 3")),
    responses((status = 200, body = DiffBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn get_git_diff(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    path: PathIn,
    mut question: Question,
) -> Result<Json<DiffBody>, Problem> {
    let revision = |text: &str| text.parse::<Revision>().ok();
    let from = question.parsed("from", "a branch, a tag or a hash", revision);
    let to = question.parsed("to", "a branch, a tag or a hash", revision);
    let context = question.parsed("context", "0 to 100000", |text| {
        text.parse().ok().filter(|lines| *lines <= MOST_CONTEXT)
    });
    let staged = question.parsed("staged", "true or false", |text| text.parse().ok());
    if staged == Some(true) && to.is_some() {
        question.complain("staged", "cannot be together with `to`");
    }
    question.done()?;
    let between = match (from, to, staged.unwrap_or_default()) {
        (None, None, false) => DiffOf::Unstaged,
        (None, None, true) => DiffOf::Staged,
        (Some(from), None, false) => DiffOf::Since(from),
        (Some(from), None, true) => DiffOf::StagedSince(from),
        (Some(from), Some(to), _) => DiffOf::Commits(from, to),
        (None, Some(to), _) => DiffOf::Commit(to),
    };
    let diff = state
        .engine()
        .git_diff(
            &caller.actor,
            &at.0,
            between,
            path.0,
            context.unwrap_or(CONTEXT_LINES),
        )
        .await?;
    Ok(Json(diff.into()))
}
