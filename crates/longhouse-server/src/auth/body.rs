//! Users as they stand in JSON.

use longhouse_domain::user::User;
use longhouse_domain::{Role, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A role.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    /// Sees and does everything.
    Admin,
    /// Sees and drives what is theirs or shared with them.
    Member,
    /// Only looks.
    Viewer,
}

/// Something that a role alone does not permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Permission)]
pub(crate) enum PermissionName {
    /// Run sessions on this machine itself.
    Host,
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Admin => Self::Admin,
            RoleName::Member => Self::Member,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
            Role::Viewer => Self::Viewer,
        }
    }
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserBody {
    id: Uuid,
    username: String,
    role: RoleName,
    /// What was permitted beyond the role.
    permissions: Vec<PermissionName>,
    /// Whether sessions may run on this machine itself.
    may_use_host: bool,
    disabled: bool,
    created_at: Timestamp,
}

/// One's own account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
pub(crate) struct MeBody {
    #[serde(flatten)]
    pub(super) user: UserBody,
    /// Whether one can log in with a password, and so change it.
    pub(super) has_password: bool,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            username: user.username.clone(),
            role: user.role.into(),
            permissions: user
                .may_use_host
                .then_some(PermissionName::Host)
                .into_iter()
                .collect(),
            may_use_host: user.actor().may_use_host(),
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}
