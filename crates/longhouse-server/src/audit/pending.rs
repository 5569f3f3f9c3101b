//! The record of one call: a place for it is reserved before anything happens, and it is written when the result is known.

use axum::body::HttpBody as _;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::{IntoResponse as _, Response};
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome};
use longhouse_engine::{AuditSlot, SessionView};
use serde::Deserialize;

use super::note::Note;
use super::rule::{Audit, Subject};
use super::visitor::{Visitor, outcome_of, unrecorded};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Largest answer in which the name of what was made is looked for, in bytes.
const LARGEST_ANSWER: u64 = 256 * 1024;

/// A call that will be recorded. Where it is dropped before its result is known (the client left, the handler panicked), it is
/// recorded as failed: it may have been carried out in part.
pub(crate) struct Pending {
    rule: Audit,
    subject: Subject,
    slot: Option<AuditSlot>,
    /// `None` once it has been handed over.
    entry: Option<AuditEntry>,
    note: Note,
    visitor: Visitor,
    /// The path's variables.
    path: Vec<(String, String)>,
}

impl Pending {
    /// Reserves the record's place; `None` for a route of which nothing is recorded.
    pub(crate) async fn begin(
        app: &AppState,
        rule: Audit,
        request: Request,
    ) -> Result<(Option<Self>, Request), Problem> {
        let (action, subject) = match rule {
            Audit::Quiet => return Ok((None, request)),
            Audit::Every(action, subject)
            | Audit::Deed(action, subject)
            | Audit::Refusals(action, subject) => (action, subject),
        };
        let slot = app.engine().audit().reserve().await.map_err(|_| {
            unrecorded("nothing was done, because the audit log cannot be written at present")
        })?;
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .map(|params| {
                let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                params.iter().map(own).collect()
            })
            .unwrap_or_default();
        let note = Note::default();
        parts.extensions.insert(note.clone());
        let visitor = Visitor::of(app, &parts.headers, &parts.extensions);
        let mut pending = Self {
            rule,
            subject,
            slot: Some(slot),
            entry: Some(visitor.entry(app, AuditActor::nobody(), action)),
            note,
            visitor,
            path,
        };
        pending.point_at(pending.target_of_path());
        Ok((Some(pending), Request::from_parts(parts, body)))
    }

    /// Says who calls, and looks up what they call by a name, while it is still there.
    pub(crate) async fn identified(&mut self, app: &AppState, caller: &Caller) {
        if let Some(entry) = &mut self.entry {
            entry.actor = self.visitor.actor(&caller.identity);
        }
        if let Some(view) = self.session_meant(app, caller).await {
            let (session, name) = (view.session.id.to_string(), view.session.name.as_str());
            let target = match self.subject {
                Subject::Terminal => terminal(session, name, self.variable("name")),
                _ => AuditTarget::new("session", Some(session), name),
            };
            self.point_at(Some(target));
        }
    }

    /// The session that the path names, if the caller may know of it.
    async fn session_meant(&self, app: &AppState, caller: &Caller) -> Option<SessionView> {
        let (engine, actor) = (app.engine(), &caller.actor);
        let reference = self.variable("id")?;
        let meant = match self.subject {
            Subject::Session | Subject::Terminal => reference.to_owned(),
            Subject::Container => {
                let session = engine.session_of_container(actor, reference).await;
                session.ok()?.to_string()
            }
            Subject::Nothing | Subject::Object(_) => return None,
        };
        engine.peek_session(actor, &meant).await.ok()
    }

    /// Lets the handler have the record, now that it says who acts and upon what.
    pub(crate) fn hand_over(&self) {
        if let Some(entry) = &self.entry {
            self.note.begin(entry.clone());
        }
    }

