//! The session's SSH agent, as its programs meet it: a socket that only the session's user can reach, whose every question goes over the
//! link. Nothing is signed or decided here, and no key is ever here.
//!
//! Beside it stands how this program asks itself, when ssh runs it as its `KnownHostsCommand`, git as its credential helper, or whoever
//! works in the session to say that something is done: that alone is answered here.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use longhouse_domain::ssh::agent::{
    self, AgentRequest, ExtensionAnswer, KnownHostQuestion, MilestoneNews,
};
use longhouse_link::limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::session::Session;

/// Programs that talk to the agent at once; further ones wait. Each ssh does so for a moment.
const CONNECTIONS: usize = 64;

/// How long a program may say nothing: ssh closes its connection once it is logged in.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// How long to wait after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the helper waits for the daemon: longer than that waits for the server, so that it is the one that says why.
const HELPER_WAIT: Duration = Duration::from_secs(limits::AGENT_WAIT.as_secs() + 5);

/// What a program is told that the server does not answer.
const NO_ANSWER: &str = "Longhouse gave no answer: its server may be away, try again";

/// What whoever says that something is done is told where nothing comes of it: that is no failure of theirs.
const NOTHING_KEPT: &str = "nothing is committed by itself here: auto-commit is off\n";

/// Where the agent listens.
pub(crate) fn socket(state_dir: &Path) -> PathBuf {
    state_dir.join("agent.sock")
}

/// Serves programs until the session ends.
pub(crate) async fn serve(session: Arc<Session>) {
    let listener = match bind(&socket(&session.state_dir)) {
        Ok(listener) => listener,
        Err(error) => {
            let text = format!("the session's SSH agent cannot listen: {error}");
            return session.events.log(tracing::Level::ERROR, "ssh", text);
        }
    };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(seat) = room.clone().acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the SSH agent cannot take a connection");
                // Out of descriptors, most often: others have to close theirs first.
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let shared = Arc::clone(&session);
        session.spawn(async move {
            if let Err(error) = converse(stream, &shared).await {
                tracing::debug!(%error, "a program's talk with the SSH agent ended");
            }
            drop(seat);
        });
    }
}

/// Nobody listens any more.
pub(crate) fn remove(state_dir: &Path) {
    if let Err(error) = unlink(&socket(state_dir)) {
        tracing::warn!(%error, "cannot remove the SSH agent's socket");
    }
}

fn unlink(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    // An earlier sessiond of this session may have left it; its lock says that it is gone.
    unlink(path)?;
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn converse(mut stream: UnixStream, session: &Session) -> io::Result<()> {
    let mut leads = Leads::default();
    while let Some(message) = tokio::time::timeout(IDLE, read(&mut stream)).await?? {
        let request = AgentRequest::parse(&message);
        leads.hear(request.as_ref(), &message);
        let unanswered = match request {
            Some(AgentRequest::KnownHost(_) | AgentRequest::Credential(_)) => {
                ExtensionAnswer::Refused(NO_ANSWER.to_owned()).message()
            }
            _ => agent::failure(),
        };
        let answer = match request {
            Some(AgentRequest::Milestone(news)) => Some(hear(session, &news).into()),
            _ => session.agent.ask(leads.bind.clone(), message).await,
        };
        let answer = answer.unwrap_or_else(|| unanswered.into());
        let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(&answer).await?;
    }
    Ok(())
}

/// Something was brought to an end in the session.
fn hear(session: &Session, news: &MilestoneNews<'_>) -> Vec<u8> {
    let is_kept = session.keeping.told(news.milestone, news.summary);
    let words = if is_kept { "" } else { NOTHING_KEPT };
    ExtensionAnswer::Given(words.to_owned()).message()
}

/// Where a program's connection leads, by its own words.
#[derive(Default)]
struct Leads {
    bind: Bytes,
    /// Once the agent is lent to a host, what is said of where it leads is said by that host.
    is_forwarded: bool,
}

impl Leads {
    fn hear(&mut self, request: Option<&AgentRequest<'_>>, message: &Bytes) {
        if let Some(AgentRequest::Bind(bind)) = request
            && !self.is_forwarded
        {
            self.is_forwarded = bind.is_forwarding;
            self.bind = message.clone();
        }
    }
}

/// A message without its length; nothing where the program has hung up.
async fn read(stream: &mut UnixStream) -> io::Result<Option<Bytes>> {
    let length = match stream.read_u32().await {
        Ok(length) => usize::try_from(length).map_err(io::Error::other)?,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > limits::AGENT_MESSAGE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(Some(message.into()))
}

/// Why a helper that ssh or git runs has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no agent, or it broke off.
    #[error("the session's agent does not answer: {0}")]
    Agent(#[from] io::Error),
    /// It is not to be, or nobody can say.
    #[error("{0}")]
    Refused(String),
}

/// The lines of a known-hosts file for ssh, which says why it asks (`%I`), and about which host (`%H`) with which key (`%t`, `%K`).
///
/// # Errors
/// When ssh is not to go on.
pub fn known_host(
    socket: &Path,
    reason: &str,
    host: &str,
    kind: &str,
    key: &str,
) -> Result<String, AskError> {
    let shown = match reason {
        "ORDER" => None,
        "HOSTNAME" => Some((kind, key)),
        // A host is known by its name; its address may be another tomorrow.
        _ => return Ok(String::new()),
    };
    let question = KnownHostQuestion { host, shown }.message();
    extension(socket, &question)
}

/// What the agent answers to a question of ours.
pub(crate) fn extension(socket: &Path, question: &[u8]) -> Result<String, AskError> {
    let answer = ask(socket, question)?;
    match ExtensionAnswer::parse(&answer) {
        Some(ExtensionAnswer::Given(lines)) => Ok(lines),
        Some(ExtensionAnswer::Refused(why)) => Err(AskError::Refused(why)),
        None => Err(AskError::Refused(NO_ANSWER.to_owned())),
    }
}

fn ask(socket: &Path, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(HELPER_WAIT))?;
    let length = u32::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(question)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    let length = usize::try_from(length).map_err(io::Error::other)?;
    if length > limits::AGENT_MESSAGE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use longhouse_domain::ssh::wire::Writer;

    use super::*;

    #[test]
    fn what_a_host_says_that_the_agent_is_lent_to_does_not_count() {
        let bind = |session: &[u8], forwarding: u8| {
            let message = Writer::new().byte(27).string(b"session-bind@openssh.com");
            let message = message.string(b"key").string(session).string(b"signature");
            Bytes::from(message.byte(forwarding).done())
        };
        let (own, lent, theirs) = (bind(b"1", 0), bind(b"2", 1), bind(b"3", 0));
        let mut leads = Leads::default();
        for (message, bound) in [(&own, &own), (&lent, &lent), (&theirs, &lent)] {
            leads.hear(AgentRequest::parse(message).as_ref(), message);
            assert_eq!(&leads.bind, bound);
        }
    }

    #[test]
    fn only_a_name_is_asked_about() {
        let nowhere = Path::new("/nonexistent/agent.sock");
        let lines = known_host(nowhere, "ADDRESS", "192.0.2.1", "ssh-rsa", "AAAA");
        assert_eq!(lines.unwrap(), "");
        let failed = known_host(nowhere, "ORDER", "example.org", "NONE", "NONE").unwrap_err();
        assert!(failed.to_string().contains("does not answer"), "{failed}");
    }
}
