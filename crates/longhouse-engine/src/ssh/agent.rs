//! The server's side of a session's SSH agent: which key there is, by which keys hosts are known, and whether the key signs.
//!
//! ```text
//!   ssh ──socket──► sessiond ──ask──► here: host proven by its own signature, host known, host allowed ──► signature
//! ```
//!
//! sessiond is believed nothing where it is about a signature: what counts is the host's own signature over the connection that is signed
//! for. Each signature and each refusal is in the audit log before the program hears of it. Nothing is kept from one question to the next.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longhouse_domain::audit::{AuditActor, AuditEntry, AuditTarget, Outcome};
use longhouse_domain::event::{EventKind, LogLevel};
use longhouse_domain::git::Transport;
use longhouse_domain::session::Session;
use longhouse_domain::ssh::SshHost;
use longhouse_domain::ssh::agent::{self, AgentRequest, LogIn, SessionBind, SignRequest};
use longhouse_domain::ssh::known::{HostKey, pinned_to};
use longhouse_domain::ssh::wire::Reader;
use longhouse_link::LinkClient;
use longhouse_link::proto::{AgentAnswer, AgentAsk, WatchAgentRequest};
use longhouse_store::{SecretScope, SshKey};
use tokio::sync::{mpsc, watch};
use tonic::Status;

use super::prepare::PRIVATE;
use super::read::read;
use super::sign::{Signer, has_signed};
use crate::context::Context;
use crate::egress::pace::Pace;
use crate::error::EngineError;
use crate::session::live::Live;

/// How often at most the use of a key is noted with it; each stands in the audit log.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A session's agent, as long as the session is connected.
pub(crate) struct SshAgent {
    pub(crate) context: Arc<Context>,
    /// The session as it is at present: its owner may change.
    pub(crate) live: watch::Receiver<Live>,
    /// Told of what people should know.
    pub(crate) told: mpsc::Sender<AgentNews>,
    /// Why it gave nothing when it was asked last; nothing where it did.
    pub(crate) refused: watch::Sender<Option<String>>,
}

/// Something that came of a question to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentNews {
    /// The host that it is about; empty where it is not known.
    pub(crate) host: String,
    pub(crate) level: LogLevel,
    /// In words.
    pub(crate) text: String,
    /// Whether it is to be said beside the session's status, until that host gives no cause any more.
    pub(crate) is_alert: bool,
    pub(crate) event: Option<EventKind>,
}

/// Why the agent does not sign; in words for the log and for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the program did not say which host it logs in to: OpenSSH from 8.9 on does")]
    Unbound,
    #[error("the agent is not lent to other hosts")]
    Forwarded,
    #[error("the host did not prove that it is at the other end")]
    Unproven,
    #[error("what was to be signed is no log-in over that connection with this key")]
    NoLogIn,
    #[error(
        "the host's key is not known yet: let git reach it once by itself, or with ssh as GIT_SSH_COMMAND has it"
    )]
    UnknownHost,
    #[error(
        "the key signs for the host of the session's repository and for the hosts that it was given, and this is none of them"
    )]
    OtherHost,
    #[error("the session has no key, or not any more")]
    NoKey,
    #[error("the program asked for a signature with SHA-1, which nobody should trust")]
    Weak,
}

impl SshAgent {
    /// Answers everything that is asked over this connection, one after the other, until it is gone.
    pub(crate) async fn serve(self, mut link: LinkClient) -> Result<(), Status> {
        let mut asks = link.watch_agent(WatchAgentRequest {}).await?.into_inner();
        let mut pace = Pace::new();
        while let Some(ask) = asks.message().await? {
            let message = match pace.allows_one_more() {
                true => self.answer_or_fail(&ask).await,
                false => agent::failure(),
            };
            let answer = AgentAnswer {
                ask: ask.ask,
                message: message.into(),
            };
            link.answer_agent(answer).await?;
        }
        Ok(())
    }

    async fn answer_or_fail(&self, ask: &AgentAsk) -> Vec<u8> {
        let session = self.live.borrow().session.clone();
        match self.answer(&session, ask).await {
            Ok(message) => message,
            Err(error) => {
                self.context
                    .complain(session.id, "answer for its SSH agent", &error);
                agent::failure()
            }
        }
    }

