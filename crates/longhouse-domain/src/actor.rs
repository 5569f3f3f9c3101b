//! Who asks, and what they may. Every question to the engine carries an [`Actor`].

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::session::Session;

/// A user's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and does everything.
    Admin,
    /// Sees and drives what is theirs or shared with them.
    Member,
    /// Only looks.
    Viewer,
}

impl Role {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "admin" => Some(Self::Admin),
            "member" => Some(Self::Member),
            "viewer" => Some(Self::Viewer),
            _ => None,
        }
    }
}

/// What an actor wants to do with one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read its state, watch its terminals.
    Look,
    /// Type, start, stop, change.
    Drive,
    /// Delete it, share it.
    Own,
}

/// Somebody who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// The name that others see (presence, audit).
    pub username: String,
    /// Their role.
    pub role: Role,
    /// Whether they may use the `host` runtime without being an admin.
    pub may_use_host: bool,
    /// Whether they only look, whatever their role allows: what they show is an API token without a scope for more.
    pub only_looks: bool,
}

impl Actor {
    /// Whether this actor may do that with this session. A session that an actor may not look at does not exist for them.
    #[must_use]
    pub fn may(&self, permission: Permission, session: &Session) -> bool {
        self.may_with_owner(permission, session.owner)
    }

    /// The same question, where only the owner is known.
    #[must_use]
    pub fn may_with_owner(&self, permission: Permission, owner: UserId) -> bool {
        if self.only_looks && permission != Permission::Look {
            return false;
        }
        match self.role {
            Role::Admin => true,
            Role::Member => owner == self.user,
            Role::Viewer => permission == Permission::Look && owner == self.user,
        }
    }

    /// Whether this actor may create sessions at all.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.role != Role::Viewer && !self.only_looks
    }

    /// Whether this actor may run processes on this machine itself.
    #[must_use]
    pub fn may_use_host(&self) -> bool {
        self.role == Role::Admin || (self.role == Role::Member && self.may_use_host)
    }
}
