//! Finding sessions.

use axum::Json;
use axum::extract::State;
use longhouse_domain::Status;
use longhouse_domain::query::{SessionQuery, Sort};
use longhouse_domain::session::RuntimeKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::body::SessionBody;
use crate::auth::Caller;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How many items a page has if nobody says, and at most.
pub(crate) const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Longest text to search for, in bytes.
const LONGEST_TEXT: usize = 500;

/// A page of sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionPage {
    items: Vec<SessionBody>,
    /// How many match in all.
    total: u64,
    /// For `?cursor=`; null on the last page.
    next_cursor: Option<String>,
}

/// Filters of the list; those that take several values may be repeated, or have them between commas.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, names("status", "agent", "runtime", "label", "q", "sort", "limit", "cursor"))]
#[expect(
    dead_code,
    reason = "only its document is used; the question is read by hand, to name every wrong part of it"
)]
pub(crate) struct SessionFilters(
    /// pending, starting, running, stopped or error
    Option<Vec<String>>,
    /// An agent's name
    Option<Vec<String>>,
    /// host, docker or kubernetes
    Option<Vec<String>>,
    /// `name` or `name=value`
    Option<Vec<String>>,
    /// Text in name, description, working directory or agent
    Option<String>,
    /// created, updated, activity, name or status; a leading `-` turns it round. By default -created
    Option<String>,
    /// 1 to 200, by default 50
    Option<u32>,
    /// As `nextCursor` said
    Option<String>,
);

/// Lists the sessions that the caller may see.
#[utoipa::path(get, path = "/api/sessions", tag = "sessions", params(SessionFilters), responses(
    (status = 200, body = SessionPage), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_sessions(
    state: State<AppState>,
    caller: Caller,
    question: Question,
) -> Result<Json<SessionPage>, Problem> {
    let query = session_query(question)?;
    let page = state.engine().list_sessions(&caller.actor, query).await?;
    Ok(Json(SessionPage {
        items: page
            .items
            .iter()
            .map(|view| SessionBody::new(state.previews(), view))
            .collect(),
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}

pub(crate) fn session_query(mut question: Question) -> Result<SessionQuery, Problem> {
    let statuses = "pending, starting, running, stopped or error";
    let sorts = "created, updated, activity, name or status, with - before it to turn it round";
    let query = SessionQuery {
        status: question.parsed_list("status", statuses, Status::parse),
        agent: [question.list("agent"), question.list("type")].concat(),
        runtime: question.parsed_list("runtime", "host, docker or kubernetes", RuntimeKind::parse),
        text: question.parsed("q", "at most 500 bytes long", |text| {
            (text.len() <= LONGEST_TEXT).then(|| text.to_owned())
        }),
        labels: question
            .list("label")
            .iter()
            .map(|text| label(text))
            .collect(),
        sort: question
            .parsed("sort", sorts, Sort::parse)
            .unwrap_or_default(),
        limit: question
            .parsed("limit", "1 to 200", page_limit)
            .unwrap_or(PAGE),
        cursor: question.text("cursor").map(str::to_owned),
    };
    question.done()?;
    Ok(query)
}

/// How many items a page is asked to have.
pub(crate) fn page_limit(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n))
}

fn label(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_part_of_a_question_is_named() {
        let problem =
            session_query(Question::of("status=gone&runtime=vm&limit=0&sort=size")).unwrap_err();
        let fields: Vec<_> = problem
            .body("id")
            .errors
            .into_iter()
            .map(|e| e.field)
            .collect();
        assert_eq!(fields, ["status", "runtime", "sort", "limit"]);
    }

    #[test]
    fn filters_reach_the_query() {
        let query = session_query(Question::of(
            "status=running,error&label=team%3Da&label=x&q=fix&limit=7",
        ))
        .unwrap();
        assert_eq!(query.status, [Status::Running, Status::Error]);
        assert_eq!(
            query.labels,
            [
                ("team".to_owned(), Some("a".to_owned())),
                ("x".to_owned(), None)
            ]
        );
        assert_eq!((query.text.as_deref(), query.limit), (Some("fix"), 7));
    }
}
