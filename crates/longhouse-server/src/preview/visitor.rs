//! Who visits a preview, and for how long they may.

use axum::http::HeaderMap;
use longhouse_domain::Permission;
use longhouse_engine::accounts::Identity;
use longhouse_engine::{EngineError, Right};

use super::names::Place;
use super::pass;
use crate::auth::until_revoked;
use crate::problem::Problem;
use crate::state::AppState;

/// Somebody who may use what a preview shows.
#[derive(Clone)]
pub(super) struct Visitor {
    identity: Identity,
    right: Right,
}

impl Visitor {
    /// Who shows a good pass and may use the session's ports at this moment. Whatever is missing, the answer is the same: nobody.
    pub(super) async fn of(
        app: &AppState,
        headers: &HeaderMap,
        place: Place,
    ) -> Result<Option<Self>, Problem> {
        let now = app.tokens().now();
        let holder =
            pass::shown(headers, app.scheme()).and_then(|pass| app.passes().read(pass, place, now));
        let Some(holder) = holder else {
            return Ok(None);
        };
        let found = app
            .accounts()
            .identify_held(holder.user, holder.version, holder.by)
            .await
            .map_err(Problem::from);
        match found {
            Ok(identity) => Self::admit(app, identity, place).await,
            Err(problem) if problem.status().is_server_error() => Err(problem),
            Err(_) => Ok(None),
        }
    }

    /// This person, if they may.
    pub(super) async fn admit(
        app: &AppState,
        identity: Identity,
        place: Place,
    ) -> Result<Option<Self>, Problem> {
        let actor = identity.actor();
        let session = place.session.to_string();
        match app.engine().port_access(&actor, &session).await {
            Ok(access) => Ok(Some(Self {
                identity,
                right: access.right,
            })),
            Err(EngineError::SessionNotFound | EngineError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns when they may no longer: their login has ended, or their right to the session.
    pub(super) async fn gone(self, app: AppState) {
        tokio::select! {
            () = until_revoked(&app, &self.identity) => {}
            () = self.right.lost(Permission::Drive) => {}
        }
    }
}
