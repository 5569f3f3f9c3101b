//! The SSH key of a new session: one of its owner's, one that it brings, or one that is made for it.

use longhouse_domain::actor::Actor;
use longhouse_domain::session::{Session, SessionSshKey};

use super::request::NewSessionKey;
use crate::context::Context;
use crate::error::EngineError;
use crate::ssh::{KeyOwner, Prepared, SshKeySource, SshKeyWish, prepare};

/// Notes in the session's record which key it has. What is its own comes back, to be written down with it.
pub(super) async fn give_key(
    context: &Context,
    actor: &Actor,
    session: &mut Session,
    asked: Option<NewSessionKey>,
) -> Result<Option<Prepared>, EngineError> {
    let source = match asked {
        None => return Ok(None),
        Some(NewSessionKey::Kept(id)) => {
            let key = context.store.ssh_key_of(actor.user, id).await?;
            let key = key.ok_or_else(|| {
                EngineError::invalid("sshKeyId", "is none of your SSH keys: see /api/ssh-keys")
            })?;
            session.spec.ssh_key = Some(SessionSshKey {
                id: key.id,
                public_key: key.public_key,
            });
            return Ok(None);
        }
        Some(NewSessionKey::Own(source)) => source,
    };
    let owner = KeyOwner {
        user: actor.user,
        session: Some(session.id),
    };
    let wish = SshKeyWish {
        name: session.name.to_string(),
        source,
        hosts: Vec::new(),
    };
    let prepared = prepare(context, owner, wish).await.map_err(as_of_session)?;
    session.spec.ssh_key = Some(SessionSshKey {
        id: prepared.key.id,
        public_key: prepared.key.public_key.clone(),
    });
    Ok(Some(prepared))
}

/// The fields as they are called where a session is created.
fn as_of_session(error: EngineError) -> EngineError {
    let EngineError::Invalid(mut problems) = error else {
        return error;
    };
    for problem in &mut problems {
        match problem.field.as_str() {
            "privateKey" => "sshKey".clone_into(&mut problem.field),
            "passphrase" => "sshKeyPassphrase".clone_into(&mut problem.field),
            _ => {}
        }
    }
    EngineError::Invalid(problems)
}

impl NewSessionKey {
    /// One that is made for the session.
    #[must_use]
    pub fn generated() -> Self {
        Self::Own(SshKeySource::Generated)
    }
}
