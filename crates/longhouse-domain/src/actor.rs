//! Who asks, and what they may. Every question to the engine carries an [`Actor`].

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::share::ShareAccess;

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

/// What an actor wants to do with one session; each includes what stands above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A disabled user may do nothing at all.
    pub disabled: bool,
}

impl Actor {
    /// The most that this actor may do with a session of `owner`'s of which they have this share. `None`: it does not exist
    /// for them.
    #[must_use]
    pub fn access(&self, owner: UserId, share: Option<ShareAccess>) -> Option<Permission> {
        if self.disabled {
            return None;
        }
        let most = match self.role {
            Role::Admin | Role::Member if !self.only_looks => Permission::Own,
            Role::Admin | Role::Member | Role::Viewer => Permission::Look,
        };
        let given = if owner == self.user || self.role == Role::Admin {
            Some(Permission::Own)
        } else {
            share.map(ShareAccess::permission)
        };
        given.map(|given| given.min(most))
    }

    /// Whether nothing is hidden from this actor.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.role == Role::Admin && !self.disabled
    }

    /// Whether this actor may do more than look, where they have something to do it with.
    #[must_use]
    pub fn may_drive(&self) -> bool {
        self.role != Role::Viewer && !self.only_looks && !self.disabled
    }

    /// Whether this actor may create sessions at all.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.may_drive()
    }

    /// Whether this actor may run processes on this machine itself.
    #[must_use]
    pub fn may_use_host(&self) -> bool {
        let permitted = match self.role {
            Role::Admin => true,
            Role::Member => self.may_use_host,
            Role::Viewer => false,
        };
        permitted && !self.disabled
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn somebody(role: Role) -> Actor {
        Actor {
            user: UserId(Uuid::from_u128(1)),
            username: "ann".to_owned(),
            role,
            may_use_host: true,
            only_looks: false,
            disabled: false,
        }
    }

    #[test]
    fn access_follows_from_role_ownership_and_share() {
        use Permission::{Drive, Look, Own};
        use ShareAccess as S;
        let (own, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        for (role, owner, share, expected) in [
            (Role::Admin, own, None, Some(Own)),
            (Role::Admin, other, Some(S::View), Some(Own)),
            (Role::Member, own, None, Some(Own)),
            (Role::Member, own, Some(S::View), Some(Own)),
            (Role::Member, other, Some(S::Drive), Some(Drive)),
            (Role::Member, other, Some(S::View), Some(Look)),
            (Role::Member, other, None, None),
            // A viewer only looks, whatever was theirs or is given to them.
            (Role::Viewer, own, None, Some(Look)),
            (Role::Viewer, other, Some(S::Drive), Some(Look)),
            (Role::Viewer, other, None, None),
        ] {
            let mut actor = somebody(role);
            assert_eq!(
                actor.access(owner, share),
                expected,
                "{role:?} {owner} {share:?}"
            );
            actor.only_looks = true;
            let looks = expected.map(|expected| expected.min(Look));
            assert_eq!(
                actor.access(owner, share),
                looks,
                "{role:?} by a token that only looks"
            );
            actor.disabled = true;
            assert_eq!(actor.access(owner, share), None, "disabled {role:?}");
            assert!(!actor.sees_all() && !actor.may_create() && !actor.may_use_host());
        }
    }
}
