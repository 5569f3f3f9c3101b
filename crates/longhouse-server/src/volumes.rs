//! Volumes of sessions that nobody remembers, for admins.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use longhouse_domain::Timestamp;
use longhouse_engine::OrphanedVolume;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::PathOf;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A volume of the container engine that no session owns any more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrphanedVolume)]
pub(crate) struct VolumeBody {
    name: String,
    /// The session that it was made for.
    session_id: String,
    /// Whose session that was.
    owner_id: Option<String>,
    /// Their name, where there still is such an account.
    owner: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// Since when it is known that nobody owns it.
    #[schema(value_type = String, format = DateTime)]
    found_at: Timestamp,
    /// When it will be removed by itself; null where such volumes are kept for ever.
    #[schema(value_type = Option<String>, format = DateTime)]
    removal_at: Option<Timestamp>,
}

impl From<OrphanedVolume> for VolumeBody {
    fn from(volume: OrphanedVolume) -> Self {
        Self {
            name: volume.name,
            session_id: volume.session.to_string(),
            owner_id: volume.owner.map(|owner| owner.to_string()),
            owner: volume.owner_name,
            created_at: volume.created_at,
            found_at: volume.found_at,
            removal_at: volume.removal_at,
        }
    }
}

/// Volumes, those first that are known for longest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrphanedVolumePage)]
pub(crate) struct VolumePage {
    items: Vec<VolumeBody>,
    total: u64,
    next_cursor: Option<String>,
}

/// Lists the volumes of sessions that nobody remembers.
#[utoipa::path(get, path = "/api/volumes", tag = "admin", responses(
    (status = 200, body = VolumePage), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub(crate) async fn list_volumes(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<VolumePage>, Problem> {
    let volumes = state.engine().list_orphaned_volumes(&caller.actor).await?;
    let items: Vec<VolumeBody> = volumes.into_iter().map(VolumeBody::from).collect();
    Ok(Json(VolumePage {
        total: items.len() as u64,
        items,
        next_cursor: None,
    }))
}

/// Removes one of them, with everything in it.
#[utoipa::path(delete, path = "/api/volumes/{id}", tag = "admin",
    params(("id" = String, Path, description = "The volume's name")), responses(
    (status = 204, description = "It is gone"), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    (status = 503, body = ProblemBody)))]
pub(crate) async fn delete_volume(
    state: State<AppState>,
    caller: Caller,
    id: PathOf<String>,
) -> Result<StatusCode, Problem> {
    let engine = state.engine();
    engine.delete_orphaned_volume(&caller.actor, &id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
