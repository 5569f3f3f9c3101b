//! SSH keys: listing, adding and deleting one's own. Private halves come in and never go out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::{SecretText, Timestamp};
use longhouse_engine::{SshKey, SshKeySource, SshKeyWish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::Note;
use crate::auth::Caller;
use crate::extract::{Body, PathOf};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// An SSH key, without its private half.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SshKey)]
pub(crate) struct SshKeyBody {
    id: Uuid,
    name: String,
    /// `ssh-ed25519`, `ssh-rsa` or `ecdsa-sha2-…`.
    #[serde(rename = "type")]
    kind: String,
    /// The public half, as a line of `authorized_keys`: what a forge is given.
    public_key: String,
    /// As `ssh-keygen -l` and the forges show it.
    #[schema(example = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU")]
    fingerprint: String,
    /// The hosts that it signs for, beside the host of a session's repository.
    hosts: Vec<String>,
    created_at: Timestamp,
    /// When a session last used it, to the minute; null for never.
    last_used_at: Option<Timestamp>,
}

impl From<SshKey> for SshKeyBody {
    fn from(key: SshKey) -> Self {
        let kind = key.public_key.split(' ').next().unwrap_or_default();
        Self {
            id: key.id,
            kind: kind.to_owned(),
            name: key.name,
            public_key: key.public_key,
            fingerprint: key.fingerprint,
            hosts: key.hosts,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// One's own SSH keys, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SshKeyList {
    items: Vec<SshKeyBody>,
    total: usize,
    /// Always null: the list is short.
    next_cursor: Option<String>,
}

/// An SSH key to be kept: either `privateKey` or `generate`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewSshKey)]
pub(crate) struct SshKeyRequest {
    /// 1 to 64 characters; unique among one's own.
    name: String,
    /// The private half as its file has it: ed25519, ecdsa (nistp256, nistp384) or rsa from 2048 bits.
    #[schema(value_type = Option<String>, write_only)]
    private_key: Option<SecretText>,
    /// What the private half is encrypted with, where it is. It is used once and not kept.
    #[schema(value_type = Option<String>, write_only)]
    passphrase: Option<SecretText>,
    /// Whether a new key is made here: ed25519.
    #[serde(default)]
    generate: bool,
    /// The hosts that it may be used for, beside the host of a session's repository: `host` or `host:port`.
    #[serde(default)]
    hosts: Vec<String>,
}

/// Lists one's own SSH keys.
#[utoipa::path(get, path = "/api/ssh-keys", tag = "git", responses(
    (status = 200, body = SshKeyList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub(crate) async fn list_ssh_keys(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<SshKeyList>, Problem> {
    let keys = state.engine().ssh_keys(caller.actor.user).await?;
    let items: Vec<_> = keys.into_iter().map(SshKeyBody::from).collect();
    Ok(Json(SshKeyList {
        total: items.len(),
        items,
        next_cursor: None,
    }))
}

/// Keeps an SSH key, or makes one. The private half is sealed and never given back.
#[utoipa::path(post, path = "/api/ssh-keys", tag = "git", request_body = SshKeyRequest, responses(
    (status = 201, body = SshKeyBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn create_ssh_key(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    body: Body<SshKeyRequest>,
) -> Result<(StatusCode, Json<SshKeyBody>), Problem> {
    let wish = body.0.wish()?;
    let (engine, deed) = (state.engine(), note.deed()?);
    let key = engine.add_ssh_key(caller.actor.user, wish, &deed);
    Ok((StatusCode::CREATED, Json(key.await?.into())))
}

/// Deletes one of one's own SSH keys. Sessions that use it cannot log in with it any more.
#[utoipa::path(delete, path = "/api/ssh-keys/{id}", tag = "git",
    params(("id" = Uuid, Path, description = "Identifier")), responses(
    (status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
    (status = 404, body = ProblemBody)))]
pub(crate) async fn delete_ssh_key(
    state: State<AppState>,
    caller: Caller,
    note: Note,
    path: PathOf<Uuid>,
) -> Result<StatusCode, Problem> {
    let (engine, deed) = (state.engine(), note.deed()?);
    let gone = engine.delete_ssh_key(caller.actor.user, path.0, &deed);
    gone.await?;
    Ok(StatusCode::NO_CONTENT)
}

impl SshKeyRequest {
    fn wish(self) -> Result<SshKeyWish, Problem> {
        let source = match (self.private_key, self.generate) {
            (Some(text), false) => SshKeySource::Given {
                text,
                passphrase: self.passphrase,
            },
            (None, true) => SshKeySource::Generated,
            (None, false) => {
                let text = "must be given, or generate must be true";
                return Err(Problem::invalid_field("privateKey", text));
            }
            (Some(_), true) => {
                let text = "must be false where a privateKey is given";
                return Err(Problem::invalid_field("generate", text));
            }
        };
        Ok(SshKeyWish {
            name: self.name,
            source,
            hosts: self.hosts,
        })
    }
}
