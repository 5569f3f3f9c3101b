//! Users as the rest of the house sees them. Password hashes never leave the store and the login.

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::clock::Timestamp;
use crate::id::UserId;

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// Unique, compared without regard to case.
    pub username: String,
    /// Role.
    pub role: Role,
    /// The `host` permission.
    pub may_use_host: bool,
    /// A disabled user cannot log in, and every token of theirs is refused.
    pub disabled: bool,
    /// Rises whenever every token given out so far must become invalid (password or role changed, disabled).
    pub token_version: i64,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl User {
    /// This user, asking.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.id,
            username: self.username.clone(),
            role: self.role,
            may_use_host: self.may_use_host,
            only_looks: false,
            disabled: self.disabled,
        }
    }
}
