//! The server's end: a socket per session, on which its sessiond arrives.
//!
//! It is deliberately not a reconnect loop: who accepts decides when to accept again.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use longhouse_domain::SessionId;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::executor::GoesOn;
use crate::hello::check_reply;
use crate::io::{Greeted, LinkIo};
use crate::limits;
use crate::proto::sessiond_client::SessiondClient;
use crate::proto::{HelloReply, HelloRequest};
use crate::socket::Socket;

/// The server's stub for one session's sessiond. Cheap to clone; all clones share one connection.
pub type LinkClient = SessiondClient<Channel>;

/// Why no socket could be offered.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The path is longer than a Unix socket's may be: choose a shorter runtime directory.
    #[error("the socket path {path} is longer than {max} bytes", max = limits::SOCKET_PATH_BYTES)]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// Others could put a socket of their own there: make the directory 0700 and one's own.
    #[error(
        "{path} is open to others (mode {mode:o}, owner {uid}); a link socket needs a private directory"
    )]
    NotPrivate {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Its owner.
        uid: u32,
    },
    /// Something that is not a socket stands there, and is not removed.
    #[error("{path} is there already and is not a socket")]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why [`LinkListener::accept`] gave no link.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// This connection was refused. Accept the next one.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The listener itself fails. Bind anew.
    #[error("cannot accept on the link socket")]
    Listener(#[source] io::Error),
}

/// What is wrong with one peer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It runs as somebody else.
    #[error("the peer runs as user {theirs}, and not as {expected}")]
    User {
        /// The user id that the session's sessiond has.
        expected: u32,
        /// The peer's.
        theirs: u32,
    },
    /// It speaks another version: that session keeps running, but this server cannot drive it.
    #[error("the server speaks link protocol {ours}, this session's sessiond {theirs}")]
    Version {
        /// [`limits::PROTOCOL`].
        ours: u32,
        /// The sessiond's.
        theirs: u32,
    },
    /// It belongs to another session.
    #[error("this sessiond belongs to another session")]
    Session,
    /// It did not answer in time.
    #[error("no answer to the hello within {:?}", limits::HELLO_TIMEOUT)]
    Timeout,
    /// It hung up, or answered nonsense.
    #[error("the hello failed")]
    Hello(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whose sessiond may dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// One of the server's own user, in a private directory.
    Own,
    /// One of this user, in a container. The socket is open to anybody, and so is its directory, which is what the container is given; the
    /// directory above is private, and keeps everybody else of the machine away.
    Guest(u32),
}

/// A session's link socket. Dropping it removes the socket file.
#[derive(Debug)]
pub struct LinkListener {
    listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
    session: SessionId,
    server_version: String,
    peer: Peer,
}

/// A connection to a session's sessiond that said the right hello.
#[derive(Debug)]
pub struct Link {
    client: LinkClient,
    hello: HelloReply,
    cut: CancellationToken,
    closed: CancellationToken,
}

impl LinkListener {
    /// Offers a socket (0600) at `path`, in a directory that exists and is private to this user. A socket file that a dead server left
    /// is replaced. `server_version` is told to sessiond for its log.
    pub fn bind(path: &Path, session: SessionId, server_version: &str) -> Result<Self, BindError> {
        Self::bind_for(Peer::Own, path, session, server_version)
    }

