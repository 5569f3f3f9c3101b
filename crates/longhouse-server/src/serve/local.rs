//! The control socket: for the command line of the same user on the same machine. It has room of its own, so an admin who is on
//! the machine gets in however many others knock on the network's door.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::berths::Standing;
use super::connection::{Protocol, handle};
use super::stream::Moored;
use super::{ACCEPT_PAUSE, Peer, farewell};
use crate::routes::router;
use crate::state::AppState;

/// How many of the command line's connections may be open; further ones wait.
const MOST_CONNECTIONS: usize = 256;

/// The control socket, bound. Its file goes when this is dropped.
#[derive(Debug)]
pub struct LocalSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl LocalSocket {
    /// Binds it. Whoever reaches it acts as admin, so its directory must be this user's alone.
    ///
    /// # Errors
    /// Where the socket cannot be made.
    pub fn bind(path: PathBuf) -> io::Result<Self> {
        // What an earlier run left behind; a server that still runs holds the data directory's lock.
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = Self {
            listener: UnixListener::bind(&path)?,
            path,
        };
        std::fs::set_permissions(&socket.path, std::fs::Permissions::from_mode(0o600))?;
        Ok(socket)
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

/// Serves on the control socket until the state's stop token is cancelled. Only a process of this user or of root is heard. The routes are
/// put together at once.
///
/// # Errors
/// None after the start: a connection that fails concerns nobody else.
pub fn serve_local(
    socket: LocalSocket,
    app: AppState,
) -> impl Future<Output = io::Result<()>> + Send + 'static {
    serve_routes(socket, router(&app), app)
}

async fn serve_routes(socket: LocalSocket, service: Router, app: AppState) -> io::Result<()> {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (accept(&socket.listener).await, slot)
        };
        let (stream, slot) = tokio::select! {
            biased;
            () = app.stop().cancelled() => break,
            next = next => next,
        };
        let Some(uid) = own_user(&stream) else {
            tracing::warn!("somebody else's process was refused on the control socket");
            continue;
        };
        let stream = Moored::new(stream, None, app.limits().message_time);
        let who = (Peer::Local { uid }, Standing::Ordinary);
        let connection = handle(app.clone(), service.clone(), stream, Protocol::One, who);
        app.tasks().spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    drop(socket);
    farewell(&app).await;
    Ok(())
}

async fn accept(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The peer's user, where it is this process's or root.
fn own_user(stream: &UnixStream) -> Option<u32> {
    let uid = stream.peer_cred().ok()?.uid();
    (uid == 0 || uid == rustix::process::geteuid().as_raw()).then_some(uid)
}
