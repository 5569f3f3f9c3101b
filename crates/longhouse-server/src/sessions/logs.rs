//! A session's log: read, followed, downloaded.

use std::fmt::Write as _;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use longhouse_domain::Timestamp;
use longhouse_domain::event::LogLevel;
use longhouse_engine::{LogQuestion, LogSources, MOST_LOG_LINES, SessionLog, SessionLogLine};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::names::LevelName;
use crate::auth::{Caller, until_revoked};
use crate::extract::{PathOf, Question, parse_switch};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A line of a session's log.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LogLine)]
pub(crate) struct LogLineBody {
    /// Its position in the journal, which is what the server wrote down; null for what was printed.
    seq: Option<i64>,
    at: Timestamp,
    level: LevelName,
    /// `session`, `egress`, `terminal:<name>`; of what was printed `sessiond`, or `container` for everything else.
    source: String,
    message: String,
}

impl From<SessionLogLine> for LogLineBody {
    fn from(line: SessionLogLine) -> Self {
        Self {
            seq: line.seq,
            at: line.at,
            level: line.level.into(),
            source: line.source,
            message: line.message,
        }
    }
}

/// Lines of a session's log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogPage {
    items: Vec<LogLineBody>,
    total: u64,
    /// What could not be read, in words: the container is gone, or its engine does not answer; null where nothing is missing.
    missing: Option<String>,
    next_cursor: Option<String>,
}

/// Which lines, and in what form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, names("tail", "since", "level", "q", "source", "follow", "format"))]
#[expect(
    dead_code,
    reason = "only its document is used; the question is read by hand, to name every wrong part of it"
)]
pub(crate) struct LogFilters(
    /// Only the last so many lines
    Option<u32>,
    /// Only lines of this moment (RFC 3339) and later
    Option<String>,
    /// debug, info, warn or error: only lines of this level and above
    Option<String>,
    /// Only lines that hold this text
    Option<String>,
    /// Only lines from here: `journal` (all that the server wrote down: `session`, `egress`, `terminal`, `terminal:<name>`), `container`
    /// (all that was printed), `sessiond`. May be repeated, or have several between commas. Without it everything, nothing twice
    Option<Vec<String>>,
    /// Go on with what comes
    Option<bool>,
    /// json (default) or text
    Option<String>,
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Text,
}

/// Gives a session's log, oldest line first. `follow=true` goes on with every line that comes, one JSON object or one line of
/// text each, until the session is deleted or the client leaves. `format=text` downloads.
#[utoipa::path(get, path = "/api/sessions/{id}/logs", tag = "sessions", params(
        ("id" = String, Path, description = "Identifier or unique name"), LogFilters),
    responses((status = 200, content((LogPage = "application/json"), (LogLineBody = "application/x-ndjson"), (String = "text/plain"))),
    (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn get_session_logs(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
    mut question: Question,
) -> Result<Response, Problem> {
    let query = log_question(&mut question);
    let follow = question
        .parsed("follow", "true or false", parse_switch)
        .unwrap_or(false);
    let format = question
        .parsed("format", "json or text", parse_format)
        .unwrap_or(Format::Json);
    question.done()?;
    let engine = state.engine();
    if follow {
        let log = engine.follow_logs(&caller.actor, &id.0, query).await?;
        let app = state.0.clone();
        let lines = futures_util::stream::iter(log.past.with_remark())
            .chain(log.coming)
            .take_until(Box::pin(async move {
                tokio::select! {
                    () = app.stop().cancelled() => {}
                    () = until_revoked(&app, &caller.identity) => {}
                }
            }))
            .map(move |line| Ok::<_, std::convert::Infallible>(chunk(line, format)));
        let kind = match format {
            Format::Json => "application/x-ndjson",
            Format::Text => "text/plain; charset=utf-8",
        };
        return Ok(([(CONTENT_TYPE, kind)], Body::from_stream(lines)).into_response());
    }
    let log = engine.session_logs(&caller.actor, &id.0, &query).await?;
    match format {
        Format::Json => Ok(Json(LogPage::from(log)).into_response()),
        Format::Text => {
            let name = engine.get_session(&caller.actor, &id.0).await?.session.name;
            Ok(download(name.as_str(), &log.with_remark()))
        }
    }
}

impl From<SessionLog> for LogPage {
    fn from(log: SessionLog) -> Self {
        Self {
            total: log.lines.len() as u64,
            items: log.lines.into_iter().map(LogLineBody::from).collect(),
            missing: log.missing,
            next_cursor: None,
        }
    }
}

pub(crate) fn log_question(question: &mut Question) -> LogQuestion {
    let sources = LogSources::new(question.list("source"));
    if sources.is_none() {
        question.complain("source", "must be names of sources");
    }
    LogQuestion {
        tail: question.parsed("tail", "0 to 10000", |text| {
            text.parse().ok().filter(|n| *n <= MOST_LOG_LINES)
        }),
        since: question.parsed("since", "a moment such as 2026-11-20T18:30:00Z", |text| {
            text.parse().ok()
        }),
        level: question.parsed("level", "debug, info, warn or error", LogLevel::parse),
        text: question.text("q").map(str::to_owned),
        sources: sources.unwrap_or_default(),
    }
}

fn parse_format(text: &str) -> Option<Format> {
    match text {
        "json" => Some(Format::Json),
        "text" => Some(Format::Text),
        _ => None,
    }
}

fn chunk(line: SessionLogLine, format: Format) -> Bytes {
    let mut text = match format {
        Format::Json => serde_json::to_string(&LogLineBody::from(line)).unwrap_or_default(),
        Format::Text => text_line(&line),
    };
    text.push('\n');
    Bytes::from(text)
}

fn download(name: &str, lines: &[SessionLogLine]) -> Response {
    let text = lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&text_line(line));
        text.push('\n');
        text
    });
    // A session's name holds neither quotes nor control characters.
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.log\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, disposition);
    response
}

fn text_line(line: &SessionLogLine) -> String {
    format!(
        "{} {:5} {}: {}",
        line.at,
        line.level.as_str(),
        shown(&line.source),
        shown(&line.message)
    )
}

/// Text in which control characters cannot act on the terminal of whoever reads the file.
fn shown(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        if c.is_control() {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downloaded_log_cannot_drive_a_terminal() {
        assert_eq!(shown("a\x1b[31mb\n"), "a\\u{1b}[31mb\\u{a}");
    }
}