    /// The same for a peer that need not be the server's own user.
    pub fn bind_for(
        peer: Peer,
        path: &Path,
        session: SessionId,
        server_version: &str,
    ) -> Result<Self, BindError> {
        if path.as_os_str().len() > limits::SOCKET_PATH_BYTES {
            return Err(BindError::TooLong {
                path: path.to_owned(),
            });
        }
        let failed = |doing| {
            move |source| BindError::Io {
                doing,
                path: path.to_owned(),
                source,
            }
        };
        check_directory(path, peer)?;
        remove_stale(path)?;
        let listener = UnixListener::bind(path).map_err(failed("bind"))?;
        let mode = match peer {
            Peer::Own => 0o600,
            Peer::Guest(_) => 0o666,
        };
        // Nobody else reaches the directory, so nobody could connect before the mode is set.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .map_err(failed("set the mode of"))?;
        let file = std::fs::symlink_metadata(path).map_err(failed("inspect"))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            inode: (file.dev(), file.ino()),
            session,
            server_version: server_version.to_owned(),
            peer,
        })
    }

    /// Where sessiond is to dial.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for the session's sessiond and exchanges the hello with it. Cancel safe: a connection that was not yet handed out is closed,
    /// and sessiond dials again.
    pub async fn accept(&self) -> Result<Link, AcceptError> {
        let (stream, _) = self
            .listener
            .accept()
            .await
            .map_err(AcceptError::Listener)?;
        Ok(
            tokio::time::timeout(limits::HELLO_TIMEOUT, self.greet(stream))
                .await
                .map_err(|_| PeerError::Timeout)??,
        )
    }

    async fn greet(&self, stream: UnixStream) -> Result<Link, PeerError> {
        let broken = |e: Box<dyn std::error::Error + Send + Sync>| PeerError::Hello(e);
        let theirs = stream.peer_cred().map_err(|e| broken(e.into()))?.uid();
        let expected = match self.peer {
            Peer::Own => rustix::process::geteuid().as_raw(),
            Peer::Guest(user) => user,
        };
        if theirs != expected {
            return Err(PeerError::User { expected, theirs });
        }
        let cut = CancellationToken::new();
        let closed = CancellationToken::new();
        let stream = Socket::new(stream).map_err(|e| broken(e.into()))?;
        let io = LinkIo::new(stream, cut.clone(), closed.clone(), Greeted::default());
        let channel = channel_over(io).await.map_err(|e| broken(e.into()))?;
        let mut client = SessiondClient::new(channel)
            .max_decoding_message_size(limits::MESSAGE_BYTES)
            .max_encoding_message_size(limits::MESSAGE_BYTES);
        let session_id = self.session.to_string();
        let reply = client
            .hello(HelloRequest {
                protocol: limits::PROTOCOL,
                server_version: self.server_version.clone(),
                session_id: session_id.clone(),
            })
            .await
            .map(tonic::Response::into_inner);
        let hello = check_reply(reply, &session_id)?;
        Ok(Link {
            client,
            hello,
            cut,
            closed,
        })
    }
}

impl Drop for LinkListener {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|file| (file.dev(), file.ino()) == self.inode);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the link socket");
        }
    }
}

impl Link {
    /// The stub. Every call fails with `unavailable` once the connection is gone; it never reconnects by itself.
    #[must_use]
    pub fn client(&self) -> LinkClient {
        self.client.clone()
    }

    /// What sessiond said of itself.
    #[must_use]
    pub fn hello(&self) -> &HelloReply {
        &self.hello
    }

    /// Resolves when the connection is gone: sessiond ended, hung up, or left a ping unanswered.
    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// A token that is cancelled when the connection is gone, for tasks that live as long as it does. It reports only: cancelling it
    /// does not close the connection.
    #[must_use]
    pub fn closed_token(&self) -> CancellationToken {
        self.closed.child_token()
    }

    /// Hangs up, whatever calls are under way.
    pub fn disconnect(&self) {
        self.cut.cancel();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut.cancel();
    }
}

/// A channel over this one stream: the connector hands it out once, and a channel that lost its connection stays lost.
async fn channel_over(io: LinkIo) -> Result<Channel, tonic::transport::Error> {
    let mut io = Some(io);
    let connector = tower::service_fn(move |_| {
        let io = io.take().map(TokioIo::new);
        std::future::ready(io.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
    });
    // The name is needed by HTTP and means nothing here.
    Endpoint::from_static("http://sessiond.invalid")
        .executor(GoesOn)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .http2_keep_alive_interval(limits::KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(limits::KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect_with_connector(connector)
        .await
}

fn check_directory(socket: &Path, peer: Peer) -> Result<(), BindError> {
    let path = socket.parent().unwrap_or(Path::new("."));
    match peer {
        Peer::Own => check_mode(path, 0o077),
        Peer::Guest(_) => {
            check_mode(path, 0o022)?;
            check_mode(path.parent().unwrap_or(Path::new(".")), 0o077)
        }
    }
}

/// Whether the directory is this user's, and others have none of the permissions `barred` in it.
fn check_mode(path: &Path, barred: u32) -> Result<(), BindError> {
    let directory = std::fs::metadata(path).map_err(|source| BindError::Io {
        doing: "inspect",
        path: path.to_owned(),
        source,
    })?;
    let mode = directory.mode() & 0o777;
    if mode & barred != 0 || directory.uid() != rustix::process::geteuid().as_raw() {
        return Err(BindError::NotPrivate {
            path: path.to_owned(),
            mode,
            uid: directory.uid(),
        });
    }
    Ok(())
}

fn remove_stale(path: &Path) -> Result<(), BindError> {
    let failed = |doing| {
        move |source| BindError::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    };
    match std::fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => {
            std::fs::remove_file(path).map_err(failed("remove the stale socket"))
        }
        Ok(_) => Err(BindError::Occupied {
            path: path.to_owned(),
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("inspect")(e)),
    }
}
