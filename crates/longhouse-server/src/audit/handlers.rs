//! Reading the audit log: pages, an export, a verification. For admins.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use longhouse_domain::audit::{LONGEST_NAME, Outcome};
use longhouse_engine::{AuditQuery, EngineError};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::body::{AuditRecordBody, OutcomeName};
use super::note::Note;
use crate::extract::Question;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How many records a page has if nobody says, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// How many records an export holds in memory at once.
const PIECE: u32 = 500;

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditPage {
    items: Vec<AuditRecordBody>,
    /// How many match in all.
    total: u64,
    /// For `?cursor=`; null on the last page.
    next_cursor: Option<String>,
}

/// What a verification of the audit log found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditVerification {
    /// Whether everything fits.
    ok: bool,
    /// How many records fit.
    checked: u64,
    /// The place after which the log begins: 0, or where it was cut.
    cut: i64,
    /// The latest place.
    head: i64,
    /// Its hash: noted elsewhere, it can be compared later.
    hash: String,
    /// The first thing that does not fit.
    fault: Option<AuditFault>,
}

/// Where the audit log stops fitting, and how.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditFault {
    /// The place of the first record at fault.
    seq: i64,
    /// What is wrong with it.
    what: String,
}

/// Filters of the audit log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, names("actor", "action", "target", "outcome", "since", "until"))]
#[expect(
    dead_code,
    reason = "only its document is used; the question is read by hand, to name every wrong part of it"
)]
pub(crate) struct AuditFilters(
    /// Who, by identifier or name
    Option<String>,
    /// An action (`session.create`) or a group of them (`session`)
    Option<String>,
    /// The object, by identifier or name
    Option<String>,
    /// ok, denied or failed
    Option<OutcomeName>,
    /// From this moment (RFC 3339) on
    Option<String>,
    /// Before this moment
    Option<String>,
);

/// Lists what was done, newest first.
#[utoipa::path(get, path = "/api/audit", tag = "admin", params(AuditFilters,
        ("limit" = Option<u32>, Query, description = "1 to 200, by default 50"),
        ("cursor" = Option<String>, Query, description = "As `nextCursor` said")), responses(
    (status = 200, body = AuditPage), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn list_audit(
    state: State<AppState>,
    mut question: Question,
) -> Result<Json<AuditPage>, Problem> {
    let query = audit_query(&mut question);
    let limit = question.parsed("limit", "1 to 200", |text| {
        text.parse().ok().filter(|n| (1..=LARGEST_PAGE).contains(n))
    });
    let before = question.parsed("cursor", "a cursor that was given out", |text| {
        text.parse().ok()
    });
    question.done()?;
    let audit = state.engine().audit();
    let page = audit.page(&query, before, limit.unwrap_or(PAGE)).await?;
    Ok(Json(AuditPage {
        items: page.items.into_iter().map(AuditRecordBody::from).collect(),
        total: page.total,
        next_cursor: page.next.map(|seq| seq.to_string()),
    }))
}

/// Exports what was done, oldest first, one JSON object a line, each with its hash.
#[utoipa::path(get, path = "/api/audit/export", tag = "admin", params(AuditFilters), responses(
    (status = 200, content((AuditRecordBody = "application/x-ndjson"))), (status = 403, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn export_audit(
    state: State<AppState>,
    note: Note,
    mut question: Question,
) -> Result<Response, Problem> {
    let query = audit_query(&mut question);
    for filter in ["actor", "action", "target", "outcome", "since", "until"] {
        if let Some(value) = question.text(filter) {
            note.detail(filter, value);
        }
    }
    question.done()?;
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"longhouse-audit.jsonl\"",
        ),
    ];
    Ok((headers, Body::from_stream(pieces(state.0, query))).into_response())
}

/// Verifies the audit log: hashes every record anew and compares. It takes about a second for a hundred thousand of them.
#[utoipa::path(get, path = "/api/audit/verification", tag = "admin", responses(
    (status = 200, body = AuditVerification), (status = 403, body = ProblemBody)))]
pub(crate) async fn verify_audit(
    state: State<AppState>,
) -> Result<Json<AuditVerification>, Problem> {
    let report = state.engine().audit().verify().await?;
    Ok(Json(AuditVerification {
        ok: report.fault.is_none(),
        checked: report.checked,
        cut: report.cut,
        head: report.head,
        hash: report.hash,
        fault: report.fault.map(|fault| AuditFault {
            seq: fault.seq,
            what: fault.what,
        }),
    }))
}

fn audit_query(question: &mut Question) -> AuditQuery {
    let moment = "a moment such as 2026-11-20T18:30:00Z";
    let mut text = |name: &str| {
        let fits = |text: &str| (text.chars().count() <= LONGEST_NAME).then(|| text.to_owned());
        question.parsed(name, "at most 128 characters long", fits)
    };
    let (actor, action, target) = (text("actor"), text("action"), text("target"));
    AuditQuery {
        actor,
        action,
        target,
        outcome: question.parsed("outcome", "ok, denied or failed", Outcome::parse),
        since: question.parsed("since", moment, |text| text.parse().ok()),
        until: question.parsed("until", moment, |text| text.parse().ok()),
    }
}

/// The records that fit, piece by piece: the next one is read when the client has taken the one before.
fn pieces(
    app: AppState,
    query: AuditQuery,
) -> impl stream::Stream<Item = Result<Bytes, EngineError>> {
    stream::try_unfold(Some(0), move |after| {
        let (app, query) = (app.clone(), query.clone());
        async move {
            let Some(after) = after else {
                return Ok(None);
            };
            let records = app.engine().audit().piece(&query, after, PIECE).await?;
            let Some(last) = records.last() else {
                return Ok(None);
            };
            let next = (records.len() == PIECE as usize).then_some(last.seq);
            let mut lines = Vec::new();
            for record in records {
                let line = serde_json::to_vec(&record);
                lines.extend(line.map_err(|error| EngineError::Internal(error.to_string()))?);
                lines.push(b'\n');
            }
            Ok(Some((Bytes::from(lines), next)))
        }
    })
}
