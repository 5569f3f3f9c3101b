//! What a handler adds to the record of its own call.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome, Severity};
use longhouse_domain::user::User;

use crate::state::AppState;

/// A handler's note on what it does. It goes into the record whatever the outcome; on a route that is not recorded nobody
/// reads it. Nothing secret belongs here: no password, no token, no value of an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    actor: Option<AuditActor>,
    target: Option<AuditTarget>,
    severity: Option<Severity>,
    outcome: Option<Outcome>,
    detail: BTreeMap<String, String>,
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
    pub(super) fn into_entry(self, mut entry: AuditEntry) -> AuditEntry {
        self.with(|noted| {
            if let Some(actor) = noted.actor.take() {
                entry.actor = actor;
            }
            entry.target = noted.target.take().or(entry.target);
            entry.severity = noted.severity.unwrap_or(entry.severity);
            entry.detail.append(&mut noted.detail);
            entry
        })
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
