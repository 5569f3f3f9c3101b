//! Where a request came from, for the record; a socket keeps it for everything that is done on it.

use axum::http::{Extensions, HeaderMap, StatusCode};
use longhouse_domain::audit::{ActorKind, AuditActor, AuditEntry, Outcome};
use longhouse_engine::accounts::{Credential, Identity};
use longhouse_engine::user_name;

use crate::edge::RequestId;
use crate::problem::Problem;
use crate::serve::Peer;
use crate::state::AppState;

/// From where something was done.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The client's address as far as trusted proxies say; empty on the control socket.
    address: String,
    request_id: String,
    /// Whose process it was on the control socket.
    uid: Option<u32>,
}

impl Visitor {
    pub(crate) fn of(app: &AppState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let uid = match extensions.get() {
            Some(Peer::Local { uid }) => Some(*uid),
            Some(Peer::Network(_)) | None => None,
        };
        Self {
            address: match uid {
                Some(_) => String::new(),
                None => app.client_address(headers, extensions).to_string(),
            },
            request_id: extensions
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
            uid,
        }
    }

    /// An entry of this moment for what is done from here.
    pub(crate) fn entry(&self, app: &AppState, actor: AuditActor, action: &str) -> AuditEntry {
        let mut entry = app.engine().audit().entry(actor, action);
        entry.address.clone_from(&self.address);
        entry.request_id.clone_from(&self.request_id);
        match self.uid {
            Some(uid) => entry
                .with("via", "control socket")
                .with("uid", uid.to_string()),
            None => entry,
        }
    }

    /// The actor that an identity stands for here. Who comes by the control socket is a user of this machine, not the admin whose
    /// rights they use.
    pub(crate) fn actor(&self, identity: &Identity) -> AuditActor {
        let user = AuditActor::user(identity.user.id, &identity.user.username);
        match &identity.by {
            Credential::SignIn(_) => user,
            Credential::ApiToken(grant) => AuditActor {
                kind: ActorKind::Token,
                id: Some(grant.id.to_string()),
                name: format!("{}/{}", user.name, grant.name),
            },
            Credential::ControlSocket => {
                let name = self
                    .uid
                    .map_or_else(|| "control socket".to_owned(), user_name);
                AuditActor::system(&name)
            }
        }
    }
}

/// Records that something on a socket was refused, with others where it is refused over and over. The refusal stands whether that
/// is written down or not: nothing was done.
pub(crate) async fn refused(app: &AppState, mut entry: AuditEntry, problem: &Problem) {
    entry.outcome = outcome_of(problem.status());
    entry = entry.with("code", problem.code());
    if let Some(entry) = app.refusals().admit(app, entry)
        && let Err(error) = app.engine().audit().record(entry).await
    {
        tracing::error!(%error, "a refusal is not recorded yet");
    }
}

/// The outcome that a status stands for. What one may not see is 404, so a 404 counts as a denial too.
pub(super) fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS => Outcome::Denied,
        status if status.is_client_error() || status.is_server_error() => Outcome::Failed,
        _ => Outcome::Ok,
    }
}

/// 503: it cannot be recorded. The text says whether it was done all the same.
pub(crate) fn unrecorded(detail: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "audit.unavailable", detail).retry_after(2)
}
