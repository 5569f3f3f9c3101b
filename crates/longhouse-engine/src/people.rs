//! Accounts as admins manage them: with what hangs on them, their sessions above all.
//!
//! Who somebody is, is asked of [`crate::accounts`]; this is about what happens to the rest of the house when that changes.

use longhouse_domain::audit::AuditTarget;
use longhouse_domain::session::{RuntimeKind, Session};
use longhouse_domain::user::User;
use longhouse_domain::{Actor, Role, UserId};
use longhouse_store::{Account, Deed, Person, UserChange};

use crate::accounts::{AccountError, NewAccount, Secret};
use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};
use crate::git::UnsavedWork;
use crate::session::handle::Command;

/// What to change of an account. `None` leaves it as it is.
#[derive(Default)]
pub struct UserPatch {
    /// A new role.
    pub role: Option<Role>,
    /// The `host` permission.
    pub may_use_host: Option<bool>,
    /// Whether the account is disabled.
    pub disabled: Option<bool>,
    /// A new password.
    pub password: Option<Secret>,
}

/// What becomes of the sessions of somebody whose account is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// Nothing: with sessions of their own the account stays.
    None,
    /// They become this user's, by identifier or name.
    HandOver(String),
    /// They are deleted.
    Remove,
}

impl Engine {
    /// All accounts by name, for an admin.
    pub async fn list_users(&self, actor: &Actor) -> Result<Vec<Account>, AccountError> {
        require_admin(actor)?;
        Ok(self.context().store.accounts().await?)
    }

    /// One account, by its identifier or name, for an admin.
    pub async fn get_user(&self, actor: &Actor, reference: &str) -> Result<Account, AccountError> {
        require_admin(actor)?;
        let user = self.user(reference).await?;
        self.account(user.id).await
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`AccountError::NameTaken`], [`AccountError::Invalid`].
    pub async fn create_user(
        &self,
        actor: &Actor,
        new: NewAccount,
        deed: &Deed,
    ) -> Result<Account, AccountError> {
        require_admin(actor)?;
        let user = self.accounts().create_user(new, deed).await?;
        self.account(user.id).await
    }

    /// Changes an account. Where something changes every token of theirs stops being good. Where they lose the right to the
    /// host, what runs of theirs on the host is stopped.
    ///
    /// # Errors
    /// [`AccountError::LastAdmin`], [`AccountError::Invalid`].
    pub async fn change_user(
        &self,
        actor: &Actor,
        reference: &str,
        patch: UserPatch,
        deed: &Deed,
    ) -> Result<Account, AccountError> {
        require_admin(actor)?;
        let user = self.user(reference).await?;
        let change = UserChange {
            role: patch.role.filter(|role| *role != user.role),
            may_use_host: patch.may_use_host.filter(|may| *may != user.may_use_host),
            disabled: patch.disabled.filter(|disabled| *disabled != user.disabled),
            password_hash: match patch.password {
                Some(password) => Some(self.accounts().hash(password).await?),
                None => None,
            },
        };
        if change != UserChange::default() {
            let changed = self.accounts().change(&user, &change, deed).await?;
            self.reconsider_sessions(&changed).await?;
        }
        self.account(user.id).await
    }

    /// Removes an account with everything that is only theirs. It is disabled first: from then on nothing new becomes theirs.
    ///
    /// # Errors
    /// [`AccountError::OwnsSessions`], [`AccountError::LastAdmin`]; what was begun can be asked for again.
    pub async fn delete_user(
        &self,
        actor: &Actor,
        reference: &str,
        inheritance: &Inheritance,
        deed: &Deed,
    ) -> Result<(), AccountError> {
        require_admin(actor)?;
        let user = self.user(reference).await?;
        let sessions = self.sessions_of(&user).await?;
        let heir = match inheritance {
            Inheritance::None if !sessions.is_empty() => return Err(AccountError::OwnsSessions),
            Inheritance::None | Inheritance::Remove => None,
            Inheritance::HandOver(heir) => Some(self.heir(heir, &user, &sessions).await?),
        };
        let disable = UserChange {
            disabled: Some(true),
            ..UserChange::default()
        };
        let disabling = deed.step("user.update").with("disabled", "true");
        self.accounts().change(&user, &disable, &disabling).await?;
        for session in self.sessions_of(&user).await? {
            let id = session.id;
            match (heir, self.handle(id)) {
                (Some(heir), Some(handle)) => {
                    let handing = deed
                        .step("session.hand_over")
                        .about(recorded_as(&session))
                        .with("user", heir.to_string());
                    let handed = handle.ask(|reply| Command::HandOver(heir, handing, reply));
                    gone_is_fine(handed.await)?;
                }
                (None, Some(_)) => {
                    let id = id.to_string();
                    let deleted = self.delete_session(actor, &id, UnsavedWork::GivenUp).await;
                    gone_is_fine(deleted)?;
                }
                (_, None) => return Err(AccountError::OwnsSessions),
            }
        }
        self.leave_shares(&user, deed).await?;
        self.accounts().remove(&user, deed).await?;
        let nobody = User {
            disabled: true,
            may_use_host: false,
            ..user
        };
        self.reconsider_sessions(&nobody).await
    }

