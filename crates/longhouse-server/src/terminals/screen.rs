//! A terminal's screen as text, as text with colours, or as HTML.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use longhouse_engine::CaptureFormat;

use crate::auth::Caller;
use crate::extract::{PathOf, Question};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// The most lines of history that can be asked for.
const MOST_LINES: u32 = 100_000;

/// A capture shows what programs wrote. Opened as a page it may set colours and do nothing else.
const CAPTURE_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Gives a terminal's screen, with `lines` lines of history above it.
#[utoipa::path(get, path = "/api/sessions/{id}/terminals/{name}/screen", tag = "terminals", params(
        ("id" = String, Path, description = "Identifier or unique name"), ("name" = String, Path),
        ("format" = Option<String>, Query, description = "text (default), ansi or html"),
        ("lines" = Option<u32>, Query, description = "Lines of history above the screen, 0 (default) to 100000")),
    responses((status = 200, content((String = "text/plain"), (String = "text/html"))), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn capture_terminal(
    state: State<AppState>,
    caller: Caller,
    path: PathOf<(String, String)>,
    mut question: Question,
) -> Result<Response, Problem> {
    let (id, name) = path.0;
    let format = question
        .parsed("format", "text, ansi or html", parse_format)
        .unwrap_or(CaptureFormat::Text);
    let lines = question
        .parsed("lines", "0 to 100000", |text| {
            text.parse().ok().filter(|n| *n <= MOST_LINES)
        })
        .unwrap_or(0);
    question.done()?;
    let capture = state
        .engine()
        .capture_terminal(&caller.actor, &id, &name, format, lines)
        .await?;
    let kind = match format {
        // Escape sequences have no media type that browsers would not offer to download.
        CaptureFormat::Text | CaptureFormat::Ansi => "text/plain; charset=utf-8",
        CaptureFormat::Html => "text/html; charset=utf-8",
    };
    let mut response = ([(CONTENT_TYPE, kind)], capture).into_response();
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CAPTURE_POLICY),
    );
    Ok(response)
}

fn parse_format(text: &str) -> Option<CaptureFormat> {
    match text {
        "text" => Some(CaptureFormat::Text),
        "ansi" => Some(CaptureFormat::Ansi),
        "html" => Some(CaptureFormat::Html),
        _ => None,
    }
}
