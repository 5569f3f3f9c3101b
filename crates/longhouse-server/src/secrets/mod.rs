//! The keys that secrets are sealed with: how they stand, and new ones. No route gives a secret out.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use longhouse_domain::SecretText;
use longhouse_engine::EngineError;
use longhouse_engine::secrets::{Key, VaultState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Empty;
use crate::extract::{Body, OptionalBody};
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// How the keys stand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretsState {
    /// The master key's fingerprint.
    master_key: String,
    /// Where it comes from, in words.
    master_key_source: String,
    /// The data key that new secrets are sealed with.
    data_key: i64,
    /// How many secrets each data key seals; more than one key means that a rotation is under way.
    secrets_per_data_key: BTreeMap<i64, u64>,
}

impl From<VaultState> for SecretsState {
    fn from(state: VaultState) -> Self {
        Self {
            master_key: state.master,
            master_key_source: state.master_source,
            data_key: state.data_key,
            secrets_per_data_key: state.secrets_per_data_key,
        }
    }
}

/// The master key to come.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMasterKey {
    /// 32 bytes in base64. Needed where the key comes from the environment; a file's key is made where this is absent.
    #[schema(value_type = Option<String>, write_only)]
    key: Option<SecretText>,
}

/// Tells how the keys stand.
#[utoipa::path(get, path = "/api/secrets", tag = "secrets", responses(
    (status = 200, body = SecretsState), (status = 403, body = ProblemBody)))]
pub(crate) async fn get_secrets_state(
    state: State<AppState>,
) -> Result<Json<SecretsState>, Problem> {
    now(&state).await
}

/// Makes a new data key. What the old ones seal is sealed anew in the background, while everything goes on.
#[utoipa::path(post, path = "/api/secrets/rotate", tag = "secrets", responses(
    (status = 200, body = SecretsState), (status = 403, body = ProblemBody)))]
pub(crate) async fn rotate_data_key(
    state: State<AppState>,
    _body: OptionalBody<Empty>,
) -> Result<Json<SecretsState>, Problem> {
    let engine = state.engine();
    engine
        .secrets()
        .add_data_key()
        .await
        .map_err(EngineError::from)?;
    engine.finish_rotation();
    now(&state).await
}

/// Puts the data keys under a new master key.
#[utoipa::path(post, path = "/api/secrets/rotate-master", tag = "secrets", request_body = NewMasterKey, responses(
    (status = 200, body = SecretsState), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 422, body = ProblemBody)))]
pub(crate) async fn rotate_master_key(
    state: State<AppState>,
    body: Body<NewMasterKey>,
) -> Result<Json<SecretsState>, Problem> {
    let given = body.0.key.map(|text| Key::from_base64(text.reveal()));
    if matches!(given, Some(None)) {
        return Err(Problem::invalid_field("key", "must be 32 bytes in base64"));
    }
    let rotated = state.engine().secrets().rotate_master(given.flatten());
    rotated.await.map_err(EngineError::from)?;
    now(&state).await
}

async fn now(state: &AppState) -> Result<Json<SecretsState>, Problem> {
    let now = state.engine().secrets().state().await;
    Ok(Json(now.map_err(EngineError::from)?.into()))
}