    /// Enabled users in whose name this text occurs, for whoever looks for somebody to share with.
    pub async fn people(&self, actor: &Actor, text: &str) -> Result<Vec<Person>, AccountError> {
        if !actor.may_drive() {
            return Ok(Vec::new());
        }
        Ok(self.context().store.people(actor.user, text).await?)
    }

    async fn account(&self, id: UserId) -> Result<Account, AccountError> {
        let account = self.context().store.account(id).await?;
        account.ok_or(AccountError::UserNotFound)
    }

    async fn user(&self, reference: &str) -> Result<User, AccountError> {
        let store = &self.context().store;
        let user = match reference.parse() {
            Ok(id) => store.user(id).await?,
            Err(_) => store.user_by_name(reference).await?,
        };
        user.ok_or(AccountError::UserNotFound)
    }

    /// Who gets the sessions. It has to be somebody who could have made them.
    async fn heir(
        &self,
        reference: &str,
        of: &User,
        sessions: &[Session],
    ) -> Result<UserId, AccountError> {
        let refuse = |why: &str| {
            let problem = FieldProblem::new("handOverTo", why);
            Err(AccountError::Invalid(vec![problem]))
        };
        let heir = match self.user(reference).await {
            Ok(heir) if heir.id != of.id => heir,
            Ok(_) => return refuse("must be somebody else"),
            Err(AccountError::UserNotFound) => return refuse("there is no such user"),
            Err(error) => return Err(error),
        };
        let on_host = |session: &Session| session.spec.runtime == RuntimeKind::Host;
        if !heir.actor().may_create() {
            return refuse("is disabled, or may only look");
        }
        if sessions.iter().any(on_host) && !heir.actor().may_use_host() {
            return refuse("lacks the permission \"host\", which these sessions need");
        }
        Ok(heir.id)
    }

    async fn sessions_of(&self, user: &User) -> Result<Vec<Session>, AccountError> {
        Ok(self.context().store.sessions_owned_by(user.id).await?)
    }

    /// The drivers of sessions that hang on their rights look whether these may go on, and what they may reach.
    async fn reconsider_sessions(&self, user: &User) -> Result<(), AccountError> {
        let may_use_host = user.actor().may_use_host();
        for (_, handle) in self.handles() {
            let hangs_on = {
                let session = &handle.live.borrow().session;
                let on_host = session.spec.runtime == RuntimeKind::Host;
                let would_end = on_host && session.owner == user.id && !may_use_host;
                would_end || session.spec.inside_by(session.owner) == Some(user.id)
            };
            if hangs_on {
                gone_is_fine(handle.ask(Command::Reconsider).await)?;
            }
        }
        Ok(())
    }

    async fn leave_shares(&self, user: &User, deed: &Deed) -> Result<(), AccountError> {
        for session in self.context().store.sessions_shared_with(user.id).await? {
            if let Some(handle) = self.handle(session) {
                let leaving = deed
                    .step("session.unshare")
                    .about(recorded_as(&handle.live.borrow().session))
                    .with("user", user.username.as_str());
                let left = handle.ask(|reply| Command::Share(user.id, None, leaving, reply));
                gone_is_fine(left.await)?;
            }
        }
        Ok(())
    }
}

/// A session, as records call it.
pub(crate) fn recorded_as(session: &Session) -> AuditTarget {
    AuditTarget::new(
        "session",
        Some(session.id.to_string()),
        session.name.as_str(),
    )
}

/// For everybody else there are no accounts to be managed.
fn require_admin(actor: &Actor) -> Result<(), AccountError> {
    if actor.sees_all() {
        Ok(())
    } else {
        Err(AccountError::UserNotFound)
    }
}

/// What was to be taken away has gone by itself meanwhile.
fn gone_is_fine<T>(outcome: Result<T, EngineError>) -> Result<(), EngineError> {
    match outcome {
        Ok(_) | Err(EngineError::SessionNotFound | EngineError::ShareNotFound) => Ok(()),
        Err(error) => Err(error),
    }
}
