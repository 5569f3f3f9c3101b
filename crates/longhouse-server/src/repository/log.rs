//! The history of a session's repository, in pages.

use axum::Json;
use axum::extract::State;
use longhouse_domain::git::{CommitHash, Revision};
use longhouse_engine::CommitPage;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::CommitBody;
use super::path::PathIn;
use super::place::RepositoryOf;
use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How many commits a page has if nobody says, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// A page of a history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommitPage)]
pub(crate) struct CommitPageBody {
    /// The newest first.
    items: Vec<CommitBody>,
    /// How many the whole history has: not counted, for it takes as long as the history is.
    total: Option<u64>,
    next_cursor: Option<String>,
}

/// Lists commits of a session's repository, the newest first. Later pages go on in the same history, whatever is committed meanwhile.
#[utoipa::path(get, path = "/api/sessions/{id}/git/log", tag = "git", params(
        ("id" = String, Path, description = "Identifier or unique name"),
        ("in" = Option<String>, Query, description = "Where in the workspace the repository lies; by default it is the workspace"),
        ("from" = Option<String>, Query, description = "A branch, tag or hash to begin with; by default what the working tree stands on"),
        ("path" = Option<String>, Query, description = "Only commits that changed this file or directory; percent-encoded bytes"),
        ("limit" = Option<u32>, Query, description = "1 to 200; by default 50"),
        ("cursor" = Option<String>, Query, description = "From `nextCursor` of the page before; `from` is not looked at then")),
    responses((status = 200, body = CommitPageBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn get_git_log(
    state: State<AppState>,
    caller: Caller,
    at: RepositoryOf,
    path: PathIn,
    mut question: Question,
) -> Result<Json<CommitPageBody>, Problem> {
    let limit = question.parsed("limit", "1 to 200", |text| {
        text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n))
    });
    let from = question.parsed("from", "a branch, a tag or a hash", |text| {
        text.parse().ok()
    });
    let cursor = question.parsed("cursor", "from the page before", read_cursor);
    question.done()?;
    let (from, skip) = match cursor {
        Some((from, skip)) => (Some(from), skip),
        None => (from, 0),
    };
    let limit = limit.unwrap_or(PAGE);
    let page = state
        .engine()
        .git_log(&caller.actor, &at.0, from, skip, limit, path.0)
        .await?;
    Ok(Json(present(page)))
}

fn present(page: CommitPage) -> CommitPageBody {
    CommitPageBody {
        items: page.items.into_iter().map(Into::into).collect(),
        total: None,
        next_cursor: page.next.map(|(from, skip)| format!("{from}.{skip}")),
    }
}

fn read_cursor(cursor: &str) -> Option<(Revision, u32)> {
    let (from, skip) = cursor.split_once('.')?;
    Some((from.parse::<CommitHash>().ok()?.into(), skip.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_hash_and_a_number() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let (from, skip) = read_cursor(&format!("{hash}.50")).unwrap();
        assert_eq!((from.as_str(), skip), (hash, 50));
        for bad in [
            "",
            "main.5",
            hash,
            &format!("{hash}.-1"),
            &format!("{hash}.5.5"),
        ] {
            assert!(read_cursor(bad).is_none(), "{bad}");
        }
    }
}
