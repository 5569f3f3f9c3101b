//! The socket on which the command line of the same user talks to the server. File permissions are its whole
//! protection: it lies in a directory that only the owner enters.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tokio::net::UnixListener;

/// Removes the socket's file when the server ends in an orderly way.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

/// Listens at `path`. A socket that is there belongs to a server that was killed, for we hold the data directory's lock.
pub(crate) fn bind(path: PathBuf) -> io::Result<(UnixListener, SocketFile)> {
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    let file = SocketFile(path);
    std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o600))?;
    Ok((listener, file))
}
