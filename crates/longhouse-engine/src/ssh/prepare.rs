//! A key on its way into the store: read or made, checked, and sealed.

use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::ssh::SshHost;
use longhouse_domain::{SessionId, UserId};
use longhouse_store::{NewSshKey, SealedSecret, SecretScope, SshKey};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::read::{UnusableKey, read};
use super::{SshKeySource, SshKeyWish};
use crate::context::Context;
use crate::error::{EngineError, FieldProblem};

/// Longest name, in characters.
const LONGEST_NAME: usize = 64;

/// The most hosts of a key.
const MOST_HOSTS: usize = 32;

/// The name under which a private half stands among the secrets of its key.
pub(super) const PRIVATE: &str = "private";

/// Whose a key is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyOwner {
    pub(crate) user: UserId,
    /// The one session whose own it is.
    pub(crate) session: Option<SessionId>,
}

/// A key with its sealed private half, to be written down.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) key: SshKey,
    pub(crate) private: SealedSecret,
}

impl Prepared {
    /// As the store takes it.
    pub(crate) fn as_new(&self) -> NewSshKey<'_> {
        NewSshKey {
            key: &self.key,
            private: &self.private,
        }
    }
}

/// Reads or makes a key, and seals it.
///
/// # Errors
/// [`EngineError::Invalid`] with the fields of a [`SshKeyWish`], as the API names them.
pub(crate) async fn prepare(
    context: &Context,
    owner: KeyOwner,
    wish: SshKeyWish,
) -> Result<Prepared, EngineError> {
    let hosts = check(&wish)?;
    let name = wish.name.trim().to_owned();
    let mut key = match wish.source {
        SshKeySource::Generated => generate()?,
        SshKeySource::Given { text, passphrase } => {
            // One at a time: a passphrase costs a processor for a moment.
            let turn = context.key_reading.clone().acquire_owned().await;
            let turn = turn.map_err(|error| EngineError::Internal(error.to_string()))?;
            let reading = tokio::task::spawn_blocking(move || {
                let key = read(text.reveal(), passphrase.as_ref());
                drop(turn);
                key
            });
            let key = reading.await;
            key.map_err(|error| EngineError::Internal(format!("reading a key: {error}")))??
        }
    };
    key.set_comment(&name);
    let private = key.to_openssh(LineEnding::LF).map_err(unwritable)?;
    let public_key = key.public_key().to_openssh().map_err(unwritable)?;
    let id = context.new_id();
    let scope = SecretScope::SshKey(id);
    Ok(Prepared {
        private: context
            .secrets
            .seal(scope, PRIVATE, 1, private.as_bytes())?,
        key: SshKey {
            id,
            user: owner.user,
            session: owner.session,
            name,
            public_key,
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
            hosts: hosts.iter().map(ToString::to_string).collect(),
            created_at: from_millis(to_millis(context.now())),
            last_used_at: None,
        },
    })
}

/// What is wrong with it beside the key itself.
fn check(wish: &SshKeyWish) -> Result<Vec<SshHost>, EngineError> {
    let mut problems = Vec::new();
    let name = wish.name.trim();
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        problems.push(FieldProblem::new("name", "must have 1 to 64 characters"));
    }
    if wish.hosts.len() > MOST_HOSTS {
        let most = format!("must have at most {MOST_HOSTS} items");
        problems.push(FieldProblem::new("hosts", most));
    }
    let mut hosts: Vec<SshHost> = Vec::new();
    for (index, host) in wish.hosts.iter().take(MOST_HOSTS).enumerate() {
        match host.parse() {
            Ok(host) if hosts.contains(&host) => {}
            Ok(host) => hosts.push(host),
            Err(_) => problems.push(FieldProblem::new(
                format!("hosts[{index}]"),
                "must be a host name or an address, with an optional :port",
            )),
        }
    }
    match problems.is_empty() {
        true => Ok(hosts),
        false => Err(EngineError::Invalid(problems)),
    }
}

/// A new key: ed25519, which every server of the last decade takes.
fn generate() -> Result<PrivateKey, EngineError> {
    let mut seed = Zeroizing::new([0; Ed25519PrivateKey::BYTE_SIZE]);
    getrandom::fill(&mut *seed).map_err(|error| EngineError::Internal(error.to_string()))?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&*seed);
    let pair = pair.map_err(|error| EngineError::Internal(error.to_string()))?;
    let public = Ed25519PublicKey::try_from(pair.public_key().as_ref()).map_err(unwritable)?;
    let pair = Ed25519Keypair {
        public,
        private: Ed25519PrivateKey::from_bytes(&seed),
    };
    PrivateKey::new(KeypairData::Ed25519(pair), "").map_err(unwritable)
}

fn unwritable(error: ssh_key::Error) -> EngineError {
    EngineError::Internal(format!("a key cannot be written: {error}"))
}

impl From<UnusableKey> for EngineError {
    fn from(error: UnusableKey) -> Self {
        let field = match error.is_about_passphrase() {
            true => "passphrase",
            false => "privateKey",
        };
        Self::invalid(field, error.to_string())
    }
}