    async fn answer(&self, session: &Session, ask: &AgentAsk) -> Result<Vec<u8>, EngineError> {
        match AgentRequest::parse(&ask.message) {
            Some(AgentRequest::Identities) => {
                let key = self.key_of(session).await?;
                let blob = key.as_ref().and_then(public_blob);
                let shown = blob
                    .as_deref()
                    .zip(key.as_ref().map(|key| key.name.as_str()));
                Ok(agent::identities(shown.into_iter()))
            }
            Some(AgentRequest::Bind(bind)) => Ok(match proven(&bind) {
                Ok(()) => agent::success(),
                Err(_) => agent::failure(),
            }),
            Some(AgentRequest::Sign(request)) => self.sign(session, &ask.bind, &request).await,
            Some(AgentRequest::KnownHost(question)) => {
                let answer = self.known_host(session, &question).await?;
                Ok(answer.message())
            }
            Some(AgentRequest::Credential(question)) => {
                let answer = self.credential(session, &question).await?;
                Ok(answer.message())
            }
            // A milestone is for sessiond to hear, which says nothing of it.
            Some(AgentRequest::Milestone(_) | AgentRequest::Other) | None => Ok(agent::failure()),
        }
    }

    /// The session's key, as long as it is its own or one that its owner keeps: whoever hands a session over keeps their keys.
    async fn key_of(&self, session: &Session) -> Result<Option<SshKey>, EngineError> {
        let Some(known) = &session.spec.ssh_key else {
            return Ok(None);
        };
        let key = self.context.store.ssh_key(known.id).await?;
        Ok(key.filter(|key| match key.session {
            Some(own) => own == session.id,
            None => key.user == session.owner,
        }))
    }

    async fn sign(
        &self,
        session: &Session,
        bind: &[u8],
        request: &SignRequest<'_>,
    ) -> Result<Vec<u8>, EngineError> {
        // Nothing is signed that cannot be written down.
        let slot = self.context.audit.reserve().await.map_err(unwritten)?;
        let key = self.key_of(session).await?;
        let (host, judged) = self.judge(session, bind, request, key.as_ref()).await?;
        let signed = match (judged, &key) {
            (Ok(()), Some(key)) => self.signature(key, request).await?,
            (Ok(()), None) => Err(Refused::NoKey),
            (Err(refused), _) => Err(refused),
        };
        let refused = signed.as_ref().err();
        let mut entry = self.entry(session, "ssh_key.sign").await?;
        entry = entry.with("host", &host);
        if let Some(key) = &key {
            entry = entry.with("fingerprint", &key.fingerprint);
        }
        if let Some(refused) = refused {
            entry.outcome = Outcome::Denied;
            entry = entry.with("reason", refused.to_string());
        }
        slot.record(entry).await.map_err(unwritten)?;
        self.tell(news_of(&host, refused)).await;
        match (signed, key) {
            (Ok(signature), Some(key)) => {
                let (store, now) = (&self.context.store, self.context.now());
                store.touch_ssh_key(key.id, now, NOTED_EVERY).await?;
                Ok(agent::signed(&signature))
            }
            _ => Ok(agent::failure()),
        }
    }

    /// Which host a log-in is for, and whether the key may sign it.
    async fn judge(
        &self,
        session: &Session,
        bind: &[u8],
        request: &SignRequest<'_>,
        key: Option<&SshKey>,
    ) -> Result<(String, Result<(), Refused>), EngineError> {
        let nowhere = |refused| Ok((String::new(), Err(refused)));
        let Some(AgentRequest::Bind(bind)) = AgentRequest::parse(bind) else {
            return nowhere(Refused::Unbound);
        };
        if let Err(refused) = proven(&bind) {
            return nowhere(refused);
        }
        let Some(key) = key else {
            return nowhere(Refused::NoKey);
        };
        if !is_log_in(request, &bind, public_blob(key).as_deref()) {
            return nowhere(Refused::NoLogIn);
        }
        let Some(host_key) = host_key(bind.host_key) else {
            return nowhere(Refused::UnknownHost);
        };
        let known = self.hosts_of(session, &host_key).await?;
        let repository = repository_host(session);
        let allowed = repository.iter().chain(&key.hosts);
        let found = allowed.into_iter().find(|host| known.contains(host));
        Ok(match (found, known.first()) {
            (Some(host), _) => (host.clone(), Ok(())),
            (None, Some(host)) => (host.clone(), Err(Refused::OtherHost)),
            (None, None) => (String::new(), Err(Refused::UnknownHost)),
        })
    }

