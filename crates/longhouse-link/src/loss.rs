//! How a call that failed because of the connection is told from one that sessiond refused.

use std::error::Error;
use std::io;

use tonic::Status;

/// Whether the status tells of the connection, and is not sessiond's own word.
#[must_use]
pub fn was_lost(status: &Status) -> bool {
    // What came over the wire has no cause on this side.
    status.source().is_some()
}

/// Whether the call found no connection, so that it certainly was not carried out.
#[must_use]
pub fn never_sent(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::NotConnected
        {
            return true;
        }
        cause = error.source();
    }
    false
}
