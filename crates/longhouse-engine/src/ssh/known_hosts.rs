//! By which keys hosts are known: the big forges by what they publish, every other by the key that it showed first to a session of the same
//! person. That first time it is the session's word that counts, as a person's "yes" does at a terminal; another key is then refused, until
//! the person forgets the host.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use longhouse_domain::UserId;
use longhouse_domain::audit::{AuditTarget, Outcome};
use longhouse_domain::clock::{from_millis, to_millis};
use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::session::Session;
use longhouse_domain::ssh::SshHost;
use longhouse_domain::ssh::agent::{ExtensionAnswer, KnownHostQuestion};
use longhouse_domain::ssh::known::{HostKey, Verdict, judge, pins};
use longhouse_store::{Deed, KnownHost};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::agent::{AgentNews, SshAgent, unwritten};
use crate::engine::Engine;
use crate::error::EngineError;

/// How many hosts a user's sessions may get to know.
const MOST_HOSTS: u32 = 500;

impl Engine {
    /// The hosts that a user's sessions know, by name; without those that are pinned.
    pub async fn known_hosts(&self, user: UserId) -> Result<Vec<KnownHost>, EngineError> {
        Ok(self.context().store.known_hosts(user).await?)
    }

    /// Forgets one of them: the next key that it shows is believed.
    ///
    /// # Errors
    /// [`EngineError::KnownHostNotFound`].
    pub async fn forget_known_host(
        &self,
        user: UserId,
        id: Uuid,
        deed: &Deed,
    ) -> Result<(), EngineError> {
        let store = &self.context().store;
        let known = store.known_hosts(user).await?;
        let host = known.into_iter().find(|host| host.id == id);
        let host = host.ok_or(EngineError::KnownHostNotFound)?;
        let target = AuditTarget::new("known_host", Some(id.to_string()), &host.host);
        let deed = deed.clone().about(target);
        let deed = deed.with("fingerprint", &host.fingerprint);
        match store.forget_host(user, id, &deed).await? {
            true => Ok(()),
            false => Err(EngineError::KnownHostNotFound),
        }
    }
}

/// Where a host shows a key that it is not known by.
struct Changed<'a> {
    host: &'a str,
    shown: String,
    /// Nothing where it is pinned.
    known: Option<KnownHost>,
}

impl SshAgent {
    /// The lines by which ssh knows the host, or why it is not to be spoken to.
    pub(super) async fn known_host(
        &self,
        session: &Session,
        question: &KnownHostQuestion<'_>,
    ) -> Result<ExtensionAnswer, EngineError> {
        let refused = |why: &str| Ok(ExtensionAnswer::Refused(why.to_owned()));
        let Ok(host) = question.host.parse::<SshHost>() else {
            return refused("this is no host's name");
        };
        let (pins, name) = (pins(&host), host.to_string());
        let store = &self.context.store;
        let mut known = store.known_host(session.owner, &name).await?;
        let Some((kind, base64)) = question.shown else {
            let known = known.map(|known| known.key);
            let keys = if pins.is_empty() {
                known.into_iter().collect()
            } else {
                pins
            };
            return Ok(lines(&name, &keys));
        };
        let shown = HostKey::new(kind, base64);
        let Some((shown, fingerprint)) = shown
            .and_then(|key| Some((fingerprint(&key)?, key)))
            .map(|(fingerprint, key)| (key, fingerprint))
        else {
            return refused("this is no host's key");
        };
        let seen = |known: &Option<KnownHost>| -> Vec<HostKey> {
            known.iter().map(|known| known.key.clone()).collect()
        };
        if judge(&pins, &seen(&known), &shown) == Verdict::New {
            if !self.learn(session, &name, &shown, &fingerprint).await? {
                return refused("your sessions know too many hosts: forget some in your profile");
            }
            // Another session may have been the first, with another key.
            known = store.known_host(session.owner, &name).await?;
        }
        if judge(&pins, &seen(&known), &shown) == Verdict::Known {
            self.tell(known_again(&name)).await;
            return Ok(lines(&name, &[shown]));
        }
        let changed = Changed {
            host: &name,
            shown: fingerprint,
            known: known.filter(|_| pins.is_empty()),
        };
        self.refuse(session, changed).await
    }

