//! Known hosts: which hosts one's own sessions know over SSH, and forgetting one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::Timestamp;
use longhouse_engine::KnownHost;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::PathOf;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A host that one's sessions know by the key that it showed first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KnownHost)]
pub(crate) struct KnownHostBody {
    id: Uuid,
    /// As known-hosts files name it: `host`, or `[host]:port` where the port is not 22.
    #[schema(example = "[git.example.org]:2222")]
    host: String,
    /// `ssh-ed25519`, `ssh-rsa` or `ecdsa-sha2-…`.
    #[serde(rename = "type")]
    kind: String,
    /// As `ssh-keygen -l` shows it.
    fingerprint: String,
    first_seen_at: Timestamp,
    /// The fingerprint of the last other key that it showed, which was refused.
    refused_fingerprint: Option<String>,
    /// When that was.
    refused_at: Option<Timestamp>,
}

impl From<KnownHost> for KnownHostBody {
    fn from(host: KnownHost) -> Self {
        let (refused_fingerprint, refused_at) = host.refused.unzip();
        Self {
            id: host.id,
            host: host.host,
            kind: host.key.kind,
            fingerprint: host.fingerprint,
            first_seen_at: host.first_seen_at,
            refused_fingerprint,
            refused_at,
        }
    }
}

/// The hosts that one's sessions know, by name. The big forges are not among them: they are known by the keys that they publish.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownHostList {
    items: Vec<KnownHostBody>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// Lists the hosts that one's own sessions know over SSH.
#[utoipa::path(get, path = "/api/known-hosts", tag = "git", responses(
    (status = 200, body = KnownHostList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_known_hosts(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<KnownHostList>, Problem> {
    let hosts = state.engine().known_hosts(caller.actor.user).await?;
    let items: Vec<_> = hosts.into_iter().map(KnownHostBody::from).collect();
    Ok(Json(KnownHostList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Forgets a host: the key that it shows next is believed.
#[utoipa::path(delete, path = "/api/known-hosts/{id}", tag = "git",
    params(("id" = Uuid, Path, description = "Identifier")), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody)))]
pub(crate) async fn forget_known_host(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<Uuid>,
) -> Result<StatusCode, Problem> {
    let (engine, deed) = (state.engine(), note.deed()?);
    let gone = engine.forget_known_host(caller.actor.user, path.0, &deed);
    gone.await?;
    Ok(StatusCode::NO_CONTENT)
}
