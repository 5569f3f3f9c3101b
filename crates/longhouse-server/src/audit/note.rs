//! What a handler adds to the record of its own call.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome, Severity};
use longhouse_domain::user::User;
use longhouse_engine::Deed;

use crate::problem::Problem;
use crate::state::AppState;

/// A handler's note on what it does. It goes into the record whatever the outcome; on a route that is not recorded nobody
/// reads it. Nothing secret belongs here: no password, no token, no value of an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    /// The record as far as the request alone tells.
    begun: Option<AuditEntry>,
    /// The record as it was handed to what makes the change.
    deed: Option<Deed>,
    actor: Option<AuditActor>,
    target: Option<AuditTarget>,
    severity: Option<Severity>,
    outcome: Option<Outcome>,
    /// Whether there is nothing to tell.
    idle: bool,
    detail: BTreeMap<String, String>,
}

impl Noted {
    fn add_to(&self, mut entry: AuditEntry) -> AuditEntry {
        if let Some(actor) = &self.actor {
            entry.actor = actor.clone();
        }
        entry.target = self.target.clone().or(entry.target);
        entry.severity = self.severity.unwrap_or(entry.severity);
        entry.detail.extend(self.detail.clone());
        entry
    }
}

impl Note {
    /// Who acts, where the request alone does not say: a login, once it has succeeded.
    pub(crate) fn actor(&self, actor: AuditActor) {
        self.with(|noted| noted.actor = Some(actor));
    }

    /// The person who acts by having shown a password or a token in this very request.
    pub(crate) fn signed_in(&self, user: &User) {
        self.actor(AuditActor::user(user.id, &user.username));
        self.target("user", Some(user.id.to_string()), &user.username);
    }

    /// What is acted upon.
    pub(crate) fn target(&self, kind: &str, id: Option<String>, name: &str) {
        self.with(|noted| noted.target = Some(AuditTarget::new(kind, id, name)));
    }

    /// That somebody has to look.
    pub(crate) fn critical(&self) {
        self.with(|noted| noted.severity = Some(Severity::Critical));
    }

    /// That it was refused, where the answer's status does not say so: a browser is led to a page that does.
    pub(crate) fn denied(&self, code: &str) {
        self.with(|noted| noted.outcome = Some(Outcome::Denied));
        self.detail("code", code);
    }

    /// The record of what is about to be done, with everything that was noted so far, for whoever does it and writes both down
    /// in one transaction. Then it is not recorded once more with the answer.
    ///
    /// # Errors
    /// On a route of which nothing is recorded.
    pub(crate) fn deed(&self) -> Result<Deed, Problem> {
        self.with(|noted| {
            let begun = noted.begun.clone();
            let begun =
                begun.ok_or_else(|| Problem::internal("a deed on a route without a record"))?;
            let deed = Deed::new(noted.add_to(begun));
            noted.deed = Some(deed.clone());
            Ok(deed)
        })
    }

    /// Begins with what the request alone tells.
    pub(super) fn begin(&self, entry: AuditEntry) {
        self.with(|noted| noted.begun = Some(entry));
    }

    /// Where the deed stands in the log, if it was done.
    pub(super) fn deed_place(&self) -> Option<i64> {
        self.with(|noted| noted.deed.as_ref().and_then(Deed::place))
    }

    /// That there is nothing to tell: nothing was tried, or the call only led to another one, which has a record of its own.
    pub(crate) fn nothing(&self) {
        self.with(|noted| noted.idle = true);
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_nothing(&self) -> bool {
        self.with(|noted| noted.idle)
    }

    /// The outcome, where the handler says so itself.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.with(|noted| noted.outcome)
    }

    /// What else there is to know.
    pub(crate) fn detail(&self, name: &str, value: impl Into<String>) {
        self.with(|noted| noted.detail.insert(name.to_owned(), value.into()));
    }

    /// Whether it is known what is acted upon, with its identifier.
    pub(super) fn has_target(&self) -> bool {
        self.with(|noted| {
            noted
                .target
                .as_ref()
                .is_some_and(|target| target.id.is_some())
        })
    }

    /// Puts everything into the entry.
    pub(super) fn add_to(&self, entry: AuditEntry) -> AuditEntry {
        self.with(|noted| noted.add_to(entry))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Noted) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FromRequestParts<AppState> for Note {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