    /// The hosts that are known by this key. One that is pinned is nobody else's, whatever was seen.
    async fn hosts_of(&self, session: &Session, key: &HostKey) -> Result<Vec<String>, EngineError> {
        let pinned: Vec<_> = pinned_to(key).map(str::to_owned).collect();
        if !pinned.is_empty() {
            return Ok(pinned);
        }
        let store = &self.context.store;
        Ok(store.hosts_known_by(session.owner, key).await?)
    }

    async fn signature(
        &self,
        key: &SshKey,
        request: &SignRequest<'_>,
    ) -> Result<Result<Vec<u8>, Refused>, EngineError> {
        let internal = |error: &dyn std::fmt::Display| EngineError::Internal(error.to_string());
        let scope = SecretScope::SshKey(key.id);
        let Some(private) = self.context.secrets.get(scope, PRIVATE).await? else {
            return Ok(Err(Refused::NoKey));
        };
        let text = std::str::from_utf8(&private).map_err(|error| internal(&error))?;
        let key = read(text, None).map_err(|error| internal(&error))?;
        let signer = Signer::new(&key).map_err(|error| internal(&error))?;
        Ok(signer
            .sign(request.data, request.flags)
            .ok_or(Refused::Weak))
    }

    /// An entry of the audit log about the session, in its owner's name.
    pub(crate) async fn entry(
        &self,
        session: &Session,
        action: &str,
    ) -> Result<AuditEntry, EngineError> {
        let name = self.context.username(session.owner).await?;
        let actor = AuditActor::user(session.owner, &name);
        let id = Some(session.id.to_string());
        let target = AuditTarget::new("session", id, session.name.as_str());
        Ok(self.context.audit.entry(actor, action).about(target))
    }

    pub(crate) async fn tell(&self, news: AgentNews) {
        // Before the program is answered: whoever sees it fail finds the reason.
        let refused = news.is_alert.then(|| news.text.clone());
        self.refused.send_replace(refused);
        // Whoever tells of it may have gone, with the connection.
        let _ = self.told.send(news).await;
    }
}

fn news_of(host: &str, refused: Option<&Refused>) -> AgentNews {
    let at = match host {
        "" => "an unknown host",
        host => host,
    };
    let (level, text) = match refused {
        None => (LogLevel::Info, format!("the SSH key logged in at {at}")),
        Some(refused) => (
            LogLevel::Warn,
            format!("the SSH key was not used for {at}: {refused}"),
        ),
    };
    AgentNews {
        host: host.to_owned(),
        level,
        text,
        is_alert: refused.is_some(),
        event: None,
    }
}

/// The host of the session's repository, as known-hosts files name it. One that is fetched over HTTPS is mostly there over SSH, too.
fn repository_host(session: &Session) -> Option<String> {
    let url = &session.spec.repository.as_ref()?.url;
    let (host, port) = url.destination()?;
    let port = match url.transport() {
        Transport::Ssh => port,
        _ => SshHost::USUAL_PORT,
    };
    Some(SshHost::new(host.clone(), port).to_string())
}

/// Whether the host has signed the connection's identifier, and the agent is its own program's.
fn proven(bind: &SessionBind<'_>) -> Result<(), Refused> {
    if bind.is_forwarding {
        return Err(Refused::Forwarded);
    }
    match has_signed(bind.host_key, bind.session_id, bind.signature) {
        true => Ok(()),
        false => Err(Refused::Unproven),
    }
}

/// Whether this is a log-in over that connection, with our key, at that host.
fn is_log_in(request: &SignRequest<'_>, bind: &SessionBind<'_>, ours: Option<&[u8]>) -> bool {
    let Some(log_in) = LogIn::parse(request.data) else {
        return false;
    };
    ours == Some(request.key)
        && log_in.key == request.key
        && log_in.session_id == bind.session_id
        && log_in.host_key.is_none_or(|key| key == bind.host_key)
}

fn host_key(blob: &[u8]) -> Option<HostKey> {
    let kind = Reader::new(blob).text()?;
    HostKey::new(kind, &STANDARD.encode(blob))
}

fn public_blob(key: &SshKey) -> Option<Vec<u8>> {
    STANDARD.decode(key.public_key.split(' ').nth(1)?).ok()
}

/// What goes unrecorded is not done.
pub(super) fn unwritten(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(error.to_string())
}
