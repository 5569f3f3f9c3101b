//! People whom an identity provider vouches for. Checking the provider's word is the server's; here is which account it opens.

use longhouse_domain::audit::AuditActor;
use longhouse_domain::user::User;
use longhouse_domain::{Role, UserId};
use longhouse_store::{Deed, ExternalIdentity, NewUser, StoreError, UserChange};
use uuid::Uuid;

use super::error::AccountError;
use super::sign_in::{SignedIn, Visitor};
use super::{Accounts, LONGEST_USERNAME, creating, is_username};

/// How many names are tried for a newcomer whose own one is taken.
const MOST_NAMES: u32 = 20;

/// Somebody whom a provider vouches for, and what follows from its word.
#[derive(Clone, Debug)]
pub struct ExternalLogin {
    /// The provider.
    pub issuer: String,
    /// What the provider calls them, for ever.
    pub subject: String,
    /// What a newcomer would like to be called.
    pub username: String,
    /// Their role.
    pub role: Role,
    /// The `host` permission.
    pub may_use_host: bool,
    /// Who decides on role and permission.
    pub decides: Decides,
    /// What becomes of somebody without an account.
    pub newcomers: NewcomerPolicy,
}

/// Who decides on the role and permission of somebody from a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// The provider, by its groups, anew with every login.
    Provider,
    /// The admins here; a newcomer begins with what the configuration says.
    Admins,
}

/// What becomes of somebody whom a provider vouches for and who has no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewcomerPolicy {
    /// They get one.
    Welcome,
    /// They do not get in.
    Refused,
}

impl Accounts {
    /// Begins a sign-in for somebody whom a provider vouches for. Their account is found by issuer and subject alone: a name or
    /// an address of mail may have been somebody else's before. What the provider's word changes of accounts are steps of the deed.
    ///
    /// # Errors
    /// [`AccountError::NoAccount`], [`AccountError::Disabled`]; [`AccountError::LastAdmin`] where the provider takes the last
    /// admin's role away.
    pub async fn log_in_external(
        &self,
        login: &ExternalLogin,
        visitor: &Visitor,
        deed: &Deed,
    ) -> Result<SignedIn, AccountError> {
        let who = ExternalIdentity {
            issuer: login.issuer.clone(),
            subject: login.subject.clone(),
        };
        let user = match self.store.user_of_external(&who, self.clock.now()).await? {
            Some(known) => known,
            None if login.newcomers == NewcomerPolicy::Refused => {
                return Err(AccountError::NoAccount);
            }
            None => {
                let making = by_provider(login, deed.step("user.create"));
                self.welcome(&who, login, &making).await?
            }
        };
        if user.disabled {
            return Err(AccountError::Disabled);
        }
        let as_given = user.role == login.role && user.may_use_host == login.may_use_host;
        let user = match login.decides {
            Decides::Provider if !as_given => {
                let change = UserChange {
                    role: Some(login.role),
                    may_use_host: Some(login.may_use_host),
                    ..UserChange::default()
                };
                let changing = by_provider(login, deed.step("user.update"))
                    .with("role", login.role.as_str())
                    .with("host", login.may_use_host.to_string());
                self.change(&user, &change, &changing).await?
            }
            Decides::Provider | Decides::Admins => user,
        };
        self.begin(user, visitor).await
    }

    async fn welcome(
        &self,
        who: &ExternalIdentity,
        login: &ExternalLogin,
        deed: &Deed,
    ) -> Result<User, AccountError> {
        for attempt in 1..=MOST_NAMES {
            let new = NewUser {
                id: UserId(Uuid::now_v7()),
                username: fitting_name(&login.username, attempt),
                role: login.role,
                may_use_host: login.may_use_host,
                password_hash: None,
            };
            let now = self.clock.now();
            let deed = creating(&new, deed);
            let made = self.store.create_external_user(who, &new, &deed, now);
            match made.await {
                Ok(user) => return Ok(user),
                Err(StoreError::NameTaken) => {}
                // They came in twice at once, and the other one made the account.
                Err(StoreError::Conflict(_)) => {
                    let known = self.store.user_of_external(who, now).await?;
                    return known.ok_or(AccountError::NoAccount);
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(AccountError::NameTaken)
    }
}

/// What happens to an account on the word of its provider.
fn by_provider(login: &ExternalLogin, deed: Deed) -> Deed {
    deed.by(AuditActor::system("identity provider"))
        .with("issuer", login.issuer.as_str())
}

/// A name that an account can have, as near to the wanted one as may be; from the second attempt on with a number.
fn fitting_name(wanted: &str, attempt: u32) -> String {
    let suffix = match attempt {
        1 => String::new(),
        n => format!("-{n}"),
    };
    let name: String = wanted
        .chars()
        .map(|c| {
            if c.is_ascii() && is_username(c.encode_utf8(&mut [0; 4])) {
                c
            } else {
                '-'
            }
        })
        .take(LONGEST_USERNAME - suffix.len())
        .collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "user" } else { name };
    format!("{name}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_gets_a_name_that_an_account_can_have() {
        for (wanted, attempt, name) in [
            ("ann@example.com", 1, "ann@example.com"),
            ("Ann Müller", 2, "Ann-M-ller-2"),
            ("\u{202e}", 1, "user"),
            ("", 3, "user-3"),
        ] {
            assert_eq!(fitting_name(wanted, attempt), name);
        }
        assert!(is_username(&fitting_name(&"x".repeat(500), 19)));
    }
}
