//! SSH keys: read or made, kept sealed, and never given back.
//!
//! A person keeps keys that any of their sessions may use; a session may have one to itself, which goes with it. Private halves leave
//! the vault only to sign, in this process.

mod agent;
mod known_hosts;
mod prepare;
mod read;
mod short;
mod sign;
#[cfg(test)]
mod tests;

use longhouse_domain::audit::AuditTarget;
use longhouse_domain::git::{BadIdentity, is_identity};
use longhouse_domain::session::GitIdentity;
use longhouse_domain::{SecretText, UserId};
use longhouse_store::{Deed, SshKey, StoreError};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::{EngineError, FieldProblem};

pub(crate) use agent::{AgentNews, SshAgent};
pub(crate) use prepare::{KeyOwner, Prepared, prepare};
pub use read::UnusableKey;

/// How many keys a user may keep.
const MOST_KEYS: u32 = 50;

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SshKeySource {
    /// From a person, as text.
    Given {
        /// The private half.
        text: SecretText,
        /// What it is encrypted with, where it is.
        passphrase: Option<SecretText>,
    },
    /// Made here: ed25519.
    Generated,
}

/// A key to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKeyWish {
    /// 1 to 64 characters; unique among its owner's.
    pub name: String,
    /// Where it comes from.
    pub source: SshKeySource,
    /// The hosts that it signs for, beside the host of a session's repository: `host` or `host:port`.
    pub hosts: Vec<String>,
}

impl Engine {
    /// The keys that a user keeps, the newest first.
    pub async fn ssh_keys(&self, user: UserId) -> Result<Vec<SshKey>, EngineError> {
        Ok(self.context().store.ssh_keys(user).await?)
    }

    /// Keeps a key.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] with what is wrong with it; [`EngineError::Conflict`] where the name is taken, or there is no room.
    pub async fn add_ssh_key(
        &self,
        user: UserId,
        wish: SshKeyWish,
        deed: &Deed,
    ) -> Result<SshKey, EngineError> {
        let owner = KeyOwner {
            user,
            session: None,
        };
        let prepared = prepare(self.context(), owner, wish).await?;
        let deed = deed
            .clone()
            .about(target(&prepared.key))
            .with("fingerprint", &prepared.key.fingerprint);
        let (store, now) = (&self.context().store, self.now());
        match store
            .add_ssh_key(prepared.as_new(), MOST_KEYS, &deed, now)
            .await
        {
            Ok(true) => Ok(prepared.key),
            Ok(false) => Err(EngineError::conflict(
                "ssh_key.limit_reached",
                format!("there are {MOST_KEYS} SSH keys, which is the most: delete one first"),
            )),
            Err(StoreError::NameTaken) => Err(EngineError::conflict(
                "ssh_key.name_taken",
                "another of your SSH keys has that name: choose another",
            )),
            Err(other) => Err(other.into()),
        }
    }

    /// Forgets one of the keys that a user keeps. Sessions that used it have no key any more.
    ///
    /// # Errors
    /// [`EngineError::SshKeyNotFound`].
    pub async fn delete_ssh_key(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<(), EngineError> {
        let store = &self.context().store;
        let key = store.ssh_key_of(user, id).await?;
        let key = key.ok_or(EngineError::SshKeyNotFound)?;
        let deed = deed
            .clone()
            .about(target(&key))
            .with("fingerprint", &key.fingerprint);
        match store.delete_ssh_key(user, id, &deed).await? {
            true => Ok(()),
            false => Err(EngineError::SshKeyNotFound),
        }
    }

    /// Who a user's commits are by, where a session does not say.
    pub async fn git_identity(&self, user: UserId) -> Result<GitIdentity, EngineError> {
        Ok(self.context().store.git_identity(user).await?)
    }

    /// Changes that, for sessions that are created from now on.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] where git could not write it.
    pub async fn set_git_identity(
        &self,
        user: UserId,
        identity: GitIdentity,
    ) -> Result<GitIdentity, EngineError> {
        let fields = [
            ("userName", &identity.user_name),
            ("userEmail", &identity.user_email),
        ];
        let problems: Vec<_> = fields
            .into_iter()
            .filter(|(_, text)| text.as_ref().is_some_and(|text| !is_identity(text)))
            .map(|(field, _)| FieldProblem::new(field, BadIdentity.to_string()))
            .collect();
        if !problems.is_empty() {
            return Err(EngineError::Invalid(problems));
        }
        let store = &self.context().store;
        store.set_git_identity(user, &identity).await?;
        Ok(identity)
    }
}

fn target(key: &SshKey) -> AuditTarget {
    AuditTarget::new("ssh_key", Some(key.id.to_string()), &key.name)
}
