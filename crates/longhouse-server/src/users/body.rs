//! An account as an admin sees it.

use longhouse_domain::Timestamp;
use longhouse_engine::Account;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::UserBody;

/// An account, with what only admins see of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountBody {
    #[serde(flatten)]
    user: UserBody,
    /// Whether they can log in with a password.
    has_password: bool,
    /// When a sign-in of theirs last began or went on.
    last_seen_at: Option<Timestamp>,
    /// How many sessions are theirs.
    sessions: u64,
}

impl From<&Account> for AccountBody {
    fn from(account: &Account) -> Self {
        Self {
            user: UserBody::from(&account.user),
            has_password: account.has_password,
            last_seen_at: account.last_seen_at,
            sessions: account.sessions,
        }
    }
}

/// All accounts, by name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountPage {
    items: Vec<AccountBody>,
    total: u64,
    next_cursor: Option<String>,
}

impl AccountPage {
    /// The only page: a house has as many accounts as people know each other in it.
    pub(super) fn of(accounts: &[Account]) -> Self {
        Self {
            items: accounts.iter().map(AccountBody::from).collect(),
            total: accounts.len() as u64,
            next_cursor: None,
        }
    }
}