    /// Records the result, and hands the answer on once it is written down.
    pub(crate) async fn finish(mut self, app: &AppState, response: Response) -> Response {
        let (outcome, code) = result_of(&response);
        let outcome = self.note.outcome().unwrap_or(outcome);
        let (Some(slot), Some(mut entry)) = (self.slot.take(), self.entry.take()) else {
            return response;
        };
        let deed = self.note.deed_place();
        let told = deed.is_some() || matches!(self.rule, Audit::Refusals(..));
        if (outcome == Outcome::Ok && told) || self.note.is_nothing() {
            return response;
        }
        let response = if self.note.has_target() {
            response
        } else {
            self.name_from_answer(&mut entry, outcome, response).await
        };
        entry = after(deed, self.note.add_to(entry));
        entry.outcome = outcome;
        if let Some(code) = code {
            entry = entry.with("code", code);
        }
        let Some(entry) = app.refusals().admit_request(app, entry) else {
            return response;
        };
        match slot.record(entry).await {
            Ok(()) => response,
            Err(_) if outcome == Outcome::Ok => {
                unrecorded("it was done, but the audit log could not be written; the record follows when it can")
                    .into_response()
            }
            Err(_) => unrecorded("it was not done, and the audit log could not be written").into_response(),
        }
    }

    fn point_at(&mut self, target: Option<AuditTarget>) {
        if let Some(entry) = &mut self.entry {
            entry.target = target;
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// What the path calls it, before anybody has looked whether it is there.
    fn target_of_path(&self) -> Option<AuditTarget> {
        let called = self.variable("id");
        match self.subject {
            Subject::Nothing => None,
            Subject::Session | Subject::Container => {
                Some(AuditTarget::new("session", None, called?))
            }
            Subject::Terminal => {
                let name = format!("{}/{}", called?, self.variable("name").unwrap_or("agent"));
                Some(AuditTarget::new("terminal", None, &name))
            }
            Subject::Object(kind) => Some(AuditTarget::new(kind, None, called?)),
        }
    }

    /// Reads from the answer what was made, or what the object that the path named is called in full.
    async fn name_from_answer(
        &self,
        entry: &mut AuditEntry,
        outcome: Outcome,
        response: Response,
    ) -> Response {
        let kind = match self.subject {
            Subject::Object(kind) if outcome == Outcome::Ok => kind,
            _ => return response,
        };
        // An answer whose size is not known beforehand is a stream, and no description of an object.
        if response
            .body()
            .size_hint()
            .exact()
            .is_none_or(|size| size > LARGEST_ANSWER)
        {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(bytes) = axum::body::to_bytes(body, LARGEST_ANSWER as usize).await else {
            return Problem::internal("an answer could not be read for its record").into_response();
        };
        if let Ok(described) = serde_json::from_slice::<Described>(&bytes) {
            let name = described.name.or(described.username).unwrap_or_default();
            entry.target = Some(AuditTarget::new(kind, Some(described.id), &name));
        }
        Response::from_parts(parts, bytes.into())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let (Some(slot), Some(mut entry)) = (self.slot.take(), self.entry.take()) {
            entry = after(self.note.deed_place(), self.note.add_to(entry));
            entry.outcome = Outcome::Failed;
            slot.leave(entry.with("code", "request.abandoned"));
        }
    }
}

/// A record of what failed after the deed had been done names the deed's own.
fn after(deed: Option<i64>, entry: AuditEntry) -> AuditEntry {
    match deed {
        Some(place) => entry.with("doneAs", place.to_string()),
        None => entry,
    }
}

/// The part of an answer that says what it describes.
#[derive(Deserialize)]
struct Described {
    id: String,
    name: Option<String>,
    username: Option<String>,
}

/// A terminal of a session that was found.
pub(crate) fn terminal(session: String, session_name: &str, terminal: Option<&str>) -> AuditTarget {
    let name = format!("{session_name}/{}", terminal.unwrap_or("agent"));
    AuditTarget::new("terminal", Some(session), &name)
}

/// What an answer says of the result, and the code of its problem.
fn result_of(response: &Response) -> (Outcome, Option<String>) {
    let outcome = outcome_of(response.status());
    let code = response
        .extensions()
        .get::<Problem>()
        .map(|problem| problem.code().to_owned());
    let unnamed = || response.status().as_u16().to_string();
    let code = code.or_else(|| (outcome != Outcome::Ok).then(unnamed));
    (outcome, code)
}
