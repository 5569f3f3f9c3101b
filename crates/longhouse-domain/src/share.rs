//! Shares: a session's owner lets others look at it, or drive it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Permission};
use crate::id::UserId;

/// What a share lets somebody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShareAccess {
    /// Look.
    View,
    /// Look, type, start, stop, change.
    Drive,
}

impl ShareAccess {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Drive => "drive",
        }
    }

    /// The access of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::View, Self::Drive]
            .into_iter()
            .find(|access| access.as_str() == name)
    }

    /// What it permits somebody whose role permits as much.
    #[must_use]
    pub fn permission(self) -> Permission {
        match self {
            Self::View => Permission::Look,
            Self::Drive => Permission::Drive,
        }
    }
}

/// Everybody for whom one session exists, admins apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Whose it is.
    pub owner: UserId,
    /// With whom it is shared.
    pub shares: BTreeMap<UserId, ShareAccess>,
}

impl Audience {
    /// A session that nobody shares.
    #[must_use]
    pub fn of(owner: UserId) -> Self {
        Self {
            owner,
            shares: BTreeMap::new(),
        }
    }

    /// The most that this actor may do with it. `None`: it does not exist for them.
    #[must_use]
    pub fn access(&self, actor: &Actor) -> Option<Permission> {
        actor.access(self.owner, self.shares.get(&actor.user).copied())
    }
}