    /// Believes a host the first time. `false` where there is no room for it.
    async fn learn(
        &self,
        session: &Session,
        host: &str,
        key: &HostKey,
        fingerprint: &str,
    ) -> Result<bool, EngineError> {
        let slot = self.context.audit.reserve().await.map_err(unwritten)?;
        let new = KnownHost {
            id: self.context.new_id(),
            user: session.owner,
            host: host.to_owned(),
            key: key.clone(),
            fingerprint: fingerprint.to_owned(),
            first_seen_at: from_millis(to_millis(self.context.now())),
            refused: None,
        };
        if !self.context.store.learn_host(&new, MOST_HOSTS).await? {
            return Ok(false);
        }
        let entry = self.entry(session, "known_host.learn").await?;
        let entry = entry.with("host", host).with("fingerprint", fingerprint);
        slot.record(entry).await.map_err(unwritten)?;
        let text = format!("{host} was not known yet, and is from now on by its key {fingerprint}");
        self.tell(AgentNews {
            host: host.to_owned(),
            level: LogLevel::Info,
            text,
            is_alert: false,
            event: None,
        })
        .await;
        Ok(true)
    }

    async fn refuse(
        &self,
        session: &Session,
        changed: Changed<'_>,
    ) -> Result<ExtensionAnswer, EngineError> {
        let slot = self.context.audit.reserve().await.map_err(unwritten)?;
        let (host, shown) = (changed.host, &changed.shown);
        let (known_by, what_to_do) = match &changed.known {
            Some(known) => {
                let (store, now) = (&self.context.store, self.context.now());
                store.note_refused_host_key(known.id, shown, now).await?;
                let what_to_do = "somebody may stand between; if it was really changed, forget the host under known hosts in your profile";
                (known.fingerprint.clone(), what_to_do)
            }
            None => (
                "what it publishes".to_owned(),
                "somebody stands between, or the host has new keys that this version of Longhouse does not know",
            ),
        };
        let mut entry = self.entry(session, "known_host.refuse").await?;
        entry.outcome = Outcome::Denied;
        let entry = entry.with("host", host).with("fingerprint", shown);
        slot.record(entry).await.map_err(unwritten)?;
        let text =
            format!("{host} shows the key {shown}, and is known by {known_by}: {what_to_do}");
        self.tell(AgentNews {
            host: host.to_owned(),
            level: LogLevel::Error,
            text: text.clone(),
            is_alert: true,
            event: Some(EventKind::HostKeyRefused {
                host: host.to_owned(),
                shown: shown.clone(),
                known: changed.known.map(|known| known.fingerprint),
            }),
        })
        .await;
        Ok(ExtensionAnswer::Refused(text))
    }
}

/// What ends an alert about a host, and is not worth a line otherwise.
fn known_again(host: &str) -> AgentNews {
    AgentNews {
        host: host.to_owned(),
        level: LogLevel::Debug,
        text: format!("{host} shows the key that it is known by"),
        is_alert: false,
        event: None,
    }
}

fn lines(host: &str, keys: &[HostKey]) -> ExtensionAnswer {
    let lines = keys.iter().map(|key| format!("{host} {key}\n"));
    ExtensionAnswer::Given(lines.collect())
}

/// As `ssh-keygen -l` has it.
fn fingerprint(key: &HostKey) -> Option<String> {
    let blob = STANDARD.decode(&key.base64).ok()?;
    let digest = STANDARD_NO_PAD.encode(Sha256::digest(blob));
    Some(format!("SHA256:{digest}"))
}
